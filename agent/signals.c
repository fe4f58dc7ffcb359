/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <signal.h>

/*
 * A file that may not grow is an error where it is written (EFBIG), a reader that goes away is one
 * where it is answered (EPIPE): neither is a reason to die. SIGQUIT comes from a keyboard to all
 * processes at once, and would leave the addresses behind.
 */
static const int strangers[] = {
	SIGHUP,  SIGQUIT,   SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM,
	SIGPROF, SIGSTKFLT, SIGIO,   SIGPWR,  SIGXFSZ, SIGXCPU,
};

void signals_ignore_strangers(void)
{
	for (unsigned i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		(void)signal(strangers[i], SIG_IGN);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		(void)signal(number, SIG_IGN);
}
