/* SPDX-License-Identifier: MIT */
/*
 * Changes, dumps and the sweep on the kernel that runs, in a network namespace of the test's own:
 * what change.h and dump.h say about it.
 */
#include "namespace.h"

#include <errno.h>
#include <net/if.h>

#include "netlink/sweep.h"

static struct kern_changer *changer;
static struct kern_dump *dumper;
static int ifindex[2];

static int enter(void **state)
{
	(void)state;
	if (!enter_namespace())
		return 0; /* each test skips */
	run("ip link set lo up");
	make_v0_and_v1();
	ifindex[0] = (int)if_nametoindex("v0");
	ifindex[1] = (int)if_nametoindex("v1");
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_dump_open(&dumper), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	kern_changer_close(changer);
	kern_dump_close(dumper);
	return 0;
}

static void clean(void)
{
	if (!changer)
		skip();
	run("ip -4 addr flush dev v0 && ip -4 addr flush dev v1");
}

static struct kern_change change(bool add, unsigned interface, unsigned n)
{
	return (struct kern_change){ .add = add,
				     .address = {
					     .ifindex = ifindex[interface],
					     .family = 4,
					     .prefix_len = 24,
					     .bytes = { 10, 0, (uint8_t)(n >> 8), (uint8_t)n } } };
}

static void apply(struct kern_change *changes, unsigned n)
{
	assert_int_equal(kern_changer_apply(changer, changes, n), 0);
}

/* What a dump showed. */
struct shown {
	unsigned n, marked_n, leased_n;
	int ifindex; /* of the last one */
};

static void on_object(const struct kern_object *object, void *arg)
{
	struct shown *shown = arg;

	assert_int_equal(object->type, KERN_OBJECT_ENTRY);
	if (object->address.bytes[0] != 10)
		return;
	shown->n++;
	shown->marked_n += object->address.mark == KERN_ADDRESS_MARK;
	shown->leased_n += object->address.leased;
	shown->ifindex = object->address.ifindex;
}

static struct shown all(void)
{
	struct shown shown = { 0 };

	assert_int_equal(kern_dump_kind(dumper, KERN_KIND_ADDRESS, on_object, &shown), 0);
	return shown;
}

static void test_change_each_gets_its_result(void **state)
{
	struct kern_change changes[] = {
		change(true, 0, 1),  change(true, 0, 1),  change(true, 0, 2),
		change(false, 0, 3), change(false, 0, 2), change(true, 0, 4),
	};

	(void)state;
	clean();
	changes[5].address.ifindex = 9999;
	changes[0].lifetime_s = 100;
	apply(changes, 6);
	assert_int_equal(changes[0].result, 0);
	assert_int_equal(changes[1].result, -EEXIST);
	assert_int_equal(changes[2].result, 0);
	assert_int_equal(changes[3].result, -EADDRNOTAVAIL);
	assert_int_equal(changes[4].result, 0);
	assert_int_equal(changes[5].result, -ENODEV);
	assert_int_equal(all().n, 1);
	assert_int_equal(all().leased_n, 1);
}

/* Several batches in one call, and a renewal that ends a lease. */
static void test_change_of_a_thousand(void **state)
{
	static struct kern_change changes[1000];

	(void)state;
	clean();
	for (unsigned i = 0; i < 1000; i++) {
		changes[i] = change(true, 0, 1 + i);
		changes[i].lifetime_s = 100;
	}
	apply(changes, 1000);
	assert_int_equal(all().n, 1000);
	assert_int_equal(all().leased_n, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		changes[i].renew = true;
		changes[i].lifetime_s = i % 2 ? 100 : 0;
	}
	apply(changes, 1000);
	assert_int_equal(all().leased_n, 500);
	for (unsigned i = 0; i < 1000; i++) {
		changes[i] = change(false, 0, 1000 - i);
		changes[i].promote = true;
	}
	apply(changes, 1000);
	assert_int_equal(all().n, 0);
}

/* Who sees no dump and no event of its own additions learns it from the first of them. */
static void test_change_first_addition_shows_whether_marks_are_kept(void **state)
{
	struct kern_change changes[] = { change(false, 0, 9), change(true, 0, 1),
					 change(true, 0, 2) };
	struct kern_changer *other;

	(void)state;
	clean();
	assert_int_equal(kern_changer_open(&other), 0);
	assert_int_equal(kern_changer_apply(other, changes, 3), 0);
	assert_false(changes[0].marked);
	assert_int_equal(changes[1].marked, all().marked_n > 0);
	assert_false(changes[2].marked);
	changes[1].renew = changes[2].renew = true;
	assert_int_equal(kern_changer_apply(other, changes + 1, 2), 0);
	assert_false(all().marked_n && changes[1].marked);
	kern_changer_close(other);
}

/* Should a newer kernel do better: reconcile.h could, too. */
static void test_change_cannot_be_made_to_depend_on_the_mark(void **state)
{
	struct kern_change removal = change(false, 0, 1), renewal = change(true, 0, 2);

	(void)state;
	clean();
	run("ip addr add 10.0.0.1/24 dev v0 && ip addr add 10.0.0.2/24 dev v0");
	renewal.renew = true;
	renewal.lifetime_s = 100;
	removal.promote = true;
	apply(&removal, 1);
	apply(&renewal, 1);
	assert_int_equal(removal.result, 0);
	assert_int_equal(renewal.result, 0);
	assert_int_equal(all().n, 1);
	assert_int_equal(all().leased_n, 1);
}

