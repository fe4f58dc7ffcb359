/* SPDX-License-Identifier: MIT */
/*
 * What the keeper has to tell: into its journal (agent/events.h), and from there into the log at
 * once.
 */
#ifndef TELL_H
#define TELL_H

#include "agent/event_log.h"

struct teller;

/**
 * tell_new() - tell the log alone: whoever may not be the only vipd here must not write its
 * journal.
 *
 * Return: owned by the caller, who passes it to tell_close(); NULL without memory.
 */
struct teller *tell_new(void);

/**
 * tell_open_journal() - the keeper's journal, or one in memory where /run/vipd has no place for it:
 * then that is told. For a caller that has claimed the network namespace.
 */
void tell_open_journal(struct teller *teller);

/**
 * tell_go_on() - likewise, for a caller in the place of another program that had the journal open.
 * @fd: of its journal in memory, by tell_memory_fd(); owned from here on; -1: it had a file. What
 *is not a journal is as none.
 */
void tell_go_on(struct teller *teller, int fd);

/**
 * tell_journal_fd() - the journal, to hand on; borrowed. -1: there is none.
 */
int tell_journal_fd(const struct teller *teller);

/**
 * tell_wake() - from now on, add to an eventfd whenever there is something new in the journal.
 * @news_fd: borrowed; -1: nobody waits for it.
 */
void tell_wake(struct teller *teller, int news_fd);

/**
 * tell_memory_fd() - a journal that has no file, to hand on; borrowed. -1: it has one, or there is
 * none.
 */
int tell_memory_fd(const struct teller *teller);

/**
 * tell_close() - release; the journal stays. NULL is allowed.
 */
void tell_close(struct teller *teller);

/**
 * tell_defer() - from here on, until tell_log(), leave events in the journal, and log them then:
 * somebody else is in a hurry, and to write lines takes longer than all the rest. tell_log() may
 * come early, and again.
 */
void tell_defer(struct teller *teller);
void tell_log(struct teller *teller);

/**
 * tell() - an event that is complete.
 */
void tell(struct teller *teller, const struct event *event);

/**
 * tell_fact() - an event that has an error and a text at most.
 * @error: an errno, or 0.
 * @text: or NULL.
 */
void tell_fact(struct teller *teller, enum event_kind kind, int error, const char *text);

/**
 * tell_process() - an event of a process.
 * @text: what of it; or NULL.
 * @word: of struct event_fact.
 */
void tell_process(struct teller *teller, enum event_kind kind, int pid, const char *text,
		  unsigned word);

/**
 * tell_failure() - something that could not be done.
 * @kind: EVENT_FAILED or EVENT_DEGRADED.
 * @error: an errno.
 * @advice: or NULL.
 */
void tell_failure(struct teller *teller, enum event_kind kind, int error, const char *doing,
		  const char *advice);

/**
 * tell_signal() - a signal came.
 * @leaving: and so vipd leaves.
 */
void tell_signal(struct teller *teller, unsigned number, unsigned from_pid, enum event_signal what);

/**
 * tell_legacy() - what the last router process decided and did not live to tell.
 */
void tell_legacy(void);

#endif
