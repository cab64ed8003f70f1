/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes stored bodies anew that another version of the renderer made: at open, before there are
 * threads, in one transaction. Releases and receipts keep their bytes for ever.
 */
#include "engine/internal.h"
#include "engine/merge.h"
#include "engine/release.h"
#include "engine/render.h"
#include "store/setting.h"

enum { RENDER_PAGE = 200 };

static int renew_artifacts(struct db *db, struct err *err)
{
	int64_t after = 0;

	for (;;) {
		ARENA_AUTO a = arena_new();
		struct artifact_list page;

		if (artifact_page(db, after, RENDER_PAGE, a, &page, err) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++) {
			struct artifact_row *r = &page.v[i];
			struct unit u;
			struct body body;

			if (unit_load(r, a, &u, err) < 0 || gates_load(r, a, err) < 0)
				return -1;
			artifact_render(r, u.artifact, metrics_render(u.artifact, a), a, &body);
			if (artifact_state_render(db, r->seq, &body, RENDER_VERSION, err) < 0)
				return -1;
			after = r->seq;
		}
		if (page.n < RENDER_PAGE)
			return 0;
	}
}

static int renew_releases(struct db *db, struct err *err)
{
	int64_t after = 0;

	for (;;) {
		ARENA_AUTO a = arena_new();
		struct release_row *rows;
		size_t n;

		if (release_page(db, after, RENDER_PAGE, a, &rows, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			struct body body;

			release_summary_render(&rows[i], a, &body);
			if (release_state_render(db, rows[i].seq, &body, RENDER_VERSION, err) < 0)
				return -1;
			after = rows[i].seq;
		}
		if (n < RENDER_PAGE)
			return 0;
	}
}

static int renew_merges(struct db *db, struct err *err)
{
	int64_t after = 0;

	for (;;) {
		ARENA_AUTO a = arena_new();
		struct merge_row *rows;
		size_t n;

		if (merge_page(db, after, RENDER_PAGE, a, &rows, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			struct merge m;
			struct body body;

			if (merge_load(&rows[i], a, &m, err) < 0)
				return -1;
			if (merge_render(&m, a, &body, err) < 0 ||
				merge_state_render(db, rows[i].seq, &body, RENDER_VERSION, err) < 0)
				return -1;
			after = rows[i].seq;
		}
		if (n < RENDER_PAGE)
			return 0;
	}
}

static int renew_channel(struct engine *e, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct tx tx = {
		.db = e->db, .now = engine_now(e), .actor = "local", .arena = a, .engine = e};

	return channel_render_anew(&tx, err);
}

static int renew_all(struct engine *e, struct err *err)
{
	if (renew_artifacts(e->db, err) < 0 || renew_merges(e->db, err) < 0 ||
		renew_releases(e->db, err) < 0)
		return -1;
	return renew_channel(e, err);
}

int render_renew(struct engine *e, struct err *err)
{
	int64_t version = 0;
	int rc = setting_find(e->db, "render", &version, err);

	if (rc < 0 || (rc > 0 && version == RENDER_VERSION))
		return rc < 0 ? -1 : 0;
	if (db_begin(e->db, err) < 0)
		return -1;
	if ((rc > 0 && renew_all(e, err) < 0) ||
		setting_set(e->db, "render", RENDER_VERSION, err) < 0) {
		db_rollback(e->db);
		return -1;
	}
	return db_commit(e->db, err);
}
