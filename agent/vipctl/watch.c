/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

static sigset_t ending_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	return signals;
}

void watch_begin(void)
{
	const sigset_t signals = ending_signals();

	/* They stay pending until watch_next() takes them. */
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
}

bool watch_next(void)
{
	const struct timespec second = { .tv_sec = 1 };
	const sigset_t signals = ending_signals();

	if (fflush(stdout) != 0)
		return false;
	return sigtimedwait(&signals, NULL, &second) < 0;
}
