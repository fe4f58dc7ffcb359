/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event_level.h"
#include "event_words.h"

/*
 * One row per kind: its word, how much it matters, its fields, and its line in the log. In a line,
 * {name} is a field of the kind or one of all kinds, and a part in brackets is left out when the
 * field in it is empty, zero or "-".
 */
struct kind {
	const char *word;
	enum log_level level;
	size_t size; /* used of the union */
	const struct field *fields;
	const char *line;
};

#define OF(member, called, kind)        FIELD(struct event_words, member, called, kind)
#define OF_WORDS(member, called, words) FIELD_OF_WORDS(struct event_words, member, called, words)
#define OF_IP(member, called)           FIELD_OF_IP(struct event_words, member, called, event.family)
#define NUMBER(i, called)               OF(event.fact.number[i], called, FIELD_INT)
#define ERROR                           OF(event.fact.error, "error", FIELD_ERRNO)
#define TEXT(called)                    OF(event.fact.text, called, FIELD_TEXT)
#define NAME(called)                    OF(event.fact.name, called, FIELD_TEXT)
#define NOTE                            OF(note, "note", FIELD_TEXT)
/* Why which other router of its unit did so first: words of no reason are not there. */
#define CAUSE             OF(cause, "cause", FIELD_TEXT), OF(event.state.by, "by", FIELD_TEXT)
#define SHARED(i, called) OF(shared[i], called, FIELD_TEXT)
#define IN_CAUSE          "[ cause={cause}][ by={by}]"
#define ROWS(...)                                                                                  \
	(const struct field[])                                                                     \
	{                                                                                          \
		__VA_ARGS__, FIELDS_END                                                            \
	}

#define NO_FIELDS                                                                                  \
	(const struct field[])                                                                     \
	{                                                                                          \
		FIELDS_END                                                                         \
	}
#define SIZE_OF(member)   sizeof(((struct event *)0)->member)
#define WITHOUT_LISTS     offsetof(struct event_packet, ours)
#define WITH_ONE_ADDRESS  (WITHOUT_LISTS + 16)
#define WITHOUT_CHANGES   offsetof(struct event_state, changes_n)
#define WITHOUT_WHY       offsetof(struct event_state, why)
#define WITHOUT_TEXT      offsetof(struct event_fact, name)
#define WITHOUT_FACT_TEXT offsetof(struct event_fact, text)
#define OF_ROUTER         "router={router} family={family} "
#define OF_ROUTER_ON_LINK "router={router} family={family} interface={interface} "

