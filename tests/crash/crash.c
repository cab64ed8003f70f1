/* SPDX-License-Identifier: Apache-2.0
 *
 * Promise 1: what was acknowledged is never lost, and nothing is there by half. Runs the real daemon,
 * sends it a stream of manifests over several connections, kills it with SIGKILL at a random moment,
 * starts it again on the same state, and looks: each acknowledged manifest is there with all of its
 * artifacts and their verdicts; each other one that was sent is there whole or not at all. At the end
 * the registry passes SQLite's integrity check and the history's hash chain is unbroken.
 *
 *	crash DAEMON STATE ROUNDS [SEED]
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASE "http://localhost"
enum { CLIENTS = 4, SENT_MAX = 20000, ARTIFACTS = 3, KILL_AFTER_MAX_MS = 300 };

struct sent {
	int client, number;
	bool acknowledged;
	char digest[72];
};

struct campaign {
	const char *daemon, *state;
	char log[512], socket[600]; /* a Unix socket, so that nobody else has it */
	int round;
	pid_t pid;
	atomic_int acknowledged;
	atomic_bool stop;
};

struct client {
	struct campaign *campaign;
	int id, next_number;
	size_t n;
	struct sent *sent;
};

struct response {
	char data[65536];
	size_t len;
};

static struct curl_slist *json_headers; /* made before the clients start */

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
	struct response *r = arg;
	size_t len = size * n;
	if (r->len + len >= sizeof(r->data))
		return 0;
	memcpy(r->data + r->len, data, len);
	r->len += len;
	r->data[r->len] = '\0';
	return len;
}

