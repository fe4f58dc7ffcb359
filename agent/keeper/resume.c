/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/state.h"
#include "image.h"
#include "keeper_private.h"

/* ---- the environment ---- */

/* Return: the descriptor of the image, -1: none. */
static int image_of_environment(bool *ret_rehearsal)
{
	const char *text = getenv(IMAGE_ENVIRONMENT);
	char *end;
	long fd;

	if (!text)
		return -1;
	fd = strtol(text, &end, 10);
	*ret_rehearsal = strcmp(end, IMAGE_REHEARSAL) == 0;
	return end == text || fd < 0 || fd > INT32_MAX ? -1 : (int)fd;
}

enum resume_role resume_role(void)
{
	bool rehearsal;

	if (image_of_environment(&rehearsal) < 0)
		return RESUME_NOT;
	return rehearsal ? RESUME_REHEARSE : RESUME_KEEPER;
}

/* ---- from the image to a keeper ---- */

static void restore_child(const struct image_child *image, struct child *child)
{
	child->pid = image->pid;
	child->channel_fd = image->channel_fd;
	child->state_fd = image->state_fd;
	child->conf_fd = image->conf_fd;
	child->program_fd = image->program_fd;
}

static void restore_rules(const struct image *image, struct succession *s)
{
	s->phase = SUCCESSION_STEADY;
	s->children[SUCCESSION_CURRENT] =
		(struct succession_child){ .life = SUCCESSION_READY,
					   .deadline_ns = image->current.deadline_ns };
	if (image->standby.pid)
		s->children[SUCCESSION_STANDBY] = (struct succession_child){
			.life = image->standby.ready ? SUCCESSION_READY : SUCCESSION_STARTING,
			.deadline_ns = image->standby.deadline_ns,
		};
	if (image->previous_fd >= 0)
		s->children[SUCCESSION_PREVIOUS].life = SUCCESSION_GONE;
	s->reload_due = image->reload_due;
	s->reload_began_ns = image->reload_began_ns;
	s->reload_ns = image->reload_ns;
	s->standby_ns = image->standby_ns;
	s->died_early_n = image->died_early_n;
	s->crashes_n = image->crashes_n;
	s->crashes_ns[0] = image->crash_0_ns;
	s->crashes_ns[1] = image->crash_1_ns;
}

/* Whether a process is a child of ours, and not a stranger's number. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void restore_helper(pid_t pid, struct helper *helper, struct keeper *keeper)
{
	if (pid <= 0 || !is_child(pid))
		return;
	helper_expect_end(helper, pid, clocks_now().mono_ns);
	(void)keeper_was_dismissed(keeper, pid);
}

/* One that does not end by itself, as somebody has stopped it, would write to the board beside its
 * successor. */
static void restore_checker(const struct image *image, struct keeper *keeper)
{
	helper_give(&keeper->checker, HELPER_FD_BOARD, image->board_fd);
	helper_give(&keeper->checker, HELPER_FD_NEWS, image->found_fd);
	restore_helper(image->checker_pid, &keeper->checker, keeper);
}

/* Its routers may leave before the next generation wants another one, and wait for its commands. */
static void restore_notifier(const struct image *image, struct keeper *keeper)
{
	struct helper *notifier = &keeper->notifier;

	helper_give(notifier, HELPER_FD_ROUTER_RING, image->router_ring_fd);
	helper_give(notifier, HELPER_FD_EVENTS, image->told_fd);
	helper_go_on(notifier, image->notifier_conf_fd, clocks_now().mono_ns);
	if (image->notifier_channel_fd < 0 || !is_child(image->notifier_pid)) {
		if (image->notifier_channel_fd >= 0)
			close(image->notifier_channel_fd);
		restore_helper(image->notifier_pid, notifier, keeper);
		return;
	}
	helper_adopt(notifier, image->notifier_pid, image->notifier_channel_fd,
		     clocks_now().mono_ns);
	(void)keeper_was_dismissed(keeper, image->notifier_pid);
}

static void restore(const struct image *image, struct keeper *keeper)
{
	memcpy(keeper->binary, image->binary, sizeof(keeper->binary));
	memcpy(keeper->conf_path, image->conf_path, sizeof(keeper->conf_path));
	keeper->setting = (struct child_setting){ .binary = keeper->binary,
						  .conf_path = keeper->conf_path,
						  .sockets = { image->sender_fd, image->filter_fd },
						  .life_fd = image->life_fd,
						  .board_fd = -1,
						  .found_fd = -1,
						  .news_fd = -1,
						  .figures_fd = -1 };
	keeper->running = (struct upgrade_program){ .device = image->program_device,
						    .inode = image->program_inode,
						    .size = image->program_size,
						    .changed_ns = image->program_changed_ns };
	keeper->claim =
		(struct claim){ .namespace_fd = image->namespace_fd, .lock_fd = image->claim_fd };
	keeper->report_fd = image->report_fd;
	keeper->journal_fd = image->journal_fd;
	for (unsigned i = 0; i < IMAGE_DISMISSED_MAX; i++)
		keeper->dismissed[i] = image->dismissed[i];
	restore_child(&image->current, &keeper->children[SUCCESSION_CURRENT]);
	restore_child(&image->standby, &keeper->children[SUCCESSION_STANDBY]);
	keeper->children[SUCCESSION_PREVIOUS].state_fd = image->previous_fd;
	restore_rules(image, &keeper->succession);
	restore_checker(image, keeper);
	restore_notifier(image, keeper);
}

