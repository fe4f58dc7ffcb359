/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the configuration share: a file that is a text, and errors as one text.
 */
#ifndef TESTS_UNIT_TEST_CONF_H
#define TESTS_UNIT_TEST_CONF_H

#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/conf/parse.h"

/* A file with that text. @ret_path: 32 bytes. Return: its descriptor, for the caller to close. */
static inline int conf_file(const char *text, char *ret_path)
{
	int fd = memfd_create("test_conf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	sprintf(ret_path, "/proc/self/fd/%d", fd);
	return fd;
}

/* "LINE: text\n" for each error. Return: a constant buffer. */
static inline const char *errors_text(const struct conf_errors *errors)
{
	static char text[CONF_ERRORS_MAX * 300];
	char *p = text;

	*p = '\0';
	for (unsigned i = 0; i < errors->total && i < CONF_ERRORS_MAX; i++)
		p += sprintf(p, "%u: %s\n", errors->errors[i].line, errors->errors[i].text);
	return text;
}

/* A configuration without errors, owned by the caller. */
static inline struct conf *conf_of(const char *text)
{
	struct conf_errors errors;
	struct conf *conf = NULL;
	char path[32];
	int fd = conf_file(text, path);

	if (conf_load(path, &conf, &errors) < 0)
		fail_msg("%s", errors_text(&errors));
	close(fd);
	return conf;
}

/* What is written, owned by the caller. */
static inline char *written(const struct conf_schema *schema, const void *base)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	conf_write(schema, base, true, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

#endif
