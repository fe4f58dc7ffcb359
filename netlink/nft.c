/* SPDX-License-Identifier: MIT */
#include "nft.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

static struct nlmsghdr *put_head(void *at, unsigned type, unsigned flags, uint32_t seq)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);

	message->nlmsg_type = (uint16_t)type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = seq;
	return message;
}

static void put_family(struct nlmsghdr *message, uint8_t family, uint16_t resource)
{
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	header->res_id = htons(resource);
}

struct nlmsghdr *kern_nft_put(void *at, unsigned type, unsigned flags, uint8_t family, uint32_t seq)
{
	struct nlmsghdr *message = put_head(at, NFNL_SUBSYS_NFTABLES << 8 | type, flags, seq);

	put_family(message, family, 0);
	return message;
}

size_t kern_nft_put_edge(void *at, unsigned type, uint32_t seq)
{
	struct nlmsghdr *message = put_head(at, type, 0, seq);

	put_family(message, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	_Static_assert(NLMSG_HDRLEN + sizeof(struct nfgenmsg) == KERN_NFT_EDGE_LEN, "of an edge");
	return message->nlmsg_len;
}
