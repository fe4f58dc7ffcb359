/* SPDX-License-Identifier: MIT */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "keeper_private.h"

#define NS_PER_S INT64_C(1000000000)

int upgrade_identify(const char *path, struct upgrade_program *ret_program)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	*ret_program = (struct upgrade_program){
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = (uint64_t)status.st_size,
		.changed_ns = status.st_mtim.tv_sec * NS_PER_S + status.st_mtim.tv_nsec,
	};
	return 0;
}

static bool is_same(const struct upgrade_program *a, const struct upgrade_program *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_ns == b->changed_ns;
}

/* ---- the image ---- */

static void take_child(const struct keeper *keeper, enum succession_role role,
		       struct image_child *ret_child)
{
	const struct child *child = &keeper->children[role];
	const struct succession_child *rules = &keeper->succession.children[role];

	ret_child->pid = child->pid;
	ret_child->channel_fd = child->channel_fd;
	ret_child->state_fd = child->state_fd;
	ret_child->conf_fd = child->conf_fd;
	ret_child->program_fd = child->program_fd;
	ret_child->ready = rules->life == SUCCESSION_READY;
	ret_child->deadline_ns = rules->deadline_ns;
	snprintf(ret_child->version, sizeof(ret_child->version), "%s", CHANNEL_VERSION);
}

static void take_rules(const struct succession *s, struct image *ret_image)
{
	ret_image->reload_due = s->reload_due;
	ret_image->reload_began_ns = s->reload_began_ns;
	ret_image->reload_ns = s->reload_ns;
	ret_image->standby_ns = s->standby_ns;
	ret_image->died_early_n = s->died_early_n;
	ret_image->crashes_n = s->crashes_n;
	ret_image->crash_0_ns = s->crashes_ns[0];
	ret_image->crash_1_ns = s->crashes_ns[1];
}

static void take_program(const struct upgrade_program *program, struct image *ret_image)
{
	ret_image->program_device = program->device;
	ret_image->program_inode = program->inode;
	ret_image->program_size = program->size;
	ret_image->program_changed_ns = program->changed_ns;
}

/* It is hung up on by the exec, and ends: the next keeper starts another one. That is how an older
 * one sees the notifier as well. */
static void dismiss(struct image *image, pid_t pid)
{
	unsigned place = 0;

	while (place < IMAGE_DISMISSED_MAX - 1 && image->dismissed[place])
		place++;
	if (pid)
		image->dismissed[place] = pid;
}

/* One that was asked to end, or is not listened to, is hung up on. */
static void take_notifier(const struct helper *notifier, struct image *ret_image)
{
	ret_image->notifier_pid = notifier->pid;
	ret_image->notifier_channel_fd = notifier->life == HELPER_RUNS ? notifier->channel_fd : -1;
	ret_image->notifier_conf_fd = notifier->conf_fd;
	ret_image->router_ring_fd = helper_given(notifier, HELPER_FD_ROUTER_RING);
	ret_image->told_fd = helper_given(notifier, HELPER_FD_EVENTS);
}

static void take_image(const struct keeper *keeper, struct image *ret_image)
{
	image_init(ret_image);
	snprintf(ret_image->binary, sizeof(ret_image->binary), "%s", keeper->setting.binary);
	snprintf(ret_image->conf_path, sizeof(ret_image->conf_path), "%s",
		 keeper->setting.conf_path);
	take_program(&keeper->rehearsed, ret_image);
	ret_image->claim_fd = keeper->claim.lock_fd;
	ret_image->namespace_fd = keeper->claim.namespace_fd;
	ret_image->sender_fd = keeper->setting.sockets.sender_fd;
	ret_image->filter_fd = keeper->setting.sockets.filter_fd;
	ret_image->life_fd = keeper->setting.life_fd;
	ret_image->report_fd = keeper->report_fd;
	ret_image->journal_fd = tell_memory_fd(keeper->teller);
	ret_image->board_fd = helper_given(&keeper->checker, HELPER_FD_BOARD);
	ret_image->found_fd = helper_given(&keeper->checker, HELPER_FD_NEWS);
	take_child(keeper, SUCCESSION_CURRENT, &ret_image->current);
	take_child(keeper, SUCCESSION_STANDBY, &ret_image->standby);
	ret_image->previous_fd = keeper->children[SUCCESSION_PREVIOUS].state_fd;
	take_rules(&keeper->succession, ret_image);
	for (unsigned i = 0; i < IMAGE_DISMISSED_MAX; i++)
		ret_image->dismissed[i] = keeper->dismissed[i];
	ret_image->checker_pid = keeper->checker.pid;
	take_notifier(&keeper->notifier, ret_image);
	dismiss(ret_image, keeper->checker.pid);
	dismiss(ret_image, keeper->notifier.pid);
}

