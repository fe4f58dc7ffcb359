/* SPDX-License-Identifier: MIT */
/*
 * The keys of each kind of check, and what is wrong with them.
 */
#ifndef CONF_CHECK_KINDS_H
#define CONF_CHECK_KINDS_H

#include "schema.h"

extern const struct conf_schema conf_check_command_schema;
extern const struct conf_schema conf_check_tcp_schema;
extern const struct conf_schema conf_check_http_schema;
extern const struct conf_schema conf_check_dns_schema;
extern const struct conf_schema conf_check_ping_schema;
extern const struct conf_schema conf_check_process_schema;
extern const struct conf_schema conf_check_file_schema;
extern const struct conf_schema conf_check_route_schema;
extern const struct conf_schema conf_check_unit_schema;
extern const struct conf_schema conf_check_several_schema;
extern const struct conf_schema conf_check_at_least_schema;

#endif
