# SPDX-License-Identifier: MIT
# make, make check, make demo: README.md. V=1 shows the commands.

# One place has the version: the first line of debian/changelog.
VERSION := $(shell sed -n '1s/^vipd .\([0-9.]*\).*/\1/p' debian/changelog)
PREFIX  = /usr/local
BUILD   = build
CC      = gcc
PYTHON  = /usr/bin/python3

CFLAGS   = -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla \
	   -Wformat=2 $(if $(CI),-Werror)
# _FORTIFY_SOURCE needs optimisation and fights the sanitizers' own checks.
HARDEN   = $(if $(SANITIZE),,-D_FORTIFY_SOURCE=3) -fstack-protector-strong -fPIE
CPPFLAGS = -I. -D_GNU_SOURCE -DVIPD_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(HARDEN) $(CFLAGS) $(SANITIZE)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS) $(SANITIZE)

# Libraries by pkg-config name. Asked when a recipe runs, after `make demo` has installed them.
LIBS_vrrp   = nettle
LIBS_vipd   = libnl-3.0 libmnl libconfig $(LIBS_vrrp)
LIBS_checker = libmnl libconfig libcap-ng libcurl libcares libsystemd $(LIBS_vrrp)
LIBS_notifier = libconfig libcap-ng sqlite3 jansson libmicrohttpd $(LIBS_vrrp)
LIBS_vipctl = jansson smartcols sqlite3 libconfig libnl-3.0 libmnl $(LIBS_vrrp)
PKG_CFLAGS  = $(shell pkg-config --cflags $(LIBS_vipd) $(LIBS_vipctl) $(LIBS_checker) $(LIBS_notifier))

# Folders, and what each may see: tests/lint.sh. The floor is what all programs stand on.
objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
CORE    = $(call objects,vrrp)
KERNEL  = $(call objects,netlink)
CHECKS  = $(call objects,checks)
CHECK   = $(addprefix $(BUILD)/checks/,cgroup.o check.o leaf.o program.o regular.o verdict.o)
# What reads texts and packets of others, for tests.
PARSERS = $(addprefix $(BUILD)/checks/,number.o echo.o proc.o proc_events.o route_message.o) \
	$(addprefix $(BUILD)/agent/vipctl/,arena.o complain.o printable.o import_report.o keepalived_file.o keepalived_lines.o \
	keepalived_macro.o keepalived_tree.o $(addprefix timeline_,align.o judge.o kind.o mark.o plan.o story.o text.o view.o words.o))
