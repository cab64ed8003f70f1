/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads an answer of Prometheus strictly: what is not exactly one sample is never taken for a number.
 */
#include "provider/prometheus_reply.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/utf8.h"

const char *prometheus_verdict_name(enum prometheus_verdict verdict)
{
	static const char *const names[] = {
		[PROMETHEUS_NUMBER] = "number",
		[PROMETHEUS_NO_DATA] = "no_data",
		[PROMETHEUS_NAN] = "nan",
		[PROMETHEUS_INFINITE] = "infinite",
		[PROMETHEUS_MANY] = "many",
		[PROMETHEUS_TYPE] = "type",
		[PROMETHEUS_REFUSED] = "refused",
		[PROMETHEUS_BROKEN] = "broken",
	};

	return names[verdict];
}

static void tell(struct prometheus_reply *ret, enum prometheus_verdict verdict, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));
static void tell(
	struct prometheus_reply *ret, enum prometheus_verdict verdict, const char *fmt, ...)
{
	char text[4 * sizeof(ret->detail)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t n = strlen(text) < sizeof(ret->detail) ? strlen(text)
						      : utf8_cut(text, sizeof(ret->detail) - 1);

	memcpy(ret->detail, text, n);
	ret->detail[n] = '\0';
	for (char *at = ret->detail; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	ret->verdict = verdict;
}

/* What Go prints: a decimal number, or NaN, +Inf, -Inf. strtod by itself takes hex and blanks, too. */
static bool sample_value(const char *text, double *ret)
{
	char *end;

	if (!strcmp(text, "NaN")) {
		*ret = NAN;
		return true;
	}
	if (!strcmp(text, "+Inf") || !strcmp(text, "-Inf")) {
		*ret = text[0] == '-' ? -INFINITY : INFINITY;
		return true;
	}
	if (!*text || text[strspn(text, "0123456789+-.eE")])
		return false;
	double value = strtod(text, &end);

	if (*end || !isfinite(value))
		return false;
	*ret = value;
	return true;
}

/* [time, "value"] */
static void take_sample(const json_t *sample, struct prometheus_reply *ret)
{
	const json_t *at = json_array_get(sample, 0);
	const char *text = json_string_value(json_array_get(sample, 1));
	double value;

	if (json_array_size(sample) != 2 || !json_is_number(at) || !text ||
		!sample_value(text, &value)) {
		tell(ret, PROMETHEUS_BROKEN, "a sample that is not [time, \"number\"]");
		return;
	}
	ret->time = json_number_value(at);
	if (isnan(value)) {
		tell(ret, PROMETHEUS_NAN, "NaN: nothing divided by nothing");
	} else if (isinf(value)) {
		tell(ret, PROMETHEUS_INFINITE, "%s: divided by nothing", text);
	} else {
		ret->verdict = PROMETHEUS_NUMBER;
		ret->value = value;
	}
}

static void take_vector(const json_t *result, struct prometheus_reply *ret)
{
	size_t n = json_array_size(result);

	if (!json_is_array(result))
		tell(ret, PROMETHEUS_BROKEN, "the result is no list");
	else if (n == 0)
		tell(ret, PROMETHEUS_NO_DATA,
			"no series matches; where that means 0 the query needs `or vector(0)`");
	else if (n > 1)
		tell(ret, PROMETHEUS_MANY, "%zu elements instead of one; sum them in the query", n);
	else
		take_sample(json_object_get(json_array_get(result, 0), "value"), ret);
}

static void take_data(const json_t *data, struct prometheus_reply *ret)
{
	const char *type = json_string_value(json_object_get(data, "resultType"));
	const json_t *result = json_object_get(data, "result");

	if (!type)
		tell(ret, PROMETHEUS_BROKEN, "no answer to a query: it has no resultType");
	else if (!strcmp(type, "vector"))
		take_vector(result, ret);
	else if (!strcmp(type, "scalar"))
		take_sample(result, ret);
	else
		tell(ret, PROMETHEUS_TYPE, "a %s instead of an instant vector", type);
}

static void take_error(int http_status, const json_t *reply, struct prometheus_reply *ret)
{
	const char *type = json_string_value(json_object_get(reply, "errorType"));
	const char *text = json_string_value(json_object_get(reply, "error"));

	tell(ret, PROMETHEUS_REFUSED, "HTTP %d %s: %s", http_status, type ? type : "error",
		text ? text : "no reason given");
}

void prometheus_reply_parse(
	int http_status, const char *body, size_t len, struct prometheus_reply *ret)
{
	json_auto_t *reply = NULL;
	struct err err = {0};

	*ret = (struct prometheus_reply){.value = NAN, .time = NAN};
	if (len > PROMETHEUS_REPLY_MAX) {
		tell(ret, PROMETHEUS_BROKEN, "HTTP %d with more than %d bytes", http_status,
			PROMETHEUS_REPLY_MAX);
		return;
	}
	if (jcs_load(body, len, &reply, &err)) {
		tell(ret, PROMETHEUS_BROKEN, "HTTP %d without JSON: %s", http_status, err.msg);
		return;
	}
	const char *status = json_string_value(json_object_get(reply, "status"));

	if (status && !strcmp(status, "error"))
		take_error(http_status, reply, ret);
	else if (!status || strcmp(status, "success") != 0 || http_status != 200)
		tell(ret, PROMETHEUS_BROKEN, "HTTP %d with status %s", http_status,
			status ? status : "missing");
	else
		take_data(json_object_get(reply, "data"), ret);
}

int64_t prometheus_count(const struct prometheus_reply *reply)
{
	if (reply->verdict != PROMETHEUS_NUMBER || reply->value < 0 ||
		reply->value > 9007199254740991.0)
		return -1;
	return llround(reply->value);
}
