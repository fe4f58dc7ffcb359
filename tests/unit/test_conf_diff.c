/* SPDX-License-Identifier: MIT */
#include "test_conf.h"

#include <time.h>

/* ---- differences as text ---- */

struct told {
	char text[4096];
	unsigned n;
};

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

/* "router lan: key priority 150 120;" */
static void note(const struct conf_difference *d, void *arg)
{
	static const char *const words[] = {
		[CONF_KEY] = "key",         [CONF_COMES] = "comes", [CONF_GOES] = "goes",
		[CONF_ORDER] = "order",     [CONF_NEW] = "new",     [CONF_GONE] = "gone",
		[CONF_RESTART] = "restart",
	};
	struct told *told = arg;
	size_t len = strlen(told->text);

	told->n++;
	snprintf(told->text + len, sizeof(told->text) - len, "%s %s: %s %s %s %s;",
		 or_none(d->noun), or_none(d->name), words[d->change], or_none(d->key),
		 or_none(d->old_text), or_none(d->new_text));
}

static const char *diff(const char *old_text, const char *new_text)
{
	static struct told told;
	struct conf *old = conf_of(old_text), *new = conf_of(new_text);

	told = (struct told){ 0 };
	assert_int_equal(conf_diff(old, new, note, &told), 0);
	conf_free(old);
	conf_free(new);
	return told.text;
}

#define HOST         "node = \"gw1\"; "
#define ROUTERS(...) HOST "routers = ( " __VA_ARGS__ " );"
#define ROUTER(name, vrid, more)                                                                   \
	"{ name = \"" name "\"; interface = \"eth0\"; vrid = " vrid "; " more " }"
#define A "addresses = [ \"192.0.2.1/24\", \"192.0.2.2/24\" ];"
#define B "addresses = [ \"192.0.2.3/24\" ];"
#define C "addresses = [ \"192.0.2.4/24\" ];"

static const char lan[] = ROUTERS(ROUTER("lan", "51", A));

static void test_diff_of_the_same_is_empty(void **state)
{
	(void)state;
	assert_string_equal(diff(lan, lan), "");
	/* However it is written. */
	assert_string_equal(diff(lan, ROUTERS(ROUTER("lan", "0x33",
						     A "interval = \"1000ms\"; "
						       "preempt = true;"))),
			    "");
}

static void test_diff_keys_of_the_host(void **state)
{
	(void)state;
	assert_string_equal(diff(lan, "node = \"gw2\"; control = \"/x\"; realtime = false; "
				      "routers = ( " ROUTER("lan", "51", A) " );"),
			    "- -: key node gw1 gw2;- -: key control /run/vipd/control.sock /x;"
			    "- -: key realtime true false;");
}

static void test_diff_keys_of_a_router(void **state)
{
	(void)state;
	assert_string_equal(
		diff(lan, ROUTERS(ROUTER("lan", "51",
					 A "priority = \"owner\"; interval = \"0.2s\";"
					   "preempt = false; preempt_delay = \"1m\";"
					   "start_delay = \"1500ms\";"
					   "checksum = \"rfc5798\"; lease = \"off\";"))),
		"router lan: key priority 100 owner;router lan: key interval 1s 200ms;"
		"router lan: key preempt true false;"
		"router lan: key preempt_delay 0s 1m;"
		"router lan: key start_delay 0s 1500ms;"
		"router lan: key checksum rfc9568 rfc5798;router lan: key lease available off;");
}

/* That there is another one is told, and not which. */
static void test_diff_passwords_are_secret(void **state)
{
	static const char none[] = ROUTERS(ROUTER("lan", "51", A "version = 2;"));
	static const char one[] = ROUTERS(ROUTER("lan", "51",
						 A "version = 2; auth = { type = "
						   "\"password\"; password = \"a\"; };"));
	static const char other[] = ROUTERS(ROUTER("lan", "51",
						   A "version = 2; auth = { type = "
						     "\"password\"; password = \"b\"; };"));

	(void)state;
	assert_string_equal(diff(one, one), "");
	assert_string_equal(diff(one, other), "router lan: key auth.password (secret) (secret);");
	assert_string_equal(diff(none, one), "router lan: key auth.type - password;"
					     "router lan: key auth.password  (secret);");
	assert_string_equal(diff(other, none), "router lan: key auth.type password -;"
					       "router lan: key auth.password (secret) ;");
}

