/* SPDX-License-Identifier: MIT */
#include "will.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netlink/sweep.h"
#include "netlink/send.h"
#include "agent/state.h"
#include "tell.h"

struct will {
	struct kern_dump *dump;
	struct kern_changer *changer;
	int sender_fd;
	struct kern_sender *sender;
	unsigned sent_n;
};

int will_open(int sender_fd, struct will **ret_will)
{
	struct will *will = calloc(1, sizeof(*will));
	int err;

	if (!will)
		return -ENOMEM;
	will->sender_fd = sender_fd;
	err = kern_dump_open(&will->dump);
	if (err == 0)
		err = kern_changer_open(&will->changer);
	if (err == 0 && sender_fd < 0) {
		will->sender_fd = kern_sender_socket();
		err = will->sender_fd;
	}
	if (err >= 0)
		err = kern_sender_open(will->sender_fd, &will->sender);
	if (err < 0) {
		will_close(will);
		return err;
	}
	*ret_will = will;
	return 0;
}

int will_sender_fd(const struct will *will)
{
	return will->sender_fd;
}

void will_close(struct will *will)
{
	if (!will)
		return;
	kern_sender_close(will->sender);
	if (will->sender_fd >= 0)
		close(will->sender_fd);
	kern_changer_close(will->changer);
	kern_dump_close(will->dump);
	free(will);
}

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	const struct kern_address *address = &entry->address;
	struct event event = event_of(EVENT_SWEPT, NULL, NULL, address->family);

	(void)kind;
	event.address.error = error;
	event.address.prefix_len = address->prefix_len;
	event.address.ifindex = address->ifindex;
	memcpy(event.address.bytes, address->bytes, sizeof(event.address.bytes));
	if (error)
		tell(arg, &event);
}

static void flush(struct will *will)
{
	const struct kern_sent *sent;
	unsigned n = kern_sender_flush(will->sender, &sent);

	for (unsigned i = 0; i < n; i++)
		will->sent_n += sent[i].error == 0;
}

static void send_farewell(struct will *will, const struct state_farewell *farewell)
{
	uint8_t *frame =
		kern_sender_frame(will->sender, farewell->ifindex, farewell->frame_len, NULL, 0);

	if (!frame) {
		flush(will);
		frame = kern_sender_frame(will->sender, farewell->ifindex, farewell->frame_len,
					  NULL, 0);
	}
	memcpy(frame, farewell->frame, farewell->frame_len);
}

static void send_farewells(struct will *will, const struct state *state)
{
	struct timespec now;
	struct vrrp vr;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (unsigned i = 0; i < state_count(state); i++) {
		struct state_farewell farewell = state_farewell(state, i);
		int64_t now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;

		if (farewell.frame_len == 0 || state_get(state, i, now_ns, &vr) < 0 ||
		    vr.election.state != VRRP_STATE_ACTIVE)
			continue;
		send_farewell(will, &farewell);
	}
	flush(will);
}

static void tell_executed(struct teller *teller, int removed, unsigned sent_n, const char *what)
{
	struct event event = event_fact(EVENT_LAST_WILL, 0, what);

	event.fact.number[0] = removed;
	event.fact.number[1] = sent_n;
	tell(teller, &event);
}

int will_execute(struct will *will, int state_fd, struct teller *teller)
{
	struct state *state = NULL;
	int removed = kern_sweep(will->dump, will->changer, NULL, on_swept, teller);
	int err = state_fd < 0 ? -ENODATA : state_open(state_fd, &state);

	will->sent_n = 0;
	if (err == 0)
		send_farewells(will, state);
	state_close(state);
	tell_legacy(teller);
	if (state_fd < 0 && removed >= 0) {
		tell_process(teller, EVENT_SWEPT_ALL, removed, NULL, 1);
		return removed;
	}
	tell_executed(teller, removed, will->sent_n,
		      removed < 0 ? strerror(-removed)
		      : err < 0   ? "there is no state memory to send farewells from"
				  : "vipd has given everything up and ends: this host takes part "
				    "no more");
	return removed;
}
