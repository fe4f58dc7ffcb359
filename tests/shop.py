# SPDX-License-Identifier: MIT
"""A shop that goes on: gateways, web workers and databases lose their power one by one (`make shop`).

    customers --- 192.0.2.10, .11 --- gw1, gw2 --- web1, web2 --- 198.51.100.30 --- db1, db2
                  vipd, nginx                                     vipd, PostgreSQL

All of it is real, on hosts that are network namespaces, with the files of etc/examples/shop as they
are. Customers place orders all the time, and repeat each one by its key until it is acknowledged.

Exit status 0 only if no acknowledged order is lost, none is sent twice, and no gap is longer than its
bound. --short leaves out what repeats itself. KEEP=1 (environment) keeps the files.
"""

import argparse
import collections
import contextlib
import os
import platform
import signal
import sys
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "net"), os.path.join(HERE, "shop")]

from customers import Customers  # noqa: E402  (found by the line above)
from lab import Lab, LabError, wait_until  # noqa: E402
from machines import Database, Gateway, Web, adopt_orphans, missing_packages  # noqa: E402

VIPS = {"shop-a": "192.0.2.10", "shop-b": "192.0.2.11"}
DATABASE = "198.51.100.30"
LONG = 60.0                      # s: for what takes a few on a quiet machine

# The longest gap that is allowed, in ms: what must pass, and room for a machine with other things
# to do. The customer's patience of 500 ms is in all of them.
BOUND_CALM = 4000
BOUND_GATEWAY = 6000             # 0.4 s of silence
BOUND_NGINX = 6000               # two answers of the check
BOUND_WEB = 4000                 # nginx tries the other one after 0.2 s
BOUND_DATABASE = 20000           # 4 s of silence, a promotion, a second for each stale connection


@dataclass
class Event:
    """What happened, when, and what it may cost."""
    name: str
    bound_ms: int
    since: int
    until: int = 0


