/* SPDX-License-Identifier: MIT */
#include "match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 64

/* A comparison under way: whom it tells, and of what. */
struct diff {
	conf_difference_fn each;
	void *arg;
	struct conf_difference about; /* noun, name, old and new of what is compared */
	int err;
};

static void compare_keys(struct diff *diff, const struct conf_schema *schema, const char *group,
			 const void *old, const void *new);

static void tell(const struct diff *diff, enum conf_change change, const char *key)
{
	struct conf_difference difference = diff->about;

	difference.change = change;
	difference.key = key;
	diff->each(&difference, diff->arg);
}

/* ---- lists of what has a name ---- */

static bool differs(const struct conf_key *key, const void *old, const void *new, char *old_text,
		    char *new_text)
{
	const char *a = (const char *)old + key->field.offset;
	const char *b = (const char *)new + key->field.offset;

	if (memcmp(a, b, key->field.size) == 0)
		return false;
	key->kind->text(key, old, old_text);
	key->kind->text(key, new, new_text);
	return strcmp(old_text, new_text) != 0;
}

static void tell_restart(const struct diff *diff, const char *key, const char *old_text,
			 const char *new_text)
{
	struct conf_difference difference = diff->about;

	difference.change = CONF_RESTART;
	difference.key = key;
	difference.old_text = old_text;
	difference.new_text = new_text;
	diff->each(&difference, diff->arg);
}

/* Whether something changes that leaves nothing to continue; the first one is told. */
static bool restarts(const struct diff *diff, const struct conf_schema *schema)
{
	char old_text[FIELDS_TEXT_SIZE], new_text[FIELDS_TEXT_SIZE];
	const struct field *anew = schema->anew;
	const void *old = diff->about.old, *new = diff->about.new;

	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		if (!key->anew || !differs(key, old, new, old_text, new_text))
			continue;
		tell_restart(diff, key->field.name, old_text, new_text);
		return true;
	}
	if (!anew || !fields_number(anew, old) || !fields_number(anew, new) ||
	    fields_number(anew, old) == fields_number(anew, new))
		return false;
	tell_restart(diff, anew->name, fields_text(anew, old, old_text),
		     fields_text(anew, new, new_text));
	return true;
}

static void compare_named(struct diff *diff, const struct match_list *old,
			  const struct match_list *new)
{
	const struct conf_schema *schema = old->schema;
	uint16_t name = schema->keys[0].field.offset;

	diff->about.noun = schema->noun;
	for (unsigned i = 0; i < old->n; i++) {
		uint32_t other = old->counterpart[i];

		diff->about.old = match_element(old, i);
		diff->about.new = other == MATCH_NONE ? NULL : match_element(new, other);
		diff->about.name = (const char *)diff->about.old + name;
		if (other == MATCH_NONE)
			tell(diff, CONF_GONE, NULL);
		else if (!restarts(diff, schema))
			compare_keys(diff, schema, NULL, diff->about.old, diff->about.new);
	}
	diff->about.old = NULL;
	for (unsigned i = 0; i < new->n; i++) {
		diff->about.new = match_element(new, i);
		diff->about.name = (const char *)diff->about.new + name;
		if (new->counterpart[i] == MATCH_NONE)
			tell(diff, CONF_NEW, NULL);
	}
	diff->about = (struct conf_difference){ 0 };
}

/* ---- lists of what has none ---- */

static void tell_one(struct diff *diff, enum conf_change change, const char *key,
		     const struct conf_schema *schema, const void *element)
{
	struct conf_difference difference = diff->about;
	char *text = match_text(schema, element, false);

	if (!text) {
		diff->err = -ENOMEM;
		return;
	}
	difference.change = change;
	difference.key = key;
	difference.element = schema->noun;
	difference.item = element;
	difference.old_text = change == CONF_GOES ? text : NULL;
	difference.new_text = change == CONF_GOES ? NULL : text;
	diff->each(&difference, diff->arg);
	free(text);
}

/* Those of a list that the other one has not. Return: how many. */
static unsigned tell_lonely(struct diff *diff, enum conf_change change, const char *key,
			    const struct match_list *list)
{
	unsigned n = 0;

	for (unsigned i = 0; i < list->n; i++) {
		if (list->counterpart[i] != MATCH_NONE)
			continue;
		tell_one(diff, change, key, list->schema, match_element(list, i));
		n++;
	}
	return n;
}

