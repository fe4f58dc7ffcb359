/* SPDX-License-Identifier: MIT */
#include "will.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/state_will.h"
#include "netlink/filter_change.h"
#include "netlink/prepared.h"
#include "netlink/send.h"
#include "netlink/sweep.h"
#include "tell.h"

struct will {
	struct kern_dump *dump;
	struct kern_changer *changer;
	struct kern_prepared *prepared;
	struct will_sockets sockets;
	struct kern_sender *sender;
	unsigned sent_n;
	unsigned skipped_n; /* entries that are of no known kind, or make no sense */
};

/* What is not there already. Return: 0 or -errno. */
static int open_sockets(struct will_sockets *sockets)
{
	if (sockets->filter_fd < 0)
		sockets->filter_fd = kern_filter_socket();
	if (sockets->sender_fd < 0)
		sockets->sender_fd = kern_sender_socket();
	return sockets->sender_fd < 0 ? sockets->sender_fd : 0;
}

int will_open(const struct will_sockets *sockets, struct will **ret_will)
{
	struct will *will = calloc(1, sizeof(*will));
	int err;

	if (!will)
		return -ENOMEM;
	will->sockets = *sockets;
	err = kern_dump_open(&will->dump);
	if (err == 0)
		err = kern_changer_open(&will->changer);
	if (err == 0)
		err = kern_prepared_open(&will->prepared);
	if (err == 0)
		err = open_sockets(&will->sockets);
	if (err == 0)
		err = kern_changer_lend(will->changer, will->sockets.filter_fd, false);
	if (err == 0)
		err = kern_sender_open(will->sockets.sender_fd, &will->sender);
	if (err < 0) {
		will_close(will);
		return err;
	}
	*ret_will = will;
	return 0;
}

struct will_sockets will_sockets(const struct will *will)
{
	return will->sockets;
}

void will_close(struct will *will)
{
	if (!will)
		return;
	kern_sender_close(will->sender);
	if (will->sockets.sender_fd >= 0)
		close(will->sockets.sender_fd);
	kern_prepared_close(will->prepared);
	kern_changer_close(will->changer);
	if (will->sockets.filter_fd >= 0)
		close(will->sockets.filter_fd);
	kern_dump_close(will->dump);
	free(will);
}

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	const struct kern_address *address = &entry->address;
	struct event event = event_of(EVENT_SWEPT, NULL, NULL, address->family);

	event.address.error = error;
	event.address.prefix_len = address->prefix_len;
	event.address.ifindex = address->ifindex;
	memcpy(event.address.bytes, address->bytes, sizeof(event.address.bytes));
	if (error && kind == KERN_KIND_ADDRESS)
		tell(arg, &event);
}

static void flush(struct will *will)
{
	const struct kern_sent *sent;
	unsigned n = kern_sender_flush(will->sender, &sent);

	for (unsigned i = 0; i < n; i++)
		will->sent_n += sent[i].error == 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Call for each entry of all routers. */
static void walk(struct will *will, const struct state *state,
		 void (*each)(struct will *will, bool armed, const struct state_entry *entry))
{
	int64_t at_ns = now_ns();

	for (unsigned i = 0; i < state_count(state); i++) {
		struct state_will of_router = state_will(state, i, at_ns);
		struct state_entry entry;

		while (state_will_next(&of_router, &entry))
			each(will, of_router.armed, &entry);
	}
}

static void take_away(struct will *will, bool armed, const struct state_entry *entry)
{
	const struct kern_transaction transaction = { .protocol = entry->target,
						      .setting = entry->setting,
						      .bytes = entry->bytes,
						      .len = entry->len };

	if (entry->kind == STATE_ENTRY_NETLINK && entry->held)
		kern_prepared_add(will->prepared, &transaction);
	if (entry->kind != STATE_ENTRY_NETLINK && entry->kind != STATE_ENTRY_FRAME)
		will->skipped_n += armed || entry->held;
}

static void send_frame(struct will *will, bool armed, const struct state_entry *entry)
{
	uint8_t *frame;

	if (entry->kind != STATE_ENTRY_FRAME || !armed)
		return;
	if (entry->len > KERN_FRAME_MAX) {
		will->skipped_n++;
		return;
	}
	frame = kern_sender_frame(will->sender, entry->target, entry->len, NULL, 0);
	if (!frame) {
		flush(will);
		frame = kern_sender_frame(will->sender, entry->target, entry->len, NULL, 0);
	}
	memcpy(frame, entry->bytes, entry->len);
}

/* What was done. */
struct done {
	int removed; /* objects, or -errno */
	unsigned sent_n;
	unsigned left_n; /* entries of the will that were not carried out */
};

static void tell_executed(struct teller *teller, const struct done *done, const char *what)
{
	struct event event = event_fact(EVENT_LAST_WILL, 0, what);

	event.fact.number[0] = done->removed;
	event.fact.number[1] = done->sent_n;
	event.fact.number[2] = done->left_n;
	tell(teller, &event);
}

/* In this order: nobody is told that an address is free while it is there. */
static struct done execute(struct will *will, const struct state *state, struct teller *teller)
{
	struct kern_prepared_sum sum = { 0 };
	int swept;

	will->sent_n = will->skipped_n = 0;
	if (state)
		walk(will, state, take_away);
	if (state)
		sum = kern_prepared_flush(will->prepared);
	swept = kern_sweep(will->dump, will->changer, NULL, on_swept, teller);
	if (state)
		walk(will, state, send_frame);
	flush(will);
	return (struct done){
		.removed = swept < 0      ? swept
			   : sum.failed_n ? -sum.error
					  : swept + (int)sum.removed_n,
		.sent_n = will->sent_n,
		.left_n = sum.failed_n + sum.refused_n + will->skipped_n,
	};
}

int will_execute(struct will *will, int state_fd, struct teller *teller)
{
	struct state *state = NULL;
	int err = state_fd < 0 ? -ENODATA : state_open(state_fd, &state);
	struct done done = execute(will, state, teller);

	state_close(state);
	tell_legacy();
	if (state_fd < 0 && done.removed >= 0) {
		tell_process(teller, EVENT_SWEPT_ALL, done.removed, NULL, 1);
		return done.removed;
	}
	tell_executed(teller, &done,
		      done.removed < 0 ? strerror(-done.removed)
		      : err < 0        ? "there is no state memory to send farewells from"
				: "vipd has given everything up and ends: this host takes part "
				  "no more");
	return done.removed;
}
