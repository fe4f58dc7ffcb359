# SPDX-License-Identifier: MIT
"""Customers of the shop: each places one order after the other, and repeats it until it is acknowledged."""

import collections
import http.client
import threading
import time
from dataclasses import dataclass

from witness import TIMEOUT, LabError, wait_until


@dataclass
class Order:
    """One order. Times in ns of CLOCK_REALTIME; acked: 0 before."""
    key: str
    address: str
    placed: int
    acked: int = 0
    attempts: int = 0


class Customers:
    """Threads on a host, an equal number at each virtual address, where each one stays.

    Every thread places an order each `period` seconds, or as soon as the one before is
    acknowledged. It waits `patience` seconds for an answer, then asks again with the same key.
    """

    def __init__(self, host, addresses, number=4, period=0.030, patience=0.5):
        self.addresses = list(addresses)
        self.orders = []                           # appended by all threads
        self.errors = collections.Counter()
        self._period, self._patience = period, patience
        self._stop, self._abandon = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._run, daemon=True,
                             args=(number, self.addresses[number % len(self.addresses)]))
            for number in range(number)]
        with host.inside():                        # threads keep the namespace they begin in
            for thread in self._threads:
                thread.start()
        host.lab.at_close(self.give_up)

    def _run(self, number, address):
        due, count = time.monotonic(), 0
        while not self._stop.is_set():
            count += 1
            order = Order(f"customer{number}-{count}", address, time.time_ns())
            self.orders.append(order)
            while not order.acked and not self._abandon.is_set():
                self._try(order)
            due = max(due + self._period, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _try(self, order):
        order.attempts += 1
        connection = http.client.HTTPConnection(order.address, 80, timeout=self._patience)
        try:
            connection.request("PUT", f"/orders/{order.key}", body="a virtual address")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
        finally:
            connection.close()
        if status == 201:
            order.acked = time.time_ns()
        else:
            self.errors[str(status)] += 1
            self._abandon.wait(0.02)

    def wait_served(self, number=20, timeout=6 * TIMEOUT):
        """Waits until each address has served so many orders that were placed from now on."""
        now = time.time_ns()

        def served():
            fresh = [order for order in list(self.orders) if order.placed >= now and order.acked]
            return all(sum(order.address == address for order in fresh) >= number
                       for address in self.addresses)

        wait_until(served, timeout, lambda _: f"orders at {self.addresses}; errors so far: "
                   f"{dict(self.errors)}", every=0.05)

    def placed(self, since, until):
        """The orders placed in that time."""
        return [order for order in list(self.orders) if since <= order.placed < until]

    def acknowledged(self, since, until):
        """The orders acknowledged in that time."""
        return [order for order in list(self.orders) if order.acked and since <= order.acked < until]

    def longest_gap(self, since, until):
        """The longest time, in ns, in which an address acknowledged nothing; its middle lies in this one."""
        longest = 0
        for address in self.addresses:
            times = sorted(order.acked for order in list(self.orders)
                           if order.address == address and order.acked)
            for one, other in zip(times, times[1:]):
                if since <= (one + other) // 2 < until:
                    longest = max(longest, other - one)
        return longest

    def stop(self):
        """No more orders; those that are placed are repeated until they are acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * TIMEOUT)
        if any(thread.is_alive() for thread in self._threads):
            raise LabError("orders are open in the end")

    def give_up(self):
        """Ends all, whatever is open."""
        self._abandon.set()
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT)
