/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a datagram of the kernel's route messages: walked and parsed as the monitor does,
 * and what comes out shown to two interfaces and their LANs, as the agent does.
 */
#undef NDEBUG
#include <assert.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/router/lan.h"
#include "netlink/change.h"
#include "netlink/filter_table.h"
#include "netlink/object.h"

#define OUR_PORT   4242
#define INTERFACES 2

static const char *const names[INTERFACES] = { "eth0", "eth1" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What it says makes sense: bytes as its family has them, a label that ends. */
static void check_address(const struct kern_address *address)
{
	unsigned len = address->family == 6 ? 16 : 4;

	assert((address->family == 4 || address->family == 6) && address->prefix_len <= len * 8);
	for (unsigned i = len; i < sizeof(address->bytes); i++)
		assert(address->bytes[i] == 0 && address->peer[i] == 0);
	assert(memchr(address->label, 0, sizeof(address->label)));
	assert(address->family == 4 || !*address->label);
}

/* What is shown can be wanted: asked of the kernel, it is understood as the same. */
static void check_round_trip(const struct kern_object *object)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[KERN_CHANGE_LEN_MAX];
	const struct kern_ops *ops = kern_kinds[object->kind];
	struct kern_change change = { .kind = object->kind, .add = true, .entry = object->entry };
	union kern_entry entry;

	assert(ops->put(bytes, &change, 1) <= sizeof(bytes));
	assert(ops->parse((const struct nlmsghdr *)(const void *)bytes, &entry));
	assert(ops->same(&object->entry, &entry) && ops->collide(&object->entry, &entry));
	assert(ops->hash(&object->entry) == ops->hash(&entry));
	/* The kernel alone says that one is deprecated. */
	entry.address.deprecated = object->address.deprecated;
	assert(ops->equal(&object->entry, &entry) && ops->is_marked(&entry));
	change.add = false;
	assert(ops->put(bytes, &change, 1) <= ops->removal_len);
}

/* The same of elements of a set, of which a message shows many. */
static void check_filter(const union kern_entry *entry, void *arg)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[KERN_CHANGE_LEN_MAX];
	struct kern_change change = { .kind = KERN_KIND_FILTER, .add = true, .entry = *entry };
	unsigned *shown_n = arg;
	union kern_entry again;

	(*shown_n)++;
	assert(entry->filter.action == KERN_FILTER_MLD
		       ? entry->filter.family == 0
		       : entry->filter.family == 4 || entry->filter.family == 6);
	assert(kern_filter_ops.put(bytes, &change, 1) <= KERN_FILTER_ELEMENT_LEN_MAX);
	assert(kern_filter_ops.parse((const struct nlmsghdr *)(const void *)bytes, &again));
	assert(kern_filter_ops.same(entry, &again));
	assert(kern_filter_ops.hash(entry) == kern_filter_ops.hash(&again));
	assert(kern_filter_ops.ifindex(entry) == kern_filter_ops.ifindex(&again));
	change.add = false;
	assert(kern_filter_ops.put(bytes, &change, 1) <= kern_filter_ops.removal_len);
}

static void check_filters(const struct nlmsghdr *message)
{
	unsigned shown_n = 0;
	union kern_entry first;

	kern_filter_ops.parse_all(message, check_filter, &shown_n);
	assert(kern_filter_ops.parse(message, &first) == (shown_n > 0));
}

/* The same of links that are an object of a kind, too. */
static void check_link_kinds(const struct nlmsghdr *message)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[KERN_CHANGE_LEN_MAX];
	struct kern_object object, again;

	for (unsigned kind = 0; kind < KERN_KIND_COUNT; kind++) {
		const struct kern_ops *ops = kern_kinds[kind];
		struct kern_change change = { .kind = (enum kern_kind)kind, .add = true };

		if (!kern_object_parse_kind(message, OUR_PORT, change.kind, &object))
			continue;
		assert(object.type == KERN_OBJECT_ENTRY && object.kind == kind);
		change.entry = object.entry;
		assert(ops->put(bytes, &change, 1) <= sizeof(bytes));
		if (kind == KERN_KIND_MACVLAN) {
			assert(memchr(object.entry.macvlan.name, 0, KERN_MACVLAN_NAME_SIZE));
			assert(kern_object_parse_kind((const struct nlmsghdr *)(const void *)bytes,
						      0, change.kind, &again));
			assert(ops->same(&object.entry, &again.entry));
			assert(strcmp(object.entry.macvlan.name, again.entry.macvlan.name) == 0);
			assert(!again.entry.macvlan.other_mode);
		}
		change.add = false;
		assert(ops->put(bytes, &change, 1) <= ops->removal_len);
	}
}

/* What is ours can be removed: by a message that is about the same. Others are shown as what is
 * gone from their place. */
