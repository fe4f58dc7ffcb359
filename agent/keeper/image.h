/* SPDX-License-Identifier: MIT */
/*
 * The image: what a keeper leaves to the program that takes its place (upgrade.h). This is a
 * contract between versions, in both directions, and is only ever added to:
 *
 * - The new program finds IMAGE_ENVIRONMENT in its environment: the number of a descriptor, and
 *   IMAGE_REHEARSAL behind it when it shall only try. Who tries is called with the operand
 *   IMAGE_OPERAND, too, which a vipd that knows nothing of all this refuses.
 * - The descriptor is a file of text: the line IMAGE_MAGIC, then a line "NAME VALUE" for each fact,
 *   in any order, each ending with a line feed. The names are those of the table in image.c.
 * - Numbers are decimal; times are CLOCK_MONOTONIC in nanoseconds, IMAGE_NEVER for none; texts go
 * to the end of the line.
 * - A name that is not there has the value of image_init(). One that is unknown is skipped, unless
 *   it begins with IMAGE_VITAL: then the image is refused. A name never changes its meaning.
 * - A name that ends in "_fd" is a descriptor that was inherited, -1: none. Whoever does not know
 * it closes it.
 * - A name that ends in "pid" is a child process, 0: none. Whoever does not know it ends it by
 *   SIGTERM.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/fields.h"

#define IMAGE_ENVIRONMENT   "VIPD_KEEPER"
#define IMAGE_REHEARSAL     " rehearsal"
#define IMAGE_OPERAND       "rehearsal"
#define IMAGE_MAGIC         "vipd-keeper-image"
#define IMAGE_VITAL         '!'
#define IMAGE_NEVER         INT64_MAX
#define IMAGE_PATH_SIZE     4096
#define IMAGE_VERSION_SIZE  32
#define IMAGE_STRANGERS_MAX 32
#define IMAGE_DISMISSED_MAX 8

struct image_child {
	int32_t pid;
	int32_t channel_fd, state_fd, conf_fd, program_fd; /* struct child */
	bool ready;                                        /* of the standby */
	int64_t deadline_ns;                               /* when its next word is due */
	char version[IMAGE_VERSION_SIZE]; /* of the channel that it was born with */
};

/* Taken while CURRENT speaks and nothing is under way, but for a standby that starts. */
struct image {
	char binary[IMAGE_PATH_SIZE];    /* whose file is looked at when a reload comes */
	char conf_path[IMAGE_PATH_SIZE]; /* that the generations read */
	uint64_t program_device, program_inode, program_size; /* of the file that is executed */
	int64_t program_changed_ns;                           /* CLOCK_REALTIME */

	int32_t claim_fd;            /* the locked file (claim.h); -1: there is none */
	int32_t namespace_fd;        /* the socket that claims the network namespace; likewise */
	int32_t sender_fd;           /* the packet socket that all share */
	int32_t filter_fd;           /* the socket that vipd's nftables belong to; likewise */
	int32_t life_fd;             /* the timer that wakes the keeper; likewise */
	int32_t report_fd;           /* who rehearses writes there why it cannot, in words */
	int32_t journal_fd;          /* the keeper's journal where it has no file; -1: it has */
	int32_t board_fd, found_fd;  /* what the checker finds (board.h) */
	int32_t checker_pid;         /* which was hung up on, and ends; 0: none */
	int32_t notifier_pid;        /* likewise, or goes on: */
	int32_t notifier_channel_fd; /* the conversation with it; -1: it was hung up on, or asked
					to end */
	int32_t notifier_conf_fd;    /* what it runs, or shall run; -1: none is needed */
	int32_t router_ring_fd;      /* the journal of the routers, to be read */
	int32_t told_fd;             /* wakes it (HELPER_FD_EVENTS) */

	struct image_child current, standby;
	int32_t previous_fd; /* the state memory of the one before, which CURRENT may need */

	bool reload_due; /* one more, behind the one that this image is taken in */
	int64_t reload_began_ns, reload_ns, standby_ns; /* struct succession */
	uint32_t died_early_n, crashes_n;
	int64_t crash_0_ns, crash_1_ns;

	int32_t dismissed[IMAGE_DISMISSED_MAX]; /* processes whose ends are no news; 0: none */
};

/* What was inherited and is unknown here. */
struct image_strangers {
	unsigned fds_n, pids_n;
	int32_t fds[IMAGE_STRANGERS_MAX], pids[IMAGE_STRANGERS_MAX];
};

/**
 * image_init() - what is true of everything that an image does not mention.
 */
void image_init(struct image *image);

/**
 * image_write() - make a file of an image.
 * @ret_fd: owned by the caller; at its beginning; closed by an exec.
 *
 * Return: 0; -EINVAL when a path in it has a line feed; or -errno of the memory.
 */
int image_write(const struct image *image, int *ret_fd);

/**
 * image_read() - what another keeper left.
 * @fd: borrowed; where it stands does not matter.
 * @ret_strangers: also filled when the image is refused.
 *
 * Return: 0; -EBADMSG when it is no image, or has a value that its name cannot have; -EPROTO when
 * it demands what is unknown here; another -errno of reading.
 */
int image_read(int fd, struct image *ret_image, struct image_strangers *ret_strangers);

/**
 * image_fds() - the descriptors in an image, to be inherited, checked or moved.
 * @ret_fds: IMAGE_FDS_MAX pointers into @image; also to those that are -1.
 *
 * Return: how many there are.
 */
#define IMAGE_FDS_MAX 24
unsigned image_fds(struct image *image, int32_t *ret_fds[IMAGE_FDS_MAX]);

#endif
