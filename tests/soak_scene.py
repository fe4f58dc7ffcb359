# SPDX-License-Identifier: MIT
"""The scene of the soak: three gateways with two routers each, a client, and a stranger.

    gw1  lan 200  two 100  --+        lan: 192.0.2.1, and extra addresses on every gateway
    gw2  lan 150  two 150  --+-- switch -- client, which pings both addresses every 5 ms
    gw3  lan 100  two 200  --+             stranger, which sends junk and has no address

The agents run copies of the binaries, so that a build next door is no fault of ours.
"""

import contextlib
import os
import signal

from agents import own_binaries
from lab import router, wait_until

VIPS = {"lan": "192.0.2.1", "two": "192.0.2.51"}
EXTRA = ["192.0.2.11/24", "198.51.100.1/32"]     # of lan: held, not advertised
PRIORITIES = {"lan": (200, 150, 100), "two": (100, 150, 200)}
INTERVAL = "100ms"
PING_S = 0.005
SETTLE_S = 20.0                  # for what takes one second on a quiet machine
MEMORY_NS = 60 * 10**9           # how much of the past the capture keeps
LOG_LINES_MAX = 400              # of one gateway in one round


class Gateway:
    """A host, its vipd (another one after each end), and what it is to be configured with."""

    def __init__(self, lab, index):
        self.lab, self.index, self.name = lab, index, f"gw{index + 1}"
        self.own = f"192.0.2.{index + 2}/24"
        self.host = lab.host(self.name, self.own)
        self.crashes = []                          # monotonic times, of this keeper
        self.agent = None
        self.start()

    def routers(self, *, priority=None, more=(), more_extra=(), extra=None):
        """Both routers' settings, changed as asked for."""
        one, two = (router(priority or PRIORITIES[name][self.index], name=name,
                           interval=INTERVAL, vrid=51 + number, addresses=[f"{VIPS[name]}/24"])
                    for number, name in enumerate(VIPS))
        one["addresses"] += more
        one["extra_addresses"] = [*(EXTRA if extra is None else extra), *more_extra]
        return [one, two]

    def start(self):
        """Starts vipd with the usual configuration; the one before must have ended."""
        self.crashes.clear()
        self.agent = self.lab.vipd(self.host, self.routers())
        self.lines = 0                             # of the log, at the end of the last round

    def reset(self):
        """Back to the usual configuration, by a reload that must succeed."""
        self.agent.configure(self.routers())
        self.reload()

    def reload(self):
        """Reloads, with success."""
        done = self.agent.reload()
        assert done.returncode == 0, self.agent.story(f"reload failed: {done.stderr}")

    def states(self):
        """{router name: state} as vipd shows it."""
        return {it["name"]: it["state"] for it in self.agent.show()["routers"]}

    def became_active(self):
        """How often its routers did."""
        return sum(it["counters"]["became_active"] for it in self.agent.show()["routers"])

    def expected_addresses(self, states):
        """What the interface must hold in these states."""
        held = {name: [f"{vip}/24"] for name, vip in VIPS.items()}
        held["lan"] += EXTRA
        return sorted([self.own] + [address for name, state in states.items()
                                    if state == "active" for address in held[name]])

    def __repr__(self):
        return self.name


class Scene:
    """The gateways, the client's pings, and what must be true when no fault is left."""

    def __init__(self, lab):
        self.lab = lab
        os.environ.update(own_binaries(lab))
        self.gateways = [Gateway(lab, index) for index in range(3)]
        self.client = lab.host("client", "192.0.2.100/24")
        self.stranger = lab.host("stranger")
        self.pings = []

    def begin_round(self):
        """New pings, before the old ones stop: no moment is unwatched. Return: the old ones."""
        old, self.pings = self.pings, [self.lab.ping(self.client, vip, interval=PING_S)
                                       for vip in VIPS.values()]
        for ping in old:
            ping.stop()
        return old

    def active(self, name, among=None):
        """The gateways among these that say that they are Active for a router."""
        return [gw for gw in among or self.gateways if gw.states().get(name) == "active"]

    def wait_one_active(self, among):
        """Of gateways that can reach each other exactly one is Active per router."""
        for name in VIPS:
            wait_until(lambda name=name: len(self.active(name, among)) == 1, SETTLE_S,
                       lambda _, name=name: f"one Active of {name} among {among}, not "
                       f"{[(gw, gw.states()) for gw in among]}", every=0.05)

    def wait_settled(self):
        """No fault is left: the highest priority is Active, addresses are as states say."""
        best = {name: self.gateways[priorities.index(max(priorities))]
                for name, priorities in PRIORITIES.items()}
        for gateway in self.gateways:
            want = {name: "active" if best[name] is gateway else "backup" for name in VIPS}
            wait_until(lambda gw=gateway, want=want: gw.states() == want, SETTLE_S,
                       lambda _, gw=gateway, want=want: gw.agent.story(f"{gw} to be {want}"),
                       every=0.05)
        for gateway in self.gateways:
            want = gateway.expected_addresses(gateway.states())
            wait_until(lambda gw=gateway, want=want: sorted(gw.host.addresses()) == want, SETTLE_S,
                       lambda _, gw=gateway, want=want: gw.agent.story(
                           f"{want}, not {gw.host.addresses()}"), every=0.05)
        self.wait_answers()

    def wait_answers(self):
        """The client is answered by both addresses, from now on."""
        mark = self.lab.now()
        for ping in self.pings:
            ping.wait_answer(SETTLE_S, since=mark)

    def complaints(self):
        """What a round may not leave behind, beside wrong states: words, none if all is well."""
        found = []
        for gateway in self.gateways:
            lines = gateway.agent.log
            if (grown := len(lines) - gateway.lines) > LOG_LINES_MAX:
                found.append(f"{gateway}: {grown} lines of log in one round")
            gateway.lines = len(lines)
        hosts = [gateway.host for gateway in self.gateways]
        bad = [frame for frame in self.lab.capture.frames()
               if frame.host in hosts and frame.vrrp and frame.vrrp.checksum_form == "bad"]
        return found + [f"bad VRRP checksum: {frame}" for frame in bad[:1]]

    def forget(self):
        """Lets go of frames of the past: a soak may last for hours."""
        self.lab.capture.forget(self.lab.now() - MEMORY_NS)

    def end(self):
        """All agents leave. Return: complaints about what is still there afterwards."""
        found = []
        for gateway in self.gateways:
            if (status := gateway.agent.term()) != 0:
                found.append(gateway.agent.story(f"it left with {status}"))
            if (left := gateway.host.addresses()) != [gateway.own]:
                found.append(f"{gateway}: left with addresses {left}")
            if os.path.exists(gateway.agent.control):
                found.append(f"{gateway}: left its control socket behind")
        return found

    def thaw(self):
        """Lets stopped processes go on, so that the lab can end them in the ordinary way."""
        for gateway in self.gateways:
            with contextlib.suppress(OSError):
                if gateway.agent.alive:
                    gateway.agent.kill(signal.SIGCONT)
