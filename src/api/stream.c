/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/events as a stream (text/event-stream): each event as it is committed, a comment when there
 * is none for a while, an end when the daemon drains. Between two events the connection is suspended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/cors.h"
#include "api/wait.h"
#include "store/event.h"

/* Past FULL nothing is added before the client has taken what there is; one event may pass it. */
enum {
	HEARTBEAT_S = 15,
	PAGE = 64,
	PAGES_MAX = 16,
	BLOCK = 16 << 10,
	FULL = 64 << 10,
	TEXT_MAX = 2 << 20
};

struct stream {
	struct request *request;
	int64_t after; /* number of the last event that was looked at */
	char *type, *subject;
	struct strbuf out;
	size_t sent;
	int64_t spoke_at; /* monotonic */
};

static int64_t mono(const struct stream *s)
{
	return clock_mono(s->request->server->options.clock);
}

static void stream_free(void *arg)
{
	struct stream *s = arg;

	free(s->type);
	free(s->subject);
	strbuf_release(&s->out);
	free(s);
}

static bool wanted(const struct stream *s, const struct event_row *e)
{
	return (!s->type || strcmp(s->type, e->type) == 0) &&
	       (!s->subject || strcmp(s->subject, e->subject) == 0);
}

/* Append what came since; more may have come than were looked at. */
static int fill(struct stream *s, bool *ret_more, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct event_row *rows;
	size_t n;

	if (event_after(request_reader(s->request), s->after, PAGE, a, &rows, &n, err) < 0)
		return -1;
	*ret_more = n == PAGE;
	for (size_t i = 0; i < n; i++) {
		if (s->out.len >= FULL) {
			*ret_more = true;
			return 0;
		}
		s->after = rows[i].seq;
		if (wanted(s, &rows[i]))
			strbuf_addf(&s->out, "id: %lld\nevent: %s\ndata: %s\n\n",
				(long long)rows[i].seq, rows[i].type, rows[i].entry);
	}
	return 0;
}

static ssize_t hand_out(struct stream *s, char *buf, size_t max)
{
	size_t n = s->out.len - s->sent;

	n = n < max ? n : max;
	memcpy(buf, s->out.buf + s->sent, n);
	s->sent += n;
	s->spoke_at = mono(s);
	((struct peer *)s->request)->deadline =
		s->spoke_at + s->request->server->options.answer_timeout;
	return (ssize_t)n;
}

static ssize_t stream_read(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct stream *s = arg;
	const struct server *server = s->request->server;
	struct err err = {0};
	bool more = true;

	if (s->sent < s->out.len)
		return hand_out(s, buf, max);
	if (s->out.alloc > FULL)
		strbuf_release(&s->out); /* a thousand streams would keep it */
	strbuf_reset(&s->out);
	s->sent = 0;
	if (atomic_load(&server->draining) || !auth_stands(s->request))
		return MHD_CONTENT_READER_END_OF_STREAM;
	for (int pages = 0; more && s->out.len == 0 && pages < PAGES_MAX; pages++)
		if (fill(s, &more, &err) < 0)
			return MHD_CONTENT_READER_END_OF_STREAM; /* it comes again, with Last-Event-ID */
	/* A long history of which nothing is wanted: the loop has others to serve in between. */
	if (s->out.len == 0 && more)
		strbuf_addstr(&s->out, ":\n\n");
	if (s->out.len == 0 && mono(s) >= s->spoke_at + HEARTBEAT_S * USEC_PER_SEC)
		strbuf_addstr(&s->out, ":\n\n");
	if (s->out.len > 0)
		return hand_out(s, buf, max);
	wait_park(s->request, s->spoke_at + HEARTBEAT_S * USEC_PER_SEC);
	return 0;
}

/* Where it begins: behind the event that the client saw last, else now. A number that is not here yet
 * is another registry's: the client is told to begin anew. */
static int begin(struct stream *s, struct err *err)
{
	const char *last = request_header(s->request, "Last-Event-ID");
	unsigned char hash[SHA256_SIZE];
	int64_t newest;
	char *end;

	if (event_head(request_reader(s->request), &newest, hash, err) < 0)
		return -1;
	strbuf_addstr(&s->out, "retry: 2000\n\n");
	s->after = newest;
	if (!last)
		return 0;
	errno = 0;
	s->after = strtoll(last, &end, 10);
	if (end == last || *end || errno || s->after < 0)
		return err_set(err, ERR_BAD_REQUEST, "Last-Event-ID is no number of an event");
	if (s->after <= newest)
		return 0;
	strbuf_addf(&s->out, "id: %lld\nevent: reset\ndata: {\"newest\":%lld}\n\n",
		(long long)newest, (long long)newest);
	s->after = newest;
	return 0;
}

int stream_events(struct request *r, const char *type, const char *subject, struct err *err)
{
	struct MHD_Response *m;
	struct stream *s;
	enum MHD_Result rc;

	if (!wait_allowed(r))
		return err_set(err, ERR_TOO_MANY_REQUESTS,
			"this principal has too many requests that wait");
	if (!wait_room(r->server))
		return err_set(err, ERR_UNAVAILABLE, "too many clients are waiting");
	s = xcalloc(1, sizeof(*s));
	s->request = r;
	s->type = type ? xstrdup(type) : NULL;
	s->subject = subject ? xstrdup(subject) : NULL;
	s->spoke_at = mono(s);
	strbuf_init(&s->out, TEXT_MAX);
	if (begin(s, err) < 0) {
		stream_free(s);
		return -1;
	}
	m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, stream_read, s, stream_free);
	if (!m) {
		stream_free(s);
		return err_set(err, ERR_UNAVAILABLE, "no stream can be made");
	}
	MHD_add_response_header(m, "Content-Type", "text/event-stream; charset=utf-8");
	MHD_add_response_header(m, "Cache-Control", "no-store");
	MHD_add_response_header(m, "X-Request-Id", r->id);
	MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
	cors_headers(r, m);
	r->stream = s;
	rc = MHD_queue_response(r->conn, 200, m);
	MHD_destroy_response(m);
	if (rc != MHD_YES)
		r->stream = NULL; /* it went with the response */
	r->status = rc == MHD_YES ? 200 : 0;
	r->stage = REQUEST_ANSWERED;
	return 0;
}
