# SPDX-License-Identifier: MIT
"""vipctl why where causes come in another way than in test_why.py: over interfaces that stand on
others, by unicast, in groups, beside keepalived; two at once; and what has passed again, which must not
be blamed for what came later.
"""

import contextlib

import pytest

import test_auth
import test_dual_stack
import test_groups
from agents import VIP, is_sanitized, router
from generations import reload
from lab import wait_until
from test_why import BETTER, JUNK, ONE, PATIENCE, TWO, Pair, Row, Says, Scene, again, nothing, plain

OTHER_HOST = "or the other host of this router|perhaps the other host of this router"
MULTICAST = "multicast"
# Three intervals of 40.95 s and the skew: who is waited for, for how long, and how that ends.
LONG_WAIT = (rf"long_wait: it waits 1[0-4]\d\.\d s more for {JUNK}, whose interval is 40\.95 s",
             "do: .*vipctl forget lan ends this wait")


def unicast(lab, settled=True, **keys):
    """An Active and a Backup that know each other as peers."""
    return plain(lab, one={"unicast": {"peers": [TWO]}}, two={"unicast": {"peers": [ONE]}},
                 settled=settled, **keys)


@contextlib.contextmanager
def packets_dropped(agent, hook):
    """A firewall of its host drops IP protocol 112 there."""
    agent.host.run("nft", "add table inet strict; "
                   f"add chain inet strict c {{ type filter hook {hook} priority 0; }}; "
                   "add rule inet strict c meta l4proto 112 drop")
    yield
    agent.host.run("nft", "delete table inet strict")


@contextlib.contextmanager
def dropped_on_output(pair):
    """What the Active sends does not leave its host."""
    with packets_dropped(pair.one, "output"):
        yield
    pair.settle()


@contextlib.contextmanager
def dropped_on_input(pair):
    """What the Backup is sent does not arrive."""
    with packets_dropped(pair.two, "input"):
        yield
    pair.settle()


@contextlib.contextmanager
def peer_dies(pair):
    """All processes of the Active are killed, for good."""
    pair.one.kill()
    yield


@contextlib.contextmanager
def held_by_hand(pair):
    """Somebody adds the address on the Backup."""
    pair.two.host.ip(f"address add {VIP.split('/', maxsplit=1)[0]}/32 dev eth0")
    yield
    pair.two.host.ip(f"address del {VIP.split('/', maxsplit=1)[0]}/32 dev eth0")


@contextlib.contextmanager
def stranger_comes_late(pair):
    """Somebody sends what is discarded, long after the takeover."""
    with pair.probe.speak(JUNK, every=0.1, vrid=51, priority=200, addresses=["192.0.2.1"],
                          checksum="bad"):
        yield


@contextlib.contextmanager
def split_and_healed(pair):
    """Both are Active for a while: the one that was first yields, as it has the lower address."""
    pair.lab.cut(pair.two.host)
    pair.two.wait_state("lan", "active")
    pair.lab.heal(pair.two.host)
    pair.one.wait_state("lan", "backup")
    yield


@contextlib.contextmanager
def forged_once(pair):
    """One advert of an owner that does not exist, with the longest interval there is: the Active
    gives way, the Backup hears nobody, takes over, and is weaker."""
    pair.probe.advert(src=JUNK, vrid=51, priority=255, interval=4095, addresses=["192.0.2.1"])
    yield


@contextlib.contextmanager
def bad_reload(pair):
    """The file has an error, and the reload is refused."""
    with open(pair.one.config, "a", encoding="utf-8") as file:
        file.write("nonsense = 5;\n")
    assert pair.one.reload().returncode != 0
    yield
    pair.configure(pair.one, 150)


@contextlib.contextmanager
def macvlan_taken(pair):
    """Somebody removes the macvlan of the Active, again and again."""
    name = pair.one.router()["macvlan"]

    def take():
        pair.one.host.run("ip", "link", "del", name, check=False)
        return pair.one.router()["state"] != "active"

    wait_until(take, PATIENCE, "somebody to be beaten")
    yield


