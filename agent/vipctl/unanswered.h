/* SPDX-License-Identifier: MIT */
/*
 * Why vipd does not answer, as far as the kernel tells of the process that should.
 */
#ifndef UNANSWERED_H
#define UNANSWERED_H

#define UNANSWERED_SIZE 200

/**
 * unanswered_text() - that it does not, and why: it is stopped, or waits in the kernel.
 * @fd: connected to its control socket.
 * @buf: UNANSWERED_SIZE bytes.
 *
 * Return: @buf.
 */
const char *unanswered_text(int fd, char *buf);

#endif
