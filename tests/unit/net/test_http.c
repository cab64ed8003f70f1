/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP client against a server that says one prepared thing: on a Unix socket, so that no port
 * is needed.
 */
#include <arpa/inet.h>
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/address.h"
#include "net/http.h"
#include "net/redact.h"

Suite *test_suite(void);

static struct arena *arena;
static char folder[] = "/tmp/spiralfed-http-XXXXXX";

struct stage {
	int fd;
	const char *answer; /* NULL: none, the connection stays open */
	char heard[4096];
	pthread_t thread;
};

static void setup(void)
{
	arena = arena_new();
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	unlink(arena_printf(arena, "%s/s", folder));
	rmdir(folder);
	arena_free(arena);
}

static void *play(void *arg)
{
	struct stage *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	size_t len = 0;

	while (len < sizeof(s->heard) - 1 && !strstr(s->heard, "\r\n\r\n")) {
		ssize_t n = recv(fd, s->heard + len, sizeof(s->heard) - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (s->answer)
		send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL);
	else
		while (recv(fd, s->heard, 1, 0) > 0) /* until the client gives up */
			continue;
	close(fd);
	return NULL;
}

static int ask(const char *answer, const char *header, size_t cap, int64_t timeout,
	struct stage *stage, struct http_response *ret, struct err *err)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct http_header headers[] = {{"Authorization", header}};
	struct http_request r = {.method = "POST",
		.path = "/v1/./a/../x?y=1",
		.headers = headers,
		.n_headers = 1,
		.body = "{}",
		.body_len = 2,
		.timeout = timeout,
		.cap = cap};

	*stage = (struct stage){.answer = answer, .fd = socket(AF_UNIX, SOCK_STREAM, 0)};
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(stage->fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(stage->fd, 1), 0);
	ck_assert_int_eq(pthread_create(&stage->thread, NULL, play, stage), 0);
	ck_assert_int_eq(
		http_server_parse(arena_printf(arena, "unix:%s/s", folder), arena, &r.server, err),
		0);
	int rc = http_perform(&r, arena, ret, err);
	shutdown(stage->fd, SHUT_RDWR);
	pthread_join(stage->thread, NULL);
	close(stage->fd);
	return rc;
}

START_TEST(test_http__sends_and_reads)
{
	struct stage stage;
	struct http_response r;
	struct err err = {0};

	ck_assert_int_eq(ask("HTTP/1.1 201 Created\r\nContent-Type: application/json \r\n"
			     "ETag: \"e\"\r\nContent-Length: 4\r\n\r\n[1]\n",
				 "Bearer x", 100, USEC_PER_SEC * 10, &stage, &r, &err),
		0);
	ck_assert_int_eq(r.status, 201);
	ck_assert_str_eq(r.body, "[1]\n");
	ck_assert_uint_eq(r.body_len, 4);
	ck_assert_str_eq(r.content_type, "application/json");
	ck_assert_str_eq(r.etag, "\"e\"");
	ck_assert_ptr_null(r.location);
	ck_assert_int_eq(strncmp(stage.heard, "POST /v1/./a/../x?y=1 HTTP/1.1\r\n", 32), 0);
	ck_assert_ptr_nonnull(strstr(stage.heard, "Authorization: Bearer x\r\n"));
	ck_assert_ptr_nonnull(strstr(stage.heard, "Content-Length: 2\r\n"));
	ck_assert_ptr_null(strstr(stage.heard, "Expect"));
}
END_TEST

/* Who wants the beginning alone gets it, however much there is, and the status with it. */
#define JWT "eyJhbGciOiJub25lIn0.c3BpcmFsdmVyc2U.sIgNaTuRe"

static const struct {
	const char *sent, *text, *hidden;
} quotes[] = {
	{"Bearer hf_secretsecret", "bad token hf_secretsecret!", "bad token ***!"},
	{"Bearer hf_secretsecret", "Bearer hf_secretsecret", "Bearer ***"},
	{"Bearer hf_secretsecret", "hf_secre, cretsecret and hf_secr", "***, *** and hf_secr"},
	{"Bearer hf_secretsecret", "hf_secretsecrethf_secretsecret", "******"},
	{"Bearer hf_secretsecret", "use Bearer hf_...", "use Bearer hf_..."},
	{"Bearer " JWT, "{\"error\":\"" JWT "\"}", "{\"error\":\"***\"}"},
	{"Bearer short", "short", "short"},
	{"rawsecret", "rawsecret", "***"},
	{"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, "
	 "SignedHeaders=host, Signature=0123456789abcdef",
		"Credential=AKIDEXAMPLE/20260101/us-east-1 SignedHeaders=host, "
		"Signature=0123456789abcdef",
		"Credential=***/20260101/us-east-1 SignedHeaders=host, Signature=***"},
};

