# SPDX-License-Identifier: MIT
"""What the agent makes of what it hears. A packet that must be discarded raises one counter, where
the agent counts, and changes nothing else: neither a Backup's timer nor an Active's rhythm."""

import time

import pytest

import dut
import packets
from lab import wait_until
from packets import V2, V3, V6
from rules import MAY, MUST, SHOULD, rule
from scene import LATE, MINE, elapsed

BOTH, ALL = (V3, V6), (V2, V3, V6)
JUNK = 12                        # packets to an Active; how it stands a flood is R-047's
NOT_HARM = ("adverts_sent", "late_timers", "announcements_sent", "send_errors")


class Reason:
    """A reason to discard: names of counters, any of which may have it, and wrong packets."""

    def __init__(self, *counters):
        self.counters = counters

    def rises(self, before, after):
        """{path: rise} of the counters that tell of harm, or of rejection."""
        return {path: after[path] - before.get(path, 0) for path in after
                if after[path] != before.get(path, 0) and not path.endswith(NOT_HARM)}

    def check(self, before, after, number):
        """Counters of this reason rose, one for each packet, and nothing else."""
        rises = self.rises(before, after)
        assert sum(rises.values()) == number, \
            f"{number} packets, and these counters rose: {rises or 'none'}"
        for path in rises:
            assert "rejected" in path and any(name in path.rpartition(".")[2]
                                              for name in self.counters), path


def spoiled(scene, cases):
    """Frames that would depose the agent, were they not wrong."""
    if callable(cases):
        cases = cases(scene.variant)
    return [scene.hand.built(**{"priority": 254, "interval": scene.variant.raw(scene.interval),
                                **fields}) for fields in cases]


def discards(scene, reason, cases, junk=None, **keys):
    """A Backup takes over in time among such packets; then an Active is not impressed by them."""
    scene.backup(**keys)
    wrong, mark = junk or spoiled(scene, cases), scene.lab.now()
    scene.speak_once(200)
    scene.hand.send(*wrong)
    with_junk = scene.hand.flood(wrong, 20, scene.variant.down(MINE, scene.interval) + 2 * LATE)
    elapsed(mark, scene.wait_advert(mark, timeout=20), scene.variant.down(MINE, scene.interval))
    with_junk.stop()
    dut.wait_state(scene.dut, scene.variant.family, "active")
    active_ignores(scene, reason, wrong)


def active_ignores(scene, reason, wrong, number=JUNK):
    """It goes on at its own pace, and still has the address."""
    time.sleep(0.05)                               # no answer to what came before is under way
    before, mark = scene.dut.counters(), scene.lab.now()
    scene.hand.send(*(wrong[i % len(wrong)] for i in range(number)))
    seen = scene.wait_adverts(3, mark)
    intervals, after = (scene.lab.now() - mark) / 1e9 / scene.interval, scene.dut.counters()
    assert len(seen) <= intervals + 2, f"{len(seen)} adverts in {intervals:.1f} intervals"
    assert {it.priority for it in seen} == {MINE}
    assert scene.dut.state(scene.variant.family) == "active" and scene.holds(scene.variant.vip)
    if before:
        reason.check(before, after, number)


def each(*values, key):
    """A case for each of the values."""
    return [{key: value} for value in values]


# ---- what must be discarded ----

@rule("R-032", MUST, "TTL 254, 1, 0: discarded", V3)
@rule("R-033", MUST, "hop limit 254, 1, 0: discarded", V6)
@rule("R-141", MUST, "TTL 254, 1, 0: discarded", V2)
def test_ttl(scene):
    discards(scene, Reason("ttl"), each(254, 1, 0, key="ttl"))


def other_versions(variant):
    """Versions 0 to 15 but one, with a body of the right length."""
    return each(*({0, 1, 2, 3, 4, 15} - {variant.version}), key="version")


@rule("R-034", MUST, "another version: discarded", *BOTH)
@rule("R-142", MUST, "another version: discarded", V2)
def test_version(scene):
    discards(scene, Reason("version"), other_versions)


