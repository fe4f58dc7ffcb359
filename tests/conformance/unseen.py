# SPDX-License-Identifier: MIT
"""Requirements that no test in here shows, and why; and what an agent does otherwise on purpose."""

from packets import V2, V3, V6
from rules import MAY, MUST, SHOULD, Rule

BOTH, ALL = (V3, V6), (V2, V3, V6)
KERNEL = "the host's kernel does it, whichever agent runs"
DOCUMENT = "a matter of documents, not of packets"
DUAL = "no router of both versions at a time is offered or planned"
HEADER = "no AH is offered or planned: HMAC takes its place"
BFD = "no BFD is offered or planned"
INSIDE = "only from inside: tests/unit has it"
LIFE = "takes a clock of its own: tests/net/test_auth.py has it"


def _rows(why, level, variants, **texts):
    return [(Rule(number.replace("_", "-"), level, text, variants), why)
            for number, text in texts.items()]


UNSEEN = [
    *_rows("erratum 8298 is followed instead: R-041", MUST, BOTH,
           R_040="an owner discards all adverts"),
    *_rows("fuzzing under the sanitizers has it: make fuzz", MUST, ALL,
           R_054="never reads beyond the packet"),
    *_rows("the agent sends none: see R-080", MUST, (V6,),
           R_119="same router advertisement options on all routers"),
    *_rows("the agent sends none: see R-080", SHOULD, (V6,),
           R_120="no router advertisement option that only some can serve"),
    *_rows("radvd sends them, coupled to the state: an election alone makes none", MUST, (V6,),
           R_080="an Active sends router advertisements"),
    *_rows("takes a queue that delays adverts for minutes: the soak has it", SHOULD, BOTH,
           R_096="flapping is logged, within bounds"),
    *_rows(KERNEL, SHOULD, (V3,), R_101="redirects come from the address that was used"),
    *_rows(KERNEL, SHOULD, (V6,), R_110="redirects come from the address that was used"),
    *_rows(KERNEL, MUST, (V3,), R_109="proxy ARP names the virtual MAC"),
    *_rows("another design than a Drop Route is used", MAY, BOTH,
           R_123="a Drop Route for addresses that are not owned"),
    *_rows(DOCUMENT, SHOULD, BOTH, R_108="management uses an address of the host's own",
           R_125="priorities are distinct"),
    *_rows(DUAL, SHOULD, BOTH, R_127="no permanent operation of both versions",
           R_131="version 2 of a router that also speaks 3 is ignored",
           R_133="no version 2 router above one of shorter intervals"),
    *_rows(DUAL, MAY, BOTH, R_128="both versions at a time",
           R_132="a version 3 Active without version 2 is told of"),
    *_rows(DUAL, MUST, BOTH, R_129="both versions are sent at the same rate",
           R_130="a Backup takes the Active's rate from either version"),
    *_rows(HEADER, MUST, (V2,), R_161="type 2: no header or a bad digest is discarded"),
    *_rows(HEADER, SHOULD, (V2,), R_162="type 2: authentication data is ignored"),
    *_rows(INSIDE, MUST, BOTH, R_166="checksum counts as zero in the HMAC",
           R_181="a failure of the library is no valid HMAC",
           R_182="keys of 32 to 64 bytes, compared in constant time"),
    *_rows(LIFE, MUST, BOTH, R_180="recovers from a step of the clock"),
    *_rows(DOCUMENT, SHOULD, BOTH, R_194="peers list each other, priorities are distinct"),
    *_rows("not done: off by default where it exists", MAY, (V6,),
           R_200="neighbour advertisements to routers, too"),
    *_rows(BFD, MUST, BOTH, R_201="ports", R_202="TTL 255", R_203="a session per family",
           R_204="active role", R_205="malformed packets", R_206="unknown discriminator",
           R_207="no discriminator while up", R_208="authentication bit", R_209="state machine",
           R_210="slow while down", R_211="jitter", R_212="peer that wants none",
           R_213="detection time", R_214="poll and final", R_215="changed timers",
           R_216="forgotten discriminator"),
    *_rows(BFD, SHOULD, BOTH, R_217="a change is sent at once",
           R_218="an administrator's down is no failure"),
]

# (agent, requirement): what it does instead, and why. A test that fails there is no failure.
DECISIONS = {
    ("vipd", "R-016"): "a router may advertise no addresses, when others move them: only those "
                       "that do so, too, accept it",
    ("vipd", "R-044"): "an address list is never a reason to drop an advert, though it may break "
                       "erratum 8300: other agents can be told to send such; it is counted",
    ("vipd", "R-080"): "no router advertisements of its own: radvd sends them, coupled to the "
                       "state",
    ("vipd", "R-189"): "peers over IPv6 may be global addresses, too: behind a router there are no "
                       "others",
    ("vipd", "R-115"): "an owner's address is the interface's own, which answers solicitations for "
                       "it, too: Neighbour Discovery is never dropped",
    ("vipd", "R-147"): "an address list is never a reason to drop an advert: so an address can be "
                       "added on one node first; a different one is counted",
}
EVERY = [f"R-{number:03}" for number in range(1, 219)]
