/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting and rendering. Series of routes that were never asked for are left out.
 */
#include "api/metrics.h"

#include "api/loop.h"
#include "engine/schedule.h"
#include "engine/source.h"

/* Upper bounds in microseconds, and the same as Prometheus reads them. */
static const struct {
	int64_t usec;
	const char *le;
} bounds[METRICS_BUCKETS] = {
	{100, "0.0001"},
	{250, "0.00025"},
	{500, "0.0005"},
	{1000, "0.001"},
	{2500, "0.0025"},
	{5000, "0.005"},
	{10000, "0.01"},
	{25000, "0.025"},
	{100000, "0.1"},
	{500000, "0.5"},
	{2500000, "2.5"},
	{10000000, "10"},
};

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void metrics_count(struct metrics *m, const struct route *route, int status, int64_t usec)
{
	size_t id = route ? (size_t)route->id : ROUTES, class = (size_t)(status / 100), bucket = 0;

	while (bucket < METRICS_BUCKETS && usec > bounds[bucket].usec)
		bucket++;
	add(&m->requests[id][class < METRICS_CLASSES ? class : 0], 1);
	add(&m->buckets[id][bucket], 1);
	add(&m->usec[id], usec > 0 ? (uint64_t)usec : 0);
}

static void family(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(
	struct strbuf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	family(out, name, type, help);
	strbuf_addf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* The sum over all loops of the counter that stands at the same place in each. */
static uint64_t total(const struct server *s, size_t offset)
{
	uint64_t n = 0;

	for (int i = 0; i < s->n_loops; i++)
		n += atomic_load_explicit(
			(const atomic_uint_fast64_t *)((const char *)&s->loops[i].metrics + offset),
			memory_order_relaxed);
	return n;
}
#define TOTAL(s, member) total((s), offsetof(struct metrics, member))

static void add_labels(struct strbuf *out, size_t id)
{
	const struct route *route = route_at((enum route_id)id);

	strbuf_addf(out, "method=\"%s\",route=\"%s\"", route ? route->method : "other",
		route ? route->pattern : "none");
}

static void render_requests(const struct server *s, struct strbuf *out)
{
	static const char *const classes[METRICS_CLASSES] = {
		"cut", "1xx", "2xx", "3xx", "4xx", "5xx"};

	family(out, "spiralfed_http_requests_total", "counter",
		"Requests by route, method and class of the status.");
	for (size_t id = 0; id <= ROUTES; id++)
		for (size_t k = 0; k < METRICS_CLASSES; k++) {
			uint64_t n = total(s,
				offsetof(struct metrics, requests) +
					(id * METRICS_CLASSES + k) * sizeof(atomic_uint_fast64_t));

			if (n == 0)
				continue;
			strbuf_addstr(out, "spiralfed_http_requests_total{");
			add_labels(out, id);
			strbuf_addf(
				out, ",status=\"%s\"} %llu\n", classes[k], (unsigned long long)n);
		}
}

static void render_histogram(const struct server *s, size_t id, struct strbuf *out)
{
	static const char name[] = "spiralfed_http_request_duration_seconds";
	uint64_t n[METRICS_BUCKETS + 1], sum = 0;

	for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
		n[b] = total(
			s, offsetof(struct metrics, buckets) +
				   (id * (METRICS_BUCKETS + 1) + b) * sizeof(atomic_uint_fast64_t));
		sum += n[b];
	}
	if (sum == 0)
		return;
	for (size_t b = 0, below = 0; b <= METRICS_BUCKETS; b++) {
		below += n[b];
		strbuf_addf(out, "%s_bucket{", name);
		add_labels(out, id);
		strbuf_addf(out, ",le=\"%s\"} %llu\n", b < METRICS_BUCKETS ? bounds[b].le : "+Inf",
			(unsigned long long)below);
	}
	uint64_t usec =
		total(s, offsetof(struct metrics, usec) + id * sizeof(atomic_uint_fast64_t));

	strbuf_addf(out, "%s_sum{", name);
	add_labels(out, id);
	strbuf_addf(out, "} %llu.%06llu\n%s_count{", (unsigned long long)(usec / 1000000),
		(unsigned long long)(usec % 1000000), name);
	add_labels(out, id);
	strbuf_addf(out, "} %llu\n", (unsigned long long)sum);
}

static void render_server(const struct server *s, struct strbuf *out)
{
	render_requests(s, out);
	family(out, "spiralfed_http_request_duration_seconds", "histogram",
		"Time from the request line to the end of the answer.");
	for (size_t id = 0; id <= ROUTES; id++)
		render_histogram(s, id, out);
	single(out, "spiralfed_http_request_body_bytes_total", "counter",
		"Bytes of request bodies.", TOTAL(s, in_bytes));
	single(out, "spiralfed_http_response_body_bytes_total", "counter",
		"Bytes of response bodies.", TOTAL(s, out_bytes));
	single(out, "spiralfed_http_connections", "gauge", "Open connections.",
		(uint64_t)atomic_load(&s->connections));
	single(out, "spiralfed_http_waiting", "gauge", "Requests that wait for a change.",
		(uint64_t)atomic_load(&s->waiting));
	single(out, "spiralfed_http_connections_refused_total", "counter",
		"Connections closed because there were too many.",
		atomic_load(&s->refused_connections));
	single(out, "spiralfed_http_slow_requests_total", "counter",
		"Connections cut because a request did not arrive in time.", atomic_load(&s->slow));
}

static void render_engine(const struct server *s, struct strbuf *out)
{
	struct engine_stats st;

	engine_stats(s->options.engine, &st);
	single(out, "spiralfed_commits_total", "counter", "Group commits.", st.commits);
	single(out, "spiralfed_commands_total", "counter", "Commands committed.", st.commands);
	single(out, "spiralfed_commands_stale_total", "counter",
		"Commands prepared again because the channel or the policy had moved.", st.stale);
	single(out, "spiralfed_commit_batch_max", "gauge", "Commands of the largest group.",
		st.batch_max);
	single(out, "spiralfed_queue_length", "gauge", "Commands waiting.", st.queue_len);
	single(out, "spiralfed_queue_limit", "gauge", "Commands that may wait.", st.queue_max);
	single(out, "spiralfed_manifests", "gauge", "Manifests stored.", st.manifests);
	single(out, "spiralfed_artifacts", "gauge", "Artifacts stored.", st.artifacts);
	single(out, "spiralfed_judgements", "gauge", "Judgements stored.", st.judgements);
	single(out, "spiralfed_registry_writable", "gauge", "1 while the registry can be written.",
		!st.broken);
	family(out, "spiralfed_last_commit_timestamp_seconds", "gauge",
		"When the last commit was, in Unix time.");
	strbuf_addf(out, "spiralfed_last_commit_timestamp_seconds %lld.%06lld\n",
		(long long)(st.last_commit / USEC_PER_SEC),
		(long long)(st.last_commit % USEC_PER_SEC));
}

static void render_release(const struct server *s, struct strbuf *out)
{
	SNAPSHOT_AUTO snap = snapshot_get(s->options.engine);

	single(out, "spiralfed_channel_serial", "gauge",
		"Serial of the channel stable; 0 before the first release.",
		snap->has_release ? (uint64_t)snap->channel.serial : 0);
	family(out, "spiralfed_channel_expires_in_seconds", "gauge",
		"Until nodes take the signed channel for frozen; it is signed anew after half of "
		"its "
		"time.");
	if (snap->has_release)
		strbuf_addf(out, "spiralfed_channel_expires_in_seconds %lld\n",
			(long long)((snap->pointer.expires - clock_now(s->options.clock)) /
				    USEC_PER_SEC));
	single(out, "spiralfed_policy_version", "gauge", "Version of the policy in force.",
		(uint64_t)snap->policy.version);
	family(out, "spiralfed_release_info", "gauge", "The active release; always 1.");
	if (snap->has_release)
		strbuf_addf(out, "spiralfed_release_info{version=\"%s\",digest=\"%s\"} 1\n",
			snap->channel.version, snap->channel.digest);
}

/* Of each source, uint64_t members of struct source_stats. */
static const struct {
	const char *name, *type, *help;
	size_t offset;
	bool health; /* only of those that have a server */
	bool hooks;  /* only of those that take webhooks */
} source_families[] = {
	{"spiralfed_provider_ingests_total", "counter", "Ingests from the provider that ended.",
		offsetof(struct source_stats, runs)},
	{"spiralfed_provider_ingest_failures_total", "counter",
		"Of these, the ones that could not handle all.",
		offsetof(struct source_stats, failures)},
	{"spiralfed_provider_manifests_total", "counter", "New manifests that were pulled.",
		offsetof(struct source_stats, fresh)},
	{"spiralfed_provider_refused_total", "counter", "Entries that were refused or in conflict.",
		offsetof(struct source_stats, refused)},
	{"spiralfed_provider_up", "gauge", "0 when the last ingest could not handle all.",
		offsetof(struct source_stats, up)},
	{"spiralfed_provider_last_success_timestamp_seconds", "gauge",
		"When an ingest handled all, Unix time; 0: not since the start.",
		offsetof(struct source_stats, last_success_s)},
	{"spiralfed_provider_webhooks_queued_total", "counter",
		"Webhooks of the provider's whose subject is pulled.",
		offsetof(struct source_stats, hooks_queued), .hooks = true},
	{"spiralfed_provider_webhooks_ignored_total", "counter",
		"Webhooks of the provider's about nothing that is pulled.",
		offsetof(struct source_stats, hooks_ignored), .hooks = true},
	{"spiralfed_provider_webhooks_refused_total", "counter",
		"Webhooks that did not prove to be the provider's.",
		offsetof(struct source_stats, hooks_refused), .hooks = true},
	{"spiralfed_provider_requests_total", "counter", "Requests to the provider's servers.",
		offsetof(struct source_stats, requests), true},
	{"spiralfed_provider_retries_total", "counter", "Of these, the ones sent again.",
		offsetof(struct source_stats, retries), true},
	{"spiralfed_provider_response_bytes_total", "counter", "Bytes of their answers' bodies.",
		offsetof(struct source_stats, bytes), true},
	{"spiralfed_provider_breaker_open", "gauge",
		"1 while the provider's servers are left alone after failures in a row.",
		offsetof(struct source_stats, breaker_open), true},
	{"spiralfed_provider_quota_left", "gauge",
		"Requests that the provider still allows in its window; absent: it does not say.",
		offsetof(struct source_stats, quota_left), true},
};

static bool has_sample(const struct source_stats *st, size_t family, uint64_t value)
{
	return (!source_families[family].hooks || st->has_hooks) &&
	       (!source_families[family].health || (st->has_health && value != UINT64_MAX));
}

/* Only with connectors: who has none wants no empty families. */
static void render_sources(const struct server *s, struct strbuf *out)
{
	const struct engine *e = s->options.engine;
	size_t n = source_count(e);
	struct source_stats st;

	for (size_t k = 0; n && k < sizeof(source_families) / sizeof(source_families[0]); k++) {
		family(out, source_families[k].name, source_families[k].type,
			source_families[k].help);
		for (size_t i = 0; i < n; i++) {
			source_stats(e, i, &st);
			uint64_t value =
				*(const uint64_t *)((const char *)&st + source_families[k].offset);

			if (has_sample(&st, k, value))
				strbuf_addf(out, "%s{provider=\"%s\",connector=\"%s\"} %llu\n",
					source_families[k].name, st.provider, st.connector,
					(unsigned long long)value);
		}
	}
}

static void render_jobs(const struct server *s, struct strbuf *out)
{
	const struct engine *e = s->options.engine;

	family(out, "spiralfed_job_runs_total", "counter", "Runs of jobs by how they ended.");
	for (int job = 0; job < JOBS; job++)
		for (int o = 0; o < JOB_OUTCOMES; o++)
			strbuf_addf(out,
				"spiralfed_job_runs_total{job=\"%s\",outcome=\"%s\"} %llu\n",
				names_of(&job_names, job), names_of(&job_outcome_names, o),
				(unsigned long long)schedule_count(
					e, (enum job)job, (enum job_outcome)o));
	family(out, "spiralfed_job_last_good_timestamp_seconds", "gauge",
		"When a run of the job last ended well, Unix time; 0: not since the start.");
	for (int job = 0; job < JOBS; job++)
		strbuf_addf(out, "spiralfed_job_last_good_timestamp_seconds{job=\"%s\"} %lld\n",
			names_of(&job_names, job),
			(long long)(schedule_last_good(e, (enum job)job) / USEC_PER_SEC));
}

void metrics_text(const struct server *s, struct strbuf *out)
{
	render_server(s, out);
	render_engine(s, out);
	render_release(s, out);
	render_jobs(s, out);
	render_sources(s, out);
	family(out, "spiralfed_build_info", "gauge", "The build; always 1.");
	strbuf_addf(out, "spiralfed_build_info{version=\"%s\",libmicrohttpd=\"%s\"} 1\n",
		SPIRALFED_VERSION, MHD_get_version());
	family(out, "spiralfed_start_time_seconds", "gauge", "When the server started, Unix time.");
	strbuf_addf(out, "spiralfed_start_time_seconds %lld\n",
		(long long)(s->started_at / USEC_PER_SEC));
}
