/* SPDX-License-Identifier: MIT */
/*
 * Macvlans that carry a virtual router's MAC, on the kernel that runs: how they come and go.
 */
#include "macvlans.h"

#include <errno.h>
#include <time.h>

#include "netlink/reconcile.h"

static void test_macvlan_is_known_by_its_mac(void **state)
{
	union kern_entry a = { .macvlan = { .name = NAME4 } }, b = a;

	(void)state;
	memcpy(a.macvlan.mac, mac4, 6);
	memcpy(b.macvlan.mac, mac6, 6);
	assert_false(kern_macvlan_ops.same(&a, &b));
	memcpy(b.macvlan.mac, mac4, 6);
	assert_true(kern_macvlan_ops.same(&a, &b) && kern_macvlan_ops.collide(&a, &b));
	assert_int_equal(kern_macvlan_ops.hash(&a), kern_macvlan_ops.hash(&b));
	assert_true(kern_macvlan_ops.equal(&a, &b));
	b.macvlan.other_mode = true;
	assert_false(kern_macvlan_ops.equal(&a, &b));
	b = a;
	strcpy(b.macvlan.name, NAME6);
	assert_true(kern_macvlan_ops.same(&a, &b));
	assert_false(kern_macvlan_ops.equal(&a, &b));
}

static void test_macvlan_is_created_down_marked_and_set(void **state)
{
	struct shown shown;

	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	shown = dump_of(KERN_KIND_MACVLAN, ifindex_here);
	assert_int_equal(shown.n, 1);
	assert_true(shown.last.macvlan.marked);
	assert_false(shown.last.macvlan.other_mode);
	assert_string_equal(shown.last.macvlan.name, NAME4);
	assert_memory_equal(shown.last.macvlan.mac, mac4, 6);
	assert_int_equal(shown.last.macvlan.ifindex, ifindex_here);
	assert_int_equal(shown.last.macvlan.own_ifindex, if_nametoindex(NAME4));
	assert_int_equal(dump_of(KERN_KIND_MACVLAN, ifindex_here + 1).n, 0);
	shown = dump_of(KERN_KIND_UP, (int)if_nametoindex(NAME4));
	assert_int_equal(shown.n, 1);
	assert_int_equal(shown.gone_n, 1);
	run("cd /proc/sys/net/ipv4/conf/" NAME4 " && test $(cat arp_ignore) = 1 && "
	    "test $(cat arp_announce) = 2 && test $(cat arp_filter) = 0 && "
	    "test $(cat rp_filter) = 2 && test $(cat promote_secondaries) = 1 && "
	    "test $(cat ignore_routes_with_linkdown) = 1 && "
	    "test $(cat /proc/sys/net/ipv6/conf/" NAME4 "/addr_gen_mode) = 1");
	/* Of the parent and of all nothing is changed. */
	run("cd /proc/sys/net/ipv4/conf && test $(cat v0/arp_ignore all/arp_ignore | sort -u) = 0 "
	    "&& test $(cat v0/arp_announce all/arp_announce | sort -u) = 0");
	shown = events_of(KERN_KIND_MACVLAN);
	assert_true(shown.n > 0 && shown.gone_n == 0);
	assert_true(shown.last.macvlan.marked);
	assert_true(shown.link.promotes);
}

static void test_macvlan_is_removed_by_its_index_or_by_its_name(void **state)
{
	struct kern_change change = { .kind = KERN_KIND_MACVLAN,
				      .entry.macvlan = macvlan(NAME4, mac4) };

	(void)state;
	clean();
	assert_int_equal(apply(&change), -ENODEV);
	assert_true(kern_macvlan_ops.contradicts(&change));
	assert_int_equal(create(NAME4, mac4), 0);
	assert_int_equal(apply(&change), 0);
	assert_int_equal(create(NAME4, mac4), 0);
	change.entry = dump_of(KERN_KIND_MACVLAN, ifindex_here).last;
	run("ip link set " NAME4 " name other && ip link add " NAME4 " type veth peer name v9");
	assert_int_equal(apply(&change), 0);
	assert_false(is_so("ip link show other 2>/dev/null"));
	assert_true(is_so("ip link show " NAME4 " >/dev/null"));
	assert_true(events_of(KERN_KIND_MACVLAN).gone_n > 0);
}