@contextlib.contextmanager
def parent_down(pair):
    """What the interface of the Active stands on is set down."""
    pair.one.host.ip("link set eth0 down")
    yield
    pair.one.host.ip("link set eth0 up")
    pair.settle()


def on_a_macvlan(lab):
    """The first one's interface is a macvlan of eth0."""
    host = lab.host("gw1")
    host.ip("link add mv0 link eth0 type macvlan mode bridge", f"address add {ONE}/24 dev mv0",
            "link set mv0 up")
    pair = Pair(lab, lab.vipd(host, [router(150, interface="mv0")]),
                lab.vipd(lab.host("gw2", f"{TWO}/24"), [router(100)]))
    pair.settle()
    return pair


def both_active(**two):
    """Neither hears the other one: the second one differs."""
    def make(lab):
        pair = plain(lab, two=two, settled=False)
        pair.settle("active", "active")
        return pair
    return make


SCENES = {
    "unicast": Scene(unicast, [
        Row("firewall on output", dropped_on_output,
            Says("active", election="rival", first="not_heard", findings=("unreachable_peer",),
                 words=(r"no advert of ours leaves to it \(Operation not permitted\)",
                        "do: .*firewall of this host", "news=ended"),
                 never=("a firewall there", "the Active before")),
            Says("active", "silence", first="silence", never=(MULTICAST,),
                 words=("lives, and its adverts are lost on the way",))),
        Row("firewall on input", dropped_on_input,
            Says("active", election="rival", first="not_heard",
                 words=("perhaps a firewall there drops",), never=("the Active before",)),
            Says("active", "silence", first="silence", never=(MULTICAST,),
                 words=("perhaps it lives, and a firewall of this host drops",))),
        Row("silence by death", peer_dies, Says(end="killed"),
            Says("active", "silence", findings=("silence",), never=(MULTICAST,),
                 words=("or adverts are lost on the way: a route",))),
    ]),
    "macvlan": Scene(on_a_macvlan, [
        Row("what it stands on is down", parent_down,
            Says("fault", "no_carrier", first="fault", words=("macvlan at what it stands on",)),
            Says("active", "silence", findings=("silence",))),
    ]),
    "strangers": Scene(plain, [
        Row("junk behind the takeover", stranger_comes_late,
            Says("active", "silence", findings=("rejected_checksum",),
                 never=("silence: ", "both hosts may be active")), BETTER),
        Row("the address by hand on the Backup", held_by_hand,
            Says("active", first="address_taken",
                 words=(OTHER_HOST, "added it there by hand", "or a host that has it as its own"),
                 never=("both are Active",)),
            Says("backup", election="higher", first="held_address", words=("do: Remove it",))),
    ]),
    "files": Scene(plain, [
        Row("a reload that was refused", bad_reload,
            Says("active", findings=("reload_refused",), words=(
                'was refused: .*unknown key "nonsense"|was refused: see the errors', "do: Mend the file")),
            BETTER),
        Row("all is well again", nothing, Says("active", never=("reload_refused",)), BETTER),
    ]),
    "virtual MACs": Scene(lambda lab: plain(lab, mac="virtual"), [
        Row("somebody removes the macvlan", macvlan_taken,
            Says("fault", "no_macvlan", first="fault", words=("ip monitor link", "news=abandoned")),
            Says("active", "left", findings=("left",))),
    ]),
    "forgers": Scene(plain, [
        Row("an advert of nobody", forged_once,
            Says("backup", "higher", election="owner", findings=("long_wait", "interval"),
                 words=(f"{JUNK} is Active with priority 255, .* heard .* ago", *LONG_WAIT)),
            Says("backup", election="owner", findings=("long_wait", "interval"),
                 words=(f"{JUNK} is Active with priority 255, .* heard .* ago", *LONG_WAIT))),
    ]),
    "equals": Scene(lambda lab: plain(lab, priority=100), [
        Row("one that was first yields to the higher address", split_and_healed,
            Says("backup", "tie", election="equal", never=("it was first",),
                 words=("as ours: a Backup leaves its equal alone",)),
            Says("active", findings=("equal_priority",))),
    ]),
    "vrids": Scene(both_active(vrid=52), [
        Row("mistyped VRID", nothing,
            *[Says("active", first="conflict", findings=("address_taken",),
                   words=(f"{other} of VRID {vrid} has its address", "do: .*the same vrid on both",
                          "see conflict"))
              for other, vrid in ((TWO, 52), (ONE, 51))]),
    ]),
    "multicast groups": Scene(both_active(group_address="224.0.0.99"), [
        Row("another multicast group", nothing,
            *[Says("active", first="address_taken", never=("both are Active",),
                   words=("perhaps the other host of this router, Active as well", "group_address",
                          "do: .*compare both configurations"))] * 2),
    ]),
}


