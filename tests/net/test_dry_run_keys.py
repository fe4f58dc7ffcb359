# SPDX-License-Identifier: MIT
"""vipctl reload --dry-run, and the journal of a reload, say what has become of a file of keys; and
nothing of a key."""

import os

from frames import Key
from test_auth import KEY, NEXT, keys_file, pair, rejected, signing
from test_dry_run import OWN, TWO_ACTIVE, dry_run

GOES = "goes; a host that still signs with it is not heard any more, and then both may be active at a " \
    "time"
LOST = 'note="a host that still signs with a key that is gone, or was changed, is not heard any more"'
MUST = "this host gives nothing up; 1 change HAS TO BE MADE ON ALL HOSTS"


def signer(lab, *keys, **settings):
    """Active, with these keys."""
    keys_file(lab, *keys)
    agent = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150, **settings)])
    agent.wait_state("lan", "active")
    return agent


def reloads(agent):
    """What the journal says of the last reload, less what it says of all."""
    mark = len(agent.log)
    done = agent.reload()
    assert done.returncode == 0
    agent.wait_log("reload=done", skip=mark)
    lines = [line.split(": ", 1)[1] for line in agent.log[mark:]]
    return [line for line in lines if line.startswith(("keys=", "reload=unchanged", "reload=keys"))]


def secret(key):
    return key.line().split()[-1]


def test_a_key_that_comes_is_told_and_gives_nothing_up(lab):
    agent = signer(lab, KEY)
    assert dry_run(agent)[1] == [f"{agent.config}: nothing changes"]
    path = keys_file(lab, KEY, NEXT)
    status, lines, errors = dry_run(agent)
    assert (status, errors) == (0, "") and lines == [
        f"keys {path}: key 2 comes", f"{agent.config}: 1 change; this host gives nothing up"]
    assert reloads(agent) == [
        f'keys=taken numbers=1,2 file="{path}: 2 new"',
        'reload=keys note="the configuration says what it said before, and a file of keys something '
        'else: keys=taken names it"']
    assert dry_run(agent)[1] == [f"{agent.config}: nothing changes"]
    assert reloads(agent) == ['reload=unchanged note="the configuration says what it said before"']


def test_a_key_that_goes_while_the_others_sign_with_it_is_warned_of(lab):
    """The other host was never told to sign with the next one; as the Active it would not be heard."""
    keys_file(lab, KEY, NEXT)
    agent = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150, active=2)])
    agent.wait_state("lan", "active")
    keys_file(lab, KEY, NEXT, name="old")
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [signing(lab, 200, file="old")])
    two.wait_state("lan", "active")
    agent.wait_state("lan", "backup")
    path = keys_file(lab, NEXT)
    _, lines, _ = dry_run(agent)
    assert lines == [f"keys {path}: key 1 {GOES}", f"{agent.config}: 1 change; {MUST}"]
    assert reloads(agent)[0] == f'keys=taken numbers=2 file="{path}: 1 gone" {LOST}'
    agent.wait_state("lan", "active")
    assert two.router()["state"] == "active" and rejected(agent)["hmac_unknown_key"]


def test_another_key_of_the_same_number_is_warned_of(lab):
    one, two = pair(lab)
    other = Key(1, b"another secret of the same number")
    path = keys_file(lab, other)
    _, lines, _ = dry_run(one)
    assert lines == [f"keys {path}: key 1 is another one{TWO_ACTIVE}",
                     f"{one.config}: 1 change; {MUST}"]
    assert reloads(one)[0] == f'keys=taken numbers=1 file="{path}: 1 changed" {LOST}'
    two.wait_state("lan", "active")
    assert one.router()["state"] == "active"
    said = one.ctl("reload", "--dry-run").stdout + "\n".join(one.log)
    for key in (KEY, other):
        assert secret(key) not in said and secret(key)[:16] not in said


def test_a_file_that_is_unusable_is_told_before_a_reload_warns(lab):
    agent = signer(lab, KEY)
    path = keys_file(lab, KEY, NEXT, mode=0o644)
    said = f"keys {path}: others can use it, mode 0644: chmod 600; the keys of before are used on"
    assert dry_run(agent) == (0, [said, f"{agent.config}: nothing changes"], "")
    done = agent.reload()
    assert done.returncode == 0 and "old_keys" in agent.ctl("check", check=False).stdout
    keys_file(lab, KEY)
    assert dry_run(agent)[1] == [f"{agent.config}: nothing changes"]
    os.unlink(path)
    assert dry_run(agent)[1][0] == f"keys {path}: it cannot be read: No such file or directory; the keys of before are " \
        "used on"


def test_a_key_that_is_added_and_signs_at_once_is_warned_of(lab):
    """The other host accepts it no sooner than it has it."""
    one, two = pair(lab)
    path = keys_file(lab, KEY, NEXT)
    one.configure([signing(lab, 150, active=2)])
    _, lines, _ = dry_run(one)
    assert lines == [
        "router lan: auth.active 1 -> 2", f"keys {path}: key 2 comes",
        "router lan: signs with key 2, which this host has not accepted until now; if the others do "
        "not either, both may be active at a time: add a key on all hosts before one signs with it",
        f"{one.config}: 2 changes; {MUST}"]
    assert one.reload().returncode == 0
    two.wait_state("lan", "active")
    assert one.router()["state"] == "active"


def test_the_three_steps_to_another_key_are_no_news_but_for_the_last(lab):
    agent = signer(lab, KEY)
    keys_file(lab, KEY, NEXT)
    reloads(agent)
    agent.configure([signing(lab, 150, active=2)])
    assert dry_run(agent)[1] == ["router lan: auth.active 1 -> 2",
                                 f"{agent.config}: 1 change; this host gives nothing up"]
    reloads(agent)
    keys_file(lab, NEXT)
    assert GOES in dry_run(agent)[1][0]


def test_another_file_with_the_same_keys_is_the_same(lab):
    agent = signer(lab, KEY)
    keys_file(lab, KEY, name="moved")
    agent.configure([signing(lab, 150, file="moved")])
    assert dry_run(agent)[1][-1].endswith("1 change; this host gives nothing up")
    path = keys_file(lab, NEXT, name="moved")
    agent.configure([signing(lab, 150, file="moved", active=2)])
    assert "signs with key 2" in dry_run(agent)[1][-2]
    keys_file(lab, Key(1, NEXT.secret), name="moved")
    agent.configure([signing(lab, 150, file="moved")])
    assert "signs with key 1" in dry_run(agent)[1][-2], path


def test_who_is_not_root_learns_nothing_of_keys(lab):
    """Nor that there are others by now: a print of a key proves a guess."""
    keys_file(lab, KEY)
    agent = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150)], control_group="nogroup")
    agent.wait_state("lan", "active")
    keys_file(lab, NEXT)
    os.chmod(lab.path(""), 0o755)
    done = agent.host.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *agent.ctl_argv(
        "reload", "--dry-run"), check=False)
    assert "taken for well, and for unchanged" in done.stderr and "key 1" not in done.stdout
    assert done.stdout.endswith("nothing changes\n")