/* Neither is what has the name touched, nor does a dump of the parent show what is wrong. */
static void test_macvlan_name_that_is_taken_is_refused(void **state)
{
	struct kern_change changes[] = {
		{ .kind = KERN_KIND_MACVLAN, .add = true, .entry.macvlan = macvlan(NAME4, mac4) },
		{ .kind = KERN_KIND_MACVLAN, .add = true, .entry.macvlan = macvlan(NAME6, mac6) },
	};

	(void)state;
	clean();
	for (unsigned i = 0; i < 2; i++) {
		run(i ? "ip link add " NAME4 " type veth peer name v9"
		      : "ip link add " NAME4 " link v0 type macvlan mode private");
		assert_int_equal(kern_changer_apply(changer, changes, 2), 0);
		assert_int_equal(changes[0].result, -EEXIST);
		assert_false(changes[0].marked);
		assert_int_equal(changes[1].result, 0);
		assert_true(changes[1].marked);
		assert_false(kern_macvlan_ops.contradicts(&changes[0]));
		assert_false(is_so("ip link show " NAME4 " | grep -q alias"));
		assert_true(i || is_so("ip -d link show " NAME4 " | grep -q 'mode private'"));
		/* The same, with the refusal at the end of a batch. */
		assert_int_equal(kern_changer_apply(changer, changes, 1), 0);
		assert_int_equal(changes[0].result, -EEXIST);
		clean();
	}
	changes[0].entry.macvlan.ifindex = 9999;
	assert_int_equal(kern_changer_apply(changer, changes, 1), 0);
	assert_int_equal(changes[0].result, -ENODEV);
}

static unsigned swept_n;

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	(void)arg;
	assert_int_equal(kind, KERN_KIND_MACVLAN);
	assert_int_equal(error, 0);
	assert_true(entry->macvlan.marked);
	swept_n++;
}

/* As a crash leaves them, renamed meanwhile; and some of somebody else's. */
static void test_macvlan_sweep_finds_what_is_marked(void **state)
{
	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	assert_int_equal(create(NAME6, mac6), 0);
	run("ip link set " NAME6 " name other");
	assert_int_equal(set_up(NAME4, true), 0);
	run("ip link add vrrp.1 link v0 address 00:00:5e:00:01:01 type macvlan mode bridge && "
	    "ip link add v8 type veth peer name v9 && ip link set v8 alias " KERN_LINK_MARK);
	swept_n = 0;
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, NULL), 2);
	assert_int_equal(swept_n, 2);
	assert_true(is_so("ip link show vrrp.1 >/dev/null && ip link show v8 >/dev/null"));
	assert_false(is_so("ip link show other 2>/dev/null"));
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* One by one the kernel needs 10 to 20 ms for each: several seconds; all at once 0.2 ms. */
static void test_macvlan_sweep_of_hundreds_is_one_removal(void **state)
{
	static struct kern_change changes[300];
	int64_t begin_ns;

	(void)state;
	clean();
	for (unsigned i = 0; i < 300; i++) {
		struct kern_macvlan it = macvlan("", mac4);

		snprintf(it.name, sizeof(it.name), "vrrp.%u", i);
		it.mac[3] = (uint8_t)(i >> 8);
		it.mac[5] = (uint8_t)i;
		changes[i] = (struct kern_change){ .kind = KERN_KIND_MACVLAN,
						   .add = true,
						   .entry.macvlan = it };
	}
	assert_int_equal(kern_changer_apply(changer, changes, 300), 0);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(changes[i].result, 0);
	assert_int_equal(set_up("vrrp.7", true), 0);
	run("ip link add vrrp.x link v0 type macvlan mode bridge");
	swept_n = 0;
	begin_ns = now_ns();
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, NULL), 300);
	assert_true(now_ns() - begin_ns < 2000000000);
	assert_int_equal(swept_n, 300);
	assert_int_equal(dump_of(KERN_KIND_MACVLAN, ifindex_here).n, 1);
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, NULL), 0);
}