#define CHECK(kind)                                                                                \
	ROUTERS(ROUTER("lan", "51", A "track = ( { check = \"db\"; } );"))                         \
	" checks = ( { name = \"db\"; " kind " } );"

/* As one of a list, and in a group that comes or goes as a whole. */
static void test_diff_settings_of_a_command_are_secret(void **state)
{
	static const char one[] = CHECK("command = { argv = [ \"/a\" ]; env = [ \"PW=one\" ]; };");
	static const char two[] = CHECK("command = { argv = [ \"/a\" ]; env = [ \"PW=two\" ]; };");
	static const char url[] = CHECK("http = \"http://a:b@192.0.2.1/\";");
	static const char other[] = CHECK("http = \"http://a:c@192.0.2.1/\";");
	static const char none[] = CHECK("tcp = \"192.0.2.1:80\";");

	(void)state;
	assert_string_equal(diff(one, one), "");
	assert_string_equal(diff(one, two), "check db: goes command.env PW=(secret) -;"
					    "check db: comes command.env - PW=(secret);");
	assert_non_null(strstr(diff(none, two), "\"PW\" /* not shown */"));
	assert_null(strstr(diff(none, two), "two"));
	assert_null(strstr(diff(one, none), "one"));
	assert_string_equal(diff(url, other), "check db: key http.url (secret) (secret);");
	assert_null(strstr(diff(none, url), "a:b"));
}

/* what follows from VRID and family is told as well. */
static void test_diff_virtual_mac(void **state)
{
	static const char virtual[] = ROUTERS(ROUTER("lan", "51", A "mac = \"virtual\";"));
	static const char named[] =
		ROUTERS(ROUTER("lan", "51",
			       A "mac = { type = \"virtual\"; name = \"vrrp.51\"; adverts = "
				 "\"interface\"; address = \"02:00:00:00:00:01\"; };"));

	(void)state;
	assert_string_equal(diff(virtual, virtual), "");
	assert_string_equal(
		diff(virtual, ROUTERS(ROUTER("lan", "51",
					     A "mac = { type = \"virtual\"; name = "
					       "\"vrrp.51.eth0\"; adverts = \"virtual\"; };"))),
		"");
	assert_string_equal(diff(lan, virtual), "router lan: key mac.type interface virtual;"
						"router lan: key mac.name - vrrp.51.eth0;"
						"router lan: key mac.adverts - virtual;"
						"router lan: key mac.address - 00:00:5e:00:01:33;");
	assert_string_equal(diff(virtual, named),
			    "router lan: key mac.name vrrp.51.eth0 vrrp.51;"
			    "router lan: key mac.adverts virtual interface;"
			    "router lan: key mac.address 00:00:5e:00:01:33 02:00:00:00:00:01;");
	/* Another interface is another virtual router, whatever else follows from that. */
	assert_string_equal(diff(virtual,
				 HOST "routers = ( { name = \"lan\"; interface = "
				      "\"eth1\"; vrid = 51; mac = \"virtual\"; " A " } );"),
			    "router lan: restart interface eth0 eth1;");
}

static void test_diff_addresses_that_come_and_go(void **state)
{
	(void)state;
	assert_string_equal(
		diff(lan, ROUTERS(ROUTER("lan", "51",
					 "addresses = [ \"192.0.2.9/24\", \"192.0.2.2/24\", "
					 "\"192.0.2.8/24\" ]; "
					 "extra_addresses = [ \"198.51.100.7/32\" ];"))),
		"router lan: goes addresses 192.0.2.1/24 -;"
		"router lan: comes addresses - 192.0.2.9/24;"
		"router lan: comes addresses - 192.0.2.8/24;"
		"router lan: comes extra_addresses - 198.51.100.7/32;");
	/* Another prefix length is another address. */
	assert_string_equal(diff(ROUTERS(ROUTER("lan", "51", B)),
				 ROUTERS(ROUTER("lan", "51", "addresses = [ \"192.0.2.3/32\" ];"))),
			    "router lan: goes addresses 192.0.2.3/24 -;"
			    "router lan: comes addresses - 192.0.2.3/32;");
}

