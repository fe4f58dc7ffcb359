/* SPDX-License-Identifier: MIT */
#include "import_check.h"

#include <string.h>
#include <unistd.h>

#include "checks/check.h"
#include "import_word.h"

#define US_PER_S INT64_C(1000000)
#define HOUR_US  (3600 * US_PER_S)
#define SCAN_US  US_PER_S /* between two looks at processes */
#define COMM_MAX 15       /* what the kernel keeps of a name */

/* ---- programs ---- */

/* keepalived's PATH, when it is started by a service manager. */
static const char *search(struct import *import, const char *name)
{
	static const char *const directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
						   "/usr/bin",        "/sbin",          "/bin" };

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		const char *path = arena_print(import->arena, "%s/%s", directories[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static bool is_shell_word(const char *word)
{
	static const char *const words[] = { "|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return strncmp(word, ">/", 2) == 0 || strncmp(word, "2>", 2) == 0;
}

/* Return: the path of the program; NULL when it is to be decided. */
static const char *program(struct import *import, struct keepalived_node *node, const char *word)
{
	const char *path = word[0] == '/' ? word : NULL;

	if (!path && !strchr(word, '/'))
		path = search(import, word);
	if (!path)
		import_part(import, node, VERDICT_REFUSED, node->words[0],
			    "\"%.100s\" is not found on this host: write its path", word);
	else if (path != word)
		import_part(import, node, VERDICT_CHANGED, node->words[0],
			    "\"%.60s\" is %.100s on this host: keepalived looks for it each time",
			    word, path);
	return path;
}

/* How the text of a command is written, and what a shell would make of it. */
static bool check_argv(struct import *import, struct keepalived_node *node, const char *const *argv,
		       unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (strlen(argv[i]) < CHECK_WORD_SIZE && argv[i][0])
			continue;
		import_part(import, node, VERDICT_REFUSED, node->words[0],
			    "argument %u is empty or longer than %d characters: put it into a "
			    "script",
			    i, CHECK_WORD_SIZE - 1);
		return false;
	}
	for (unsigned i = 1; i < n; i++) {
		if (!is_shell_word(argv[i]))
			continue;
		import_part(
			import, node, VERDICT_CHANGED, node->words[0],
			"\"%.20s\" is an argument like all others, in keepalived, too: there is "
			"no shell, so this never did what it looks like",
			argv[i]);
		break;
	}
	return true;
}

/* Return: how many words; 0 when it is reported. */
static unsigned split_command(struct import *import, struct keepalived_node *node,
			      const char *const **ret_words, const char *const **ret_argv)
{
	unsigned words_n = keepalived_words(import->arena, node->text, ret_words), n = 0;

	if (words_n > 1)
		n = keepalived_words(import->arena, (*ret_words)[1], ret_argv);
	if (n == 0)
		import_judge(import, node, VERDICT_WRONG, "no command, or a quote is not closed");
	return n ? words_n : 0;
}

struct setting *import_command(struct import *import, struct keepalived_node *node,
			       struct setting *parent, const char *name)
{
	const char *const *words, *const *argv, *path;
	struct setting *list;
	unsigned n;

	if (!split_command(import, node, &words, &argv))
		return NULL;
	n = keepalived_words(import->arena, words[1], &argv);
	if (n > CHECK_WORDS_MAX) {
		import_part(import, node, VERDICT_REFUSED, node->words[0],
			    "has more than %d words: put them into a script", CHECK_WORDS_MAX);
		return NULL;
	}
	path = program(import, node, argv[0]);
	if (!path || !check_argv(import, node, argv, n))
		return NULL;
	list = setting_add(import->arena, parent, name, SETTING_LIST, NULL, &node->origin);
	list->inline_group = true;
	setting_add(import->arena, list, NULL, SETTING_TEXT, path, NULL);
	for (unsigned i = 1; i < n; i++)
		setting_add(import->arena, list, NULL, SETTING_TEXT, argv[i], NULL);
	return list;
}

bool import_user(struct import *import, struct keepalived_node *node, const char *const *words,
		 unsigned words_n, unsigned at, const char **ret_user)
{
	struct keepalived_node *preset = import->globals.said[KEYWORD_SCRIPT_USER];

	*ret_user = preset ? import_value(preset) : NULL;
	if (words_n <= at) {
		if (preset && !preset->judged)
			import_judge(import, preset, VERDICT_MAPPED, NULL);
		return true;
	}
	if (words_n > at + 2 || !words[at][0] || strchr(";|&><$", words[at][0])) {
		import_judge(import, node, VERDICT_WRONG,
			     "\"%.40s\" behind the command is taken for a user, so keepalived "
			     "runs nothing: put the command and its arguments between quotes",
			     words[at]);
		return false;
	}
	*ret_user = words[at];
	if (words_n == at + 2 && strcmp(words[at], words[at + 1]) != 0)
		import_part(import, node, VERDICT_CHANGED, node->words[0],
			    "the group %.40s is not taken: it runs with the groups of %.40s",
			    words[at + 1], words[at]);
	return true;
}

/* ---- what a command asks ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What only asks for a process of a name. Return: the name; NULL: it is something else. */
static const char *process_name(const char *const *argv, unsigned n)
{
	const char *program = base_name(argv[0]), *name = argv[n - 1];
	bool killall = strcmp(program, "killall") == 0 || strcmp(program, "pkill") == 0;
	bool fits = killall && n == 3 && strcmp(argv[1], "-0") == 0;

	if (strcmp(program, "pidof") == 0)
		fits = n == 2;
	if (strcmp(program, "pgrep") == 0)
		fits = n == 3 && strcmp(argv[1], "-x") == 0;
	if (!fits || strlen(name) > COMM_MAX || strpbrk(name, "/^$.*[]()|\\ ") || name[0] == '-')
		return NULL;
	return name;
}

static void put_process_of_script(struct import *import, struct setting *check,
				  struct keepalived_node *node, const char *name)
{
	setting_add(import->arena, check, "process", SETTING_TEXT, name, &node->origin);
	import_judge(import, node, VERDICT_CHANGED,
		     "asks for processes \"%s\" without a program: what checks run as may signal "
		     "none",
		     name);
}

/* "</path" asks a shell whether it can be opened; bash has /dev/tcp. */
static void put_open(struct import *import, struct setting *check, struct keepalived_node *node,
		     const char *path)
{
	static const char tcp[] = "/dev/tcp/";
	const char *port = strrchr(path, '/');
	struct setting *list;

	if (strncmp(path, tcp, sizeof(tcp) - 1) == 0 && port > path + sizeof(tcp) - 1) {
		const char *host = path + sizeof(tcp) - 1;
		int len = (int)(port - host);

		setting_add(import->arena, check, "tcp", SETTING_TEXT,
			    arena_print(import->arena,
					memchr(host, ':', (size_t)len) ? "[%.*s]:%s" : "%.*s:%s",
					len, host, port + 1),
			    &node->origin);
		import_judge(import, node, VERDICT_CHANGED,
			     "a connection without a shell, which only bash could make this way");
		return;
	}
	list = setting_add(import->arena, check, "command", SETTING_LIST, NULL, &node->origin);
	list->inline_group = true;
	setting_add(import->arena, list, NULL, SETTING_TEXT, "/bin/sh", NULL);
	setting_add(import->arena, list, NULL, SETTING_TEXT, "-c", NULL);
	setting_add(import->arena, list, NULL, SETTING_TEXT,
		    arena_print(import->arena, "<%s", path), NULL);
	import_judge(import, node, VERDICT_MAPPED, NULL);
}

/* Return: whether the check runs a command. */
static bool put_script(struct import *import, struct setting *check, struct keepalived_node *node)
{
	const char *const *words, *const *argv, *name;
	unsigned words_n = split_command(import, node, &words, &argv), argv_n;

	if (!words_n)
		return false;
	if (words_n > 2) {
		import_judge(import, node, VERDICT_REFUSED,
			     "without quotes keepalived runs \"%.60s\" without any argument: put "
			     "all of it between quotes, or take out what follows",
			     words[1]);
		return false;
	}
	if (words[1][0] == '<') {
		put_open(import, check, node, words[1] + 1);
		return true;
	}
	argv_n = keepalived_words(import->arena, words[1], &argv);
	name = process_name(argv, argv_n);
	if (name) {
		put_process_of_script(import, check, node, name);
		return false;
	}
	if (import_command(import, node, check, "command") && !node->judged)
		import_judge(import, node, VERDICT_MAPPED, NULL);
	return true;
}

/* ---- times and numbers ---- */

static void put_interval(struct import *import, const struct subject *script, struct setting *check)
{
	struct keepalived_node *node = script->said[KEYWORD_INTERVAL];
	int64_t us;

	if (!node || !import_time(import, node, 0, HOUR_US, US_PER_S, &us))
		return;
	if (us == 0) {
		import_judge(import, node, VERDICT_CHANGED, "0 is a second, in keepalived, too");
		us = US_PER_S;
	}
	if (!node->judged)
		import_judge(import, node, VERDICT_MAPPED, NULL);
	setting_add(import->arena, check, "interval", SETTING_TEXT,
		    import_duration(import, us < 10000 ? 10000 : us), &node->origin);
}

static void put_timeout(struct import *import, const struct subject *script, struct setting *check)
{
	struct keepalived_node *node = script->said[KEYWORD_TIMEOUT];
	int64_t us;

	if (!node || !import_time(import, node, 0, HOUR_US, 0, &us))
		return;
	if (us == 0) {
		import_judge(import, node, VERDICT_DROPPED, "0 is the interval");
		return;
	}
	import_put(import, check, "timeout", SETTING_TEXT, import_duration(import, us), node);
}

static void put_count(struct import *import, const struct subject *script, enum keyword keyword,
		      const char *name, struct setting *check)
{
	struct keepalived_node *node = script->said[keyword];
	long n;

	if (!node || !import_number(import, node, 0, 1000000, 1, &n))
		return;
	if (n > 255 || n == 0)
		import_judge(import, node, VERDICT_CHANGED, "becomes %d", n ? 255 : 1);
	else
		import_judge(import, node, VERDICT_MAPPED, NULL);
	n = n > 255 ? 255 : n == 0 ? 1 : n;
	setting_add(import->arena, check, name, SETTING_VALUE, arena_print(import->arena, "%ld", n),
		    &node->origin);
}

static void put_user(struct import *import, const struct subject *script, struct setting *check,
		     bool command)
{
	struct keepalived_node *node = script->said[KEYWORD_USER];
	struct keepalived_node *by = node ? node : import->globals.said[KEYWORD_SCRIPT_USER];
	struct keepalived_node *line = script->said[KEYWORD_SCRIPT];
	const char *user;

	if (node && !command)
		import_judge(import, node, VERDICT_DROPPED, "no program is run for this check");
	if (!command)
		return;
	if (node && !import_user(import, node, node->words, node->words_n, 1, &user))
		return;
	if (!by) {
		import_part(import, line, VERDICT_CHANGED, line->words[0],
			    "runs as the user of vipd's checks: keepalived runs it as "
			    "keepalived_script if there is such a user, else as root; user = "
			    "\"root\" in the check keeps that");
		return;
	}
	if (!by->judged)
		import_judge(import, by, VERDICT_MAPPED, NULL);
	setting_add(import->arena, check, "user", SETTING_TEXT, import_value(by), &by->origin);
}

/* The weight stands where the check is tracked. */
static void judge_weight(struct import *import, const struct subject *subject)
{
	struct keepalived_node *node = subject->said[KEYWORD_WEIGHT];

	if (node && !node->judged)
		import_judge(import, node, VERDICT_MAPPED, "in each track");
}

/* ---- kinds ---- */

static struct setting *add_check(struct import *import, struct subject *subject)
{
	struct setting *list = setting_list(import->arena, import->root, "checks", SETTING_LIST,
					    &(struct origin){ 0 });
	struct setting *check =
		setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &(struct origin){ 0 });

	setting_add(import->arena, check, "name", SETTING_TEXT, subject->name,
		    &subject->node->origin);
	if (strcmp(subject->name, import_value(subject->node)) == 0)
		import_judge(import, subject->node, VERDICT_MAPPED, "check \"%s\"", subject->name);
	else
		import_judge(import, subject->node, VERDICT_CHANGED, "is called \"%s\"",
			     subject->name);
	return check;
}

static void map_script(struct import *import, struct subject *script)
{
	struct setting *check = add_check(import, script);
	struct keepalived_node *node = script->said[KEYWORD_SCRIPT];
	bool command;

	if (!node) {
		import_judge(import, script->node, VERDICT_WRONG,
			     "has no script: keepalived leaves it out, and its trackers too");
		return;
	}
	command = put_script(import, check, node);
	put_interval(import, script, check);
	put_timeout(import, script, check);
	put_count(import, script, KEYWORD_RISE, "rise", check);
	put_count(import, script, KEYWORD_FALL, "fall", check);
	put_user(import, script, check, command);
	judge_weight(import, script);
}

static void map_file(struct import *import, struct subject *file)
{
	struct setting *check = add_check(import, file), *group;
	struct keepalived_node *node = file->said[KEYWORD_FILE];
	const char *const *words;

	judge_weight(import, file);
	if (!node || keepalived_words(import->arena, node->text, &words) < 2) {
		import_judge(import, file->node, VERDICT_WRONG, "has no file");
		return;
	}
	group = setting_add(import->arena, check, "file", SETTING_GROUP, NULL, &node->origin);
	group->inline_group = true;
	setting_add(import->arena, group, "path", SETTING_TEXT, words[1], NULL);
	setting_add(import->arena, group, "good", SETTING_TEXT, "value", NULL);
	if (words[1][0] != '/')
		import_judge(import, node, VERDICT_REFUSED, "write an absolute path");
	else
		import_judge(import, node, VERDICT_CHANGED,
			     "a file that is missing or has no number is down, without a weight a "
			     "fault: keepalived takes it for 0, which is healthy");
}

/* A process must be there, or gone, for so long: so many looks in a row. */
static void put_delay(struct import *import, const struct subject *process, enum keyword keyword,
		      const char *name, struct setting *check)
{
	struct keepalived_node *node = process->said[keyword];
	int64_t us;

	if (!node)
		node = process->said[KEYWORD_DELAY];
	if (!node || !import_time(import, node, 0, HOUR_US, 0, &us))
		return;
	if (!node->judged)
		import_judge(import, node, VERDICT_CHANGED,
			     "rise and fall count looks, one in a second");
	us = (us + SCAN_US - 1) / SCAN_US;
	setting_add(import->arena, check, name, SETTING_VALUE,
		    arena_print(import->arena, "%d", us < 254 ? (int)us + 1 : 255), &node->origin);
}

static void put_quorum(struct import *import, const struct subject *process, struct setting *group)
{
	struct keepalived_node *most = process->said[KEYWORD_QUORUM_MAX];
	struct keepalived_node *least = process->said[KEYWORD_QUORUM];
	long n;

	if (least && import_number(import, least, 1, 65535, 1, &n))
		import_put(import, group, "min", SETTING_VALUE,
			   arena_print(import->arena, "%ld", n), least);
	if (!most || !import_number(import, most, 0, 65535, 0, &n))
		return;
	if (n == 0)
		import_judge(import, most, VERDICT_MAPPED, "none may run: reverse in each track");
	else
		import_put(import, group, "max", SETTING_VALUE,
			   arena_print(import->arena, "%ld", n), most);
}

static void map_process(struct import *import, struct subject *process)
{
	struct setting *check = add_check(import, process), *group;
	struct keepalived_node *node = process->said[KEYWORD_PROCESS];
	const char *const *words;
	unsigned n;

	judge_weight(import, process);
	n = node ? keepalived_words(import->arena, node->text, &words) : 0;
	if (n < 2) {
		import_judge(import, process->node, VERDICT_WRONG, "has no process");
		return;
	}
	group = setting_add(import->arena, check, "process", SETTING_GROUP, NULL, &node->origin);
	group->inline_group = true;
	setting_add(import->arena, group, "command", SETTING_TEXT, words[1], NULL);
	put_quorum(import, process, group);
	if (n > 2)
		import_judge(import, node, VERDICT_REFUSED,
			     "its arguments do not count here: take them out, or write a "
			     "vrrp_script with pgrep -f");
	else if (!strchr(words[1], '/') && strlen(words[1]) > COMM_MAX)
		import_judge(import, node, VERDICT_REFUSED,
			     "a name has at most %d characters: write its beginning, or the path "
			     "of the file that it runs",
			     COMM_MAX);
	else
		import_judge(import, node, VERDICT_MAPPED, NULL);
	put_delay(import, process, KEYWORD_FORK_DELAY, "rise", check);
	put_delay(import, process, KEYWORD_END_DELAY, "fall", check);
	if (process->said[KEYWORD_DELAY] && !process->said[KEYWORD_DELAY]->judged)
		import_judge(import, process->said[KEYWORD_DELAY], VERDICT_DROPPED,
			     "fork_delay and terminate_delay say both");
}

/* ---- all of them ---- */

static void name_all(struct import *import, const struct subjects *const *all,
		     const struct subjects *subjects)
{
	for (struct subject *s = subjects->first; s; s = s->next)
		s->name = import_name(import, all, import_value(s->node));
}

void import_checks_name(struct import *import)
{
	const struct subjects *const all[] = { &import->scripts, &import->files, &import->processes,
					       NULL };

	for (unsigned i = 0; all[i]; i++)
		name_all(import, all, all[i]);
}

/* With all that stands in it. */
static void drop_unused(struct import *import, struct subject *subject)
{
	import_judge(import, subject->node, VERDICT_DROPPED,
		     "nobody tracks it, and keepalived does not run it");
	for (struct keepalived_node *node = subject->node->first; node; node = node->next)
		if (!node->judged)
			import_judge(import, node, VERDICT_DROPPED, "as its block");
}

static void map_all(struct import *import, const struct subjects *subjects,
		    void (*map)(struct import *, struct subject *))
{
	for (struct subject *s = subjects->first; s; s = s->next) {
		if (s->used)
			map(import, s);
		else
			drop_unused(import, s);
	}
}

void import_checks(struct import *import)
{
	struct keepalived_node *user = import->globals.said[KEYWORD_SCRIPT_USER];

	map_all(import, &import->scripts, map_script);
	map_all(import, &import->files, map_file);
	map_all(import, &import->processes, map_process);
	if (user && user->words_n > 2 && strcmp(user->words[1], user->words[2]) != 0)
		import_judge(import, user, VERDICT_CHANGED,
			     "the group %.40s is not taken: commands run with the groups of %.40s",
			     user->words[2], user->words[1]);
	else if (user && !user->judged)
		import_judge(import, user, VERDICT_DROPPED, "there is no command that it is for");
}