/* ---- whether it can be gone on with ---- */

static bool is_of_type(int fd, mode_t type)
{
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

static bool child_is_whole(const struct image_child *child)
{
	return child->pid > 0 && is_of_type(child->channel_fd, S_IFSOCK) &&
	       is_of_type(child->state_fd, S_IFREG) && is_of_type(child->conf_fd, S_IFREG) &&
	       (child->program_fd < 0 || fcntl(child->program_fd, F_GETFD) >= 0);
}

/* Return: what is in the way, or NULL. */
static const char *find_obstacle(const struct image *image)
{
	struct succession rules;
	struct state *state;
	int err;

	if (!image->binary[0] || !image->conf_path[0])
		return "the image does not say what runs";
	if (!child_is_whole(&image->current) ||
	    (image->standby.pid && !child_is_whole(&image->standby)))
		return "the image lacks a router process, or what belongs to it";
	if (!is_of_type(image->sender_fd, S_IFSOCK) ||
	    (image->filter_fd >= 0 && !is_of_type(image->filter_fd, S_IFSOCK)) ||
	    (image->claim_fd >= 0 && !is_of_type(image->claim_fd, S_IFREG)) ||
	    (image->namespace_fd >= 0 && !is_of_type(image->namespace_fd, S_IFSOCK)) ||
	    (image->previous_fd >= 0 && !is_of_type(image->previous_fd, S_IFREG)) ||
	    (image->life_fd >= 0 && fcntl(image->life_fd, F_GETFD) < 0))
		return "the image has descriptors that are not what they should be";
	succession_init(&rules);
	restore_rules(image, &rules);
	if (!succession_is_sane(&rules))
		return "the image was taken while something was under way";
	if (strcmp(image->current.version, CHANNEL_VERSION) != 0)
		return "the router process that runs is of another version: restart vipd to "
		       "upgrade";
	err = state_open(image->current.state_fd, &state);
	if (err == -EPROTO)
		return "the state memory is of another version: restart vipd to upgrade";
	if (err == 0)
		state_close(state);
	return NULL;
}

/* ---- be the keeper ---- */

/*
 * Above the places that children are born with, which may be more than the other program knew of;
 * and no further.
 */
static int take_fd(int32_t *fd)
{
	int place;

	if (*fd < 0)
		return 0;
	if (*fd >= CHANNEL_FD_END)
		return fcntl(*fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
	place = fcntl(*fd, F_DUPFD_CLOEXEC, (int)CHANNEL_FD_END);
	if (place < 0)
		return -errno;
	close(*fd);
	*fd = place;
	return 0;
}

static int take_fds(struct image *image)
{
	int32_t *fds[IMAGE_FDS_MAX];
	unsigned n = image_fds(image, fds);
	int err = 0;

	for (unsigned i = 0; err == 0 && i < n; i++)
		err = take_fd(fds[i]);
	return err;
}

static void part_with(const struct image_strangers *strangers)
{
	for (unsigned i = 0; i < strangers->fds_n; i++)
		if (strangers->fds[i] > STDERR_FILENO)
			close(strangers->fds[i]);
	for (unsigned i = 0; i < strangers->pids_n; i++)
		if (is_child(strangers->pids[i]))
			(void)kill(strangers->pids[i], SIGTERM);
}

int resume_keeper(struct keeper *keeper)
{
	struct image_strangers strangers;
	struct image image;
	bool rehearsal;
	int fd = image_of_environment(&rehearsal);
	int err = image_read(fd, &image, &strangers);

	close(fd);
	(void)unsetenv(IMAGE_ENVIRONMENT);
	part_with(&strangers);
	if (err == 0)
		err = take_fds(&image);
	if (err < 0)
		return err;
	if (find_obstacle(&image))
		return -EBADMSG;
	restore(&image, keeper);
	upgrade_forget_report(keeper); /* this one can */
	return 0;
}

/* ---- or try ---- */

static int fail(int report_fd, const char *doing, int err)
{
	(void)dprintf(report_fd, "%s: %s", doing, strerror(-err));
	return EXIT_FAILURE;
}

/* What a keeper opens anew. */
static int try_opening(const struct image *image)
{
	const struct will_sockets sockets = { image->sender_fd, image->filter_fd };
	struct loop *loop = NULL;
	struct will *will = NULL;
	int err = child_reserve_places();

	if (err < 0)
		return fail(image->report_fd, "opening /dev/null", err);
	err = loop_open(&loop);
	if (err < 0)
		return fail(image->report_fd, "opening the loop", err);
	loop_close(loop);
	err = will_open(&sockets, &will);
	if (err < 0)
		return fail(image->report_fd, "opening sockets", err);
	will_close(will);
	return EXIT_SUCCESS;
}

int resume_rehearse(void)
{
	struct image_strangers strangers;
	struct image image;
	const char *obstacle;
	bool rehearsal;
	int err;

	image_init(&image);
	err = image_read(image_of_environment(&rehearsal), &image, &strangers);
	if (err < 0)
		return fail(STDERR_FILENO, "reading the keeper's image", err);
	obstacle = find_obstacle(&image);
	if (obstacle) {
		(void)dprintf(image.report_fd, "%s", obstacle);
		return EXIT_FAILURE;
	}
	err = take_fds(&image);
	if (err < 0)
		return fail(image.report_fd, "moving descriptors", err);
	return try_opening(&image);
}
