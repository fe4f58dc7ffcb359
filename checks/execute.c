/* SPDX-License-Identifier: MIT */
#include "execute.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATUS_FAILED 127 /* as of a shell; the fault says more */

static _Noreturn void fail(struct check_program_fault *fault, const char *what)
{
	fault->err = errno;
	fault->error = CHECK_PROGRAM_STEP;
	strncpy(fault->where, what, sizeof(fault->where) - 1);
	_exit(STATUS_FAILED);
}

/* What is ignored would stay so. */
static void reset_signals(void)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };

	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &by_default, NULL);
}

static void set_standard_fds(const struct check_execution *execution, int out_fd,
			     struct check_program_fault *fault)
{
	int in_fd =
		execution->has_input ? execution->in_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (in_fd < 0)
		fail(fault, "/dev/null");
	if (dup2(in_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 ||
	    dup2(out_fd, STDERR_FILENO) < 0)
		fail(fault, "dup2");
}

/* Those of a service that is real-time, and locks its memory, are not for others. */
static void set_limits(void)
{
	static const int limits[] = { RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_RTPRIO, RLIMIT_NICE };
	const struct rlimit none = { 0, 0 };
	const struct sched_param param = { 0 };
	struct rlimit files;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		(void)setrlimit(limits[i], &none);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > CHECK_FILES_MAX) {
		files.rlim_cur = CHECK_FILES_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)sched_setscheduler(0, SCHED_OTHER, &param);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)umask(022);
}

static void become(const struct check_user *user, struct check_program_fault *fault)
{
	if (setgroups(user->groups_n, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		fail(fault, "changing the user");
}

/* From one user to another one the kernel leaves them as they are. */
static void give_up_rights(struct check_program_fault *fault)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &header, none) < 0)
		fail(fault, "giving up capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(fault, "giving up privileges to come");
}

/* After the last change of the user, which forgets it. */
static void die_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(STATUS_FAILED);
}

/* Return: where the program is by now. */
static int close_others(int program_fd, struct check_program_fault *fault)
{
	const int kept_fd = STDERR_FILENO + 1;

	if (program_fd != kept_fd && dup3(program_fd, kept_fd, O_CLOEXEC) < 0)
		fail(fault, "dup3");
	if (close_range((unsigned)kept_fd + 1, ~0U, 0) < 0)
		fail(fault, "close_range");
	return kept_fd;
}

/* The kernel says ENOENT of what needs an interpreter which could not open the descriptor. */
static void run(const struct check_execution *execution, int program_fd,
		struct check_program_fault *fault)
{
	char *const *argv = (char *const *)execution->argv;
	char *const *env = (char *const *)execution->env;

	(void)execveat(program_fd, "", argv, env, AT_EMPTY_PATH);
	if (errno == ENOENT)
		(void)execve(argv[0], argv, env);
	fault->err = errno;
	fault->error = errno == ENOENT ? CHECK_PROGRAM_INTERPRETER : CHECK_PROGRAM_ERRNO;
}

_Noreturn void check_execute(const struct check_execution *execution, int out_fd, pid_t parent,
			     struct check_program_fault *ret_fault)
{
	sigset_t none;
	int program_fd;

	(void)setsid();
	reset_signals();
	set_standard_fds(execution, out_fd, ret_fault);
	set_limits();
	if (execution->changes_user)
		become(&execution->user, ret_fault);
	if (execution->user.uid != 0)
		give_up_rights(ret_fault);
	die_with(parent);
	if (chdir("/") < 0)
		fail(ret_fault, "/");
	if (check_program_open(execution->argv[0], &execution->user, &program_fd, ret_fault) < 0)
		_exit(STATUS_FAILED);
	program_fd = close_others(program_fd, ret_fault);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	run(execution, program_fd, ret_fault);
	_exit(STATUS_FAILED);
}
