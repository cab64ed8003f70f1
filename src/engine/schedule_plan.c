/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedules that hold now: the policy's, with the freezes of the registry.
 */
#include "base/json_writer.h"
#include "engine/schedule.h"
#include "store/schedule.h"

int schedule_plan(struct db *reader, const struct policy *p, int64_t now, struct arena *a,
	struct cadence_plan *ret, struct err *err)
{
	struct freeze *freezes;
	size_t n;

	if (freezes_since(reader, schedule_earliest(now), a, &freezes, &n, err) < 0)
		return -1;
	return cadence_plan(p->cadence, freezes, n, a, ret, err);
}

static const char *door_members(const struct promote_door *d, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(16 << 10);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	if (d->next_open)
		jw_ktime(&w, "next_open", d->next_open);
	if (d->held_by)
		jw_kstring(&w, "held_by", d->held_by->name);
	if (d->held_until)
		jw_ktime(&w, "held_until", d->held_until);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

int schedule_check_door(
	const struct cadence_plan *plan, int64_t now, struct command *c, struct err *err)
{
	struct promote_door d;

	promote_door(plan, now, c->arena, &d);
	if (d.open)
		return 0;
	c->err_members = door_members(&d, c->arena);
	return err_set(err, ERR_PROMOTION_CLOSED, "%s", d.why);
}
