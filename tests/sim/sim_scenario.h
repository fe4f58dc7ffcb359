/* SPDX-License-Identifier: MIT */
/*
 * Fixed stories with exact traces. A file has a script, a line "--", and the trace that the script
 * must give, literally. The script (times in milliseconds, "#" begins a comment):
 *
 *   delay 2                              of every path; default 1
 *   packets                              narrate each advert too
 *   routes                               each router has one
 *   peers                                all routers speak to peers; before the first of them
 *   router priority=100 interval=1000 preempt=1 preempt_delay=0 start_delay=0 address=11 start=0
 *                                        the next of r1, r2...; all of it may be left out; the
 *                                        default address is 192.0.2.11 for r1, .12 for r2...
 *                                        and lease=available or safe, default off; subnet=4: so
 *                                        many addresses, of which the first takes the others
 *                                        along; addresses=4: so many without a subnet;
 *                                        and what a reload may change: other.priority=50;
 *                                        family=6; companion=1: one of the other family, too;
 *                                        unit=1: one that shares its fate;
 *                                        mac=1: with a virtual MAC; guest=1: with a required
 *                                        address on another interface
 *                                        damping.changes=4 damping.within=60000
 *                                        damping.hold=8000: none by default
 *                                        carrier=optional: goes on without one
 *   hosts 1                              how many; default 1
 *   at 5000 crash r1 for 3000            without "for": for good
 *   at 5000 leave r1 | leave-hung r1 | stop r1 | freeze r1 | link r1
 *                                        it hangs when it is told to
 *   at 5000 unplug r1 | unlink r1 | bare r1 | source r1
 *                                        no carrier; the interface is removed; its own address is;
 *                                        it gets one more
 *   at 5000 panic r1 | hang r1 | withdraw r1 | squat r1
 *   at 5000 no-ip6 r1 | narrow r1 | duplicate r1 | renumber r1 | route r1
 *                                        IPv6 is switched off; has no room in the MTU; the host's
 *                                        link-local address is somebody else's, is another one; it
 *                                        begins to route, or ends
 *   at 5000 reload r1 1                  with what is other; 0: as it is
 *   at 5000 steal r1 500 for 4000        every 500 ms; steal-one: the first address alone
 *   at 5000 late r1 500 for 4000         is scheduled up to 500 ms late
 *   at 5000 trouble r1 1 for 4000        a sum of enum sim_trouble
 *   at 5000 macvlan r1 1                 enum sim_macvlan_fault
 *   at 5000 guest r1 1                   enum sim_guest_fault
 *   at 5000 cut4 r1 r2 | cut6 r1 r2 | bare4 r1 | bare6 r1 | off6 r1
 *                                        one family is cut one way; has no address; is switched off
 *   at 5000 cut r1 r2 | burst r1 r2 3    one way; a burst loses so many packets
 *   at 5000 split r1 h1                  from all others
 *   at 5000 junk r1 17                   so many packets
 *   at 5000 announce r1 3                a stranger announces its fourth address
 *   kept                                 no lease of an Active ends, or of what is handed
 *                                        over
 *   hitless 5000                         of what all have and is served then, nothing is nowhere
 *                                        from then on
 *   served                               in the end one is Active, and each host sends to it
 *   until 12000                          last line
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

struct sim;

/**
 * scenario_run_all() - run all *.txt of a directory, print what differs and a summary line.
 * @sim: storage.
 *
 * Return: exit status: 0, or 1 when a trace differs, a property fails or nothing was found.
 */
int scenario_run_all(struct sim *sim, const char *dir);

/**
 * scenario_print() - print a file with the trace that its script gives now.
 *
 * Return: exit status.
 */
int scenario_print(struct sim *sim, const char *path);

#endif
