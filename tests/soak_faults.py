# SPDX-License-Identifier: MIT
"""The faults of the soak: how each is made and undone, and how long the client may miss it.

A fault is a context manager: what it does on entering lasts until it is left. It is given the
scene, a gateway and a random generator of its own, and yields words for the timeline.

The bounds are for three routers with 100 ms between adverts, on a machine that is busy with
other things; what the pinger itself was held up is added by the soak.

    NOISE     nobody may notice; that much a busy machine may hold up a reply by itself
    HANDOVER  the Active says farewell, or yields to a higher priority: the skew time, and NOISE
    TAKEOVER  the Active is silent: the longest Active_Down_Interval, and twice NOISE
"""

import contextlib
import functools
import os
import signal
import time
from dataclasses import dataclass

from generations import replace
from lab import wait_until
from processes import wait_end
from soak_junk import JUNK_MAX_S, junk, questions
from soak_scene import VIPS

NOISE = 0.15
SKEW = 0.1 * (256 - 100) / 256
HANDOVER = SKEW + NOISE
TAKEOVER = 0.3 + SKEW + 2 * NOISE
CONTEST = 0.2                    # so long may one that was not heard wait to announce once more
LEASE_S = 2.2                    # at 100 ms: one second, rounded up, and the kernel's delay
LATE_S = 2.0                     # a busy machine's allowance for what is no outage


@dataclass(frozen=True)
class Fault:
    """A kind of fault; make is the context manager."""
    name: str
    make: callable
    bound: float                 # s: the longest outage that it may cause
    unnoticed: bool = False      # no router may become Active anywhere
    cuts: bool = False           # the gateway does not take part in the election meanwhile
    crashes: int = 0             # that the keeper will count: the third within a minute is the last
    hold: tuple = (0.3, 2.0)     # s: how long it lasts
    deaf: bool = False           # hears nothing but is heard: nobody can help while it lasts


def pause(seconds):
    """Lets a fault last: the time is the fault, nothing is waited for."""
    time.sleep(seconds)


def wait_new_router(gateway, old):
    """Waits until another router process answers."""
    agent = gateway.agent
    wait_until(lambda: old not in agent.router_pids and agent.router_pids, what="the end of it")
    agent.wait_ready()


def wait_rid(gateway, timeout):
    """Waits until the host has its own address alone."""
    wait_until(lambda: gateway.host.addresses() == [gateway.own], timeout,
               lambda _: f"{gateway} to be rid of {gateway.host.addresses()}")


# ---- the ends of processes ----

@contextlib.contextmanager
def crash(_scene, gateway, rng):
    """The router process dies, in one of three ways."""
    name = rng.choice(["SIGKILL", "SIGSEGV", "SIGABRT"])
    old = gateway.agent.kill_router(getattr(signal, name))
    wait_new_router(gateway, old)
    yield name


@contextlib.contextmanager
def standby_dies(_scene, gateway, rng):
    """The standby dies, perhaps the router process right behind it: another one starts."""
    agent, twice = gateway.agent, rng.random() < 0.5
    old = agent.router_pid
    os.kill(agent.standby_pid, signal.SIGKILL)
    if twice:
        agent.kill_router()
        wait_new_router(gateway, old)
    yield "and the router process" if twice else "alone"


@contextlib.contextmanager
def crash_reloading(_scene, gateway, rng):
    """One of the two router processes of a reload dies, at any moment of it."""
    agent, delay = gateway.agent, rng.uniform(0, 0.012)
    agent.process.send_signal(signal.SIGHUP)
    pause(delay)
    pids = agent.router_pids
    victim = rng.choice([min, max])(pids, default=None)
    if victim:
        os.kill(victim, signal.SIGKILL)
        wait_new_router(gateway, victim)
    yield f"{len(pids)} processes after {delay * 1000:.1f} ms"
    gateway.reset()


@contextlib.contextmanager
def crash_loop(_scene, gateway, _rng):
    """The router process dies until the keeper gives up: the last will.

    It takes three; those that have not spoken yet are none of them.
    """
    agent, kills = gateway.agent, 0
    agent.expected_to_live = False
    while agent.alive and kills < 8:
        old = agent.kill_router()
        kills += 1
        wait_until(lambda old=old: not agent.alive or (old not in agent.router_pids
                                                       and len(agent.router_pids) == 1))
    status = agent.process.wait(10)
    assert status == 1, agent.story(f"it ended with {status}, not with its last will")
    wait_rid(gateway, LATE_S)
    yield f"{kills} times"
    gateway.start()


@contextlib.contextmanager
def hang(_scene, gateway, rng):
    """The router process stops, and goes on before the keeper misses it."""
    agent, delay = gateway.agent, rng.uniform(0.05, 2)
    old = agent.kill_router(signal.SIGSTOP)
    pause(delay)
    if old in agent.router_pids:
        os.kill(old, signal.SIGCONT)
    agent.wait_ready()
    yield f"{delay:.1f} s"


