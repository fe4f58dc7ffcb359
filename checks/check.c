/* SPDX-License-Identifier: MIT */
#include "check.h"

#define NS_PER_S INT64_C(1000000000)
#define START_NS NS_PER_S /* of the process that asks, on a host that has a lot to do */

const char *const check_kind_words[CHECK_KINDS_COUNT] = {
	[CHECK_COMMAND] = "command", [CHECK_TCP] = "tcp",     [CHECK_HTTP] = "http",
	[CHECK_DNS] = "dns",         [CHECK_PING] = "ping",   [CHECK_PROCESS] = "process",
	[CHECK_FILE] = "file",       [CHECK_ROUTE] = "route", [CHECK_UNIT] = "unit",
	[CHECK_ALL] = "all",         [CHECK_ANY] = "any",     [CHECK_AT_LEAST] = "at_least",
};

int64_t check_stale_ns(const struct check_config *config)
{
	int64_t stale_ns = 3 * config->interval_ns + config->timeout_ns;

	return stale_ns < NS_PER_S ? NS_PER_S : stale_ns;
}

int64_t check_first_ns(const struct check_config *config)
{
	return START_NS + config->delay_ns + config->interval_ns + config->timeout_ns;
}

const struct check_several *check_several_of(const struct check_config *config)
{
	return config->all ? config->all : config->any ? config->any : config->at_least;
}
