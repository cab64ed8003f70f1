/* SPDX-License-Identifier: Apache-2.0
 *
 * A node, to begin your own from: it follows the channel with a long poll, takes nothing that
 * libspiralfed does not vouch for, reports what it has loaded and how its requests went; or, with -m,
 * has its counters ready for a Prometheus that the daemon asks. It serves nobody: where a real one loads
 * models and answers requests, this one counts made-up ones.
 *
 *	cc node.c $(pkg-config --cflags --libs spiralfed) -lcurl -pthread -o node
 *	./node -n node-1 -u http://127.0.0.1:8787 -k key.pem -s node-1.state -t token
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <spiralfed/node.h>

enum { KEY_MAX = 65536, TEXT_MAX = 4096, POLL_MAX_S = 25, HEARTBEAT_S = 30, SERVED_MAX = 8 };

#define USEC INT64_C(1000000)

struct buffer {
	char *data;
	size_t len, max;
};

/* A release that is loaded. */
struct loaded {
	char version[64];
};

/* A release that is or was served, and how long in all but since `since` (0: not now). */
struct served {
	char version[64];
	int64_t usec, since;
};

struct node {
	/* from the command line */
	const char *name, *url, *key_file, *state_file, *token_file, *bad_version, *lost;
	int bad_per_mille, rate, window_s, metrics_port; /* metrics_port -1: none */
	bool once;

	CURL *curl;
	char base[512], token[512];
	struct spiralfed_key keys[SPIRALFED_KEYS_MAX];
	size_t n_keys;
	struct spiralfed_state state;
	struct spiralfed_pointer pointer;
	char etag[128];
	struct loaded loaded[1 + SPIRALFED_WARM_MAX];
	size_t n_loaded;
	bool frozen, unheard; /* a report was refused or not answered */
	int64_t window_start, heartbeat_due;

	pthread_mutex_t lock; /* of what the thread of the counters reads */
	struct served served[SERVED_MAX];
	size_t n_served;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * USEC + ts.tv_nsec / 1000;
}

