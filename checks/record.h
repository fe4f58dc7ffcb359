/* SPDX-License-Identifier: MIT */
/*
 * The records of an answer of DNS, as text (RFC 1035 §3.2, §4.1, RFC 3596). Pure.
 */
#ifndef CHECKS_RECORD_H
#define CHECKS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define CHECK_RECORD_SIZE 512 /* of its text, with the zero at the end; what is longer is cut */

/* Where the next record begins; by check_records_begin(). */
struct check_records {
	const uint8_t *bytes; /* borrowed: the whole message */
	size_t len, at;
	unsigned left;
	uint16_t type;
};

/**
 * check_record_type() - the number of a type, "A" to "TXT"; 0: of no type.
 */
uint16_t check_record_type(const char *word);

/**
 * check_records_begin() - the answer section of a message.
 * @type: only these.
 *
 * Return: 0; -EBADMSG when it is no message.
 */
int check_records_begin(struct check_records *records, const uint8_t *bytes, size_t len,
			uint16_t type);

/**
 * check_records_next() - the next one, as text: "192.0.2.1", "mail.example.com", of MX "10
 * mail.example.com", of SOA the seven fields with blanks between them, of TXT its strings one after
 * the other. Names end without a dot, but for the root; what is not printable is a question mark.
 *
 * Return: 1; 0 after the last one; -EBADMSG when the rest makes no sense.
 */
int check_records_next(struct check_records *records, char ret_text[CHECK_RECORD_SIZE]);

#endif
