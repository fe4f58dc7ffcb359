/* SPDX-License-Identifier: MIT */
#include "answer_keys.h"

#include <string.h>

#include "agent/key_file.h"
#include "routers_private.h"

/* A key of a file that is in use. */
struct key_record {
	char file[CONF_KEYS_SIZE];
	char print[KEY_FILE_PRINT_SIZE]; /* key_file_print() */
	uint8_t number;                  /* 0: the file has given none */
};

static const struct field key_fields[] = {
	FIELD(struct key_record, file, "file", FIELD_TEXT),
	FIELD(struct key_record, number, "number", FIELD_UINT),
	FIELD(struct key_record, print, "print", FIELD_TEXT),
	FIELDS_END,
};

const struct records_kind answer_key_kind = { 14, "key", sizeof(struct key_record), key_fields };

static bool is_first_of_file(const struct answer_facts *facts, unsigned number)
{
	const struct conf_router *routers = facts->conf->routers;
	unsigned i = 0;

	while (routers[i].auth.key_file != routers[number].auth.key_file)
		i++;
	return i == number;
}

void answer_put_keys(const struct answer_facts *facts, unsigned number,
		     struct answer_message *message)
{
	const struct router *router = routers_get(facts->routers, number);
	const struct vrrp_hmac_keys *keys = router->auth.rules.keys;
	struct key_record records[VRRP_HMAC_KEYS];
	unsigned n = keys && keys->n ? keys->n : 1;

	if (!router->conf->auth.key_file || !is_first_of_file(facts, number))
		return;
	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < n; i++) {
		strcpy(records[i].file, router->conf->auth.keys);
		if (!keys || i >= keys->n)
			continue;
		records[i].number = keys->all[i].id;
		key_file_print(&keys->all[i], records[i].print);
	}
	message->len =
		records_put(&answer_key_kind, records, n, message->bytes, sizeof(message->bytes));
}
