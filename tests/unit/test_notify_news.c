/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/notify/book.h"

static struct conf_router routers[1];
static struct conf conf = { .routers = routers, .routers_n = 1 };
static struct book *book;

static int set_up(void **state)
{
	(void)state;
	routers[0] = (struct conf_router){ .name = "lan" };
	routers[0].vrrp.family = 4;
	book = book_new(&conf);
	return book ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	book_free(book);
	return 0;
}

/* Return: how many there are to tell; the last of them is @word. */
static unsigned read_change(enum vrrp_state from, enum vrrp_state to, unsigned word)
{
	struct event event = event_of(EVENT_STATE, "lan", "eth0", 4);
	struct book_news news[BOOK_NEWS_MAX];
	unsigned n;

	event.state.from = (uint8_t)from;
	event.state.to = (uint8_t)to;
	n = book_read(book, &event, news);
	if (n)
		assert_int_equal(news[n - 1].word, word);
	return n;
}

static void test_book_change_is_news_once(void **state)
{
	(void)state;
	assert_int_equal(read_change(VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE, CONF_NOTIFY_ACTIVE), 1);
	assert_int_equal(read_change(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT, CONF_NOTIFY_FAULT), 1);
	assert_int_equal(read_change(VRRP_STATE_FAULT, VRRP_STATE_FAULT, 0), 0);
}

/* What was missed in between is made up for by whatever comes next. */
static void test_book_another_reason_is_news_when_the_change_was_missed(void **state)
{
	(void)state;
	assert_int_equal(read_change(VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE, CONF_NOTIFY_ACTIVE), 1);
	assert_int_equal(read_change(VRRP_STATE_FAULT, VRRP_STATE_FAULT, CONF_NOTIFY_FAULT), 1);
}

static void test_book_another_reason_is_no_news_when_nothing_is_known(void **state)
{
	(void)state;
	assert_int_equal(read_change(VRRP_STATE_FAULT, VRRP_STATE_FAULT, 0), 0);
	assert_int_equal(read_change(VRRP_STATE_FAULT, VRRP_STATE_BACKUP, CONF_NOTIFY_BACKUP), 1);
}

static void test_book_router_that_begins_anew_is_news_in_the_state_of_before(void **state)
{
	(void)state;
	assert_int_equal(read_change(VRRP_STATE_ACTIVE, VRRP_STATE_BACKUP, CONF_NOTIFY_BACKUP), 1);
	assert_int_equal(read_change(VRRP_STATE_INITIALIZE, VRRP_STATE_BACKUP, CONF_NOTIFY_BACKUP),
			 2);
}

static void test_book_life_begins_with_states_unknown(void **state)
{
	(void)state;
	assert_int_equal(read_change(VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE, CONF_NOTIFY_ACTIVE), 1);
	book_begin_life(book);
	assert_int_equal(read_change(VRRP_STATE_INITIALIZE, VRRP_STATE_INITIALIZE, 0), 0);
	assert_int_equal(read_change(VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE, CONF_NOTIFY_ACTIVE), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_book_change_is_news_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_book_another_reason_is_news_when_the_change_was_missed, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_book_another_reason_is_no_news_when_nothing_is_known, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_book_router_that_begins_anew_is_news_in_the_state_of_before, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_book_life_begins_with_states_unknown, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
