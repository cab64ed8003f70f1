/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captured answers of Prometheus: a list without a format. A case may say what it expects
 * ({verdict, value}); else the answer is held against its own bytes, read the plain way: a number is
 * what stands between the quotes of the only sample, and nothing else gives one.
 */
#include "vectors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "provider/prometheus_reply.h"

/* The text of the only sample, in bytes from the heap; NULL when there is not exactly one. */
static char *only_sample(const char *body)
{
	static const char vector[] = "\"resultType\":\"vector\"";
	static const char scalar[] = "\"resultType\":\"scalar\"";
	const char *at = strstr(body, "\"value\":[");
	bool is_scalar = strstr(body, scalar) != NULL;

	if (is_scalar)
		at = strstr(body, "\"result\":[");
	if (!at || (!is_scalar && (!strstr(body, vector) || strstr(at + 1, "\"value\":["))))
		return NULL;
	const char *from = strstr(at, ",\"");
	const char *to = from ? strchr(from + 2, '"') : NULL;

	return to ? strndup(from + 2, (size_t)(to - from - 2)) : NULL;
}

static json_t *plain_reading(int status, const char *body)
{
	char *text = status == 200 ? only_sample(body) : NULL;
	bool is_number = text && strcmp(text, "NaN") != 0 && !strstr(text, "Inf");
	json_t *expected = json_pack("{s:b, s:o}", "is_number", is_number, "value",
		is_number ? json_real(strtod(text, NULL)) : json_null());

	free(text);
	return expected;
}

void vectors_prometheus(struct vectors *run, const json_t *root)
{
	size_t i;
	json_t *test;

	json_array_foreach((json_t *)root, i, test)
	{
		const char *name = vectors_string(test, "name");
		const char *body = vectors_string(test, "body");
		int64_t status = vectors_count(test, "http_status");
		struct prometheus_reply reply;

		if (!body || status < 0) {
			vectors_unreadable(run, name, "needs a body and http_status");
			continue;
		}
		prometheus_reply_parse((int)status, body, strlen(body), &reply);
		json_t *given = json_object_get(test, "expect");
		json_t *expected = given ? json_incref(given) : plain_reading((int)status, body);

		vectors_case(run, name, expected,
			json_pack("{s:s, s:b, s:o, s:s}", "verdict",
				prometheus_verdict_name(reply.verdict), "is_number",
				reply.verdict == PROMETHEUS_NUMBER, "value",
				vectors_real(reply.value), "detail", reply.detail));
		json_decref(expected);
	}
}
