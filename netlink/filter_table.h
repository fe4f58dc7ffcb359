/* SPDX-License-Identifier: MIT */
/*
 * The tables of filter.h, one for each action, private to the files that write and read them: which
 * sets there are, and the messages that make a table with its sets, chains and rules.
 */
#ifndef KERN_FILTER_TABLE_H
#define KERN_FILTER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"

/* Bytes of the messages that make the longest table, and how many messages at most. */
#define KERN_FILTER_TABLE_LEN_MAX 4096
#define KERN_FILTER_TABLE_MAX     16

/* Bytes of a message about one element. */
#define KERN_FILTER_ELEMENT_LEN_MAX 116

enum kern_filter_set_number {
	KERN_FILTER_SET_IP,
	KERN_FILTER_SET_IP6,
	KERN_FILTER_SET_LINK_LOCAL,
	KERN_FILTER_SET_ARP,
	KERN_FILTER_SET_MACVLANS,
	KERN_FILTER_SET_COUNT,
};

/* What an element of it is told apart by. */
struct kern_filter_set {
	enum kern_filter_action action; /* whose table it is in */
	const char *name;
	bool by_interface; /* the index of an interface stands before the address */
	uint8_t family;    /* of the address; 0: there is none */
};

extern const struct kern_filter_set kern_filter_sets[KERN_FILTER_SET_COUNT];

/**
 * kern_filter_family() - the family of the table of an action, as nftables counts them.
 */
uint8_t kern_filter_family(enum kern_filter_action action);

/**
 * kern_filter_table_put() - write the messages that make a table, owned by the socket that sends
 * them.
 * @buf: KERN_FILTER_TABLE_LEN_MAX bytes.
 * @name: KERN_FILTER_TABLE, or another one to try.
 * @replace: one of that name is there, and goes.
 * @seq: of all of them.
 *
 * Return: their length.
 */
size_t kern_filter_table_put(void *buf, enum kern_filter_action action, const char *name,
			     bool replace, uint32_t seq);

#endif