static void test_macvlan_goes_up_and_down(void **state)
{
	struct shown shown;
	int own;

	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	own = (int)if_nametoindex(NAME4);
	(void)events_of(KERN_KIND_UP);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(set_up(NAME4, true), 0);
		assert_int_equal(set_up(NAME4, true), 0);
		shown = dump_of(KERN_KIND_UP, own);
		assert_int_equal(shown.n, 1);
		assert_int_equal(shown.gone_n, 0);
		assert_int_equal(shown.last.up.ifindex, own);
		shown = events_of(KERN_KIND_UP);
		assert_true(shown.n > 0 && !shown.last.up.down);
		/* no address of its own, so none that is tentative. */
		assert_false(is_so("ip -6 addr show dev " NAME4 " | grep -q inet6"));
		assert_int_equal(set_up(NAME4, false), 0);
		assert_int_equal(dump_of(KERN_KIND_UP, own).gone_n, 1);
		shown = events_of(KERN_KIND_UP);
		assert_true(shown.gone_n > 0 && shown.last.up.down);
	}
	/* A second one with its MAC cannot be up beside it, and whose link it is not is not ours.
	 */
	run("ip link add other link v0 address 00:00:5e:00:01:33 type macvlan mode bridge && "
	    "ip link set other up");
	assert_int_equal(dump_of(KERN_KIND_UP, (int)if_nametoindex("other")).n, 0);
	assert_int_equal(set_up(NAME4, true), -EADDRINUSE);
	assert_int_equal(dump_of(KERN_KIND_UP, 9999).n, 0);
}

/* ---- as wants ---- */

enum {
	PARENT,
	OWN, /* the macvlan, as an interface */
	INTERFACES,
};

static struct kern_wants *wants;
static unsigned news[KERN_WANT_COUNT];

/* As the agent does: a link is tied by its name, an object shown to its interface. */
static void on_event(const struct kern_object *object, void *arg)
{
	const char *const names[INTERFACES] = { "v0", NAME4 };

	(void)arg;
	for (unsigned i = 0; i < INTERFACES && object->type == KERN_OBJECT_LINK; i++)
		if (strcmp(object->link.name, names[i]) == 0)
			kern_wants_interface(wants, i, object->gone ? 0 : object->link.ifindex,
					     object->link.promotes);
	if (object->type != KERN_OBJECT_ENTRY)
		return;
	if (kern_kinds[object->kind]->ifindex(&object->entry) == ifindex_here)
		(void)kern_wants_see(wants, PARENT, object);
	else if (kern_kinds[object->kind]->ifindex(&object->entry) == (int)if_nametoindex(NAME4))
		(void)kern_wants_see(wants, OWN, object);
}

/* So many turns of the agent as nothing is left to do after. */
static void settle(void)
{
	struct kern_news told[KERN_NEWS_MAX];
	int64_t now_ns = 1000000000;

	memset(news, 0, sizeof(news));
	for (unsigned turn = 0; turn < 6; turn++) {
		int n;

		assert_int_equal(kern_monitor_dispatch(monitor, on_event, NULL), 0);
		while ((n = kern_reconcile(wants, now_ns, told)) > 0)
			for (int i = 0; i < n; i++)
				news[told[i].what]++;
		assert_int_equal(n, 0);
	}
	assert_false(kern_wants_pending(wants));
}

