/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what checks read of others: a packet, a message of the kernel's, a file, a line of
 * /proc. The first byte chooses.
 */
#undef NDEBUG
#include <assert.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/echo.h"
#include "checks/number.h"
#include "checks/proc.h"
#include "checks/proc_events.h"
#include "checks/route_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is a reply was made by echo_put() with the same words; all others are left alone. */
static void show_packet(uint8_t family, const uint8_t *bytes, size_t len)
{
	const uint16_t id = 0x4242;
	struct echo_heard heard;

	echo_parse(family, bytes, len, id, &heard);
	if (heard.type == ECHO_NOT_OURS)
		return;
	assert(len >= 8 && (heard.type == ECHO_REPLY || heard.type == ECHO_REFUSED));
	if (heard.type == ECHO_REFUSED) {
		assert(heard.reason && *heard.reason && heard.nonce == 0);
		return;
	}
	const struct echo echo = {
		.id = id, .seq = heard.seq, .check = heard.check, .nonce = heard.nonce
	};
	uint8_t request[ECHO_LEN];
	size_t header = family == 4 ? (bytes[0] & 0xfU) * 4 : 0;

	echo_put(family, &echo, request);
	assert(memcmp(request + 4, bytes + header + 4, 16) == 0);
}

static void show_number(const uint8_t *bytes, size_t len)
{
	const int32_t odd = 0x5a5a5a5a;
	int32_t number = odd, again;
	char text[16];
	int err = check_number_parse((const char *)bytes, len, &number);

	if (err) {
		assert(number == odd);
		return;
	}
	assert(len > 0);
	(void)snprintf(text, sizeof(text), "%d", number);
	assert(check_number_parse(text, strlen(text), &again) == 0 && again == number);
}

static void show_event(const uint8_t *bytes, size_t len)
{
	pid_t pid = -1;
	enum proc_event_type type = proc_event_parse(bytes, len, &pid);

	assert((type == PROC_EVENT_OTHER) == (pid == -1));
	assert(pid == -1 || pid > 0);
}

/* One way is any way. */
static void show_route(const struct nlmsghdr *message)
{
	static const struct route_way any;
	struct route_way way = { .ifindex = 7 };
	struct route_key key;

	if (!route_message_parse(message, &key))
		return;
	assert((key.family == 4 && key.to_len <= 32) || (key.family == 6 && key.to_len <= 128));
	assert(!route_message_leads(message, &way) || route_message_leads(message, &any));
	way.via_family = 4;
	assert(!route_message_leads(message, &way) || route_message_leads(message, &any));
}

static void show_routes(const uint8_t *bytes, size_t size)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)bytes;
	int len = (int)size;

	for (; mnl_nlmsg_ok(message, len) && message->nlmsg_len <= (uint32_t)len;
	     message = mnl_nlmsg_next(message, &len))
		show_route(message);
}

static void show_text(char *text)
{
	struct route_key key = { .table = 254 };
	size_t len = strlen(text);

	(void)proc_state_parse(text, len);
	if (route_to_parse(text, 6, &key) == 0)
		assert(key.table == 254 && key.to_len <= (key.family == 4 ? 32 : 128));
	proc_file_parse(text);
	assert(strlen(text) <= len);
}

/* In a block of its own length; but libmnl rounds up to 4, and a text has a zero at its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size ? size - 1 : 0;
	uint8_t what = size ? data[0] % 6 : 0;
	uint8_t *bytes = calloc(1, what == 4 ? MNL_ALIGN(len) + !len : len + (what == 5 || !len));

	assert(bytes);
	if (len)
		memcpy(bytes, data + 1, len);
	if (what < 2)
		show_packet(what ? 6 : 4, bytes, len);
	else if (what == 2)
		show_number(bytes, len);
	else if (what == 3)
		show_event(bytes, len);
	else if (what == 4)
		show_routes(bytes, len);
	else
		show_text((char *)bytes);
	free(bytes);
	return 0;
}