# Likewise, with libraries that only the checker has.
REPLIES = $(addprefix $(BUILD)/checks/,match.o record.o status.o)
FLOOR   = $(filter-out $(addprefix $(BUILD)/agent/,main.o rights.o),$(call objects,agent))
CONF    = $(call objects,agent/conf)
VIPCTL  = $(call objects,agent/vipctl)
CHECKER = $(call objects,agent/checker) $(BUILD)/agent/rights.o
NOTIFIER = $(call objects,agent/notify) $(BUILD)/agent/rights.o
AGENT   = $(FLOOR) $(CONF) $(call objects,agent/keeper) $(call objects,agent/router)
SIM     = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/sim/*.c))
UNITS   = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
REPLAYS = $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/tests/fuzz/replay_%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

# Namespaces need root: tests and demo ask for it, the build never does.
SUDO = $(if $(filter-out 0,$(shell id -u)),sudo env KEEP=$(KEEP) CI=$(CI))

Q = $(if $(V),,@)
comma = ,
SAY = $(if $(V),@:,@echo "  $(1)	$@")

all: $(BUILD)/vipd $(BUILD)/vipctl $(BUILD)/vipd-checker $(BUILD)/vipd-notifier

$(BUILD)/vipd: $(BUILD)/agent/main.o $(AGENT) $(CORE) $(KERNEL) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_vipd))

$(BUILD)/vipctl: $(VIPCTL) $(CONF) $(FLOOR) $(CORE) $(KERNEL) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_vipctl))

# A program of its own: what it needs of libraries nobody else shall have in memory.
$(BUILD)/vipd-checker: $(CHECKER) $(CHECKS) $(CONF) $(FLOOR) $(CORE)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_checker))

# Likewise: a database, and commands.
RUN = $(addprefix $(BUILD)/checks/,execute.o outcome.o tree.o warden.o)
$(BUILD)/vipd-notifier: $(NOTIFIER) $(RUN) $(CONF) $(FLOOR) $(CORE) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_notifier))

# The core may not lose a bit in a conversion that nobody wrote.
$(BUILD)/vrrp/%.o: WARN += -Wconversion

libraries:
	@pkg-config --exists --print-errors $(LIBS_vipd) $(LIBS_vipctl) $(LIBS_checker) $(LIBS_notifier) || \
		{ echo "\"sudo tests/need.sh build\" installs what is missing" >&2; exit 1; }

$(BUILD)/%.o: %.c Makefile debian/changelog | libraries
	$(call SAY,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(AGENT) $(CORE) $(KERNEL) $(CHECK) $(PARSERS)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(WRAP)) -o $@ $^ -lcmocka \
		$(shell pkg-config --libs $(LIBS_vipd))

# Of the notifier: all of it but its beginning.
NOTIFY_TESTED = $(filter-out $(BUILD)/agent/notify/main.o,$(call objects,agent/notify)) $(RUN)
$(BUILD)/tests/unit/test_notify_%: $(BUILD)/tests/unit/test_notify_%.o $(NOTIFY_TESTED) $(AGENT) $(CORE) $(KERNEL) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(shell pkg-config --libs $(LIBS_vipd) $(LIBS_notifier))

# Of vipctl: all of it but its beginning.
VIPCTL_TESTED = $(filter-out $(BUILD)/agent/vipctl/vipctl.o,$(VIPCTL))
$(BUILD)/tests/unit/test_doctor_%: $(BUILD)/tests/unit/test_doctor_%.o $(VIPCTL_TESTED) $(CONF) $(FLOOR) $(CORE) $(KERNEL) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(shell pkg-config --libs $(LIBS_vipctl))

$(BUILD)/tests/unit/test_ago: $(BUILD)/agent/vipctl/ago.o
$(BUILD)/tests/unit/test_check_status: $(addprefix $(BUILD)/checks/,status.o match.o)

# When checks are asked: kinds are the test's own.
$(BUILD)/tests/unit/test_schedule: $(addprefix $(BUILD)/,$(addprefix agent/checker/,schedule.o schedule_facts.o schedule_kinds.o) checks/kind.o checks/probe.o)

# What vipctl why makes of facts: pure, but for the ends of why_end.c and why_journal.c.
WHY_PURE = $(addprefix $(BUILD)/agent/vipctl/,ago.o why_active.o why_advice.o why_end.o why_facts.o \
	why_finding.o why_journal.o why_judge.o why_rival.o why_says.o)
$(BUILD)/tests/unit/test_why_%: $(BUILD)/tests/unit/test_why_%.o $(WHY_PURE) $(AGENT) $(CORE) $(KERNEL) $(CHECK) $(PARSERS)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(shell pkg-config --libs $(LIBS_vipd) jansson)

# Functions that a test replaces by its own, as __wrap_NAME().
$(addprefix $(BUILD)/tests/unit/test_kern_,reconcile reconcile_doubt thefts behind): \
	WRAP = kern_changer_apply kern_dump_interface kern_dump_link
$(addprefix $(BUILD)/tests/unit/test_,kern_send will): WRAP = sendmmsg
$(BUILD)/tests/unit/test_renewals: WRAP = clocks_now
$(BUILD)/tests/unit/test_kern_filter: WRAP = kern_filter_table_put

# Prints the rows of the configuration, for the test that compares them with the manual.
$(BUILD)/tests/conf/keys: $(BUILD)/tests/conf/keys.o $(CONF) $(addprefix $(BUILD)/agent/,clocks.o fields.o) $(CORE) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs libconfig $(LIBS_vrrp))

# Likewise the kinds of events.
$(BUILD)/tests/conf/events: $(BUILD)/tests/conf/events.o $(FLOOR) $(CORE)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_vrrp))

# The simulator runs the product's own code: all that is not a system call. It has its own kernel, wire
# and clock, and looks at what happens by the linker's --wrap.
SIM_REAL = $(FLOOR) $(addprefix $(BUILD)/agent/, conf/hooks.o conf/needs.o conf/value.o \
	$(addprefix keeper/,will.o succession.o succession_gap.o) \
	$(addprefix router/,facts.o accept.o adopt.o advert.o auth.o conflicts.o execute.o guests.o hand_over.o hear.o interfaces.o journal.o lan.o last_will.o \
	lease.o leftovers.o listeners.o measure.o names.o open.o own.o peers.o priority.o effective.o damping.o drain.o drains.o hold.o resort.o round.o rivals.o senders.o twins.o \
	routers.o routes.o outbox.o said.o step.o track.o virtual_mac.o wanted.o worth.o)) \
	$(addprefix $(BUILD)/netlink/,address.o attributes.o frame.o kind.o lookup.o receive.o reconcile.o route.o rule.o \
	wants.o send_ip.o sweep.o macvlan.o filter.o filter_table.o nft.o)
$(BUILD)/sim: WRAP = vrrp_step vrrp_receive vrrp_adopt state_put clock_gettime close kern_receiver_open \
	kern_receiver_close kern_receiver_fd kern_receiver_dispatch kern_group_join kern_sweep_kinds \
	socket setsockopt bind sendmmsg

$(BUILD)/sim: $(SIM) $(CORE) $(SIM_REAL) $(CHECK)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(WRAP)) -o $@ $^ \
		$(shell pkg-config --libs libmnl $(LIBS_vrrp))

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(AGENT) $(CORE) $(KERNEL) $(CHECK) \
	$(PARSERS) $(REPLIES)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_vipd) libcares)

# libFuzzer instruments everything, so these are built from sources in one go.
FUZZ_CFLAGS = -std=gnu17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZED = $(patsubst $(BUILD)/%.o,%.c,$(AGENT) $(CORE) $(KERNEL) $(CHECK) $(PARSERS) $(REPLIES))
$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard tests/fuzz/*.h vrrp/*.[ch] netlink/*.[ch] checks/*.[ch] agent/*.[ch] agent/*/*.[ch])
	$(call SAY,FUZZ)
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) $(PKG_CFLAGS) $(FUZZ_CFLAGS) -o $@ $< \
		$(FUZZED) $(shell pkg-config --libs $(LIBS_vipd) libcares)

