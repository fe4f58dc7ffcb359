/* SPDX-License-Identifier: MIT */
/*
 * What the process has in memory and does not need.
 */
#ifndef CHECKER_MEMORY_H
#define CHECKER_MEMORY_H

/**
 * memory_let_go() - of code and constants that the start has touched: thirty libraries come with
 * libcurl, whose start takes megabytes that no check needs. What is needed again comes back from
 * the page cache.
 */
void memory_let_go(void);

#endif