static void test_removal_spares_others_if_told_to(void **state)
{
	struct kern_change removal = change(false, 0, 1);

	(void)state;
	clean();
	run("ip addr add 10.0.0.1/24 dev v0 && ip addr add 10.0.0.2/24 dev v0");
	removal.promote = true;
	apply(&removal, 1);
	assert_int_equal(all().n, 1);
	/* And the link's own setting is as it was. */
	run("ip addr add 10.0.0.3/24 dev v0");
	removal = change(false, 0, 2);
	apply(&removal, 1);
	assert_int_equal(removal.result, 0);
	assert_int_equal(all().n, 0);
}

/* Two of ours before one of the host's own: the first removal lets the second one lead. */
static void test_change_puts_ours_behind_others(void **state)
{
	struct kern_change ours[2] = { change(true, 0, 1), change(true, 0, 2) };
	struct kern_change removal = change(false, 0, 1);

	(void)state;
	clean();
	apply(ours, 2);
	run("ip addr add 10.0.0.9/24 dev v0");
	for (unsigned i = 0; i < 2; i++) {
		ours[i].behind = ours[i].promote = true;
		ours[i].lifetime_s = 100;
	}
	apply(ours, 2);
	assert_int_equal(ours[0].result, 0);
	assert_int_equal(ours[1].result, 0);
	assert_int_equal(all().n, 3);
	assert_int_equal(all().leased_n, 2);
	run("ip addr show dev v0 primary | grep -q 10.0.0.9/24 && ! ip addr show dev v0 secondary "
	    "| grep -q 10.0.0.9");
	/* What goes now goes alone, without any setting. */
	apply(&removal, 1);
	assert_int_equal(all().n, 2);
	apply(ours, 1);
	assert_int_equal(ours[0].result, -EADDRNOTAVAIL);
}

/* Whoever writes changes into memory of his own relies on it. */
static void test_change_is_as_long_as_promised(void **state)
{
	_Alignas(8) uint8_t buf[KERN_CHANGE_LEN_MAX];
	struct kern_change longest = { .add = true, .renew = true, .lifetime_s = 9 };
	struct kern_change removal = { .promote = true };
	struct kern_address full = { .no_prefix_route = true,
				     .broadcast = { 10, 0, 0, 255 },
				     .label = "label:678901234",
				     .peer = { 10 } };

	(void)state;
	for (unsigned family = 4; family <= 6; family += 2) {
		full.family = (uint8_t)family;
		longest.address = removal.address = full;
		assert_in_range(kern_address_ops.put(buf, &removal, 1), 1,
				kern_address_ops.removal_len);
		longest.behind = family == 4;
		assert_in_range(kern_address_ops.put(buf, &longest, 1), 1, KERN_CHANGE_LEN_MAX);
	}
	assert_int_equal(kern_address_ops.put(buf, &removal, 1), kern_address_ops.removal_len);
	assert_in_range(kern_address_ops.put_setting(buf, 1, true), 1, KERN_SETTING_LEN_MAX);
}

static void test_dump_of_one_interface_shows_no_other(void **state)
{
	struct shown shown = { 0 };

	(void)state;
	clean();
	run("ip addr add 10.0.0.1/24 dev v0 && ip addr add 10.0.0.2/24 dev v1 && "
	    "ip addr add 10.0.0.3/24 dev v1");
	assert_int_equal(all().n, 3);
	assert_int_equal(
		kern_dump_interface(dumper, KERN_KIND_ADDRESS, ifindex[1], on_object, &shown), 0);
	assert_int_equal(shown.n, 2);
	assert_int_equal(shown.ifindex, ifindex[1]);
	/* One that is gone has nothing to show, which is no failure. */
	assert_int_equal(kern_dump_interface(dumper, KERN_KIND_ADDRESS, 9999, on_object, &shown),
			 0);
	assert_int_equal(shown.n, 2);
	assert_int_equal(all().n, 3);
}

static bool keep_the_first(enum kern_kind kind, const union kern_entry *entry, void *arg)
{
	(void)arg;
	return kind == KERN_KIND_ADDRESS && entry->address.bytes[3] == 1;
}

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	assert_int_equal(kind, KERN_KIND_ADDRESS);
	assert_int_equal(entry->address.mark, KERN_ADDRESS_MARK);
	assert_int_equal(error, 0);
	(*(unsigned *)arg)++;
}

/* More than one pass of the sweep holds, on two links, with addresses of others among them. */
static void test_sweep_removes_what_is_marked_and_nothing_else(void **state)
{
	static struct kern_change changes[600];
	unsigned swept_n = 0;

	(void)state;
	clean();
	run("ip addr add 10.0.9.1/24 dev v0 && ip addr add 10.0.9.2/24 dev v1");
	for (unsigned i = 0; i < 600; i++)
		changes[i] = change(true, i % 2, 1 + i / 2);
	apply(changes, 600);
	if (all().marked_n == 0)
		skip(); /* before 5.18 */
	assert_int_equal(kern_sweep(dumper, changer, keep_the_first, on_swept, &swept_n), 600 - 4);
	assert_int_equal(swept_n, 600 - 4);
	assert_int_equal(all().marked_n, 4); /* 10.0.0.1 and 10.0.1.1, on both */
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, &swept_n), 4);
	assert_int_equal(all().n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_each_gets_its_result),
		cmocka_unit_test(test_change_of_a_thousand),
		cmocka_unit_test(test_change_first_addition_shows_whether_marks_are_kept),
		cmocka_unit_test(test_change_cannot_be_made_to_depend_on_the_mark),
		cmocka_unit_test(test_removal_spares_others_if_told_to),
		cmocka_unit_test(test_change_puts_ours_behind_others),
		cmocka_unit_test(test_change_is_as_long_as_promised),
		cmocka_unit_test(test_dump_of_one_interface_shows_no_other),
		cmocka_unit_test(test_sweep_removes_what_is_marked_and_nothing_else),
	};

	return cmocka_run_group_tests_name("kern_change", tests, enter, leave);
}