static void test_diff_address_that_is_no_longer_advertised_goes_and_comes(void **state)
{
	(void)state;
	assert_string_equal(diff(lan, ROUTERS(ROUTER("lan", "51",
						     "addresses = [ \"192.0.2.1/24\" ]; "
						     "extra_addresses = [ \"192.0.2.2/24\" ];"))),
			    "router lan: goes addresses 192.0.2.2/24 -;"
			    "router lan: comes extra_addresses - 192.0.2.2/24;");
}

static void test_diff_an_option_of_an_address_and_none_that_is_as_by_default(void **state)
{
	(void)state;
	assert_string_equal(
		diff(ROUTERS(ROUTER("lan", "51", B)),
		     ROUTERS(ROUTER("lan", "51",
				    "addresses = ( { address = \"192.0.2.3/24\"; "
				    "label = \"eth0:vip\"; interface = \"eth0\"; } );"))),
		"router lan: goes addresses 192.0.2.3/24 -;"
		"router lan: comes addresses - { address = \"192.0.2.3/24\"; label = \"eth0:vip\"; "
		"};");
	assert_string_equal(
		diff(ROUTERS(ROUTER("lan", "51", B)),
		     ROUTERS(ROUTER(
			     "lan", "51",
			     "addresses = ( { address = \"192.0.2.3/24\"; scope = \"global\"; "
			     "required = true; preferred = true; interface = \"eth0\"; } );"))),
		"");
}

static void test_diff_group_that_is_not_said_is_the_usual_one(void **state)
{
	(void)state;
	assert_string_equal(diff(ROUTERS(ROUTER("lan", "51", B)),
				 ROUTERS(ROUTER("lan", "51", B "group_address = \"239.1.2.3\";"))),
			    "router lan: key group_address 224.0.0.18 239.1.2.3;");
	assert_string_equal(diff(ROUTERS(ROUTER("lan", "51", B)),
				 ROUTERS(ROUTER("lan", "51", B "group_address = \"224.0.0.18\";"))),
			    "");
}

static void test_diff_addresses_in_another_order(void **state)
{
	(void)state;
	assert_string_equal(
		diff(lan, ROUTERS(ROUTER("lan", "51",
					 "addresses = [ \"192.0.2.2/24\", \"192.0.2.1/24\" ];"))),
		"router lan: order addresses - -;");
}

static void test_diff_routers_are_told_apart_by_name(void **state)
{
	static const char other_order[] =
		ROUTERS(ROUTER("wan", "52", B "priority = 7;") "," ROUTER("lan", "51", A));

	(void)state;
	assert_string_equal(
		diff(ROUTERS(ROUTER("lan", "51", A) "," ROUTER("wan", "52", B)), other_order),
		"router wan: key priority 100 7;");
	assert_string_equal(diff(ROUTERS(ROUTER("a", "1", A) "," ROUTER("b", "2", B)),
				 ROUTERS(ROUTER("c", "3", C) "," ROUTER("b", "2", B))),
			    "router a: gone - - -;router c: new - - -;");
	/* The same in all but its name. */
	assert_string_equal(diff(lan, ROUTERS(ROUTER("LAN", "51", A))),
			    "router lan: gone - - -;router LAN: new - - -;");
}

static void test_diff_another_vrid_interface_or_family_is_a_restart_and_nothing_else(void **state)
{
	(void)state;
	assert_string_equal(diff(lan, ROUTERS(ROUTER("lan", "52", B "priority = 7;"))),
			    "router lan: restart vrid 51 52;");
	assert_string_equal(diff(lan, ROUTERS("{ name = \"lan\"; interface = \"eth1\"; vrid = 52; "
					      "" A " }")),
			    "router lan: restart interface eth0 eth1;");
	assert_string_equal(
		diff(lan, ROUTERS(ROUTER("lan", "51", "addresses = [ \"2001:db8::1/64\" ];"))),
		"router lan: restart family 4 6;");
}