/* ---- execution ---- */

static int inherit(int fd, bool inherited)
{
	return fd >= 0 && fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC) < 0 ? -errno : 0;
}

/* Whether an exec leaves the descriptors of an image open, and the image. */
static int inherit_all(struct image *image, int image_fd, bool inherited)
{
	int32_t *fds[IMAGE_FDS_MAX];
	unsigned n = image_fds(image, fds);
	int err = inherit(image_fd, inherited);

	for (unsigned i = 0; err == 0 && i < n; i++)
		err = inherit(*fds[i], inherited);
	return err;
}

/* Return: only on failure, -errno. */
static int execute(const struct keeper *keeper, struct image *image, int image_fd,
		   bool is_rehearsal)
{
	char *const argv[] = { (char *)keeper->setting.binary, "-c",
			       (char *)keeper->setting.conf_path,
			       is_rehearsal ? IMAGE_OPERAND : NULL, NULL };
	char text[64];
	int err = inherit_all(image, image_fd, true);

	snprintf(text, sizeof(text), "%d%s", image_fd, is_rehearsal ? IMAGE_REHEARSAL : "");
	if (err == 0 && setenv(IMAGE_ENVIRONMENT, text, 1) < 0)
		err = -errno;
	if (err == 0) {
		execv(keeper->setting.binary, argv);
		err = -errno;
	}
	(void)unsetenv(IMAGE_ENVIRONMENT);
	(void)inherit_all(image, image_fd, false);
	return err;
}

/*
 * The child holds our ends of all conversations: it may not outlive us, or the router process would
 * not notice that its keeper is gone. What it starts in its turn is killed with it.
 */
static void become_rehearsal(const struct keeper *keeper, struct image *image, int image_fd,
			     pid_t keeper_pid)
{
	sigset_t none;
	int err;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper_pid)
		_exit(EXIT_FAILURE);
	(void)setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* The loader of a program that lacks a library has nowhere else to say so. */
	(void)dup2(keeper->stderr_fd, STDERR_FILENO);
	err = execute(keeper, image, image_fd, true);
	(void)dprintf(keeper->report_fd, "%s", strerror(-err));
	_exit(EXIT_FAILURE);
}

static void close_memory(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int make_memory(const char *name, int *fd)
{
	close_memory(fd);
	*fd = memfd_create(name, MFD_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

static int make_report(struct keeper *keeper)
{
	int err = make_memory("vipd-report", &keeper->report_fd);

	return err < 0 ? err : make_memory("vipd-stderr", &keeper->stderr_fd);
}

int upgrade_rehearse(struct keeper *keeper)
{
	struct child *child = &keeper->children[SUCCESSION_REHEARSAL];
	pid_t self = getpid();
	struct image image;
	int image_fd, err;

	if (upgrade_identify(keeper->setting.binary, &keeper->rehearsed) < 0 ||
	    is_same(&keeper->running, &keeper->rehearsed))
		return 0;
	err = make_report(keeper);
	if (err < 0)
		return err;
	take_image(keeper, &image);
	err = image_write(&image, &image_fd);
	if (err < 0)
		return err;
	*child = child_none;
	child->leads_group = true;
	child->pid = fork();
	if (child->pid == 0)
		become_rehearsal(keeper, &image, image_fd, self);
	if (child->pid < 0) {
		err = -errno;
		*child = child_none;
	} else {
		(void)setpgid(child->pid, child->pid); /* whoever is first */
	}
	close(image_fd);
	return err < 0 ? err : 1;
}

static void read_memory(int fd, char *buf, size_t size)
{
	ssize_t len = pread(fd, buf, size - 1, 0);

	buf[len < 0 ? 0 : len] = '\0';
}

void upgrade_report(const struct keeper *keeper, char *buf, size_t size)
{
	read_memory(keeper->report_fd, buf, size);
}

void upgrade_complaint(const struct keeper *keeper, char *buf, size_t size)
{
	read_memory(keeper->stderr_fd, buf, size);
	buf[strcspn(buf, "\n")] = '\0';
}

void upgrade_forget_report(struct keeper *keeper)
{
	close_memory(&keeper->report_fd);
	close_memory(&keeper->stderr_fd);
}

int upgrade_execute(struct keeper *keeper)
{
	struct upgrade_program there;
	struct image image;
	int image_fd;
	int err = upgrade_identify(keeper->setting.binary, &there);

	if (err < 0)
		return err;
	if (!is_same(&there, &keeper->rehearsed))
		return -ESTALE;
	take_image(keeper, &image);
	err = image_write(&image, &image_fd);
	if (err < 0)
		return err;
	err = execute(keeper, &image, image_fd, false);
	close(image_fd);
	return err;
}
