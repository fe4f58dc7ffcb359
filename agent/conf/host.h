/* SPDX-License-Identifier: MIT */
/*
 * Which of a file's nodes this host is: by the command line, the file, what runs, or its name.
 */
#ifndef CONF_HOST_H
#define CONF_HOST_H

#include "parse.h"

/**
 * conf_host_choose() - find out which node this is.
 *
 * The one of the command line; else the one that the file names; else the one that runs; else the
 * one whose hosts have this host's name, whole or up to its first dot: the static one
 * (/etc/hostname), or else the one that the kernel has now. Else none, and then the name is the
 * host's up to its first dot.
 * @parse: its nodes are read; errors are told.
 * @root: of the file.
 */
void conf_host_choose(struct conf_parse *parse, const config_setting_t *root);

#endif
