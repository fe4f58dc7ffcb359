/* SPDX-License-Identifier: MIT */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int complain(char *ret_why, const char *format, ...)
{
	char sentence[COMPLAIN_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(ret_why ? ret_why : sentence, COMPLAIN_SIZE, format, args);
	va_end(args);
	if (!ret_why)
		fprintf(stderr, "vipctl: %s\n", sentence);
	return EXIT_FAILURE;
}
