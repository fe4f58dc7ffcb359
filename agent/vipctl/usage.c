/* SPDX-License-Identifier: MIT */
#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "agent/conf/value.h"
#include "complain.h"

static const struct option_word {
	const char *name;  /* NULL: behind the last one */
	unsigned option;   /* enum usage_option; 0: stands in front of the command */
	const char *value; /* an example of what must follow; NULL: nothing does */
} option_words[] = {
	{ "--watch", USAGE_WATCH, NULL },
	{ "--json", USAGE_JSON, NULL },
	{ "--follow", USAGE_FOLLOW, NULL },
	{ "--keepalived", USAGE_KEEPALIVED, NULL },
	{ "--dry-run", USAGE_DRY_RUN, NULL },
	{ "--checks", USAGE_CHECKS, NULL },
	{ "--for", USAGE_FOR, "30m" },
	{ "--notify", USAGE_NOTIFY, NULL },
	{ "-n", USAGE_COUNT, "20" },
	{ "--since", USAGE_SINCE, "2h" },
	{ "--until", USAGE_UNTIL, "1h" },
	{ "--state-dir", USAGE_STATE_DIR, "/var/lib/vipd" },
	{ "--node", USAGE_NODE, "gw1" },
	{ "--ah", USAGE_AH, "none" },
	{ "--secrets", USAGE_SECRETS, "/etc/vipd" },
	{ "-o", USAGE_OUTPUT, "vipd.conf" },
	{ "-c", USAGE_CONF, "/etc/vipd/vipd.conf" },
	{ "--socket", 0, NULL },
	{ "--version", 0, NULL },
	{ NULL, 0, NULL },
};

/* What other programs call it. */
static const struct {
	const char *word, *advice;
} translations[] = {
	{ "status", "use \"vipctl show\"" },
	{ "state", "use \"vipctl show\"" },
	{ "list", "use \"vipctl show\"" },
	{ "info", "use \"vipctl show\"" },
	{ "stats", "use \"vipctl show --json\", which has the counters" },
	{ "statistics", "use \"vipctl show --json\", which has the counters" },
	{ "counters", "use \"vipctl show --json\", which has the counters" },
	{ "explain", "use \"vipctl why\"" },
	{ "log", "use \"vipctl events\"" },
	{ "logs", "use \"vipctl events\"" },
	{ "watch", "use \"vipctl show --watch\"" },
	{ "health", "use \"vipctl check\"" },
	{ "diagnose", "use \"vipctl doctor\"" },
	{ "verify", "use \"vipctl doctor\"" },
	{ "monitor", "use \"vipctl events --follow\"" },
	{ "restart", "use \"vipctl reload\" for a new configuration or program, without a gap; or "
		     "\"systemctl restart vipd\"" },
	{ "reconfigure", "use \"vipctl reload\"" },
	{ "start", "use \"systemctl start vipd\"" },
	{ "stop", "use \"systemctl stop vipd\"" },
	{ "test", "use \"vipctl reload --dry-run\", or \"vipd -t\" without a vipd that runs" },
	{ "configtest",
	  "use \"vipctl reload --dry-run\", or \"vipd -t\" without a vipd that runs" },
	{ "diff", "use \"vipctl reload --dry-run\"" },
	{ "convert", "use \"vipctl import\" for a keepalived.conf" },
	{ "migrate", "use \"vipctl import\" for a keepalived.conf" },
	{ "undrain", "use \"vipctl resume\"" },
	{ "failover", "use \"vipctl drain\" to let another host serve" },
	{ "switchover", "use \"vipctl drain\" to let another host serve" },
	{ "clear", "use \"vipctl forget\" to end the wait for an Active that is none" },
	{ "flush", "use \"vipctl forget\" to end the wait for an Active that is none" },
	{ "version", "use \"vipctl -V\"" },
};

static int hint(void)
{
	fputs("vipctl: \"vipctl help\" lists the commands\n", stderr);
	return EX_USAGE;
}

/* How far apart two words may be to be taken for one another: as with keys of a configuration. */
static unsigned likeness(const char *name)
{
	return (unsigned)strlen(name) / 3 + 1;
}

