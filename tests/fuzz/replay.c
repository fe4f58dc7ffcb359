/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over known inputs without a fuzzer: the files named on the command line, and
 * those in the directories named there. An assertion of the target ends the program; the file whose
 * turn it was is named on standard error.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For whoever reads the output of a crash. */
static void name_input(const char *path)
{
	fprintf(stderr, "replay: %s\n", path);
}

static int refuse(const char *path, const char *why)
{
	fprintf(stderr, "replay: %s: %s\n", path, why);
	return -1;
}

/* Return: inputs replayed, or -1. */
static int replay_file(const char *path)
{
	static uint8_t buffer[INPUT_MAX + 1];
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	size_t size;

	if (!file)
		return refuse(path, strerror(errno));
	size = fread(buffer, 1, sizeof(buffer), file);
	if (ferror(file) || size > INPUT_MAX) {
		fclose(file);
		return refuse(path, "unreadable, or larger than any input");
	}
	fclose(file);
	/* A block of the input's own length: a sanitizer sees any byte read beyond it. */
	data = malloc(size + !size);
	if (!data)
		return refuse(path, "out of memory");
	memcpy(data, buffer, size);
	name_input(path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Return: inputs replayed, or -1 when any of them was not. Directories are not descended into. */
static int replay_directory(const char *path)
{
	struct dirent **entries;
	int entries_n = scandir(path, &entries, is_visible, alphasort), replayed = 0;

	if (entries_n < 0)
		return refuse(path, strerror(errno));
	for (int i = 0; i < entries_n; i++) {
		char file[4096];
		int len = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		int n = len < (int)sizeof(file) ? replay_file(file) : refuse(path, "too long");

		replayed = n < 0 || replayed < 0 ? -1 : replayed + n;
		free(entries[i]);
	}
	free(entries);
	return replayed;
}

int main(int argc, char **argv)
{
	int replayed = 0;
	bool failed = false;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		int n = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? replay_directory(argv[i])
								       : replay_file(argv[i]);

		failed |= n < 0;
		replayed += n < 0 ? 0 : n;
	}
	printf("%d inputs replayed\n", replayed);
	return failed || replayed == 0;
}
