/* SPDX-License-Identifier: MIT */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "printable.h"

#define PRINTED_SIZE (4 * COMPLAIN_SIZE) /* all of it escaped */

int complain(char *ret_why, const char *format, ...)
{
	char sentence[COMPLAIN_SIZE], text[PRINTED_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(ret_why ? ret_why : sentence, COMPLAIN_SIZE, format, args);
	va_end(args);
	/* It may have names out of files of others, which shall not steer the terminal. */
	if (!ret_why)
		fprintf(stderr, "vipctl: %s\n", printable(sentence, text, sizeof(text)));
	return EXIT_FAILURE;
}
