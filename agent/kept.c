/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events.h"
#include "state.h"
#include "state_auth.h"

#define LINE_SIZE  160
#define SOURCE_LEN 16

static int path_of(char *buf, char *buf_new)
{
	int err = events_path("kept", buf);

	if (err == 0)
		snprintf(buf_new, EVENTS_PATH_SIZE + 4, "%s.new", buf);
	return err;
}

/* ---- writing ---- */

/* What stands beside an election that makes no sense makes none. */
static bool makes_sense(const struct state *state, unsigned i, int64_t now_ns)
{
	struct vrrp vr;

	return state_get(state, i, now_ns, &vr) == 0;
}

static void put_drain(FILE *file, const struct state *state, unsigned i)
{
	int64_t until_ns = state_drain(state, i);

	if (until_ns)
		fprintf(file, "drain %s %u %" PRIi64 "\n", state_name(state, i),
			state_family(state, i), until_ns == INT64_MAX ? 0 : until_ns);
}

static void put_marks(FILE *file, const struct state *state, unsigned i)
{
	struct vrrp_hmac_mark mark;

	for (unsigned n = 0; state_get_mark(state, i, n, &mark); n++) {
		if (!mark.sequence)
			continue;
		fprintf(file, "mark %s %u ", state_name(state, i), state_family(state, i));
		for (unsigned k = 0; k < SOURCE_LEN; k++)
			fprintf(file, "%02x", mark.source[k]);
		fprintf(file, " %" PRIu64 "\n", mark.sequence);
	}
}

static bool has_any(const struct state *state, int64_t now_ns)
{
	struct vrrp_hmac_mark mark;
	bool any = false;

	for (unsigned i = 0; i < state_count(state); i++) {
		if (!makes_sense(state, i, now_ns))
			continue;
		any |= state_drain(state, i) != 0;
		for (unsigned n = 0; state_get_mark(state, i, n, &mark); n++)
			any |= mark.sequence != 0;
	}
	return any;
}

/* The old one stays until the new one is whole. */
int kept_write(const struct state *state, int64_t now_ns)
{
	char path[EVENTS_PATH_SIZE], path_new[EVENTS_PATH_SIZE + 4];
	int fd, err = path_of(path, path_new);
	uint64_t namespace = events_namespace();
	FILE *file;

	if (err < 0)
		return err;
	if (!has_any(state, now_ns))
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	if (!namespace)
		return -ENOTSUP;
	(void)unlink(path_new); /* what a keeper that died left */
	fd = open(path_new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	fprintf(file, "namespace %" PRIu64 "\n", namespace);
	for (unsigned i = 0; i < state_count(state); i++) {
		if (!makes_sense(state, i, now_ns))
			continue;
		put_drain(file, state, i);
		put_marks(file, state, i);
	}
	if (fclose(file) != 0 || rename(path_new, path) < 0) {
		err = -errno;
		(void)unlink(path_new);
	}
	return err;
}

/* ---- reading ---- */

static bool read_source(const char *digits, uint8_t *ret_source)
{
	unsigned byte;

	for (unsigned i = 0; i < SOURCE_LEN; i++) {
		if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
			return false;
		ret_source[i] = (uint8_t)byte;
	}
	return true;
}

static bool read_drain(const char *line, char *router, struct kept *ret_kept)
{
	if (sscanf(line, "drain %32s %u %" SCNi64, router, &ret_kept->family,
		   &ret_kept->until_ns) != 3)
		return false;
	if (ret_kept->until_ns == 0)
		ret_kept->until_ns = INT64_MAX;
	return ret_kept->until_ns > 0;
}

static bool read_mark(const char *line, char *router, struct kept *ret_kept)
{
	char digits[2 * SOURCE_LEN + 1];

	return sscanf(line, "mark %32s %u %32s %" SCNu64, router, &ret_kept->family, digits,
		      &ret_kept->sequence) == 4 &&
	       strlen(digits) == 2 * SOURCE_LEN && read_source(digits, ret_kept->source) &&
	       ret_kept->sequence;
}

/*
 * @router: EVENT_NAME_SIZE bytes, for the name.
 *
 * Return: whether a line is known, and makes sense.
 */
static bool read_line(const char *line, char *router, struct kept *ret_kept)
{
	_Static_assert(EVENT_NAME_SIZE == 33, "what is read of a name, with its zero");
	*ret_kept = (struct kept){ .router = router };
	return (read_drain(line, router, ret_kept) || read_mark(line, router, ret_kept)) &&
	       (ret_kept->family == 4 || ret_kept->family == 6);
}

/* The first line. */
static bool is_of_this_namespace(FILE *file)
{
	char line[LINE_SIZE];
	uint64_t namespace = 0;

	return fgets(line, sizeof(line), file) &&
	       sscanf(line, "namespace %" SCNu64, &namespace) == 1 && namespace &&
	       namespace == events_namespace();
}

/* Only root's, our own user's and that owner's files count. Nothing else that has the name is
 * waited for. */
static int open_file(const char *path, uid_t owner, FILE **ret_file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	FILE *file = NULL;
	int err = -EPERM;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    (status.st_uid == 0 || status.st_uid == geteuid() || status.st_uid == owner)) {
		file = fdopen(fd, "r");
		err = file ? 0 : -ENOMEM;
	}
	if (!file)
		close(fd);
	else
		*ret_file = file;
	return err;
}

