/* SPDX-License-Identifier: MIT */
#include "timeline_kind.h"

#include <stddef.h>
#include <string.h>

const struct timeline_class_row timeline_classes[TIMELINE_CLASS_COUNT] = {
	[TIMELINE_GENERIC] = { 'i', "other" },
	[TIMELINE_FAULT] = { 'F', "fault" },
	[TIMELINE_CONFLICT] = { 'C', "conflict or suspicion" },
	[TIMELINE_PROCESS] = { 'P', "process: start, stop, crash" },
	[TIMELINE_RELOAD] = { 'R', "reload, configuration" },
	[TIMELINE_DRAIN] = { 'D', "drain, damping" },
	[TIMELINE_ADDRESS] = { 'A', "address, route, macvlan" },
	[TIMELINE_NOTIFY] = { 'N', "notification" },
	[TIMELINE_WIRE] = { 'W', "adverts, clocks, keys" },
	[TIMELINE_TRACK] = { 'T', "check, tracked interface" },
};

static const struct timeline_kind kinds[] = {
	{ "state", TIMELINE_FAULT, TIMELINE_IS_STATE },
	{ "state_now", TIMELINE_FAULT, TIMELINE_IS_STATE },
	{ "state_asked", TIMELINE_FAULT, TIMELINE_IS_STATE },
	{ "flapped", TIMELINE_FAULT, TIMELINE_IS_STATE },
	{ "flapping", TIMELINE_CONFLICT, TIMELINE_IS_LIFE },
	{ "withdrawn", TIMELINE_RELOAD, TIMELINE_IS_LIFE },
	{ "suspicion", TIMELINE_CONFLICT, TIMELINE_IS_LIFE },
	{ "conflict", TIMELINE_CONFLICT, TIMELINE_IS_LIFE },
	{ "notice", TIMELINE_CONFLICT, TIMELINE_IS_LIFE },
	{ "forgotten", TIMELINE_DRAIN, TIMELINE_IS_LIFE },
	{ "drain", TIMELINE_DRAIN, 0 }, /* one that was kept is told at the start */
	{ "drained", TIMELINE_DRAIN, TIMELINE_IS_LIFE },
	{ "leave", TIMELINE_DRAIN, TIMELINE_IS_LIFE },
	{ "damped", TIMELINE_DRAIN, 0 },
	{ "shared", TIMELINE_DRAIN, 0 },
	{ "handed_over", TIMELINE_GENERIC, TIMELINE_IS_QUIET | TIMELINE_IS_LIFE },
	{ "address", TIMELINE_ADDRESS, 0 },
	{ "resort", TIMELINE_ADDRESS, TIMELINE_IS_LIFE },
	{ "macvlan", TIMELINE_ADDRESS, 0 },
	{ "route", TIMELINE_ADDRESS, 0 },
	{ "rule", TIMELINE_ADDRESS, 0 },
	{ "swept", TIMELINE_ADDRESS, 0 },
	{ "swept_all", TIMELINE_ADDRESS, 0 },
	{ "reject", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "stray", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "send", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "send_peer", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "mute", TIMELINE_WIRE, 0 },
	{ "speaks", TIMELINE_WIRE, 0 },
	{ "deaf", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "hears", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "clock", TIMELINE_WIRE, 0 },
	{ "keys", TIMELINE_WIRE, 0 },
	{ "receive", TIMELINE_WIRE, TIMELINE_IS_LIFE },
	{ "group", TIMELINE_WIRE, 0 },
	{ "track", TIMELINE_TRACK, 0 },
	{ "check", TIMELINE_TRACK, 0 },
	{ "reload", TIMELINE_RELOAD, TIMELINE_IS_LIFE },
	{ "change", TIMELINE_RELOAD, TIMELINE_IS_LIFE },
	{ "changes", TIMELINE_RELOAD, TIMELINE_IS_LIFE },
	{ "upgrade", TIMELINE_RELOAD, TIMELINE_IS_LIFE },
	{ "conf_error", TIMELINE_RELOAD, 0 },
	{ "conf_warning", TIMELINE_RELOAD, 0 },
	{ "started", TIMELINE_PROCESS, 0 },
	{ "stopped", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "signal", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "adopted", TIMELINE_PROCESS, TIMELINE_IS_QUIET },
	{ "processes", TIMELINE_PROCESS, TIMELINE_IS_QUIET },
	{ "not_adopted", TIMELINE_PROCESS, 0 },
	{ "keeper_gone", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "process_late", TIMELINE_PROCESS, 0 },
	{ "process_end", TIMELINE_PROCESS, 0 },
	{ "process_lost", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "standby_lost", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "standby", TIMELINE_PROCESS, 0 },
	{ "last_will", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "claimed", TIMELINE_PROCESS, 0 },
	{ "checker", TIMELINE_PROCESS, 0 },
	{ "notifier", TIMELINE_PROCESS, 0 },
	{ "realtime_lost", TIMELINE_PROCESS, TIMELINE_IS_LIFE },
	{ "failed", TIMELINE_PROCESS, 0 },
	{ "notify", TIMELINE_NOTIFY, 0 },
	{ "notify_asked", TIMELINE_NOTIFY, 0 },
};

static const struct timeline_kind unknown = { "", TIMELINE_GENERIC, 0 };

const struct timeline_kind *timeline_kind(const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return &kinds[i];
	return &unknown;
}
