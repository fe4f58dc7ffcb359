/* SPDX-License-Identifier: MIT */
/*
 * The attributes of one route message, found by their type.
 */
#ifndef KERN_ATTRIBUTES_H
#define KERN_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlattr;
struct nlmsghdr;

struct kern_attributes {
	const struct nlattr *of[64]; /* by type, NULL: absent; higher types are passed over */
};

/**
 * kern_attributes_parse() - find the attributes of a message. Of two of a type the later one
 * counts.
 * @message: complete; borrowed by @ret_attributes.
 * @header_len: of the header before them.
 * @ret_attributes: zeros before.
 */
void kern_attributes_parse(const struct nlmsghdr *message, unsigned header_len,
			   struct kern_attributes *ret_attributes);

/**
 * kern_attributes_parse_part() - the same, of attributes that stand in a part of a message.
 * @len: bytes of them.
 */
void kern_attributes_parse_part(const void *part, size_t len,
				struct kern_attributes *ret_attributes);

/**
 * kern_attributes_get() - an attribute's payload.
 * @type: below 64.
 * @len: what it must have, exactly.
 *
 * Return: NULL when it is absent or has another length.
 */
const void *kern_attributes_get(const struct kern_attributes *attributes, unsigned type,
				size_t len);

/**
 * kern_attributes_address() - the address in an attribute.
 * @attribute: NULL: it is absent, and @bytes stay as they are.
 * @family: 4 or 6.
 * @bytes: as many as that family's addresses have.
 *
 * Return: false when it has another length.
 */
bool kern_attributes_address(const struct nlattr *attribute, unsigned family, uint8_t *bytes);

#endif
