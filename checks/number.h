/* SPDX-License-Identifier: MIT */
/*
 * The number that a text begins with. Pure.
 */
#ifndef CHECKS_NUMBER_H
#define CHECKS_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/**
 * check_number_parse() - a whole number in any base of C: "-5", "0x1f", "010" is 8; blanks before
 * it, and a blank or nothing right behind it: "08", "1.5" and "5s" are none.
 * @text, @len: need not end with a zero.
 *
 * Return: 0; -EINVAL when it begins with no number; -ERANGE when that has more than 32 bits.
 */
int check_number_parse(const char *text, size_t len, int32_t *ret_number);

#endif
