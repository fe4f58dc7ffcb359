/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <link.h>
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

void memory_let_go(void)
{
	(void)dl_iterate_phdr(let_go_of_code, NULL);
}
