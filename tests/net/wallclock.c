/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program, puts its wall clock ahead of the real one or behind: by the nanoseconds
 * that the file named by WALLCLOCK holds at the moment. All other clocks are the kernel's, as are
 * its time stamps: to a program that compares these with the wall clock it is worse than any step
 * that a host's clock can make. The host's own clock is everybody's, and stays as it is.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static const volatile int64_t *ahead_ns;

__attribute__((constructor)) static void open_file(void)
{
	const char *path = getenv("WALLCLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *memory = mmap(NULL, sizeof(*ahead_ns), PROT_READ, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		abort();
	ahead_ns = memory;
	close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int64_t ns;

	if (syscall(SYS_clock_gettime, clock, ret_time) < 0)
		return -1;
	if (clock != CLOCK_REALTIME || !ahead_ns)
		return 0;
	ns = ret_time->tv_sec * NS_PER_S + ret_time->tv_nsec + *ahead_ns;
	ret_time->tv_sec = ns / NS_PER_S;
	ret_time->tv_nsec = ns % NS_PER_S;
	return 0;
}
