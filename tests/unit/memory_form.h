/* SPDX-License-Identifier: MIT */
/*
 * The form of a state memory that all versions share, written down a second time, and the memories
 * of other versions that are made with it.
 */
#ifndef TESTS_UNIT_MEMORY_FORM_H
#define TESTS_UNIT_MEMORY_FORM_H

#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct head {
	uint64_t magic;
	uint32_t head_size, sections_n;
	uint64_t size;
	uint32_t published, reserved;
};

struct section {
	uint32_t tag, record_size, records_n, reserved;
	uint64_t offset;
};

static inline int new_fd(void)
{
	int fd = memfd_create("test-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	return fd;
}

static inline size_t size_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return (size_t)status.st_size;
}

static inline uint8_t *copy_of(int fd)
{
	size_t size = size_of(fd);
	uint8_t *bytes = malloc(size);

	assert_int_equal(pread(fd, bytes, size, 0), (ssize_t)size);
	return bytes;
}

/* The same bytes, or the first ones of them, as another memory. */
static inline int memory_of(const uint8_t *bytes, size_t size)
{
	int fd = new_fd();

	assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
	return fd;
}

enum {
	ELECTION = 3, /* tags */
	COUNTERS = 4,
	LEASE = 7,
	FAREWELL = 8,
	UNKNOWN = 77,
};

static inline uint64_t sum_of(const uint8_t *record, size_t size)
{
	uint64_t sum = UINT64_C(0x9e3779b97f4a7c15), word;

	for (size_t at = 8; at + 8 <= size; at += 8) {
		memcpy(&word, record + at, 8);
		sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
		sum ^= sum >> 32;
	}
	return sum;
}

/*
 * The same memory as a version would have written it whose records of one section are longer or
 * shorter, or that has no such section (@size 0), with an unknown section behind all others.
 */
static inline int memory_of_version(const uint8_t *bytes, uint32_t tag, size_t size)
{
	const struct head *head = (const struct head *)bytes;
	const struct section *from = (const struct section *)(bytes + head->head_size);
	struct head new = *head;
	struct section to[32] = { 0 };
	uint8_t *other = calloc(1, 1 << 20);
	size_t offset = 4096;
	int fd;

	new.head_size = sizeof(new) + 40; /* which a later version may have */
	for (uint32_t i = 0; i < head->sections_n; i++) {
		bool changed = from[i].tag == tag;

		to[i] = from[i];
		to[i].tag = changed && size == 0 ? UNKNOWN : from[i].tag;
		to[i].record_size = (uint32_t)(changed && size ? size : from[i].record_size);
		to[i].offset = offset;
		for (uint32_t k = 0; k < from[i].records_n; k++) {
			uint8_t *record = other + offset + k * to[i].record_size;
			size_t len = from[i].record_size < to[i].record_size ? from[i].record_size
									     : to[i].record_size;

			memset(record, 0xee, to[i].record_size);
			memcpy(record, bytes + from[i].offset + k * from[i].record_size, len);
			if (from[i].tag == ELECTION && changed && size) {
				uint64_t sum = sum_of(record, size);

				memcpy(record, &sum, 8);
			}
		}
		offset = (offset + to[i].record_size * to[i].records_n + 7) & ~(size_t)7;
	}
	to[head->sections_n] = (struct section){
		.tag = UNKNOWN, .record_size = 24, .records_n = 5, .offset = offset
	};
	new.sections_n++;
	new.size = offset + 120;
	memcpy(other, &new, sizeof(new));
	memcpy(other + new.head_size, to, new.sections_n * sizeof(to[0]));
	fd = memory_of(other, new.size);
	free(other);
	return fd;
}

#endif