static const struct kind kinds[] = {
	[EVENT_STATE] = { "state", LOG_LEVEL_INFO, SIZE_OF(state),
			  ROWS(OF_WORDS(event.state.from, "from", vrrp_state_words),
			       OF_WORDS(event.state.to, "to", vrrp_state_words),
			       OF(reason, "reason", FIELD_TEXT),
			       OF_WORDS(event.state.reason, "reason_code", vrrp_reason_words),
			       CAUSE, OF(event.state.priority, "priority", FIELD_UINT),
			       OF(event.state.vrid, "vrid", FIELD_UINT),
			       OF_IP(event.state.peer, "peer"),
			       OF(event.state.peer_priority, "peer_priority", FIELD_UINT),
			       OF_IP(event.state.last_heard, "last_heard")),
			  OF_ROUTER "state={from}->{to} reason=\"{reason}\"" IN_CAUSE
				    "[ last_heard={last_heard}]" },
	[EVENT_SUSPICION] = { "suspicion", LOG_LEVEL_WARNING, WITHOUT_WHY,
			      ROWS(OF_IP(event.state.last_heard, "last_heard"),
				   OF(rejected, "rejected", FIELD_TEXT), NOTE),
			      OF_ROUTER_ON_LINK "last_heard={last_heard}[ rejected={rejected}] "
						"note=\"{note}\"" },
	[EVENT_REJECT] = { "reject", LOG_LEVEL_WARNING, WITHOUT_LISTS,
			   ROWS(OF_WORDS(event.packet.which, "rejected", vrrp_reject_words),
				OF_IP(event.packet.source, "source"),
				OF(event.packet.version, "theirs_version", FIELD_UINT),
				OF(event.packet.total, "total", FIELD_UINT), NOTE),
			   OF_ROUTER "rejected={rejected} source={source} interface={interface} "
				     "note=\"{note}\"" },
	/* Other virtual routers on the same LAN are nothing to worry about. */
	[EVENT_STRAY] = { "stray", LOG_LEVEL_INFO, WITHOUT_LISTS,
			  ROWS(OF_WORDS(event.packet.which, "rejected", vrrp_reject_words),
			       OF_IP(event.packet.source, "source"),
			       OF(event.packet.vrid_known, "vrid_known", FIELD_BOOL),
			       OF(event.packet.vrid, "vrid", FIELD_UINT),
			       OF(event.packet.total, "total", FIELD_UINT), NOTE),
			  "rejected={rejected} source={source} interface={interface}[ "
			  "vrid={vrid}] note=\"{note}\"" },
	[EVENT_NOTICE] = { "notice", LOG_LEVEL_WARNING, SIZE_OF(packet),
			   ROWS(OF_WORDS(event.packet.which, "notice", vrrp_notice_words),
				OF_IP(event.packet.source, "source"),
				OF(event.packet.priority, "priority", FIELD_UINT),
				FIELD_SCALED(struct event_words, event.packet.theirs_cs,
					     "theirs_ms", 10),
				FIELD_SCALED(struct event_words, event.packet.ours_cs, "ours_ms",
					     10),
				OF(event.packet.down_ms, "down_ms", FIELD_UINT),
				OF(event.packet.discarded, "discarded", FIELD_BOOL),
				OF(theirs, "theirs", FIELD_TEXT), OF(ours, "ours", FIELD_TEXT),
				OF(event.packet.total, "total", FIELD_UINT), NOTE),
			   OF_ROUTER "notice={notice} source={source}[ priority={priority}]"
				     "[ theirs_ms={theirs_ms}][ ours_ms={ours_ms}]"
				     "[ down_ms={down_ms}]"
				     "[ theirs={theirs}][ ours={ours}] note=\"{note}\"" },
	[EVENT_ADDRESS] = { "address", LOG_LEVEL_WARNING, SIZE_OF(address),
			    ROWS(OF(address, "address", FIELD_TEXT),
				 OF_WORDS(event.address.news, "news", event_address_words),
				 OF(event.address.elsewhere, "elsewhere", FIELD_TEXT),
				 OF(event.address.error, "error", FIELD_ERRNO), NOTE),
			    OF_ROUTER
			    "address={address} interface={interface} news={news}[ "
			    "elsewhere={elsewhere}][ error=\"{error}\"] note=\"{note}\"" },
	[EVENT_SEND] = { "send", LOG_LEVEL_ERROR, SIZE_OF(fact), ROWS(TEXT("send"), ERROR),
			 OF_ROUTER_ON_LINK "send={send} error=\"{error}\"" },
	[EVENT_SEND_PEER] = { "send_peer", LOG_LEVEL_ERROR, SIZE_OF(address),
			      ROWS(OF_IP(event.address.bytes, "peer"),
				   OF(event.address.error, "error", FIELD_ERRNO)),
			      OF_ROUTER "send=advert peer={peer} error=\"{error}\"" },
	[EVENT_WITHDRAWN] = { "withdrawn", LOG_LEVEL_INFO, 0, NO_FIELDS,
			      OF_ROUTER "withdrawn=yes note=\"gone from the configuration, or with "
					"another interface, VRID or family\"" },
	[EVENT_STATE_NOW] = { "state_now", LOG_LEVEL_INFO, SIZE_OF(state),
			      ROWS(OF_WORDS(event.state.to, "to", vrrp_state_words),
				   OF(reason, "reason", FIELD_TEXT),
				   OF_WORDS(event.state.reason, "reason_code", vrrp_reason_words),
				   CAUSE, OF(event.state.priority, "priority", FIELD_UINT)),
			      OF_ROUTER "state={to} reason=\"{reason}\"" IN_CAUSE
					" note=\"told late\"" },
	[EVENT_STATE_ASKED] = { "state_asked", LOG_LEVEL_INFO, SIZE_OF(state),
				ROWS(OF_WORDS(event.state.to, "to", vrrp_state_words),
				     OF(reason, "reason", FIELD_TEXT),
				     OF_WORDS(event.state.reason, "reason_code", vrrp_reason_words),
				     CAUSE, OF(event.state.priority, "priority", FIELD_UINT)),
				OF_ROUTER "state={to} reason=\"{reason}\"" IN_CAUSE },
	[EVENT_CONFLICT] = { "conflict", LOG_LEVEL_ERROR, WITH_ONE_ADDRESS,
			     ROWS(OF_IP(event.packet.ours[0], "address"),
				  OF(event.packet.own_vrid, "vrid", FIELD_UINT),
				  OF(event.packet.vrid, "other_vrid", FIELD_UINT),
				  OF_IP(event.packet.source, "source")),
			     OF_ROUTER "conflict={address} interface={interface} vrid={vrid} "
				       "other_vrid={other_vrid} source={source} note=\"two virtual "
				       "routers have this address, and elect apart: two hosts will "
				       "answer for it\"" },
	[EVENT_FLAPPING] = { "flapping", LOG_LEVEL_WARNING, 0, NO_FIELDS,
			     OF_ROUTER
			     "flapping=yes note=\"it changes its state again and again; its "
			     "next line comes when a state has lasted 5 s, or after a "
			     "minute; vipctl events has every change\"" },
	[EVENT_FLAPPED] = { "flapped", LOG_LEVEL_INFO, SIZE_OF(state),
			    ROWS(OF_WORDS(event.state.to, "to", vrrp_state_words),
				 OF(reason, "reason", FIELD_TEXT),
				 OF_WORDS(event.state.reason, "reason_code", vrrp_reason_words),
				 CAUSE, OF_IP(event.state.last_heard, "last_heard"),
				 OF(event.state.changes_n, "flapped", FIELD_UINT)),
			    OF_ROUTER "state={to} reason=\"{reason}\"[ last_heard={last_heard}] "
				      "flapped={flapped} note=\"so many changes of state were not "
				      "told here; vipctl events has every change\"" },
	[EVENT_FORGOTTEN] = { "forgotten", LOG_LEVEL_INFO, SIZE_OF(forgotten),
			      ROWS(OF_IP(event.forgotten.address, "forgotten"),
				   OF(event.forgotten.priority, "peer_priority", FIELD_UINT),
				   FIELD_SCALED(struct event_words, event.forgotten.interval_cs,
						"theirs_ms", 10),
				   OF(event.forgotten.uid, "uid", FIELD_UINT),
				   OF(event.forgotten.pid, "pid", FIELD_INT), NOTE),
			      OF_ROUTER
			      "forgotten={forgotten} peer_priority={peer_priority} "
			      "theirs_ms={theirs_ms} uid={uid} pid={pid} note=\"{note}\"" },
	[EVENT_RESORT] = { "resort", LOG_LEVEL_INFO, SIZE_OF(address),
			   ROWS(OF_WORDS(event.address.news, "resort", event_resort_words),
				OF(address, "address", FIELD_TEXT),
				OF(event.address.configured_priority, "configured_priority",
				   FIELD_UINT),
				NOTE),
			   OF_ROUTER "resort={resort}[ address={address}] interface={interface} "
				     "note=\"{note}\"" },
	[EVENT_MUTE] = { "mute", LOG_LEVEL_WARNING, WITHOUT_CHANGES,
			 ROWS(OF(reason, "reason", FIELD_TEXT),
			      OF_WORDS(event.state.reason, "reason_code", vrrp_reason_words)),
			 OF_ROUTER_ON_LINK "mute=yes reason=\"{reason}\" note=\"no advert of this "
					   "family leaves: it follows the other one\"" },
	[EVENT_SPEAKS] = { "speaks", LOG_LEVEL_INFO, 0, NO_FIELDS, OF_ROUTER_ON_LINK "mute=no" },
	[EVENT_DEAF] = { "deaf", LOG_LEVEL_WARNING, 0, NO_FIELDS,
			 OF_ROUTER_ON_LINK
			 "deaf=yes note=\"no advert arrives here, while its other family or "
			 "another router of its group hears an Active: a firewall; with multicast "
			 "also a switch that filters it, with unicast also an Active whose peers "
			 "lack this host; nobody takes over for that\"" },
	[EVENT_HEARS] = { "hears", LOG_LEVEL_INFO, 0, NO_FIELDS, OF_ROUTER_ON_LINK "deaf=no" },
	[EVENT_DRAIN] = { "drain", LOG_LEVEL_INFO, SIZE_OF(fact),
			  ROWS(OF_WORDS(event.fact.word, "drain", event_drain_words),
			       NUMBER(0, "for_s"), NUMBER(1, "uid"), NUMBER(2, "pid"), NOTE),
			  OF_ROUTER "drain={drain}[ for_s={for_s}] uid={uid} pid={pid}[ "
				    "note=\"{note}\"]" },
	[EVENT_DRAINED] = { "drained", LOG_LEVEL_INFO, SIZE_OF(fact),
			    ROWS(OF_WORDS(event.fact.word, "drain", event_drain_words),
				 NUMBER(0, "wait_ms"), NUMBER(1, "hold_ns"), NAME("until"), NOTE),
			    OF_ROUTER
			    "drain={drain}[ wait_ms={wait_ms}][ until={until}] note=\"{note}\"" },
	[EVENT_LEAVE] = { "leave", LOG_LEVEL_INFO, SIZE_OF(fact),
			  ROWS(OF_WORDS(event.fact.word, "leave", event_leave_words),
			       NAME("before"), NUMBER(0, "wait_ms"), NUMBER(1, "hold_ns"), NOTE),
			  OF_ROUTER "leave={leave} before={before}[ wait_ms={wait_ms}] "
				    "note=\"{note}\"" },
	[EVENT_DAMPED] = { "damped", LOG_LEVEL_INFO, WITHOUT_TEXT,
			   ROWS(OF_WORDS(event.fact.word, "damped", event_damping_words),
				NUMBER(0, "changes"), NUMBER(1, "within_s"), NAME("until"), NOTE),
			   OF_ROUTER "damped={damped}[ changes={changes}][ within_s={within_s}]"
				     "[ until={until}] note=\"{note}\"" },
	[EVENT_SHARED] = { "shared", LOG_LEVEL_INFO, WITHOUT_FACT_TEXT,
			   ROWS(NAME("with"), SHARED(EVENT_SHARED_DRAIN, "drain"),
				SHARED(EVENT_SHARED_LEAVE, "leave"),
				SHARED(EVENT_SHARED_RESORT, "resort"),
				SHARED(EVENT_SHARED_DAMPING, "damped")),
			   OF_ROUTER "with={with}[ drain={drain}][ leave={leave}]"
				     "[ resort={resort}][ damped={damped}] note=\"a group has one "
				     "fate: the line of that router says more\"" },
	[EVENT_TRACK] = { "track", LOG_LEVEL_WARNING, SIZE_OF(track),
			  ROWS(OF(track, "track", FIELD_TEXT),
			       OF_WORDS(event.track.down, "is", event_track_words),
			       OF(event.track.weight, "weight", FIELD_INT),
			       OF(event.track.from, "priority_before", FIELD_UINT),
			       OF(event.track.to, "effective_priority", FIELD_UINT)),
			  OF_ROUTER "track={track} is={is} weight={weight} "
				    "priority={priority_before}->{effective_priority}" },
	[EVENT_MACVLAN] = { "macvlan", LOG_LEVEL_ERROR, WITHOUT_FACT_TEXT,
			    ROWS(NAME("macvlan"),
				 OF_WORDS(event.fact.word, "news", event_macvlan_words), ERROR,
				 NOTE),
			    OF_ROUTER "macvlan={macvlan} interface={interface} news={news}[ "
				      "error=\"{error}\"] note=\"{note}\"" },
	[EVENT_CLOCK] = { "clock", LOG_LEVEL_ERROR, SIZE_OF(clock),
			  ROWS(OF_WORDS(event.clock.what, "clock", event_clock_words),
			       OF_IP(event.clock.source, "source"),
			       OF(event.clock.ahead_s, "ahead_s", FIELD_INT), NOTE),
			  OF_ROUTER "clock={clock} source={source} ahead_s={ahead_s} "
				    "note=\"{note}\"" },
	[EVENT_ROUTE] = { "route", LOG_LEVEL_ERROR, SIZE_OF(fact),
			  ROWS(TEXT("route"), OF_WORDS(event.fact.word, "news", event_route_words),
			       ERROR, NOTE),
			  OF_ROUTER "route=\"{route}\" news={news}[ error=\"{error}\"] "
				    "note=\"{note}\"" },
	[EVENT_RULE] = { "rule", LOG_LEVEL_ERROR, SIZE_OF(fact),
			 ROWS(TEXT("rule"), OF_WORDS(event.fact.word, "news", event_route_words),
			      ERROR, NOTE),
			 OF_ROUTER "rule=\"{rule}\" news={news}[ error=\"{error}\"] "
				   "note=\"{note}\"" },
	[EVENT_RECEIVE] = { "receive", LOG_LEVEL_WARNING, WITHOUT_TEXT,
			    ROWS(OF(event.fact.error, "errno", FIELD_INT), NOTE),
			    "receive=lost error=\"{note}\"" },
	[EVENT_SWEPT] = { "swept", LOG_LEVEL_WARNING, SIZE_OF(address),
			  ROWS(OF(address, "address", FIELD_TEXT),
			       OF(event.address.ifindex, "ifindex", FIELD_INT),
			       OF(event.address.error, "error", FIELD_ERRNO)),
			  NULL },
	[EVENT_SWEPT_ALL] = { "swept_all", LOG_LEVEL_WARNING, WITHOUT_TEXT,
			      ROWS(NUMBER(0, "addresses")),
			      "swept={addresses} note=\"addresses and macvlans in all\"" },
	[EVENT_DUMP] = { "dump", LOG_LEVEL_WARNING, WITHOUT_TEXT, ROWS(ERROR),
			 "netlink=dump error=\"{error}\" note=\"going on with what is known; asked "
			 "again in 1 s\"" },
	[EVENT_GROUP] = { "group", LOG_LEVEL_ERROR, WITHOUT_TEXT, ROWS(ERROR),
			  "interface={interface} group={what} error=\"{error}\" note=\"tried "
			  "again every second\"" },
	[EVENT_CAVEAT] = { "caveat", LOG_LEVEL_WARNING, WITHOUT_TEXT,
			   ROWS(OF_WORDS(event.fact.word, "caveat", event_caveat_words), NOTE),
			   "interface={interface} family={family} caveat={caveat} "
			   "note=\"{note}\"" },
	[EVENT_CHECK] = { "check", LOG_LEVEL_WARNING, SIZE_OF(check),
			  ROWS(OF(event.check.name, "check", FIELD_TEXT),
			       OF_WORDS(event.check.from, "from", event_check_words),
			       OF_WORDS(event.check.to, "is", event_check_words),
			       OF(event.check.overdue, "overdue", FIELD_BOOL),
			       OF(event.check.excused, "excused", FIELD_BOOL),
			       OF(event.check.in_row, "answers", FIELD_UINT),
			       FIELD_SCALED(struct event_words, event.check.took_ns, "took_ns", 1),
			       OF(event.check.number, "number", FIELD_INT),
			       OF(event.check.changes_n, "changes", FIELD_UINT),
			       OF(event.check.error, "error", FIELD_TEXT), NOTE),
			  "check={check} is={is}[ number={number}][ error=\"{error}\"][ "
			  "answers={answers}][ changes={changes}][ note=\"{note}\"]" },
	[EVENT_HANDED_OVER] = { "handed_over", LOG_LEVEL_INFO, WITHOUT_TEXT,
				ROWS(NUMBER(0, "addresses"), NUMBER(1, "unannounced"),
				     NUMBER(2, "after_us")),
				OF_ROUTER "handed_over={addresses}[ unannounced={unannounced}] "
					  "after_us={after_us}" },
	[EVENT_ADOPTED] = { "adopted", LOG_LEVEL_INFO, WITHOUT_TEXT,
			    ROWS(NUMBER(0, "adopted"), NUMBER(1, "started"),
				 NUMBER(2, "withdrawn")),
			    "adopted={adopted} started={started} withdrawn={withdrawn}" },
	[EVENT_NOT_ADOPTED] = { "not_adopted", LOG_LEVEL_WARNING, WITHOUT_TEXT, ROWS(ERROR, NOTE),
				"adopted=no error=\"{error}\" note=\"{note}; starting anew\"" },
	[EVENT_STARTED] = { "started", LOG_LEVEL_INFO, SIZE_OF(fact),
			    ROWS(TEXT("version"), NAME("node"), NUMBER(0, "routers")),
			    "started version={version} node={node} routers={routers}" },
	[EVENT_STOPPED] = { "stopped", LOG_LEVEL_INFO, 0, NO_FIELDS, "stopped" },
	[EVENT_REALTIME] = { "realtime", LOG_LEVEL_WARNING, SIZE_OF(fact),
			     ROWS(TEXT("refused"), ERROR),
			     "realtime=no refused=\"{refused}\" error=\"{error}\" note=\"under "
			     "heavy load adverts may be late; realtime = false silences this\"" },
	[EVENT_REALTIME_LOST] = { "realtime_lost", LOG_LEVEL_WARNING, 0, NO_FIELDS,
				  "realtime=lost note=\"busy for a second without a pause; "
				  "ordinary priority for a minute\"" },
	[EVENT_KEEPER_GONE] = { "keeper_gone", LOG_LEVEL_ERROR, 0, NO_FIELDS,
				"error=\"the keeper is gone\" note=\"leaving gracefully\"" },
	[EVENT_CONTROL] = { "control", LOG_LEVEL_ERROR, SIZE_OF(fact),
			    ROWS(TEXT("control"), ERROR, NOTE),
			    "control=\"{control}\"[ error=\"{error}\"] note=\"{note}\"" },
	[EVENT_CONF_ERROR] = { "conf_error", LOG_LEVEL_ERROR, SIZE_OF(fact), ROWS(TEXT("error")),
			       "{error}" },
	[EVENT_CONF_WARNING] = { "conf_warning", LOG_LEVEL_WARNING, SIZE_OF(fact),
				 ROWS(TEXT("warning")), "{warning}" },
	[EVENT_CHANGE] = { "change", LOG_LEVEL_INFO, SIZE_OF(change),
			   ROWS(OF_WORDS(event.change.what, "change", event_change_words),
				OF(event.change.key, "key", FIELD_TEXT),
				OF(event.change.old, "old", FIELD_TEXT),
				OF(event.change.new, "new", FIELD_TEXT)),
			   "reload=changed router={router} {what}" },
	[EVENT_CHANGES] = { "changes", LOG_LEVEL_INFO, SIZE_OF(fact),
			    ROWS(OF_WORDS(event.fact.word, "reload", event_changes_words),
				 NUMBER(0, "more"), TEXT("error"), NOTE),
			    "reload={reload}[ more={more}][ error=\"{error}\"] note=\"{note}\"" },
	[EVENT_KEYS] = { "keys", LOG_LEVEL_ERROR, SIZE_OF(fact),
			 ROWS(OF_WORDS(event.fact.word, "keys", event_keys_words),
			      NUMBER(0, "number"), NAME("numbers"), TEXT("file"), NOTE),
			 "keys={keys}[ numbers={numbers}] file=\"{file}\"[ note=\"{note}\"]" },
	[EVENT_SIGNAL] = { "signal", LOG_LEVEL_INFO, WITHOUT_TEXT,
			   ROWS(OF(signal, "signal", FIELD_TEXT), NUMBER(1, "from_pid"), NOTE),
			   "signal={signal} from_pid={from_pid}[ note=\"{note}\"]" },
	[EVENT_FAILED] = { "failed", LOG_LEVEL_ERROR, SIZE_OF(fact),
			   ROWS(ERROR, TEXT("doing"), NAME("advice")),
			   "error=\"{error}\" doing=\"{doing}\"[ note=\"{advice}\"]" },
	[EVENT_DEGRADED] = { "degraded", LOG_LEVEL_WARNING, SIZE_OF(fact),
			     ROWS(ERROR, TEXT("doing"), NAME("advice")),
			     "error=\"{error}\" doing=\"{doing}\"[ note=\"{advice}\"]" },
	[EVENT_JOURNAL_LOST] = { "journal_lost", LOG_LEVEL_WARNING, WITHOUT_TEXT,
				 ROWS(NUMBER(0, "lost")),
				 "journal=lost events={lost} note=\"they came faster than they "
				 "could be told; vipctl show has the states of now\"" },
	[EVENT_RELOAD] = { "reload", LOG_LEVEL_INFO, SIZE_OF(fact),
			   ROWS(OF_WORDS(event.fact.word, "reload", event_reload_words),
				NUMBER(0, "pid"), TEXT("why")),
			   "reload={reload}[ pid={pid}][ note=\"{why}\"]" },
	[EVENT_PROCESS_LATE] = { "process_late", LOG_LEVEL_ERROR, SIZE_OF(fact),
				 ROWS(NUMBER(0, "router_pid"), TEXT("what")),
				 "router_pid={router_pid} error=\"{what}\" note=\"killed\"" },
	[EVENT_PROCESS_END] = { "process_end", LOG_LEVEL_ERROR, SIZE_OF(fact),
				ROWS(NUMBER(0, "router_pid"), TEXT("end")),
				"router_pid={router_pid} end=\"{end}\"" },
	[EVENT_PROCESS_LOST] = { "process_lost", LOG_LEVEL_ERROR, SIZE_OF(fact),
				 ROWS(NUMBER(0, "router_pid"), TEXT("lost"), NOTE),
				 "router_pid={router_pid} lost=\"{lost}\" note=\"{note}\"" },
	[EVENT_STANDBY_LOST] = { "standby_lost", LOG_LEVEL_WARNING, SIZE_OF(fact),
				 ROWS(NUMBER(0, "standby_pid"), TEXT("lost")),
				 "standby_pid={standby_pid} lost=\"{lost}\" note=\"another one is "
				 "started later\"" },
	[EVENT_LAST_WILL] = { "last_will", LOG_LEVEL_ERROR, SIZE_OF(fact),
			      ROWS(NUMBER(0, "addresses_removed"), NUMBER(1, "farewells_sent"),
				   NUMBER(2, "left"), TEXT("what")),
			      "last_will=executed addresses_removed={addresses_removed} "
			      "farewells_sent={farewells_sent}[ left={left}] note=\"{what}\"" },
	[EVENT_CLAIMED] = { "claimed", LOG_LEVEL_ERROR, SIZE_OF(fact),
			    ROWS(NUMBER(0, "pid"), TEXT("advice")),
			    "[pid={pid} ]error=\"another vipd runs in this network namespace\"[ "
			    "note=\"{advice}\"]" },
	[EVENT_UPGRADE] = { "upgrade", LOG_LEVEL_INFO, SIZE_OF(fact),
			    ROWS(OF_WORDS(event.fact.word, "upgrade", event_upgrade_words),
				 TEXT("why")),
			    "upgrade={upgrade}[ note=\"{why}\"]" },
	[EVENT_CHECKER] = { "checker", LOG_LEVEL_ERROR, SIZE_OF(fact),
			    ROWS(NUMBER(0, "checker_pid"), TEXT("lost"), NUMBER(1, "again_ms")),
			    "[checker_pid={checker_pid} ]checker=\"{lost}\" note=\"another one is "
			    "started in {again_ms} ms; what checks have found stays, and none of "
			    "them "
			    "is asked meanwhile\"" },
	[EVENT_NOTIFIER] = { "notifier", LOG_LEVEL_ERROR, SIZE_OF(fact),
			     ROWS(NUMBER(0, "notifier_pid"), TEXT("lost"), NUMBER(1, "again_ms")),
			     "[notifier_pid={notifier_pid} ]notifier=\"{lost}\" note=\"another one "
			     "is started in {again_ms} ms, and goes on where this one ended; "
			     "nobody "
			     "is told of anything meanwhile\"" },
	[EVENT_NOTIFY] = { "notify", LOG_LEVEL_WARNING, SIZE_OF(fact),
			   ROWS(OF_WORDS(event.fact.word, "notify", event_notify_words),
				NUMBER(0, "id"), NUMBER(1, "times"), NAME("of"), TEXT("what")),
			   "notify={notify}[ id={id}][ times={times}][ of={of}] "
			   "note=\"{what}\"" },
	[EVENT_NOTIFY_ASKED] = { "notify_asked", LOG_LEVEL_INFO, WITHOUT_TEXT,
				 ROWS(OF_WORDS(event.fact.word, "notify", event_notify_words),
				      NUMBER(0, "id"), NUMBER(1, "uid"), NUMBER(2, "pid")),
				 "notify={notify} id={id} uid={uid} pid={pid}" },
	[EVENT_STANDBY] = { "standby", LOG_LEVEL_ERROR, SIZE_OF(fact),
			    ROWS(OF_WORDS(event.fact.word, "standby", event_standby_words),
				 NUMBER(0, "standby_pid"), TEXT("why"), NOTE),
			    "standby={standby}[ standby_pid={standby_pid}][ error=\"{why}\"]"
			    "[ note=\"{note}\"]" },
	[EVENT_PROCESSES] = { "processes", LOG_LEVEL_INFO, SIZE_OF(fact),
			      ROWS(NUMBER(0, "keeper_pid"), NUMBER(1, "router_pid"),
				   NUMBER(2, "standby_pid"), TEXT("lacking")),
			      "keeper_pid={keeper_pid}[ router_pid={router_pid}]"
			      "[ standby_pid={standby_pid}][ note=\"{lacking}\"]" },
};