static void compare_nameless(struct diff *diff, const char *key, const struct match_list *old,
			     const struct match_list *new)
{
	unsigned n = tell_lonely(diff, CONF_GOES, key, old);

	n += tell_lonely(diff, CONF_COMES, key, new);
	for (unsigned i = 0; n == 0 && i < old->n; i++) {
		if (old->counterpart[i] == i)
			continue;
		tell(diff, CONF_ORDER, key);
		break;
	}
}

/* "link.delay" in a group; @buf: KEY_SIZE. */
static const char *key_name(const struct conf_key *key, const char *group, char *buf)
{
	if (!group)
		return key->field.name;
	snprintf(buf, KEY_SIZE, "%s.%s", group, key->field.name);
	return buf;
}

static void compare_list(struct diff *diff, const struct conf_key *key, const char *group,
			 const void *old, const void *new)
{
	struct match_list a = { .schema = key->element }, b = a;
	bool by_name = conf_schema_is_named(key->element) && !diff->about.noun;
	char name[KEY_SIZE];
	int err;

	a.elements = conf_key_elements(key, old, &a.n);
	b.elements = conf_key_elements(key, new, &b.n);
	/* The same bytes are the same, whatever they mean. */
	if (a.n == b.n && (a.n == 0 || memcmp(a.elements, b.elements, a.n * a.schema->size) == 0))
		return;
	err = match_lists(&a, &b, by_name);
	if (err < 0)
		diff->err = err;
	else if (by_name)
		compare_named(diff, &a, &b);
	else
		compare_nameless(diff, key_name(key, group, name), &a, &b);
	match_free(&a);
	match_free(&b);
}

/* ---- keys ---- */

/* Whoever reads the log need not know a password; that there is one he may. */
static void hide(const struct conf_key *key, char *text)
{
	if (conf_hide(key, text))
		strcpy(text, "(secret)");
}

static void compare_value(struct diff *diff, const struct conf_key *key, const char *group,
			  const void *old, const void *new)
{
	char old_text[FIELDS_TEXT_SIZE], new_text[FIELDS_TEXT_SIZE];
	struct conf_difference difference = diff->about;
	char name[KEY_SIZE];

	if (!differs(key, old, new, old_text, new_text))
		return;
	hide(key, old_text);
	hide(key, new_text);
	difference.change = CONF_KEY;
	difference.key = key_name(key, group, name);
	difference.old_text = old_text;
	difference.new_text = new_text;
	diff->each(&difference, diff->arg);
}

/* One that is kept apart comes or goes as an element of a list does. */
static void compare_group(struct diff *diff, const struct conf_key *key, const char *group,
			  const void *old, const void *new)
{
	const void *a = conf_key_group(key, old), *b = conf_key_group(key, new);
	char name[KEY_SIZE];

	if (a && b)
		compare_keys(diff, key->element, key_name(key, group, name), a, b);
	else if (a)
		tell_one(diff, CONF_GOES, key_name(key, group, name), key->element, a);
	else if (b)
		tell_one(diff, CONF_COMES, key_name(key, group, name), key->element, b);
}

static void compare_keys(struct diff *diff, const struct conf_schema *schema, const char *group,
			 const void *old, const void *new)
{

	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		if (key->count)
			compare_list(diff, key, group, old, new);
		else if (key->element)
			compare_group(diff, key, group, old, new);
		else if (key->kind)
			compare_value(diff, key, group, old, new);
	}
}

int conf_compare(const struct conf_schema *schema, const void *old, const void *new,
		 conf_difference_fn each, void *arg)
{
	struct diff diff = { .each = each, .arg = arg };

	compare_keys(&diff, schema, NULL, old, new);
	return diff.err;
}

int conf_diff(const struct conf *old, const struct conf *new, conf_difference_fn each, void *arg)
{
	return conf_compare(&conf_file_schema, old, new, each, arg);
}

static const struct conf_schema *schema_of_routers(void)
{
	const struct conf_key *key = conf_file_schema.keys;

	while (strcmp(key->field.name, "routers") != 0)
		key++;
	return key->element;
}

int conf_diff_router(const struct conf_router *old, const struct conf_router *new,
		     conf_difference_fn each, void *arg)
{
	const struct conf_schema *schema = schema_of_routers();
	struct diff diff = {
		.each = each,
		.arg = arg,
		.about = { .noun = schema->noun, .name = new->name, .old = old, .new = new }
	};

	compare_keys(&diff, schema, NULL, old, new);
	return diff.err;
}
