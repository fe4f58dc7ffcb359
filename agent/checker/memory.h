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

/**
 * memory_keep_from_children() - what a process that is forked has no use for: all libraries but
 * those of the system. Some two hundred mappings cost as much as the rest of a fork. So a child
 * calls nothing of them, and is forked by _Fork(), which calls nothing in it, either.
 */
void memory_keep_from_children(void);

#endif