/* Of whatever refuses: the body, and the headers. */
START_TEST(test_http__hides_the_secrets_that_a_server_quotes)
{
	static const int statuses[] = {400, 401, 404, 500};
	struct stage stage;
	struct http_response r;
	struct err err = {0};

	for (size_t k = 0; k < sizeof(statuses) / sizeof(statuses[0]); k++) {
		const char *text =
			arena_printf(arena, "HTTP/1.1 %d No\r\nX-Error-Message: %s\r\n\r\n%s",
				statuses[k], quotes[_i].text, quotes[_i].text);

		ck_assert_int_eq(
			ask(text, quotes[_i].sent, 1000, USEC_PER_SEC * 10, &stage, &r, &err), 0);
		unlink(arena_printf(arena, "%s/s", folder));
		ck_assert_ptr_nonnull(strstr(stage.heard, quotes[_i].sent));
		ck_assert_str_eq(r.body, quotes[_i].hidden);
		ck_assert_uint_eq(r.body_len, strlen(quotes[_i].hidden));
		ck_assert_str_eq(http_response_header(&r, "X-Error-Message"), quotes[_i].hidden);
	}
}
END_TEST

START_TEST(test_http__knows_the_secrets_of_a_request)
{
	const struct http_header headers[] = {
		{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
		{"x-amz-security-token", "IQoJb3JpZ2luX2Vj"}};
	const char *body = "grant_type=urn%3Aietf&subject_token=aa%2Fbb%2Bcccc%3D&scope=everything1"
			   "&WebIdentityToken=" JWT "&assertion=";
	const struct http_request r = {
		.headers = headers, .n_headers = 2, .body = body, .body_len = strlen(body)};
	char text[] = "urn:ietf IQoJb3JpZ2luX2Vj aa/bb+cccc= everything1 " JWT;
	struct secrets s;

	secrets_of(&r, arena, &s);
	ck_assert_uint_eq(s.n, 3);
	secrets_hide(&s, text, strlen(text));
	ck_assert_str_eq(text, "urn:ietf *** *** everything1 ***");
}
END_TEST

static const struct {
	const char *header, *etag;
} etags[] = {
	{"ETag: W/\"1-a\"", "W/\"1-a\""},
	{"ETag: \"a\rb\"", NULL},
	{"ETag: \"a b\"", NULL},
	{"ETag: \"\xc3\xa9\"", NULL},
	{"ETag: \"a\x7f\"", NULL},
	{"ETag:", ""},
};

START_TEST(test_http__takes_no_etag_that_cannot_be_sent_back)
{
	struct stage stage;
	struct http_response r;
	struct err err = {0};
	const char *text = arena_printf(
		arena, "HTTP/1.1 200 OK\r\n%s\r\nContent-Length: 0\r\n\r\n", etags[_i].header);

	ck_assert_int_eq(ask(text, "Bearer x", 100, USEC_PER_SEC * 10, &stage, &r, &err), 0);
	if (etags[_i].etag)
		ck_assert_str_eq(r.etag, etags[_i].etag);
	else
		ck_assert_ptr_null(r.etag);
}
END_TEST

START_TEST(test_http__cuts_a_long_answer)
{
	struct http_server server;
	struct stage stage = {
		.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\nabcdefgh"};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct http_response r;
	struct err err = {0};

	stage.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(stage.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(stage.fd, 1), 0);
	ck_assert_int_eq(pthread_create(&stage.thread, NULL, play, &stage), 0);
	ck_assert_int_eq(
		http_server_parse(arena_printf(arena, "unix:%s/s", folder), arena, &server, &err),
		0);
	const struct http_request q = {.server = server,
		.method = "POST",
		.path = "/",
		.body = "{}",
		.body_len = 2,
		.timeout = 10 * USEC_PER_SEC,
		.cap = 5,
		.cut = true};
	int rc = http_perform(&q, arena, &r, &err);
	shutdown(stage.fd, SHUT_RDWR);
	pthread_join(stage.thread, NULL);
	close(stage.fd);
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(r.body, "abcde");
}
END_TEST

START_TEST(test_http__follows_no_redirect)
{
	struct stage stage;
	struct http_response r;
	struct err err = {0};

	ck_assert_int_eq(ask("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
			     "Content-Length: 0\r\n\r\n",
				 "", 100, USEC_PER_SEC * 10, &stage, &r, &err),
		0);
	ck_assert_int_eq(r.status, 302);
	ck_assert_str_eq(r.location, "http://127.0.0.1:1/");
}
END_TEST

static const struct {
	const char *answer, *header;
	size_t cap;
	int64_t timeout;
	enum err_code code;
	const char *says;
} refusals[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", "", 3, 10000000, ERR_BODY_TOO_LARGE,
		"larger than 3 bytes"},
	{"", "", 100, 10000000, ERR_UNREACHABLE, ""},
	{NULL, "", 100, 50000, ERR_UNREACHABLE, "imeout"},
	{"nonsense\r\n\r\n", "", 100, 10000000, ERR_IO, ""},
	{NULL, "a\r\nb: c", 100, 10000000, ERR_BAD_REQUEST, "Authorization holds a line break"},
};

START_TEST(test_http__refusals)
{
	struct stage stage;
	struct http_response r = {.status = 7};
	struct err err = {0};

	ck_assert_int_eq(ask(refusals[_i].answer, refusals[_i].header, refusals[_i].cap,
				 refusals[_i].timeout, &stage, &r, &err),
		-1);
	ck_assert_msg(err.code == refusals[_i].code, "%d: %s", err.code, err.msg);
	ck_assert_msg(strstr(err.msg, refusals[_i].says), "%s", err.msg);
	ck_assert_int_eq(r.status, 7);
}
END_TEST

START_TEST(test_http__nobody_there)
{
	struct http_request r = {.method = "GET", .path = "/", .timeout = 1000000, .cap = 1};
	struct http_response response;
	struct err err = {0};

	ck_assert_int_eq(http_server_parse(arena_printf(arena, "unix:%s/none", folder), arena,
				 &r.server, &err),
		0);
	ck_assert_int_eq(http_perform(&r, arena, &response, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNREACHABLE);
}
END_TEST

START_TEST(test_http__keeps_the_headers_of_the_final_answer)
{
	struct stage stage;
	struct http_response r;
	struct err err = {0};

	ck_assert_int_eq(
		ask("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
		    "HTTP/1.1 200 OK\r\nX-Repo-Commit:  abc\t\r\nlink: </b>\r\nLink: </c>\r\n"
		    "Content-Length: 0\r\n\r\n",
			"", 100, USEC_PER_SEC * 10, &stage, &r, &err),
		0);
	ck_assert_str_eq(http_response_header(&r, "X-Repo-Commit"), "abc");
	ck_assert_str_eq(http_response_header(&r, "LINK"), "</b>");
	ck_assert_ptr_null(http_response_header(&r, "X"));
	ck_assert_uint_eq(r.n_headers, 4);
}
END_TEST

/* Answers each request on one connection, and says how many there were. */
static void *play_alive(void *arg)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
	struct stage *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	intptr_t served = 0;

	for (ssize_t n; (n = recv(fd, s->heard, sizeof(s->heard) - 1, 0)) > 0; served++) {
		s->heard[n] = '\0';
		send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL);
		if (strncmp(s->heard, "HEAD ", 5) != 0)
			send(fd, "abc", 3, MSG_NOSIGNAL);
	}
	close(fd);
	return (void *)served;
}

