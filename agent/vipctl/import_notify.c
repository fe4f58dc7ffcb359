/* SPDX-License-Identifier: MIT */
#include "import_notify.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "import_check.h"
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
	const char *states[6];
	bool appends; /* what has happened as four arguments behind its own */
} hooks[] = {
	{ KEYWORD_NOTIFY_MASTER, { "active" }, false },
	{ KEYWORD_NOTIFY_BACKUP, { "backup" }, false },
	{ KEYWORD_NOTIFY_FAULT, { "fault" }, false },
	{ KEYWORD_NOTIFY_STOP, { "stop" }, false },
	{ KEYWORD_NOTIFY_DELETED, { "deleted" }, false },
	{ KEYWORD_LOWER_PRI_SCRIPT, { "lower_advert" }, false },
	{ KEYWORD_NOTIFY, { "active", "backup", "fault", "stop" }, true },
};

static struct setting *list_of(struct import *import, struct setting *parent)
{
	return setting_list(import->arena, parent, "notify", SETTING_LIST, &(struct origin){ 0 });
}

static struct setting *add_entry(struct import *import, struct setting *list,
				 struct keepalived_node *node)
{
	struct setting *entry =
		setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &node->origin);

	entry->inline_group = true;
	return entry;
}

static struct setting *put_states(struct import *import, struct setting *entry,
				  const char *const *states)
{
	struct setting *on = setting_add(import->arena, entry, "on", SETTING_LIST, NULL, NULL);

	for (; *states; states++)
		setting_add(import->arena, on, NULL, SETTING_TEXT, *states, NULL);
	return on;
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

/* Each way in which it differs from keepalived's. */
static void judge_hook(struct import *import, const struct hook *hook, struct keepalived_node *node,
		       bool has_user)
{
	const char *word = node->words[0];

	if (!has_user)
		import_part(import, node, VERDICT_CHANGED, word,
			    "runs as root, as in keepalived where there is no user "
			    "keepalived_script: of vipd's own accord it would be the user of the "
			    "file");
	if (hook->keyword == KEYWORD_LOWER_PRI_SCRIPT)
		import_part(import, node, VERDICT_CHANGED, word,
			    "is run when a contest begins, and not for each advert of it");
	if (hook->keyword == KEYWORD_NOTIFY_BACKUP || hook->keyword == KEYWORD_NOTIFY)
		import_part(import, node, VERDICT_CHANGED, word,
			    "an Active that is stopped is Backup first, once another one has taken "
			    "over, and that is told, too");
	if (!node->judged)
		import_judge(import, node, VERDICT_MAPPED, NULL);
}

static void put_hook(struct import *import, const struct hook *hook, const struct subject *subject,
		     struct setting *list)
{
	struct keepalived_node *node = subject->said[hook->keyword];
	struct setting *entry = add_entry(import, list, node), *on;
	const char *const *words, *user;
	unsigned words_n = keepalived_words(import->arena, node->text, &words);

	if (!import_user(import, node, words, words_n, 2, &user) ||
	    !import_command(import, node, entry, "command")) {
		forget_last(list);
		return;
	}
	on = put_states(import, entry, hook->states);
	if (hook->appends && subject->said[KEYWORD_NOTIFY_DELETED])
		setting_add(import->arena, on, NULL, SETTING_TEXT, "deleted", NULL);
	setting_add(import->arena, entry, "deliver", SETTING_TEXT, "current", NULL);
	if (hook->appends)
		setting_add(import->arena, entry, "style", SETTING_TEXT, "keepalived", NULL);
	setting_add(import->arena, entry, "user", SETTING_TEXT, user ? user : "root", NULL);
	node->judged = false; /* whatever was said of its words */
	if (!import->told_confined)
		import_part(
			import, node, VERDICT_CHANGED, node->words[0],
			"is confined by vipd.service (ProtectSystem=strict, NoNewPrivileges=yes), "
			"as those below are: what it writes, and sudo, see Notify in vipd.conf(5)");
	import->told_confined = true;
	judge_hook(import, hook, node, user != NULL);
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
	struct keepalived_node *deleted = subject->said[KEYWORD_NOTIFY_DELETED];
	struct keepalived_node *mail = subject->said[KEYWORD_SMTP_ALERT];
	struct keepalived_node *bare = deleted && deleted->words_n == 1 ? deleted : NULL;

	for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		struct keepalived_node *node = subject->said[hooks[i].keyword];

		if (node && node != bare)
			put_hook(import, &hooks[i], subject, list_of(import, parent));
	}
	if (wants_mail(import, subject))
		put_mail(import, subject, parent);
	else if (mail && !mail->judged)
		import_judge(import, mail, VERDICT_DROPPED, "no mail is the default");
	if (bare)
		import_judge(import, bare, VERDICT_MAPPED, "notify is told of it");
}

/* ---- the file ---- */

static void put_fifo(struct import *import, struct keepalived_node *node)
{
	static const char *const words[] = { "active",  "backup",       "fault", "stop",
					     "deleted", "lower_advert", NULL };
	struct keepalived_node *priority = import->globals.said[KEYWORD_PRIORITY_CHANGES];
	struct setting *list = list_of(import, import->root);
	struct setting *entry = add_entry(import, list, node), *on;

	setting_add(import->arena, entry, "fifo", SETTING_TEXT, import_value(node), NULL);
	on = put_states(import, entry, words);
	if (import_flag(import, priority))
		setting_add(import->arena, on, NULL, SETTING_TEXT, "priority", NULL);
	setting_add(import->arena, entry, "style", SETTING_TEXT, "keepalived", NULL);
	import_judge(import, node, VERDICT_MAPPED, NULL);
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
	struct keepalived_node *priority = import->globals.said[KEYWORD_PRIORITY_CHANGES];

	for (struct keepalived_node *node = import->globals.said[KEYWORD_FIFO]; node;
	     node = node->again)
		put_fifo(import, node);
	if (priority)
		import_judge(import, priority,
			     import->globals.said[KEYWORD_FIFO] ? VERDICT_MAPPED : VERDICT_DROPPED,
			     import->globals.said[KEYWORD_FIFO] ? NULL : "is for a notify_fifo");
	judge_mail(import);
}
