/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration file: refused with errors that say where, or accepted with values in
 * their ranges and a dump that loads to the same, without a difference. The parser itself is
 * libconfig's; its directive for including other files is left out, since it would read files of
 * this host.
 */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "vrrp/timers.h"

#define HOUR_NS (3600 * INT64_C(1000000000))
#define MS_NS   INT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the string at which it finds a syntax error, or the end of the file. */
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

/* conf_load() wants a regular file with a path; a memory file is one. */
static int load(const void *bytes, size_t len, struct conf **ret_conf, struct conf_errors *errors)
{
	int fd = memfd_create("fuzz_conf", MFD_CLOEXEC), err;
	char path[32];

	assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = conf_load(path, ret_conf, errors);
	close(fd);
	return err;
}

static unsigned count_lines(const uint8_t *data, size_t size)
{
	unsigned n = 1;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

static void check_errors(const struct conf_errors *errors, unsigned lines_n)
{
	assert(errors->total > 0);
	for (unsigned i = 0; i < errors->total && i < CONF_ERRORS_MAX; i++) {
		const struct conf_error *e = &errors->errors[i];

		assert(e->line <= lines_n);
		assert(e->text[0] && memchr(e->text, 0, sizeof(e->text)));
		assert(e->file[0] && memchr(e->file, 0, sizeof(e->file)));
		assert(i == 0 || errors->errors[i - 1].line <= e->line);
	}
}

static void check_delay(int64_t delay_ns)
{
	assert(delay_ns >= 0 && delay_ns <= HOUR_NS && delay_ns % MS_NS == 0);
}

static void check_options(const struct conf_router *router, const struct conf_address *a)
{
	static const uint8_t none[16];
	const char *interface = conf_address_interface(router, a);
	size_t len = strlen(interface);

	assert(memchr(a->interface, 0, sizeof(a->interface)));
	assert(memchr(a->label, 0, sizeof(a->label)));
	assert(strcmp(a->interface, router->interface) != 0);
	assert(!a->label[0] || (memcmp(a->label, interface, len) == 0 && a->label[len] == ':'));
	assert(a->prefix_route != CONF_YES && a->required != CONF_YES);
	if (a->family == 6)
		assert(!a->label[0] && a->scope == 0 && a->broadcast.kind == CONF_BROADCAST_NONE);
	if (a->family == 4)
		assert(memcmp(a->peer + 4, none, sizeof(none) - 4) == 0);
	assert(memcmp(a->peer, a->bytes, sizeof(a->peer)) != 0);
}

static void check_mac(const struct conf_mac *mac)
{
	static const uint8_t zeros[6];
	bool has_address = memcmp(mac->address, zeros, sizeof(zeros)) != 0;

	assert(memchr(mac->name, 0, sizeof(mac->name)));
	if (mac->type == CONF_MAC_INTERFACE)
		assert(!mac->adverts && !mac->name[0] && !has_address);
	else
		assert(mac->adverts && mac->name[0] && has_address && !(mac->address[0] & 1));
}

static void check_router(const struct conf_router *router)
{
	const struct vrrp_config *c = &router->vrrp;

	assert(router->name[0] && memchr(router->name, 0, sizeof(router->name)));
	assert(router->interface[0] && memchr(router->interface, 0, sizeof(router->interface)));
	assert(vrrp_packet_exists(c->version, c->family));
	assert(c->vrid && c->priority);
	assert(router->accept || router->vrrp.priority != VRRP_PRIORITY_OWNER);
	check_mac(&router->mac);
	assert(vrrp_interval_is_valid(c->version, c->interval_cs));
	check_delay(c->preempt_delay_ns);
	check_delay(c->start_delay_ns);
	assert(router->addresses_n <= VRRP_ADDRESSES_MAX);
	assert(router->extra_n <= CONF_EXTRA_MAX);
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++) {
		const struct conf_address *a = &router->addresses[i];

		assert((a->family == c->family || i >= router->addresses_n) && a->prefix_len >= 1);
		if (a->family == 4)
			assert(a->bytes[0] != 0 && a->bytes[0] != 127 && a->bytes[0] < 224);
		else
			assert(a->bytes[0] != 0xff);
		assert(a->prefix_len <= (a->family == 4 ? 32 : 128));
		check_options(router, a);
	}
}

static bool is_same(const struct conf_router *a, unsigned i, const struct conf_router *b,
		    unsigned j)
{
	const struct conf_address *x = &a->addresses[i], *y = &b->addresses[j];

	return x->family == y->family && memcmp(x->bytes, y->bytes, sizeof(x->bytes)) == 0 &&
	       strcmp(conf_address_interface(a, x), conf_address_interface(b, y)) == 0;
}

static bool same_address(const struct conf_router *a, const struct conf_router *b)
{
	for (unsigned i = 0; i < a->addresses_n + a->extra_n; i++)
		for (unsigned j = 0; j < b->addresses_n + b->extra_n; j++)
			if ((a != b || i != j) && is_same(a, i, b, j))
				return true;
	return false;
}

/* What only one router may have, by looking at all pairs. */
static void check_unique(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->routers_n; i++) {
		for (unsigned j = 0; j <= i; j++) {
			const struct conf_router *a = &conf->routers[i], *b = &conf->routers[j];

			assert(!same_address(a, b));
			if (i == j)
				continue;
			/* A router of both families is two of one name. */
			assert(strcmp(a->name, b->name) != 0 || a->vrrp.family != b->vrrp.family);
			if (strcmp(a->interface, b->interface) == 0)
				assert(a->vrrp.vrid != b->vrrp.vrid ||
				       a->vrrp.family != b->vrrp.family);
		}
	}
}

static char *dump(const struct conf *conf, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	assert(out);
	conf_dump(conf, out);
	assert(fclose(out) == 0);
	return text;
}

static void never(const struct conf_difference *difference, void *arg)
{
	(void)arg;
	fprintf(stderr, "change %d of key %s\n", difference->change,
		difference->key ? difference->key : "-");
	assert(!"a difference to itself");
}

static void check_dump(const struct conf *conf)
{
	struct conf_errors errors;
	struct conf *again;
	size_t len, again_len;
	char *text = dump(conf, &len), *again_text;

	if (load(text, len, &again, &errors) < 0) {
		conf_errors_print(&errors, stderr);
		assert(!"the dump is refused");
	}
	again_text = dump(again, &again_len);
	assert(len == again_len && memcmp(text, again_text, len) == 0);
	assert(conf_diff(conf, again, never, NULL) == 0);
	conf_free(again);
	free(again_text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char include[] = "@include";
	struct conf_errors errors;
	struct conf *conf = NULL;

	if (memmem(data, size, include, sizeof(include) - 1))
		return 0;
	if (load(data, size, &conf, &errors) < 0) {
		assert(!conf);
		check_errors(&errors, count_lines(data, size));
		return 0;
	}
	assert(conf->routers_n >= 1 && conf->routers_n <= CONF_ROUTERS_MAX);
	assert(conf->node[0] && conf->control[0] == '/');
	for (unsigned i = 0; i < conf->routers_n; i++)
		check_router(&conf->routers[i]);
	check_unique(conf);
	check_dump(conf);
	conf_free(conf);
	return 0;
}
