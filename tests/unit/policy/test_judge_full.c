/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge on full evidence: reads tests/tables/gates_full.eval and holds it to every line, and to the
 * record of every check in gates_full.checks.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/strbuf.h"
#include "policy/judge.h"
#include "support/judge_words.h"

Suite *test_suite(void);

enum { COLUMNS = 9, LINE_MAX_ = 2048, NAMED_MAX = 64, EVIDENCE_MAX = 8 };
enum {
	C_ROLE,
	C_CANDIDATE,
	C_EVIDENCE,
	C_BASELINE,
	C_CONTEXT,
	C_GATE,
	C_VERDICT,
	C_REASON,
	C_DETAIL
};

static char *trim(char *s)
{
	while (*s == ' ')
		s++;
	for (size_t n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\n'); n--)
		s[n - 1] = '\0';
	return s;
}

/* ---- The table ---- */

enum named { NAMED_POLICY, NAMED_SUITE, NAMED_CONTRACT, NAMED_KINDS };
static const char *const kinds[NAMED_KINDS] = {"policy", "suite", "contract"};

struct table {
	struct arena *arena;
	struct {
		enum named kind;
		const char *name;
		const void *what;
	} named[NAMED_MAX];
	size_t n;
};

static const void *find(const struct table *t, enum named kind, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->named[i].kind == kind && !strcmp(t->named[i].name, name))
			return t->named[i].what;
	ck_abort_msg("no %s %s", kinds[kind], name);
	return NULL;
}

static bool define(struct table *t, const char *line)
{
	for (int k = 0; k < NAMED_KINDS; k++) {
		size_t len = strlen(kinds[k]);
		if (strncmp(line, kinds[k], len) != 0 || line[len] != ' ')
			continue;
		const char *text = strchr(line, '{');
		ck_assert(text && t->n < NAMED_MAX);
		const char *name =
			arena_strndup(t->arena, line + len + 1, (size_t)(text - line) - len - 2);
		t->named[t->n].kind = (enum named)k;
		t->named[t->n].name = name;
		t->named[t->n].what = k == NAMED_POLICY
					      ? (const void *)words_policy_of_gates(t->arena, text)
				      : k == NAMED_SUITE ? (const void *)words_suite(t->arena, text)
							 : arena_strdup(t->arena, text);
		t->n++;
		return true;
	}
	return false;
}

static size_t make_evidence(struct arena *a, const char *about, char *text, const struct unit **ret)
{
	char *save = NULL;
	size_t n = 0;

	if (!strcmp(text, "-"))
		return 0;
	for (char *w = strtok_r(text, "&", &save); w; w = strtok_r(NULL, "&", &save)) {
		ck_assert(n < EVIDENCE_MAX);
		ret[n] = words_unit(
			a, arena_printf(a, "%s-eval-v%zu", about, n + 1), "eval", trim(w));
		n++;
	}
	return n;
}

static void read_context(const struct table *t, const char *role, char *words,
	struct judge_input *in, const struct unit **baseline_evidence,
	const struct unit **anchor_evidence)
{
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');
		if (!strcmp(w, "-"))
			continue;
		ck_assert_msg(value != NULL, "%s", w);
		*value++ = '\0';
		for (char *p = value; *p; p++)
			if (*p == '+')
				*p = ' ';
		if (!strcmp(w, "policy"))
			in->policy = find(t, NAMED_POLICY, value);
		else if (!strcmp(w, "suite"))
			in->suite = find(t, NAMED_SUITE, value);
		else if (!strcmp(w, "mine"))
			in->contract_text = find(t, NAMED_CONTRACT, value);
		else if (!strcmp(w, "theirs"))
			in->baseline_contract_text = find(t, NAMED_CONTRACT, value);
		else if (!strcmp(w, "look"))
			in->look = atoll(value);
		else if (!strcmp(w, "contenders"))
			in->contenders = atoll(value);
		else if (!strcmp(w, "anchor"))
			in->anchor.unit = words_unit(t->arena, "s/a-v0", role, value);
		else if (!strcmp(w, "about-baseline")) {
			in->baseline.n_evidence =
				make_evidence(t->arena, "s/b", value, baseline_evidence);
			in->baseline.evidence = baseline_evidence;
		} else if (!strcmp(w, "about-anchor")) {
			in->anchor.n_evidence =
				make_evidence(t->arena, "s/a", value, anchor_evidence);
			in->anchor.evidence = anchor_evidence;
		} else
			ck_abort_msg("context %s", w);
	}
}

static void add_number(struct strbuf *sb, const char *name, double v)
{
	if (!isnan(v))
		strbuf_addf(sb, " %s=%.6g", name, v);
}

static void add_text(struct strbuf *sb, const char *name, const char *v)
{
	if (v)
		strbuf_addf(sb, " %s=%s", name, v);
}

