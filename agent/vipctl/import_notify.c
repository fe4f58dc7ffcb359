/* SPDX-License-Identifier: MIT */
#include "import_notify.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "import_check.h"
#include "import_feature.h"
#include "import_word.h"

/* Where the commands of vipd are, and without an installed vipctl. */
#define MAIL_HOOK "share/vipd/notify.d/mail"
#define PREFIX    "/usr/"
#define SBIN      "sbin/vipctl"

/* As mail servers are called; keepalived has this port, and so has curl. */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_"
#define MAIL_PORT  "25"

/* Which states a keyword is for; NULL at the end. */
static const struct hook {
	enum keyword keyword;
	const char *states[5];
	bool appends; /* what has happened as four arguments behind its own */
} hooks[] = {
	{ KEYWORD_NOTIFY_MASTER, { "active" }, false },
	{ KEYWORD_NOTIFY_BACKUP, { "backup" }, false },
	{ KEYWORD_NOTIFY_FAULT, { "fault" }, false },
	{ KEYWORD_NOTIFY_STOP, { "stop" }, false },
	{ KEYWORD_NOTIFY, { "active", "backup", "fault", "stop" }, true },
};

static struct setting *list_of(struct import *import, struct setting *parent)
{
	struct setting *list =
		setting_list(import->arena, parent, "notify", SETTING_LIST, &(struct origin){ 0 });

	import_feature(import, FEATURE_NOTIFY, list, NULL, VERDICT_MAPPED);
	return list;
}

static struct setting *add_entry(struct import *import, struct setting *list,
				 struct keepalived_node *node)
{
	struct setting *entry =
		setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &node->origin);

	entry->inline_group = true;
	return entry;
}

static void put_states(struct import *import, struct setting *entry, const char *const *states)
{
	struct setting *on = setting_add(import->arena, entry, "on", SETTING_LIST, NULL, NULL);

	for (; *states; states++)
		setting_add(import->arena, on, NULL, SETTING_TEXT, *states, NULL);
}

/* An entry that turns out to be none leaves no trace. */
static void forget_last(struct setting *list)
{
	struct setting *before = NULL;

	for (struct setting *s = list->first; s != list->last; s = s->next)
		before = s;
	list->last = before;
	if (before)
		before->next = NULL;
	else
		list->first = NULL;
}

static void put_hook(struct import *import, const struct hook *hook, struct keepalived_node *node,
		     struct setting *list)
{
	struct setting *entry = add_entry(import, list, node);
	const char *const *words, *user;
	unsigned words_n = keepalived_words(import->arena, node->text, &words);

	if (!import_user(import, node, words, words_n, 2, &user) ||
	    !import_command(import, node, entry, "command")) {
		forget_last(list);
		return;
	}
	put_states(import, entry, hook->states);
	setting_add(import->arena, entry, "deliver", SETTING_TEXT, "current", NULL);
	if (hook->appends)
		setting_add(import->arena, entry, "style", SETTING_TEXT, "keepalived", NULL);
	if (user)
		setting_add(import->arena, entry, "user", SETTING_TEXT, user, NULL);
	node->judged = false; /* whatever was said of its words */
	if (!import->told_confined)
		import_judge(import, node, VERDICT_CHANGED,
			     "vipd.service confines its commands (ProtectSystem=strict, "
			     "NoNewPrivileges=yes): what they write, and sudo, see Notify in "
			     "vipd.conf(5); those below likewise");
	import->told_confined = true;
	import_feature(import, FEATURE_NOTIFY, list, node, VERDICT_MAPPED);
}

/* ---- mail ---- */

static bool wants_mail(struct import *import, const struct subject *subject)
{
	struct keepalived_node *own = subject->said[KEYWORD_SMTP_ALERT];
	struct keepalived_node *vrrp = import->globals.said[KEYWORD_SMTP_ALERT_VRRP];

	if (own)
		return import_flag(import, own);
	return import_flag(import, vrrp ? vrrp : import->globals.said[KEYWORD_SMTP_ALERT]);
}

/* Beside the vipctl that imports, wherever that is installed. */
static const char *mail_hook(struct import *import)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len > 0 ? len : 0] = '\0';
	len -= (ssize_t)strlen("/" SBIN);
	if (len < 0 || strcmp(path + len, "/" SBIN) != 0)
		return PREFIX MAIL_HOOK;
	return arena_print(import->arena, "%.*s/" MAIL_HOOK, (int)len, path);
}

/* Its server as curl has it; keepalived has one of this host by default. */
static const char *mail_server(struct import *import)
{
	struct keepalived_node *node = import->globals.said[KEYWORD_MAIL_SERVER];
	const char *host = node ? import_value(node) : "127.0.0.1";
	const char *port = node && node->words_n > 2 ? node->words[2] : MAIL_PORT;
	bool is_default = strcmp(port, MAIL_PORT) == 0, is_ip6 = strchr(host, ':');

	if (host[strspn(host, NAME_CHARS)] || port[strspn(port, "0123456789")]) {
		import_part(import, node, VERDICT_WRONG, host, "is no name of a mail server");
		return NULL;
	}
	return arena_print(import->arena, "smtp://%s%s%s%s%s", is_ip6 ? "[" : "", host,
			   is_ip6 ? "]" : "", is_default ? "" : ":", is_default ? "" : port);
}