static void add_wants(unsigned want[3])
{
	struct kern_want specs[] = {
		{ .kind = KERN_KIND_ADDRESS,
		  .interface = OWN,
		  .lease_s = 100,
		  .address = { .family = 4, .prefix_len = 24, .bytes = { 192, 0, 2, 100 } } },
		{ .kind = KERN_KIND_UP, .interface = OWN },
		{ .kind = KERN_KIND_MACVLAN,
		  .interface = PARENT,
		  .entry.macvlan = macvlan(NAME4, mac4) },
	};

	assert_int_equal(kern_wants_new(3, INTERFACES, changer, dumper, &wants), 0);
	for (unsigned i = 0; i < 3; i++) {
		want[i] = kern_wants_add(wants, &specs[i]);
		kern_wants_want(wants, want[i], true);
	}
	kern_wants_interface(wants, PARENT, ifindex_here, false);
}

static bool is_held(void)
{
	return is_so("ip addr show dev " NAME4 " up 2>/dev/null | grep -q '192.0.2.100/24'");
}

static void test_macvlan_as_a_want_comes_is_restored_and_goes(void **state)
{
	unsigned want[3];

	(void)state;
	clean();
	add_wants(want);
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_ADDED], 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(kern_wants_has(wants, want[i]));
	assert_false(kern_wants_is_unmarked(wants, want[1]) ||
		     kern_wants_is_unmarked(wants, want[2]));
	/* F65: somebody removes it; somebody sets it down. */
	run("ip link del " NAME4);
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_RESTORED], 1);
	assert_int_equal(news[KERN_WANT_FAILED], 0);
	run("ip link set " NAME4 " down");
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_RESTORED], 1);
	/* Backup: down, without the address. */
	kern_wants_want(wants, want[0], false);
	kern_wants_want(wants, want[1], false);
	settle();
	assert_int_equal(news[KERN_WANT_REMOVED], 2);
	assert_true(is_so("ip link show " NAME4 " | grep -vq '[<,]UP[,>]'"));
	assert_false(is_so("ip addr show dev " NAME4 " | grep -q inet"));
	/* Renamed by somebody, it is removed all the same. */
	run("ip link set " NAME4 " name other");
	kern_wants_want(wants, want[2], false);
	settle();
	assert_int_equal(news[KERN_WANT_REMOVED], 1);
	assert_false(is_so("ip link show other 2>/dev/null"));
	kern_wants_free(wants);
}

/* What is there after a crash is taken over as it is, and what is somebody else's left alone. */
static void test_macvlan_as_a_want_that_is_there(void **state)
{
	unsigned want[3];

	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	add_wants(want);
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_ADDED], 2);
	for (unsigned i = 0; i < 3; i++)
		kern_wants_want(wants, want[i], false);
	settle();
	assert_int_equal(news[KERN_WANT_REMOVED], 3);
	kern_wants_free(wants);
	clean();
	run("ip link add " NAME4 " link v0 address 00:00:5e:00:01:33 type macvlan mode private");
	add_wants(want);
	settle();
	assert_int_equal(news[KERN_WANT_FOREIGN], 1);
	kern_wants_want(wants, want[2], false);
	settle();
	assert_int_equal(news[KERN_WANT_KEPT], 1);
	assert_true(is_so("ip link show " NAME4 " >/dev/null"));
	kern_wants_free(wants);
}

static unsigned pass(int64_t at_ns)
{
	struct kern_news told[KERN_NEWS_MAX];
	unsigned removed_n = 0;
	int n;

	while ((n = kern_reconcile(wants, at_ns, told)) > 0)
		for (int i = 0; i < n; i++)
			removed_n += told[i].what == KERN_WANT_REMOVED;
	assert_int_equal(n, 0);
	return removed_n;
}

