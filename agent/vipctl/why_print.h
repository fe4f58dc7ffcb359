/* SPDX-License-Identifier: MIT */
/*
 * What is known of routers, printed: words for people, or one document for programs.
 */
#ifndef WHY_PRINT_H
#define WHY_PRINT_H

#include "why_facts.h"

/**
 * why_print() - print those that were asked for.
 *
 * Return: whether it could be printed.
 */
bool why_print(const struct why_facts *facts, bool json);

#endif
