/* SPDX-License-Identifier: Apache-2.0
 *
 * A connector: how manifests come from the place where a provider's pipelines leave them. It lists
 * what is there, fetches one document, and looks whether an artifact can be reached; it knows nothing
 * of the registry, judges nothing, and keeps nothing that it could not find again.
 *
 * What a listing names is compared by its `version` with what was handled before: only what is new or
 * changed is fetched. So a version must change whenever the content may have, and cost no more than
 * the listing itself.
 *
 * A connector is used by one thread at a time. Each call gets a deadline and a flag that stops it, and
 * heeds both; it may block up to then. Results live in the call's arena. Errors carry ERR_IO,
 * ERR_UNREACHABLE or ERR_CONFIG, the provider's own words, and never a secret.
 */
#ifndef PROVIDER_PROVIDER_H
#define PROVIDER_PROVIDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"

/* As much as POST /v1/manifests takes; and what one listing may name. */
enum { DOCUMENT_MAX = 1 << 20, LISTING_MAX = 100000 };
/* And of how many bytes its pages may be together; of an answer that is an error only so much is read. */
enum { LISTING_BYTES_MAX = 256 << 20, ERROR_BODY_MAX = 64 << 10 };

/* Of one provider; what a kind does not know stays NULL. */
struct connector_options {
	const char *provider;
	const char *path;		/* dir: the folder of manifests */
	const char *url;		/* dir: or a listing of them over HTTPS */
	const char *artifacts;		/* dir: the folder of artifacts */
	const char *endpoint;		/* the provider's server, when it is not the public one */
	const char *metrics;		/* which found number counts as which of the policy's */
	const char *name_space, *role;	/* of artifacts that come without a manifest */
	const char *token_file;		/* hf */
	const char *author;		/* hf: whose repositories */
	const char *publish;		/* hf: the repository that releases go to */
	const char *filter;		/* hf: with which tags; gcp: which models */
	const char *project, *location; /* gcp */
	const char *storage_endpoint;	/* gcp */
	int versions;			/* gcp; 1: all, not the default one alone */
	const char *region, *group;	/* aws */
	const char *profile, *credentials;
	const char *pipeline; /* aws: distils */
	int private_network;  /* 1: url and redirects may lead to addresses off the open internet */
	int64_t timeout;      /* usec; of one run */
	int64_t pipeline_timeout; /* usec */
	int64_t publish_check;	  /* usec between two looks at it */
	/* How its webhooks prove themselves: by a secret (a file), or by a token of an issuer's. NULL: not
	 * that way. */
	const char *webhook_secret;
	const char *webhook_issuer, *webhook_audience, *webhook_email;
};

struct provider_call {
	const struct clock *clock;
	int64_t deadline;	 /* monotonic */
	const atomic_bool *stop; /* the process ends; NULL: never */
	struct arena *arena;
	void (*wait)(const struct provider_call *call, int64_t usec); /* NULL: real time goes by */
};
/* -1 with ERR_UNAVAILABLE when the call has to end. */
int provider_call_check(const struct provider_call *call, struct err *err);
/* Let `usec` go by, or less when the call has to end; -1 as provider_call_check. At once, when it would
 * take beyond the deadline. */
int provider_call_wait(const struct provider_call *call, int64_t usec, struct err *err);

/* One thing that is there. */
struct source_entry {
	const char *name; /* within the provider; sorts the listing */
	const char *version;
	const char *fault; /* why it will not be fetched, one sentence; NULL: it can be */
};
struct source_listing {
	struct source_entry *v; /* sorted by name */
	size_t n;
	size_t ignored; /* not meant for us */
	bool cut;	/* there is more than LISTING_MAX */
	/* One sentence: all was listed, but not as it should be, and somebody may mend that; NULL. */
	const char *note;
};

/* Count a page of a listing. ERR_IO: the pages never end, or are of something else. */
int source_listing_page(size_t *bytes, size_t page, struct err *err);

/* How far a listing was read; {0} before its first page. */
struct source_pages {
	char *next; /* what the provider calls the page to be read now; NULL: there is none */
	char (*seen)[DIGEST_STRLEN]; /* what it called each so far */
	size_t n, room;
};
#define SOURCE_PAGES_AUTO __attribute__((cleanup(source_pages_clear))) struct source_pages
void source_pages_clear(struct source_pages *p);
/* The page that was read names `next`; NULL and "" are the end. ERR_IO: a page that was read, so that they
 * would turn for ever. */
int source_pages_turn(struct source_pages *p, const char *next, struct err *err);

/* Sort by name, each name once: pages that were read while something changed may tell of it twice. How
 * many are left. */
size_t source_entries_sort(struct source_entry *v, size_t n);
/* By its name, in what was sorted so; NULL. */
struct source_entry *source_entries_find(struct source_entry *v, size_t n, const char *name);