# What clang alone refuses is found here, and not by who fuzzes next.
fuzz-syntax: | libraries
	@if command -v clang >/dev/null; then \
		clang $(CPPFLAGS) $(PKG_CFLAGS) $(FUZZ_CFLAGS) -fsyntax-only $(wildcard tests/fuzz/fuzz_*.c) $(FUZZED); \
	else echo "fuzz-syntax: skipped, clang is not installed (tests/need.sh fuzz)"; fi

# Preloaded by tests that set a wall clock, take nftables away, cut the power, or let processes be late.
$(BUILD)/tests/net/%.so: tests/net/%.c
	$(call SAY,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 $(WARN) -O2 -fPIC -shared -D_GNU_SOURCE -o $@ $<

# An advert by the codec, to be compared with what others make of it.
$(BUILD)/tests/net/encode: $(BUILD)/tests/net/encode.o $(CORE)
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(LIBS_vrrp))

# A command of notify that writes down that it was run.
$(BUILD)/tests/net/pager: $(BUILD)/tests/net/pager.o
	$(call SAY,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

test-programs: all $(BUILD)/sim $(UNITS) $(REPLAYS) $(BUILD)/tests/conf/keys $(BUILD)/tests/conf/events \
	$(addprefix $(BUILD)/tests/net/,wallclock.so claims.so refusal.so powercut.so late.so encode pager)

# ---- what a user and a developer run; each installs what it lacks ----

demo:
	@tests/need.sh build demo
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) $(PYTHON) tests/demo.py

# Hosts of a shop that lose their power one by one, while orders are placed.
shop:
	@tests/need.sh build shop
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) $(PYTHON) tests/shop.py $(if $(SHORT),--short)

check:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory test-programs
	@$(SUDO) $(PYTHON) tests/run.py --build $(BUILD)

# Address and undefined-behaviour sanitizer: over-reads, leaks, overflows, in all tests.
asan:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory test-programs BUILD=build/asan CFLAGS="-O1 -g -fno-omit-frame-pointer" \
		SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"
	@$(SUDO) $(PYTHON) tests/run.py --build build/asan --workers 3

SEEDS = 10000
SEED0 = 1
sim: $(BUILD)/sim
	@$(BUILD)/sim --seeds $(SEEDS) --seed0 $(SEED0)

# Plants defects one after another; the simulator must find each.
defects:
	@tests/need.sh build
	@$(PYTHON) tests/sim/defects.py --build $(BUILD)

# One test per fault, with what was promised and what was measured; DUT=keepalived for the other.
faults:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory test-programs
	@$(SUDO) env DUT=$(DUT) $(PYTHON) tests/faults.py --build $(BUILD)