@pytest.mark.parametrize("scene", SCENES)
def test_why_names_the_true_cause_wherever_it_comes_from(lab, scene):
    pair = SCENES[scene].make(lab)
    for row in SCENES[scene].rows:
        with row.inject(pair):
            row.one.wait(pair.one, row.cause)
            row.two.wait(pair.two, row.cause)


def test_one_discarded_advert_of_before_does_not_explain_a_silence(lab):
    """The Active that died had been heard meanwhile."""
    pair = plain(lab)
    pair.probe.advert(src=ONE, vrid=51, priority=150, addresses=["192.0.2.1"], checksum="bad")
    wait_until(lambda: pair.two.router()["counters"]["rejected"]["checksum"], what="the reject")
    heard = pair.two.router()["last_heard"]
    wait_until(lambda: pair.two.router()["last_heard"] > heard, what="another advert")
    pair.one.kill()
    Says("active", "silence", findings=("rejected_checksum", "silence"), never=("because adverts",),
         words=(f"{ONE} was Active until it fell silent", "perhaps the host")).wait(
             pair.two, "a death behind junk")


def test_silence_of_one_that_is_discarded_since_says_so(lab):
    """The Active is reconfigured, and its Backup understands it no more."""
    pair = plain(lab, interval="1s")
    pair.configure(pair.one, 150, interval="1s", version=2)
    Says("active", "silence", findings=("rejected_version", "silence"),
         words=(f"because adverts of {ONE} were discarded here: rejected_version; both",)).wait(
             pair.two, "another version since a reload")


def test_start_behind_a_death_says_that_there_was_one(lab):
    pair = plain(lab)
    pair.one.kill()
    pair.two.wait_state("lan", "active")
    again(pair)
    Says("active", findings=("killed",), words=("started anew .* had ended without a word",)).wait(
        pair.one, "a death")
    reload(pair.one)
    Says("active", findings=("killed",)).wait(pair.one, "a reload behind that")
    assert pair.one.term() == 0
    again(pair)
    Says("active", fine=True, never=("without a word",)).wait(pair.one, "a restart")


def test_backup_that_hears_two_goes_by_the_better_one(lab):
    """The weaker one has forgotten a peer, and does not hear the better one."""
    peers = {1: [2, 3], 2: [1, 3], 3: [2]}
    agents = [lab.vipd(lab.host(f"gw{n}", f"192.0.2.{n + 1}/24"),
                       [router(priority, unicast={"peers": [f"192.0.2.{it + 1}" for it in peers[n]]})])
              for n, priority in ((1, 150), (2, 120), (3, 90))]
    Says("active", "silence", findings=("rejected_not_peer",), words=(f"from {ONE}",)).wait(
        agents[2], "a peer that was forgotten")
    Says("backup", election="higher", words=(
        f"{ONE} is Active with priority 150, higher than ours, 120; heard .* ago; 192.0.2.4 is heard as "
        "Active, too, with the lower priority 90",), never=("we take over",)).wait(agents[1], "two")
    seen = {agents[1].ctl("why", "--json").stdout.count('"code": "higher"') for _ in range(10)}
    assert seen == {1}, "whoever was heard last"


