# SPDX-License-Identifier: MIT
"""One failover to look at: two gateways, a client, and a cut nobody is told about (`make demo`).

Each gateway runs a real vipd in a network namespace of its own, and a client pings the virtual
address every 5 ms. The Active gateway's switch port then drops every frame while its link stays
up: the kind of failure that only missing adverts tell. What the lines say was seen by the switch
and by the client; what gateways say of themselves is in quotes.

Adverts come every second, the default: the waiting that is seen here is the protocol's own, and
the same as with any other implementation of VRRP. --interval 100ms shows how short it can be.

Exit status 0 only if the client got its address back from the other gateway and, after the
repair, from the first one. KEEP=1 (environment) leaves the gateways up to look around.
"""

import argparse
import datetime
import os
import shutil
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "net"))

from agents import binary, seconds  # noqa: E402  (found by the line above)
from lab import Lab, LabError, router, wait_until  # noqa: E402

VIP = "192.0.2.1"
PRIORITY = {"gw1": 150, "gw2": 100}
SLACK = 5.0                      # s: for a busy machine, on top of what the protocol waits
LOOK = 200                       # answers between two acts: a second of pings
COLOURS = {"gw1": "32", "gw2": "36", "lost": "31", "bold": "1", "dim": "2"}


def paint(text, colour):
    """text in colour, on a terminal."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


def by_name(text):
    """text with each gateway's name in its colour."""
    for name in PRIORITY:
        text = text.replace(name, paint(name, name))
    return text


class Demo:
    """The scene, and the acts in order."""

    def __init__(self, lab, interval):
        self.lab, self.interval = lab, interval
        self.gw1 = lab.host("gw1", "192.0.2.2/24")
        self.gw2 = lab.host("gw2", "192.0.2.3/24")
        self.client = lab.host("client", "192.0.2.100/24")
        self.began = lab.now()
        self.lines = []                            # (ns, text) of the present act
        self.marks = []                            # (ns, word) under the bar
        self.limit = 4 * seconds(interval) + SLACK     # no Active_Down_Interval is longer

    def say(self, ns, text):
        """A line of the story, and when it happened."""
        self.lines.append((ns, text))

    def tell(self):
        """Prints what was said since last time, in the order in which it happened."""
        for ns, text in sorted(self.lines):
            print(f"{(ns - self.began) / 1e9:8.3f} s  {by_name(text)}", flush=True)
        self.lines.clear()

    def play(self):
        """All acts. LabError: the failover did not work."""
        self.prologue()
        self.start()
        self.cut()
        self.heal()
        self.ping.stop()

    def prologue(self):
        """Who is who."""
        rows = [(host.name, host.addresses()[0], f"priority {PRIORITY[host.name]}")
                for host in (self.gw1, self.gw2)]
        rows.append(("client", self.client.addresses()[0], f"pings {VIP}"))
        drawn = "\n".join("    {:8}{:18}{:18}--+".format(*row) for row in rows)
        drawn = drawn.replace("--+\n    client", "--+-- switch\n    client")
        print(by_name(f"Two gateways share the address {VIP}; one advert every {self.interval}."
                      f"\n\n{drawn}\n"), flush=True)

    def start(self):
        """Both gateways start: the one with the higher priority becomes Active."""
        self.began = self.lab.now()
        self.one, self.two = (
            self.lab.vipd(host, [router(PRIORITY[host.name], interval=self.interval)])
            for host in (self.gw1, self.gw2))
        self.ping = self.lab.ping(self.client, VIP)
        self.say(self.began, "both gateways start, and listen first")
        self.tell()
        self.say_state(self.one, "active")
        self.tell()
        self.ping.wait_answer(self.limit)
        self.look(self.began)

    def cut(self):
        """The Active's frames vanish; the other notices, and the client has its address again."""
        cut = self.lab.now()
        self.lab.cut(self.gw1)
        self.marks.append((cut, "cut"))
        self.say(cut, "gw1 is cut off: the switch drops its frames, but its link stays up")
        self.tell()
        self.say_state(self.two, "active")
        answer = self.say_outage(cut, self.gw2)
        if self.one.router()["state"] == "active":
            self.say(self.lab.now(), "gw1, alone behind the cut, cannot know: "
                     "it is Active for nobody")
        self.tell()
        self.look(answer.ns)

    def heal(self):
        """The cut is repaired: the higher priority takes its place again."""
        heal = self.lab.now()
        self.lab.heal(self.gw1)
        self.marks.append((heal, "heal"))
        self.say(heal, "gw1's port forwards again")
        self.tell()
        self.say_state(self.two, "backup")
        self.one.wait_state("lan", "active", self.limit)
        self.say_outage(heal, self.gw1)
        self.tell()
        self.look(self.lab.now())
        self.only_holder(self.gw1)

    def say_state(self, agent, state):
        """Waits until the agent is in this state, and quotes its reason."""
        shown = agent.wait_state("lan", state, self.limit)
        since = datetime.datetime.fromisoformat(shown["since"])
        self.say(int(since.timestamp() * 1e9),
                 f"{agent.host.name} is {state.capitalize()}: \"{shown['reason']}\"")

    def answer_from(self, host, since):
        """Waits until this host answers the client."""
        return self.lab.capture.wait_frame(
            lambda frame: self.is_answer(frame) and not frame.lost, self.limit, since, host,
            f"an answer to the client from {host}")

    def is_answer(self, frame):
        """Whether this is a reply to one of the client's pings."""
        return frame.echo is not None and frame.echo[:2] == (0, self.ping.ident)

    def say_outage(self, since, host):
        """How long the client was without the address, as it saw it. Return: the first answer."""
        answer = self.answer_from(host, since)
        self.ping.wait_answer(self.limit, since=answer.ns)
        lost, away = self.ping.lost(since), self.ping.longest_outage(since)
        text = f"was without it for {away:.3f} s ({lost} pings)" if lost else "missed no ping"
        self.say(answer.ns, f"{host.name} answers the client, which " + paint(text, "bold"))
        return answer

    def look(self, since):
        """Goes on when the client had a second's worth of answers: so that they can be seen."""
        wait_until(lambda: self.ping.answered(since) >= LOOK, SLACK, "a second of answered pings")

    def only_holder(self, host):
        """The address is on one gateway only."""
        holders = [gateway for gateway in (self.gw1, self.gw2)
                   if any(address.startswith(VIP + "/") for address in gateway.addresses())]
        if holders != [host]:
            raise LabError(f"{VIP} is held by {holders} in the end, not by {host} alone")

    @staticmethod
    def mark(cell):
        """A cell of the bar and its colour: one lost ping makes it a lost one."""
        name = "lost" if "lost" in cell else max(cell, default="lost")
        return name[-1] if name in PRIORITY else ".", name

    def bar(self):
        """The client's pings as a line: who answered, or that nobody did."""
        width = min(shutil.get_terminal_size((80, 24)).columns, 120) - 4
        answered = {frame.echo[2]: frame.host.name for frame in self.lab.capture.frames()
                    if self.is_answer(frame)}
        fates = list(enumerate(self.ping.fates()))
        while not fates[0][1][1]:                  # before the first answer nobody was there
            fates.pop(0)
        first, span = fates[0][1][0], fates[-1][1][0] - fates[0][1][0] + 1
        cells = [set() for _ in range(width)]
        for sequence, (sent, ok) in fates:
            cells[(sent - first) * width // span].add(
                answered.get(sequence & 0xFFFF, "lost") if ok else "lost")
        line = "".join(paint(*self.mark(cell)) for cell in cells)
        under = [" "] * width
        for ns, word in self.marks:
            at = (ns - first) * width // span
            under[at:at + len(word) + 1] = f"^{word}"
        print(f"\n  {line}\n  {''.join(under).rstrip()}\n  the client's pings, "
              f"{span / 1e9:.1f} s: answered by {paint('1', 'gw1')} = {by_name('gw1')}, "
              f"{paint('2', 'gw2')} = {by_name('gw2')}, {paint('.', 'lost')} = nobody", flush=True)


