/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/regular.h"
#include "parse.h"

/* Return: whether there is one; else an error. */
static bool find_user(const struct conf_place *place, const char *name, struct check_user *ret_user)
{
	int err = check_user_find(name, ret_user);

	if (err == -ENOENT)
		conf_error_in(place, "there is no user \"%s\" on this host", name);
	else if (err < 0)
		conf_error_in(place, "looking for user \"%s\": %s", name, strerror(-err));
	return err == 0;
}

bool conf_program_user(const struct conf_place *file, const struct conf *conf,
		       struct check_user *ret_user)
{
	const struct conf_place place = conf_place_of(file, "user");
	bool by_default;

	return find_user(&place, conf_user(conf, &by_default), ret_user);
}

bool conf_program_is_within_reach(const struct conf_place *place, const char *path)
{
	if (conf_reach_answers(&place->parse->reach, path))
		return true;
	conf_warn_in(place,
		     "%.120s: its file system does not answer, so it is not looked at before it is "
		     "needed",
		     path);
	return false;
}

/* Groups are asked for only where they make a difference: that may be a server in a network which
 * is yet to come up. Return: 0 or -errno. */
static int look_at(const char *path, const char *name, struct check_user *user,
		   struct check_program_fault *fault)
{
	int fd, err = check_program_open(path, user, &fd, fault);

	if (err < 0 && fault->error == CHECK_PROGRAM_NOT_EXECUTABLE && (fault->mode & 0010) &&
	    check_user_find_groups(name, user) == 0)
		err = check_program_open(path, user, &fd, fault);
	if (err == 0)
		close(fd);
	return err;
}

/* As the kernel reads it: up to a blank or the end of the line. */
static void warn_of_interpreter(const struct conf_place *place, const char *path, char *line)
{
	char *interpreter = line + strspn(line, " \t");
	struct stat status;

	interpreter[strcspn(interpreter, " \t\n")] = '\0';
	if (stat(interpreter, &status) == 0)
		return;
	if (interpreter[0] && interpreter[strlen(interpreter) - 1] == '\r')
		conf_warn_in(place,
			     "%s: its lines end with CR and LF, so the kernel finds no interpreter",
			     path);
	else
		conf_warn_in(place, "%s: its interpreter %s: %s", path, interpreter,
			     strerror(errno));
}

/* What the kernel would refuse only when it is needed. Other formats can be told to it, so this is
 * no error. */
static void warn_of_beginning(const struct conf_place *place, const char *path)
{
	char text[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return;
	text[len] = '\0';
	if (memcmp(text, "#!", 2) == 0)
		warn_of_interpreter(place, path, text + 2);
	else if (memcmp(text, "\177ELF", 4) != 0)
		conf_warn_in(place, "%s: it is no program, and does not begin with #!", path);
}

void conf_program_check(const struct conf_place *place, const struct conf *conf,
			const struct conf_program *program, const struct check_user *ours)
{
	const struct conf_place command = conf_place_of(place, "command");
	const struct conf_place user_place = conf_place_of(place, "user");
	const char *path = program->command->argv_n ? program->command->argv[0].text : "";
	const char *name = program->user;
	struct check_program_fault fault;
	struct check_user user = { 0 };
	char why[CHECK_PROGRAM_WHY_MAX];
	bool by_default;
	int err;

	if (name[0] ? !find_user(&user_place, name, &user) : !ours)
		return;
	if (!name[0]) {
		user = *ours;
		name = conf_user(conf, &by_default);
	}
	if (path[0] != '/' || !conf_program_is_within_reach(&command, path))
		return;
	err = look_at(path, name, &user, &fault);
	if (err == 0) {
		warn_of_beginning(&command, path);
		return;
	}
	check_program_explain(&fault, why);
	if (err == -EACCES && geteuid() != user.uid)
		conf_warn_in(&command, "cannot be looked at from here: %s", why);
	else
		conf_error_in(&command, "%s", why);
}

void conf_program_check_user(const struct conf_place *place, const char *name)
{
	struct check_user user;

	(void)find_user(place, name, &user);
}

/* As that user, whose rights alone count then. Whoever may not become it sees what he may see. */
static int touch_as(const char *path, const struct check_user *user)
{
	int err;

	(void)setfsgid(user->gid);
	(void)setfsuid(user->uid);
	err = check_regular_touch(path);
	(void)setfsuid(geteuid());
	(void)setfsgid(getegid());
	return err;
}

void conf_program_check_file(const struct conf_place *place, const char *path, const char *name,
			     const struct check_user *ours)
{
	struct check_user user = *ours;
	int err;

	if (!path[0] || !conf_program_is_within_reach(place, path))
		return;
	err = touch_as(path, &user);
	if (err == 0)
		return;
	/* One of its other groups may be who may read it. */
	if (err == -EACCES &&
	    (geteuid() != 0 || (check_user_find_groups(name, &user) == 0 && user.groups_n > 1)))
		conf_warn_in(place, "%.120s: %s", path, strerror(-err));
	else if (err == -EACCES)
		conf_error_in(place, "%.120s: %s, to the user %s", path, strerror(-err), name);
	else
		conf_error_in(place, "%.120s: %s", path, check_regular_explain(err));
}