/* ---- commands ---- */

static const char *translation(const char *name)
{
	for (size_t i = 0; i < sizeof(translations) / sizeof(translations[0]); i++)
		if (strcmp(translations[i].word, name) == 0)
			return translations[i].advice;
	return NULL;
}

/* Who looks for a word that does not exist, "detail", "unload", is not to be shown one that drains
 * or forgets: of a command that changes something one letter is wrong, no more. */
static const char *nearest_command(const struct command *commands, const char *name)
{
	unsigned distance, least = likeness(name) + 1;
	const char *nearest = NULL;

	for (; commands->name; commands++) {
		distance = conf_distance(commands->name, name);
		if (distance < least && (distance <= 1 || !(commands->options & USAGE_CHANGES))) {
			nearest = commands->name;
			least = distance;
		}
	}
	return nearest;
}

static void suggest_command(const struct command *commands, const char *name)
{
	const char *advice = translation(name), *nearest = nearest_command(commands, name);

	if (advice)
		complain(NULL, "there is no command \"%.40s\": %s", name, advice);
	else if (nearest)
		complain(NULL, "there is no command \"%.40s\": did you mean \"%s\"?", name,
			 nearest);
	else
		complain(NULL, "there is no command \"%.40s\"", name);
}

const struct command *usage_find(const struct command *commands, const char *name)
{
	for (const struct command *command = commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	suggest_command(commands, name);
	(void)hint();
	return NULL;
}

/* ---- what stands behind a command ---- */

/* @options: of a command; 0: those in front of it. */
static const struct option_word *nearest_option(unsigned options, const char *name)
{
	const struct option_word *nearest = NULL;
	unsigned distance, least = likeness(name) + 1;

	for (const struct option_word *word = option_words; word->name; word++) {
		distance = conf_distance(word->name, name);
		if ((options ? word->option & options : !word->option) && distance < least) {
			nearest = word;
			least = distance;
		}
	}
	return nearest;
}

static bool begins_with(const char *name, const char *word)
{
	return strncmp(name, word, strlen(word)) == 0;
}

/* How that option is written where it belongs. Return: NULL: it is none of them. */
static const char *option_in_front(const char *name)
{
	if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0)
		return "-V";
	/* A path may follow at once. */
	if (strcmp(name, "-s") == 0 || (begins_with(name, "-s") && strchr(name, '/')) ||
	    strcmp(name, "--socket") == 0 || begins_with(name, "--socket="))
		return "-s SOCKET";
	return NULL;
}

static void refuse_option(const struct command *command, const char *name)
{
	char stem[40]; /* without an attached value */
	const struct option_word *nearest;
	const char *in_front = option_in_front(name);

	snprintf(stem, sizeof(stem), "%.*s", (int)strcspn(name, "="), name);
	nearest = command->options ? nearest_option(command->options, stem) : NULL;
	if (in_front)
		complain(NULL, "\"%.40s\" belongs in front of the command: vipctl %s %s", name,
			 in_front, command->name);
	else if (nearest && strcmp(nearest->name, name) == 0)
		complain(NULL, "%s needs a value: %s %s", name, name, nearest->value);
	else if (nearest)
		complain(NULL, "%s has no option \"%.40s\": did you mean \"%s\"?", command->name,
			 name, nearest->name);
	else
		complain(NULL, "%s has no option \"%.40s\"", command->name, name);
}

/* The value of "--for=30m". Return: NULL: it is another option, or none is attached. */
static const char *attached_value(const struct option_word *word, const char *name)
{
	size_t len = strlen(word->name);

	return word->value && begins_with(name, "--") && begins_with(name, word->name) &&
			       name[len] == '='
		       ? name + len + 1
		       : NULL;
}

/* @i: of the option; moves on to its value. */
static bool take_option(const struct command *command, char **argv, int *i,
			struct arguments *arguments)
{
	const char *name = argv[*i];