def how_to_look(lab):
    """What a reader can do with a lab that stays up."""
    gateways = [agent.host for agent in lab.agents]
    lines = [f"ip netns exec {host.netns} ip address show dev eth0" for host in gateways]
    lines += [f"{binary('vipctl')} -s {agent.control} show" for agent in lab.agents]
    lines += [f"tail -f {agent.log_path}" for agent in lab.agents]
    lines += [f"tshark -r {lab.path('capture.pcapng')}"]
    return ("\nThe gateways stay up. Look inside:\n  " + "\n  ".join(lines)
            + f"\nRemove all of it:\n  {sys.executable} {HERE}/net/reaper.py {lab.name}")


def play(interval):
    """Builds the lab, plays, and leaves nothing behind unless told to. Return: the exit status."""
    with Lab("demo") as lab:
        try:
            demo = Demo(lab, interval)
            demo.play()
            demo.bar()
            print(paint("\nThe failover worked.", "bold"), flush=True)
        except LabError as error:
            lab.failed = True
            print(paint(f"\nThe failover did not work: {error}", "lost"), file=sys.stderr)
        if os.environ.get("KEEP") == "1":
            lab.leave()
            print(how_to_look(lab))
    return int(lab.failed)


def main():
    """Arguments and signals."""
    parser = argparse.ArgumentParser(description="Shows one failover in network namespaces.")
    parser.add_argument("--interval", default="1s", help="between adverts (default: 1s)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the demo makes network namespaces: it needs root (sudo make demo)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(play(options.interval))
    except LabError as error:                      # how the gateways ended
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
