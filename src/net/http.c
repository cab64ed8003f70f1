/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends one request by libcurl and collects the answer. It refuses redirects, proxies of the
 * environment, other protocols than http and https, TLS before 1.2, and answers beyond the cap.
 */
#include "net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "net/address.h"
#include "net/redact.h"

struct http_client {
	CURL *curl;
	bool anywhere; /* it may hold connections whose addresses nobody looked at */
};

struct transfer {
	const struct http_request *request;
	struct strbuf *body;
	struct arena *arena;
	struct http_header *headers;
	size_t n_headers;
	bool forbidden; /* an address was out of reach */
	bool opened;	/* another was not */
	bool cut;	/* there was more than is wanted */
};

static void curl_cleanupp(CURL **c)
{
	curl_easy_cleanup(*c);
}
static void slist_freep(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_setup(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_server_parse(const char *url, struct arena *a, struct http_server *ret, struct err *err)
{
	size_t len = strlen(url);

	if (text_starts(url, "unix:")) {
		if (url[5] != '/')
			return err_set(err, ERR_CONFIG,
				"%s: a Unix socket is named by its whole path, unix:/path", url);
		*ret = (struct http_server){"http://localhost", arena_strdup(a, url + 5)};
		return 0;
	}
	size_t scheme = text_starts(url, "http://") ? 7 : text_starts(url, "https://") ? 8 : 0;
	/* Not shown: what was given shall not stand in a log. */
	if (memchr(url, '@', strcspn(url, "?#")))
		return err_set(err, ERR_CONFIG,
			"the URL holds a user or a password, and none is taken there");
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
	size_t len = size * n, room = t->body->cap - t->body->len;

	if (t->request->cut && len > room) {
		strbuf_add(t->body, data, room);
		t->cut = true;
		return 0;
	}
	strbuf_add(t->body, data, len);
	return t->body->overflow ? 0 : len;
}

static char *trimmed(struct arena *a, const char *from, const char *to)
{
	while (from < to && strchr(" \t", *from))
		from++;
	while (to > from && strchr(" \t\r\n", to[-1]))
		to--;
	return arena_strndup(a, from, (size_t)(to - from));
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	const char *colon = memchr(data, ':', len);

	/* A status line: what came before was of an interim answer. */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		t->n_headers = 0;
	else if (colon && len <= HTTP_HEADER_MAX && t->n_headers < HTTP_HEADERS_MAX &&
		 !memchr(data, '\0', len))
		t->headers[t->n_headers++] = (struct http_header){
			trimmed(t->arena, data, colon),
			trimmed(t->arena, colon + 1, data + len),
		};
	return len;
}

const char *http_response_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;

	if (!address_is_public(&address->addr)) {
		t->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	t->opened = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int watch(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	const struct transfer *t = arg;

	return *t->request->stop;
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

static void set_limits(CURL *c, const struct http_request *r, struct transfer *t)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* Nothing left would be no limit to libcurl. */
	long msec = (long)(r->timeout / USEC_PER_MSEC);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, msec > 0 ? msec : 1L);
	/* A name that is still looked up must not hold up the end. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	if (r->reach == HTTP_REACH_PUBLIC) {
		curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
		if (r->client && r->client->anywhere)
			curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	}
	if (r->stop) {
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	}
}

static void set_options(
	CURL *c, const struct http_request *r, struct transfer *t, struct curl_slist *headers)
{
	set_limits(c, r, t);
	/* A path that was signed, or checked, is sent as it is. */
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_URL, arena_printf(t->arena, "%s%s", r->server.base, r->path));
	if (r->server.unix_socket)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, r->server.unix_socket);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "spiralfed/" SPIRALFED_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (strcmp(r->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else
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

	if (t->forbidden && !t->opened)
		return err_set(err, ERR_CONFIG,
			"%s is not on the open internet, and only what is may be called", server);
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(err, ERR_UNAVAILABLE, "the daemon is shutting down");
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return err_set(err, ERR_UNREACHABLE, "%s: %s", server, curl_easy_strerror(code));
	case CURLE_WRITE_ERROR:
		if (t->body->overflow)
			return err_set(err, ERR_BODY_TOO_LARGE,
				"%s: the answer is larger than %zu bytes", server, r->cap);
		break;
	default:
		break;
	}
	return err_set(err, ERR_IO, "%s: %s", server, curl_easy_strerror(code));
}

struct http_client *http_client_new(void)
{
	struct http_client *c = xcalloc(1, sizeof(*c));

	pthread_once(&curl_once, curl_setup);
	c->curl = curl_easy_init();
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	free(c);
}

static int check_headers(const struct http_request *r, struct err *err)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (r->headers[i].value[strcspn(r->headers[i].value, "\r\n")])
			return err_set(err, ERR_BAD_REQUEST, "the value of %s holds a line break",
				r->headers[i].name);
	return 0;
}

