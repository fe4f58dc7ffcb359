/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

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

int signals_open(const int *numbers, int *ret_fd)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	for (; *numbers; numbers++)
		sigaddset(&signals, *numbers);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