	for (const struct option_word *word = option_words; word->name; word++) {
		const char *value = attached_value(word, name);

		if ((!value && strcmp(word->name, name) != 0) || !(word->option & command->options))
			continue;
		if (word->value && !value && !argv[*i + 1])
			return false;
		if (word->value) {
			arguments->value = value ? value : argv[++*i];
			arguments->values[__builtin_ctz(word->option)] = arguments->value;
		}
		arguments->options |= word->option;
		return true;
	}
	arguments->help |= strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
	return arguments->help;
}

static int refuse(const struct command *command, const struct arguments *arguments,
		  const char *word)
{
	if (word[0] == '-')
		refuse_option(command, word);
	else if (arguments->router && strstr(command->arguments, "ROUTER"))
		complain(NULL, "%s takes one router at most: \"%.40s\" is one too many",
			 command->name, word);
	else if (arguments->router)
		complain(NULL, "%s: \"%.40s\" is one word too many", command->name, word);
	else
		complain(NULL, "%s takes no \"%.40s\"", command->name, word);
	fprintf(stderr, "usage: vipctl [-s SOCKET] %s %s\n", command->name, command->arguments);
	return EX_USAGE;
}

const char *usage_value(const struct arguments *arguments, enum usage_option option)
{
	return arguments->values[__builtin_ctz(option)];
}

int usage_parse(const struct command *command, int argc, char **argv,
		struct arguments *ret_arguments)
{
	struct arguments arguments = { .words = (const char **)argv };

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' && (command->options & USAGE_MANY))
			arguments.words[arguments.words_n++] = argv[i];
		else if (argv[i][0] != '-' && command->takes_router && !arguments.router)
			arguments.router = argv[i];
		else if (argv[i][0] != '-' && (command->options & USAGE_TWO) && !arguments.second)
			arguments.second = argv[i];
		else if (argv[i][0] != '-' || !take_option(command, argv, &i, &arguments))
			return refuse(command, &arguments, argv[i]);
	}
	*ret_arguments = arguments;
	return 0;
}

void usage_each_option(const struct command *command, usage_option_fn each, void *arg)
{
	for (const struct option_word *word = option_words; word->name; word++)
		if (command ? word->option & command->options : !word->option)
			each(word->name, word->option, arg);
}

/* ---- help ---- */

static void print_command(const struct command *command, FILE *out)
{
	char words[80];

	snprintf(words, sizeof(words), "%s %s", command->name, command->arguments);
	fprintf(out, "  %-34s %s\n", words, command->help);
}

static void print_all(const struct command *commands, FILE *out)
{
	fputs("usage: vipctl [-s SOCKET] COMMAND [ARGUMENT ...]\n"
	      "  -s SOCKET, --socket=SOCKET         control socket of vipd, "
	      "default " USAGE_CONTROL_PATH "\n"
	      "  -V, --version                      print the version and exit\n"
	      "  -h, --help                         print this and exit\n"
	      "commands:\n",
	      out);
	for (; commands->name; commands++)
		print_command(commands, out);
	fputs("vipctl(8) has the rest; to end or restart vipd: systemctl\n", out);
}

int usage_help(const struct command *commands, const struct command *command)
{
	if (!command) {
		print_all(commands, stdout);
		return EXIT_SUCCESS;
	}
	printf("usage: vipctl [-s SOCKET] %s %s\n%s: %s\n", command->name, command->arguments,
	       command->name, command->help);
	return EXIT_SUCCESS;
}

int usage_missing(const struct command *commands)
{
	print_all(commands, stderr);
	return EX_USAGE;
}

int usage_bad_option(const char *option)
{
	char *name = strndup(option, strcspn(option, "="));
	const struct option_word *nearest = name ? nearest_option(0, name) : NULL;

	if ((name && strcmp(name, "--socket") == 0) || strcmp(option, "-s") == 0)
		complain(NULL, "%.40s needs the path of a control socket", option);
	else if (nearest)
		complain(NULL, "there is no option \"%.40s\": did you mean \"%s\"?", option,
			 nearest->name);
	else
		complain(NULL, "there is no option \"%.40s\"", option);
	free(name);
	return hint();
}
