/* SPDX-License-Identifier: MIT */
/*
 * Whether what is seen from here, interfaces and rules, is what a vipd has: it may be in another
 * network namespace than vipctl, which reaches it by its socket all the same.
 */
#ifndef VIPCTL_NAMESPACE_H
#define VIPCTL_NAMESPACE_H

enum namespace_of {
	NAMESPACE_HERE,
	NAMESPACE_ELSEWHERE,
	NAMESPACE_UNKNOWN, /* it may not be looked at */
};

/**
 * namespace_of() - where the network namespace of a vipd is.
 * @socket_fd: connected to it.
 */
enum namespace_of namespace_of(int socket_fd);

#endif
