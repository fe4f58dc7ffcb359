/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <errno.h>
#include <glob.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CAP_SYS_NICE_BIT 23
#define CAP_IPC_LOCK_BIT 14
#define RT_PRIORITY      20          /* vipd's (agent/realtime.c) */
#define LOCKED_BYTES     (16u << 20) /* more than it has */

static void see_kernel(struct doctor_view *view)
{
	struct utsname name;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	/* A module that is not there yet is loaded when vipd needs it; here nothing is. */
	view->has_nftables = fd >= 0 || errno != EPROTONOSUPPORT;
	if (fd >= 0)
		close(fd);
	if (uname(&name) == 0 &&
	    sscanf(name.release, "%u.%u", &view->kernel[0], &view->kernel[1]) == 2)
		view->seen |= DOCTOR_SEES_KERNEL;
	else
		doctor_unseen(view, "the kernel's version", "uname() does not tell it");
}

static void see_clock(struct doctor_view *view)
{
	struct timex state = { 0 };
	int status = adjtimex(&state);

	if (status < 0) {
		doctor_unseen(view, "whether the clock is set by others", strerror(errno));
		return;
	}
	view->clock_is_set = status != TIME_ERROR && !(state.status & STA_UNSYNC);
	view->seen |= DOCTOR_SEES_CLOCK;
}

/* ---- to be in time ---- */

/* A number of a file, behind a word that begins its line; "": behind none. */
static bool read_number(const char *path, const char *word, int base, long long *ret_number)
{
	FILE *file = fopen(path, "re");
	size_t len = strlen(word);
	char line[256], *end;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (strncmp(line, word, len) != 0)
			continue;
		*ret_number = (long long)strtoull(line + len, &end, base);
		found = end != line + len;
	}
	if (file)
		fclose(file);
	return found;
}

static bool has_right(unsigned bit)
{
	long long rights;

	return read_number("/proc/self/status", "CapEff:", 16, &rights) &&
	       ((unsigned long long)rights >> bit & 1);
}

/* What a vipd would be allowed that was started from here; its unit may give it more. */
static void see_limits(struct doctor_view *view)
{
	struct rlimit priority, locked;
	long long runtime;

	if (getrlimit(RLIMIT_RTPRIO, &priority) < 0 || getrlimit(RLIMIT_MEMLOCK, &locked) < 0)
		return;
	view->may_rt = has_right(CAP_SYS_NICE_BIT) || priority.rlim_cur >= RT_PRIORITY;
	view->may_lock = has_right(CAP_IPC_LOCK_BIT) || locked.rlim_cur >= LOCKED_BYTES;
	view->rt_runtime_us = read_number("/proc/sys/kernel/sched_rt_runtime_us", "", 10, &runtime)
				      ? runtime
				      : -1;
	if (view->is_root)
		view->seen |= DOCTOR_SEES_REALTIME;
}

/* Return: whether it was seen. */
static bool see_router_process(struct doctor_view *view, int pid)
{
	int policy = sched_getscheduler(pid);
	long long locked;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (policy < 0 || !read_number(path, "VmLck:", 10, &locked))
		return false;
	policy &= ~SCHED_RESET_ON_FORK;
	view->is_rt = policy == SCHED_RR || policy == SCHED_FIFO;
	view->is_locked = locked > 0;
	return true;
}

static void see_realtime(struct doctor_view *view)
{
	const struct doctor_process *process;

	see_limits(view);
	if (!(view->seen & DOCTOR_SEES_RUNNING)) {
		if (!view->is_root)
			doctor_unseen(view,
				      "whether real-time priority and locked memory are "
				      "allowed to vipd",
				      "this user's own limits say nothing about root's");
		return;
	}
	process = doctor_process(view, "vipd-router");
	if (process && see_router_process(view, process->pid)) {
		view->seen |= DOCTOR_SEES_REALTIME;
		return;
	}
	view->seen &= ~(unsigned)DOCTOR_SEES_REALTIME;
	doctor_unseen(view, "the priority and the memory of vipd",
		      "its router process is not to be seen in /proc");
}

/* Links are lstat()ed: they may lead to where a unit is not yet, or no more. */
static bool is_there(const char *pattern)
{
	glob_t found;
	bool any = glob(pattern, 0, NULL, &found) == 0;

	globfree(&found);
	return any;
}

static void see_unit(struct doctor_view *view)
{
	view->is_installed = is_there("/run/systemd/system") &&
			     (is_there("/etc/systemd/system/vipd.service") ||
			      is_there("/usr/local/lib/systemd/system/vipd.service") ||
			      is_there("/lib/systemd/system/vipd.service"));
	view->is_enabled = is_there("/etc/systemd/system/*.wants/vipd.service") ||
			   is_there("/etc/systemd/system/*.requires/vipd.service");
}

void doctor_see_host(struct doctor_view *view)
{
	see_unit(view);
	see_kernel(view);
	see_clock(view);
	see_realtime(view);
	view->cloud_init = access("/etc/cloud/cloud.cfg", F_OK) == 0 &&
			   access("/etc/cloud/cloud-init.disabled", F_OK) < 0 &&
			   access("/run/cloud-init", F_OK) == 0;
}
