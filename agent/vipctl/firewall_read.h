/* SPDX-License-Identifier: MIT */
/*
 * What nft and iptables print, read into rules.
 */
#ifndef VIPCTL_FIREWALL_READ_H
#define VIPCTL_FIREWALL_READ_H

#include <stddef.h>

#include "firewall.h"

/**
 * firewall_read_nft() - the answer to "nft -j list ruleset". In firewall_nft.c.
 *
 * What iptables has made there is passed over, table by table, if @firewall has it already by
 * firewall_read_iptables(): that tells more of it.
 *
 * Return: 0; -EINVAL: it makes no sense, and nothing was added.
 */
int firewall_read_nft(struct firewall *firewall, struct arena *arena, const char *text);

/**
 * firewall_read_iptables() - the answer to iptables-save or ip6tables-save. In firewall_iptables.c.
 * @tool: the command that changes these rules: "iptables", "ip6tables", "iptables-legacy"; borrowed
 *	for as long as the arena.
 * @text: changed.
 */
void firewall_read_iptables(struct firewall *firewall, struct arena *arena, const char *tool,
			    char *text);

#endif