@rule("R-035", MUST, "type 0, 2, 15: discarded", *BOTH)
@rule("R-139", MUST, "type 0, 2, 15: discarded", V2)
def test_type(scene):
    discards(scene, Reason("type"), each(0, 2, 15, key="type"))


def wrong_lengths(variant):
    """Too short for what it counts, or with surplus bytes."""
    whole = 8 + variant.size * len(variant.listed()) + (8 if variant.version == 2 else 0)
    return [*each(2, 7, 8, whole - 1, key="length"), {"count": 255}, {"trailing": b"\0"},
            {"trailing": bytes(variant.size)}]


@rule("R-036", MUST, "cut short, or not what it counts: discarded", *BOTH)
@rule("R-143", MUST, "cut short, or not what it counts: discarded", V2)
def test_length(scene):
    discards(scene, Reason("length"), wrong_lengths)


@rule("R-143", MUST, "without its authentication data: discarded", V2)
def test_length_without_authentication_data(scene):
    discards(scene, Reason("length"), [{"length": 12}])


@rule("R-037", MUST, "a wrong checksum: discarded", V3)
@rule("R-038", MUST, "a wrong checksum, or no pseudo-header: discarded", V6)
def test_checksum(scene, variant):
    forms = ("bad", "bare") if variant.family == 6 else ("bad",)
    discards(scene, Reason("checksum"), each(*forms, key="checksum"))


@rule("R-049", MAY, "a failure can be asked for", *BOTH)
def test_failure_is_counted(scene, lab):
    scene.active()
    if not scene.dut.counters():
        pytest.skip("it writes its counters to one file of the whole host")
    before, lines = scene.dut.counters(), len(scene.dut.agent.log)
    scene.hand.send(*spoiled(scene, [{"checksum": "bad"}]))
    wait_until(lambda: Reason().rises(before, scene.dut.counters()), 3, "a counter to rise")
    scene.dut.agent.wait_log("(?i)checksum", skip=lines, timeout=3)


def changed_authentication_data(variant):
    """A message whose authentication data was changed after its checksum was made."""
    whole = packets.message(variant, 254, src=variant.high, dst=variant.group)
    return [{"auth": b"\1" + bytes(7), "checksum": int.from_bytes(whole[6:8], "big")},
            {"checksum": "bad"}]


@rule("R-140", MUST, "checksum covers the authentication data", V2)
def test_checksum_of_version_2(scene):
    discards(scene, Reason("checksum"), changed_authentication_data)


@rule("R-039", MUST, "another VRID: discarded", *BOTH)
@rule("R-144", MUST, "another VRID: discarded", V2)
def test_vrid(scene):
    discards(scene, Reason("vrid"), each(52, 1, key="vrid"))


@rule("R-039", MUST, "our VRID on another interface: no matter", *BOTH)
@rule("R-098", MUST, "a VRID is one of its interface", *BOTH)
@rule("R-144", MUST, "our VRID on another interface: no matter", V2)
def test_other_interface(scene, variant, lab):
    old = variant.family == 4
    scene.gw.attach("far", "198.51.100.1/24" if old else "2001:db8:1::1/64")
    far = scene.hand.__class__(lab.host("far", segment="far"), variant, scene.hand.form)
    scene.active()
    mark = lab.now()
    for _ in range(5):
        far.advert("198.51.100.9" if old else None, priority=254)
        time.sleep(0.4 * scene.interval)
    scene.wait_adverts(2, mark)
    assert scene.dut.state(variant.family) == "active" and scene.holds(variant.vip)


@rule("R-042", MUST, "no address listed: discarded", *BOTH)
@rule("R-042", SHOULD, "no address listed: discarded", V2)
def test_empty_list(scene):
    discards(scene, Reason("empty_list"), [{"addresses": ()}])


@rule("R-043", MUST, "interval zero: discarded", *BOTH)
@rule("R-148", MUST, "interval zero: discarded", V2)
def test_interval_zero(scene):
    discards(scene, Reason("interval"), [{"interval": 0}])


@rule("R-044", MUST, "first address not link-local: discarded", V6)
def test_first_address(scene, variant):
    discards(scene, Reason("address_list", "link_local", "first_address", "local"),
             [{"addresses": variant.others[:1]}])


