/* SPDX-License-Identifier: MIT */
/*
 * What an event is to those who are told: which word, about whom, for whose list, and what is so by
 * now.
 */
#include "test_conf.h"

#include "agent/notify/book.h"

#define NOON (1800014400 * SECOND) /* 2027-01-15T12:00:00Z */

static const char configuration[] =
	"node = \"gw1\"; checks = ( { name = \"web\"; tcp = \"127.0.0.1:80\"; }, "
	"{ name = \"db\"; tcp = \"127.0.0.1:81\"; } ); routers = ( "
	"{ name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = ( \"192.0.2.1/24\" ); "
	"track = ( { check = \"web\"; weight = -10; } ); }, "
	"{ name = \"both\"; interface = \"eth0\"; vrid = 52; "
	"addresses = ( \"192.0.2.2/24\", \"2001:db8::2/64\" ); }, "
	"{ name = \"apart\"; interface = \"eth0\"; vrid = 53; families = \"apart\"; "
	"addresses = ( \"192.0.2.3/24\", \"2001:db8::3/64\" ); }, "
	"{ name = \"wan\"; interface = \"eth1\"; vrid = 54; addresses = ( \"198.51.100.1/24\" ); } "
	"); "
	"groups = ( { name = \"gate\"; routers = [ \"wan\", \"lan\" ]; "
	"track = ( { check = \"db\"; weight = -10; } ); } );";

static struct conf *conf;
static struct book *book;
static struct book_news news[BOOK_NEWS_MAX];

static int setup(void **unused)
{
	(void)unused;
	conf = conf_of(configuration);
	book = book_new(conf);
	return book ? 0 : -1;
}

static int teardown(void **unused)
{
	(void)unused;
	book_free(book);
	conf_free(conf);
	return 0;
}

/* "start/lan active/lan again": what is told. */
static const char *read_event(const struct event *event)
{
	static char text[200];
	unsigned n = book_read(book, event, news);

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		sprintf(text + strlen(text), "%s%s%s%s%s", i ? " " : "",
			conf_notify_words[news[i].word], news[i].router ? "/" : "",
			news[i].router ? news[i].router->conf->name : "",
			news[i].is_again ? " again" : "");
	return text;
}

static const char *read_state(const char *router, unsigned family, uint8_t from, uint8_t to)
{
	struct event event = event_of(EVENT_STATE, router, "eth0", family);

	event.state = (struct event_state){ .from = from, .to = to, .priority = 150 };
	return read_event(&event);
}

static const char *read_kind(enum event_kind kind, const char *router, unsigned word)
{
	struct event event = event_of(kind, router, "eth0", router[0] ? 4 : 0);

	event.fact.word = (uint8_t)word;
	return read_event(&event);
}

static void test_states_are_told_once_and_starts_before_them(void **unused)
{
	(void)unused;
	assert_string_equal(read_state("lan", 4, VRRP_STATE_INITIALIZE, VRRP_STATE_BACKUP),
			    "start/lan backup/lan");
	assert_string_equal(read_state("lan", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE),
			    "active/lan");
	assert_string_equal(read_state("lan", 4, VRRP_STATE_ACTIVE, VRRP_STATE_FAULT), "fault/lan");
	/* For another reason. */
	assert_string_equal(read_state("lan", 4, VRRP_STATE_FAULT, VRRP_STATE_FAULT), "");
	assert_string_equal(read_state("lan", 4, VRRP_STATE_FAULT, VRRP_STATE_INITIALIZE),
			    "stop/lan");
	assert_string_equal(read_state("nobody", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE), "");
}

static void test_two_families_with_one_fate_are_told_once(void **unused)
{
	(void)unused;
	assert_string_equal(read_state("both", 6, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE), "");
	assert_string_equal(read_state("both", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE),
			    "active/both");
	assert_string_equal(read_state("apart", 6, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE),
			    "active/apart");
	assert_int_equal(news[0].router->conf->vrrp.family, 6);
	assert_string_equal(read_state("apart", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE),
			    "active/apart");
}

static const char *hear(uint8_t which, unsigned family, int64_t at_ns)
{
	struct event event = event_of(EVENT_NOTICE, family == 4 ? "lan" : "both", "eth0", family);

	event.packet.which = which;
	event.mono_ns = at_ns;
	return read_event(&event);
}