static const struct field common[] = {
	OF(event.router, "router", FIELD_TEXT),
	OF(event.interface, "interface", FIELD_TEXT),
	OF(event.family, "family", FIELD_UINT),
	FIELDS_END,
};

/* Only in lines. */
static const struct field derived[] = {
	OF(what, "what", FIELD_TEXT),
	FIELDS_END,
};

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
};

static const struct kind *kind_of(unsigned kind)
{
	return kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[kind].word ? &kinds[kind] : NULL;
}

struct event event_of(enum event_kind kind, const char *router, const char *interface,
		      unsigned family)
{
	struct event event = { .kind = (uint16_t)kind, .family = (uint8_t)family };

	snprintf(event.router, sizeof(event.router), "%s", router ? router : "");
	snprintf(event.interface, sizeof(event.interface), "%s", interface ? interface : "");
	return event;
}

struct event event_fact(enum event_kind kind, int error, const char *text)
{
	struct event event = { .kind = (uint16_t)kind, .fact = { .error = error } };

	snprintf(event.fact.text, sizeof(event.fact.text), "%s", text ? text : "");
	return event;
}

struct event event_loss(const struct event *next, uint64_t lost)
{
	struct event event = event_fact(EVENT_JOURNAL_LOST, 0, NULL);

	event.fact.number[0] = (int64_t)lost;
	event.level = (uint8_t)event_level(&event);
	event.mono_ns = next->mono_ns;
	event.real_ns = next->real_ns;
	return event;
}