@rule("R-046", MUST, "addresses of the other family: wrong length", V3)
def test_mixed_family(scene):
    discards(scene, Reason("length"), [{"count": 1, "addresses": packets.V6.others[:1]}])


@rule("R-192", MUST, "sent to our own address: not for a multicast router", *BOTH)
def test_unicast_to_multicast_router(scene, variant):
    discards(scene, Reason("destination"), [{"dst": variant.real, "dst_mac": scene.mac}])


@rule("R-099", MUST, "its own advert comes back: no storm, no effect", *BOTH)
def test_own_source(scene, variant):
    scene.gw.sysctl("net.ipv4.conf.eth0.accept_local", 1)
    scene.active()
    time.sleep(0.05)
    active_ignores(scene, Reason("own_source"),
                   [scene.hand.built(variant.real, priority=MINE,
                                     interval=variant.raw(scene.interval))])


@rule("R-138", MUST, "authentication of another or unknown type: discarded", V2)
def test_authentication_type(scene):
    discards(scene, Reason("auth"), each(1, 2, 3, key="auth_type"))


@rule("R-148", MUST, "another interval than ours: discarded", V2)
def test_other_interval(scene):
    discards(scene, Reason("interval"), each(2, 255, key="interval"))


@rule("R-159", MUST, "another password: discarded", V2)
def test_password(scene):
    auth = {"auth_type": 1, "auth": b"secret\0\0"}
    scene.start(auth={"type": "password", "password": "secret"})
    scene.speak_once(255, **auth)
    time.sleep(0.02)
    scene.speak_once(0, **auth)
    scene.wait_advert(scene.started)
    active_ignores(scene, Reason("auth", "password"), spoiled(scene, [
        {"auth_type": 1, "auth": b"Secret\0\0"}, {"auth_type": 0}]))


@rule("R-160", MUST, "a short password is filled with zeros, a long one refused", V2)
@rule("R-163", MUST, "a password is shown nowhere", V2)
def test_password_sent(scene):
    scene.start(auth={"type": "password", "password": "q7x"})
    seen = scene.wait_advert(timeout=15)
    assert (seen.auth_type, seen.trailing) == (1, b"q7x" + bytes(5))
    assert not scene.dut.secrets_shown("q7x")
    assert scene.dut.refusal([scene.router(auth={"type": "password", "password": "123456789"})]), \
        "nine characters are accepted"


def flood(scene):
    """Bad packets, a thousand a second, for some intervals. Return: how many."""
    wrong = spoiled(scene, [{"checksum": "bad"}, {"ttl": 1}, {"type": 2}, {"vrid": 9}])
    return scene.hand.flood(wrong, 1000, 4 * scene.interval + 1).wait()


@rule("R-047", MUST, "a thousand bad packets a second delay nothing", *ALL)
def test_flood(scene, lab):
    scene.active()
    mark = lab.now()
    flood(scene)
    seen = scene.wait_adverts(2, mark)
    intervals = (lab.now() - mark) / 1e9 / scene.interval
    assert intervals / 2 - 1 <= len(seen) <= intervals + 2, \
        f"{len(seen)} adverts in {intervals:.1f} intervals"


@rule("R-048", SHOULD, "bad packets are logged, within bounds", *BOTH)
@rule("R-145", SHOULD, "bad packets are logged, within bounds", V2)
def test_flood_is_logged(scene):
    scene.active()
    before, lines = scene.dut.counters(), len(scene.dut.agent.log)
    sent = flood(scene)
    # Over IPv6 the kernel may look at the checksum before any agent does.
    scene.dut.agent.wait_log("(?i)checksum|ttl|hop limit|type", skip=lines, timeout=3)
    assert len(scene.dut.agent.log) - lines < 50, "a line for each packet"
    rises = Reason().rises(before, scene.dut.counters())
    assert not before or (all("rejected" in path for path in rises)
                          and sum(rises.values()) == sent), (sent, rises)


# ---- what must not ----

