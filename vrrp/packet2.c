/* SPDX-License-Identifier: MIT */
#include "packet2.h"

#include <assert.h>
#include <string.h>

#define CS_PER_S 100

enum vrrp_reject vrrp_packet2_read(const uint8_t *message, size_t len, struct vrrp_advert *advert)
{
	advert->interval_cs = (uint16_t)(message[5] * CS_PER_S);
	advert->auth_type = message[4];
	memset(advert->auth, 0, sizeof(advert->auth));
	switch (message[4]) {
	case VRRP_AUTH_NONE:
		return VRRP_ACCEPT;
	case VRRP_AUTH_PASSWORD:
		memcpy(advert->auth, message + len - VRRP_AUTH_LEN, VRRP_AUTH_LEN);
		return VRRP_ACCEPT;
	case VRRP_AUTH_AH:
		return VRRP_REJECT_AUTH_AH;
	}
	return VRRP_REJECT_AUTH_TYPE;
}

void vrrp_packet2_write(const struct vrrp_advert *advert, uint8_t *message, size_t len)
{
	uint8_t *data = message + len - VRRP_AUTH_LEN;

	message[4] = advert->auth_type;
	message[5] = (uint8_t)(advert->interval_cs / CS_PER_S);
	switch (advert->auth_type) {
	case VRRP_AUTH_NONE:
		memset(data, 0, VRRP_AUTH_LEN);
		return;
	case VRRP_AUTH_PASSWORD:
		memcpy(data, advert->auth, VRRP_AUTH_LEN);
		return;
	}
	assert(!"an authentication that cannot be written");
}
