/* SPDX-License-Identifier: MIT */
/*
 * A file with HMAC keys: a line for each, its number, its algorithm, and the key in hexadecimal
 * digits. Lines that begin with # are comments.
 *
 *	1 hmac-sha256 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
 *
 * It is taken as a whole or not at all: one that others can read, that is empty, or that somebody
 * is just writing, has no keys.
 */
#ifndef KEY_FILE_H
#define KEY_FILE_H

#include "vrrp/hmac.h"

#define KEY_FILE_MAX        8192 /* bytes of a file */
#define KEY_FILE_WHY_SIZE   128
#define KEY_FILE_ALGORITHM  "hmac-sha256"
#define KEY_FILE_PRINT_SIZE 33 /* with its zero */

/**
 * key_file_read() - read a file.
 * @ret_keys: filled on success only; the caller's, who keeps it out of cores.
 * @ret_why: on failure what is wrong, KEY_FILE_WHY_SIZE; nothing of a key is in it.
 *
 * Return: 0; -errno when it cannot be read; -EACCES when others can read or change it; -EINVAL when
 * what is in it makes no sense.
 */
int key_file_read(const char *path, struct vrrp_hmac_keys *ret_keys, char *ret_why);

/**
 * key_file_print() - by what keys are told apart without telling them: what one signs that no
 * router ever sends. Not for whoever may not read the key: one that is guessed is proved by it.
 * @ret_print: KEY_FILE_PRINT_SIZE.
 */
void key_file_print(const struct vrrp_hmac_key *key, char *ret_print);

#endif