START_TEST(test_http__a_client_keeps_its_connection)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "GET"};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct stage stage = {.fd = socket(AF_UNIX, SOCK_STREAM, 0)};
	struct http_client *client = http_client_new();
	struct http_request r = {
		.path = "/", .timeout = 10 * USEC_PER_SEC, .cap = 100, .client = client};
	struct http_response response;
	struct err err;
	void *served;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(stage.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(stage.fd, 1), 0);
	ck_assert_int_eq(pthread_create(&stage.thread, NULL, play_alive, &stage), 0);
	ck_assert_int_eq(
		http_server_parse(arena_printf(arena, "unix:%s/s", folder), arena, &r.server, &err),
		0);
	for (size_t i = 0; i < 4; i++) {
		r.method = methods[i];
		r.body = strcmp(methods[i], "POST") == 0 ? "x" : NULL;
		r.body_len = r.body ? 1 : 0;
		ck_assert_msg(http_perform(&r, arena, &response, &err) == 0, "%s", err.msg);
		ck_assert_uint_eq(response.body_len, strcmp(methods[i], "HEAD") ? 3 : 0);
		ck_assert_ptr_nonnull(strstr(stage.heard, methods[i]));
	}
	http_client_free(client);
	pthread_join(stage.thread, &served);
	close(stage.fd);
	ck_assert_int_eq((intptr_t)served, 4);
}
END_TEST

