/* SPDX-License-Identifier: MIT */
/*
 * What all messages of nftables begin with, and the edges of a transaction: the kernel carries out
 * what lies between a begin and an end as a whole, or not at all. Without an end it only tries.
 */
#ifndef KERN_NFT_H
#define KERN_NFT_H

#include <stddef.h>
#include <stdint.h>

#ifndef NLM_F_NONREC /* Linux 4.20; libmnl's own copy of the header is older */
#define NLM_F_NONREC 0x100
#endif

/* Bytes of a begin or an end. */
#define KERN_NFT_EDGE_LEN 20

struct nlmsghdr;

/**
 * kern_nft_put() - write the head of a message; its attributes follow.
 * @type: an enum nf_tables_msg_types.
 * @flags: NLM_F_REQUEST is set here.
 * @family: of the table: NFPROTO_INET, NFPROTO_ARP.
 *
 * Return: the message, at @at.
 */
struct nlmsghdr *kern_nft_put(void *at, unsigned type, unsigned flags, uint8_t family,
			      uint32_t seq);

/**
 * kern_nft_put_edge() - write the begin or the end of a transaction.
 * @type: NFNL_MSG_BATCH_BEGIN or NFNL_MSG_BATCH_END.
 *
 * Return: its length, KERN_NFT_EDGE_LEN.
 */
size_t kern_nft_put_edge(void *at, unsigned type, uint32_t seq);

#endif
