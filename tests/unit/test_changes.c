/* SPDX-License-Identifier: MIT */
/*
 * What a reload changed, from two configurations to the lines of the log and their JSON; and that
 * it is bounded.
 */
#include "test_conf.h"

#include "agent/router/changes.h"

#define HOST         "node = \"gw1\"; "
#define ADDRESS(n)   "addresses = [ \"192.0.2." n "/24\" ]; "
#define ROUTERS(...) "routers = ( " __VA_ARGS__ " );"
#define ROUTER(n, more)                                                                            \
	"{ name = \"r" n "\"; interface = \"eth0\"; vrid = " n "; " ADDRESS(n) more " }"

static const struct clocks now = { 5 * SECOND, 1800000000 * SECOND };

/* The events of a reload from one configuration to the other. Return: for the caller to close. */
static struct events *reload(const char *old_text, const char *new_text)
{
	struct conf *conf = conf_of(new_text);
	struct changes *changes;
	struct events *events;
	char old_path[32];
	int old_fd = conf_file(old_text, old_path);

	changes = changes_find(old_path, conf);
	assert_non_null(changes);
	conf_free(conf); /* nothing in them is borrowed from it */
	assert_int_equal(events_create(NULL, 1, &events), 0);
	changes_put(changes, events, &now);
	changes_free(changes);
	close(old_fd);
	return events;
}

/* The lines of it, each with a line feed; a constant buffer. */
static const char *lines(const char *old_text, const char *new_text)
{
	static char text[80 * EVENT_LINE_SIZE];
	struct events *events = reload(old_text, new_text);
	struct events_cursor cursor = { 0 };
	struct event event;
	char line[EVENT_LINE_SIZE];
	uint64_t lost;
	size_t len = 0;

	text[0] = '\0';
	while (events_next(events, &cursor, &event, &lost))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
					event_line(&event, line));
	events_close(events);
	return text;
}

/* The JSON of the first event, from its kind on; a constant buffer. */
static const char *json(const char *old_text, const char *new_text)
{
	static char text[EVENT_JSON_SIZE];
	struct events *events = reload(old_text, new_text);
	struct events_cursor cursor = { 0 };
	struct event event;
	uint64_t lost;

	assert_true(events_next(events, &cursor, &event, &lost));
	events_close(events);
	return strstr(event_json(&event, text), "\"kind\"");
}

static void test_changes_of_keys_are_told_with_both_values(void **state)
{
	(void)state;
	assert_string_equal(lines(HOST ROUTERS(ROUTER("1", "")),
				  "node = \"gw2\"; control = \"/a b/\\\"c\\\"\"; " ROUTERS(ROUTER(
					  "1", "priority = \"owner\"; interval = \"200ms\"; "))),
			    "reload=changed node=gw1->gw2\n"
			    "reload=changed control=/run/vipd/control.sock->\"/a b/'c'\"\n"
			    "reload=changed router=r1 priority=100->owner\n"
			    "reload=changed router=r1 interval=1s->200ms\n");
}

static void test_changes_of_lists_are_told_by_element(void **state)
{
	static const char old[] = HOST ROUTERS(
		ROUTER("1", "extra_addresses = [ \"192.0.2.8/24\", \"192.0.2.9/24\" ];"));

	(void)state;
	assert_string_equal(
		lines(old, HOST ROUTERS(ROUTER("1", "extra_addresses = [ \"192.0.2.9/24\", "
						    "\"192.0.2.7/24\" ];"))),
		"reload=changed router=r1 extra_addresses=192.0.2.8/24->\n"
		"reload=changed router=r1 extra_addresses=->192.0.2.7/24\n");
	assert_string_equal(
		lines(old, HOST ROUTERS(ROUTER("1", "extra_addresses = [ \"192.0.2.9/24\", "
						    "\"192.0.2.8/24\" ];"))),
		"reload=changed router=r1 extra_addresses=reordered\n");
}

static void test_changes_of_routers_are_told(void **state)
{
	(void)state;
	assert_string_equal(
		lines(HOST ROUTERS(ROUTER("1", "") "," ROUTER("2", "")),
		      HOST ROUTERS("{ name = \"r1\"; interface = \"eth7\"; vrid = 1; " ADDRESS(
			      "1") "}," ROUTER("3", ""))),
		"reload=changed router=r1 interface=eth0->eth7 change=restarted\n"
		"reload=changed router=r2 change=removed\n"
		"reload=changed router=r3 change=added\n");
}

/* One that goes on under another name is neither gone nor new, and what else changes for it is told
 * of the new name. */
static void test_changes_of_a_name_are_told_as_that(void **state)
{
	static const char renamed[] =
		"{ name = \"inside\"; interface = \"eth0\"; vrid = 1; priority = 7; " ADDRESS(
			"1") "}";
	static const char swapped[] = "{ name = \"r2\"; interface = \"eth0\"; vrid = 1; " ADDRESS(
		"1") "},"
		     "{ name = \"r1\"; interface = \"eth0\"; vrid = 2; priority = 9; " ADDRESS(
			     "2") "}";
	static char text[2000];
	const char *two = HOST ROUTERS(ROUTER("1", "") "," ROUTER("2", ""));

	(void)state;
	sprintf(text, HOST "routers = ( %s," ROUTER("2", "") " );", renamed);
	assert_string_equal(lines(two, text),
			    "reload=changed router=inside name=r1->inside change=renamed\n"
			    "reload=changed router=inside priority=100->7\n");
	sprintf(text, HOST "routers = ( %s );", swapped);
	assert_string_equal(lines(two, text),
			    "reload=changed router=r2 name=r1->r2 change=renamed\n"
			    "reload=changed router=r1 name=r2->r1 change=renamed\n"
			    "reload=changed router=r1 priority=100->9\n");
	/* The name is somebody else's now. */
	sprintf(text,
		HOST "routers = ( %s, { name = \"r1\"; interface = \"eth0\"; vrid = 3; " ADDRESS(
			"3") "}," ROUTER("2", "") " );",
		renamed);
	assert_string_equal(lines(two, text),
			    "reload=changed router=inside name=r1->inside change=renamed\n"
			    "reload=changed router=inside priority=100->7\n"
			    "reload=changed router=r1 change=added\n");
}

