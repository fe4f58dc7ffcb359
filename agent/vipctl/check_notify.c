/* SPDX-License-Identifier: MIT */
#include "check_notify.h"

#include <stdio.h>
#include <time.h>

#include "agent/home_lock.h"
#include "complain.h"
#include "database.h"
#include "standby.h"

#define LOOKS 50

static const struct timespec look_gap = { .tv_nsec = 10000000 };

/* One that begins opens its database first. */
static bool stores(const char *directory)
{
	int found = home_lock_look(directory);

	for (unsigned i = 0; i < LOOKS && found == 0; i++) {
		(void)nanosleep(&look_gap, NULL);
		found = home_lock_look(directory);
	}
	return found != 0;
}

static void take_count(sqlite3_stmt *row, void *arg)
{
	*(int *)arg = sqlite3_column_int(row, 0);
}

static int read_dead(sqlite3 *db, void *arg, char *ret_why)
{
	/* As enum delivery_life of agent/notify/queue.h. */
	return database_ask(db, "SELECT count(*) FROM deliveries WHERE state = 2", NULL, 0,
			    take_count, arg, ret_why);
}

unsigned check_notify(int socket_fd, const char *directory, struct problem *ret_problems)
{
	struct problem *problem = ret_problems;
	char why[COMPLAIN_SIZE];
	int dead_n = 0;

	if (!directory[0])
		return 0;
	if (standby_look_for(socket_fd, "vipd-notifier", true) == STANDBY_NONE)
		*problem++ = (struct problem){
			PROBLEM_DEGRADED, "no_notifier",
			"vipd-notifier does not run: nobody is told of anything until it does; the "
			"log says why"
		};
	else if (!stores(directory))
		*problem++ = (struct problem){
			PROBLEM_DEGRADED, "not_stored",
			"vipd-notifier cannot write down what happens: events and pages are in "
			"memory alone; the log says why"
		};
	if (database_read(directory, read_dead, &dead_n, why) || dead_n == 0)
		return (unsigned)(problem - ret_problems);
	*problem = (struct problem){ .level = PROBLEM_DEGRADED, .word = "dead_letter" };
	snprintf(problem->text, sizeof(problem->text),
		 dead_n == 1 ? "1 delivery has failed too often and waits for somebody to decide: "
			       "vipctl show --notify"
			     : "%d deliveries have failed too often and wait for somebody to "
			       "decide: vipctl show --notify",
		 dead_n);
	return (unsigned)(problem - ret_problems) + 1;
}