const char *event_kind_word(unsigned kind)
{
	const struct kind *row = kind_of(kind);

	return row ? row->word : NULL;
}

const struct field *event_kind_fields(unsigned kind)
{
	const struct kind *row = kind_of(kind);

	return row ? row->fields : NULL;
}

size_t event_payload_size(unsigned kind)
{
	const struct kind *row = kind_of(kind);

	return row ? row->size : SIZE_OF(payload);
}

enum log_level event_level(const struct event *event)
{
	const struct kind *row = kind_of(event->kind);

	return event_level_of(event, row ? row->level : LOG_LEVEL_INFO);
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	for (const unsigned char *p = bytes; len; p++, len--)
		hash = (hash ^ *p) * UINT64_C(1099511628211);
	return hash;
}

uint64_t event_episode(const struct event *event)
{
	unsigned detail = 0;
	uint64_t hash = UINT64_C(14695981039346656037);

	switch (event->kind) {
	case EVENT_REJECT:
	case EVENT_STRAY:
	case EVENT_NOTICE:
		detail = event->packet.which;
		break;
	case EVENT_CONFLICT:
		detail = event->packet.vrid;
		break;
	case EVENT_ADDRESS: /* the restorations of a thousand addresses are one line */
		detail = event->address.news;
		if (detail != EVENT_ADDRESS_RESTORED && detail != EVENT_ADDRESS_EXPIRED &&
		    detail != EVENT_ADDRESS_BEHIND)
			return 0;
		break;
	case EVENT_CLOCK:
		detail = event->clock.what;
		break;
	case EVENT_SEND_PEER:
		hash = mix(hash, event->address.bytes, sizeof(event->address.bytes));
		break;
	case EVENT_SEND:
	case EVENT_RECEIVE:
	case EVENT_MUTE:
	case EVENT_SPEAKS:
	case EVENT_DEAF:
	case EVENT_HEARS:
		break;
	default:
		return 0;
	}
	hash = mix(hash, &event->kind, sizeof(event->kind));
	hash = mix(hash, &detail, sizeof(detail));
	hash = mix(hash, &event->family, sizeof(event->family));
	return mix(hash, event->router, strlen(event->router)) | 1;
}

