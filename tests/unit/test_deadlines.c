/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>

#include "agent/deadlines.h"

/* An own generator: the runs of a seed are the same on every host. */
static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static int64_t first_deadline(const struct deadlines *heap)
{
	int64_t deadline_ns;

	deadlines_first(heap, &deadline_ns);
	return deadline_ns;
}

static void test_heap_new_has_no_deadline(void **state)
{
	struct deadlines *heap = deadlines_new(5);

	(void)state;
	assert_non_null(heap);
	assert_int_equal(first_deadline(heap), DEADLINES_NEVER);
	deadlines_free(heap);
}

static void test_heap_free_allows_null(void **state)
{
	(void)state;
	deadlines_free(NULL);
}

static void test_heap_of_one(void **state)
{
	struct deadlines *heap = deadlines_new(1);
	int64_t deadline_ns;

	(void)state;
	deadlines_set(heap, 0, 7);
	assert_int_equal(deadlines_first(heap, &deadline_ns), 0);
	assert_int_equal(deadline_ns, 7);
	deadlines_set(heap, 0, DEADLINES_NEVER);
	assert_int_equal(first_deadline(heap), DEADLINES_NEVER);
	deadlines_free(heap);
}

static void test_heap_first_follows_every_change(void **state)
{
	struct deadlines *heap = deadlines_new(3);
	int64_t deadline_ns;

	(void)state;
	deadlines_set(heap, 1, 100);
	assert_int_equal(deadlines_first(heap, &deadline_ns), 1);
	deadlines_set(heap, 2, 50); /* earlier than the first */
	assert_int_equal(deadlines_first(heap, &deadline_ns), 2);
	deadlines_set(heap, 2, 200); /* the first goes later */
	assert_int_equal(deadlines_first(heap, &deadline_ns), 1);
	deadlines_set(heap, 1, DEADLINES_NEVER); /* the first goes away */
	assert_int_equal(deadlines_first(heap, &deadline_ns), 2);
	assert_int_equal(deadline_ns, 200);
	deadlines_set(heap, 0, -5); /* negative and zero are times like any other */
	assert_int_equal(deadlines_first(heap, &deadline_ns), 0);
	assert_int_equal(deadline_ns, -5);
	deadlines_free(heap);
}

static void test_heap_extreme_deadlines(void **state)
{
	struct deadlines *heap = deadlines_new(3);
	int64_t deadline_ns;

	(void)state;
	deadlines_set(heap, 0, INT64_MIN);
	deadlines_set(heap, 1, INT64_MAX - 1);
	assert_int_equal(deadlines_first(heap, &deadline_ns), 0);
	deadlines_set(heap, 0, DEADLINES_NEVER);
	assert_int_equal(deadlines_first(heap, &deadline_ns), 1);
	assert_int_equal(deadline_ns, INT64_MAX - 1);
	deadlines_free(heap);
}

static void test_heap_drains_in_order(void **state)
{
	enum {
		N = 1000
	};
	struct deadlines *heap = deadlines_new(N);
	int64_t deadline_ns, last_ns = -1;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		deadlines_set(heap, i, i * 7919 % N);
	for (unsigned i = 0; i < N; i++) {
		unsigned item = deadlines_first(heap, &deadline_ns);

		assert_int_equal(deadline_ns, item * 7919 % N);
		assert_true(deadline_ns > last_ns);
		last_ns = deadline_ns;
		deadlines_set(heap, item, DEADLINES_NEVER);
	}
	assert_int_equal(first_deadline(heap), DEADLINES_NEVER);
	deadlines_free(heap);
}

/* The model: look at all of them. */
static int64_t least(const int64_t *deadlines, unsigned n)
{
	int64_t least_ns = DEADLINES_NEVER;

	for (unsigned i = 0; i < n; i++)
		if (deadlines[i] < least_ns)
			least_ns = deadlines[i];
	return least_ns;
}

/* Few distinct values, so that there are ties; some never, some far out. */
static int64_t random_deadline(uint64_t *random)
{
	uint64_t r = next_random(random);

	switch (r % 8) {
	case 0:
		return DEADLINES_NEVER;
	case 1:
		return (int64_t)next_random(random);
	default:
		return (int64_t)(next_random(random) % 50);
	}
}

static void run_against_model(uint64_t seed, unsigned items_n, unsigned operations)
{
	int64_t *deadlines = malloc(items_n * sizeof(*deadlines));
	struct deadlines *heap = deadlines_new(items_n);
	uint64_t random = seed * 2654435761u + items_n;
	int64_t deadline_ns;

	assert_non_null(deadlines);
	assert_non_null(heap);
	for (unsigned i = 0; i < items_n; i++)
		deadlines[i] = DEADLINES_NEVER;
	for (unsigned i = 0; i < operations; i++) {
		unsigned item = (unsigned)(next_random(&random) % items_n), first;

		/* As the loop does: mostly the first one gets a new deadline. */
		if (next_random(&random) % 3 == 0)
			item = deadlines_first(heap, &deadline_ns);
		deadlines[item] = random_deadline(&random);
		deadlines_set(heap, item, deadlines[item]);
		first = deadlines_first(heap, &deadline_ns);
		if (first >= items_n || deadline_ns != deadlines[first] ||
		    deadline_ns != least(deadlines, items_n))
			fail_msg("seed %llu, %u items, operation %u: first is item %u at %lld, "
				 "the model says %lld",
				 (unsigned long long)seed, items_n, i, first,
				 (long long)deadline_ns, (long long)least(deadlines, items_n));
	}
	deadlines_free(heap);
	free(deadlines);
}

/* VIPD_SEED repeats a run. */
static void test_heap_agrees_with_the_naive_model(void **state)
{
	static const unsigned sizes[] = { 1, 2, 3, 4, 7, 8, 9, 16, 31, 100, 257 };
	const char *text = getenv("VIPD_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
	uint64_t seeds = text ? 1 : 20;

	(void)state;
	print_message("seeds %llu..%llu; VIPD_SEED=n repeats one\n", (unsigned long long)seed,
		      (unsigned long long)(seed + seeds - 1));
	for (; seeds > 0; seeds--, seed++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			run_against_model(seed, sizes[i], 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap_new_has_no_deadline),
		cmocka_unit_test(test_heap_free_allows_null),
		cmocka_unit_test(test_heap_of_one),
		cmocka_unit_test(test_heap_first_follows_every_change),
		cmocka_unit_test(test_heap_extreme_deadlines),
		cmocka_unit_test(test_heap_drains_in_order),
		cmocka_unit_test(test_heap_agrees_with_the_naive_model),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
