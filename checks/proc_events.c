/* SPDX-License-Identifier: MIT */
#include "proc_events.h"

#include <arpa/inet.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>

/* nlmsghdr, cn_msg, proc_event: its kind, and behind 16 bytes what it is about. */
enum {
	WHAT_AT = sizeof(struct nlmsghdr) + sizeof(struct cn_msg),
	DATA_AT = WHAT_AT + 16,
	PID_AT = DATA_AT, /* of all but a fork */
	CHILD_PID_AT = DATA_AT + 8,
	EVENT_END = DATA_AT + 16, /* of what is looked at */
};

/* As linux/cn_proc.h has them, whose type of them has another name in other versions. */
enum {
	EVENT_FORK = 1,
	EVENT_EXEC = 2,
	EVENT_UID = 4,
	EVENT_COMM = 0x200,
};
#define EVENT_EXIT                                                                                 \
	0x80000000U /* all of them as linux/cn_proc.h has them; their type's name moved */

_Static_assert(offsetof(struct proc_event, event_data) == 16, "where the data are");

static uint32_t get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static bool is_of_connector(const uint8_t *bytes)
{
	struct nlmsghdr header;
	struct cn_msg message;

	memcpy(&header, bytes, sizeof(header));
	memcpy(&message, bytes + sizeof(header), sizeof(message));
	return header.nlmsg_type == NLMSG_DONE && message.id.idx == CN_IDX_PROC &&
	       message.id.val == CN_VAL_PROC;
}

enum proc_event_type proc_event_parse(const uint8_t *bytes, size_t len, pid_t *ret_pid)
{
	const uint8_t *pids;
	uint32_t what;

	if (len < EVENT_END || !is_of_connector(bytes))
		return PROC_EVENT_OTHER;
	what = get32(bytes + WHAT_AT);
	if (what != EVENT_FORK && what != EVENT_EXEC && what != EVENT_UID && what != EVENT_COMM &&
	    what != EVENT_EXIT)
		return PROC_EVENT_OTHER;
	pids = bytes + (what == EVENT_FORK ? CHILD_PID_AT : PID_AT);
	if (get32(pids) != get32(pids + 4) || get32(pids) == 0 || get32(pids) > INT32_MAX)
		return PROC_EVENT_OTHER;
	*ret_pid = (pid_t)get32(pids);
	return what == EVENT_EXIT ? PROC_EVENT_ENDED : PROC_EVENT_CHANGED;
}

/* A filter loads in network byte order, and the kernel writes in the host's. */
void proc_events_filter(struct sock_filter *ret_code)
{
	const struct sock_filter lines[PROC_EVENTS_FILTER_LEN] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WHAT_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_FORK), 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_EXEC), 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_UID), 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_COMM), 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_EXIT), 4, 9),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CHILD_PID_AT),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CHILD_PID_AT + 4),
		BPF_STMT(BPF_JMP | BPF_JA, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PID_AT),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PID_AT + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(ret_code, lines, sizeof(lines));
}