# A row per requirement, tested on the wire, to build/conformance.json; DUT=keepalived for the other.
conformance:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) env DUT=$(DUT) $(PYTHON) tests/conformance/run.py --build $(BUILD)

# Each configuration of tests/net/import_cases.py, run by keepalived and, imported, by vipd.
imports:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) env VIPD=$(abspath $(BUILD))/vipd $(PYTHON) -m pytest -q -n 3 -p no:cacheprovider tests/net/test_import.py

# What make check leaves out, and no other target makes.
campaign:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory test-programs
	@$(SUDO) env VIPD=$(abspath $(BUILD))/vipd $(PYTHON) -m pytest -q -n 3 -p no:cacheprovider -m campaign \
		--ignore=tests/net/faults --ignore=tests/net/test_import.py tests/net

# Pairs with the agents of others, in every dialect; DUT=keepalived in vipd's place.
interop:
	@tests/need.sh build check interop
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) env DUT=$(DUT) $(PYTHON) tests/interop/run.py --build $(BUILD)

# What a timeline looks like. A browser is 220 MB, so that "check" draws it only where there is one.
browser-check:
	@tests/need.sh build check browser
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) $(PYTHON) -m pytest -q -p no:cacheprovider tests/net/test_timeline.py

MINUTES = 10
soak:
	@tests/need.sh build demo
	@$(MAKE) -s --no-print-directory all
	@$(SUDO) $(PYTHON) tests/soak.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# Kills between a change and its delivery; no page may be lost.
N = 1000
pages:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory all $(BUILD)/tests/net/pager $(BUILD)/tests/net/powercut.so
	@$(SUDO) env VIPD=$(abspath $(BUILD))/vipd $(PYTHON) tests/pages.py -n $(N) $(if $(SEED),--seed $(SEED))

# Plants defects in who tells, one after another; the kills must find each.
page-defects:
	@tests/need.sh build check
	@$(MAKE) -s --no-print-directory all $(addprefix $(BUILD)/tests/net/,pager powercut.so late.so)
	@$(SUDO) $(PYTHON) tests/pages_defects.py --build $(BUILD)

FUZZ_S = 60
fuzz:
	@tests/need.sh build fuzz
	@$(MAKE) -s --no-print-directory $(FUZZERS)
	@tests/fuzz/run.sh $(BUILD) $(FUZZ_S)

bench:
	@tests/need.sh build bench
	@$(MAKE) -s --no-print-directory all $(BUILD)/tests/net/pager
	@$(SUDO) $(PYTHON) tests/bench/bench.py

lint:
	@tests/need.sh build lint
	@$(MAKE) -s --no-print-directory $(CORE) fuzz-syntax
	@tests/lint.sh $(BUILD)

# Commands for entries of notify. A copy below /etc is the administrator's, and no upgrade touches it.
NOTIFY = alertmanager conntrackd mail opsgenie pagerduty webhook

# Pages that name files below the prefix.
PAGES_7 = vipd-events.7 vipd-metrics.7 vipd-notify.7
PROMETHEUS = alerts.yml dashboard.json

