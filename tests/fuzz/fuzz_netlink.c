/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a datagram of the kernel's route messages: walked and parsed as the monitor does,
 * and what comes out shown to an interface, as the agent does.
 */
#undef NDEBUG
#include <assert.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/router/interface.h"
#include "netlink/object.h"

#define OUR_PORT 4242

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_object(const struct kern_object *object, const struct nlmsghdr *message)
{
	assert(object->by_us == (message->nlmsg_pid == OUR_PORT));
	switch (object->type) {
	case KERN_OBJECT_NONE:
		break;
	case KERN_OBJECT_LINK:
		assert(memchr(object->link.name, 0, sizeof(object->link.name)));
		break;
	case KERN_OBJECT_ENTRY:
		assert(object->kind < KERN_KIND_COUNT);
		assert(object->address.family == 4 && object->address.prefix_len <= 32);
		for (unsigned i = 4; i < sizeof(object->address.bytes); i++)
			assert(object->address.bytes[i] == 0);
		break;
	}
}

/* The sources of an interface: a set, as far as there is room. */
static void check_link(const struct interface *link)
{
	assert(link->sources_n <= INTERFACE_SOURCES_MAX);
	assert(link->ifindex || link->sources_n == 0);
	for (unsigned i = 0; i < link->sources_n; i++)
		for (unsigned j = 0; j < i; j++)
			assert(memcmp(link->sources[i], link->sources[j],
				      sizeof(link->sources[i])) != 0);
}

/* As the agent does, but for joining the group, which is the kernel's business. */
static void show(struct interface *link, const struct kern_object *object)
{
	if (object->type == KERN_OBJECT_LINK)
		interface_see(link, object);
	else if (object->type == KERN_OBJECT_ENTRY && link->ifindex &&
		 object->address.ifindex == link->ifindex)
		interface_source_see(link, object);
	check_link(link);
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
	struct interface link;
	int len = (int)size;

	assert(bytes);
	memcpy(bytes, data, size);
	interface_init(&link, "eth0");
	for (; is_whole(message, len); message = mnl_nlmsg_next(message, &len)) {
		memset(&object, 0xa5, sizeof(object));
		kern_object_parse(message, OUR_PORT, &object);
		check_object(&object, message);
		show(&link, &object);
	}
	interface_fini(&link);
	free(bytes);
	return 0;
}
