/* SPDX-License-Identifier: MIT */
#include "printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/fields.h"

#define ESCAPE_LEN 4

/* C0 and DEL, and in two bytes C1, which terminals obey, too. */
static bool is_control(const unsigned char *at)
{
	return *at < ' ' || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

size_t printable_len(const char *text)
{
	return is_control((const unsigned char *)text) ? 0 : fields_utf8_len(text);
}

const char *printable(const char *text, char *buf, size_t size)
{
	size_t used = 0, len;

	for (; *text; text += len) {
		bool escapes = printable_len(text) == 0;

		len = escapes ? 1 : printable_len(text);
		if (used + (escapes ? ESCAPE_LEN : len) >= size)
			break;
		if (escapes)
			sprintf(buf + used, "\\x%02x", (unsigned char)*text);
		else
			memcpy(buf + used, text, len);
		used += escapes ? ESCAPE_LEN : len;
	}
	buf[used] = '\0';
	return buf;
}

void printable_json(const char *text, FILE *out)
{
	size_t len;

	for (; *text; text += len) {
		const unsigned char *at = (const unsigned char *)text;

		len = fields_utf8_len(text);
		if (len == 0)
			fputs("\\ufffd", out);
		else if (is_control(at))
			fprintf(out, "\\u%04x", at[len - 1]);
		else
			fwrite(text, 1, len, out);
		len = len ? len : 1;
	}
}
