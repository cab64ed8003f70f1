/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of the policy for tokens of others. Refused are issuers whose keys anybody on the way could
 * replace, and patterns that any subject matches.
 */
#include "model/keyless.h"

#include <string.h>
#include <strings.h>

#include "model/format.h"

/* The rest of `url` after `prefix` begins a path, a port or nothing. */
static bool starts(const char *url, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncasecmp(url, prefix, n) == 0 && (!url[n] || strchr(":/", url[n]));
}

bool issuer_url_valid(const char *url)
{
	if (url[strcspn(url, " \t\r\n?#@\\")])
		return false;
	if (strncasecmp(url, "https://", 8) == 0)
		return url[8] && url[8] != '/';
	return starts(url, "http://localhost") || starts(url, "http://127.0.0.1") ||
	       starts(url, "http://[::1]");
}

static bool issuer_check(const char *s)
{
	return issuer_url_valid(s);
}

static const struct field_format format_issuer = {
	.title = "an https URL, or http on this machine",
	.example = "https://token.actions.githubusercontent.com",
	.pattern = "^https?://[^ ?#@]+$",
	.check = issuer_check,
};

static bool subject_check(const char *s)
{
	return format_line.check(s) && s[strspn(s, "*?.:/ -")] != '\0';
}

static const struct field_format format_subject = {
	.title =
		"a subject, in which * stands for any run of characters, and which names something",
	.example = "repo:spiralverse/textgen:*",
	.pattern = "[^*?.:/ -]",
	.check = subject_check,
};

static const struct field keyless_fields[] = {
	{"issuer", FIELD_STRING, offsetof(struct policy_keyless, issuer), FIELD_REQUIRED, .min = 1,
		.max = 512, .format = &format_issuer,
		.help = "who signs the tokens, as they spell it"},
	{"audience", FIELD_STRING, offsetof(struct policy_keyless, audience), FIELD_REQUIRED,
		.min = 1, .max = 256, .format = &format_line,
		.help = "what a token has to be meant for; choose one of your own"},
	{"subject", FIELD_STRING, offsetof(struct policy_keyless, subject), FIELD_REQUIRED,
		.min = 1, .max = 256, .format = &format_subject,
		.help = "whom it speaks for; * stands for any run of characters"},
	{"provider", FIELD_STRING, offsetof(struct policy_keyless, provider), FIELD_REQUIRED,
		.format = &format_provider, .help = "whose manifests such a token may submit"},
};
const struct field_table policy_keyless_table = FIELD_TABLE("PolicyKeyless",
	"Tokens of somebody else that may submit a provider's manifests.", struct policy_keyless,
	keyless_fields);

bool keyless_subject_matches(const char *pattern, const char *subject)
{
	const char *star = NULL, *resume = NULL;

	while (*subject) {
		if (*pattern == '*') {
			star = pattern++;
			resume = subject;
		} else if (*pattern == *subject) {
			pattern++;
			subject++;
		} else if (star) {
			/* The last star takes one more; earlier ones need never be tried again. */
			pattern = star + 1;
			subject = ++resume;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}