# Where systemd and zsh look is their business: debian/rules has other places than these.
UNIT_DIR = $(PREFIX)/lib/systemd/system
ZSH   = $(PREFIX)/share/zsh/site-functions
BASH  = $(PREFIX)/share/bash-completion/completions
DOC   = $(PREFIX)/share/doc/vipd
EXAMPLES = $(notdir $(filter-out etc/examples/shop,$(wildcard etc/examples/*)))
PROGRAMS = vipd vipctl vipd-checker vipd-notifier
# An example of several files, as they are below etc/examples.
SHOP = $(addprefix shop/,README.md $(addprefix gateway/,vipd.conf nginx.conf) web/worker.py \
	$(addprefix database/,vipd.conf postgresql.conf pg_hba.conf shop.sql may-serve promote database))

install: all
	install -d $(addprefix $(DESTDIR), $(UNIT_DIR) $(ZSH) $(BASH) $(DOC)/examples $(addprefix $(PREFIX)/, \
		sbin share/man/man5 share/man/man7 share/man/man8 share/vipd/notify.d \
		share/vipd/prometheus))
	install -m 755 $(addprefix $(BUILD)/, $(PROGRAMS)) $(DESTDIR)$(PREFIX)/sbin
	install -m 644 etc/vipd.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5
	for page in $(PAGES_7); do sed 's,@SHARE@,$(PREFIX)/share,' etc/$$page >$(DESTDIR)$(PREFIX)/share/man/man7/$$page; done
	install -m 644 etc/vipd.8 etc/vipctl.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(addprefix etc/notify.d/,$(NOTIFY)) $(DESTDIR)$(PREFIX)/share/vipd/notify.d
	install -m 644 etc/notify.d/alert.sh $(DESTDIR)$(PREFIX)/share/vipd/notify.d
	install -m 644 $(addprefix etc/prometheus/,$(PROMETHEUS)) $(DESTDIR)$(PREFIX)/share/vipd/prometheus
	sed 's,@SBIN@,$(PREFIX)/sbin,' etc/vipd.service >$(DESTDIR)$(UNIT_DIR)/vipd.service
	install -m 644 etc/completion/vipctl.bash $(DESTDIR)$(BASH)/vipctl
	install -m 644 etc/completion/vipd.bash $(DESTDIR)$(BASH)/vipd
	install -m 644 etc/completion/_vipctl etc/completion/_vipd $(DESTDIR)$(ZSH)
	install -m 644 etc/vipd.conf.sample LICENSE $(DESTDIR)$(DOC)
	cd etc/examples && for file in $(EXAMPLES) $(SHOP); do \
		install -D -m $$(test -x $$file && echo 755 || echo 644) $$file $(abspath $(DESTDIR)$(DOC)/examples)/$$file || exit 1; \
	done

# What install has put there, and the directories that are vipd's alone.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/, $(addprefix sbin/, $(PROGRAMS)) \
		$(addprefix share/man/, man5/vipd.conf.5 $(addprefix man7/,$(PAGES_7)) man8/vipd.8 man8/vipctl.8) \
		$(addprefix share/vipd/notify.d/, alert.sh $(NOTIFY)) \
		$(addprefix share/vipd/prometheus/, $(PROMETHEUS))) \
		$(addprefix $(DESTDIR), $(UNIT_DIR)/vipd.service $(BASH)/vipctl $(BASH)/vipd $(ZSH)/_vipctl $(ZSH)/_vipd \
		$(addprefix $(DOC)/, vipd.conf.sample LICENSE $(addprefix examples/, $(EXAMPLES) $(SHOP))))
	@rmdir $(addprefix $(DESTDIR)$(DOC)/examples/, $(filter-out shop/,$(sort $(dir $(SHOP))))) 2>/dev/null || :
	@rmdir $(DESTDIR)$(DOC)/examples/shop $(DESTDIR)$(DOC)/examples $(DESTDIR)$(DOC) $(DESTDIR)$(PREFIX)/share/vipd/notify.d \
		$(DESTDIR)$(PREFIX)/share/vipd/prometheus $(DESTDIR)$(PREFIX)/share/vipd 2>/dev/null || :

# A package of this tree, as Debian builds it, in build/deb/; the build itself is in a copy, from nothing.
DEB = $(BUILD)/deb
deb:
	@tests/need.sh build deb
	@rm -rf $(DEB) && mkdir -p $(DEB)/vipd-$(VERSION)
	@tar -c --exclude-vcs --exclude=./$(BUILD) --exclude=./build --exclude=__pycache__ . | tar -x -C $(DEB)/vipd-$(VERSION)
	@cd $(DEB)/vipd-$(VERSION) && DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS-nocheck parallel=2}" \
		dpkg-buildpackage -us -uc >../build.log 2>&1 || { tail -n 40 ../build.log; exit 1; }
	@rm -rf $(DEB)/vipd-$(VERSION)
	@cd $(DEB) && lintian --allow-root --fail-on error,warning *.changes
	@ls $(DEB)/*.deb

# Installs, upgrades, removes and purges it on a Debian of its own, under systemd, while pings run.
deb-test: deb
	@tests/need.sh check deb
	@$(SUDO) $(PYTHON) -m pytest -q -rs -p no:cacheprovider tests/deb

clean:
	rm -rf build

-include $(shell find $(BUILD) -path '$(BUILD)/deb*' -prune -o -type f -name '*.d' -print 2>/dev/null)

DUT = vipd

.PHONY: all libraries test-programs demo shop check asan sim defects faults conformance interop imports campaign browser-check soak pages page-defects fuzz fuzz-syntax bench lint install uninstall deb deb-test clean
.SECONDARY:
.DELETE_ON_ERROR:
