/* SPDX-License-Identifier: MIT */
/*
 * What an event is about, beside its router: which check, address, or sort of conflict. Another one
 * about the same has all that is true of it by then, and may take its place. Pure.
 */
#ifndef ABOUT_H
#define ABOUT_H

#include <stdint.h>

/**
 * about() - a number of that.
 * @message: as message_make() has made it.
 */
uint64_t about(const char *message);

#endif