static void check_of_host(const struct kern_object *object)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[KERN_CHANGE_LEN_MAX];
	const struct kern_ops *ops = kern_kinds[object->kind];
	struct kern_change change = { .kind = object->kind, .entry = object->entry };
	union kern_entry entry;

	assert(ops->ifindex(&object->entry) == KERN_HOST);
	assert(ops->is_marked(&object->entry) || object->gone);
	assert(ops->equal(&object->entry, &object->entry));
	assert(ops->put(bytes, &change, 1) <= ops->removal_len);
	assert(ops->parse((const struct nlmsghdr *)(const void *)bytes, &entry));
	assert(ops->same(&object->entry, &entry) && ops->is_marked(&entry));
	assert(ops->hash(&object->entry) == ops->hash(&entry));
	change.add = true;
	if (object->kind == KERN_KIND_RULE)
		assert(ops->put(bytes, &change, 1) <= sizeof(bytes));
}

static void check_object(const struct kern_object *object, const struct nlmsghdr *message)
{
	assert(object->by_us == (message->nlmsg_pid == OUR_PORT));
	switch (object->type) {
	case KERN_OBJECT_NONE:
		break;
	case KERN_OBJECT_LINK:
		assert(memchr(object->link.name, 0, sizeof(object->link.name)));
		check_link_kinds(message);
		break;
	case KERN_OBJECT_FORWARDING:
		assert(object->forwarding.ifindex > 0);
		break;
	case KERN_OBJECT_ENTRY:
		assert(object->kind < KERN_KIND_COUNT);
		if (kern_kinds[object->kind]->of_host) {
			check_of_host(object);
			break;
		}
		check_address(&object->address);
		check_round_trip(object);
		break;
	}
}

static bool is_same(const struct lan_source *a, const struct lan_source *b)
{
	return a->prefix_len == b->prefix_len &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 &&
	       memcmp(a->peer, b->peer, sizeof(a->peer)) == 0;
}

/* The sources of a LAN: a set, as far as there is room. */
static void check_lan(const struct lan *lan)
{
	assert(lan->sources_n <= LAN_SOURCES_MAX);
	assert(lan->ifindex == lan->interface->ifindex);
	assert(lan->ifindex || lan->sources_n == 0);
	for (unsigned i = 0; i < lan->sources_n; i++)
		for (unsigned j = 0; j < i; j++)
			assert(!is_same(&lan->sources[i], &lan->sources[j]));
}

/* Each interface is found by its name alone and by the index that it has. */
static void check_interfaces(const struct interfaces *interfaces)
{
	for (unsigned i = 0; i < interfaces_count(interfaces); i++) {
		int ifindex = interfaces_get(interfaces, i)->ifindex;

		assert(ifindex == 0 || interfaces_at(interfaces, ifindex) == (int)i);
	}
}

/* As the agent does, but for joining the group, which is the kernel's business. */
static void show(struct interfaces *interfaces, struct lan *lans, const struct kern_object *object)
{
	unsigned seen[INTERFACES_SEEN_MAX];
	int at = -1;

	if (object->type == KERN_OBJECT_LINK)
		for (unsigned n = interfaces_see(interfaces, object, seen); n; n--)
			lan_follow(&lans[seen[n - 1]]);
	if (object->type == KERN_OBJECT_ENTRY && object->kind == KERN_KIND_ADDRESS)
		at = interfaces_at(interfaces, object->address.ifindex);
	if (at >= 0 && object->address.family == 4)
		lan_source_see(&lans[at], object, false);
	check_interfaces(interfaces);
	for (unsigned i = 0; i < INTERFACES; i++)
		check_lan(&lans[i]);
}

/* libmnl takes a length of 2 GB and more for a negative one, which fits into anything. */
static bool is_whole(const struct nlmsghdr *message, int len)
{
	return mnl_nlmsg_ok(message, len) && message->nlmsg_len <= (uint32_t)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* In a block of its own length, so that a sanitizer sees any byte read beyond it; rounded
	 * up to 4, as libmnl rounds. */
	size_t block = MNL_ALIGN(size);
	uint8_t *bytes = calloc(1, block + !block);
	const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;
	struct kern_object object;
	struct interfaces *interfaces;
	struct lan lans[INTERFACES];
	int len = (int)size;

	assert(bytes);
	memcpy(bytes, data, size);
	assert(interfaces_new(INTERFACES, &interfaces) == 0);
	for (unsigned i = 0; i < INTERFACES; i++)
		lan_init(&lans[i], i % 2 ? 6 : 4,
			 interfaces_get(interfaces, interfaces_add(interfaces, names[i])));
	for (; is_whole(message, len); message = mnl_nlmsg_next(message, &len)) {
		memset(&object, 0xa5, sizeof(object));
		kern_object_parse(message, OUR_PORT, &object);
		check_object(&object, message);
		check_filters(message);
		show(interfaces, lans, &object);
	}
	for (unsigned i = 0; i < INTERFACES; i++)
		lan_fini(&lans[i]);
	interfaces_free(interfaces);
	free(bytes);
	return 0;
}
