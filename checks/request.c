/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE     2048L
#define CA_CACHE_S      60L /* so long a bundle of certificates is not read again */
#define CONNECT_TO_SIZE (CHECK_HOST_SIZE + 16)

static bool add_header(struct check_request *request, const char *text)
{
	struct curl_slist *list = curl_slist_append(request->headers, text);

	if (list)
		request->headers = list;
	return list != NULL;
}

/* "::192.0.2.1:80": for any host and port connect to that one. */
static int connect_to(struct check_request *request, const char *host)
{
	char text[CONNECT_TO_SIZE];

	snprintf(text, sizeof(text), "::%s:%u", host, request->target.port);
	curl_slist_free_all(request->connect_to);
	request->connect_to = curl_slist_append(NULL, text);
	(void)curl_easy_setopt(request->easy, CURLOPT_CONNECT_TO, request->connect_to);
	return request->connect_to ? 0 : -ENOMEM;
}

int check_request_connect_to(struct check_request *request)
{
	const struct check_target *target = &request->target;
	char text[INET6_ADDRSTRLEN], host[INET6_ADDRSTRLEN + 2];

	if (target->address.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &target->in.sin_addr, host, sizeof(host));
	} else {
		(void)inet_ntop(AF_INET6, &target->in6.sin6_addr, text, sizeof(text));
		snprintf(host, sizeof(host), "[%s]", text);
	}
	return connect_to(request, host);
}

/* ---- the URL ---- */

static bool is_name(const char *host)
{
	struct in_addr address;

	return host[0] != '[' && inet_pton(AF_INET, host, &address) != 1;
}

/* A certificate is compared with the name in the URL, which is then not where to connect to. */
static CURLUcode rename_host(struct check_request *request, CURLU *url, const char *host,
			     const char *wanted)
{
	char name[CHECK_HOST_SIZE];
	size_t len = strcspn(wanted, wanted[0] == '[' ? "]" : ":");

	if (!is_name(host) && connect_to(request, host) < 0)
		return CURLUE_OUT_OF_MEMORY;
	if (wanted[len] == ']')
		len++;
	snprintf(name, sizeof(name), "%.*s", (int)len, wanted);
	return curl_url_set(url, CURLUPART_HOST, name, 0);
}

static CURLUcode set_target(struct check_request *request, CURLU *url,
			    const struct check_http *config)
{
	char *host = NULL, *port = NULL;
	CURLUcode code = curl_url_get(url, CURLUPART_HOST, &host, 0);

	if (code == CURLUE_OK)
		code = curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	if (code == CURLUE_OK) {
		request->target.port = (uint16_t)strtoul(port, NULL, 10);
		if (is_name(host))
			snprintf(request->target.host, sizeof(request->target.host), "%s", host);
		if (request->is_tls && config->host[0])
			code = rename_host(request, url, host, config->host);
	}
	curl_free(host);
	curl_free(port);
	return code;
}

static CURLUcode set_url(struct check_request *request, const struct check_http *config)
{
	CURLU *url = curl_url();
	char *text = NULL;
	CURLUcode code;

	if (!url)
		return CURLUE_OUT_OF_MEMORY;
	code = curl_url_set(url, CURLUPART_URL, config->url, 0);
	if (code == CURLUE_OK)
		code = set_target(request, url, config);
	if (code == CURLUE_OK)
		code = curl_url_get(url, CURLUPART_URL, &text, 0);
	if (code == CURLUE_OK && curl_easy_setopt(request->easy, CURLOPT_URL, text) != CURLE_OK)
		code = CURLUE_OUT_OF_MEMORY;
	curl_free(text);
	curl_url_cleanup(url);
	return code;
}

/* ---- options ---- */

static CURLcode set_text(CURL *easy, CURLoption option, const char *text)
{
	return text[0] ? curl_easy_setopt(easy, option, text) : CURLE_OK;
}

/* Each time a whole handshake, with its certificates. A key that needs a password is of no use: it
 * is never asked for. */
static CURLcode set_tls(CURL *easy, const struct check_http *config)
{
	CURLcode code = set_text(easy, CURLOPT_CAINFO, config->ca);

	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config->verify ? 1L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, config->verify ? 2L : 0L);
	if (code == CURLE_OK)
		code = set_text(easy, CURLOPT_SSLCERT, config->cert);
	if (code == CURLE_OK)
		code = set_text(easy, CURLOPT_SSLKEY, config->key);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
	return code;
}

static CURLcode set_method(CURL *easy, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	return strcmp(method, "GET") == 0 ? CURLE_OK
					  : curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static bool set_headers(struct check_request *request, const struct check_http *config)
{
	char host[CHECK_HOST_SIZE + 8];

	snprintf(host, sizeof(host), "Host: %s", config->host);
	return add_header(request, "Connection: close") &&
	       (!config->host[0] || add_header(request, host)) &&
	       curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers) == CURLE_OK;
}

static bool set_options(struct check_request *request, const struct check_http *config)
{
	CURL *easy = request->easy;

	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->words);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	return curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "vipd") == CURLE_OK &&
	       (!request->is_tls || set_tls(easy, config) == CURLE_OK) &&
	       set_method(easy, config->method) == CURLE_OK && set_headers(request, config);
}

int check_request_open(struct check_request *request, const struct check_http *config)
{
	CURLUcode code;

	*request = (struct check_request){ .easy = curl_easy_init(),
					   .is_tls = strncmp(config->url, "https:", 6) == 0 };
	if (!request->easy || !set_options(request, config))
		return -ENOMEM;
	code = set_url(request, config);
	if (code != CURLUE_OK)
		request->fault = curl_url_strerror(code);
	return code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : 0;
}

void check_request_close(struct check_request *request)
{
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	curl_slist_free_all(request->connect_to);
	*request = (struct check_request){ 0 };
}