/* ---- Only what is on the open internet ---- */

/* Listens inside, where nobody who may only call the open internet is to arrive. */
static int listen_inside(int *ret_port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static bool somebody_came(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static int call(const char *url, enum http_reach reach, struct http_client *client,
	struct http_response *ret, struct err *err)
{
	struct http_request r = {.method = "GET",
		.path = "/",
		.timeout = 10 * USEC_PER_SEC,
		.cap = 100,
		.reach = reach,
		.client = client};

	ck_assert_msg(http_server_parse(url, arena, &r.server, err) == 0, "%s", url);
	return http_perform(&r, arena, ret, err);
}

/* However it is written, and whatever a name leads to. */
static const char *const inside[] = {
	"http://127.0.0.1",
	"http://127.1",
	"http://2130706433",
	"http://0x7f000001",
	"http://0.0.0.0",
	"http://localhost",
	"http://a.localhost",
	"http://[::1]",
	"http://[::]",
	"http://[::ffff:127.0.0.1]",
	"http://[::ffff:7f00:1]",
	"http://[64:ff9b::7f00:1]",
	"http://[fe80::1]",
	"http://[fd00:ec2::254]",
	"http://169.254.169.254",
	"http://10.0.0.1",
	"http://192.168.0.1",
	"https://127.0.0.1",
	"unix:/nonexistent",
};

START_TEST(test_http__calls_nobody_inside_when_told_so)
{
	struct http_response r = {.status = 7};
	struct err err = {0};
	int port, fd = listen_inside(&port);
	const char *url = arena_printf(arena, "%s:%d", inside[_i], port);

	ck_assert_int_eq(call(url, HTTP_REACH_PUBLIC, NULL, &r, &err), -1);
	ck_assert_msg(err.code == ERR_CONFIG, "%s: %s", url, err.msg);
	ck_assert_msg(strstr(err.msg, "not on the open internet"), "%s", err.msg);
	ck_assert_int_eq(r.status, 7);
	ck_assert(!somebody_came(fd));
	close(fd);
}
END_TEST

/* ---- A name with several addresses; libcurl finds these before libc's own ---- */

static const char *const *resolved; /* a list for one test; NULL: as ever */
static int (*libc_getaddrinfo)(
	const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(
	const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	struct addrinfo numeric = {
		.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

	if (!libc_getaddrinfo)
		*(void **)&libc_getaddrinfo = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!resolved || strcmp(name, "hooks.example") != 0)
		return libc_getaddrinfo(name, service, hints, ret);
	for (size_t i = 0; resolved[i]; i++, ret = &(*ret)->ai_next)
		if (libc_getaddrinfo(resolved[i], service, &numeric, ret) != 0)
			return EAI_FAIL;
	return 0;
}

/* Nobody outside is called. */
int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	if (!resolved || !address_is_public(to))
		return (int)syscall(SYS_connect, fd, to, len);
	errno = ENETUNREACH;
	return -1;
}

static const struct {
	const char *addresses[3];
	enum err_code code;
} several[] = {
	{{"127.0.0.1", "8.8.8.8"}, ERR_UNREACHABLE},
	{{"8.8.8.8", "127.0.0.1"}, ERR_UNREACHABLE},
	{{"8.8.8.8"}, ERR_UNREACHABLE},
	{{"127.0.0.1", "10.0.0.1"}, ERR_CONFIG},
};

/* The way to the address outside may be there the next time: that is not for ever. */
START_TEST(test_http__one_address_inside_is_not_all)
{
	struct http_response r;
	struct err err = {0};

	resolved = several[_i].addresses;
	ck_assert_int_eq(call("http://hooks.example", HTTP_REACH_PUBLIC, NULL, &r, &err), -1);
	resolved = NULL;
	ck_assert_msg(err.code == several[_i].code, "%d: %s", err.code, err.msg);
}
END_TEST

/* Who answers with an address inside is not followed; who then calls that one is refused. */
START_TEST(test_http__a_redirect_leads_nobody_inside)
{
	struct stage stage;
	struct http_response r;
	struct err err = {0};
	int port, fd = listen_inside(&port);
	const char *to = arena_printf(arena, "http://127.0.0.1:%d", port);

	ck_assert_int_eq(ask(arena_printf(arena,
				     "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\n"
				     "Content-Length: 0\r\n\r\n",
				     to),
				 "", 100, 10 * USEC_PER_SEC, &stage, &r, &err),
		0);
	ck_assert_int_eq(r.status, 307);
	ck_assert_int_eq(call(r.location, HTTP_REACH_PUBLIC, NULL, &r, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert(!somebody_came(fd));
	close(fd);
}
END_TEST

/* Nor by a connection that was opened when any address would do. */
START_TEST(test_http__takes_no_old_connection_inside)
{
	struct stage stage = {0};
	struct http_client *client = http_client_new();
	struct http_response r;
	struct err err = {0};
	int port;
	void *served;

	stage.fd = listen_inside(&port);
	const char *url = arena_printf(arena, "http://127.0.0.1:%d", port);

	ck_assert_int_eq(pthread_create(&stage.thread, NULL, play_alive, &stage), 0);
	ck_assert_msg(call(url, HTTP_REACH_ANY, client, &r, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(call(url, HTTP_REACH_PUBLIC, client, &r, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	http_client_free(client);
	pthread_join(stage.thread, &served);
	close(stage.fd);
	ck_assert_int_eq((intptr_t)served, 1);
}
END_TEST

START_TEST(test_http__stops_when_told_so)
{
	const atomic_bool stop = true;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct http_request r = {.method = "GET",
		.path = "/",
		.timeout = 60 * USEC_PER_SEC,
		.cap = 100,
		.stop = &stop};
	struct http_response response;
	struct err err;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(
		http_server_parse(arena_printf(arena, "unix:%s/s", folder), arena, &r.server, &err),
		0);
	ck_assert_int_eq(http_perform(&r, arena, &response, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	close(fd);
}
END_TEST

START_TEST(test_http__servers)
{
	const struct {
		const char *url, *base, *socket;
	} cases[] = {{"http://h:1/", "http://h:1", NULL}, {"https://h", "https://h", NULL},
		{"unix:/run/x", "http://localhost", "/run/x"}, {"unix:x", NULL, NULL},
		{"ftp://h", NULL, NULL}, {"http://", NULL, NULL}, {"h:1", NULL, NULL},
		{"http://u:p@h", NULL, NULL}, {"http://h/?q", NULL, NULL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_server s;
		struct err err = {0};
		int rc = http_server_parse(cases[i].url, arena, &s, &err);
		ck_assert_msg(rc == (cases[i].base ? 0 : -1), "%s", cases[i].url);
		if (rc)
			continue;
		ck_assert_str_eq(s.base, cases[i].base);
		if (cases[i].socket)
			ck_assert_str_eq(s.unix_socket, cases[i].socket);
		else
			ck_assert_ptr_null(s.unix_socket);
	}
	ck_assert_str_eq(http_escape("a b/c?\xc3\xa9~", arena), "a%20b%2Fc%3F%C3%A9~");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("http client");
	TCase *t = tcase_create("http");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_http__hides_the_secrets_that_a_server_quotes, 0,
		sizeof(quotes) / sizeof(quotes[0]));
	tcase_add_loop_test(t, test_http__takes_no_etag_that_cannot_be_sent_back, 0,
		sizeof(etags) / sizeof(etags[0]));
	tcase_add_test(t, test_http__knows_the_secrets_of_a_request);
	tcase_add_test(t, test_http__sends_and_reads);
	tcase_add_test(t, test_http__cuts_a_long_answer);
	tcase_add_test(t, test_http__follows_no_redirect);
	tcase_add_loop_test(t, test_http__refusals, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, test_http__nobody_there);
	tcase_add_test(t, test_http__keeps_the_headers_of_the_final_answer);
	tcase_add_test(t, test_http__a_client_keeps_its_connection);
	tcase_add_loop_test(t, test_http__calls_nobody_inside_when_told_so, 0,
		sizeof(inside) / sizeof(inside[0]));
	tcase_add_loop_test(t, test_http__one_address_inside_is_not_all, 0,
		sizeof(several) / sizeof(several[0]));
	tcase_add_test(t, test_http__a_redirect_leads_nobody_inside);
	tcase_add_test(t, test_http__takes_no_old_connection_inside);
	tcase_add_test(t, test_http__stops_when_told_so);
	tcase_add_test(t, test_http__servers);
	suite_add_tcase(s, t);
	return s;
}
