# SPDX-License-Identifier: MIT
"""An Active vipd, its Backup, and what happens to their processes and programs."""

import os
import shutil
import signal
import stat

from agents import VIP, is_slow
from lab import router, wait_until

OWN, OTHER = "192.0.2.2/24", "192.0.2.11/24"


def start(lab, *routers, name="gw1", segment="lan", **settings):
    """An Active vipd on gw1. With long intervals its predecessor leaves, so that it soon is."""
    routers = list(routers) or [router(150)]
    agent = lab.vipd(lab.host(name, OWN, segment=segment), routers, **settings)
    slow = [it for it in routers if it["priority"] != "owner" and is_slow(it)]
    lab.leave_to(*slow, segment=segment)
    for it in routers:
        agent.wait_state(it["name"], "active")
    return agent


def start_pair(lab, names=("gw1", "gw2"), segment="lan", **keys):
    """An Active vipd on gw1 and a Backup on gw2 that knows it."""
    one = start(lab, router(150, **keys), name=names[0], segment=segment)
    two = lab.vipd(lab.host(names[1], "192.0.2.3/24", segment=segment), [router(100, **keys)])
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    return one, two


def crash(agent, signal_number=signal.SIGKILL):
    """Ends the router process, and waits until the next one runs. Return: the old one."""
    lines = len(agent.log)
    old = agent.kill_router(signal_number)
    agent.wait_log(f"router_pid={old} lost=", skip=lines)
    agent.wait_log("adopted=", skip=lines)
    agent.wait_log(f"router_pid={old} end=")
    assert agent.router_pid != old
    return old


def reload(agent):
    """Reloads, with success, and until the new router process speaks. Return: the time before."""
    mark, lines = agent.host.lab.now(), len(agent.log)
    done = agent.reload()
    assert (done.returncode, done.stdout) == (0, "reloaded\n"), done.stderr
    agent.wait_log("reload=done", skip=lines)
    return mark


def assert_settled(winner, loser, ping):
    """Back in order after a contest of two hosts: the winner announced last, is where the client
    sends to, and answers it; the loser has let go."""
    capture, vip = winner.lab.capture, ping.target

    def winner_announced_last():
        announced = capture.arps(gratuitous=True, spa=vip)
        return announced[-1].host is winner and not announced[-1].lost and announced

    wait_until(lambda: VIP in winner.addresses() and absent(loser), what=f"{winner} to hold {vip}")
    announced = wait_until(winner_announced_last, 3, f"{winner} to announce last")
    assert any(arp.host is loser for arp in announced), "there was a contest"
    mark = winner.lab.now()
    ping.wait_answer(since=mark)
    assert ping.host.run("ip", "neigh", "show", vip).stdout.split()[4] == winner.mac()
    echo = capture.wait_frame(lambda frame: frame.echo and frame.ip.src == vip, since=mark)
    assert echo.host is winner
    assert VIP in winner.addresses() and absent(loser)


def lifetime(host, address=VIP):
    """For how many seconds more the kernel keeps an address."""
    ip, length = address.split("/")
    [found] = [info["valid_life_time"] for info in host.address_info()
               if (info["local"], info["prefixlen"]) == (ip, int(length))]
    return found


def absent(host, address=VIP):
    """Whether the host is rid of an address."""
    return address not in host.addresses()


def write(path, text):
    """A text instead of the configuration."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def replace(path, script=None):
    """Puts another file in the place of a program, as a package's upgrade does."""
    if script is None:
        shutil.copy(path, path + ".new")
    else:
        write(path + ".new", f"#!/bin/bash\n{script}\n")
        os.chmod(path + ".new", stat.S_IRWXU)
    os.replace(path + ".new", path)