def accepts(scene, **fields):
    """An Active yields to such a packet."""
    scene.active()
    mark = scene.lab.now()
    scene.speak_once(200, **fields)
    dut.wait_state(scene.dut, scene.variant.family, "backup", 3 + LATE)
    return mark


@rule("R-045", MUST, "reserved bits are ignored", *BOTH)
def test_reserve(scene, variant):
    mark = accepts(scene, reserve=15)
    wait_until(lambda: not scene.holds(variant.vip), what="the address to go")
    settled = scene.lab.now() + 50_000_000         # the last word may come behind it
    elapsed(mark, scene.wait_adverts(1, settled)[0], variant.down(MINE, scene.interval))


@rule("R-137", SHOULD, "authentication data of type 0 is ignored", V2)
def test_authentication_data(scene):
    accepts(scene, auth=b"anything")


@rule("R-050", SHOULD, "another interval than ours: noticed, and accepted", *BOTH)
def test_interval_noticed(scene, variant):
    scene.active()
    before, lines = scene.dut.counters(), len(scene.dut.agent.log)
    scene.speak_once(200, interval=variant.raw(2 * scene.interval))
    dut.wait_state(scene.dut, variant.family, "backup")
    wait_noticed(scene, before, lines, "interval")


@rule("R-051", MAY, "other addresses than ours: noticed, and accepted", *BOTH)
def test_list_noticed(scene, variant):
    before_first = variant.listed()[:-1]
    scene.active()
    before, lines = scene.dut.counters(), len(scene.dut.agent.log)
    scene.speak_once(200, addresses=(*before_first, variant.others[2]))
    dut.wait_state(scene.dut, variant.family, "backup")
    wait_noticed(scene, before, lines, "address_list")


@rule("R-146", MAY, "other addresses than ours: noticed", V2)
def test_list_noticed_in_version_2(scene, variant):
    scene.active()
    before, lines = scene.dut.counters(), len(scene.dut.agent.log)
    scene.speak_once(200, addresses=variant.others[2:])
    wait_noticed(scene, before, lines, "address_list")


@rule("R-147", MUST, "other addresses than ours: discarded, unless an owner's", V2)
def test_list_discarded(scene, variant):
    other = {"addresses": variant.others[2:]}
    discards(scene, Reason("address_list"), [other])
    scene.speak_once(255, **other)
    dut.wait_state(scene.dut, variant.family, "backup")


def rose(scene, before, name):
    """Whether it has counted a notice of that name."""
    after = scene.dut.counters()
    return any(path.endswith(f"noticed.{name}") and after[path] > before[path] for path in after)


def wait_noticed(scene, before, lines, name):
    """It counts this; one that shows no counters logs it, in a line with one of these words."""
    if before:
        wait_until(lambda: rose(scene, before, name), 3, f"a notice of {name}")
    else:
        scene.dut.agent.wait_log(f"(?i){'|'.join(name.split('_'))}", skip=lines, timeout=3)


@rule("R-052", MUST, "padding of a short frame is ignored", *ALL)
def test_padding(scene):
    accepts(scene, pad=120)


@rule("R-053", MUST, "IP options are skipped", V2, V3)
def test_options(scene):
    accepts(scene, options=b"\x94\x04\0\0")


@rule("R-041", SHOULD, "of two owners the higher address stays", *ALL)
@pytest.mark.parametrize("other", ["high", "low"])
def test_two_owners(scene, variant, other):
    scene.owner()
    scene.wait_advert(scene.started)
    with scene.speak(255, src=getattr(variant, other), addresses=scene.owned):
        time.sleep(4 * scene.interval)
        state = scene.dut.state(variant.family)
    expected = "backup" if other == "high" else "active"
    assert state == expected, f"{state} beside an owner of the {other}er address"


@rule("R-124", SHOULD, "a second owner is told of", *ALL)
def test_two_owners_are_logged(scene, variant):
    scene.owner()
    scene.wait_advert(scene.started)
    lines = len(scene.dut.agent.log)
    with scene.speak(255, src=variant.low, addresses=scene.owned):
        scene.dut.agent.wait_log("(?i)owner|255|priority", skip=lines)
