/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard: framing, header syntax and URI. It owns no state, repairs nothing, and refuses what it
 * does not understand. What never reaches it, because libmicrohttpd has already swallowed it, is
 * listed in docs/http.md.
 */
#include "api/guard.h"
#include "base/hex.h"

#include <string.h>
#include <strings.h>

static bool is_tchar(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_tchar((unsigned char)s[i]))
			return false;
	return n > 0;
}

static bool header_is(const struct guard_header *h, const char *name)
{
	return h->name_len == strlen(name) && strncasecmp(h->name, name, h->name_len) == 0;
}

/* Returns the number of fields of this name; *ret is the last one. */
static size_t header_count(
	const struct guard_head *head, const char *name, const struct guard_header **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n_headers; i++) {
		if (!header_is(&head->headers[i], name))
			continue;
		*ret = &head->headers[i];
		n++;
	}
	return n;
}

static int check_escape(const char *p, bool in_path, struct err *err)
{
	int c = hex_byte(p + 1);

	if (c < 0)
		return err_set(err, ERR_BAD_REQUEST,
			"the URI holds a '%%' without two hex digits behind it");
	if (c == 0)
		return err_set(err, ERR_BAD_REQUEST, "the URI holds %%00");
	if (in_path && (c == '/' || c == '.' || c == '\\'))
		return err_set(err, ERR_BAD_REQUEST, "the path holds an encoded '%c'", c);
	if (in_path && (c < 0x20 || c == 0x7f))
		return err_set(err, ERR_BAD_REQUEST, "the path holds an encoded control character");
	return 0;
}

static int check_uri(const char *uri, struct err *err)
{
	bool in_path = true;

	if (uri[0] != '/')
		return err_set(err, ERR_BAD_REQUEST, "the request target does not start with '/'");
	if (strlen(uri) > GUARD_URI_MAX)
		return err_set(err, ERR_URI_TOO_LONG, "the URI is longer than %d bytes",
			(int)GUARD_URI_MAX);
	for (const char *p = uri; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= 0x20 || c >= 0x7f)
			return err_set(err, ERR_BAD_REQUEST,
				"the URI holds the byte 0x%02x: percent-encode it", c);
		if (c == '#')
			return err_set(err, ERR_BAD_REQUEST, "the URI holds a fragment");
		if (c == '\\' && in_path)
			return err_set(err, ERR_BAD_REQUEST, "the path holds a backslash");
		if (c == '?')
			in_path = false;
		if (c == '%' && check_escape(p, in_path, err) < 0)
			return -1;
	}
	return 0;
}

static int check_header(const struct guard_header *h, struct err *err)
{
	if (!is_token(h->name, h->name_len))
		return err_set(err, ERR_BAD_REQUEST, "a header's name is empty or is no token");
	for (size_t i = 0; i < h->value_len; i++) {
		unsigned char c = (unsigned char)h->value[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return err_set(err, ERR_BAD_REQUEST,
				"the header %.*s holds a control character",
				(int)(h->name_len < 64 ? h->name_len : 64), h->name);
	}
	return 0;
}

static int check_host(const struct guard_head *head, struct err *err)
{
	const struct guard_header *h = NULL;

	if (header_count(head, "Host", &h) != 1)
		return err_set(err, ERR_BAD_REQUEST, "a request carries exactly one Host");
	if (h->value_len == 0 || h->value_len > 255)
		return err_set(err, ERR_BAD_REQUEST, "Host is empty or too long");
	for (size_t i = 0; i < h->value_len; i++) {
		unsigned char c = (unsigned char)h->value[i];

		if (c <= 0x20 || c >= 0x7f || strchr("/\\?#@,\"<>{}|^`", c))
			return err_set(err, ERR_BAD_REQUEST, "Host is no host");
	}
	return 0;
}

static int check_length(const struct guard_header *h, unsigned long long *ret, struct err *err)
{
	unsigned long long v = 0;

	if (h->value_len == 0 || h->value_len > 18)
		return err_set(err, ERR_BAD_REQUEST, "Content-Length is not a number of bytes");
	for (size_t i = 0; i < h->value_len; i++) {
		if (h->value[i] < '0' || h->value[i] > '9')
			return err_set(
				err, ERR_BAD_REQUEST, "Content-Length is not a number of bytes");
		v = v * 10 + (unsigned)(h->value[i] - '0');
	}
	*ret = v;
	return 0;
}

static int check_framing(const struct guard_head *head, struct guard_body *ret, struct err *err)
{
	const struct guard_header *length = NULL, *coding = NULL;
	size_t lengths = header_count(head, "Content-Length", &length);
	size_t codings = header_count(head, "Transfer-Encoding", &coding);

	if (lengths > 1)
		return err_set(err, ERR_BAD_REQUEST, "more than one Content-Length");
	if (codings > 1)
		return err_set(err, ERR_BAD_REQUEST, "more than one Transfer-Encoding");
	if (lengths && codings)
		return err_set(err, ERR_BAD_REQUEST,
			"Content-Length and Transfer-Encoding in one request");
	if (codings && strcmp(head->version, "HTTP/1.1") != 0)
		return err_set(err, ERR_BAD_REQUEST, "Transfer-Encoding belongs to HTTP/1.1");
	if (codings && (coding->value_len != 7 || strncasecmp(coding->value, "chunked", 7) != 0))
		return err_set(err, ERR_NOT_IMPLEMENTED,
			"the only Transfer-Encoding understood is chunked");
	if (lengths && check_length(length, &ret->length, err) < 0)
		return -1;
	ret->chunked = codings > 0;
	ret->has_body = ret->chunked || ret->length > 0;
	return 0;
}

/* Fields of which a second one would make it matter who reads which. */
static int check_single(const struct guard_head *head, struct err *err)
{
	static const char *const names[] = {"Authorization", "Content-Type", "Content-Encoding",
		"Expect", "Idempotency-Key", "Origin"};
	const struct guard_header *h = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (header_count(head, names[i], &h) > 1)
			return err_set(err, ERR_BAD_REQUEST, "more than one %s", names[i]);
	if (header_count(head, "Expect", &h) == 1 &&
		(h->value_len != 12 || strncasecmp(h->value, "100-continue", 12) != 0))
		return err_set(err, ERR_BAD_REQUEST, "the only Expect understood is 100-continue");
	return 0;
}

int guard_check(const struct guard_head *head, struct guard_body *ret, struct err *err)
{
	struct guard_body body = {0};

	if (strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0)
		return err_set(err, ERR_BAD_REQUEST, "this server speaks HTTP/1.1 and HTTP/1.0");
	if (!is_token(head->method, strlen(head->method)) || strlen(head->method) > 16)
		return err_set(err, ERR_BAD_REQUEST, "the method is no token");
	if (check_uri(head->uri, err) < 0)
		return -1;
	if (head->n_headers > GUARD_HEADERS_MAX)
		return err_set(
			err, ERR_BAD_REQUEST, "more than %d header fields", (int)GUARD_HEADERS_MAX);
	for (size_t i = 0; i < head->n_headers; i++)
		if (check_header(&head->headers[i], err) < 0)
			return -1;
	if (check_host(head, err) < 0 || check_framing(head, &body, err) < 0 ||
		check_single(head, err) < 0)
		return -1;
	*ret = body;
	return 0;
}
