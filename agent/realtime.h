/* SPDX-License-Identifier: MIT */
/*
 * A late advert is a failover of our own making, so the process runs with real-time priority and
 * locked memory where it may. Where it may not, it runs all the same.
 */
#ifndef REALTIME_H
#define REALTIME_H

/**
 * realtime_enter() - SCHED_RR and mlockall() for this process, not for its children.
 * @ret_what: the call that was refused first, a constant.
 *
 * A bound on CPU time without a pause (RLIMIT_RTTIME) keeps a runaway from taking the host.
 *
 * Return: 0; or -errno of the first refusal, mostly -EPERM: degraded, worth one warning.
 */
int realtime_enter(const char **ret_what);

#endif