/* All that is on record of the checks, one a line. */
static void add_checks(struct strbuf *sb, int number, const struct gate_result *r)
{
	strbuf_addf(sb, "%d %s\n", number, names_of(&verdict_names, r->verdict));
	for (size_t i = 0; i < r->checks.n; i++) {
		const struct gate_check *c = LIST_AT(&r->checks, struct gate_check, i);
		strbuf_addf(
			sb, "\t%s %s %s", c->name, names_of(&verdict_names, c->verdict), c->reason);
		add_text(sb, "method", c->method);
		add_text(sb, "evidence", c->evidence);
		add_text(sb, "against", c->against);
		add_number(sb, "value", c->value);
		add_number(sb, "baseline", c->baseline);
		add_number(sb, "limit", c->limit);
		add_number(sb, "short_by", c->short_by);
		add_number(sb, "n", c->n < 0 ? NAN : (double)c->n);
		add_number(sb, "n_needed", c->n_needed < 0 ? NAN : (double)c->n_needed);
		add_number(sb, "events", c->events < 0 ? NAN : (double)c->events);
		add_number(sb, "pooled", c->pooled < 0 ? NAN : (double)c->pooled);
		add_number(sb, "left_out", c->left_out < 0 ? NAN : (double)c->left_out);
		add_number(sb, "d", c->d);
		add_number(sb, "ci_lo", c->ci_lo);
		add_number(sb, "ci_hi", c->ci_hi);
		add_number(sb, "p", c->p);
		add_number(sb, "p_adjusted", c->p_adjusted);
		add_number(sb, "margin", c->margin);
		strbuf_addf(sb, "\n\t\t%s\n", c->detail);
	}
}

static void check_line(const struct table *t, char *line, int number, struct strbuf *record)
{
	const struct unit *evidence[EVIDENCE_MAX], *baseline_evidence[EVIDENCE_MAX];
	const struct unit *anchor_evidence[EVIDENCE_MAX];
	struct judge_input in = {.policy = find(t, NAMED_POLICY, "built-in")};
	char *column[COLUMNS], *save = NULL;
	struct gate_result r;

	for (int i = 0; i < COLUMNS; i++) {
		column[i] = strtok_r(i ? NULL : line, "|", &save);
		ck_assert_msg(column[i] != NULL, "line %d: %d columns", number, i);
		column[i] = trim(column[i]);
	}
	in.candidate.unit = words_unit(t->arena, "s/c-v2", column[C_ROLE], column[C_CANDIDATE]);
	in.candidate.n_evidence = make_evidence(t->arena, "s/c", column[C_EVIDENCE], evidence);
	in.candidate.evidence = evidence;
	if (strcmp(column[C_BASELINE], "-") != 0)
		in.baseline.unit =
			words_unit(t->arena, "s/b-v1", column[C_ROLE], column[C_BASELINE]);
	read_context(t, column[C_ROLE], column[C_CONTEXT], &in, baseline_evidence, anchor_evidence);
	int gate = names_find(&gate_names, column[C_GATE]);
	ck_assert_msg(gate >= 0, "line %d: gate %s", number, column[C_GATE]);

	judge_gate((enum gate)gate, &in, t->arena, &r);
	add_checks(record, number, &r);
	if (getenv("SHOW"))
		printf("%d: %s | %s | %s\n", number, names_of(&verdict_names, r.verdict), r.reason,
			r.detail);
	else
		ck_assert_msg(!strcmp(names_of(&verdict_names, r.verdict), column[C_VERDICT]) &&
				      !strcmp(r.reason, column[C_REASON]) &&
				      (!strcmp(column[C_DETAIL], "*") ||
					      !strcmp(r.detail, column[C_DETAIL])),
			"line %d: %s | %s | %s", number, names_of(&verdict_names, r.verdict),
			r.reason, r.detail);
}

/* gates_full.checks holds the record of each line of the table: numbers to six digits. With
 * RECORD=file a new one is written there, to be read before it is taken over. */
static void check_record(struct arena *a, char *record, const char *src)
{
	const char *name = getenv("RECORD");
	char expected[LINE_MAX_], *save = NULL;
	FILE *f = fopen(name ? name : arena_printf(a, "%s/tests/tables/gates_full.checks", src),
		name ? "w" : "r");

	ck_assert_ptr_nonnull(f);
	if (name) {
		fputs(record, f);
		fclose(f);
		return;
	}
	for (char *line = strtok_r(record, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_msg(
			fgets(expected, sizeof(expected), f) != NULL, "not expected: %s", line);
		expected[strcspn(expected, "\n")] = '\0';
		ck_assert_msg(!strcmp(line, expected), "got  %s\nnot  %s", line, expected);
	}
	ck_assert_msg(!fgets(expected, sizeof(expected), f), "missing: %s", expected);
	fclose(f);
}

START_TEST(test_judge_full__holds_every_line_of_the_table)
{
	ARENA_AUTO a = arena_new();
	struct table t = {.arena = a, .named = {{NAMED_POLICY, "built-in", NULL}}, .n = 1};
	const char *src = getenv("SRC");
	FILE *f = fopen(arena_printf(a, "%s/tests/tables/gates_full.eval", src ? src : "."), "r");
	STRBUF_AUTO record = STRBUF_INIT(1 << 20);
	char line[LINE_MAX_];
	int number = 0, cases = 0;

	t.named[0].what = words_policy(a, embed_policy_json);
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		number++;
		if (line[0] == '#' || line[0] == '\n' || define(&t, trim(line)))
			continue;
		check_line(&t, line, number, &record);
		cases++;
	}
	fclose(f);
	ck_assert_int_ge(cases, 60);
	check_record(a, record.buf, src ? src : ".");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/judge on full evidence");
	TCase *tc = tcase_create("table");

	jcs_setup();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_judge_full__holds_every_line_of_the_table);
	suite_add_tcase(s, tc);
	return s;
}
