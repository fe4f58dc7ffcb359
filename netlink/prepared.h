/* SPDX-License-Identifier: MIT */
/*
 * Netlink messages that somebody else prepared, in another process and perhaps of another version:
 * checked for their form and carried out in batches, without knowing what they are about.
 *
 * What is passed on takes something away, or sets something meanwhile: route messages of the
 * kernel's kinds DEL and SET (rtnetlink numbers all of its messages by NEW, DEL, GET, SET), and
 * messages of nftables with the begin and the end of their batch. That keeps an error from doing
 * harm, and is no protection against whoever prepared them: the kernel looks at the rights of this
 * process, so prepared messages are for a caller who has no more of them than their author.
 */
#ifndef KERN_PREPARED_H
#define KERN_PREPARED_H

#include <stddef.h>
#include <stdint.h>

/* Of one transaction: bytes, and messages in it. */
#define KERN_TRANSACTION_LEN_MAX 16384
#define KERN_TRANSACTION_MAX     128

/* Messages for one socket that nothing interrupts. */
struct kern_transaction {
	int protocol;     /* NETLINK_ROUTE or NETLINK_NETFILTER */
	uint32_t setting; /* on this interface a secondary IPv4 address survives the removal of its
			   primary meanwhile; 0: none. Of NETLINK_ROUTE alone */
	const uint8_t *bytes;
	size_t len;
};

/* What became of them. Of nftables a batch is carried out whole or not at all. */
struct kern_prepared_sum {
	unsigned removed_n; /* objects */
	unsigned gone_n;    /* which were gone already, or their interface */
	unsigned failed_n;  /* messages that the kernel refused, or whose answers were lost */
	unsigned refused_n; /* transactions that were not passed on because of their form */
	int error;          /* the last failure's errno, or 0 */
};

struct kern_prepared;

/**
 * kern_prepared_open() - open the sockets.
 * @ret_prepared: owned by the caller.
 *
 * Return: 0; or -errno of socket() or bind(). A kernel without netfilter is none: transactions for
 * it are refused then.
 */
int kern_prepared_open(struct kern_prepared **ret_prepared);

/**
 * kern_prepared_close() - release; what was not flushed is lost. NULL is allowed.
 */
void kern_prepared_close(struct kern_prepared *prepared);

/**
 * kern_prepared_add() - put a transaction behind those that wait; a full batch is carried out
 * first.
 * @transaction: copied before it is checked, so that its author may go on writing in it.
 */
void kern_prepared_add(struct kern_prepared *prepared, const struct kern_transaction *transaction);

/**
 * kern_prepared_flush() - carry out what waits.
 *
 * Return: what became of all transactions since the last call.
 */
struct kern_prepared_sum kern_prepared_flush(struct kern_prepared *prepared);

#endif
