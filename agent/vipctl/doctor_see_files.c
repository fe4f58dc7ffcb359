/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/key_file.h"

static char *copy(struct doctor_view *view, const char *text)
{
	return arena_copy(view->arena, text, strlen(text));
}

/* ---- programs ---- */

/* As a configuration is judged: groups are asked for only where they make a difference. */
static void look_at(struct doctor_program *program)
{
	struct check_user user;
	int fd, err = check_user_find(program->user, &user);

	if (err < 0) {
		program->no_user = true;
		return;
	}
	err = check_program_open(program->path, &user, &fd, &program->fault);
	if (err < 0 && program->fault.error == CHECK_PROGRAM_NOT_EXECUTABLE &&
	    (program->fault.mode & 0010) && check_user_find_groups(program->user, &user) == 0)
		err = check_program_open(program->path, &user, &fd, &program->fault);
	if (err == 0)
		close(fd);
	program->hidden = err == -EACCES && geteuid() != 0 && geteuid() != user.uid;
}

static bool is_known(const struct doctor_view *view, const char *path, const char *user)
{
	for (unsigned i = 0; i < view->programs_n; i++)
		if (strcmp(view->programs[i].path, path) == 0 &&
		    strcmp(view->programs[i].user, user) == 0)
			return true;
	return false;
}

/* One that many share is told once. */
static void add_program(struct doctor_view *view, const char *of,
			const struct check_command *command, const char *user)
{
	const char *path = command && command->argv_n ? command->argv[0].text : "";
	struct doctor_program *program;

	if (!user[0])
		user = view->user;
	if (path[0] != '/' || is_known(view, path, user))
		return;
	view->programs =
		arena_grow(view->arena, view->programs, view->programs_n, sizeof(*program));
	program = &view->programs[view->programs_n++];
	program->of = of;
	program->path = copy(view, path);
	program->user = copy(view, user);
	look_at(program);
}

static void add_notify(struct doctor_view *view, const char *of, const struct conf_notify *notify,
		       unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		add_program(view, of, notify[i].command, notify[i].user);
}

static void see_programs(struct doctor_view *view)
{
	const struct conf *conf = view->conf;

	for (unsigned i = 0; i < conf->checks_n; i++)
		add_program(view, arena_print(view->arena, "check %s", conf->checks[i].name),
			    conf->checks[i].command, conf->checks[i].user);
	add_notify(view, "notify of the host", conf->notify, conf->notify_n);
	for (unsigned i = 0; i < conf->written_n; i++)
		add_notify(view,
			   arena_print(view->arena, "notify of router %s", conf->written[i].name),
			   conf->written[i].notify, conf->written[i].notify_n);
	for (unsigned i = 0; i < conf->groups_n; i++)
		add_notify(view,
			   arena_print(view->arena, "notify of group %s", conf->groups[i].name),
			   conf->groups[i].notify, conf->groups[i].notify_n);
	for (unsigned i = 0; i < view->programs_n; i++)
		if (view->programs[i].hidden)
			doctor_unseen(view, view->programs[i].path,
				      "this user may not look at it, while the one that runs it "
				      "might");
}

/* ---- keys ---- */

static void look_at_keys(struct doctor_view *view, const struct conf_router *router,
			 struct doctor_key_file *file)
{
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];
	struct stat status;
	int err = key_file_read(router->auth.keys, &keys, why);

	*file = (struct doctor_key_file){ .path = router->auth.keys,
					  .router = router->name,
					  .active = router->auth.active };
	if (err < 0)
		file->why = copy(view, why);
	else
		file->active_missing =
			router->auth.active && !vrrp_hmac_key(&keys, router->auth.active);
	file->hidden = err < 0 && !view->is_root &&
		       (access(router->auth.keys, R_OK) < 0 && errno == EACCES);
	file->others = err == -EACCES && stat(router->auth.keys, &status) == 0 && !file->hidden;
	if (file->hidden)
		doctor_unseen(view, file->path, "root alone may read keys");
	explicit_bzero(&keys, sizeof(keys));
}

static void see_keys(struct doctor_view *view)
{
	const struct conf *conf = view->conf;
	unsigned told = 0;

	view->key_files =
		arena_alloc(view->arena, (conf->key_files_n + 1) * sizeof(*view->key_files));
	for (unsigned i = 0; i < conf->routers_n && view->key_files_n < conf->key_files_n; i++) {
		const struct conf_router *router = &conf->routers[i];

		if (router->auth.key_file <= told)
			continue;
		told = router->auth.key_file;
		look_at_keys(view, router, &view->key_files[view->key_files_n++]);
	}
}

/* ---- places ---- */

static void look_at_place(struct doctor_place *place, const char *path)
{
	struct stat status;

	*place = (struct doctor_place){ .path = path, .looked = true };
	place->there = stat(path, &status) == 0;
	place->looked = place->there || errno == ENOENT;
	if (!place->there)
		return;
	place->mode = status.st_mode & 07777;
	place->uid = status.st_uid;
}

static void see_places(struct doctor_view *view)
{
	char *control = copy(view, view->conf->control);
	char *slash = strrchr(control, '/');

	if (slash && slash > control)
		*slash = '\0';
	look_at_place(&view->control_dir, control);
	view->conf_files =
		arena_alloc(view->arena, (view->conf->files_n + 1) * sizeof(*view->conf_files));
	for (unsigned i = 0; i < view->conf->files_n; i++)
		look_at_place(&view->conf_files[i], view->conf->files[i].path);
}

static void see_state_dir(struct doctor_view *view)
{
	bool by_default;
	struct check_user user;

	view->user = copy(view, conf_user(view->conf, &by_default));
	view->no_user = check_user_find(view->user, &user) < 0;
	if (view->no_user)
		return;
	view->user_gid = user.gid;
	view->state_dir = conf_state_dir_look(conf_state_dir(view->conf), user.uid, user.gid);
}

void doctor_see_files(struct doctor_view *view)
{
	if (!view->conf)
		return;
	see_state_dir(view);
	see_programs(view);
	see_keys(view);
	see_places(view);
	view->seen |= DOCTOR_SEES_FILES;
}
