/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends one request by libcurl and collects the answer. It refuses redirects, proxies of the
 * environment, other protocols than http and https, and answers beyond the cap.
 */
#include "net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"

struct transfer {
	struct strbuf *body;
	struct arena *arena;
	struct http_response *response;
};

static void curl_cleanupp(CURL **c)
{
	curl_easy_cleanup(*c);
}
static void slist_freep(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

static void curl_setup(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_server_parse(const char *url, struct arena *a, struct http_server *ret, struct err *err)
{
	size_t len = strlen(url);

	if (!strncmp(url, "unix:", 5)) {
		if (url[5] != '/')
			return err_set(err, ERR_CONFIG,
				"%s: a Unix socket is named by its whole path, unix:/path", url);
		*ret = (struct http_server){"http://localhost", arena_strdup(a, url + 5)};
		return 0;
	}
	size_t scheme = !strncmp(url, "http://", 7) ? 7 : !strncmp(url, "https://", 8) ? 8 : 0;
	if (!scheme)
		return err_set(err, ERR_CONFIG,
			"%s is no server: http://host:port, https://host or unix:/path", url);
	while (len > scheme && url[len - 1] == '/')
		len--;
	if (len == scheme || strcspn(url, " \t\r\n?#@") < len)
		return err_set(err, ERR_CONFIG, "%s is no server: it names no plain host", url);
	*ret = (struct http_server){arena_strndup(a, url, len), NULL};
	return 0;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	strbuf_add(t->body, data, size * n);
	return t->body->overflow ? 0 : size * n;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct http_response *r = t->response;
	const struct {
		const char *name;
		const char **value;
	} wanted[] = {{"content-type:", &r->content_type}, {"etag:", &r->etag},
		{"location:", &r->location}, {"retry-after:", &r->retry_after}};
	size_t len = size * n;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t name = strlen(wanted[i].name), from = name, to = len;
		if (len < name || strncasecmp(data, wanted[i].name, name) != 0)
			continue;
		while (from < to && (data[from] == ' ' || data[from] == '\t'))
			from++;
		while (to > from && strchr(" \t\r\n", data[to - 1]))
			to--;
		*wanted[i].value = arena_strndup(t->arena, data + from, to - from);
	}
	return len;
}

static struct curl_slist *header_list(const struct http_request *r, struct arena *a)
{
	/* Without this curl waits a second for 100 Continue before it sends a larger body. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (size_t i = 0; i < r->n_headers; i++)
		list = curl_slist_append(
			list, arena_printf(a, "%s: %s", r->headers[i].name, r->headers[i].value));
	return list;
}

static void set_options(
	CURL *c, const struct http_request *r, struct transfer *t, struct curl_slist *headers)
{
	curl_easy_setopt(c, CURLOPT_URL, arena_printf(t->arena, "%s%s", r->server.base, r->path));
	if (r->server.unix_socket)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, r->server.unix_socket);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(r->timeout / USEC_PER_MSEC));
	curl_easy_setopt(c, CURLOPT_USERAGENT, "spiralfed/" SPIRALFED_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	if (r->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body);
	}
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

static int failed(
	CURLcode code, const struct http_request *r, const struct transfer *t, struct err *err)
{
	const char *server = r->server.unix_socket ? r->server.unix_socket : r->server.base;

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return err_set(err, ERR_UNREACHABLE, "%s: %s", server, curl_easy_strerror(code));
	case CURLE_WRITE_ERROR:
		if (t->body->overflow)
			return err_set(err, ERR_IO, "%s: the answer is larger than %zu bytes",
				server, r->cap);
		break;
	default:
		break;
	}
	return err_set(err, ERR_IO, "%s: %s", server, curl_easy_strerror(code));
}

int http_perform(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_response response = {0};
	STRBUF_AUTO body = STRBUF_INIT(r->cap);
	struct transfer t = {.body = &body, .arena = a, .response = &response};
	long status = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		if (r->headers[i].value[strcspn(r->headers[i].value, "\r\n")])
			return err_set(err, ERR_BAD_REQUEST, "the value of %s holds a line break",
				r->headers[i].name);
	pthread_once(&once, curl_setup);
	__attribute__((cleanup(curl_cleanupp))) CURL *c = curl_easy_init();
	__attribute__((cleanup(slist_freep))) struct curl_slist *headers = header_list(r, a);
	if (!c || !headers)
		return err_set(err, ERR_IO, "libcurl cannot start");
	set_options(c, r, &t, headers);
	CURLcode code = curl_easy_perform(c);
	if (code != CURLE_OK)
		return failed(code, r, &t, err);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	response.status = (int)status;
	response.body = arena_strndup(a, body.buf, body.len);
	response.body_len = body.len;
	*ret = response;
	return 0;
}

char *http_escape(const char *s, struct arena *a)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;
	char *out = arena_alloc(a, 3 * strlen(s) + 1);

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
			strchr("-._~", c)) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
	return out;
}
