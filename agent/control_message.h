/* SPDX-License-Identifier: MIT */
/*
 * What vipd and vipctl say to each other over the control socket (SOCK_SEQPACKET), in the byte
 *order of the host on which both run.
 *
 *	vipctl			vipd
 *	  request "show\0lan\0" ---->
 *			<------ TABLE		what a record of kind 1 consists of
 *			<------ RECORDS		of kind 1, plain bytes
 *			...
 *			<------ END		0, or what was wrong
 *
 * Records are known by the names in their table, never by a layout that both were built with: a
 * reader skips kinds and fields that it does not know, and takes what is missing for zero. So any
 * two versions understand each other. agent/records.h puts and takes tables and records.
 */
#ifndef CONTROL_MESSAGE_H
#define CONTROL_MESSAGE_H

#include <stdint.h>

#define CONTROL_MAGIC 0x76697064u /* "vipd" */
/* It changes when a reader could not even skip what it does not know. Up to 2: fixed structs. */
#define CONTROL_VERSION 3
/* A request to reload and its answer are for ever as in version 2, whatever becomes of the others:
 * a new vipctl lets an old vipd reload, and so start the new one, and the other way round. */
#define CONTROL_VERSION_RELOAD 2
#define CONTROL_TEXT_SIZE      3000

/* The longest messages. A reader takes larger ones than vipd makes today. */
#define CONTROL_REQUEST_SIZE 256
#define CONTROL_MESSAGE_SIZE 16384
#define CONTROL_MESSAGE_MAX  65535

enum control_command {
	CONTROL_WORDS = 0,  /* the command is a word behind the request, from version 3 on */
	CONTROL_RELOAD = 2, /* frozen; 1 was the command to show of version 2 */
};

/*
 * The three members are frozen. Of CONTROL_WORDS words follow, each with a zero at its end: the
 * command, and what it is about.
 */
struct control_request {
	uint32_t magic;
	uint16_t version;
	uint16_t command; /* enum control_command */
};

/* Another reload was under way, and may have read the file before it was as it is now: ask again.
 */
#define CONTROL_AGAIN 2

/* The answer to CONTROL_RELOAD; frozen. */
struct control_result {
	uint32_t magic;
	uint16_t version;
	uint16_t failed;              /* 0: done; CONTROL_AGAIN */
	char text[CONTROL_TEXT_SIZE]; /* what went wrong; ends with a zero */
};

/* The numbers never change; a reader skips others. */
enum control_type {
	CONTROL_TABLE = 1,
	CONTROL_RECORDS = 2,
	CONTROL_END = 3,
};

/* How every other answer begins. Magic and version are frozen. */
struct control_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type; /* enum control_type */
};

/* Then the name of the kind with its zero, then the fields. */
struct control_table {
	struct control_header header;
	uint16_t kind;        /* stands for the name in this answer */
	uint16_t fields_n;    /* at most RECORDS_FIELDS_MAX */
	uint32_t record_size; /* at most RECORDS_SIZE_MAX */
};

/* Then the name with its zero, then the words, each with its zero; an empty word is none. */
struct control_field {
	uint16_t len;  /* of all that belongs to this field, what later versions append included */
	uint16_t type; /* enum field_type */
	uint16_t offset, size;
	uint16_t family; /* of FIELD_IP */
	uint16_t words_n;
	uint32_t scale;
};

/* Then the records, all of one length. */
struct control_records {
	struct control_header header;
	uint16_t kind;
	uint16_t records_n; /* not 0 */
	uint32_t reserved;
};

/* Then a text up to the end of the message: what went wrong. */
struct control_end {
	struct control_header header;
	int32_t error; /* an errno, or 0 */
};

#endif