/* The status, or 0 when no whole answer came. */
static long request(
	const struct campaign *k, CURL *curl, const char *url, const char *body, struct response *r)
{
	long status = 0;
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, k->socket);
	r->len = 0;
	r->data[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, json_headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	} else {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
	if (curl_easy_perform(curl) != CURLE_OK)
		return 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void artifact_id(char *buf, size_t size, const struct sent *s, int i)
{
	snprintf(buf, size, "crash/client%d-%c-v%d", s->client, 'a' + i, s->number);
}

static void manifest_text(char *buf, size_t size, const struct sent *s)
{
	size_t at = (size_t)snprintf(buf, size, "{\"provider\":\"hf\",\"artifacts\":[");
	for (int i = 0; i < ARTIFACTS; i++) {
		char id[96];
		artifact_id(id, sizeof(id), s, i);
		at += (size_t)snprintf(buf + at, size - at,
			"%s{\"id\":\"%s\",\"role\":\"textgen\",\"uri\":\"hf://"
			"%s\",\"metrics\":{\"quality\":0.8,"
			"\"safety\":0.98,\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}",
			i ? "," : "", id, id);
	}
	snprintf(buf + at, size - at, "]}");
}

/* "digest":"sha256:..." of an answer; false when there is none. */
static bool digest_of(const struct response *r, char ret[72])
{
	const char *at = strstr(r->data, "\"digest\":\"sha256:");
	if (!at || strlen(at + 10) < 71)
		return false;
	memcpy(ret, at + 10, 71);
	ret[71] = '\0';
	return true;
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	struct campaign *k = c->campaign;
	struct response *r = malloc(sizeof(*r));
	CURL *curl = curl_easy_init();
	char body[2048];
	while (!atomic_load(&k->stop) && c->n < SENT_MAX) {
		struct sent *s = &c->sent[c->n++];
		*s = (struct sent){.client = c->id, .number = c->next_number++};
		manifest_text(body, sizeof(body), s);
		long status = request(k, curl, BASE "/v1/manifests", body, r);
		if (status == 201) {
			if (!digest_of(r, s->digest))
				die("an answer without a digest: %s", r->data);
			s->acknowledged = true;
			atomic_fetch_add(&k->acknowledged, 1);
		} else if (status != 0 && status != 503) {
			die("status %ld: %s", status, r->data);
		}
	}
	curl_easy_cleanup(curl);
	free(r);
	return NULL;
}

static void daemon_start(struct campaign *k)
{
	char listen_option[640], state_option[600];
	snprintf(listen_option, sizeof(listen_option), "listen=unix:%s", k->socket);
	snprintf(state_option, sizeof(state_option), "state=%s", k->state);
	k->pid = fork();
	if (k->pid < 0)
		die("fork: %s", strerror(errno));
	if (k->pid == 0) {
		int fd = open(k->log, O_CREAT | O_APPEND | O_WRONLY, 0600);
		if (fd >= 0)
			dup2(fd, 2);
		execl(k->daemon, k->daemon, "-o", listen_option, "-o", state_option, "-o",
			"auth=off", "-o", "log_level=warn", (char *)NULL);
		_exit(127);
	}
}

static void daemon_wait_ready(struct campaign *k, CURL *curl, struct response *r)
{
	for (int i = 0; i < 12000; i++) {
		if (request(k, curl, BASE "/readyz", NULL, r) == 200)
			return;
		if (waitpid(k->pid, NULL, WNOHANG) == k->pid)
			die("round %d: the daemon did not start; see %s", k->round, k->log);
		poll(NULL, 0, 5);
	}
	die("round %d: the daemon is not ready after a minute", k->round);
}

static int daemon_end(struct campaign *k, int signal_)
{
	int status = 0;
	kill(k->pid, signal_);
	waitpid(k->pid, &status, 0);
	return status;
}

/* The manifest and each of its artifacts with four gates, or nothing of it. */
static bool check_sent(struct campaign *k, CURL *curl, struct response *r, const struct sent *s)
{
	char url[256], id[96];
	int there = 0;
	for (int i = 0; i < ARTIFACTS; i++) {
		artifact_id(id, sizeof(id), s, i);
		snprintf(url, sizeof(url), BASE "/v1/artifacts/hf/%s/gates", id);
		long status = request(k, curl, url, NULL, r);
		if (status != 200 && status != 404)
			die("round %d: GET %s: status %ld %s", k->round, url, status, r->data);
		if (status == 200 &&
			(!strstr(r->data, "quality") || !strstr(r->data, "compatibility")))
			die("round %d: %s has no verdicts: %s", k->round, id, r->data);
		there += status == 200;
	}
	if (there != 0 && there != ARTIFACTS)
		die("round %d: %d of %d artifacts of one manifest are there", k->round, there,
			ARTIFACTS);
	if (!s->acknowledged)
		return there == ARTIFACTS;
	snprintf(url, sizeof(url), BASE "/v1/manifests/%s", s->digest);
	if (there == 0 || request(k, curl, url, NULL, r) != 200)
		die("round %d: acknowledged and lost: %s (%s)", k->round, id, s->digest);
	return true;
}

static void wait_for_kill(struct campaign *k)
{
	while (atomic_load(&k->acknowledged) == 0 && waitpid(k->pid, NULL, WNOHANG) == 0)
		poll(NULL, 0, 1);
	/* The moment is random on purpose: nothing is waited for. */
	poll(NULL, 0, (int)(random() % KILL_AFTER_MAX_MS));
}

int main(int argc, char **argv)
{
	if (argc < 4)
		die("usage: crash DAEMON STATE ROUNDS [SEED]");
	struct campaign k = {.daemon = argv[1], .state = argv[2]};
	int rounds = (int)strtol(argv[3], NULL, 10);
	unsigned seed = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : (unsigned)getpid();
	long acknowledged = 0, survived = 0, sent = 0;
	struct response *r = malloc(sizeof(*r));
	struct client clients[CLIENTS] = {0};

	srandom(seed);
	printf("seed %u\n", seed);
	curl_global_init(CURL_GLOBAL_ALL);
	json_headers = curl_slist_append(NULL, "Content-Type: application/json");
	snprintf(k.log, sizeof(k.log), "%s.log", k.state);
	snprintf(k.socket, sizeof(k.socket), "%s.sock", k.state);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){.campaign = &k,
			.id = i,
			.next_number = 1,
			.sent = calloc(SENT_MAX, sizeof(struct sent))};
	for (k.round = 1; k.round <= rounds; k.round++) {
		pthread_t threads[CLIENTS];
		CURL *curl = curl_easy_init();
		atomic_store(&k.acknowledged, 0);
		atomic_store(&k.stop, false);
		daemon_start(&k);
		daemon_wait_ready(&k, curl, r);
		for (int i = 0; i < CLIENTS; i++) {
			clients[i].n = 0;
			pthread_create(&threads[i], NULL, client_run, &clients[i]);
		}
		wait_for_kill(&k);
		int status = daemon_end(&k, SIGKILL);
		if (!WIFSIGNALED(status))
			die("round %d: the daemon ended by itself; see %s", k.round, k.log);
		atomic_store(&k.stop, true);
		for (int i = 0; i < CLIENTS; i++)
			pthread_join(threads[i], NULL);

		daemon_start(&k);
		daemon_wait_ready(&k, curl, r);
		for (int i = 0; i < CLIENTS; i++) {
			for (size_t j = 0; j < clients[i].n; j++) {
				const struct sent *s = &clients[i].sent[j];
				bool there = check_sent(&k, curl, r, s);
				acknowledged += s->acknowledged;
				survived += there && !s->acknowledged;
				sent++;
			}
		}
		curl_easy_cleanup(curl);
		status = daemon_end(&k, SIGTERM);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			die("round %d: SIGTERM did not end in exit 0", k.round);
	}
	printf("%d kills: %ld manifests sent, %ld acknowledged, all of them there; %ld "
	       "unacknowledged ones "
	       "are there, whole\n",
		rounds, sent, acknowledged, survived);
	for (int i = 0; i < CLIENTS; i++)
		free(clients[i].sent);
	free(r);
	curl_slist_free_all(json_headers);
	curl_global_cleanup();
	return acknowledged > 0 ? 0 : 1;
}