def test_two_causes_of_one_kind_are_both_told(lab):
    host = lab.host("gw1", f"{ONE}/24")
    devs = [host.attach(segment) for segment in ("wan", "dmz")]
    agent = lab.vipd(host, [router(150, track=[{"interface": dev, "weight": -30} for dev in devs])])
    agent.wait_state("lan", "active")
    host.ip(*(f"link set {dev} down" for dev in devs))
    Says("active", findings=("track",), words=("90 = 150 as configured",
                                               *(f"track: the interface {dev}" for dev in devs))).wait(
             agent, "two interfaces")


def test_interface_of_an_address_is_named_in_the_advice(lab):
    host = lab.host("gw1", f"{ONE}/24")
    dev = host.attach("wan", "198.51.100.2/24")
    agent = lab.vipd(host, [router(150, extra_addresses=[{"address": "198.51.100.1/24",
                                                          "interface": dev}])])
    agent.wait_state("lan", "active")
    host.ip(f"link set {dev} down")
    Says("fault", "address_link_down", words=(f"do: Set it up .ip link set {dev} up",)).wait(
        agent, "another interface")


def test_peer_with_another_address_is_discarded_and_guessed_at(lab):
    pair = unicast(lab)
    pair.one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 1)
    pair.one.host.ip("address add 192.0.2.7/24 dev eth0", f"address del {ONE}/24 dev eth0")
    Says("active", "silence", findings=("rejected_not_peer", "silence"), never=("because adverts",),
         words=("from 192.0.2.7", f"{ONE} was Active until it fell silent",
                "or it speaks in another way or from another address by now")).wait(
             pair.two, "another address of the peer")


def test_signed_advert_where_nobody_signs_is_no_invalid_one(lab):
    test_auth.keys_file(lab, test_auth.KEY)
    one = lab.vipd(lab.host("gw1", f"{ONE}/24"), [test_auth.signing(lab, 150)])
    one.wait_state("lan", "active", timeout=PATIENCE)
    two = lab.vipd(lab.host("gw2", f"{TWO}/24"), [router(100, **test_auth.FAST)])
    Says("active", findings=("rejected_hmac_missing",), words=(f"from {TWO}",)).wait(one, "no signature")
    Says("active", "silence", findings=("rejected_length", "silence"),
         words=(f"because adverts of {ONE} were discarded here: rejected_length",
                r"do: If that is the other host of this router, and signs \(auth\)")).wait(
             two, "a signature")


def test_last_will_is_among_what_a_farewell_may_be(lab):
    pair = plain(lab)
    while pair.one.alive and crash_again(pair.one):
        pass
    pair.one.expected_to_live = False
    Says(end="gave_up", words=("died too often",)).wait(pair.one, "crashes")
    Says("active", "left", findings=("left",), never=("on purpose",),
         words=(f"{ONE} left the addresses to others", "or its vipd crashed too often")).wait(
             pair.two, "a last will")


def crash_again(agent):
    """Kills its router process. Return: whether another one goes on."""
    pid, lines = agent.kill_router(), len(agent.log)
    return "nothing goes on" not in agent.wait_log(f"router_pid={pid} lost=", skip=max(0, lines - 5))


def test_of_two_faults_of_a_group_each_member_tells_of_its_own(lab):
    one, _ = test_groups.pair(lab)
    one.host.ip("link set eth1 down")
    Says("fault", "member", "link_down", by="wan", words=("wan has it", "ip link set eth1 up"),
         never=("was the first", "its IPv4")).wait(one, "one fault")
    one.host.ip("link set eth0 down")
    Says("fault", "link_down", words=("ip link set eth0 up", "wan is in fault: interface eth1 is down"),
         never=("its IPv4",)).wait(one, "two faults")
    one.host.ip("link set eth1 up")
    Says("fault", "member", "link_down", by="lan", router="wan",
         words=("lan has it", "lan is in fault", "ip link set eth0 up"),
         never=("was the first", "ip link set eth1 up")).wait(one, "the other fault alone")


