/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kind.h"
#include "match.h"
#include "multi.h"
#include "regular.h"
#include "request.h"
#include "resolve.h"
#include "status.h"

struct http {
	struct check_request request;
	struct check_lookup lookup; /* of a URL with a name */
	struct check_match match;
	uint32_t body_len; /* that was looked at */
	bool found;        /* the text in it */
	bool has_headers;  /* all of them */
	bool has_ended;    /* by us, before the response did */
};

struct check_engine {
	struct check_multi *multi; /* owned, as below */
	struct check_resolver *resolver;
};

_Static_assert(CHECK_HOST_SIZE - 1 <= CHECK_MATCH_MAX, "any text of a body can be searched");

/* ---- the response ---- */

static unsigned status_of(const struct http *http)
{
	long status = 0;

	(void)curl_easy_getinfo(http->request.easy, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

/* Behind the last header, an empty line, mostly all is known. Return: less than there is: the
 * transfer is ended. */
static size_t take_header(char *bytes, size_t one, size_t len, void *self)
{
	struct check *check = self;
	const struct check_http *config = check->config->http;
	struct http *http = check->run;
	unsigned status;

	(void)one;
	if (len > 2 || (bytes[0] != '\r' && bytes[0] != '\n'))
		return len;
	status = status_of(http);
	http->has_headers = status >= 200;
	http->has_ended = http->has_headers &&
			  (!config->body[0] || !check_status_matches(config->status, status));
	return http->has_ended ? 0 : len;
}

static size_t take_body(char *bytes, size_t one, size_t len, void *self)
{
	struct check *check = self;
	struct http *http = check->run;
	size_t left = CHECK_BODY_MAX - http->body_len, n = len < left ? len : left;

	(void)one;
	http->body_len += (uint32_t)n;
	http->found = check_match_more(&http->match, bytes, n);
	http->has_ended = http->found || http->body_len == CHECK_BODY_MAX;
	return http->has_ended ? 0 : len;
}

static void answer_response(struct check *check)
{
	const struct check_http *config = check->config->http;
	const struct http *http = check->run;
	unsigned status = status_of(http);

	if (!check_status_matches(config->status, status))
		check_answer(check, CHECK_BAD, "status %u, expected %s", status, config->status);
	else if (!config->body[0] || http->found)
		check_answer(check, CHECK_GOOD, NULL);
	else if (http->body_len == CHECK_BODY_MAX)
		check_answer(check, CHECK_BAD, "body: \"%.48s\" is not in the first %u KiB",
			     config->body, CHECK_BODY_MAX >> 10);
	else
		check_answer(check, CHECK_BAD, "body: \"%.48s\" is not in its %u bytes",
			     config->body, http->body_len);
}

/* ---- errors ---- */

static const char *part_of(CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *part;
	} parts[] = {
		{ CURLE_COULDNT_CONNECT, "connect" },      { CURLE_SSL_CONNECT_ERROR, "TLS" },
		{ CURLE_PEER_FAILED_VERIFICATION, "TLS" }, { CURLE_SSL_CERTPROBLEM, "TLS" },
		{ CURLE_SSL_CACERT_BADFILE, "TLS" },       { CURLE_SSL_CIPHER, "TLS" },
		{ CURLE_RECV_ERROR, "receive" },           { CURLE_SEND_ERROR, "send" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].code == code)
			return parts[i].part;
	return "response";
}

/* In libcurl's words, behind ours. */
static void answer_error(struct check *check, CURLcode code)
{
	static const char *const fronts[] = { "SSL certificate problem: ", "SSL: ",
					      "Recv failure: ", "Send failure: " };
	const struct check_request *request = &((struct http *)check->run)->request;
	const char *words = request->words[0] ? request->words : curl_easy_strerror(code);
	long err = 0;

	(void)curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &err);
	if (code == CURLE_COULDNT_CONNECT && err) {
		check_answer_errno(check, "connect", (int)err);
		return;
	}
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (strncmp(words, fronts[i], strlen(fronts[i])) == 0)
			words += strlen(fronts[i]);
	check_answer(check, CHECK_BAD, "%s: %.*s", part_of(code), (int)strcspn(words, "\r\n"),
		     words);
}

/* ---- asking ---- */

static void begin(struct check *check)
{
	struct http *http = check->run;
	CURLMcode code;

	http->has_headers = http->has_ended = http->found = false;
	http->body_len = 0;
	http->request.words[0] = '\0';
	check_match_begin(&http->match);
	code = check_multi_begin(check->engine->multi, http->request.easy);
	if (code != CURLM_OK)
		check_answer(check, CHECK_BAD, "request: %s", curl_multi_strerror(code));
}

static void begin_at_next(struct check *check)
{
	struct http *http = check->run;

	if (check_request_connect_to(&http->request) < 0)
		check_answer_errno(check, "request", ENOMEM);
	else
		begin(check);
}

