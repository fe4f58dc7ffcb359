/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf.h"
#include "ctl.h"
#include "inst.h"
#include "log.h"
#include "loop.h"
#include "realtime.h"
#include "single.h"

#define CONF_PATH "/etc/vipd/vipd.conf"

struct options {
	const char *conf_path;
	unsigned check_n; /* -t: check only; twice: show the result as well */
	bool version;
};

static int usage(void)
{
	fputs("usage: vipd [-c FILE] [-t] [-V]\n"
	      "  -c FILE  configuration, default " CONF_PATH "\n"
	      "  -t       check the configuration and exit; twice: print it with all defaults\n"
	      "  -V       print the version and exit\n",
	      stderr);
	return EX_USAGE;
}

static int parse_options(int argc, char **argv, struct options *ret_options)
{
	struct options options = { .conf_path = CONF_PATH };
	int option;

	while ((option = getopt(argc, argv, "c:tV")) != -1) {
		switch (option) {
		case 'c':
			options.conf_path = optarg;
			break;
		case 't':
			options.check_n++;
			break;
		case 'V':
			options.version = true;
			break;
		default:
			return -EINVAL;
		}
	}
	if (optind != argc)
		return -EINVAL;
	*ret_options = options;
	return 0;
}

static int load(const char *path, struct conf **ret_conf)
{
	struct conf_errors errors;

	if (conf_load(path, ret_conf, &errors) == 0)
		return 0;
	conf_errors_print(&errors, stderr);
	return EX_CONFIG;
}

static int check(const struct options *options)
{
	struct conf *conf;
	int status = load(options->conf_path, &conf);

	if (status)
		return status;
	if (options->check_n > 1)
		conf_dump(conf, stdout);
	else
		printf("%s: configuration OK, %u router%s\n", options->conf_path, conf->routers_n,
		       conf->routers_n == 1 ? "" : "s");
	conf_free(conf);
	return 0;
}

static int claim_namespace(int *ret_fd)
{
	pid_t pid;
	int err = single_claim(ret_fd, &pid);

	if (err == -EPERM) {
		log_write(LOG_LEVEL_WARNING,
			  "pid=%d note=\"an unprivileged process holds vipd's name; going on "
			  "without protection against a second vipd\"",
			  pid);
		return 0;
	}
	if (err == -EADDRINUSE)
		log_write(LOG_LEVEL_ERROR,
			  "pid=%d error=\"another vipd runs in this network namespace\"", pid);
	else if (err < 0)
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"claiming the network namespace\"",
			  strerror(-err));
	return err;
}

static int open_insts(const struct conf *conf, struct inst_set **ret_set)
{
	struct inst_now now = loop_now();
	const char *what;
	int err = inst_open(conf, &now, ret_set, &what);

	if (err == -EPERM)
		log_write(LOG_LEVEL_ERROR,
			  "error=\"%s\" doing=\"%s\" note=\"vipd needs CAP_NET_ADMIN and "
			  "CAP_NET_RAW: run it as root\"",
			  strerror(-err), what);
	else if (err < 0)
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"%s\"", strerror(-err), what);
	return err;
}

static int open_ctl(const struct conf *conf, struct inst_set *set, struct ctl **ret_ctl)
{
	int err = ctl_open(conf->control, conf->node, set, ret_ctl);

	if (err == -EADDRINUSE)
		log_write(LOG_LEVEL_ERROR,
			  "control=%s error=\"another process listens on the control socket\"",
			  conf->control);
	else if (err < 0)
		log_write(LOG_LEVEL_ERROR, "control=%s error=\"%s\"", conf->control,
			  strerror(-err));
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

/* Each interface costs a descriptor; the soft limit of 1024 is for programs that use select(). */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int run(const struct conf *conf)
{
	struct inst_set *set = NULL;
	struct loop *loop = NULL;
	struct ctl *ctl = NULL;
	int claim_fd = -1;
	int err;

	raise_descriptor_limit();
	err = claim_namespace(&claim_fd);
	if (err < 0)
		return EXIT_FAILURE;
	err = open_insts(conf, &set);
	if (err < 0)
		goto close_claim;
	err = open_ctl(conf, set, &ctl);
	if (err < 0)
		goto close_insts;
	err = loop_open(&loop);
	if (err < 0)
		goto close_ctl;
	if (conf->realtime)
		enter_realtime();
	log_write(LOG_LEVEL_INFO, "started version=%s node=%s routers=%u", VIPD_VERSION, conf->node,
		  conf->routers_n);
	err = loop_run(loop, set, ctl);
	if (err < 0)
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"waiting for events\"",
			  strerror(-err));
	log_write(LOG_LEVEL_INFO, "stopped");
	loop_close(loop);
close_ctl:
	ctl_close(ctl);
close_insts:
	inst_close(set);
close_claim:
	if (claim_fd >= 0)
		close(claim_fd);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options;
	struct conf *conf;
	int status;

	if (parse_options(argc, argv, &options) < 0)
		return usage();
	if (options.version) {
		puts("vipd " VIPD_VERSION);
		return EXIT_SUCCESS;
	}
	if (options.check_n)
		return check(&options);
	/* A reader of the log, or a client, that goes away is no reason to die. */
	(void)signal(SIGPIPE, SIG_IGN);
	log_open();
	status = load(options.conf_path, &conf);
	if (status)
		return status;
	status = run(conf);
	conf_free(conf);
	return status;
}
