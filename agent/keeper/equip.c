/* SPDX-License-Identifier: MIT */
/* What helpers are born with, and the routers share with them. */
#include "keeper_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "agent/begun.h"
#include "agent/board.h"
#include "agent/events.h"
#include "agent/figures.h"

/* It shall not write there. Return: owned by the caller; -1: it is told nothing of it. */
int keeper_reader(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

static int open_news(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* What another program left stays as it is. */
static int give_new(struct helper *helper, enum helper_fd place, int (*open_fd)(void))
{
	int fd = helper_given(helper, place);

	if (fd >= 0)
		return fd;
	fd = open_fd();
	if (fd >= 0)
		helper_give(helper, place, fd);
	return fd;
}

/* The memory alone: whether it is needed the configuration says. */
static void open_checker(struct keeper *keeper)
{
	struct helper *checker = &keeper->checker;
	int board_fd = give_new(checker, HELPER_FD_BOARD, board_new);
	int found_fd = give_new(checker, HELPER_FD_NEWS, open_news);

	helper_open(checker, keeper->binary, keeper->loop,
		    &keeper->children[SUCCESSION_CURRENT].channel_fd);
	keeper->setting.board_fd = board_fd < 0 ? -1 : board_fd;
	keeper->setting.found_fd = found_fd < 0 ? -1 : found_fd;
	if (board_fd < 0 || found_fd < 0)
		tell_failure(keeper->teller, EVENT_DEGRADED, -(board_fd < 0 ? board_fd : found_fd),
			     "making room for what checks find", "none will ever answer");
}

/* Beside the rings, and as long as they are there: where they have no names, it is new with each
 * program, and so is that of the routers. */
static void open_begun(struct keeper *keeper)
{
	struct helper *notifier = &keeper->notifier;
	char path[EVENTS_PATH_SIZE];
	int err = events_path("begun", path);
	int fd = err < 0 ? err : begun_make(path);

	err = fd < 0 ? fd : 0;
	if (err < 0)
		fd = begun_make(NULL);
	helper_give(notifier, HELPER_FD_BEGUN, fd < 0 ? -1 : fd);
	if (err < 0)
		tell_failure(keeper->teller, EVENT_DEGRADED, -err,
			     "making a file in /run/vipd of what is told",
			     "after the end of vipd it is not known what may have been");
}

/* It reads what the keeper tells, and what the routers do when they say where that is. */
static void open_notifier(struct keeper *keeper)
{
	struct helper *notifier = &keeper->notifier;
	int news_fd = give_new(notifier, HELPER_FD_EVENTS, open_news);
	int ring_fd = keeper_reader(tell_journal_fd(keeper->teller));

	helper_open(notifier, keeper->binary, keeper->loop,
		    &keeper->children[SUCCESSION_CURRENT].channel_fd);
	helper_give(notifier, HELPER_FD_KEEPER_RING, ring_fd);
	keeper->setting.news_fd = news_fd < 0 ? -1 : news_fd;
	open_begun(keeper);
	tell_wake(keeper->teller, keeper->setting.news_fd);
	if (news_fd < 0)
		tell_failure(keeper->teller, EVENT_DEGRADED, -news_fd, "waking the notifier",
			     "it looks for events once a second");
}

/* Anew in each life: what another version of vipd has laid out this one may not know. */
static void open_figures(struct keeper *keeper)
{
	int fd = figures_new();

	if (fd < 0)
		tell_failure(keeper->teller, EVENT_DEGRADED, -fd, "making room for figures",
			     "there are no metrics");
	keeper->setting.figures_fd = fd < 0 ? -1 : fd;
	helper_give(&keeper->notifier, HELPER_FD_FIGURES,
		    keeper_reader(keeper->setting.figures_fd));
	helper_give(&keeper->notifier, HELPER_FD_FACTS, keeper_reader(keeper->setting.board_fd));
}

void keeper_equip(struct keeper *keeper)
{
	open_checker(keeper);
	open_notifier(keeper);
	open_figures(keeper);
}