/* ---- the line ---- */

struct line {
	const struct kind *kind;
	const struct event_words *words;
	char *buf;
	size_t len;
};

/* Return: whether the field has something to say. */
static bool put_field(struct line *line, const char *name, size_t name_len)
{
	char wanted[32], text[FIELDS_TEXT_SIZE];
	const struct field *field;
	size_t room = EVENT_LINE_SIZE - line->len;
	int len;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)name_len, name);
	field = fields_find(line->kind->fields, wanted);
	if (!field)
		field = fields_find(common, wanted);
	if (!field)
		field = fields_find(derived, wanted);
	if (!field)
		return false;
	fields_text(field, line->words, text);
	len = snprintf(line->buf + line->len, room, "%s", text);
	line->len += (size_t)len < room ? (size_t)len : room - 1;
	return text[0] && strcmp(text, "-") != 0 && strcmp(text, "0") != 0;
}

static void put_char(struct line *line, char c)
{
	if (line->len < EVENT_LINE_SIZE - 1)
		line->buf[line->len++] = c;
}

static void put_line(struct line *line, const char *p)
{
	size_t begin = 0, name_len;
	bool says = true;

	for (; *p; p++) {
		if (*p == '{') {
			name_len = strcspn(p + 1, "}");
			says = put_field(line, p + 1, name_len);
			p += name_len + 1;
		} else if (*p == '[') {
			begin = line->len;
		} else if (*p == ']') {
			if (!says)
				line->len = begin;
		} else {
			put_char(line, *p);
		}
	}
	line->buf[line->len] = '\0';
}

