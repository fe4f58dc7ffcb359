/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */
#define SHOWN_MAX 72 /* of a path in an explanation: its end */

/* ---- users ---- */

int check_user_find(const char *name, struct check_user *ret_user)
{
	const struct passwd *found;

	errno = 0;
	found = getpwnam(name);
	if (!found)
		return errno && errno != ESRCH && errno != EBADF && errno != EPERM ? -errno
										   : -ENOENT;
	*ret_user = (struct check_user){ .uid = found->pw_uid, .gid = found->pw_gid };
	return 0;
}

int check_user_find_groups(const char *name, struct check_user *user)
{
	int n = CHECK_GROUPS_MAX;

	if (getgrouplist(name, user->gid, user->groups, &n) < 0)
		return -E2BIG;
	user->groups_n = (unsigned)n;
	return 0;
}

int check_user_self(struct check_user *ret_user)
{
	int n;

	*ret_user = (struct check_user){ .uid = geteuid(), .gid = getegid() };
	n = getgroups(CHECK_GROUPS_MAX, ret_user->groups);
	if (n < 0)
		return errno == EINVAL ? -E2BIG : -errno;
	ret_user->groups_n = (unsigned)n;
	return 0;
}

/* ---- the way to a file ---- */

struct walk {
	const struct check_user *user;
	struct check_program_fault *fault;
	int fd; /* where it is by now: a directory */
	unsigned links;
	char rest[PATH_MAX]; /* what is still to be gone */
};

static int complain(struct walk *walk, enum check_program_error error, int err)
{
	walk->fault->error = error;
	walk->fault->err = err;
	return -err;
}

/* @where: without links, as far as there is room. */
static void step_down(char *where, const char *name)
{
	size_t len = strlen(where), more = strlen(name);

	if (len + more + 2 > CHECK_PATH_SIZE)
		return;
	where[len] = '/';
	memcpy(where + len + 1, name, more + 1);
}

static void step_up(char *where)
{
	char *slash = strrchr(where, '/');

	if (slash)
		*slash = '\0';
}

static bool is_own(const struct walk *walk, uid_t owner)
{
	return owner == 0 || owner == walk->user->uid;
}

static bool is_member(const struct check_user *user, gid_t group)
{
	bool member = group == user->gid;

	for (unsigned i = 0; i < user->groups_n; i++)
		member |= group == user->groups[i];
	return member;
}

/* Root may execute what anybody may. */
static bool is_executable(const struct check_user *user, const struct stat *status)
{
	if (user->uid == 0)
		return status->st_mode & 0111;
	if (user->uid == status->st_uid)
		return status->st_mode & 0100;
	return status->st_mode & (is_member(user, status->st_gid) ? 0010 : 0001);
}

/* The mode of a link means nothing: it can be replaced, and that its directory says. */
static int judge(struct walk *walk, const struct stat *status)
{
	bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);

	walk->fault->owner = status->st_uid;
	walk->fault->mode = status->st_mode & 07777;
	if (!is_own(walk, status->st_uid))
		return complain(walk, CHECK_PROGRAM_OWNER, EPERM);
	if (!S_ISLNK(status->st_mode) && (status->st_mode & 022) && !sticky)
		return complain(walk, CHECK_PROGRAM_WRITABLE, EPERM);
	return 0;
}

static int judge_file(struct walk *walk, int fd, const struct stat *status)
{
	struct statvfs system;

	if (!S_ISREG(status->st_mode))
		return complain(walk, CHECK_PROGRAM_NO_FILE, EPERM);
	if (!is_executable(walk->user, status))
		return complain(walk, CHECK_PROGRAM_NOT_EXECUTABLE, EPERM);
	if (fstatvfs(fd, &system) == 0 && (system.f_flag & ST_NOEXEC))
		return complain(walk, CHECK_PROGRAM_NOEXEC, EPERM);
	return 0;
}

/* Takes @fd. Return: 0 or -errno. */
static int enter(struct walk *walk, int fd)
{
	struct stat status;

	if (walk->fd >= 0)
		close(walk->fd);
	walk->fd = fd;
	if (fd < 0 || fstat(fd, &status) < 0)
		return complain(walk, CHECK_PROGRAM_ERRNO, errno);
	return judge(walk, &status);
}

static int enter_root(struct walk *walk)
{
	walk->fault->where[0] = '\0';
	return enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* What a link says comes before what is still to be gone. Takes @fd. */
static int follow(struct walk *walk, int fd)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(fd, "", target, sizeof(target));
	int err = len < 0 ? errno : 0;
	size_t rest = strlen(walk->rest);

	close(fd);
	if (err)
		return complain(walk, CHECK_PROGRAM_ERRNO, err);
	if (++walk->links > LINKS_MAX)
		return complain(walk, CHECK_PROGRAM_ERRNO, ELOOP);
	if ((size_t)len + 1 + rest + 1 > sizeof(walk->rest))
		return complain(walk, CHECK_PROGRAM_ERRNO, ENAMETOOLONG);
	memmove(walk->rest + len + 1, walk->rest, rest + 1);
	memcpy(walk->rest, target, (size_t)len);
	walk->rest[len] = '/';
	if (rest == 0)
		walk->rest[len] = '\0';
	step_up(walk->fault->where);
	return target[0] == '/' ? enter_root(walk) : 0;
}