int kept_take(kept_fn each, void *arg)
{
	char path[EVENTS_PATH_SIZE], path_new[EVENTS_PATH_SIZE + 4];
	char line[LINE_SIZE], router[EVENT_NAME_SIZE];
	int err = path_of(path, path_new);
	struct kept kept;
	FILE *file = NULL;

	if (err == 0)
		err = open_file(path, 0, &file);
	if (!file)
		return err;
	for (bool ours = is_of_this_namespace(file); ours && fgets(line, sizeof(line), file);)
		if (read_line(line, router, &kept))
			each(&kept, arg);
	fclose(file);
	return unlink(path) < 0 ? -errno : 0;
}

/* ---- over the host's next start ---- */

#define DRAINS_MAX 20000 /* lines: two for each router that there can be, and some */

static int put_drains(FILE *file, const struct kept *drains, unsigned n, int64_t mono_to_real_ns)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(file, "drain %s %u %" PRIi64 "\n", drains[i].router, drains[i].family,
			drains[i].until_ns == INT64_MAX ? 0 : drains[i].until_ns + mono_to_real_ns);
	return fflush(file) != 0 || fsync(fileno(file)) < 0 ? -errno : 0;
}

/* The name is on the disk when its directory is. */
static void sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

int kept_write_drains(const char *directory, const struct kept *drains, unsigned n,
		      int64_t mono_to_real_ns)
{
	char path[PATH_MAX], path_new[PATH_MAX];
	FILE *file;
	int fd, err;

	snprintf(path, sizeof(path), "%s/" KEPT_DRAINS, directory);
	snprintf(path_new, sizeof(path_new), "%s/" KEPT_DRAINS ".new", directory);
	(void)unlink(path_new);
	fd = open(path_new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = put_drains(file, drains, n, mono_to_real_ns);
	if (fclose(file) != 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(path_new, path) < 0)
		err = -errno;
	sync_directory(directory);
	return err;
}

int kept_read_drains(const char *directory, uid_t owner, int64_t now_ns, int64_t mono_to_real_ns,
		     kept_fn each, void *arg)
{
	char path[PATH_MAX], line[LINE_SIZE], router[EVENT_NAME_SIZE];
	struct kept kept;
	FILE *file = NULL;
	int err;

	snprintf(path, sizeof(path), "%s/" KEPT_DRAINS, directory);
	err = open_file(path, owner, &file);
	if (!file)
		return err;
	for (unsigned i = 0; i < DRAINS_MAX && fgets(line, sizeof(line), file); i++) {
		if (!read_line(line, router, &kept) || kept.sequence)
			continue;
		if (kept.until_ns != INT64_MAX)
			kept.until_ns -= mono_to_real_ns;
		if (kept.until_ns > now_ns)
			each(&kept, arg);
	}
	fclose(file);
	return 0;
}
