/* SPDX-License-Identifier: Apache-2.0
 *
 * When a webhook is sent, and when again.
 */
#include "policy/webhook.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/prng.h"
#include "base/words.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)

enum { PAUSE_MOST_S = 300, JITTER = 5 };

static const int64_t delays[WEBHOOK_TRIES - 1] = {
	5 * USEC_PER_SEC,
	5 * MINUTE,
	30 * MINUTE,
	2 * HOUR,
	5 * HOUR,
	10 * HOUR,
	14 * HOUR,
	20 * HOUR,
	24 * HOUR,
};

enum webhook_answer webhook_answer_of(int status)
{
	return status >= 200 && status < 300 ? WEBHOOK_TAKEN
	       : status == 410		     ? WEBHOOK_GONE
					     : WEBHOOK_REFUSED;
}

/* From the message, so that those of many receivers spread and one plan stays one plan. */
static double jitter(const char *id, int tries)
{
	unsigned char hash[SHA256_SIZE];
	struct prng g;
	uint64_t seed;

	sha256(id, strlen(id), hash);
	memcpy(&seed, hash, sizeof(seed));
	prng_seed(&g, seed, (uint64_t)tries);
	return prng_uniform(&g) / JITTER;
}

int64_t webhook_retry_delay(const char *id, int tries, int64_t after)
{
	if (tries < 1 || tries >= WEBHOOK_TRIES)
		return -1;
	int64_t delay = delays[tries - 1];

	delay += (int64_t)((double)delay * jitter(id, tries));
	if (after > 24 * HOUR)
		after = 24 * HOUR;
	return delay > after ? delay : after;
}

int64_t webhook_pause(int failures)
{
	int64_t s = 1;

	while (--failures > 0 && s < PAUSE_MOST_S)
		s *= 2;
	return (s < PAUSE_MOST_S ? s : PAUSE_MOST_S) * USEC_PER_SEC;
}

static bool matches(const char *pattern, size_t n, const char *type)
{
	if (n == 1 && *pattern == '*')
		return true;
	if (n > 2 && pattern[n - 1] == '*' && pattern[n - 2] == '.')
		return strncmp(pattern, type, n - 1) == 0;
	return strlen(type) == n && memcmp(pattern, type, n) == 0;
}

bool webhook_type_matches(const char *pattern, const char *type)
{
	return matches(pattern, strlen(pattern), type);
}

bool webhook_wants(const char *patterns, const char *type)
{
	struct word w;

	while (words_next(&patterns, &w))
		if (matches(w.s, w.n, type))
			return true;
	return false;
}
