/* SPDX-License-Identifier: MIT */
/*
 * Scripts, fifos and mail that tell of states.
 */
#ifndef IMPORT_NOTIFY_H
#define IMPORT_NOTIFY_H

#include "import_map.h"

/**
 * import_notify() - the list notify of a router or a group, if it has any.
 * @subject: an instance or a sync group.
 */
void import_notify(struct import *import, struct subject *subject, struct setting *parent);

/**
 * import_notify_globals() - the list notify of the file, and what is said of mail.
 */
void import_notify_globals(struct import *import);

#endif
