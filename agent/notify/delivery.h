/* SPDX-License-Identifier: MIT */
/*
 * What the queue asks of one delivery (queue.h), and of two: which of them are of one class, so
 * that one may take the other's place, and which is true no more when another one comes. Pure.
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include <stdbool.h>

#include "queue.h"

/**
 * delivery_free() - with its message; it is in no list any more.
 */
void delivery_free(struct delivery *delivery);

/**
 * delivery_is_hook() - whether somebody waits for it.
 */
bool delivery_is_hook(const struct delivery *delivery);

/**
 * delivery_is_state() - whether it tells of a router's state.
 */
bool delivery_is_state(const struct delivery *delivery);

/**
 * delivery_is_of_class() - whether both may be merged: all states; of others those of one entry
 * about the same thing. Both are of one lane.
 */
bool delivery_is_of_class(const struct delivery *delivery, const struct delivery *other);

/**
 * delivery_has_to_be_true() - whether it is told only as long as it is: what its entry wants to
 * know as it is now, of states, and of others of which the next one about the same thing says what
 * is true by then.
 */
bool delivery_has_to_be_true(const struct delivery *delivery);

/**
 * delivery_is_again() - whether it is a state that is told once more, behind what waits already.
 */
bool delivery_is_again(const struct delivery *delivery);

/**
 * delivery_is_ended_by() - whether it is true no more, as there is another one.
 * @newest: of its lane; NULL: a state that nobody is told of.
 */
bool delivery_is_ended_by(const struct delivery *delivery, const struct delivery *newest);

#endif
