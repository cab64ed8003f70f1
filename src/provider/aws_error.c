/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the code and the words out of an error of AWS's and says whether it will pass.
 */
#include "provider/aws_error.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "base/jcs.h"
#include "base/text.h"
#include "provider/aws_xml.h"

enum { CODE_MAX = 64, WORDS_MAX = 240 };

/* "prefix#Name:more" is Name; NULL when it is no name. */
static const char *code_of(const char *s, struct arena *a)
{
	const char *hash = s ? strchr(s, '#') : NULL;
	size_t n = 0;

	if (hash)
		s = hash + 1;
	while (s && n < CODE_MAX && (isalnum((unsigned char)s[n]) || strchr("._-", s[n])) && s[n])
		n++;
	return n ? arena_strndup(a, s, n) : NULL;
}

struct words {
	const char *code, *message, *request;
};

static const char *member(const json_t *o, const char *name, const char * or, struct arena *a)
{
	const char *text = json_string_value(json_object_get(o, name));

	if (!text)
		text = json_string_value(json_object_get(o, or));
	return text ? arena_strdup(a, text) : NULL;
}

static void read_json(const struct http_response *r, struct arena *a, struct words *w)
{
	json_auto_t *body = NULL;
	struct err ignored;

	if (r->body_len > ERROR_BODY_MAX || jcs_load(r->body, r->body_len, &body, &ignored) < 0)
		return;
	w->code = code_of(member(body, "__type", "code", a), a);
	w->message = member(body, "message", "Message", a);
}

static struct words words_of(const struct http_response *r, struct arena *a)
{
	struct words w = {.request = http_response_header(r, "x-amzn-requestid")};
	const char *header = code_of(http_response_header(r, "x-amzn-errortype"), a);

	if (!w.request)
		w.request = http_response_header(r, "x-amz-request-id");
	if (r->body_len && *r->body == '<') {
		w.code = code_of(aws_xml_text(r->body, r->body_len, "Code", a), a);
		w.message = aws_xml_text(r->body, r->body_len, "Message", a);
	} else if (r->body_len) {
		read_json(r, a, &w);
	}
	if (header)
		w.code = header;
	return w;
}

static bool is_throttle(const char *code)
{
	static const char *const codes[] = {"Throttl", "TooManyRequests", "RequestLimitExceeded",
		"SlowDown", "RequestThrottled", "BandwidthLimitExceeded", "LimitExceededException",
		"PriorRequestNotComplete", "EC2ThrottledException"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (text_starts(code, codes[i]))
			return true;
	return false;
}

static bool is_passing(const char *code)
{
	return is_throttle(code) || text_starts(code, "RequestTimeout") ||
	       text_starts(code, "IDPCommunicationError") ||
	       text_starts(code, "TransactionInProgress");
}

static bool is_of_credentials(const char *code)
{
	static const char *const codes[] = {"ExpiredToken", "ExpiredTokenException",
		"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
		"InvalidToken", "TokenRefreshRequired", "RequestExpired", "SignatureDoesNotMatch",
		"InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationTokenException", "MissingAuthenticationToken", "AuthFailure",
		"RequestTimeTooSkewed", "OptInRequired"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

/* One line, without what a terminal would take for orders. */
static const char *plain(const char *s, struct arena *a)
{
	char *out = arena_strndup(a, s, strnlen(s, WORDS_MAX));

	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			*p = ' ';
	return out;
}

void aws_judge(const struct http_response *r, int64_t now, struct arena *a,
	struct session_verdict *ret, struct err *err)
{
	struct words w = words_of(r, a);
	const char *code = w.code ? w.code : "";
	bool server = r->status >= 500 && r->status != 501 && r->status != 505;

	*ret = (struct session_verdict){
		.passing = server || r->status == 429 || r->status == 408 || is_passing(code),
		.unhealthy = r->status >= 500 && !is_throttle(code),
		.wait = retry_after(r->retry_after, now),
	};
	err_set(err,
		ret->passing		  ? ERR_UNREACHABLE
		: is_of_credentials(code) ? ERR_CONFIG
					  : ERR_IO,
		"%s%s%s (%d%s%s)", code, *code ? ": " : "",
		w.message ? plain(w.message, a)
		: *code	  ? "without a message"
			  : "AWS refused",
		r->status, w.request ? ", request " : "", w.request ? plain(w.request, a) : "");
}

/* Behind what callers put before it. */
bool aws_error_is(const struct err *err, const char *code)
{
	size_t n = strlen(code);

	for (const char *at = err->msg; (at = strstr(at, code)); at += n)
		if ((at == err->msg || at[-1] == ' ') && at[n] == ':')
			return true;
	return false;
}
