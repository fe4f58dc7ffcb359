/* SPDX-License-Identifier: MIT */
#include "kind.h"

static const struct check_kind *const kinds[CHECK_KINDS_COUNT] = {
	[CHECK_COMMAND] = &check_command_kind, [CHECK_TCP] = &check_tcp_kind,
	[CHECK_HTTP] = &check_http_kind,       [CHECK_DNS] = &check_dns_kind,
	[CHECK_PING] = &check_ping_kind,       [CHECK_PROCESS] = &check_process_kind,
	[CHECK_FILE] = &check_file_kind,       [CHECK_ROUTE] = &check_route_kind,
	[CHECK_UNIT] = &check_unit_kind,
};

const struct check_kind *check_kind_of(enum check_kind_number number)
{
	return number < CHECK_KINDS_COUNT ? kinds[number] : NULL;
}