def test_what_a_check_says_is_not_mixed_up_with_whose_it_is(lab):
    routers = test_groups.members(200)
    routers[1]["track"] = [{"check": "web"}]
    agent = lab.vipd(test_groups.host(lab, "gw1", 2), routers, groups=[test_groups.GROUP], checks=[
        {"name": "web", "file": lab.path("gone"), "interval": "50ms", "rise": 1, "fall": 1}])
    Says("fault", "member_check", "check_down", by="wan", words=(
        "wan: check web is down: a fault; it says: No such file or directory\n", "wan has it",
        "do: .*--checks web")).wait(agent, "the check of another member")


@pytest.mark.long
def test_keepalived_that_discards_our_list_is_guessed_at(lab):
    """It falls silent by our adverts, and keeps the address: what it was heard with says why."""
    agent = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(150, interval="1s", checksum="rfc5798")])
    agent.wait_state("lan", "active", timeout=PATIENCE)
    lab.keepalived(lab.host("gw2", f"{TWO}/24"),
                   [router(100, interval="1s", addresses=[VIP, "192.0.2.5/24"])])
    discards = "perhaps it discards our adverts for their addresses, as keepalived does"
    Says("active", findings=("other_active", "address_list"), words=(discards,)).wait(
        agent, "other addresses")
    Says("active", first="other_active", findings=("address_taken",),
         words=(f"address_taken: .*\n +{discards}",)).wait(agent, "other addresses, for long")


def test_keepalived_that_leaves_is_not_taken_for_a_vipd(lab):
    peer = lab.keepalived(lab.host("gw1", f"{ONE}/24"), [router(150, interval="1s")])
    agent = lab.vipd(lab.host("gw2", f"{TWO}/24"), [router(100, interval="1s", checksum="rfc5798")])
    wait_until(lambda: agent.router()["active_address"], PATIENCE, "a Backup that hears")
    peer.term(PATIENCE)
    Says("active", "left", findings=("left",), words=("its vipd or keepalived was stopped",)).wait(
        agent, "a keepalived that was stopped")


@pytest.mark.skipif(is_sanitized(), reason="sanitizers want to be loaded first")
def test_clock_that_is_set_back_changes_neither_order_nor_end(lab):
    """As at a boot, when the clock of the board was ahead: the end comes before the start, by it."""
    clock = test_auth.Clock(lab, "clock", ahead=3600)
    agent = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(150)], env=clock.env)
    agent.wait_state("lan", "active")
    clock.set(0)
    agent.host.ip("link set eth0 down")
    agent.wait_state("lan", "fault")
    Says("fault", words=("(?s)initialize->backup.*backup->active.*active->fault",)).wait(
        agent, "a clock that was set back")
    assert agent.term() == 0
    Says(end="stopped", words=("it was stopped, by signal TERM",)).wait(agent, "its end")


def test_family_is_deaf_where_the_active_is_mute(lab):
    one, two = test_dual_stack.pair(lab)
    one.host.ip(f"address del {ONE}/24 dev eth0")
    Says("active", findings=("mute",), words=("mute=yes",)).wait(one, "no IPv4 address")
    Says("backup", findings=("deaf",), words=("perhaps the Active has no address of this family",
                                              "do: Ask vipctl why on the Active")).wait(two, "it")


def test_interface_that_is_tracked_and_not_there_is_not_said_to_be_down(lab):
    agent = lab.vipd(lab.host("gw1", f"{ONE}/24"),
                     [router(150, track=[{"interface": "eth7", "weight": -60}])])
    Says("active", findings=("track",), never=("is down",),
         words=("interface eth7 is not there: -60 to the priority",)).wait(agent, "no such interface")


def test_alone_nobody_is_said_to_have_been_before(lab):
    """The first of all hears a weaker one that does not hear it."""
    pair = plain(lab)
    lab.deafen(pair.two.host)
    Says("active", "silence", first="not_heard", never=("the Active before", "is heard again")).wait(
        pair.one, "one that was alone")