/* Between two of them the agent has to look at its sockets. */
static void test_macvlan_removals_take_a_pass_each(void **state)
{
	const struct kern_want specs[] = {
		{ .kind = KERN_KIND_MACVLAN,
		  .interface = PARENT,
		  .entry.macvlan = macvlan(NAME4, mac4) },
		{ .kind = KERN_KIND_MACVLAN,
		  .interface = PARENT,
		  .entry.macvlan = macvlan(NAME6, mac6) },
	};

	(void)state;
	clean();
	assert_int_equal(kern_wants_new(2, INTERFACES, changer, dumper, &wants), 0);
	for (unsigned i = 0; i < 2; i++)
		kern_wants_want(wants, kern_wants_add(wants, &specs[i]), true);
	kern_wants_interface(wants, PARENT, ifindex_here, false);
	settle();
	assert_int_equal(news[KERN_WANT_ADDED], 2);
	for (unsigned i = 0; i < 2; i++)
		kern_wants_want(wants, i, false);
	assert_int_equal(pass(77), 1);
	assert_int_equal(kern_wants_deadline(wants), 77);
	assert_int_equal(pass(77), 1);
	assert_false(kern_wants_pending(wants));
	assert_int_equal(dump_of(KERN_KIND_MACVLAN, ifindex_here).n, 0);
	kern_wants_free(wants);
}

/* Nobody's addresses wait for the kernel to set a macvlan down, and that not for ever for them. */
static void test_macvlan_goes_down_behind_all_else(void **state)
{
	struct kern_want specs[3] = {
		{ .kind = KERN_KIND_MACVLAN,
		  .interface = PARENT,
		  .entry.macvlan = macvlan(NAME4, mac4) },
	};

	(void)state;
	clean();
	for (unsigned i = 1; i < 3; i++)
		specs[i] =
			(struct kern_want){ .interface = PARENT,
					    .address = { .family = 4,
							 .prefix_len = 24,
							 .bytes = { 198, 51, 100, (uint8_t)i } } };
	assert_int_equal(kern_wants_new(3, INTERFACES, changer, dumper, &wants), 0);
	for (unsigned i = 0; i < 3; i++)
		kern_wants_want(wants, kern_wants_add(wants, &specs[i]), i < 2);
	kern_wants_interface(wants, PARENT, ifindex_here, false);
	settle();
	assert_int_equal(news[KERN_WANT_ADDED], 2);
	kern_wants_want(wants, 0, false);
	kern_wants_want(wants, 1, false);
	assert_int_equal(pass(77), 1);
	assert_true(kern_wants_has(wants, 0) && !kern_wants_has(wants, 1));
	assert_false(kern_reconcile_is_cut(wants));
	assert_int_equal(kern_wants_deadline(wants), 77);
	kern_wants_want(wants, 2, true);
	assert_int_equal(pass(77), 1);
	assert_false(kern_wants_has(wants, 0));
	assert_true(kern_wants_has(wants, 2));
	kern_wants_want(wants, 2, false);
	(void)pass(77);
	kern_wants_free(wants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macvlan_is_known_by_its_mac),
		cmocka_unit_test(test_macvlan_is_created_down_marked_and_set),
		cmocka_unit_test(test_macvlan_is_removed_by_its_index_or_by_its_name),
		cmocka_unit_test(test_macvlan_name_that_is_taken_is_refused),
		cmocka_unit_test(test_macvlan_sweep_finds_what_is_marked),
		cmocka_unit_test(test_macvlan_sweep_of_hundreds_is_one_removal),
		cmocka_unit_test(test_macvlan_goes_up_and_down),
		cmocka_unit_test(test_macvlan_as_a_want_comes_is_restored_and_goes),
		cmocka_unit_test(test_macvlan_as_a_want_that_is_there),
		cmocka_unit_test(test_macvlan_removals_take_a_pass_each),
		cmocka_unit_test(test_macvlan_goes_down_behind_all_else),
	};

	return cmocka_run_group_tests_name("kern_macvlan", tests, open_all, close_all);
}