@contextlib.contextmanager
def hang_replaced(_scene, gateway, _rng):
    """The router process stops for good; the keeper replaces it after 3 seconds."""
    wait_new_router(gateway, gateway.agent.kill_router(signal.SIGSTOP))
    yield "SIGSTOP"


@contextlib.contextmanager
def keeper_killed(_scene, gateway, _rng):
    """The keeper dies: the router process leaves gracefully."""
    router = gateway.agent.router_pid
    gateway.agent.kill_keeper()
    wait_end(router)
    wait_rid(gateway, LATE_S)
    yield "SIGKILL"
    gateway.start()


@contextlib.contextmanager
def all_killed(_scene, gateway, _rng):
    """Both die: the kernel takes the addresses away when the lease ends."""
    gateway.agent.kill()
    began = time.monotonic()
    wait_rid(gateway, LEASE_S + LATE_S)
    yield f"addresses gone after {time.monotonic() - began:.1f} s"
    gateway.start()


@contextlib.contextmanager
def all_killed_restarted(_scene, gateway, rng):
    """Both die and start again at once, often before the lease ended."""
    gateway.agent.kill()
    pause(rng.uniform(0, 1))
    gateway.start()
    yield "and started at once"


@contextlib.contextmanager
def restart(_scene, gateway, _rng):
    """Asked to leave, and started again later."""
    status = gateway.agent.term()
    assert status == 0, gateway.agent.story(f"it left with {status}")
    assert gateway.host.addresses() == [gateway.own], gateway.agent.story("addresses left")
    yield "SIGTERM"
    gateway.start()


@contextlib.contextmanager
def paused(_scene, gateway, _rng):
    """Both processes stop, and go on later."""
    gateway.agent.kill(signal.SIGSTOP)
    yield "SIGSTOP of both"
    gateway.agent.kill(signal.SIGCONT)
    gateway.agent.wait_ready()


# ---- configurations ----

@contextlib.contextmanager
def reload_same(_scene, gateway, _rng):
    """A reload that changes nothing."""
    gateway.reload()
    yield "identical"


@contextlib.contextmanager
def upgrade(scene, gateway, _rng):
    """Another file in the place of the program, then a reload."""
    path = scene.lab.path("vipd")
    replace(path)
    gateway.reload()
    router = gateway.agent.router_pid
    assert os.stat(f"/proc/{router}/exe").st_ino == os.stat(path).st_ino, "an old program runs"
    yield "a new file"


@contextlib.contextmanager
def reload_addresses(_scene, gateway, rng):
    """Addresses come and go, advertised ones and extra ones."""
    words, changes = rng.choice([
        ("one more", {"more": ["192.0.2.12/24"]}),
        ("100 extra ones more", {"more_extra": [f"203.0.113.{i}/24" for i in range(1, 101)]}),
        ("no extra ones", {"extra": []})])
    gateway.agent.configure(gateway.routers(**changes))
    gateway.reload()
    if gateway.states()["lan"] == "active":
        lan = gateway.routers(**changes)[0]
        want = sorted(lan["addresses"] + lan["extra_addresses"])
        wait_until(lambda: not set(want) - set(gateway.host.addresses()), what=f"{want}")
    yield words
    gateway.reset()


@contextlib.contextmanager
def reload_priority(_scene, gateway, rng):
    """Another priority, which nobody else has."""
    priority = rng.randrange(10, 250, 10) + 1 + gateway.index
    gateway.agent.configure(gateway.routers(priority=priority))
    gateway.reload()
    yield str(priority)
    gateway.reset()


