/* SPDX-License-Identifier: MIT */
/*
 * Writes one advert by the codec of the product, for tests that compare it with what others make of
 * it: the message in hexadecimal on standard output. Usage:
 *
 *   encode VERSION VRID PRIORITY INTERVAL_CS rfc9568|rfc5798 PASSWORD SOURCE DESTINATION ADDRESS...
 *
 * An empty password is no authentication.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrrp/packet.h"

#define FIXED_ARGS 9

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static void read_address(unsigned family, const char *text, uint8_t *to)
{
	if (inet_pton(family == 4 ? AF_INET : AF_INET6, text, to) == 1)
		return;
	fprintf(stderr, "encode: no IPv%u address: %s\n", family, text);
	exit(64);
}

int main(int argc, char **argv)
{
	static uint8_t addresses[VRRP_PACKET_MAX], message[VRRP_PACKET_MAX];
	struct vrrp_advert advert = { .addresses = addresses };
	uint8_t destination[16];
	size_t len;

	if (argc <= FIXED_ARGS || argc - FIXED_ARGS > VRRP_ADDRESSES_MAX || strlen(argv[6]) > 8) {
		fprintf(stderr, "encode: too few arguments, or too much in them\n");
		return 64;
	}
	advert.family = strchr(argv[7], ':') ? 6 : 4;
	advert.version = (uint8_t)number(argv[1]);
	advert.vrid = (uint8_t)number(argv[2]);
	advert.priority = (uint8_t)number(argv[3]);
	advert.interval_cs = (uint16_t)number(argv[4]);
	advert.checksum =
		strcmp(argv[5], "rfc5798") == 0 ? VRRP_CHECKSUM_RFC5798 : VRRP_CHECKSUM_RFC9568;
	advert.auth_type = argv[6][0] ? VRRP_AUTH_PASSWORD : VRRP_AUTH_NONE;
	memcpy(advert.auth, argv[6], strlen(argv[6]));
	read_address(advert.family, argv[7], advert.source);
	read_address(advert.family, argv[8], destination);
	for (int i = FIXED_ARGS; i < argc; i++, advert.addresses_n++)
		read_address(advert.family, argv[i],
			     addresses + advert.addresses_n * vrrp_address_len(advert.family));
	len = vrrp_packet_encode(&advert, destination, message);
	for (size_t i = 0; i < len; i++)
		printf("%02x", message[i]);
	printf("\n");
	return 0;
}
