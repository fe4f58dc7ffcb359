/* SPDX-License-Identifier: MIT */
#include "foreign.h"

#include <ctype.h>
#include <string.h>

#include "keepalived.h"

#define BLANKS " \t\r"

static size_t word_len(const char *at)
{
	size_t len = 0;

	while (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] == '-')
		len++;
	return len;
}

/* "vrrp_instance lan {", and the brace may be on the next line. */
static bool is_keepalived(const char *line)
{
	size_t len;

	line += strspn(line, BLANKS);
	len = word_len(line);
	if (!conf_keepalived_is_block(line, len))
		return false;
	line += len;
	line += strspn(line, BLANKS);
	if (*line != '{')
		line += strcspn(line, BLANKS "{=:\n");
	line += strspn(line, BLANKS);
	return strchr("{\n#!", *line) != NULL;
}

static bool is_yaml(const char *line)
{
	return strncmp(line, "---", 3) == 0 || strncmp(line + strspn(line, " "), "- ", 2) == 0;
}

/* What only the first line tells. */
static const char *name_of_first(const char *line)
{
	switch (*line) {
	case '{':
		return "JSON";
	case '[':
		return "an INI or TOML file";
	case '<':
		return "XML";
	}
	return NULL;
}

static bool is_empty(const char *line)
{
	line += strspn(line, BLANKS);
	return strchr("\n#!", *line) || (line[0] == '/' && line[1] == '/');
}

static void tell(struct conf_parse *parse, unsigned line, const char *name)
{
	if (name)
		conf_error_line(parse, line,
				"this is %s; vipd has a format of its own: KEY = VALUE; with lists "
				"( ) and groups { }, see vipd.conf(5) and vipd.conf.sample",
				name);
	else
		conf_error_line(
			parse, line,
			"this is a configuration of keepalived; vipd has a format of its "
			"own: vipctl import FILE translates it, see vipctl(8); the table of "
			"keepalived's words is in vipd.conf(5), \"Coming from "
			"keepalived\"");
}

void conf_foreign_tell(struct conf_parse *parse, const char *text, unsigned before)
{
	const char *name = NULL;
	unsigned line = 1, total = parse->errors->total;
	bool is_first = true;

	parse->errors->total = before;
	for (; *text; line++) {
		if (is_keepalived(text)) {
			tell(parse, line, NULL);
			return;
		}
		if (is_first && !is_empty(text)) {
			name = name_of_first(text + strspn(text, BLANKS));
			is_first = false;
		}
		if (name || is_yaml(text)) {
			tell(parse, line, name ? name : "YAML");
			return;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	parse->errors->total = total;
}
