/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/kept.h"
#include "notifier_private.h"

/* Now, since the host may lose its power. */
void notifier_write_drains(struct notifier *notifier)
{
	struct kept *drains = calloc(book_count(notifier->book) + 1, sizeof(*drains));
	unsigned n = 0;
	int err = drains ? 0 : -ENOMEM;

	for (unsigned i = 0; drains && i < book_count(notifier->book); i++) {
		const struct book_router *router = book_at(notifier->book, i);

		if (router->drained_ns)
			drains[n++] = (struct kept){ .router = router->conf->name,
						     .family = router->conf->vrrp.family,
						     .until_ns = router->drained_ns };
	}
	if (err == 0)
		err = kept_write_drains(notifier->setting.directory, drains, n, 0);
	free(drains);
	if (err < 0)
		notifier_tell_failure(notifier, err, "writing down who is drained",
				      "the next start of the host may not know it");
	notifier->drains_changed = false;
}

static void take_drain(const struct kept *kept, void *arg)
{
	struct notifier *notifier = arg;
	struct book_router *router = book_find(notifier->book, kept->router, kept->family);

	if (router)
		router->drained_ns = kept->until_ns;
}

void notifier_read_drains(struct notifier *notifier)
{
	int64_t now_real_ns = notifier->now_ns + notifier->mono_to_real_ns;

	(void)kept_read_drains(notifier->setting.directory, geteuid(), now_real_ns, 0, take_drain,
			       notifier);
}
