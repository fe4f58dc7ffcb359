/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a keepalived.conf, up to its tree: whatever is in it, there is an end, and each line
 * and each word is within what was read. Includes are left out, since they would read files of this
 * host.
 */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/vipctl/keepalived_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned count_lines(const uint8_t *data, size_t size)
{
	unsigned n = 1;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

static void check_line(const struct keepalived_line *line, unsigned lines_n)
{
	size_t len = strlen(line->text);

	assert(len > 0 && len <= KEEPALIVED_LINE_MAX);
	assert(line->text[0] != ' ' && line->text[0] != '\t' && line->text[len - 1] != ' ');
	assert(line->origin.file && line->origin.line <= lines_n && line->origin.by <= lines_n);
	if (strpbrk(line->text, "{}") && !strchr(line->text, '"'))
		assert(len == 1);
}

static unsigned check_block(struct arena *arena, const struct keepalived_node *block,
			    unsigned depth)
{
	const char *const *words;
	unsigned n = 0;

	assert(!block->first || depth <= KEEPALIVED_NESTING_MAX);
	for (const struct keepalived_node *node = block->first; node; node = node->next) {
		assert(node->parent == block && node->words_n >= 1);
		assert(node->words[0] && !node->words[node->words_n]);
		assert(keepalived_words(arena, node->text, &words) <= strlen(node->text));
		n += 1 + check_block(arena, node, depth + 1);
	}
	return n;
}

static void check(struct arena *arena, const char *path, unsigned lines_n)
{
	const struct keepalived_line *lines;
	struct keepalived_node *root;
	struct report report;
	unsigned n = 0, nodes_n = 0;
	struct keepalived_source *sources;
	bool conditions;

	report_init(&report, arena);
	lines = keepalived_read(arena, &report, path, "gw1", &conditions, &sources);
	for (const struct keepalived_line *line = lines; line; line = line->next, n++) {
		check_line(line, lines_n);
		nodes_n += strcmp(line->text, "{") != 0 && strcmp(line->text, "}") != 0;
	}
	assert(n <= KEEPALIVED_LINES_MAX * 2u);
	root = keepalived_tree(arena, &report, lines);
	n = check_block(arena, root, 0);
	assert(n == nodes_n || report_is_open(&report));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz_keepalived", MFD_CLOEXEC);
	struct arena arena = { 0 };
	char path[32];

	assert(fd >= 0 && fchmod(fd, 0600) == 0);
	assert(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!memmem(data, size, "include", 7))
		check(&arena, path, count_lines(data, size));
	arena_free(&arena);
	close(fd);
	return 0;
}
