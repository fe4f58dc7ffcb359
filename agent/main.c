/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "agent/router/generation.h"
#include "agent/keeper/keeper.h"
#include "key_file.h"
#include "log.h"
#include "output.h"
#include "signals.h"

#define CONF_PATH "/etc/vipd/vipd.conf"

struct options {
	const char *conf_path;
	const char *node; /* NULL: as the configuration finds it */
	unsigned check_n; /* -t: check only; twice: show the result as well */
	bool help;
	bool version;
	bool sweep;
};

static int usage(FILE *out, int status)
{
	fputs("usage: vipd [-c FILE] [-n NODE] [-h] [-S] [-t] [-V]\n"
	      "  -c FILE  configuration, default " CONF_PATH "\n"
	      "  -n NODE  which of the configuration's nodes this host is\n"
	      "  -h       print this and exit\n"
	      "  -S       remove the addresses that a killed vipd left, and exit\n"
	      "  -t       check the configuration and exit; twice: print it with all defaults\n"
	      "  -V       print the version and exit\n",
	      out);
	return status;
}

static int parse_options(int argc, char **argv, struct options *ret_options)
{
	struct options options = { .conf_path = CONF_PATH, .node = getenv(CONF_NODE_ENVIRONMENT) };
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:hn:StV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.conf_path = optarg;
			break;
		case 'h':
			options.help = true;
			break;
		case 'n':
			options.node = optarg;
			break;
		case 'S':
			options.sweep = true;
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
	if (optind != argc || (options.node && !conf_node_is_valid(options.node)))
		return -EINVAL;
	*ret_options = options;
	return 0;
}

__attribute__((format(printf, 4, 5))) static void warn_of_keys(const struct conf *conf,
							       const struct conf_router *router,
							       struct conf_errors *errors,
							       const char *format, ...)
{
	struct conf_error *warning;
	va_list args;
	size_t len;

	if (errors->warnings_total++ >= CONF_ERRORS_MAX)
		return;
	warning = &errors->warnings[errors->warnings_total - 1];
	*warning = (struct conf_error){ .line = router->auth.line };
	snprintf(warning->file, sizeof(warning->file), "%s", conf->files[router->auth.file].path);
	len = (size_t)snprintf(warning->text, sizeof(warning->text), "%s: auth.", router->name);
	va_start(args, format);
	vsnprintf(warning->text + len, sizeof(warning->text) - len, format, args);
	va_end(args);
}

/* The families of a router have its name, one after the other. */
static bool is_another(const struct conf *conf, unsigned i)
{
	return i == 0 || strcmp(conf->routers[i].name, conf->routers[i - 1].name) != 0;
}

/* What a start would find; the file may be checked on another host, or by somebody who may not read
 * them. A file is told of once, and each router that it has no key for. */
static void look_at_keys(const struct conf *conf, struct conf_errors *errors)
{
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];
	unsigned told = 0;

	for (unsigned i = 0; i < conf->routers_n; i++) {
		const struct conf_router *router = &conf->routers[i];
		const struct conf_auth *auth = &router->auth;

		if (!auth->key_file || !is_another(conf, i))
			continue;
		if (key_file_read(auth->keys, &keys, why) == 0) {
			if (!vrrp_hmac_key(&keys, auth->active))
				warn_of_keys(conf, router, errors,
					     "active: %.72s has no key %u, which would be a fault",
					     auth->keys, auth->active);
		} else if (auth->key_file > told) {
			warn_of_keys(conf, router, errors,
				     "keys: %.72s: unusable here, which would be a fault: %.95s",
				     auth->keys, why);
		}
		if (auth->key_file > told)
			told = auth->key_file;
		explicit_bzero(&keys, sizeof(keys));
	}
}

static int load(const struct options *options, struct conf **ret_conf)
{
	struct conf_errors errors;

	int err = conf_load_here(options->conf_path, options->node, ret_conf, &errors);

	if (err == 0)
		look_at_keys(*ret_conf, &errors);
	conf_errors_print(&errors, stderr);
	conf_warnings_print(&errors, stderr);
	return err < 0 ? EX_CONFIG : 0;
}

static int check(const struct options *options)
{
	struct conf *conf;
	int status = load(options, &conf);

	if (status)
		return status;
	if (options->check_n > 1)
		conf_show(conf, stdout);
	else
		printf("%s: configuration OK, %u router%s\n", options->conf_path, conf->routers_n,
		       conf->routers_n == 1 ? "" : "s");
	conf_free(conf);
	return 0;
}

static int tell_version(void)
{
	puts("vipd " VIPD_VERSION);
	return EXIT_SUCCESS;
}

/* What is asked for in place of running. */
static int answer(const struct options *options)
{
	if (options->help)
		return usage(stdout, EXIT_SUCCESS);
	return options->version ? tell_version() : check(options);
}

/* Or the first socket would become standard error, and be logged into. */
static void keep_standard_fds(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = dup(fd);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options options;

	signals_ignore_strangers();
	if (keeper_is_rehearsal())
		return keeper_rehearse();
	if (parse_options(argc, argv, &options) < 0)
		return usage(stderr, EX_USAGE);
	if (options.help || options.version || options.check_n) {
		output_open();
		return output_close("vipd", answer(&options));
	}
	/* For the router processes, and for the keeper of the next version. */
	if (options.node && setenv(CONF_NODE_ENVIRONMENT, options.node, 1) < 0)
		return EXIT_FAILURE;
	keep_standard_fds();
	log_open();
	if (options.sweep)
		return keeper_sweep();
	if (generation_is_this())
		return generation_run(options.conf_path);
	return keeper_run(options.conf_path);
}