/* By what it is sent, in its environment: programs that send mail on a host want rights that
 * vipd.service does not give. */
static void put_environment(struct import *import, struct setting *command)
{
	struct keepalived_node *from = import->globals.said[KEYWORD_MAIL_FROM];
	struct setting *env = setting_add(import->arena, command, "env", SETTING_LIST, NULL, NULL);
	const char *server = mail_server(import);

	if (server)
		setting_add(import->arena, env, NULL, SETTING_TEXT,
			    arena_print(import->arena, "MAIL_SMTP=%s", server), NULL);
	if (from)
		setting_add(import->arena, env, NULL, SETTING_TEXT,
			    arena_print(import->arena, "MAIL_FROM=%s", import_value(from)), NULL);
}

/* Who gets mail: the arguments of the hook. */
static void put_recipients(struct import *import, struct setting *command)
{
	struct keepalived_node *block = import->globals.said[KEYWORD_MAIL_TO];

	for (; block; block = block->again)
		for (const struct keepalived_node *node = block->first; node; node = node->next)
			for (unsigned i = 0; i < node->words_n; i++)
				setting_add(import->arena, command, NULL, SETTING_TEXT,
					    node->words[i], NULL);
}

static void put_mail(struct import *import, struct subject *subject, struct setting *parent)
{
	static const char *const all[] = { "active", "backup", "fault", NULL };
	static const char *const some[] = { "active", "backup", NULL };
	struct keepalived_node *own = subject->said[KEYWORD_SMTP_ALERT];
	struct keepalived_node *node = own ? own : subject->node;
	struct setting *list, *entry, *command, *argv;

	if (!import->globals.said[KEYWORD_MAIL_TO]) {
		if (own)
			import_judge(import, own, VERDICT_DROPPED,
				     "there is no notification_email: keepalived sends none");
		return;
	}
	list = list_of(import, parent);
	entry = add_entry(import, list, node);
	command = setting_add(import->arena, entry, "command", SETTING_GROUP, NULL, NULL);
	command->inline_group = true;
	argv = setting_add(import->arena, command, "argv", SETTING_LIST, NULL, NULL);
	setting_add(import->arena, argv, NULL, SETTING_TEXT, mail_hook(import), NULL);
	put_recipients(import, argv);
	put_environment(import, command);
	put_states(import, entry,
		   import_flag(import, import->globals.said[KEYWORD_NO_MAIL_FAULTS]) ? some : all);
	setting_add(import->arena, entry, "deliver", SETTING_TEXT, "all", NULL);
	if (own)
		import_judge(import, own, VERDICT_CHANGED,
			     "the command %s sends it, with curl: vipd-notify(7)",
			     mail_hook(import));
}

void import_notify(struct import *import, struct subject *subject, struct setting *parent)
{
	struct keepalived_node *lower = subject->said[KEYWORD_LOWER_PRI_SCRIPT];
	struct keepalived_node *mail = subject->said[KEYWORD_SMTP_ALERT];

	for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		struct keepalived_node *node = subject->said[hooks[i].keyword];

		if (node)
			put_hook(import, &hooks[i], node, list_of(import, parent));
	}
	if (wants_mail(import, subject))
		put_mail(import, subject, parent);
	else if (mail && !mail->judged)
		import_judge(import, mail, VERDICT_DROPPED, "no mail is the default");
	if (lower)
		import_judge(
			import, lower, VERDICT_DROPPED,
			"there is no such hook: an Active that hears another one is told of in "
			"the log, and by vipctl events and vipctl check");
}

/* ---- the file ---- */

static void put_fifo(struct import *import, struct keepalived_node *node)
{
	struct setting *list = list_of(import, import->root);
	struct setting *entry = add_entry(import, list, node);

	setting_add(import->arena, entry, "fifo", SETTING_TEXT, import_value(node), NULL);
	setting_add(import->arena, entry, "style", SETTING_TEXT, "keepalived", NULL);
	import_feature(import, FEATURE_NOTIFY, list, node, VERDICT_MAPPED);
}

static void judge_mail(struct import *import)
{
	static const enum keyword keywords[] = { KEYWORD_MAIL_FROM, KEYWORD_MAIL_SERVER,
						 KEYWORD_SMTP_ALERT, KEYWORD_SMTP_ALERT_VRRP,
						 KEYWORD_NO_MAIL_FAULTS };
	static const char hook[] = "vipd's command mail sends it: vipd-notify(7)";
	struct keepalived_node *block = import->globals.said[KEYWORD_MAIL_TO];

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (import->globals.said[keywords[i]] && !import->globals.said[keywords[i]]->judged)
			import_judge(import, import->globals.said[keywords[i]], VERDICT_CHANGED,
				     hook);
	for (; block; block = block->again) {
		import_judge(import, block, VERDICT_CHANGED,
			     "who gets mail is an argument of vipd's command mail, where "
			     "smtp_alert asks for it");
		for (struct keepalived_node *node = block->first; node; node = node->next)
			import_judge(import, node, VERDICT_MAPPED, NULL);
	}
}

void import_notify_globals(struct import *import)
{
	for (struct keepalived_node *node = import->globals.said[KEYWORD_FIFO]; node;
	     node = node->again)
		put_fifo(import, node);
	judge_mail(import);
}
