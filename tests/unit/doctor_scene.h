/* SPDX-License-Identifier: MIT */
/*
 * A healthy host as vipctl doctor sees it, for tests that make one thing wrong with it.
 */
#ifndef TEST_DOCTOR_SCENE_H
#define TEST_DOCTOR_SCENE_H

#include "test.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/vipctl/doctor_rows.h"
#include "agent/vipctl/doctor_running.h"
#include "agent/vipctl/firewall_read.h"

#define HOUR (3600 * SECOND)

static struct arena arena;
static struct doctor_view view;
static struct doctor_findings findings;
static struct doctor_interface interfaces[4];
static struct kern_address addresses[8];
static struct doctor_member members[4];
static struct firewall firewall;
static struct doctor_running running;
static struct doctor_router router;
static struct problems problems;

/* ---- a healthy host ---- */

#define CONF_FILES 4

static struct doctor_place conf_files[CONF_FILES];

/* What its files are like is up to the test. */
static inline void load(const char *text)
{
	char path[] = "/tmp/vipd-test-doctor-XXXXXX";
	int fd = mkstemp(path);
	int err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	conf_free(view.conf);
	view.conf = NULL;
	err = conf_load(path, &view.conf, &view.conf_errors);
	unlink(path);
	if (err)
		conf_errors_print(&view.conf_errors, stderr);
	assert_int_equal(err, 0);
	assert_true(view.conf->files_n <= CONF_FILES);
	memset(conf_files, 0, sizeof(conf_files));
	view.conf_files = conf_files;
}

static inline void add_address(const char *text, unsigned prefix_len, int ifindex)
{
	struct kern_address *address = &addresses[view.addresses_n++];

	*address = (struct kern_address){ .ifindex = ifindex,
					  .family = strchr(text, ':') ? 6 : 4,
					  .prefix_len = (uint8_t)prefix_len };
	set_address(address->bytes, text);
	view.addresses = addresses;
}

static inline void add_interface(int ifindex, const char *name)
{
	struct doctor_interface *interface = &interfaces[view.interfaces_n++];

	*interface = (struct doctor_interface){
		.link = { .ifindex = ifindex,
			  .up = true,
			  .carrier = true,
			  .ethernet = true,
			  .mtu = 1500 },
		.flags = IFF_UP | IFF_MULTICAST,
	};
	strcpy(interface->link.name, name);
	interface->settings[DOCTOR_FORWARDING4] = interface->settings[DOCTOR_FORWARDING6] = 1;
	view.interfaces = interfaces;
}

static inline void add_member(const char *interface, const char *group)
{
	struct doctor_member *member = &members[view.members_n++];

	strcpy(member->interface, interface);
	member->family = strchr(group, ':') ? 6 : 4;
	set_address(member->group, group);
	view.members = members;
}

static const char pair[] =
	"routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	"[ \"192.0.2.1/24\" ]; }, { name = \"six\"; interface = \"eth0\"; vrid = 52; addresses = "
	"[ \"fe80::7/64\" ]; } );";

static inline void begin_running(void)
{
	router = (struct doctor_router){ .name = "lan",
					 .interface = "eth0",
					 .family = 4,
					 .vrid = 51,
					 .active = true,
					 .received = 1,
					 .problems = &problems };
	running = (struct doctor_running){ .routers = &router, .now_ns = 100 * HOUR };
	problems = (struct problems){ 0 };
	view.running = &running;
	view.is_there = view.is_rt = view.is_locked = true;
}

static inline void begin(void)
{
	memset(&view, 0, sizeof(view));
	view = (struct doctor_view){ .arena = &arena,
				     .seen = ~0u,
				     .vipctl = "vipctl",
				     .conf_path = "/etc/vipd/vipd.conf",
				     .kernel = { 6, 1 },
				     .has_nftables = true,
				     .clock_is_set = true,
				     .rt_runtime_us = 950000,
				     .may_rt = true,
				     .may_lock = true,
				     .user = "vipd",
				     .firewall = &firewall };
	firewall = (struct firewall){ 0 };
	view.all[DOCTOR_FORWARDING4] = view.all[DOCTOR_FORWARDING6] = 1;
	begin_running();
	add_interface(1, "lo");
	add_interface(2, "eth0");
	add_interface(3, "eth1");
	add_address("192.0.2.2", 24, 2);
	add_address("fe80::2", 64, 2);
	add_member("eth0", "224.0.0.18");
	add_member("eth0", "ff02::12");
	load(pair);
}

static inline int finish(void **state)
{
	(void)state;
	conf_free(view.conf);
	view.conf = NULL;
	arena_free(&arena);
	return 0;
}

static inline unsigned run(void)
{
	unsigned skipped;

	doctor_findings_init(&findings, &arena);
	doctor_run(&view, &findings, &skipped);
	return skipped;
}

static inline void print_findings(void)
{
	for (const struct doctor_finding *it = findings.first; it; it = it->next)
		print_error("found: %s: %s: %s\n", doctor_severity_words[it->severity], it->code,
			    it->seen);
}

#endif
