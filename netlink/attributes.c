/* SPDX-License-Identifier: MIT */
#include "attributes.h"

#include <libmnl/libmnl.h>
#include <string.h>

static int collect(const struct nlattr *attribute, void *arg)
{
	struct kern_attributes *attributes = arg;
	unsigned type = mnl_attr_get_type(attribute);

	if (type < sizeof(attributes->of) / sizeof(attributes->of[0]))
		attributes->of[type] = attribute;
	return MNL_CB_OK;
}

void kern_attributes_parse(const struct nlmsghdr *message, unsigned header_len,
			   struct kern_attributes *ret_attributes)
{
	mnl_attr_parse(message, header_len, collect, ret_attributes);
}

void kern_attributes_parse_part(const void *part, size_t len,
				struct kern_attributes *ret_attributes)
{
	mnl_attr_parse_payload(part, len, collect, ret_attributes);
}

const void *kern_attributes_get(const struct kern_attributes *attributes, unsigned type, size_t len)
{
	const struct nlattr *attribute = attributes->of[type];

	if (!attribute || mnl_attr_get_payload_len(attribute) != len)
		return NULL;
	return mnl_attr_get_payload(attribute);
}

bool kern_attributes_address(const struct nlattr *attribute, unsigned family, uint8_t *bytes)
{
	size_t len = family == 6 ? 16 : 4;

	if (!attribute)
		return true;
	if (mnl_attr_get_payload_len(attribute) != len)
		return false;
	memcpy(bytes, mnl_attr_get_payload(attribute), len);
	return true;
}
