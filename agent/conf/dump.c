/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include "value.h"

static const char *bool_name(bool value)
{
	return value ? "true" : "false";
}

/* libconfig's escapes: the backslash and the quote. */
static void dump_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void dump_addresses(FILE *out, const char *key, const struct conf_address *addresses,
			   unsigned n)
{
	char text[CONF_ADDRESS_TEXT_SIZE];

	fprintf(out, "    %s = [", key);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : " ", conf_address_format(&addresses[i], text));
	fputs(" ];\n", out);
}

static const char *lease_name(enum conf_lease lease)
{
	static const char *const names[] = {
		[CONF_LEASE_AVAILABLE] = "available",
		[CONF_LEASE_SAFE] = "safe",
		[CONF_LEASE_OFF] = "off",
	};

	return names[lease];
}

static void dump_router(FILE *out, const struct conf_router *router)
{
	const struct vrrp_config *c = &router->vrrp;
	char text[CONF_DURATION_TEXT_SIZE];

	fprintf(out, "  {\n    name = \"%s\";\n    interface = ", router->name);
	dump_string(out, router->interface);
	fprintf(out, ";\n    vrid = %u;\n    version = %u;\n", c->vrid, c->version);
	if (c->priority == VRRP_PRIORITY_OWNER)
		fputs("    priority = \"owner\";\n", out);
	else
		fprintf(out, "    priority = %u;\n", c->priority);
	fprintf(out, "    interval = \"%s\";\n",
		conf_duration_format(c->interval_cs * INT64_C(10000000), text));
	fprintf(out, "    preempt = %s;\n", bool_name(c->preempt));
	fprintf(out, "    preempt_delay = \"%s\";\n",
		conf_duration_format(c->preempt_delay_ns, text));
	fprintf(out, "    start_delay = \"%s\";\n", conf_duration_format(c->start_delay_ns, text));
	dump_addresses(out, "addresses", router->addresses, router->addresses_n);
	if (router->extra_n)
		dump_addresses(out, "extra_addresses", router->addresses + router->addresses_n,
			       router->extra_n);
	fputs("    mac = \"interface\";\n    accept = true;\n", out);
	fprintf(out, "    checksum = \"%s\";\n",
		c->checksum == VRRP_CHECKSUM_RFC5798 ? "rfc5798" : "rfc9568");
	fprintf(out, "    lease = \"%s\";\n  }", lease_name(router->lease));
}

void conf_dump(const struct conf *conf, FILE *out)
{
	fputs("node = ", out);
	dump_string(out, conf->node);
	fputs(";\ncontrol = ", out);
	dump_string(out, conf->control);
	fprintf(out, ";\nrealtime = %s;\nrouters = (\n", bool_name(conf->realtime));
	for (unsigned i = 0; i < conf->routers_n; i++) {
		if (i)
			fputs(",\n", out);
		dump_router(out, &conf->routers[i]);
	}
	fputs("\n);\n", out);
}

void conf_errors_print(const struct conf_errors *errors, FILE *out)
{
	unsigned shown = errors->total < CONF_ERRORS_MAX ? errors->total : CONF_ERRORS_MAX;

	for (unsigned i = 0; i < shown; i++) {
		const struct conf_error *e = &errors->errors[i];

		if (e->line)
			fprintf(out, "%s:%u: %s\n", e->file, e->line, e->text);
		else
			fprintf(out, "%s: %s\n", e->file, e->text);
	}
	if (errors->total > shown)
		fprintf(out, "... and %u more errors\n", errors->total - shown);
}
