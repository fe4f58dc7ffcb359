/* SPDX-License-Identifier: MIT */
#include "test_conf.h"

#include "agent/conf/alike.h"

/* What is said of the differences of two files, "key: clause;" each. */
struct said {
	char text[4096];
};

static void note(const struct conf_difference *d, void *arg)
{
	const char *text = conf_alike_text(d);
	struct said *said = arg;
	size_t len = strlen(said->text);

	if (text)
		snprintf(said->text + len, sizeof(said->text) - len, "%s: %s;", d->key, text);
}

static const char *said_of(const char *old_text, const char *new_text)
{
	static struct said said;
	struct conf *old = conf_of(old_text), *new = conf_of(new_text);

	said = (struct said){ 0 };
	assert_int_equal(conf_diff(old, new, note, &said), 0);
	conf_free(old);
	conf_free(new);
	return said.text;
}

#define ROUTER(name, vrid, more)                                                                   \
	"{ name = \"" name "\"; interface = \"eth0\"; vrid = " vrid "; " more " }"
#define FILE_OF(more) "node = \"gw1\"; routers = ( " ROUTER("lan", "51", more) " );"
#define A             "addresses = [ \"192.0.2.1/24\" ]; "
#define TWO           "until the other hosts have it, too, both may be active at a time;"
#define V2            A "version = 2; "
#define EXTRA         "extra_addresses = [ \"192.0.2.7/24\" ]; "
#define COMES         "until the other hosts have it, too, nobody has it while one of them is active;"
#define GOES          "until the other hosts are without it, too, it is back whenever one of them is active;"
#define PEERS(list)   A "unicast = { peers = [ " list " ]; }; "
#define UNICAST(more) A "unicast = { peers = [ \"192.0.2.3\" ]; " more "}; "
#define HMAC(more)    A "auth = { type = \"hmac\"; keys = \"/etc/keys\"; " more "}; "

struct row {
	const char *old, *new, *said;
};

