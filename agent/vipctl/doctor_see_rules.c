/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "firewall_read.h"
#include "netlink/filter.h"

#define TIMEOUT_S  10
#define OUTPUT_MAX (64u << 20)

/* ---- a program that prints ---- */

/* Whoever is root runs what root alone can have put there. */
static bool find_program(const char *name, char *path, size_t size)
{
	static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, size, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* All that comes until its end. Return: 0 or -errno. */
static int read_all(int fd, struct arena *arena, char **ret_text)
{
	int64_t until_ms = now_ms() + TIMEOUT_S * 1000;
	size_t len = 0, max = 64 << 10;
	char *text = malloc(max), *grown;
	ssize_t got = 1;
	int err = text ? 0 : -ENOMEM;

	while (err == 0 && got > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left_ms = until_ms - now_ms();

		if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) == 0) {
			err = -ETIMEDOUT;
			break;
		}
		if (len + 1 == max) {
			grown = max < OUTPUT_MAX ? realloc(text, max *= 2) : NULL;
			if (!grown) {
				err = -ENOMEM;
				break;
			}
			text = grown;
		}
		got = read(fd, text + len, max - len - 1);
		if (got < 0 && errno != EINTR)
			err = -errno;
		len += got > 0 ? (size_t)got : 0;
	}
	if (err == 0)
		*ret_text = arena_copy(arena, text, len);
	free(text);
	return err;
}

/* Return: the process; or -errno. */
static pid_t start(const char *path, char *const *argv, int out_fd, int complaints_fd)
{
	static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
					     NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, complaints_fd, STDERR_FILENO);
	if (!err)
		err = posix_spawn(&pid, path, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return err ? -err : pid;
}

/* Return: its exit status; or -errno. */
static int wait_for(const char *path, char *const *argv, struct arena *arena, int complaints_fd,
		    char **ret_text)
{
	int ends[2], status = 0, err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = start(path, argv, ends[1], complaints_fd);
	close(ends[1]);
	err = pid < 0 ? pid : read_all(ends[0], arena, ret_text);
	close(ends[0]);
	if (pid < 0)
		return err;
	if (err < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err < 0)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

/* What it complains about is kept apart: it is no part of what is parsed, and told when it fails.
 * Return: its exit status; or -errno. */
static int run(struct arena *arena, char *const *argv, const char *path, char **ret_text)
{
	char complaints[256];
	int status, fd = memfd_create("complaints", MFD_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	status = wait_for(path, argv, arena, fd, ret_text);
	if (status > 0) {
		len = pread(fd, complaints, sizeof(complaints), 0);
		*ret_text = arena_copy(arena, complaints, len > 0 ? (size_t)len : 0);
	}
	close(fd);
	return status;
}

/* ---- whose rules ---- */

static void say_unread(struct doctor_view *view, const char *what, int status, const char *text)
{
	char why[256];

	if (status < 0)
		snprintf(why, sizeof(why), "%s", strerror(-status));
	else
		snprintf(why, sizeof(why), "%.*s", (int)strcspn(text, "\n"), text);
	doctor_unseen(view, what, why);
}

static bool see_nft_table(struct doctor_view *view, struct firewall *firewall, const char *path,
			  char *family, char *name)
{
	char *argv[] = { "nft", "-j", "list", "table", family, name, NULL }, *text = "";
	int status = run(view->arena, argv, path, &text);
	const char *what = arena_print(view->arena, "the nftables table %s %s", family, name);

	if (status == 0 && firewall_read_nft(firewall, view->arena, text) == 0)
		return true;
	if (status == 0)
		doctor_unseen(view, what,
			      "nft prints nothing that makes sense: some versions "
			      "cannot print tables that have an owner");
	else
		say_unread(view, what, status, text);
	return false;
}

/* vipd's own drop nothing of VRRP, and those of a vipd that runs have an owner. */
static bool is_vipds(const char *name)
{
	return strcmp(name, "vipd_claim") == 0 || strcmp(name, KERN_FILTER_TABLE) == 0;
}

/* Table by table: of all at once nft 1.0.6 prints nothing behind the first one that has an owner.
 * Return: whether they were read. */
static bool see_nft(struct doctor_view *view, struct firewall *firewall)
{
	static char *const argv[] = { "nft", "list", "tables", NULL };
	char path[64], *text = "", *rest, *line, *family, *name, *words;
	bool all = true;
	int status;

	if (!find_program("nft", path, sizeof(path))) {
		doctor_unseen(view, "rules of nftables", "nft is not installed");
		return false;
	}
	status = run(view->arena, argv, path, &text);
	if (status != 0) {
		say_unread(view, "rules of nftables", status, text);
		return false;
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *first = strtok_r(line, " ", &words);

		if (!first || strcmp(first, "table") != 0)
			continue;
		family = strtok_r(NULL, " ", &words);
		name = strtok_r(NULL, " ", &words);
		if (family && name && !is_vipds(name))
			all &= see_nft_table(view, firewall, path, family, name);
	}
	return all;
}

static bool see_tables(struct doctor_view *view, struct firewall *firewall, const char *save,
		       const char *tool)
{
	char *argv[] = { (char *)save, NULL };
	char path[64], what[64], *text = "";
	int status;

	if (!find_program(save, path, sizeof(path)))
		return false;
	status = run(view->arena, argv, path, &text);
	if (status == 0) {
		firewall_read_iptables(firewall, view->arena, tool, text);
		return true;
	}
	snprintf(what, sizeof(what), "rules of %s", tool);
	say_unread(view, what, status, text);
	return false;
}

/* Which of both iptables is the one of that name. */
static bool is_legacy(const char *save)
{
	char path[64], target[4096];

	return find_program(save, path, sizeof(path)) && realpath(path, target) &&
	       strstr(target, "legacy") != NULL;
}

/* The older iptables has tables only if somebody has made them: asking would make none. */
static void see_legacy(struct doctor_view *view, struct firewall *firewall, const char *names,
		       const char *save, const char *tool)
{
	FILE *file = fopen(names, "re");
	bool any = file && fgetc(file) != EOF;

	if (!file && errno == EACCES)
		doctor_unseen(view, "tables of the older iptables", "root alone sees them");
	if (file)
		fclose(file);
	if (any)
		(void)see_tables(view, firewall, save, tool);
}

void doctor_see_rules(struct doctor_view *view)
{
	struct firewall *firewall = arena_alloc(view->arena, sizeof(*firewall));
	char path[64];
	/* A host without the newer one has no other name for it. */
	bool legacy = is_legacy("iptables-save") &&
		      !find_program("iptables-legacy-save", path, sizeof(path));

	if (!view->is_root) {
		doctor_unseen(view, "rules of nftables and iptables", "root alone may read them");
		return;
	}
	if (!is_legacy("iptables-save")) {
		(void)see_tables(view, firewall, "iptables-save", "iptables");
		(void)see_tables(view, firewall, "ip6tables-save", "ip6tables");
	}
	see_legacy(view, firewall, "/proc/net/ip_tables_names",
		   legacy ? "iptables-save" : "iptables-legacy-save",
		   legacy ? "iptables" : "iptables-legacy");
	see_legacy(view, firewall, "/proc/net/ip6_tables_names",
		   legacy ? "ip6tables-save" : "ip6tables-legacy-save",
		   legacy ? "ip6tables" : "ip6tables-legacy");
	view->firewall = firewall;
	if (see_nft(view, firewall) || firewall->chains)
		view->seen |= DOCTOR_SEES_RULES;
}