/* A refusal may quote what was sent. What leads on, and what was asked for, is left as it is. */
static void hide_secrets(struct transfer *t, long status)
{
	struct secrets s;

	if (status >= 400)
		secrets_of(t->request, t->arena, &s);
	if (status < 400 || !s.n)
		return;
	for (size_t i = 0; i < t->n_headers; i++) {
		char *value = arena_strdup(t->arena, t->headers[i].value);

		secrets_hide(&s, value, strlen(value));
		t->headers[i].value = value;
	}
	if (t->body->len > HTTP_REFUSAL_MAX)
		t->body->len = HTTP_REFUSAL_MAX;
	t->body->len = secrets_hide(&s, t->body->buf, t->body->len);
}

/* It is sent back one day: what no ETag may hold (RFC 9110, 8.8.3) makes it none. */
static const char *plain_etag(const char *etag)
{
	for (const char *at = etag; at && *at; at++)
		if (*at < 0x21 || *at > 0x7e)
			return NULL;
	return etag;
}

static void answer(struct transfer *t, CURL *c, struct http_response *ret)
{
	struct http_response r = {.headers = t->headers, .n_headers = t->n_headers};
	long status = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	hide_secrets(t, status);
	r.status = (int)status;
	r.content_type = http_response_header(&r, "Content-Type");
	r.etag = plain_etag(http_response_header(&r, "ETag"));
	r.location = http_response_header(&r, "Location");
	r.retry_after = http_response_header(&r, "Retry-After");
	r.body = arena_strndup(t->arena, t->body->buf, t->body->len);
	r.body_len = t->body->len;
	*ret = r;
}

static int perform(CURL *c, const struct http_request *r, struct transfer *t,
	struct http_response *ret, struct err *err)
{
	__attribute__((cleanup(slist_freep))) struct curl_slist *headers = header_list(r, t->arena);

	if (!c || !headers)
		return err_set(err, ERR_IO, "libcurl cannot start");
	set_options(c, r, t, headers);
	CURLcode code = curl_easy_perform(c);
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && t->cut))
		return failed(code, r, t, err);
	answer(t, c, ret);
	return 0;
}

int http_perform(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err)
{
	STRBUF_AUTO body = STRBUF_INIT(r->cap);
	struct transfer t = {
		.request = r,
		.body = &body,
		.arena = a,
		.headers = ARENA_ARRAY(a, HTTP_HEADERS_MAX, struct http_header),
	};

	if (check_headers(r, err) < 0)
		return -1;
	if (r->client) {
		int rc = perform(r->client->curl, r, &t, ret, err);

		r->client->anywhere = r->client->anywhere || r->reach == HTTP_REACH_ANY;
		/* Forgets what points into this call, and keeps the connections. */
		curl_easy_reset(r->client->curl);
		return rc;
	}
	pthread_once(&curl_once, curl_setup);
	__attribute__((cleanup(curl_cleanupp))) CURL *c = curl_easy_init();
	return perform(c, r, &t, ret, err);
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
