/* SPDX-License-Identifier: MIT */
/* vipctl doctor and interfaces that a configuration names where no router lives: each use of one.
 */
#include "doctor_scene.h"

#define LAN_WITH(keys)                                                                             \
	"routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "              \
	"[ \"192.0.2.1/24\" ]; " keys " } );"

static void make_tracked_missing(void)
{
	load(LAN_WITH("track = ( { interface = \"eth7\"; } );"));
}

static void make_tracked_missing_with_weight(void)
{
	load(LAN_WITH("track = ( { interface = \"eth7\"; weight = -10; } );"));
}

static void make_tracked_down(void)
{
	load(LAN_WITH("track = ( { interface = \"eth1\"; } );"));
	interfaces[2].link.up = false;
}

static void make_tracked_down_with_weight(void)
{
	load(LAN_WITH("track = ( { interface = \"eth1\"; weight = 10; } );"));
	interfaces[2].link.up = false;
}

static void make_tracked_without_carrier(void)
{
	load(LAN_WITH("track = ( { interface = \"eth1\"; } );"));
	interfaces[2].link.carrier = false;
}

/* Told once, although both routers and their group are concerned. */
static void make_tracked_missing_in_a_group(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"192.0.2.1/24\" ]; track = ( { interface = \"eth7\"; weight = 5; } ); }, "
	     "{ name = \"two\"; interface = \"eth0\"; vrid = 52; addresses = [ "
	     "\"192.0.2.8/24\" ]; } ); groups = ( { name = \"g\"; routers = [ \"lan\", \"two\" "
	     "]; track = ( { interface = \"eth7\"; weight = 5; } ); } );");
}

static void make_address_elsewhere_missing(void)
{
	load(LAN_WITH("extra_addresses = ( { address = \"203.0.113.9/28\"; interface = \"eth7\"; "
		      "} );"));
}

static void make_address_elsewhere_optional(void)
{
	load(LAN_WITH("extra_addresses = ( { address = \"203.0.113.9/28\"; interface = \"eth7\"; "
		      "required = false; } );"));
}

static void make_route_missing(void)
{
	load(LAN_WITH("routes = ( { to = \"198.51.100.0/24\"; interface = \"eth7\"; } );"));
}

static void make_way_missing(void)
{
	load(LAN_WITH("routes = ( { to = \"198.51.100.0/24\"; nexthops = ( { interface = "
		      "\"eth7\"; }, { interface = \"eth1\"; } ); } );"));
}

static void make_ways_missing(void)
{
	load(LAN_WITH("routes = ( { to = \"198.51.100.0/24\"; nexthops = ( { interface = "
		      "\"eth7\"; }, { interface = \"eth7\"; via = \"192.0.2.77\"; } ); } );"));
}

static void make_rule_missing(void)
{
	load(LAN_WITH("rules = ( { iif = \"eth7\"; table = 100; priority = 100; } );"));
}

static void make_check_missing(void)
{
	load("checks = ( { name = \"gw\"; ping = { addresses = [ \"192.0.2.9\" ]; interface = "
	     "\"eth7\"; }; } ); " LAN_WITH("track = ( { check = \"gw\"; } );"));
}

/* vipd makes it. */
static void make_tracked_macvlan(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; mac = { type = "
	     "\"virtual\"; name = \"mac51\"; }; addresses = [ \"192.0.2.1/24\" ]; routes = ( { "
	     "to = \"198.51.100.0/24\"; interface = \"mac51\"; } ); } );");
}

static const struct row {
	const char *what;
	void (*make)(void);
	enum doctor_severity severity; /* DOCTOR_SEVERITIES: nothing is found */
	const char *mend;              /* NULL: no command */
} rows[] = {
	{ "tracked, missing", make_tracked_missing, DOCTOR_ERROR, NULL },
	{ "tracked with a weight, missing", make_tracked_missing_with_weight, DOCTOR_WARNING,
	  NULL },
	{ "tracked, down", make_tracked_down, DOCTOR_ERROR, "ip link set dev eth1 up" },
	{ "tracked with a weight, down", make_tracked_down_with_weight, DOCTOR_SEVERITIES, NULL },
	{ "tracked, no carrier", make_tracked_without_carrier, DOCTOR_WARNING, NULL },
	{ "tracked by all of a group", make_tracked_missing_in_a_group, DOCTOR_WARNING, NULL },
	{ "an address elsewhere", make_address_elsewhere_missing, DOCTOR_ERROR, NULL },
	{ "an address elsewhere, optional", make_address_elsewhere_optional, DOCTOR_WARNING, NULL },
	{ "a route", make_route_missing, DOCTOR_ERROR, NULL },
	{ "a way of two", make_way_missing, DOCTOR_WARNING, NULL },
	{ "both ways", make_ways_missing, DOCTOR_ERROR, NULL },
	{ "a rule", make_rule_missing, DOCTOR_WARNING, NULL },
	{ "a check", make_check_missing, DOCTOR_WARNING, NULL },
	{ "a macvlan of vipd's", make_tracked_macvlan, DOCTOR_SEVERITIES, NULL },
};

static void test_doctor_finds_each_use_of_an_interface(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct doctor_finding *found;

		begin();
		rows[i].make();
		(void)run();
		found = findings.first;
		if (!found != (rows[i].severity == DOCTOR_SEVERITIES) || (found && found->next)) {
			print_findings();
			fail_msg("%s: not one finding, or none", rows[i].what);
		}
		if (found) {
			assert_string_equal(found->code, "interface");
			assert_int_equal(found->severity, rows[i].severity);
			assert_string_equal(found->mend ?: "", rows[i].mend ?: "");
			assert_true(found->mend || found->advice);
		}
		(void)finish(state);
	}
}

static void test_doctor_tells_of_an_interface_elsewhere_once(void **state)
{
	(void)state;
	begin();
	make_tracked_missing_in_a_group();
	(void)run();
	assert_int_equal(findings.n[DOCTOR_WARNING], 1);
	assert_string_equal(findings.first->subject, "router lan, tracked interface eth7");
	assert_string_equal(findings.first->seen, "there is no interface of that name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doctor_finds_each_use_of_an_interface),
		cmocka_unit_test_teardown(test_doctor_tells_of_an_interface_elsewhere_once, finish),
	};

	return cmocka_run_group_tests_name("doctor_places", tests, NULL, NULL);
}
