/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "agent/router/senders.h"

static void count(struct senders *senders, uint8_t host, uint8_t reason, int64_t now_ns)
{
	const uint8_t source[16] = { 192, 0, 2, host };

	senders_count(senders, source, reason, now_ns);
}

static const struct sender *find(const struct senders *senders, uint8_t host, uint8_t reason)
{
	for (unsigned i = 0; i < SENDERS_MAX; i++)
		if (senders->all[i].packets && senders->all[i].source[3] == host &&
		    senders->all[i].reason == reason)
			return &senders->all[i];
	return NULL;
}

static void test_senders_are_counted_by_source_and_reason(void **state)
{
	struct senders senders = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		count(&senders, 66, 1, i);
	count(&senders, 66, 2, 5);
	count(&senders, 67, 1, 6);
	assert_int_equal(find(&senders, 66, 1)->packets, 3);
	assert_int_equal(find(&senders, 66, 1)->last_ns, 2);
	assert_int_equal(find(&senders, 66, 2)->packets, 1);
	assert_int_equal(find(&senders, 67, 1)->packets, 1);
}

/* One that goes on is not displaced by any number of others. */
static void test_senders_that_are_heard_of_stay(void **state)
{
	struct senders senders = { 0 };

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		count(&senders, 1, 1, 2 * i);
		count(&senders, (uint8_t)(2 + i), 1, 2 * i + 1);
	}
	assert_int_equal(find(&senders, 1, 1)->packets, 200);
	assert_non_null(find(&senders, 201, 1));
	assert_null(find(&senders, 2, 1));
}

/* Of that source, and later than the moment that is asked for. */
static void test_senders_reason_is_the_latest_one_of_a_source(void **state)
{
	const uint8_t source[16] = { 192, 0, 2, 66 };
	struct senders senders = { 0 };

	(void)state;
	assert_int_equal(senders_reason(&senders, source, 0), 0);
	count(&senders, 66, 4, 10);
	count(&senders, 66, 3, 20);
	count(&senders, 67, 5, 30);
	assert_int_equal(senders_reason(&senders, source, 5), 3);
	assert_int_equal(senders_reason(&senders, source, 19), 3);
	assert_int_equal(senders_reason(&senders, source, 20), 0);
	count(&senders, 66, 4, 40);
	assert_int_equal(senders_reason(&senders, source, 5), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_senders_are_counted_by_source_and_reason),
		cmocka_unit_test(test_senders_that_are_heard_of_stay),
		cmocka_unit_test(test_senders_reason_is_the_latest_one_of_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
