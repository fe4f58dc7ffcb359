/* SPDX-License-Identifier: MIT */
/*
 * What would be a fault of a router as it is configured, by what can be seen here of the host: an
 * interface that an address or a route of it needs, the address that it is to send from, its peers.
 * What it tracks is in dry_run_tracks.h.
 */
#ifndef DRY_RUN_FAULTS_H
#define DRY_RUN_FAULTS_H

#include "agent/conf/conf.h"
#include "netlink/address.h"

/* The addresses of the host. */
struct dry_run_host {
	unsigned n, max;
	struct kern_address *all; /* owned */
	int err;                  /* 0; or why they cannot be seen, and nobody is in fault */
};

/**
 * dry_run_host_look() - look at the addresses of this network namespace.
 * @ret_host: in any case to be given to dry_run_host_free().
 */
void dry_run_host_look(struct dry_run_host *ret_host);

/**
 * dry_run_host_free() - release; a zero one is allowed.
 */
void dry_run_host_free(struct dry_run_host *host);

/**
 * dry_run_fault_of() - what is a fault of a router, of all its families.
 * @router: as a file has it.
 * @buf: EVENT_REASON_SIZE bytes.
 *
 * Return: @buf, as vipd tells it; empty: nothing is.
 */
const char *dry_run_fault_of(const struct dry_run_host *host, const struct conf_router *router,
			     char *buf);

#endif
