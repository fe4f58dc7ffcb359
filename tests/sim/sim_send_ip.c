/* SPDX-License-Identifier: MIT */
/*
 * netlink/send_ip.h where all speak by multicast: whoever sends by it has found a fault.
 */
#include "netlink/send_ip.h"

#include <assert.h>
#include <errno.h>

struct kern_ip_sender {
	struct kern_sent none;
};

static struct kern_ip_sender only;

int kern_ip_sender_open(int protocol, uint8_t tos, struct kern_ip_sender **ret_sender)
{
	(void)protocol;
	(void)tos;
	*ret_sender = &only;
	return 0;
}

void kern_ip_sender_close(struct kern_ip_sender *sender)
{
	(void)sender;
}

uint8_t *kern_ip_sender_packet(struct kern_ip_sender *sender, const struct kern_ip_header *header,
			       size_t len, void *owner, unsigned kind)
{
	(void)sender;
	(void)header;
	(void)len;
	(void)owner;
	(void)kind;
	assert(!"no simulated router has unicast peers");
	return NULL;
}

int kern_ip_sender_prepared(struct kern_ip_sender *sender, int ifindex, const uint8_t *bytes,
			    size_t len, void *owner, unsigned kind)
{
	(void)sender;
	(void)ifindex;
	(void)bytes;
	(void)len;
	(void)owner;
	(void)kind;
	assert(!"no simulated router has unicast peers");
	return -EINVAL;
}

void kern_ip_prepare(uint8_t *bytes, const struct kern_ip_header *header, int protocol,
		     size_t payload_len)
{
	(void)bytes;
	(void)header;
	(void)protocol;
	(void)payload_len;
	assert(!"no simulated router has unicast peers");
}

size_t kern_ip_header_len(unsigned family)
{
	return family == 6 ? 40 : 20;
}

unsigned kern_ip_sender_flush(struct kern_ip_sender *sender, const struct kern_sent **ret_sent)
{
	*ret_sent = &sender->none;
	return 0;
}