/* Whatever it is called: a router of this name is not a key of the host. */
static void test_changes_of_a_router_called_zero_name_it(void **state)
{
	(void)state;
	assert_string_equal(lines("node = \"a\"; routers = ( { name = \"0\"; interface = \"eth0\"; "
				  "vrid = 1; " ADDRESS("1") "} );",
				  "node = \"a\"; routers = ( { name = \"0\"; interface = \"eth0\"; "
				  "vrid = 1; " ADDRESS("1") "priority = 7; } );"),
			    "reload=changed router=0 priority=100->7\n");
}

static void test_changes_as_json(void **state)
{
	static const char one[] = HOST ROUTERS(ROUTER("1", ""));

	(void)state;
	assert_string_equal(json(one, HOST ROUTERS(ROUTER("1", "priority = 7;"))),
			    "\"kind\": \"change\", \"router\": \"r1\", \"interface\": \"eth0\", "
			    "\"family\": 4, \"level\": \"info\", \"text\": \"reload=changed "
			    "router=r1 priority=100->7\", \"change\": \"value\", "
			    "\"key\": \"priority\", \"old\": \"100\", \"new\": \"7\" }");
	assert_string_equal(json(one, HOST "realtime = false; " ROUTERS(ROUTER("1", ""))),
			    "\"kind\": \"change\", \"level\": \"info\", \"text\": "
			    "\"reload=changed realtime=true->false\", \"change\": \"value\", "
			    "\"key\": \"realtime\", \"old\": \"true\", \"new\": \"false\" }");
	assert_string_equal(json(one, one),
			    "\"kind\": \"changes\", \"level\": \"info\", \"text\": "
			    "\"reload=unchanged note=\\\"the configuration says what it said "
			    "before\\\"\", \"reload\": \"unchanged\", \"more\": 0, \"note\": \"the "
			    "configuration says what it said before\" }");
}

/* Of another version, which has keys that this one has not. */
static void test_changes_of_what_cannot_be_read_are_unknown(void **state)
{
	static const char one[] = HOST ROUTERS(ROUTER("1", ""));
	const char *text = lines("colour = 7; " HOST ROUTERS(ROUTER("1", "priority = 7;")), one);

	(void)state;
	assert_non_null(strstr(text, "reload=uncompared error=\""));
	assert_non_null(strstr(text, "colour"));
	assert_null(strstr(text, "reload=changed"));
	assert_non_null(strstr(json("", one), "\"level\": \"warning\""));
}

/* What there is behind the last one that is told is a number. */
static void test_changes_are_bounded(void **state)
{
	static char old_text[40000], new_text[40000];
	const char *text;
	unsigned n = 0;

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		size_t a = (size_t)sprintf(old_text, HOST "routers = ( ");
		size_t b = (size_t)sprintf(new_text, HOST "routers = ( ");

		for (unsigned i = 1; i <= CHANGES_MAX + extra; i++) {
			static const char router[] =
				"%s{ name = \"r%u\"; interface = \"eth0\"; vrid = %u; addresses = "
				"[ \"192.0.2.%u/24\" ]; priority = %u; }";

			a += (size_t)sprintf(old_text + a, router, i > 1 ? "," : "", i, i, i, 7);
			b += (size_t)sprintf(new_text + b, router, i > 1 ? "," : "", i, i, i, 8);
		}
		strcpy(old_text + a, " );");
		strcpy(new_text + b, " );");
		text = lines(old_text, new_text);
		n = 0;
		for (const char *p = text; (p = strstr(p, "priority=7->8")); p++)
			n++;
		assert_int_equal(n, CHANGES_MAX);
		assert_int_equal(strstr(text, "reload=changed more=1 note=") != NULL, extra);
	}
}

/* A value that is longer than its place ends with dots, and is one line whatever is in it. */
static void test_changes_of_long_values_are_cut_off(void **state)
{
	struct event event = event_of(EVENT_CHANGE, "a-name-as-long-as-it-can-be-1234", "eth0", 4);
	char line[EVENT_LINE_SIZE], text[EVENT_JSON_SIZE];

	(void)state;
	event.change.what = EVENT_CHANGE_RESTARTED;
	memset(event.change.key, 'k', sizeof(event.change.key) - 1);
	memset(event.change.old, '"', sizeof(event.change.old) - 1);
	memset(event.change.new, '\\', sizeof(event.change.new) - 1);
	event_line(&event, line);
	assert_non_null(strstr(line, " change=restarted"));
	event_json(&event, text);
	assert_string_equal(text + strlen(text) - 2, " }");
	assert_non_null(strstr(text, "\"new\": \""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes_of_keys_are_told_with_both_values),
		cmocka_unit_test(test_changes_of_lists_are_told_by_element),
		cmocka_unit_test(test_changes_of_routers_are_told),
		cmocka_unit_test(test_changes_of_a_name_are_told_as_that),
		cmocka_unit_test(test_changes_of_a_router_called_zero_name_it),
		cmocka_unit_test(test_changes_as_json),
		cmocka_unit_test(test_changes_of_what_cannot_be_read_are_unknown),
		cmocka_unit_test(test_changes_are_bounded),
		cmocka_unit_test(test_changes_of_long_values_are_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
