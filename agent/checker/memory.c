/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEGMENTS_MAX 16 /* of a library; more stay as they are */

/* Return: 0: go on. */
static int let_go_of_code(struct dl_phdr_info *object, size_t size, void *self)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	ElfW(Phdr) segments[SEGMENTS_MAX]; /* a copy: they are in the memory that is let go */
	size_t n = object->dlpi_phnum < SEGMENTS_MAX ? object->dlpi_phnum : SEGMENTS_MAX;

	(void)size;
	(void)self;
	memcpy(segments, object->dlpi_phdr, n * sizeof(segments[0]));
	for (size_t i = 0; i < n; i++) {
		uintptr_t at = object->dlpi_addr + segments[i].p_vaddr, begin = at & ~(page - 1);

		if (segments[i].p_type == PT_LOAD && !(segments[i].p_flags & PF_W))
			(void)madvise((void *)begin, at + segments[i].p_memsz - begin,
				      MADV_DONTNEED);
	}
	return 0;
}

/* By the beginning of its file's name. Sanitizers are at work in children, too. */
static bool is_of_system(const char *path)
{
	static const char *const names[] = { "libc.so", "ld-linux", "libasan.", "libubsan.",
					     "libgcc_s." };
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slash && strncmp(slash + 1, names[i], strlen(names[i])) == 0)
			return true;
	return !slash; /* the program itself, and what the kernel has mapped */
}

/* Return: 0: go on. */
static int keep_from_children(struct dl_phdr_info *object, size_t size, void *self)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)self;
	for (size_t i = 0; i < object->dlpi_phnum && !is_of_system(object->dlpi_name); i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t at = object->dlpi_addr + segment->p_vaddr, begin = at & ~(page - 1);

		if (segment->p_type == PT_LOAD)
			(void)madvise((void *)begin, at + segment->p_memsz - begin, MADV_DONTFORK);
	}
	return 0;
}

void memory_keep_from_children(void)
{
	(void)dl_iterate_phdr(keep_from_children, NULL);
}

void memory_let_go(void)
{
	(void)dl_iterate_phdr(let_go_of_code, NULL);
}