/* GONE: no longer there. UNSETTLED: somebody is writing it; another time. REFUSED: it is there and no
 * manifest can be made of it; *err says why (ERR_INVALID_MANIFEST), and it is not asked for again until
 * its version changes. */
enum fetch_result { FETCH_DONE, FETCH_GONE, FETCH_UNSETTLED, FETCH_REFUSED };
struct source_document {
	const char *text;
	size_t len;
	bool young; /* written so lately that it may not be whole yet */
	/* Made by the connector: a JSON object of what was taken from where and what was left out, at
	 * most 3 KiB. NULL: it was there as it is. */
	const char *built;
};

/* UNKNOWN: this connector can't tell of such a URI. One of its own scheme that names nothing it could
 * ever find is MISSING. */
enum probe_verdict { PROBE_REACHABLE, PROBE_MISSING, PROBE_UNKNOWN };
struct probe_target {
	const char *uri;
	int64_t size; /* bytes; -1: not known */
};
struct probe {
	enum probe_verdict verdict;
	const char *detail; /* one sentence */
};

/* What a message is about: an entry by its name; or NULL, nothing that a listing names, and why that is. */
struct source_mention {
	const char *name, *why;
};

/* Something that takes hours, e.g. a training. The provider starts one for each token, however often it
 * is asked; so the parameters of a token must always be the same. */
struct work_parameter {
	const char *name, *value;
};
struct work_order {
	const char *token; /* 32 to 128 letters and digits */
	const struct work_parameter *v;
	size_t n;
};
enum work_state { WORK_RUNNING, WORK_SUCCEEDED, WORK_FAILED };
struct work_report {
	enum work_state state;
	const char *detail; /* why it failed, in the provider's words, or NULL */
};

struct connector;
struct session_health; /* provider/session.h */
struct connector_kind {
	const char *name;
	/* Checks the options (ERR_CONFIG) and reaches for nothing: the place may come later. */
	int (*open)(const struct connector_options *o, struct connector **ret, struct err *err);
	void (*close)(struct connector *c); /* NULL is allowed */
	int (*list)(struct connector *c, const struct provider_call *call,
		struct source_listing *ret, struct err *err);
	/* enum fetch_result or -1; fills in *ret with FETCH_DONE alone. ERR_IO: this entry could not be
	 * read. Any other code: the provider can't be asked now, which says nothing of the entry. */
	int (*fetch)(struct connector *c, const struct provider_call *call,
		const struct source_entry *entry, struct source_document *ret, struct err *err);
	/* The one entry of that name, as a listing would show it: 1, 0 when there is none, -1. NULL: it can
	 * only list all. */
	int (*find)(struct connector *c, const struct provider_call *call, const char *name,
		struct source_entry *ret, struct err *err);
	/* What a message of the provider's (the body of an incoming webhook) is about. -1, ERR_BAD_JSON, ERR_BAD_REQUEST: it
	 * is no message of this provider's. Any thread; reaches for nothing. NULL: the provider sends none. */
	int (*hook)(const struct connector *c, const char *body, size_t len, struct arena *a,
		struct source_mention *ret, struct err *err);
	/* How the way to its servers is; false: it has none. Any thread, also beside another call. NULL:
	 * none of the kind has. */
	bool (*health)(struct connector *c, const struct clock *clock, struct session_health *ret);
	/* Where releases are published (provider/repository.h); NULL: it has no such place. */
	const struct repository_kind *repository;
	/* Can it look for artifacts at all? NULL: it cannot. */
	bool (*probes)(const struct connector *c);
	int (*probe)(struct connector *c, const struct provider_call *call,
		const struct probe_target *target, struct probe *ret, struct err *err);
	/* Can it start work, as it was set up? NULL: it cannot. */
	bool (*works)(const struct connector *c);
	/* Start it, or find it started; *ret_job is the provider's name of it. Errors as those of fetch:
	 * ERR_IO is this order's own fault. */
	int (*start_job)(struct connector *c, const struct provider_call *call,
		const struct work_order *order, const char **ret_job, struct err *err);
	int (*job_state)(struct connector *c, const struct provider_call *call, const char *job,
		struct work_report *ret, struct err *err);
	/* Have it end, however often it is asked with this token; it may take a while. NULL: it cannot. */
	int (*stop_job)(struct connector *c, const struct provider_call *call, const char *job,
		const char *token, struct err *err);
};

extern const struct connector_kind connector_dir, connector_hf, connector_aws, connector_gcp;

/* By name; NULL: there is none. */
const struct connector_kind *connector_kind_find(const char *name);
/* "dir, ..." of all of them, in the arena. */
const char *connector_kind_names(struct arena *a);

#endif