def spoil(path, rng):
    """Replaces a configuration by something else. Return: what it is now."""
    how = rng.choice(["nonsense", "nothing", "a directory", "no file", "half of it", "17 MB"])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    os.remove(path)
    if how == "a directory":
        os.mkdir(path)
    elif how != "no file":
        content = {"nonsense": "routers = nonsense", "nothing": "", "half of it":
                   text[:len(text) // 2], "17 MB": "#" * (17 << 20)}[how]
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    return how


def unspoil(gateway):
    """The right configuration is back, and read."""
    if os.path.isdir(gateway.agent.config):
        os.rmdir(gateway.agent.config)
    gateway.reset()


@contextlib.contextmanager
def reload_broken(_scene, gateway, rng):
    """A configuration that does not load: refused, and nothing happens."""
    how = spoil(gateway.agent.config, rng)
    done = gateway.agent.reload()
    assert done.returncode == 1, gateway.agent.story(f"{how} was not refused")
    yield how
    unspoil(gateway)


@contextlib.contextmanager
def crash_broken(_scene, gateway, rng):
    """A crash while the file is broken: the last good configuration goes on."""
    how = spoil(gateway.agent.config, rng)
    wait_new_router(gateway, gateway.agent.kill_router())
    yield how
    unspoil(gateway)


@contextlib.contextmanager
def hangups(_scene, gateway, rng):
    """A burst of SIGHUP, 200 a second."""
    count = rng.randrange(20, 300)
    for _ in range(count):
        gateway.agent.process.send_signal(signal.SIGHUP)
        pause(0.005)
    yield f"{count} times"
    gateway.reset()


# ---- interfaces, cables, addresses ----

@contextlib.contextmanager
def interface_down(scene, gateway, _rng):
    """The interface is set down, and up again."""
    gateway.host.ip("link set eth0 down")
    yield "eth0"
    gateway.host.ip("link set eth0 up")
    scene.lab.wait_link(gateway.host.ports["eth0"])


@contextlib.contextmanager
def cut(scene, gateway, _rng, how):
    """What the switch can do to a port; see Lab."""
    {"carrier": functools.partial(scene.lab.cut, silent=False), "silent": scene.lab.cut,
     "deaf": scene.lab.deafen, "mute": scene.lab.mute}[how](gateway.host)
    yield how
    scene.lab.heal(gateway.host)


def held_by(gateway):
    """The virtual addresses that are on this host."""
    return [address for address in gateway.host.addresses()
            if address.split("/")[0] in VIPS.values()]


@contextlib.contextmanager
def theft(scene, gateway, _rng):
    """Somebody removes the virtual addresses that are there, or where they are."""
    victim = next((it for it in (gateway, *scene.gateways) if it.agent.alive and held_by(it)),
                  gateway)
    for address in (held := held_by(victim)):
        victim.host.run("ip", "address", "delete", address, "dev", "eth0", check=False)
    yield f"{' '.join(held) or 'nothing'} of {victim}"


@contextlib.contextmanager
def renumbered(_scene, gateway, _rng):
    """The address that adverts come from is replaced by another one."""
    other = f"192.0.2.{gateway.index + 22}/24"
    gateway.host.ip(f"address delete {gateway.own} dev eth0", f"address add {other} dev eth0")
    yield other
    gateway.host.ip(f"address delete {other} dev eth0", f"address add {gateway.own} dev eth0")


FAULTS = [
    Fault("router process crashes", crash, NOISE, unnoticed=True, crashes=1),
    Fault("standby dies", standby_dies, NOISE, unnoticed=True, crashes=1),
    Fault("crash during a reload", crash_reloading, NOISE, unnoticed=True, crashes=1),
    Fault("crash, configuration broken", crash_broken, NOISE, unnoticed=True, crashes=1),
    Fault("crash loop, last will", crash_loop, HANDOVER, cuts=True),
    Fault("router process hangs, goes on", hang, TAKEOVER),
    Fault("router process hangs", hang_replaced, TAKEOVER, crashes=1),
    Fault("keeper killed", keeper_killed, HANDOVER, cuts=True),
    Fault("both killed", all_killed, TAKEOVER, cuts=True, hold=(0, 0.5)),
    Fault("both killed, started at once", all_killed_restarted, TAKEOVER),
    Fault("SIGTERM, started later", restart, HANDOVER, cuts=True),
    Fault("both stopped, go on", paused, TAKEOVER, cuts=True, hold=(0.1, 4)),
    Fault("reload, identical", reload_same, NOISE, unnoticed=True, hold=(0, 0.3)),
    Fault("reload, other addresses", reload_addresses, NOISE, unnoticed=True),
    Fault("reload, other priority", reload_priority, HANDOVER),
    Fault("reload, broken", reload_broken, NOISE, unnoticed=True, hold=(0, 0.3)),
    Fault("upgrade", upgrade, NOISE, unnoticed=True, hold=(0, 0.3)),
    Fault("burst of SIGHUP", hangups, NOISE, unnoticed=True),
    Fault("flood of questions", questions, NOISE, unnoticed=True, hold=(0.5, 2)),
    Fault("junk packets", junk, NOISE, unnoticed=True, hold=(1, JUNK_MAX_S)),
    Fault("interface down, up", interface_down, TAKEOVER, cuts=True),
    *(Fault(words, functools.partial(cut, how=how), TAKEOVER + more, cuts=True,
            deaf=how == "deaf")
      for how, words, more in (("carrier", "carrier lost", 0), ("silent", "silent cut", 0),
                               ("mute", "one-way cut: mute", CONTEST),
                               ("deaf", "one-way cut: deaf", 0))),
    Fault("address removed by somebody", theft, NOISE, unnoticed=True, hold=(0, 0.5)),
    Fault("own address replaced", renumbered, TAKEOVER),
]