class Shop:
    """The hosts, and what befalls them."""

    def __init__(self, lab):
        self.lab, self.began, self.events = lab, time.monotonic(), []
        self.backup = None                         # what the backup amounted to, as text
        self.client = lab.host("client", "192.0.2.100/24", segment="front")
        self.gateways = [Gateway(lab, f"gw{n}", ("front", f"192.0.2.{n + 1}/24"),
                                 ("back", f"198.51.100.{n + 1}/24")) for n in (1, 2)]
        self.webs = [Web(lab, f"web{n}", ("back", f"198.51.100.{20 + n}/24")) for n in (1, 2)]
        self.databases = [Database(lab, f"db{n}", ("back", f"198.51.100.{30 + n}/24"),
                                   peer=f"198.51.100.{33 - n}", address=DATABASE) for n in (1, 2)]
        self.customers = None

    def say(self, text):
        """A line of the story."""
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    @contextlib.contextmanager
    def event(self, name, bound_ms):
        """What happens in the block, until the shop is as it was: both addresses serve."""
        event = Event(name, bound_ms, time.time_ns())
        self.say(name)
        yield
        self.customers.wait_served()
        event.until = time.time_ns()
        self.events.append(event)

    # As it shall be

    def open(self):
        """All hosts start; the first one of a pair has its addresses."""
        primary, standby = self.databases
        primary.database("first")
        primary.agent = primary.vipd()
        self.wait_primary(primary)
        standby.database("join")
        standby.agent = standby.vipd()
        standby.agent.wait_state("database", "backup", LONG)
        for web in self.webs:
            web.boot(DATABASE)
        for gateway in self.gateways:
            gateway.boot()
        self.wait_shared()
        self.customers = Customers(self.client, VIPS.values())
        self.customers.wait_served()

    def wait_shared(self):
        """Each gateway has its own address."""
        for gateway, name, other in zip(self.gateways, VIPS, reversed(VIPS)):
            gateway.agent.wait_state(name, "active", LONG)
            gateway.agent.wait_state(other, "backup", LONG)

    def wait_taken(self, gateway):
        """A gateway has both addresses."""
        for name in VIPS:
            gateway.agent.wait_state(name, "active", LONG)

    @staticmethod
    def wait_primary(database):
        """A database host has the address, and its PostgreSQL takes orders."""
        database.agent.wait_state("database", "active", LONG)
        wait_until(lambda: database.ask("SELECT pg_is_in_recovery()") == ["f"], LONG,
                   lambda _: database.agent.story("a promotion"), every=0.1)

    # What befalls it

    def calm(self):
        """Nothing."""
        with self.event("nothing, for comparison", BOUND_CALM):
            self.customers.wait_served(number=100)

    def gateway_power(self, gateway, other):
        """A gateway loses its power, and gets it back."""
        with self.event(f"{gateway.name} loses its power", BOUND_GATEWAY):
            gateway.power_off()
            self.wait_taken(other)
        with self.event(f"{gateway.name} is back", BOUND_GATEWAY):
            gateway.power_on()
            gateway.boot()
            self.wait_shared()

    def nginx_death(self, gateway, other):
        """nginx dies where everything else is well."""
        with self.event(f"nginx dies on {gateway.name}", BOUND_NGINX):
            gateway.kill_nginx()
            self.wait_taken(other)
        with self.event(f"nginx is back on {gateway.name}", BOUND_GATEWAY):
            gateway.start_nginx()
            self.wait_shared()

    def web_power(self, web):
        """A web worker's host loses its power, and gets it back."""
        with self.event(f"{web.name} loses its power", BOUND_WEB):
            web.power_off()
            self.customers.wait_served(number=60)
        with self.event(f"{web.name} is back", BOUND_WEB):
            web.power_on()
            web.boot(DATABASE)

    def database_cut(self, primary, standby):
        """The primary lives on behind a cut, and does not know; then it is an old one."""
        with self.event(f"{primary.name}, the primary, is cut off", BOUND_DATABASE):
            self.lab.cut(primary.host)
            self.wait_primary(standby)
            self.customers.wait_served()
            if primary.ask("SELECT pg_is_in_recovery()") != ["f"]:
                raise LabError(f"{primary.name} is no primary behind the cut")
        with self.event(f"{primary.name} is back, and no primary", BOUND_DATABASE):
            self.lab.heal(primary.host)
            primary.agent.wait_state("database", "fault", LONG)
            self.wait_primary(standby)
            primary.database("join")
            primary.agent.wait_state("database", "backup", LONG)

    def vipd_death(self, primary, standby):
        """All of vipd is killed where PostgreSQL lives: the lease ends before the other host begins."""
        with self.event(f"vipd is killed on {primary.name}, the primary", BOUND_DATABASE):
            primary.agent.kill()
            standby.agent.wait_state("database", "active", LONG)
            if f"{DATABASE}/24" in primary.host.addresses():
                raise LabError(f"{DATABASE} is on {primary.name} without a vipd, and on {standby.name}")
            self.wait_primary(standby)
        with self.event(f"vipd is back on {primary.name}, which joins", BOUND_GATEWAY):
            primary.agent = primary.vipd()
            primary.agent.wait_state("database", "fault", LONG)
            primary.database("join")
            primary.agent.wait_state("database", "backup", LONG)

    def database_drain(self, primary, standby):
        """The primary is moved on purpose."""
        with self.event(f"{primary.name}, the primary, is drained", BOUND_DATABASE):
            primary.agent.ctl("drain")
            self.wait_primary(standby)
        with self.event(f"{primary.name} joins, and is in use again", BOUND_GATEWAY):
            primary.database("join")
            primary.agent.ctl("resume")
            primary.agent.wait_state("database", "backup", LONG)

    def database_power(self, primary, standby):
        """The primary's host loses its power for good; it returns as a standby."""
        with self.event(f"{primary.name}, the primary, loses its power", BOUND_DATABASE):
            primary.power_off()
            self.wait_primary(standby)
        with self.event(f"{primary.name} joins as the standby", BOUND_GATEWAY):
            primary.power_on()
            said = primary.refuses("start")
            if "this was a primary" not in said:
                raise LabError(f"{primary.name}: an old primary is refused otherwise: {said}")
            primary.agent = primary.vipd()
            primary.agent.wait_state("database", "fault", LONG)
            primary.database("join")
            primary.agent.wait_state("database", "backup", LONG)

    def take_backup(self, standby):
        """A dump by the standby, put back on another host: it has all that was acknowledged before."""
        vault = Database(self.lab, "vault", ("vault", "203.0.113.2/24"), peer="none", address="none")
        began = time.time_ns()
        self.say(f"a backup by {standby.name}, the standby, put back elsewhere")
        standby.database("backup", "/srv/shop/dump")
        os.rename(f"{standby.tree}/srv/shop/dump", f"{vault.tree}/srv/shop/dump")
        vault.database("first")
        vault.database("restore", "/srv/shop/dump")
        sent = set(vault.ask("SELECT key FROM parcels"))
        acknowledged = self.customers.acknowledged(0, began)
        lost = sum(order.key not in sent for order in acknowledged)
        self.backup = (f"A backup by the standby, taken meanwhile and put back on another host: of "
                       f"{len(acknowledged)} orders\nacknowledged before it began, {lost} are missing.")
        if lost or not acknowledged:
            raise LabError(self.backup)

    def standby_power(self, primary, standby):
        """The standby's host loses its power: a person says that the primary goes on alone."""
        with self.event(f"{standby.name}, the standby, loses its power", BOUND_DATABASE):
            standby.power_off()
            primary.database("alone")
        with self.event(f"{standby.name} is back, and joins", BOUND_GATEWAY):
            standby.power_on()
            standby.database("start")
            standby.agent = standby.vipd()
            standby.agent.wait_state("database", "fault", LONG)
            standby.database("follow")
            standby.agent.wait_state("database", "backup", LONG)

    def drain(self, gateway, other):
        """A gateway is drained for work on it, and comes back."""
        with self.event(f"{gateway.name} is drained", BOUND_CALM):
            gateway.agent.ctl("drain")
            self.wait_taken(other)
        with self.event(f"{gateway.name} is in use again", BOUND_CALM):
            gateway.agent.ctl("resume")
            self.wait_shared()

    def play(self, short):
        """All events. LabError: the shop did not recover."""
        (gw1, gw2), (db1, db2) = self.gateways, self.databases
        self.say("the shop opens")
        self.open()
        self.calm()
        self.gateway_power(gw1, gw2)
        self.nginx_death(gw1, gw2)
        self.web_power(self.webs[0])
        self.database_power(db1, db2)
        if not short:
            self.take_backup(db1)
            self.standby_power(db2, db1)
            self.database_cut(db2, db1)
            self.vipd_death(db1, db2)
            self.database_drain(db2, db1)
        self.drain(gw2, gw1)
        self.customers.stop()

    # What it has cost

    def sent(self):
        """How many parcels each order has, in the database that serves now."""
        [serving] = [database for database in self.databases
                     if f"{DATABASE}/24" in database.host.addresses()]
        return collections.Counter(serving.ask("SELECT key FROM parcels"))

    def table(self):
        """Prints what each event has cost. Return: what must not be, as lines."""
        sent, complaints = self.sent(), []
        rows = [("event", "placed", "acked", "lost", "twice", "longest gap", "bound")]
        for event in self.events:
            placed = self.customers.placed(event.since, event.until)
            acknowledged = self.customers.acknowledged(event.since, event.until)
            lost = sum(not sent[order.key] for order in acknowledged)
            twice = sum(sent[order.key] > 1 for order in placed)
            gap_ms = self.customers.longest_gap(event.since, event.until) / 1e6
            rows.append((event.name, len(placed), len(acknowledged), lost, twice, f"{gap_ms:.0f} ms",
                         f"{event.bound_ms} ms"))
            if lost or twice:
                complaints.append(f"{event.name}: {lost} acknowledged orders lost, {twice} sent twice")
            if gap_ms > event.bound_ms:
                complaints.append(f"{event.name}: nothing acknowledged for {gap_ms:.0f} ms")
        orders = self.customers.orders
        acknowledged = [order for order in orders if order.acked]
        lost = sum(not sent[order.key] for order in acknowledged)
        twice = sum(number > 1 for number in sent.values())
        rows.append(("all", len(orders), len(acknowledged), lost, twice, "", ""))
        if lost or twice:
            complaints.append(f"in all: {lost} acknowledged orders lost, {twice} sent twice")
        print()
        for name, *cells in rows:
            print(f"  {name:36}" + "".join(f"{cell:>{width}}" for cell, width in
                                           zip(cells, (8, 8, 6, 7, 13, 10))).rstrip())
        return complaints

    def summary(self):
        """Lines below the table."""
        orders = self.customers.orders
        repeated = sum(order.attempts > 1 for order in orders)
        print(f"\nlost: acknowledged, and not in the database that serves in the end. {repeated} orders "
              "were acknowledged\nonly when they were repeated.")
        if self.backup:
            print(self.backup)
        print(f"{time.monotonic() - self.began:.0f} s, {os.cpu_count()} processors, "
              f"load {os.getloadavg()[0]:.1f}, Linux {platform.release()}.")


def play(short):
    """Builds the shop, plays, and leaves nothing behind. Return: the exit status."""
    adopt_orphans()
    with Lab("shop", elections_only=True) as lab:
        try:
            shop = Shop(lab)
            shop.play(short)
            complaints = shop.table()
            shop.summary()
        except LabError as error:
            complaints = [str(error)]
        for complaint in complaints:
            print(f"the shop did not go on: {complaint}", file=sys.stderr)
        lab.failed = bool(complaints)
    return int(lab.failed)


def main():
    """Arguments and signals."""
    parser = argparse.ArgumentParser(description="A shop in network namespaces that loses its hosts.")
    parser.add_argument("--short", action="store_true", help="each kind of event once")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the shop makes network namespaces: it needs root (sudo make shop)")
    if missing := missing_packages():
        sys.exit(f"the shop needs {', '.join(missing)}: \"sudo tests/need.sh shop\" installs what is missing")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(play(options.short))
    except LabError as error:                      # how the agents ended
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