static void note_members(const struct conf_difference *d, void *arg)
{
	const struct conf_router *old = d->old, *new = d->new;
	struct told *told = arg;

	snprintf(told->text, sizeof(told->text), "%s %u %u %s", d->name, old->vrrp.priority,
		 new->vrrp.priority, or_none(d->element));
}

static void test_diff_hands_out_both_routers_and_what_a_list_is_of(void **state)
{
	struct conf *old = conf_of(lan),
		    *new = conf_of(ROUTERS(ROUTER("lan", "51", A "priority = 7;")));
	struct told told = { 0 };

	(void)state;
	assert_int_equal(conf_diff(old, new, note_members, &told), 0);
	assert_string_equal(told.text, "lan 100 7 -");
	conf_free(new);
	new = conf_of(ROUTERS(ROUTER("lan", "51", "addresses = [ \"192.0.2.1/24\" ];")));
	assert_int_equal(conf_diff(old, new, note_members, &told), 0);
	assert_string_equal(told.text, "lan 100 100 address");
	conf_free(new);
	conf_free(old);
}

/* ---- forms that no key of today has ---- */

struct track {
	char interface[16];
	int16_t weight;
};

struct sample {
	struct track link;
	struct track *tracks;
	unsigned tracks_n;
};

static const struct conf_key track_keys[] = {
	{ .field = FIELD(struct track, interface, "interface", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = 15,
	  .preset = "\"none\"" },
	{ .field = FIELD(struct track, weight, "weight", FIELD_INT),
	  .kind = &conf_number,
	  .min = -254,
	  .max = 254 },
	CONF_KEYS_END,
};

static const struct conf_schema track_schema = {
	.noun = "track",
	.nouns = "tracks",
	.size = sizeof(struct track),
	.keys = track_keys,
	.brief = "interface",
};

static const struct conf_key sample_keys[] = {
	{ .field = FIELD(struct sample, link, "link", 0),
	  .element = &track_schema,
	  .preset = "{ }" },
	{ .field = FIELD(struct sample, tracks, "tracks", 0),
	  .element = &track_schema,
	  .count = offsetof(struct sample, tracks_n),
	  .max = 9 },
	CONF_KEYS_END,
};

static const struct conf_schema sample_schema = {
	.noun = "sample",
	.nouns = "samples",
	.size = sizeof(struct sample),
	.keys = sample_keys,
};

static void read_sample(const char *text, struct sample *ret_sample, struct conf_block **blocks)
{
	struct conf_errors errors;
	char path[32];
	int fd = conf_file(text, path);

	memset(ret_sample, 0, sizeof(*ret_sample));
	assert_int_equal(conf_read(path, &sample_schema, ret_sample, blocks, &errors), 0);
	close(fd);
}

static const char *compare(const char *old_text, const char *new_text)
{
	static struct told told;
	struct conf_block *blocks = NULL;
	struct sample old, new;

	told = (struct told){ 0 };
	read_sample(old_text, &old, &blocks);
	read_sample(new_text, &new, &blocks);
	assert_int_equal(conf_compare(&sample_schema, &old, &new, note, &told), 0);
	conf_blocks_free(blocks);
	return told.text;
}

static void test_compare_keys_of_a_group_have_a_dot(void **state)
{
	(void)state;
	assert_string_equal(compare("link = \"eth1\";", "link = { weight = -3; };"),
			    "- -: key link.interface eth1 none;- -: key link.weight 0 -3;");
}

static void test_compare_groups_without_a_name_come_and_go_whole(void **state)
{
	(void)state;
	assert_string_equal(compare("tracks = ( \"a\", { interface = \"b\"; weight = 1; } );",
				    "tracks = ( { interface = \"b\"; weight = 2; }, \"a\" );"),
			    "- -: goes tracks { interface = \"b\"; weight = 1; } -;"
			    "- -: comes tracks - { interface = \"b\"; weight = 2; };");
	assert_string_equal(compare("tracks = [ \"a\", \"b\" ];", "tracks = [ \"b\", \"a\" ];"),
			    "- -: order tracks - -;");
}

static void test_compare_counts_elements_that_are_there_twice(void **state)
{
	static const char a[] = "{ interface = \"a\"; weight = 0; }";
	char expected[128];

	(void)state;
	snprintf(expected, sizeof(expected), "- -: goes tracks %s -;", a);
	assert_string_equal(
		compare("tracks = [ \"a\", \"b\", \"a\" ];", "tracks = [ \"a\", \"b\" ];"),
		expected);
	assert_string_equal(compare("tracks = [ \"a\", \"a\" ];", "tracks = [ \"a\", \"a\" ];"),
			    "");
	assert_string_equal(compare("", ""), "");
}

/* ---- many ---- */

static struct conf_router *many_routers(unsigned n, bool backwards)
{
	struct conf_router *routers = calloc(n, sizeof(*routers));

	assert_non_null(routers);
	for (unsigned i = 0; i < n; i++)
		sprintf(routers[backwards ? n - 1 - i : i].name, "r%u", i);
	return routers;
}

/* What it takes to find each router by looking at all names, as a measure of this host. */
static clock_t quadratic_time(const struct conf *old, const struct conf *new)
{
	clock_t began = clock();
	unsigned found_n = 0;

	for (unsigned i = 0; i < old->written_n; i++)
		for (unsigned k = 0; k < new->written_n; k++)
			found_n += strcmp(old->written[i].name, new->written[k].name) == 0;
	assert_int_equal(found_n, old->written_n);
	return clock() - began;
}

static void test_diff_of_the_most_routers_in_another_order_is_quick(void **state)
{
	const unsigned n = CONF_ROUTERS_MAX;
	struct conf old = { .written_n = n, .written = many_routers(n, false) };
	struct conf new = { .written_n = n, .written = many_routers(n, true) };
	struct told told = { 0 };
	clock_t began, took;

	(void)state;
	new.written[0].vrrp.priority = 7;
	began = clock();
	assert_int_equal(conf_diff(&old, &new, note, &told), 0);
	took = clock() - began;
	assert_string_equal(told.text, "router r8159: key priority 0 7;");
	assert_true(took < quadratic_time(&old, &new) / 4); /* a fortieth, really */
	free(old.written);
	free(new.written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_of_the_same_is_empty),
		cmocka_unit_test(test_diff_keys_of_the_host),
		cmocka_unit_test(test_diff_keys_of_a_router),
		cmocka_unit_test(test_diff_passwords_are_secret),
		cmocka_unit_test(test_diff_settings_of_a_command_are_secret),
		cmocka_unit_test(test_diff_virtual_mac),
		cmocka_unit_test(test_diff_addresses_that_come_and_go),
		cmocka_unit_test(test_diff_address_that_is_no_longer_advertised_goes_and_comes),
		cmocka_unit_test(test_diff_an_option_of_an_address_and_none_that_is_as_by_default),
		cmocka_unit_test(test_diff_group_that_is_not_said_is_the_usual_one),
		cmocka_unit_test(test_diff_addresses_in_another_order),
		cmocka_unit_test(test_diff_routers_are_told_apart_by_name),
		cmocka_unit_test(
			test_diff_another_vrid_interface_or_family_is_a_restart_and_nothing_else),
		cmocka_unit_test(test_diff_hands_out_both_routers_and_what_a_list_is_of),
		cmocka_unit_test(test_compare_keys_of_a_group_have_a_dot),
		cmocka_unit_test(test_compare_groups_without_a_name_come_and_go_whole),
		cmocka_unit_test(test_compare_counts_elements_that_are_there_twice),
		cmocka_unit_test(test_diff_of_the_most_routers_in_another_order_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