static const char *rfc3339(int64_t usec, char buf[32])
{
	time_t seconds = (time_t)(usec / USEC);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

__attribute__((format(printf, 2, 3))) static void say(const struct node *n, const char *fmt, ...)
{
	char at[32];
	va_list ap;

	printf("%s %s ", rfc3339(now_usec(), at), n->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* ---- HTTP ---- */

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct buffer *b = arg;

	/* Whoever answers without end is cut off. */
	if (b->len + size * n > b->max)
		return 0;
	memcpy(b->data + b->len, data, size * n);
	b->len += size * n;
	return size * n;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct node *node = arg;
	size_t len = size * n;

	if (len > 6 && len < sizeof(node->etag) + 6 && strncasecmp(line, "etag: ", 6) == 0)
		snprintf(node->etag, sizeof(node->etag), "%.*s", (int)strcspn(line + 6, "\r\n"),
			line + 6);
	return len;
}

/* The status, 0 when there was no answer. `body` is sent, the answer goes to *ret. */
static long ask(struct node *n, const char *method, const char *path, const char *body,
	bool conditional, long timeout_s, struct buffer *ret)
{
	char url[1024], header[1024];
	struct curl_slist *headers = NULL;
	long status = 0;

	snprintf(url, sizeof(url), "%s%s", n->base, path);
	ret->len = 0;
	curl_easy_reset(n->curl);
	curl_easy_setopt(n->curl, CURLOPT_URL, url);
	if (strncmp(n->url, "unix:", 5) == 0)
		curl_easy_setopt(n->curl, CURLOPT_UNIX_SOCKET_PATH, n->url + 5);
	curl_easy_setopt(n->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(n->curl, CURLOPT_TIMEOUT, timeout_s);
	curl_easy_setopt(n->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(n->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(n->curl, CURLOPT_WRITEDATA, ret);
	if (*n->token) {
		snprintf(header, sizeof(header), "Authorization: Bearer %s", n->token);
		headers = curl_slist_append(headers, header);
	}
	if (body) {
		curl_easy_setopt(n->curl, CURLOPT_POSTFIELDS, body);
		headers = curl_slist_append(headers, "Content-Type: application/json");
	}
	if (conditional) {
		curl_easy_setopt(n->curl, CURLOPT_HEADERFUNCTION, on_header);
		curl_easy_setopt(n->curl, CURLOPT_HEADERDATA, n);
		if (*n->etag) {
			snprintf(header, sizeof(header), "If-None-Match: %s", n->etag);
			headers = curl_slist_append(headers, header);
		}
	}
	curl_easy_setopt(n->curl, CURLOPT_HTTPHEADER, headers);
	if (curl_easy_perform(n->curl) == CURLE_OK)
		curl_easy_getinfo(n->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	return status;
}

/* ---- Following the channel ---- */

/* Written beside and moved into place: a state that is half written is no state. */
static bool keep_state(const struct node *n)
{
	char text[SPIRALFED_STATE_MAX], beside[1024];
	size_t len = spiralfed_state_write(&n->state, text, sizeof(text));
	FILE *f;
	bool good;

	snprintf(beside, sizeof(beside), "%s.new", n->state_file);
	f = fopen(beside, "w");
	if (!f)
		return false;
	good = fwrite(text, 1, len, f) == len && fflush(f) == 0 && fsync(fileno(f)) == 0;
	good = fclose(f) == 0 && good;
	return good && rename(beside, n->state_file) == 0;
}

/* Where chat would go: with all providers, and when one is lost. */
static const char *show_route(const struct node *n, const char *version, const struct buffer *body)
{
	static char memory[3 * SPIRALFED_RELEASE_MAX];
	const struct spiralfed_field chat = {
		.name = "prompt_type", .type = SPIRALFED_STRING, .string = "chat"};
	const struct spiralfed_fusion *fusion;
	struct spiralfed_choice choice;
	enum spiralfed_status status = n->lost ? spiralfed_plan_load(body->data, body->len, n->lost,
							 memory, sizeof(memory), &fusion)
					       : spiralfed_fusion_load(body->data, body->len,
							 memory, sizeof(memory), &fusion);

	if (status == SPIRALFED_OK && spiralfed_route(fusion, &chat, 1, &choice) == SPIRALFED_OK)
		say(n, "release %s%s%s sends chat to %s", version, n->lost ? " without " : "",
			n->lost ? n->lost : "", choice.target);
	else if (n->lost && (status == SPIRALFED_NO_PLAN || status == SPIRALFED_ABSENT))
		say(n, "release %s without %s: %s", version, n->lost,
			spiralfed_status_text(status));
	else if (status != SPIRALFED_ABSENT)
		return spiralfed_status_text(status);
	return NULL;
}

/* Fetch and check one release; NULL or what is wrong with it. */
static const char *load(struct node *n, const struct spiralfed_release *wanted)
{
	static char body_data[SPIRALFED_RELEASE_MAX], envelope_data[SPIRALFED_ENVELOPE_MAX];
	struct buffer body = {body_data, 0, sizeof(body_data)};
	struct buffer envelope = {envelope_data, 0, sizeof(envelope_data)};
	enum spiralfed_status status;
	char path[256];

	snprintf(path, sizeof(path), "/v1/releases/%s", wanted->version);
	if (ask(n, "GET", path, NULL, false, 30, &body) != 200)
		return "the release could not be fetched";
	snprintf(path, sizeof(path), "/v1/releases/%s/attestation", wanted->version);
	if (ask(n, "GET", path, NULL, false, 30, &envelope) != 200)
		return "its attestation could not be fetched";
	status = spiralfed_release_verify(
		n->keys, n->n_keys, envelope.data, envelope.len, body.data, body.len, wanted, NULL);
	if (status != SPIRALFED_OK)
		return spiralfed_status_text(status);
	/* Here a real node loads what the release names, by its digests. */
	return show_route(n, wanted->version, &body);
}

/* The release and those behind it, which a rollback may go to. */
static const char *load_all(struct node *n, const struct spiralfed_pointer *p)
{
	const char *wrong = load(n, &p->release);

	if (wrong)
		return wrong;
	n->n_loaded = 0;
	n->loaded[n->n_loaded++] = (struct loaded){""};
	memcpy(n->loaded[0].version, p->release.version, sizeof(p->release.version));
	for (size_t i = 0; i < p->n_warm; i++) {
		if (load(n, &p->warm[i]))
			continue; /* one that can't be had is not reported as loaded */
		memcpy(n->loaded[n->n_loaded++].version, p->warm[i].version,
			sizeof(p->warm[i].version));
	}
	return NULL;
}

/* What is served from now on; the one that was served longest ago makes room. */
static void count_as(struct node *n, const char *version)
{
	int64_t now = now_usec();
	struct served *s = NULL;

	pthread_mutex_lock(&n->lock);
	for (size_t i = 0; i < n->n_served; i++) {
		if (n->served[i].since)
			n->served[i].usec += now - n->served[i].since;
		n->served[i].since = 0;
		if (strcmp(n->served[i].version, version) == 0)
			s = &n->served[i];
	}
	if (!s && n->n_served == SERVED_MAX)
		memmove(n->served, n->served + 1, sizeof(n->served[0]) * --n->n_served);
	if (!s) {
		s = &n->served[n->n_served++];
		*s = (struct served){.usec = 0};
		snprintf(s->version, sizeof(s->version), "%s", version);
	}
	s->since = now;
	pthread_mutex_unlock(&n->lock);
}

/* A pointer came: take it or say why not. */
static bool take(struct node *n, const struct buffer *text, int64_t began)
{
	struct spiralfed_state state = n->state;
	struct spiralfed_pointer pointer;
	enum spiralfed_status status = spiralfed_pointer_verify(
		n->keys, n->n_keys, "stable", text->data, text->len, began, &state, &pointer);
	const char *wrong = NULL;

	n->frozen = status == SPIRALFED_FROZEN;
	if (status != SPIRALFED_MOVED && status != SPIRALFED_RENEWED &&
		status != SPIRALFED_UNCHANGED) {
		say(n, "REFUSED %s: %s", spiralfed_status_name(status),
			spiralfed_status_text(status));
		n->etag[0] = '\0';
		return false;
	}
	if (status == SPIRALFED_MOVED || n->n_loaded == 0)
		wrong = load_all(n, &pointer);
	if (wrong) {
		say(n, "REFUSED release %s: %s", pointer.release.version, wrong);
		n->etag[0] = '\0';
		return false;
	}
	n->state = state;
	n->pointer = pointer;
	count_as(n, pointer.release.version);
	n->heartbeat_due = 0;
	if (!keep_state(n))
		say(n, "cannot keep the state in %s: %s", n->state_file, strerror(errno));
	say(n, "%s serial=%lld release=%s", spiralfed_status_name(status),
		(long long)pointer.serial, pointer.release.version);
	return true;
}

/* One long poll, at most until something else is due. false: nobody answered, or nothing that could be
 * taken; whoever asks again does so after a pause. */
static bool follow(struct node *n, int wait_s)
{
	static char data[SPIRALFED_ENVELOPE_MAX];
	struct buffer text = {data, 0, sizeof(data)};
	int64_t began = now_usec();
	char path[64];
	bool taken = true;
	long status;

	snprintf(path, sizeof(path), "/v1/channels/stable/attestation?wait=%d", wait_s);
	status = ask(n, "GET", path, NULL, true, wait_s + 20, &text);
	if (status == 200)
		taken = take(n, &text, began);
	else if (status && status != 304 && status != 404)
		say(n, "the channel was answered %ld: %.*s", status, (int)text.len, text.data);
	if (spiralfed_frozen(&n->state, now_usec()) && !n->frozen) {
		n->frozen = true;
		say(n, "FROZEN: what is known has expired, and nothing newer comes through");
	}
	return (status == 200 && taken) || status == 304 || status == 404;
}

/* ---- Reports ---- */

static void report_loaded(struct node *n)
{
	static char data[TEXT_MAX];
	struct buffer answer = {data, 0, sizeof(data)};
	char body[TEXT_MAX], path[256];
	size_t len;
	long status;

	len = (size_t)snprintf(body, sizeof(body),
		"{\"serial\":%lld,\"release\":\"%s\",\"health\":\"%s\",\"software\":\"example "
		"node\",\"loaded\":[",
		(long long)n->state.serial, n->state.release.version,
		n->frozen ? "degraded" : "ok");
	for (size_t i = 0; i < n->n_loaded && len < sizeof(body) - 80; i++)
		len += (size_t)snprintf(body + len, sizeof(body) - len, "%s\"%s\"", i ? "," : "",
			n->loaded[i].version);
	snprintf(body + len, sizeof(body) - len, "]}");
	snprintf(path, sizeof(path), "/v1/nodes/%s", n->name);
	status = ask(n, "PUT", path, body, false, 20, &answer);
	n->unheard = n->unheard || status != 200;
	if (status != 200)
		say(n, "the report was answered %ld: %.*s", status, (int)answer.len, answer.data);
}

/* What would have gone wrong. */
static long long errors_of(const struct node *n, const char *version, long long total)
{
	bool bad = n->bad_version && strcmp(n->bad_version, version) == 0;

	return bad ? total * n->bad_per_mille / 1000 : 0;
}

/* What would have been counted while serving. */
static void report_window(struct node *n, int64_t from, int64_t to)
{
	static char data[TEXT_MAX];
	struct buffer answer = {data, 0, sizeof(data)};
	long long total = (to - from) / USEC * n->rate;
	char body[TEXT_MAX], start[32], end[32];
	long status;

	snprintf(body, sizeof(body),
		"{\"observations\":[{\"node\":\"%s\",\"release\":\"%s\",\"serial\":%lld,"
		"\"t_start\":\"%s\",\"t_end\":\"%s\",\"total\":%lld,\"errors\":%lld,\"slow\":0,"
		"\"tokens\":%lld,\"cost_micro\":%lld,\"safety_checked\":%lld,"
		"\"safety_violations\":0,\"safety_critical\":0}]}",
		n->name, n->state.release.version, (long long)n->state.serial, rfc3339(from, start),
		rfc3339(to, end), total, errors_of(n, n->state.release.version, total), total * 200,
		total * 100, total);
	status = ask(n, "POST", "/v1/observations", body, false, 20, &answer);
	n->unheard = n->unheard || status != 202;
	if (status != 202)
		say(n, "the window was answered %ld: %.*s", status, (int)answer.len, answer.data);
}

/* Reports that are due; how many seconds until the next one. */
static int report(struct node *n)
{
	int64_t now = now_usec() / USEC * USEC, window = n->window_s * USEC;

	if (n->n_loaded == 0)
		return 1;
	if (now >= n->heartbeat_due) {
		report_loaded(n);
		n->heartbeat_due = now + HEARTBEAT_S * USEC;
	}
	/* Counted once: by whom they are scraped, or by the daemon. */
	if (n->metrics_port >= 0)
		return (int)((n->heartbeat_due - now) / USEC);
	if (n->window_start == 0)
		n->window_start = now;
	if (now >= n->window_start + window) {
		report_window(n, n->window_start, n->window_start + window);
		n->window_start += window;
		if (n->window_start + window < now)
			n->window_start =
				now; /* it was away: what was not counted was not served */
	}
	return (int)((n->window_start + window - now) / USEC);
}

static void serve(struct node *n)
{
	while (!stop) {
		int wait_s = report(n);

		if (wait_s > POLL_MAX_S)
			wait_s = POLL_MAX_S;
		if (!follow(n, n->once ? 0 : wait_s < 1 ? 1 : wait_s))
			poll(NULL, 0, 1000);
		if (n->once) {
			report(n);
			return;
		}
	}
}

/* ---- Counters, for a Prometheus to scrape ---- */

static size_t counters_text(struct node *n, char *text, size_t size)
{
	static const char *const names[] = {"requests", "errors", "slow", "tokens", "cost_micro",
		"safety_checked", "safety_violations", "safety_critical"};
	int64_t now = now_usec();
	size_t len = 0;

	pthread_mutex_lock(&n->lock);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len += (size_t)snprintf(
			text + len, size - len, "# TYPE node_%s_total counter\n", names[i]);
		for (size_t j = 0; j < n->n_served; j++) {
			const struct served *s = &n->served[j];
			int64_t usec = s->usec + (s->since ? now - s->since : 0);
			long long total = usec * n->rate / USEC;
			const long long counts[] = {total, errors_of(n, s->version, total), 0,
				total * 200, total * 100, total, 0, 0};

			len += (size_t)snprintf(text + len, size - len,
				"node_%s_total{node=\"%s\",release=\"%s\"} %lld\n", names[i],
				n->name, s->version, counts[i]);
		}
	}
	pthread_mutex_unlock(&n->lock);
	return len;
}

/* Whatever is asked for, there is this one answer. */
static void answer_counters(struct node *n, int fd)
{
	const struct timeval patience = {.tv_sec = 2};
	char head[256], text[8 * (SERVED_MAX + 1) * 256];
	size_t len = counters_text(n, text, sizeof(text));
	int head_len = snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n",
		len);
	char asked[TEXT_MAX];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (recv(fd, asked, sizeof(asked), 0) > 0 && send(fd, head, (size_t)head_len, 0) > 0)
		send(fd, text, len, 0);
	shutdown(fd, SHUT_WR);
	close(fd);
}

struct listening {
	struct node *node;
	int fd;
};

static void *counters_main(void *arg)
{
	const struct listening *l = arg;

	for (;;) {
		int fd = accept(l->fd, NULL, NULL);

		if (fd >= 0)
			answer_counters(l->node, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			poll(NULL, 0, 1000);
	}
	return NULL;
}

/* On the loopback address: who else may read them is for a real node to decide. */
static bool begin_counters(struct node *n)
{
	static struct listening l;
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)n->metrics_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	pthread_t thread;

	l = (struct listening){n, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (l.fd < 0 || bind(l.fd, (struct sockaddr *)&at, len) < 0 || listen(l.fd, 16) < 0 ||
		getsockname(l.fd, (struct sockaddr *)&at, &len) < 0 ||
		pthread_create(&thread, NULL, counters_main, &l) != 0) {
		fprintf(stderr, "node: no counters on port %d: %s\n", n->metrics_port,
			strerror(errno));
		return false;
	}
	say(n, "counters at http://127.0.0.1:%d/metrics", ntohs(at.sin_port));
	return true;
}

/* ---- The start ---- */

static size_t read_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(buf, 1, size - 1, f) : 0;

	buf[len] = '\0';
	if (f)
		fclose(f);
	return len;
}

static bool read_keys(struct node *n)
{
	static char text[KEY_MAX];
	char *at = text, *from;

	read_file(n->key_file, text, sizeof(text));
	while ((from = strstr(at, "-----BEGIN PUBLIC KEY-----")) &&
		(at = strstr(from, "-----END PUBLIC KEY-----"))) {
		at += strlen("-----END PUBLIC KEY-----");
		if (n->n_keys == SPIRALFED_KEYS_MAX ||
			spiralfed_key_pem(from, (size_t)(at - from), &n->keys[n->n_keys++]) !=
				SPIRALFED_OK)
			return false;
	}
	return n->n_keys > 0;
}

static bool parse(int argc, char **argv, struct node *n)
{
	int c;

	while ((c = getopt(argc, argv, "n:u:k:s:t:b:r:w:m:x:1")) != -1) {
		char *colon;

		switch (c) {
		case 'n':
			n->name = optarg;
			break;
		case 'u':
			n->url = optarg;
			break;
		case 'k':
			n->key_file = optarg;
			break;
		case 's':
			n->state_file = optarg;
			break;
		case 't':
			n->token_file = optarg;
			break;
		case 'b': /* VERSION:PER_MILLE, what goes wrong with that release */
			colon = strchr(optarg, ':');
			if (!colon)
				return false;
			*colon = '\0';
			n->bad_version = optarg;
			n->bad_per_mille = (int)strtol(colon + 1, NULL, 10);
			break;
		case 'r':
			n->rate = (int)strtol(optarg, NULL, 10);
			break;
		case 'w':
			n->window_s = (int)strtol(optarg, NULL, 10);
			break;
		case 'm': /* counters to scrape instead of windows that are reported */
			n->metrics_port = (int)strtol(optarg, NULL, 10);
			break;
		case 'x':
			n->lost = optarg;
			break;
		case '1':
			n->once = true;
			break;
		default:
			return false;
		}
	}
	return n->name && n->url && n->key_file && n->state_file && n->window_s > 0;
}

static bool begin(struct node *n)
{
	static char text[SPIRALFED_STATE_MAX];
	size_t len;

	if (!read_keys(n)) {
		fprintf(stderr, "node: %s holds no public keys in PEM\n", n->key_file);
		return false;
	}
	len = read_file(n->state_file, text, sizeof(text));
	if (len > 0 && spiralfed_state_read(text, len, &n->state) != SPIRALFED_OK) {
		fprintf(stderr, "node: %s holds no state\n", n->state_file);
		return false;
	}
	if (n->token_file) {
		read_file(n->token_file, n->token, sizeof(n->token));
		n->token[strcspn(n->token, " \t\r\n")] = '\0';
	}
	snprintf(n->base, sizeof(n->base), "%s",
		strncmp(n->url, "unix:", 5) == 0 ? "http://localhost" : n->url);
	n->curl = curl_easy_init();
	return n->curl != NULL;
}

int main(int argc, char **argv)
{
	static struct node n = {
		.rate = 100, .window_s = 10, .metrics_port = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

	if (!parse(argc, argv, &n)) {
		fputs("Usage: node -n NAME -u URL -k KEY.pem -s STATE [-t TOKEN_FILE]\n"
		      "            [-b VERSION:PER_MILLE] [-r REQUESTS_A_SECOND] [-w SECONDS] "
		      "[-m PORT] [-1]\n"
		      "            [-x PROVIDER_THAT_IS_LOST]\n",
			stderr);
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (!begin(&n) || (n.metrics_port >= 0 && !begin_counters(&n)))
		return 1;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	serve(&n);
	curl_easy_cleanup(n.curl);
	curl_global_cleanup();
	return n.n_loaded > 0 && !(n.once && n.unheard) ? 0 : 1;
}
