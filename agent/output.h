/* SPDX-License-Identifier: MIT */
/*
 * Standard output of a program that answers and ends: whoever reads its exit status relies on that
 * the answer is there.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

/**
 * output_open() - keep descriptors 0 to 2 taken: of those that the caller closed, writing fails,
 * instead of going into the first file or socket that is opened.
 */
void output_open(void);

/**
 * output_close() - close standard output; what could not be written is complained about, unless
 * its reader went away, who knows.
 * @program: for the complaint.
 * @status: the exit status so far.
 *
 * Return: @status; EXIT_FAILURE instead of 0 when not everything was written.
 */
int output_close(const char *program, int status);

#endif
