/* SPDX-License-Identifier: MIT */
/*
 * The form of a state memory that all versions share, written down a second time.
 */
#ifndef TESTS_UNIT_MEMORY_FORM_H
#define TESTS_UNIT_MEMORY_FORM_H

#include <stdint.h>

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

#endif
