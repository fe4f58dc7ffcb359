/* SPDX-License-Identifier: MIT */
#include "generation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "channel.h"
#include "conf.h"
#include "ctl.h"
#include "inst.h"
#include "log.h"
#include "loop.h"
#include "realtime.h"
#include "state.h"

/* What a generation owns; unmade in reverse. */
struct generation {
	struct conf *conf;
	struct state *state;
	struct state *old; /* of the predecessor, NULL when there is nothing to adopt */
	struct inst_set *set;
	struct ctl *ctl;
	struct loop *loop;
	char conf_path[4096]; /* of the file, absolute */
	bool conf_handed;     /* a configuration to run instead of the file */
	bool has_predecessor; /* whose state memory was handed down */
};

bool generation_is_this(void)
{
	return getenv(CHANNEL_ENVIRONMENT) != NULL;
}

/* What the keeper handed down, and that it goes no further. */
static void take_over_fds(struct generation *g)
{
	const char *handed = getenv(CHANNEL_ENVIRONMENT);

	g->has_predecessor = strchr(handed, 's') != NULL;
	g->conf_handed = strchr(handed, 'c') != NULL;
	for (int fd = CHANNEL_FD_TALK; fd < CHANNEL_FD_END; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Why this generation cannot run: for the log, and for whoever asked for a reload. */
static void fail(const char *doing, int err, const char *note)
{
	char text[512];

	log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"%s\"%s", strerror(-err), doing, note);
	snprintf(text, sizeof(text), "%s: %s", doing, strerror(-err));
	(void)channel_send(CHANNEL_FD_TALK, CHANNEL_ERROR, 0, text);
}

static void tell_errors(const struct generation *g, const struct conf_errors *errors)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (memory) {
		conf_errors_print(errors, memory);
		fclose(memory);
		(void)channel_send(CHANNEL_FD_TALK, CHANNEL_ERROR, 0, text);
		free(text);
	}
	/* At start somebody looks on, as with -t; later it is for the log. */
	if (!g->has_predecessor)
		conf_errors_print(errors, stderr);
	for (unsigned i = 0; g->has_predecessor && i < errors->total && i < CONF_ERRORS_MAX; i++)
		log_write(LOG_LEVEL_ERROR, "%s:%u: %s", errors->errors[i].file,
			  errors->errors[i].line, errors->errors[i].text);
}

/* After a crash from what ran last, since the file may be broken by now. */
static int load(struct generation *g, const char *conf_path)
{
	char handed[32];
	struct conf_errors errors;

	snprintf(handed, sizeof(handed), "/proc/self/fd/%d", CHANNEL_FD_CONF_IN);
	if (g->conf_handed)
		conf_path = handed;
	if (conf_load(conf_path, &g->conf, &errors) == 0)
		return 0;
	tell_errors(g, &errors);
	return EX_CONFIG;
}

/* What runs, for the generation after a crash. */
static int leave_conf(const struct conf *conf)
{
	int fd = dup(CHANNEL_FD_CONF_OUT);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return -errno;
	conf_dump(conf, out);
	return fclose(out) == 0 ? 0 : -errno;
}

/* A predecessor's elections; none, or such that cannot be read, mean a cold start. */
static struct state *open_old(const struct generation *g)
{
	struct state *old;
	int err;

	if (!g->has_predecessor)
		return NULL;
	err = state_open(CHANNEL_FD_STATE_OLD, &old);
	if (err == 0)
		return old;
	log_write(LOG_LEVEL_WARNING, "adopted=no error=\"%s\" note=\"%s; starting anew\"",
		  strerror(-err),
		  err == -EPROTO ? "the state memory is of another version of vipd"
				 : "the state memory is damaged or was never finished");
	return NULL;
}

static int open_insts(struct generation *g)
{
	struct inst_now now = loop_now();
	const char *what;
	int err = inst_open(g->conf, g->state, CHANNEL_FD_SENDER, &now, &g->set, &what);

	if (err < 0)
		fail(what, err,
		     err == -EPERM ? " note=\"vipd needs CAP_NET_ADMIN and CAP_NET_RAW: run it as "
				     "root\""
				   : "");
	return err;
}

