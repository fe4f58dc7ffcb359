/* SPDX-License-Identifier: MIT */
/*
 * What the control socket tells of routers, as facts (why_facts.h). vipd may be of any version:
 * what it does not tell is zero.
 */
#ifndef WHY_ASK_H
#define WHY_ASK_H

#include "why_facts.h"

/**
 * why_ask() - ask for a router, or all routers of a group, and what shares their fate; or for all.
 * @path: of the control socket.
 * @router: its name, or NULL.
 * @facts: zero; why_facts_free() in any case.
 * @ret_why: as complain() has it, for the reason of a failure.
 *
 * Return: an exit status, as connection_converse().
 */
int why_ask(const char *path, const char *router, struct why_facts *facts, char *ret_why);

/**
 * why_facts_free() - release what is in there.
 */
void why_facts_free(struct why_facts *facts);

#endif