/* Lines whose form depends on more than one field being empty, or on one that may be "0". */
static const char *form_of(const struct kind *kind, const struct event *event)
{
	if (event->kind == EVENT_CHANGE && !event->router[0])
		return "reload=changed {what}";
	if (event->kind == EVENT_CHANGE && event->change.of == EVENT_CHANGE_OF_GROUP)
		return "reload=changed group={router} {what}";
	if (event->kind == EVENT_CHANGE && event->change.of == EVENT_CHANGE_OF_CHECK)
		return "reload=changed check={router} {what}";
	if (event->kind != EVENT_SWEPT)
		return kind->line;
	return event->address.error
		       ? "address={address} ifindex={ifindex} swept=no error=\"{error}\""
		       : "address={address} ifindex={ifindex} swept=yes note=\"left by a vipd that "
			 "died\"";
}

static const char *line_of(const struct event_words *words, char *buf)
{
	struct line line = { kind_of(words->event.kind), words, buf, 0 };

	if (line.kind)
		put_line(&line, form_of(line.kind, &words->event));
	else
		snprintf(buf, EVENT_LINE_SIZE, "event=%u note=\"of another version of vipd\"",
			 words->event.kind);
	return buf;
}

const char *event_line(const struct event *event, char *buf)
{
	struct event_words words = { .event = *event };

	event_words_fill(&words);
	return line_of(&words, buf);
}

