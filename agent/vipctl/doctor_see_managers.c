/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 512

/* Called for each KEY=VALUE of a file; blanks around both are gone. */
typedef void (*setting_fn)(const char *key, const char *value, void *arg);

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* Return: 0 or -errno. */
static int read_settings(const char *path, setting_fn each, void *arg)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE], *value;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		char *key = trim(line);

		value = strchr(key, '=');
		if (*key == '#' || *key == ';' || !value)
			continue;
		*value++ = '\0';
		each(trim(key), trim(value), arg);
	}
	fclose(file);
	return 0;
}

static int is_setting_file(const struct dirent *entry)
{
	return fnmatch("*.conf", entry->d_name, FNM_PERIOD) == 0;
}

/* All of a directory, in the order of their names, as the later one counts. */
static void read_directory(const char *directory, setting_fn each, void *arg)
{
	struct dirent **entries;
	char path[LINE_SIZE];
	int n = scandir(directory, &entries, is_setting_file, alphasort);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		(void)read_settings(path, each, arg);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* ---- systemd-networkd ---- */

struct networkd {
	bool manages_routes, manages_rules; /* of others, too: its default */
};

static bool is_no(const char *value)
{
	static const char *const words[] = { "no", "false", "off", "0", "n", "f" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i], value) == 0)
			return true;
	return false;
}

static void take_host_setting(const char *key, const char *value, void *arg)
{
	struct networkd *networkd = arg;

	if (strcmp(key, "ManageForeignRoutes") == 0)
		networkd->manages_routes = !is_no(value);
	if (strcmp(key, "ManageForeignRoutingPolicyRules") == 0)
		networkd->manages_rules = !is_no(value);
}

static void take_keep(const char *key, const char *value, void *arg)
{
	if (strcmp(key, "KeepConfiguration") == 0)
		*(bool *)arg = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 ||
			       strcmp(value, "static") == 0;
}

struct link_state {
	struct doctor_view *view;
	const char *file;
	bool configured;
};

static void take_link_state(const char *key, const char *value, void *arg)
{
	struct link_state *state = arg;

	if (strcmp(key, "NETWORK_FILE") == 0)
		state->file = arena_copy(state->view->arena, value, strlen(value));
	if (strcmp(key, "ADMIN_STATE") == 0)
		state->configured = strcmp(value, "unmanaged") != 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void see_networkd_link(struct doctor_view *view, const struct networkd *networkd,
			      struct doctor_interface *interface)
{
	static const char *const roots[] = { "/usr/lib", "/lib", "/run", "/etc" };
	struct link_state state = { .view = view };
	char path[LINE_SIZE];

	snprintf(path, sizeof(path), "/run/systemd/netif/links/%d", interface->link.ifindex);
	if (read_settings(path, take_link_state, &state) < 0 || !state.configured)
		return;
	interface->manager = DOCTOR_MANAGER_NETWORKD;
	interface->network_file = state.file;
	interface->keeps_routes = !networkd->manages_routes && !networkd->manages_rules;
	if (!state.file)
		return;
	(void)read_settings(state.file, take_keep, &interface->keeps);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(path, sizeof(path), "%s/systemd/network/%s.d", roots[i],
			 base_name(state.file));
		read_directory(path, take_keep, &interface->keeps);
	}
}

static void see_networkd(struct doctor_view *view)
{
	struct networkd networkd = { true, true };

	(void)read_settings("/etc/systemd/networkd.conf", take_host_setting, &networkd);
	read_directory("/usr/lib/systemd/networkd.conf.d", take_host_setting, &networkd);
	read_directory("/run/systemd/networkd.conf.d", take_host_setting, &networkd);
	read_directory("/etc/systemd/networkd.conf.d", take_host_setting, &networkd);
	for (unsigned i = 0; i < view->interfaces_n; i++)
		see_networkd_link(view, &networkd, &view->interfaces[i]);
}

/* ---- NetworkManager ---- */

static void take_managed(const char *key, const char *value, void *arg)
{
	if (strcmp(key, "managed") == 0)
		*(bool *)arg = !is_no(value);
}

/* Its files of devices are there for root alone to read on some systems. */
static void see_nm(struct doctor_view *view)
{
	bool hidden = false;

	for (unsigned i = 0; i < view->interfaces_n; i++) {
		struct doctor_interface *interface = &view->interfaces[i];
		char path[LINE_SIZE];
		bool managed = false;

		snprintf(path, sizeof(path), "/run/NetworkManager/devices/%d",
			 interface->link.ifindex);
		hidden |= read_settings(path, take_managed, &managed) == -EACCES;
		if (managed)
			interface->manager = DOCTOR_MANAGER_NM;
	}
	if (hidden)
		doctor_unseen(view, "which interfaces NetworkManager manages",
			      "/run/NetworkManager/devices may not be read by this user");
}

void doctor_see_managers(struct doctor_view *view)
{
	if (doctor_process(view, "systemd-network"))
		see_networkd(view);
	if (doctor_process(view, "NetworkManager"))
		see_nm(view);
}