/* Its adverts come for as long as somebody else is Active, too. */
static void test_contest_is_told_once_and_its_winner_is_active_again_each_time(void **unused)
{
	const uint8_t other = VRRP_NOTICE_OTHER_ACTIVE;

	(void)unused;
	assert_string_equal(hear(other, 4, 0), "lower_advert/lan"); /* nothing is known of it */
	(void)read_state("lan", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	for (int64_t at = 1; at < 90; at++)
		assert_string_equal(hear(other, 4, at * SECOND), "active/lan again");
	assert_string_equal(hear(VRRP_NOTICE_NOT_HEARD, 4, 90 * SECOND),
			    "lower_advert/lan active/lan again");
	assert_string_equal(hear(other, 4, 149 * SECOND), "lower_advert/lan active/lan again");
	(void)read_state("lan", 4, VRRP_STATE_ACTIVE, VRRP_STATE_BACKUP);
	assert_string_equal(hear(other, 4, 150 * SECOND), "");
	/* One of two families hears it, which does not tell the states of its router. */
	(void)read_state("both", 6, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	assert_string_equal(hear(other, 6, 0), "lower_advert/both active/both again");
}

static void test_contest_that_was_told_before_is_told_no_more(void **unused)
{
	struct event event = event_of(EVENT_CONFLICT, "lan", "eth0", 4);

	(void)unused;
	event.mono_ns = SECOND;
	book_recall(book, &event);
	event.mono_ns += 59 * SECOND;
	assert_string_equal(read_event(&event), "");
	event.packet.vrid = 7; /* another one */
	assert_string_equal(read_event(&event), "conflict/lan");
}

/* Equal priorities are a conflict of two that are Active, and of others a configuration. */
static void test_equal_priority_of_a_backup_is_no_conflict(void **unused)
{
	const uint8_t equal = VRRP_NOTICE_EQUAL_PRIORITY;

	(void)unused;
	(void)read_state("lan", 4, VRRP_STATE_INITIALIZE, VRRP_STATE_BACKUP);
	assert_string_equal(hear(equal, 4, SECOND), "");
	(void)read_state("lan", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	assert_string_equal(hear(equal, 4, 2 * SECOND), "conflict/lan");
	assert_string_equal(hear(equal, 4, 3 * SECOND), "");
}

static void test_other_events_have_their_words(void **unused)
{
	struct event address = event_of(EVENT_ADDRESS, "lan", "eth0", 4);

	(void)unused;
	assert_string_equal(read_kind(EVENT_WITHDRAWN, "lan", 0), "deleted/lan");
	assert_string_equal(read_kind(EVENT_DRAIN, "lan", EVENT_DRAIN_BEGINS), "drain/lan");
	assert_string_equal(read_kind(EVENT_LAST_WILL, "", 0), "last_will");
	assert_string_equal(read_kind(EVENT_RELOAD, "", EVENT_RELOAD_STARTED), "");
	assert_string_equal(read_kind(EVENT_JOURNAL_LOST, "", 0), "lost");
	assert_string_equal(read_kind(EVENT_STARTED, "", 0), "");
	assert_string_equal(read_kind((enum event_kind)60000, "", 0), ""); /* of a later version */
	address.address.news = EVENT_ADDRESS_FOREIGN;
	assert_string_equal(read_event(&address), "conflict/lan");
	address.address.news = EVENT_ADDRESS_RESTORED;
	assert_string_equal(read_event(&address), "");
}

static const struct conf_router *router_of(const char *name)
{
	return book_find(book, name, 4)->conf;
}

static void test_lists_are_told_what_is_theirs(void **unused)
{
	const struct conf_group *gate = &conf->groups[0];
	struct event check = event_of(EVENT_CHECK, "", "", 0);

	(void)unused;
	(void)read_state("lan", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	assert_true(book_is_for(news, NULL, NULL));
	assert_true(book_is_for(news, router_of("lan"), NULL));
	assert_false(book_is_for(news, router_of("wan"), NULL));
	assert_false(book_is_for(news, NULL, gate)); /* its first one tells its states */
	(void)read_state("wan", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	assert_true(book_is_for(news, NULL, gate));
	(void)read_kind(EVENT_DRAIN, "lan", EVENT_DRAIN_BEGINS);
	assert_true(book_is_for(news, NULL, gate));
	strcpy(check.check.name, "web");
	assert_string_equal(read_event(&check), "check");
	assert_true(book_is_for(news, router_of("lan"), NULL));
	assert_false(book_is_for(news, router_of("both"), NULL));
	assert_false(book_is_for(news, NULL, gate));
	strcpy(check.check.name, "db");
	(void)read_event(&check);
	assert_true(book_is_for(news, NULL, gate));
}

static void test_book_knows_what_is_true(void **unused)
{
	const struct conf_group *gate = &conf->groups[0];

	(void)unused;
	/* Nothing is known. */
	assert_true(book_is_true(book, NULL, "lan", 0, CONF_NOTIFY_ACTIVE));
	(void)read_state("lan", 4, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	assert_true(book_is_true(book, NULL, "lan", 0, CONF_NOTIFY_ACTIVE));
	assert_false(book_is_true(book, NULL, "lan", 0, CONF_NOTIFY_BACKUP));
	(void)read_state("both", 4, VRRP_STATE_BACKUP, VRRP_STATE_FAULT);
	(void)read_state("both", 6, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	assert_true(book_is_true(book, NULL, "both", 0, CONF_NOTIFY_FAULT));
	assert_false(book_is_true(book, NULL, "both", 0, CONF_NOTIFY_ACTIVE));
	(void)read_state("apart", 6, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	(void)read_state("apart", 4, VRRP_STATE_ACTIVE, VRRP_STATE_BACKUP);
	assert_true(book_is_true(book, NULL, "apart", 6, CONF_NOTIFY_ACTIVE));
	assert_true(book_is_true(book, NULL, "apart", 4, CONF_NOTIFY_BACKUP));
	(void)read_state("wan", 4, VRRP_STATE_BACKUP, VRRP_STATE_FAULT);
	assert_true(book_is_true(book, gate, "gate", 0, CONF_NOTIFY_FAULT));
	assert_false(book_is_true(book, gate, "gate", 0, CONF_NOTIFY_ACTIVE));
	(void)read_kind(EVENT_WITHDRAWN, "lan", 0);
	assert_true(book_is_true(book, NULL, "lan", 0, CONF_NOTIFY_DELETED));
	assert_false(book_is_true(book, NULL, "lan", 0, CONF_NOTIFY_ACTIVE));
	(void)read_state("lan", 4, VRRP_STATE_INITIALIZE, VRRP_STATE_BACKUP);
	assert_false(book_is_true(book, NULL, "lan", 0, CONF_NOTIFY_DELETED));
	/* It is configured no more. */
	assert_true(book_is_true(book, NULL, "gone", 0, CONF_NOTIFY_STOP));
	assert_false(book_is_true(book, NULL, "gone", 0, CONF_NOTIFY_ACTIVE));
}

static void test_drain_is_of_all_with_one_fate(void **unused)
{
	struct event event = event_of(EVENT_DRAIN, "lan", "eth0", 4);

	(void)unused;
	event.fact.word = EVENT_DRAIN_BEGINS;
	event.real_ns = NOON;
	event.fact.number[0] = 60;
	assert_true(book_read_drain(book, &event));
	assert_false(book_read_drain(book, &event));
	assert_true(book_find(book, "lan", 4)->drained_ns == NOON + 60 * SECOND);
	assert_true(book_find(book, "wan", 4)->drained_ns == NOON + 60 * SECOND);
	assert_int_equal(book_find(book, "both", 4)->drained_ns, 0);
	event.kind = EVENT_WITHDRAWN;
	assert_true(book_read_drain(book, &event));
	assert_int_equal(book_find(book, "lan", 4)->drained_ns, 0);
	/* What is left of them is drained as before. */
	assert_true(book_find(book, "wan", 4)->drained_ns == NOON + 60 * SECOND);
	event = event_of(EVENT_DRAINED, "wan", "eth1", 4);
	event.fact.word = EVENT_DRAIN_OVER;
	assert_true(book_read_drain(book, &event));
	assert_int_equal(book_find(book, "wan", 4)->drained_ns, 0);
}

static const char *incident_of(const char *router, const struct event *event)
{
	static char buf[BOOK_INCIDENT_SIZE];
	struct book_news of = { .router = router[0] ? book_find(book, router, 4) : NULL };

	return book_incident(book, &of, "gw1", event, buf);
}

static const char *incident(const char *router, int64_t real_ns)
{
	const struct event event = { .kind = EVENT_STATE, .real_ns = real_ns };

	return incident_of(router, &event);
}

static void track(const char *router, const char *check, int weight, enum event_tracked is)
{
	struct event event = event_of(EVENT_TRACK, router, "eth0", 4);
	const struct book_router *of = book_find(book, router, 4);

	event.track.weight = (int16_t)weight;
	event.track.down = (uint8_t)is;
	event.track.to = of->priority;
	strcpy(event.track.check, check);
	(void)book_read(book, &event, news);
}

static void test_priority_is_known_by_its_parts(void **unused)
{
	const struct book_part *parts[BOOK_PARTS_MAX];
	struct book_router *lan = book_find(book, "lan", 4);

	(void)unused;
	assert_int_equal(lan->conf->vrrp.priority, 100);
	lan->priority = 100;
	assert_int_equal(book_parts(lan, parts), 0);
	lan->priority = 90;
	assert_int_equal(book_parts(lan, parts), -1); /* nobody has told why */
	track("lan", "web", -10, EVENT_TRACK_DOWN);
	assert_int_equal(book_parts(lan, parts), 1);
	assert_string_equal(parts[0]->name, "web");
	assert_int_equal(parts[0]->adds, -10);
	lan->priority = 110;
	track("lan", "web", -10, EVENT_TRACK_UP);
	track("lan", "more", 10, EVENT_TRACK_UP);
	assert_int_equal(book_parts(lan, parts), 1);
	assert_string_equal(parts[0]->name, "more");
	/* What a member of its unit tracks counts for it, too. */
	lan->priority = 90;
	track("lan", "more", 10, EVENT_TRACK_DOWN);
	track("wan", "db", -10, EVENT_TRACK_DOWN);
	assert_int_equal(book_parts(lan, parts), 1);
	assert_string_equal(parts[0]->name, "db");
	for (unsigned i = 0; i <= BOOK_PARTS_MAX; i++) {
		char name[8];

		snprintf(name, sizeof(name), "c%u", i);
		track("lan", name, -1, EVENT_TRACK_DOWN);
	}
	assert_int_equal(book_parts(lan, parts), -1);
	book_begin_life(book);
	lan->priority = 100;
	assert_int_equal(book_parts(lan, parts), 0);
}

static void test_burst_of_events_is_one_incident(void **unused)
{
	(void)unused;
	assert_string_equal(incident("both", NOON), "52/4/192.0.2.2@2027-01-15T12:00Z");
	assert_string_equal(incident("both", NOON + BOOK_QUIET_NS),
			    "52/4/192.0.2.2@2027-01-15T12:00Z");
	assert_string_equal(incident("both", NOON + 2 * BOOK_QUIET_NS),
			    "52/4/192.0.2.2@2027-01-15T12:00Z");
	assert_string_equal(incident("wan", NOON + 2 * BOOK_QUIET_NS),
			    "54/4/198.51.100.1@2027-01-15T12:02Z");
	assert_string_equal(incident("both", NOON + 3 * BOOK_QUIET_NS + 1),
			    "52/4/192.0.2.2@2027-01-15T12:03Z");
	assert_string_equal(incident("", NOON), "host/gw1@2027-01-15T12:00Z");
}

static void test_those_with_one_fate_have_one_incident(void **unused)
{
	(void)unused;
	assert_string_equal(incident("lan", NOON), "54/4/198.51.100.1@2027-01-15T12:00Z");
	assert_string_equal(incident("wan", NOON + BOOK_QUIET_NS),
			    "54/4/198.51.100.1@2027-01-15T12:00Z");
}

/* Its cable was cut at 11:59:59, which it knows; who takes over at 12:00:02 knows it, too. */
static void test_takeover_began_with_the_silence_before_it(void **unused)
{
	struct event event = { .kind = EVENT_STATE,
			       .real_ns = NOON + 2 * SECOND,
			       .state = { .reason = VRRP_REASON_SILENCE,
					  .reason_ns = 3 * SECOND } };

	(void)unused;
	assert_string_equal(incident_of("both", &event), "52/4/192.0.2.2@2027-01-15T11:59Z");
	event.real_ns += 30 * SECOND; /* within the burst */
	assert_string_equal(incident_of("both", &event), "52/4/192.0.2.2@2027-01-15T11:59Z");
	event.real_ns += 120 * SECOND;
	event.state.reason_ns = 300 * SECOND; /* it was in fault meanwhile */
	assert_string_equal(incident_of("both", &event), "52/4/192.0.2.2@2027-01-15T12:02Z");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_states_are_told_once_and_starts_before_them),
		TEST(test_two_families_with_one_fate_are_told_once),
		TEST(test_contest_is_told_once_and_its_winner_is_active_again_each_time),
		TEST(test_contest_that_was_told_before_is_told_no_more),
		TEST(test_equal_priority_of_a_backup_is_no_conflict),
		TEST(test_other_events_have_their_words),
		TEST(test_lists_are_told_what_is_theirs),
		TEST(test_book_knows_what_is_true),
		TEST(test_drain_is_of_all_with_one_fate),
		TEST(test_priority_is_known_by_its_parts),
		TEST(test_burst_of_events_is_one_incident),
		TEST(test_those_with_one_fate_have_one_incident),
		TEST(test_takeover_began_with_the_silence_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