/* ---- JSON ---- */

const char *event_json(const struct event *event, char *buf)
{
	static const struct field head[] = {
		OF(event.seq, "seq", FIELD_UINT),
		OF(event.real_ns, "time", FIELD_TIME),
		FIELDS_END,
	};
	struct event_words words = { .event = *event };
	const struct kind *kind = kind_of(event->kind);
	char line[EVENT_LINE_SIZE], number[16];
	size_t len;

	event_words_fill(&words);
	snprintf(number, sizeof(number), "%u", event->kind);
	len = (size_t)sprintf(buf, "{ ");
	len += fields_json(head, &words, buf + len, EVENT_JSON_SIZE - len);
	len += (size_t)sprintf(buf + len, ", \"kind\": \"%s\"", kind ? kind->word : number);
	if (event->router[0])
		len += (size_t)sprintf(buf + len, ", ");
	if (event->router[0])
		len += fields_json(common, &words, buf + len, EVENT_JSON_SIZE - len);
	len += (size_t)sprintf(
		buf + len, ", \"level\": \"%s\", \"text\": ",
		level_words[event->level <= LOG_LEVEL_INFO ? event->level : LOG_LEVEL_INFO]);
	len += fields_json_string(line_of(&words, line), buf + len, EVENT_JSON_SIZE - len);
	if (kind && kind->size) {
		len += (size_t)sprintf(buf + len, ", ");
		len += fields_json(kind->fields, &words, buf + len, EVENT_JSON_SIZE - len - 3);
	}
	strcpy(buf + len, " }");
	return buf;
}