static int open_ctl(struct generation *g)
{
	char doing[160];
	int err = ctl_open(g->conf, g->conf_path, g->set, g->has_predecessor, &g->ctl);

	snprintf(doing, sizeof(doing), "listening on the control socket %s", g->conf->control);
	if (err < 0)
		fail(doing, err,
		     err == -EADDRINUSE ? " note=\"another process listens there\"" : "");
	return err;
}

static void enter_realtime(void)
{
	const char *what;
	int err = realtime_enter(&what);

	if (err < 0)
		log_write(LOG_LEVEL_WARNING,
			  "realtime=no refused=\"%s\" error=\"%s\" note=\"under heavy load adverts "
			  "may be late; realtime = false silences this\"",
			  what, strerror(-err));
}

static int open_all(struct generation *g)
{
	int err;

	/* Early: after a crash this is a race against the peers. */
	if (g->conf->realtime)
		enter_realtime();
	err = leave_conf(g->conf);
	if (err == 0)
		err = state_new(CHANNEL_FD_STATE, g->conf, &g->state);
	if (err < 0) {
		fail("laying out the state memory", err, "");
		return err;
	}
	err = open_insts(g);
	if (err == 0)
		err = open_ctl(g);
	if (err < 0)
		return err;
	err = loop_open(CHANNEL_FD_TALK, &g->loop);
	if (err < 0)
		fail("opening the loop", err, "");
	return err;
}

/* Wait for GO: the predecessor still runs the routers. Return: 0, or -EPIPE without a keeper. */
static int await_go(int64_t *ret_frozen_real_ns)
{
	struct pollfd fd = { .fd = CHANNEL_FD_TALK, .events = POLLIN };
	static struct channel_message message;
	int got = channel_send(CHANNEL_FD_TALK, CHANNEL_READY, 0, NULL);

	while (got == 0) {
		(void)poll(&fd, 1, -1);
		got = channel_receive(CHANNEL_FD_TALK, &message);
		if (got > 0 && message.type != CHANNEL_GO)
			got = 0;
	}
	if (got < 0)
		return got;
	*ret_frozen_real_ns = message.frozen_real_ns;
	return 0;
}

static int go(struct generation *g)
{
	struct inst_now now;
	int64_t frozen_real_ns;
	int err = await_go(&frozen_real_ns);

	if (err < 0)
		return err;
	now = loop_now();
	g->old = open_old(g);
	err = inst_go(g->set, &now, g->old, frozen_real_ns);
	if (err < 0)
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"removing leftover addresses\"",
			  strerror(-err));
	state_close(g->old);
	g->old = NULL;
	if (g->has_predecessor)
		close(CHANNEL_FD_STATE_OLD);
	if (g->conf_handed)
		close(CHANNEL_FD_CONF_IN);
	err = ctl_publish(g->ctl);
	if (err < 0)
		log_write(LOG_LEVEL_ERROR, "control=\"%s\" error=\"%s\"", g->conf->control,
			  strerror(-err));
	return 0;
}

static void close_all(struct generation *g)
{
	loop_close(g->loop);
	ctl_close(g->ctl);
	inst_close(g->set);
	state_close(g->old);
	state_close(g->state);
	conf_free(g->conf);
}

int generation_run(const char *conf_path)
{
	struct generation g = { 0 };
	int status;

	(void)prctl(PR_SET_NAME, "vipd-router");
	/* The file may be gone, after a crash: then its name stays as it was given. */
	if (!realpath(conf_path, g.conf_path))
		snprintf(g.conf_path, sizeof(g.conf_path), "%s", conf_path);
	take_over_fds(&g);
	status = load(&g, conf_path);
	if (status)
		return status;
	status = EXIT_FAILURE;
	if (open_all(&g) == 0 && go(&g) == 0) {
		log_write(LOG_LEVEL_INFO, "started version=%s node=%s routers=%u", VIPD_VERSION,
			  g.conf->node, g.conf->routers_n);
		status = loop_run(g.loop, g.set, g.ctl) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		log_write(LOG_LEVEL_INFO, "stopped");
	}
	close_all(&g);
	return status;
}