static void test_alike_of_a_router(void **state)
{
	static const struct row rows[] = {
		{ A, A "priority = 7; preempt = false; down_intervals = 2;", "" },
		{ A, A "interval = \"2s\";", "" },
		{ V2, V2 "interval = \"2s\";", "interval: " TWO },
		{ V2 "interval = \"2s\";", A "interval = \"1s\";", "version: " TWO },
		{ A, A "group_address = \"224.0.0.99\";", "group_address: " TWO },
		{ A, A "group_address = \"224.0.0.18\";", "" },
		{ A, "addresses = [ ];", "addresses: " TWO },
		{ "addresses = [ ];", A, "addresses: " TWO },
		{ "addresses = [ \"192.0.2.1/24\", \"192.0.2.2/24\" ]; ",
		  "addresses = [ \"192.0.2.2/24\", \"192.0.2.1/24\" ]; ", "" },
		{ A, "addresses = ( { address = \"192.0.2.1/24\"; label = \"eth0:1\"; } ); ", "" },
		{ A, "addresses = ( { address = \"192.0.2.1/24\"; interface = \"eth1\"; } ); ",
		  "" },
		{ A, "addresses = [ \"192.0.2.1/25\" ]; ", "" },
		{ A, "addresses = [ \"192.0.2.1/24\", \"192.0.2.7/24\" ]; ", "addresses: " COMES },
		{ "addresses = [ \"192.0.2.1/24\", \"192.0.2.7/24\" ]; ", A, "addresses: " GOES },
		{ A EXTRA, A, "" },
		{ A EXTRA, "addresses = [ \"192.0.2.1/24\", \"192.0.2.7/24\" ]; ", "" },
		{ A, UNICAST(""), "unicast.ttl: " TWO },
		{ PEERS("\"192.0.2.3\", \"192.0.2.4\""), PEERS("\"192.0.2.4\", \"192.0.2.3\""),
		  "" },
		{ UNICAST(""), UNICAST("ttl = 254; "),
		  "unicast.ttl: a host whose min_ttl is higher than what arrives there discards "
		  "it, and then both may be active at a time;" },
		{ UNICAST("ttl = 254; "), UNICAST(""), "" },
		{ UNICAST(""), UNICAST("min_ttl = 254; "), "" },
		{ UNICAST("min_ttl = 254; "), UNICAST(""),
		  "unicast.peers: what comes from it with less is discarded, and then both may be "
		  "active at a time;" },
		{ UNICAST("") "source = \"192.0.2.2\";", UNICAST("") "source = \"192.0.2.9\";",
		  "source: until the other hosts have this address among their peers, both may be "
		  "active at a time;" },
		{ A "source = \"192.0.2.2\";", A "source = \"192.0.2.9\";", "" },
		{ A, A "mac = \"virtual\";",
		  "mac.type: until the other hosts have it, too, a takeover changes the MAC "
		  "address;" },
		{ HMAC("active = 1; mode = \"permissive\"; "), HMAC("active = 1; "), "" },
		{ HMAC("active = 1; "), HMAC("active = 2; window = \"9s\"; "), "" },
		{ A, HMAC("mode = \"receive-only\"; "), "" },
		{ HMAC("mode = \"receive-only\"; "), HMAC("active = 1; mode = \"permissive\"; "),
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char old_text[1000], new_text[1000];

		snprintf(old_text, sizeof(old_text), FILE_OF("%s"), rows[i].old);
		snprintf(new_text, sizeof(new_text), FILE_OF("%s"), rows[i].new);
		assert_string_equal(said_of(old_text, new_text), rows[i].said);
	}
}

/* Of version 2, and over IPv6, there is one form alone. */
static void test_alike_of_a_checksum(void **state)
{
	const char *said = said_of(FILE_OF(A), FILE_OF(A "checksum = \"rfc5798\";"));

	(void)state;
	assert_non_null(strstr(said, "checksum: vipd takes either form"));
#define A6 "addresses = [ \"fe80::1/64\" ]; "
	assert_string_equal(said_of(FILE_OF(A6), FILE_OF(A6 "checksum = \"rfc5798\";")), "");
}

/* Whoever leaves a step out is told of the others. */
static void test_alike_names_the_way_of_hmac(void **state)
{
	(void)state;
	assert_non_null(strstr(said_of(FILE_OF(A), FILE_OF(HMAC("active = 1; "))),
			       "auth.type: until the other hosts have it, too, both may be active "
			       "at a time; the way without that is receive-only on all hosts"));
	assert_non_null(strstr(said_of(FILE_OF(HMAC("active = 1; ")), FILE_OF(A)),
			       "the way without that is permissive on all hosts"));
	assert_non_null(strstr(
		said_of(FILE_OF(HMAC("mode = \"receive-only\"; ")), FILE_OF(HMAC("active = 1; "))),
		"auth.mode: until the other hosts have it"));
}

#define B   "addresses = [ \"192.0.2.2/24\" ]; "
#define C   "addresses = [ \"192.0.2.3/24\" ]; "
#define ALL ROUTER("a", "1", A) "," ROUTER("b", "2", B) "," ROUTER("c", "3", C)
#define GROUP(...)                                                                                 \
	"node = \"gw1\"; routers = ( " ALL                                                         \
	" ); groups = ( { name = \"g\"; routers = [ " __VA_ARGS__ " ]; } );"

static void test_alike_of_the_members_of_a_group(void **state)
{
	(void)state;
	assert_string_equal(said_of(GROUP("\"a\", \"b\""), GROUP("\"a\", \"b\", \"c\"")),
			    "routers: " CONF_ALIKE_MEMBERS ";");
	assert_non_null(strstr(said_of(GROUP("\"a\", \"b\""), GROUP("\"b\", \"a\"")),
			       "where priorities are equal"));
	assert_string_equal(said_of(GROUP("\"a\", \"b\", \"c\""), GROUP("\"a\", \"c\", \"b\"")),
			    "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike_of_a_router),
		cmocka_unit_test(test_alike_of_a_checksum),
		cmocka_unit_test(test_alike_names_the_way_of_hmac),
		cmocka_unit_test(test_alike_of_the_members_of_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