/* A directory is opened as one, so that it is mounted if it is yet to be. */
static int open_next(struct walk *walk, const char *name)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int fd = -1;

	if (walk->rest[0])
		fd = openat(walk->fd, name, flags | O_DIRECTORY);
	if (fd < 0 && (!walk->rest[0] || errno == ENOTDIR))
		fd = openat(walk->fd, name, flags);
	return fd;
}

/* The next name of the rest. Return: whether there is one. */
static bool take_name(struct walk *walk, char *name)
{
	size_t skip = strspn(walk->rest, "/");
	size_t len = strcspn(walk->rest + skip, "/");

	if (len > NAME_MAX)
		len = NAME_MAX; /* no such file, then */
	memcpy(name, walk->rest + skip, len);
	name[len] = '\0';
	skip += len;
	skip += strspn(walk->rest + skip, "/");
	memmove(walk->rest, walk->rest + skip, strlen(walk->rest + skip) + 1);
	return len > 0;
}

/* One step. Return: 1 when it is the file, in @ret_fd; 0; or -errno. */
static int go_on(struct walk *walk, const char *name, int *ret_fd)
{
	struct stat status;
	int fd = open_next(walk, name), err;

	if (strcmp(name, "..") == 0)
		step_up(walk->fault->where);
	else if (strcmp(name, ".") != 0)
		step_down(walk->fault->where, name);
	if (fd < 0 || fstat(fd, &status) < 0) {
		err = complain(walk, CHECK_PROGRAM_ERRNO, errno);
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (S_ISDIR(status.st_mode) && walk->rest[0])
		return enter(walk, fd);
	err = judge(walk, &status);
	if (err == 0 && S_ISLNK(status.st_mode))
		return follow(walk, fd);
	if (err == 0 && walk->rest[0])
		err = complain(walk, CHECK_PROGRAM_ERRNO, ENOTDIR);
	if (err == 0)
		err = judge_file(walk, fd, &status);
	if (err < 0) {
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 1;
}

int check_program_open(const char *path, const struct check_user *user, int *ret_fd,
		       struct check_program_fault *ret_fault)
{
	struct walk walk = { .user = user, .fault = ret_fault, .fd = -1 };
	char name[NAME_MAX + 1];
	int err, fd = -1;

	*ret_fault = (struct check_program_fault){ 0 };
	if (path[0] != '/' || strlen(path) >= sizeof(walk.rest))
		return complain(&walk, CHECK_PROGRAM_ERRNO, path[0] == '/' ? ENAMETOOLONG : EINVAL);
	strcpy(walk.rest, path);
	err = enter_root(&walk);
	while (err == 0 && take_name(&walk, name))
		err = go_on(&walk, name, &fd);
	if (err == 0)
		err = complain(&walk, CHECK_PROGRAM_NO_FILE, EPERM);
	if (walk.fd >= 0)
		close(walk.fd);
	if (err < 0)
		return err;
	*ret_fd = fd;
	return 0;
}

/* ---- in words ---- */

static void put_reason(const struct check_program_fault *fault, char *buf, size_t size)
{
	switch (fault->error) {
	case CHECK_PROGRAM_FINE:
		snprintf(buf, size, "fine");
		break;
	case CHECK_PROGRAM_ERRNO:
	case CHECK_PROGRAM_STEP:
		snprintf(buf, size, "%s", strerror(fault->err));
		break;
	case CHECK_PROGRAM_INTERPRETER:
		snprintf(buf, size, "its interpreter is missing");
		break;
	case CHECK_PROGRAM_NO_FILE:
		snprintf(buf, size, "it is no regular file");
		break;
	case CHECK_PROGRAM_NOT_EXECUTABLE:
		snprintf(buf, size, "its user may not execute it, mode %04o", fault->mode);
		break;
	case CHECK_PROGRAM_NOEXEC:
		snprintf(buf, size, "it is on a file system mounted noexec");
		break;
	case CHECK_PROGRAM_OWNER:
		snprintf(buf, size, "it belongs to another user, %u", fault->owner);
		break;
	case CHECK_PROGRAM_WRITABLE:
		snprintf(buf, size, "others may write to it, mode %04o", fault->mode);
		break;
	}
}

void check_program_explain(const struct check_program_fault *fault, char *ret_why)
{
	size_t len = strnlen(fault->where, sizeof(fault->where));
	size_t skip = len > SHOWN_MAX ? len - SHOWN_MAX : 0;
	char reason[96];

	put_reason(fault, reason, sizeof(reason));
	snprintf(ret_why, CHECK_PROGRAM_WHY_MAX, "%s%.*s: %s", skip ? "..." : "", SHOWN_MAX,
		 len ? fault->where + skip : "/", reason);
}