static void on_done(CURL *easy, CURLcode code, int64_t now_ns)
{
	struct check *check = NULL;
	struct http *http;

	(void)now_ns;
	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &check);
	http = check->run;
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && http->has_ended))
		answer_response(check);
	else if (code == CURLE_COULDNT_CONNECT && check_resolve_next(&http->lookup))
		begin_at_next(check);
	else
		answer_error(check, code);
}

static void looked_up(struct check_lookup *lookup, int64_t now_ns)
{
	struct check *check = lookup->self;

	if (!check_resolve_next(lookup)) {
		check_answer(check, CHECK_BAD, "resolve: %s", lookup->error);
		return;
	}
	begin_at_next(check);
	check_multi_run(check->engine->multi, now_ns);
}

/* libcurl opens its files within TLS, and would wait for a pipe that nobody writes to. Return: the
 * errno of the first one that cannot be read; 0: none. */
static int touch_files(const struct check_http *config, const char **ret_word,
		       const char **ret_path)
{
	const char *const paths[] = { config->ca, config->cert, config->key };
	static const char *const words[] = { "ca", "cert", "key" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int err = paths[i][0] ? check_regular_touch(paths[i]) : 0;

		if (err == 0)
			continue;
		*ret_word = words[i];
		*ret_path = paths[i];
		return err;
	}
	return 0;
}

static void touch(const struct check_config *config)
{
	const char *word, *path;

	(void)touch_files(config->http, &word, &path);
}

static void ask(struct check *check, int64_t now_ns)
{
	struct http *http = check->run;
	const char *word, *path;
	int err = touch_files(check->config->http, &word, &path);

	if (err < 0) {
		check_answer(check, CHECK_BAD, "%s: %.72s: %s", word, path,
			     check_regular_explain(err));
	} else if (http->request.fault) {
		check_answer(check, CHECK_BAD, "URL: %s", http->request.fault);
	} else if (http->request.target.host[0]) {
		check_resolve(check->engine->resolver, &http->lookup, now_ns);
	} else {
		begin(check);
		check_multi_run(check->engine->multi, now_ns);
	}
}

/* What has not come. */
static const char *missing(const struct check *check)
{
	const struct http *http = check->run;
	long port = 0; /* our end of the connection, once there is one */
	curl_off_t secured = 0;

	if (http->lookup.wanted)
		return "resolve: no answer";
	(void)curl_easy_getinfo(http->request.easy, CURLINFO_LOCAL_PORT, &port);
	(void)curl_easy_getinfo(http->request.easy, CURLINFO_APPCONNECT_TIME_T, &secured);
	if (!port)
		return "connect: no answer";
	if (http->request.is_tls && !secured)
		return "TLS: no answer";
	if (http->has_headers)
		return "body: no end";
	return status_of(http) ? "response: no end" : "response: no answer";
}

static void give_up(struct check *check, int64_t now_ns)
{
	struct http *http = check->run;
	const char *what = missing(check);

	(void)now_ns;
	check_resolve_stop(&http->lookup);
	check_multi_end(check->engine->multi, http->request.easy);
	check_answer(check, CHECK_TIMED_OUT, "%s", what);
}

/* ---- coming and going ---- */

static int add(struct check *check)
{
	const struct check_http *config = check->config->http;
	struct http *http = check->run;
	int err = check_request_open(&http->request, config);
	CURL *easy = http->request.easy;

	if (err < 0)
		return err;
	http->lookup = (struct check_lookup){ .target = &http->request.target,
					      .done = looked_up,
					      .self = check };
	if (config->body[0])
		check_match_set(&http->match, config->body);
	check_multi_adopt(easy);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, check);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, check);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, check);
	return 0;
}

static void drop(struct check *check)
{
	struct http *http = check->run;

	check_resolve_forget(&http->lookup);
	if (http->request.easy)
		check_multi_end(check->engine->multi, http->request.easy);
	check_request_close(&http->request);
}

/* ---- all of them ---- */

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));
	int err = engine ? check_multi_open(context, on_done, &engine->multi) : -ENOMEM;

	if (err == 0)
		engine->resolver = check_resolver_new(context);
	if (err == 0 && !engine->resolver) {
		check_multi_close(engine->multi);
		err = -ENOMEM;
	}
	if (err)
		free(engine);
	else
		*ret_engine = engine;
	return err;
}

static void close_engine(struct check_engine *engine)
{
	check_multi_close(engine->multi);
	check_resolver_free(engine->resolver);
	free(engine);
}

static int64_t deadline(const struct check_engine *engine)
{
	int64_t a_ns = check_multi_deadline(engine->multi);
	int64_t b_ns = check_resolver_deadline(engine->resolver);

	return a_ns < b_ns ? a_ns : b_ns;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	if (check_multi_deadline(engine->multi) <= now_ns)
		check_multi_run(engine->multi, now_ns);
	if (check_resolver_deadline(engine->resolver) <= now_ns)
		check_resolver_work(engine->resolver, now_ns);
}

const struct check_kind check_http_kind = {
	.run_size = sizeof(struct http),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = drop,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
	.touch = touch,
};
