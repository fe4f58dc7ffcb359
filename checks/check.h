/* SPDX-License-Identifier: MIT */
/*
 * What a check is: how a service is asked, how often, and how many answers make a verdict. Plain
 * data, filled in by whoever reads a configuration; and the row of functions that each kind of
 * check consists of. This folder knows nothing of routers, priorities, files of configuration and
 * processes that share its verdicts.
 */
#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK_NEVER        INT64_MAX
#define CHECK_NAME_SIZE    33 /* all sizes: with the zero at the end */
#define CHECK_USER_SIZE    33
#define CHECK_HOST_SIZE    256 /* of a name or an address */
#define CHECK_TARGET_SIZE  272 /* "host:port" */
#define CHECK_PATH_SIZE    256
#define CHECK_ADDRESS_SIZE 50 /* of IPv6, with a length behind it */
#define CHECK_URL_SIZE     512
#define CHECK_WORD_SIZE    256 /* an argument, or NAME=VALUE of the environment */
#define CHECK_WORDS_MAX    32
#define CHECK_PARTS_MAX    64  /* checks that one is made of; addresses of one */
#define CHECK_ERROR_SIZE   128 /* what a verdict that is not good says, in a line */
#define CHECK_OUTPUT_SIZE  4096
#define CHECK_MAX          5000 /* of a configuration */

enum check_kind_number {
	CHECK_COMMAND,
	CHECK_TCP,
	CHECK_HTTP,
	CHECK_DNS,
	CHECK_PING,
	CHECK_PROCESS,
	CHECK_FILE,
	CHECK_ROUTE,
	CHECK_UNIT,
	CHECK_ALL, /* of other checks */
	CHECK_ANY,
	CHECK_AT_LEAST,
	CHECK_KINDS_COUNT,
};

struct check_word {
	char text[CHECK_WORD_SIZE];
};

/* Exit status 0 is good. */
struct check_command {
	struct check_word *argv; /* the first one is an absolute path */
	struct check_word *env;  /* NAME=VALUE, beside PATH, and nothing else */
	unsigned argv_n, env_n;
};

/* A connection that is accepted is good. */
struct check_tcp {
	char target[CHECK_TARGET_SIZE]; /* "host:port", "[2001:db8::1]:80" */
};

/* A response with one of these statuses, and with that text in it, is good. */
struct check_http {
	char url[CHECK_URL_SIZE];   /* http:// or https:// */
	char status[64];            /* "200", "2xx", "200,204,301-303" */
	char body[CHECK_HOST_SIZE]; /* is somewhere in the first CHECK_BODY_MAX bytes; empty: any */
	char host[CHECK_HOST_SIZE]; /* the header, and the name that a certificate is for; empty:
				       the URL's */
	char method[16];
	bool verify;                                                           /* the certificate */
	char ca[CHECK_PATH_SIZE], cert[CHECK_PATH_SIZE], key[CHECK_PATH_SIZE]; /* empty: none */
};
#define CHECK_BODY_MAX (64 << 10)

/* An answer with a record, or with that one, is good. */
struct check_dns {
	char name[CHECK_HOST_SIZE];
	char server[CHECK_TARGET_SIZE]; /* an address, perhaps with a port; empty: the resolver's */
	char type[8];                   /* "A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT" */
	char answer[CHECK_HOST_SIZE];   /* one of the records, as text; empty: any */
};

struct check_address {
	uint8_t family;    /* 4, or 6 */
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
};

/* So many addresses that answer are good. */
struct check_ping {
	struct check_address *addresses;
	unsigned addresses_n, quorum;
	char interface[16]; /* to send by; empty: as routed; needed for link-local ones */
};

/* So many processes of that name are good. */
struct check_process {
	char command[CHECK_WORD_SIZE]; /* without a slash: the name that the kernel has of it, 15
					  characters at most; with one: the file that it runs */
	char user[CHECK_USER_SIZE];    /* empty: any */
	uint32_t min, max;             /* 0: no maximum */
};

enum check_file_form {
	CHECK_FILE_EXISTS, /* being there is good */
	CHECK_FILE_ABSENT, /* not being there is */
	CHECK_FILE_VALUE,  /* the number that it begins with; what that means is up to who tracks:
			      without a weight 0 is good */
};

struct check_file {
	char path[CHECK_PATH_SIZE];
	uint8_t form; /* enum check_file_form */
};

/* A route that is there is good. */
struct check_route {
	char to[CHECK_ADDRESS_SIZE];  /* "198.51.100.0/24", "default" */
	char via[CHECK_ADDRESS_SIZE]; /* its gateway; empty: any, or none */
	char interface[16];           /* empty: any */
	uint32_t table;
};

/* One that is active is good. */
struct check_unit {
	char unit[CHECK_HOST_SIZE];
};

struct check_part {
	char name[CHECK_NAME_SIZE];
	unsigned number; /* of that check, filled in by who reads the configuration */
};

/* Of other checks: so many of them that are up are good; one whose verdict is unknown is not up,
 * and the result is unknown while it could be either. */
struct check_several {
	struct check_part *checks;
	unsigned checks_n, n;
};

/* What an unknown verdict counts as. */
enum check_unknown {
	CHECK_UNKNOWN_HOLD, /* as the last known one */
	CHECK_UNKNOWN_DOWN,
};

/* All pointers are borrowed, and all but the one of its kind NULL. */
struct check_config {
	char name[CHECK_NAME_SIZE];
	uint8_t kind;    /* enum check_kind_number */
	uint8_t unknown; /* enum check_unknown */
	uint16_t rise, fall;
	int64_t interval_ns, timeout_ns;
	int64_t delay_ns;           /* after the start of the checker, before it is asked first */
	char user[CHECK_USER_SIZE]; /* of a command; empty: the checker's */
	uint64_t definition;        /* another one is another check, whatever its name */
	struct check_command *command;
	struct check_tcp *tcp;
	struct check_http *http;
	struct check_dns *dns;
	struct check_ping *ping;
	struct check_process *process;
	struct check_file *file;
	struct check_route *route;
	struct check_unit *unit;
	struct check_several *all, *any, *at_least;
};

/* What one answer says. */
enum check_result {
	CHECK_PENDING, /* there is none yet */
	CHECK_GOOD,
	CHECK_BAD,
	CHECK_TIMED_OUT, /* bad, and too late to say more */
};

/* The keys of the kinds, as a file has them: "tcp". */
extern const char *const check_kind_words[CHECK_KINDS_COUNT];

/**
 * check_stale_ns() - after so long without an answer a verdict is unknown: three intervals and a
 * time-out, and a second at least.
 */
int64_t check_stale_ns(const struct check_config *config);

/**
 * check_first_ns() - by then the first answer has come, or never will: counted from the start. What
 * is made of others has it so much later than they.
 */
int64_t check_first_ns(const struct check_config *config);

/**
 * check_several_of() - the others that a check is made of; NULL: it is asked itself.
 */
const struct check_several *check_several_of(const struct check_config *config);

#endif
