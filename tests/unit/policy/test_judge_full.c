/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge on full evidence: reads tests/tables/gates_full.eval and holds it to every line; waivers,
 * looks, the order of evidence, and what a whole judgement says of its inputs.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/strbuf.h"
#include "policy/judge.h"

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

static const char *digest_of(struct arena *a, char c)
{
	char *s = arena_printf(a, "sha256:%064d", 0);

	memset(s + 7, c, 64);
	return s;
}

/* ---- Units out of words ---- */

/* "a;b;c" as "a,b,c" */
static const char *commas(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	for (char *p = out; *p; p++)
		if (*p == ';')
			*p = ',';
	return out;
}

/* "pairs:41/70/1318", "pairs:0.012~0.004/2000", both with "@id" for another baseline. */
static const char *pairs(struct arena *a, char *s)
{
	const char *baseline = "s/b-v1";
	char *at = strchr(s, '@');
	double x, y;
	long long n;

	if (at) {
		*at = '\0';
		baseline = at + 1;
	}
	if (sscanf(s, "%lf~%lf/%lld", &x, &y, &n) == 3)
		return arena_printf(a,
			",\"paired\":{\"baseline\":\"%s\",\"mean_diff\":%.17g,\"stderr_diff\":%."
			"17g,"
			"\"n\":%lld}",
			baseline, x, y, n);
	ck_assert_msg(sscanf(s, "%lf/%lf/%lld", &x, &y, &n) == 3, "pairs %s", s);
	return arena_printf(a, ",\"paired\":{\"baseline\":\"%s\",\"b\":%.0f,\"c\":%.0f,\"n\":%lld}",
		baseline, x, y, n);
}

/* One part of a metric behind the first comma. */
static const char *part(struct arena *a, char *word)
{
	char *value = strchr(word, ':'), *counts;

	ck_assert_msg(value != NULL, "part %s", word);
	*value++ = '\0';
	if (!strcmp(word, "pairs"))
		return pairs(a, value);
	if (!strcmp(word, "data"))
		return arena_printf(a, ",\"dataset_digest\":\"%s\"", digest_of(a, *value));
	if (!strcmp(word, "judge"))
		return arena_printf(a, ",\"judge\":\"%s\"", value);
	if (!strcmp(word, "ci"))
		return arena_printf(a, ",\"ci\":[%s]", commas(a, value));
	if (!strcmp(word, "hist")) {
		counts = strchr(value, ':');
		*counts++ = '\0';
		return arena_printf(a, ",\"histogram\":{\"bounds\":[%s],\"counts\":[%s]}",
			commas(a, value), commas(a, counts));
	}
	return arena_printf(a, ",\"%s\":%s", word, value);
}

/* "0.81", "1138/1318", "0.745~0.0041/3000", each with parts. */
static const char *metric(struct arena *a, char *s)
{
	char *save = NULL, *first = strtok_r(s, ",", &save), *w;
	const char *out;
	double x, y;
	long long k, n;

	if (sscanf(first, "%lf~%lf/%lld", &x, &y, &n) == 3)
		out = arena_printf(a, "\"value\":%.17g,\"stderr\":%.17g,\"n\":%lld", x, y, n);
	else if (sscanf(first, "%lld/%lld", &k, &n) == 2)
		out = arena_printf(a, "\"value\":%.17g,\"successes\":%lld,\"n\":%lld",
			(double)k / (double)n, k, n);
	else
		out = arena_printf(a, "\"value\":%s", first);
	while ((w = strtok_r(NULL, ",", &save)))
		out = arena_printf(a, "%s%s", out, part(a, w));
	return arena_printf(a, "{%s}", out);
}

/* "3998/4000,digest:a,cat:self_harm=1000/1000" */
static const char *suite(struct arena *a, char *s)
{
	char *save = NULL, *first = strtok_r(s, ",", &save), *w, *slash = strchr(first, '/');
	const char *out, *categories = "";

	*slash = '\0';
	out = arena_printf(a, "\"passed\":%s,\"total\":%s", first, slash + 1);
	while ((w = strtok_r(NULL, ",", &save))) {
		char *value = strchr(w, ':') + 1, *name = value, *numbers = strchr(value, '=');
		if (!strncmp(w, "err:", 4)) {
			out = arena_printf(a, "%s,\"errors\":%s", out, value);
			continue;
		}
		if (!strncmp(w, "digest:", 7)) {
			out = arena_printf(a, "%s,\"digest\":\"%s\"", out, digest_of(a, *value));
			continue;
		}
		*numbers++ = '\0';
		slash = strchr(numbers, '/');
		*slash = '\0';
		categories = arena_printf(a, "%s%s\"%s\":{\"passed\":%s,\"total\":%s}", categories,
			*categories ? "," : "", name, numbers, slash + 1);
	}
	return arena_printf(a, "{%s%s%s%s}", out, *categories ? ",\"by_category\":{" : "",
		categories, *categories ? "}" : "");
}

static struct unit *make_unit(
	struct arena *a, const char *id, const char *role, const char *description)
{
	const char *metrics = "", *suites = "", *rest = "";
	char *save = NULL, *words = arena_strdup(a, description);
	struct err err = {0};

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');
		ck_assert_msg(value != NULL, "%s", w);
		*value++ = '\0';
		if (!strncmp(w, "suite:", 6))
			suites = arena_printf(a, "%s%s\"%s\":%s", suites, *suites ? "," : "", w + 6,
				suite(a, value));
		else if (!strcmp(w, "contract") || !strcmp(w, "eval"))
			rest = arena_printf(a, "%s,\"%s\":{\"name\":\"nodal-fusion\"%s}", rest,
				*w == 'c' ? w : "eval_suite",
				*value == '-' ? ""
					      : arena_printf(a, ",\"digest\":\"%s\"",
							digest_of(a, *value)));
		else
			metrics = arena_printf(a, "%s%s\"%s\":%s", metrics, *metrics ? "," : "", w,
				metric(a, value));
	}
	const char *text = arena_printf(a,
		"{\"provider\":\"hf\",\"artifact\":{\"id\":\"%s\",\"role\":\"%s\",\"uri\":\"hf://"
		"x\"%s%s%s%s%s%s}%s}",
		id, role, *metrics ? ",\"metrics\":{" : "", metrics, *metrics ? "}" : "",
		*suites ? ",\"suites\":{" : "", suites, *suites ? "}" : "", rest);
	struct unit *u = ARENA_NEW(a, struct unit);
	ck_assert_msg(!fields_load_text(&unit_table, text, a, u, &err), "%s: %s", err.msg, text);
	char digest[DIGEST_STRLEN];
	u->content_digest = arena_strdup(a, digest_string(text, strlen(text), digest));
	return u;
}

static struct policy *parse_policy(struct arena *a, const char *text)
{
	struct policy *p = ARENA_NEW(a, struct policy);
	const char *canonical;
	struct faults f;
	struct err err = {0};

	faults_init(&f);
	int rc = policy_parse(text, strlen(text), a, p, &canonical, &f, &err);
	ck_assert_msg(!rc, "%s%s %s in %s", err.msg, f.n ? f.list[0].pointer : "",
		f.n ? f.list[0].detail : "", text);
	return p;
}

static struct policy *policy_of_gates(struct arena *a, const char *gates)
{
	return parse_policy(a,
		arena_printf(a,
			"{\"providers\":{\"hf\":{\"roles\":[\"textgen\",\"embed\",\"runtime\"]}},"
			"\"slots\":{\"textgen\":{\"provider\":\"hf\"}},\"gates\":%s}",
			gates));
}

static struct canonical_suite *parse_suite(struct arena *a, const char *text)
{
	struct canonical_suite *s = ARENA_NEW(a, struct canonical_suite);
	struct err err = {0};

	ck_assert_msg(!fields_load_text(&canonical_suite_table, text, a, s, &err), "%s: %s",
		err.msg, text);
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
					      ? (const void *)policy_of_gates(t->arena, text)
				      : k == NAMED_SUITE ? (const void *)parse_suite(t->arena, text)
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
		ret[n] = make_unit(
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
			in->anchor.unit = make_unit(t->arena, "s/a-v0", role, value);
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
	in.candidate.unit = make_unit(t->arena, "s/c-v2", column[C_ROLE], column[C_CANDIDATE]);
	in.candidate.n_evidence = make_evidence(t->arena, "s/c", column[C_EVIDENCE], evidence);
	in.candidate.evidence = evidence;
	if (strcmp(column[C_BASELINE], "-") != 0)
		in.baseline.unit =
			make_unit(t->arena, "s/b-v1", column[C_ROLE], column[C_BASELINE]);
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

	t.named[0].what = parse_policy(a, embed_policy_json);
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

/* ---- Whole judgements ---- */

#define FULL                                                                                  \
	"task_accuracy=4400/5000 safety=4986/5000 latency_ms_p95=120 cost_per_1k_tokens=0.7 " \
	"suite:policy=2500/2500 suite:adversarial=4000/4000"

static const char *judged(struct arena *a, const struct judge_input *in, struct judgement *ret)
{
	judge(in, a, ret);
	return fields_canonical(&judgement_table, ret, a, NULL);
}

static const struct gate_result *gate_of(const struct judgement *j, enum gate g)
{
	return LIST_AT(&j->gates, struct gate_result, g);
}

START_TEST(test_judge_full__says_what_it_was_made_from)
{
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);
	const struct unit *e = make_unit(a, "s/e-v1", "eval", "task_accuracy=870/1000");
	const struct unit *repeated[] = {e, e};
	struct judge_input in = {
		.candidate = {make_unit(a, "s/c-v2", "textgen", FULL " contract=a"), repeated, 2},
		.baseline = {.unit = make_unit(a, "s/b-v1", "textgen", FULL " contract=a")},
		.anchor = {.unit = make_unit(a, "s/a-v0", "textgen", FULL)},
		.policy = p,
		.look = 2,
		.contenders = 2,
		.suite = parse_suite(a,
			"{\"name\":\"s\",\"version\":\"1\",\"digest\":\"sha256:"
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
			"\"datasets\":{\"d\":\"sha256:"
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
			"\"required_metrics\":{\"embed\":[\"retrieval_score\"]}}"),
	};
	struct judgement j, back;
	struct err err = {0};

	const char *text = judged(a, &in, &j);
	ck_assert_str_eq(text, judged(a, &in, &back));
	ck_assert_int_eq(fields_load_text(&judgement_table, text, a, &back, &err), 0);
	ck_assert_str_eq(text, fields_canonical(&judgement_table, &back, a, NULL));
	ck_assert_str_eq(j.baseline, "s/b-v1");
	ck_assert_str_eq(j.baseline_digest, in.baseline.unit->content_digest);
	ck_assert_str_eq(j.anchor, "s/a-v0");
	ck_assert_str_eq(j.anchor_digest, in.anchor.unit->content_digest);
	ck_assert_str_eq(j.policy_digest, p->digest);
	ck_assert_str_eq(j.suite, in.suite->digest);
	ck_assert_uint_eq(j.evidence.n, 1);
	ck_assert_str_eq(j.evidence.v[0], e->content_digest);
	ck_assert_uint_eq(j.baseline_evidence.n, 0);
	ck_assert_str_eq(j.form, "full");
	ck_assert_str_eq(j.contract_level, "none");
	ck_assert_int_eq(j.look, 2);
	ck_assert_int_eq(j.max_looks, 3);
	ck_assert_int_eq(j.contenders, 2);
	ck_assert_double_eq_tol(j.alpha, 0.05 / 6, 1e-12);
	/* The score counts the evidence in, once: 4400 + 870 of 6000. */
	ck_assert_double_eq_tol(
		j.score, 0.45 * 5270 / 6000 + 0.45 * 4986 / 5000 - 0.0005 * 120 - 0.1 * 0.7, 1e-12);
	const struct gate_check *c =
		LIST_AT(&gate_of(&j, GATE_QUALITY)->checks, struct gate_check, 0);
	ck_assert_int_eq(c->pooled, 2);
	ck_assert_int_eq(c->n, 5000);
	ck_assert_double_eq_tol(c->value, 5270.0 / 6000, 1e-12);
	ck_assert_double_eq(c->margin, 0);
	ck_assert_double_eq_tol(c->d, 5270.0 / 6000 - 0.88, 1e-11);
	ck_assert_double_lt(c->ci_lo, c->d);
	ck_assert_double_gt(c->ci_hi, c->d);
}
END_TEST

/* A longer number would be read back as another by twelve digits. */
static void check_digits(double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.12g", v);
	ck_assert_msg(isnan(v) || strtod(text, NULL) == v, "%.17g", v);
}

START_TEST(test_judge_full__numbers_it_computes_have_twelve_digits)
{
	ARENA_AUTO a = arena_new();
	struct judge_input in = {
		.candidate = {.unit = make_unit(a, "s/c-v2", "textgen", FULL)},
		.baseline = {.unit = make_unit(a, "s/b-v1", "textgen", FULL)},
		.policy = parse_policy(a, embed_policy_json),
	};
	struct judgement j;
	int intervals = 0;

	judged(a, &in, &j);
	for (size_t g = 0; g < j.gates.n; g++) {
		const struct list *checks = &LIST_AT(&j.gates, struct gate_result, g)->checks;
		for (size_t i = 0; i < checks->n; i++) {
			const struct gate_check *check = LIST_AT(checks, struct gate_check, i);
			check_digits(check->ci_lo);
			check_digits(check->ci_hi);
			check_digits(check->p);
			check_digits(check->p_adjusted);
			intervals += !isnan(check->ci_lo);
		}
	}
	ck_assert_int_gt(intervals, 2);
}
END_TEST

START_TEST(test_judge_full__a_waiver_passes_one_gate_on_record)
{
	ARENA_AUTO a = arena_new();
	const struct judge_waiver waivers[] = {
		{GATE_LATENCY, "w-late"}, {GATE_QUALITY, "w-good"}, {GATE_QUALITY, "w-again"}};
	struct judge_input in = {
		.candidate = {.unit = make_unit(a, "s/c-v2", "textgen", FULL)},
		.baseline = {.unit = make_unit(a, "s/b-v1", "textgen", FULL " quality=0.9")},
		.policy = parse_policy(a, embed_policy_json),
		.waivers = waivers,
		.n_waivers = 1,
	};
	struct judgement j;

	judge(&in, a, &j);
	ck_assert_int_eq(j.phase, PHASE_INCONCLUSIVE);
	ck_assert_int_lt(gate_of(&j, GATE_QUALITY)->waived, 1);
	ck_assert_ptr_null(gate_of(&j, GATE_QUALITY)->waiver);
	/* Not needed, so not used. */
	ck_assert_ptr_null(gate_of(&j, GATE_LATENCY)->waiver);

	/* The first of those that are there, wherever it stands. */
	in.waivers = &waivers[1];
	in.n_waivers = 1;
	judge(&in, a, &j);
	ck_assert_str_eq(gate_of(&j, GATE_QUALITY)->waiver, "w-good");
	in.waivers = waivers;
	in.n_waivers = 3;
	judge(&in, a, &j);
	ck_assert_int_eq(j.phase, PHASE_SUCCEEDED);
	const struct gate_result *g = gate_of(&j, GATE_QUALITY);
	ck_assert_int_eq(g->waived, 1);
	ck_assert_int_eq(g->verdict, VERDICT_PASS);
	ck_assert_int_eq(g->judged, VERDICT_INCONCLUSIVE);
	ck_assert_str_eq(g->waiver, "w-good");
	ck_assert_str_eq(g->reason, "waived");
	ck_assert(!strncmp(g->detail, "waived by w-good (no_improvement): task_accuracy", 48));
	ck_assert_int_eq(LIST_AT(&g->checks, struct gate_check, 0)->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(test_judge_full__a_change_of_the_contract_is_listed)
{
	ARENA_AUTO a = arena_new();
	struct judge_input in = {
		.candidate = {.unit = make_unit(a, "s/c-v2", "textgen", FULL " contract=a")},
		.baseline = {.unit = make_unit(a, "s/b-v1", "textgen", FULL " contract=b")},
		.policy = parse_policy(a, embed_policy_json),
		.contract_text = "{\"name\":\"n\",\"version\":\"1.1.0\",\"request\":{\"type\":"
				 "\"object\",\"properties\":{\"q\":{}}}}",
		.baseline_contract_text = "{\"name\":\"n\",\"version\":\"1.0.0\",\"request\":{"
					  "\"type\":\"object\"}}",
	};
	struct gate_result r;
	struct judgement j;

	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_uint_gt(r.checks.n, 1);
	ck_assert_str_eq(LIST_AT(&r.checks, struct gate_check, 0)->level, "minor");
	const struct gate_check *c = LIST_AT(&r.checks, struct gate_check, 1);
	ck_assert_str_eq(c->pointer, "/request/properties/q");
	ck_assert_str_eq(c->direction, "request");
	ck_assert_ptr_nonnull(c->level);
	judge(&in, a, &j);
	ck_assert_str_eq(j.contract_level, "minor");
	in.contract_text = NULL;
	judge(&in, a, &j);
	ck_assert_ptr_null(j.contract_level);
}
END_TEST

/* All changes are on record; the sentence names the first twenty. */
START_TEST(test_judge_full__many_changes_are_all_on_record)
{
	ARENA_AUTO a = arena_new();
	const char *properties = "";
	char *few = arena_strdup(a, "");
	struct gate_result r;
	int named = 0;

	for (int i = 0; i < 19; i++)
		few = arena_printf(a, "%s%s\"p%d\":{}", few, i ? "," : "", i);
	for (int i = 0; i < 40; i++)
		properties = arena_printf(a, "%s%s\"p%d\":{}", properties, i ? "," : "", i);
	struct unit *c = make_unit(a, "s/c-v2", "textgen", FULL " contract=a");
	struct unit *b = make_unit(a, "s/b-v1", "textgen", FULL " contract=b");
	c->contract->version = "2.0.0";
	struct judge_input in = {
		.candidate = {.unit = c},
		.baseline = {.unit = b},
		.policy = parse_policy(a, embed_policy_json),
		.contract_text = "{\"name\":\"n\",\"version\":\"2.0.0\",\"response\":{\"type\":"
				 "\"object\"}}",
		.baseline_contract_text = arena_printf(a,
			"{\"name\":\"n\",\"version\":\"1.0.0\",\"response\":{\"type\":\"object\","
			"\"properties\":{%s}}}",
			properties),
	};

	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_int_eq(r.verdict, VERDICT_FAIL);
	ck_assert_uint_eq(r.checks.n, 41);
	ck_assert_ptr_nonnull(strstr(r.detail, "contract nodal-fusion 2.0.0 breaks"));
	ck_assert_ptr_nonnull(strstr(r.detail, "; and 21 more"));
	ck_assert_str_eq(LIST_AT(&r.checks, struct gate_check, 40)->name, "contract");
	for (const char *at = r.detail; (at = strstr(at, "response (gone)")); at++)
		named++;
	ck_assert_int_eq(named, 19);
	in.baseline_contract_text = arena_printf(a,
		"{\"name\":\"n\",\"version\":\"1.0.0\",\"response\":{\"type\":\"object\","
		"\"properties\":{%s}}}",
		few);
	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_uint_eq(r.checks.n, 20);
	ck_assert_ptr_null(strstr(r.detail, "more"));
	/* Sixteen fill the list to its end. */
	*(strstr(few, ",\"p15\"")) = '\0';
	in.baseline_contract_text = arena_printf(a,
		"{\"name\":\"n\",\"version\":\"1.0.0\",\"response\":{\"type\":\"object\","
		"\"properties\":{%s}}}",
		few);
	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_uint_eq(r.checks.n, 16);
}
END_TEST

/* Evidence that says the same gives the same verdict in any order, and pooled it is as if the unit
 * had measured it all itself. */
START_TEST(test_judge_full__evidence_counts_as_if_it_were_the_units_own)
{
	static const int parts[][2] = {{870, 1000}, {1700, 2000}, {450, 500}, {131, 150}};
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);
	const struct unit *e[4], *turned[3];
	struct gate_result pooled, other, whole;

	for (int i = 0; i < 4; i++)
		e[i] = make_unit(a, arena_printf(a, "s/e-v%d", i), i ? "eval" : "textgen",
			arena_printf(a, "task_accuracy=%d/%d", parts[i][0], parts[i][1]));
	struct judge_input in = {.candidate = {e[0], &e[1], 3},
		.baseline = {.unit = make_unit(a, "s/b-v1", "textgen", "task_accuracy=850/1000")},
		.policy = p};
	judge_gate(GATE_QUALITY, &in, a, &pooled);
	turned[0] = e[3], turned[1] = e[1], turned[2] = e[2];
	in.candidate.evidence = turned;
	judge_gate(GATE_QUALITY, &in, a, &other);
	ck_assert_str_eq(fields_canonical(&gate_result_table, &pooled, a, NULL),
		fields_canonical(&gate_result_table, &other, a, NULL));
	in.candidate = (struct judge_side){
		.unit = make_unit(a, "s/e-v0", "textgen", "task_accuracy=3151/3650")};
	judge_gate(GATE_QUALITY, &in, a, &whole);
	const struct gate_check *x = LIST_AT(&pooled.checks, struct gate_check, 0);
	const struct gate_check *y = LIST_AT(&whole.checks, struct gate_check, 0);
	ck_assert_int_eq(x->pooled, 4);
	ck_assert_double_eq(x->p, y->p);
	ck_assert_double_eq(x->d, y->d);
	ck_assert_double_eq(x->ci_lo, y->ci_lo);
	ck_assert_str_eq(pooled.reason, whole.reason);
}
END_TEST

/* Splitting alpha, more looks and an anchor take away; they never make a pass of what was none. */
START_TEST(test_judge_full__guards_only_take_away)
{
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);
	const struct unit *b = make_unit(a, "s/b-v1", "textgen", "task_accuracy=850/1000");
	struct gate_result plain, guarded;
	int passes = 0, held = 0;

	for (int k = 700; k <= 1000; k += 3) {
		struct judge_input in = {
			.candidate = {.unit = make_unit(a, "s/c-v2", "textgen",
					      arena_printf(a, "task_accuracy=%d/1000", k))},
			.baseline = {.unit = b},
			.policy = p};
		judge_gate(GATE_QUALITY, &in, a, &plain);
		for (int look = 1; look <= 4; look++) {
			in.look = look;
			in.contenders = look * look;
			in.anchor.unit = look == 2 ? b : NULL;
			judge_gate(GATE_QUALITY, &in, a, &guarded);
			ck_assert(guarded.verdict != VERDICT_PASS || plain.verdict == VERDICT_PASS);
			passes += guarded.verdict == VERDICT_PASS;
			held += guarded.verdict != VERDICT_PASS && plain.verdict == VERDICT_PASS;
		}
	}
	ck_assert_int_gt(passes, 0);
	ck_assert_int_gt(held, 0);
}
END_TEST

/* A better candidate is never judged worse. */
START_TEST(test_judge_full__more_successes_never_hurt)
{
	static const int rank[] = {
		[VERDICT_PASS] = 2, [VERDICT_INCONCLUSIVE] = 1, [VERDICT_FAIL] = 0};
	static const char *const baselines[] = {"850/1000", "0.85", "170/200"};
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);
	struct gate_result r;

	for (size_t i = 0; i < sizeof(baselines) / sizeof(baselines[0]); i++) {
		const struct unit *b = make_unit(
			a, "s/b-v1", "textgen", arena_printf(a, "task_accuracy=%s", baselines[i]));
		int last = 0;
		for (int k = 600; k <= 1000; k++) {
			struct judge_input in = {
				.candidate = {.unit = make_unit(a, "s/c-v2", "textgen",
						      arena_printf(a, "task_accuracy=%d/1000", k))},
				.baseline = {.unit = b},
				.policy = p};
			judge_gate(GATE_QUALITY, &in, a, &r);
			ck_assert_int_ge(rank[r.verdict], last);
			last = rank[r.verdict];
		}
		ck_assert_int_eq(last, 2);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/judge on full evidence");
	TCase *tc = tcase_create("judge_full");

	jcs_setup();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_judge_full__holds_every_line_of_the_table);
	tcase_add_test(tc, test_judge_full__says_what_it_was_made_from);
	tcase_add_test(tc, test_judge_full__numbers_it_computes_have_twelve_digits);
	tcase_add_test(tc, test_judge_full__a_waiver_passes_one_gate_on_record);
	tcase_add_test(tc, test_judge_full__a_change_of_the_contract_is_listed);
	tcase_add_test(tc, test_judge_full__many_changes_are_all_on_record);
	tcase_add_test(tc, test_judge_full__evidence_counts_as_if_it_were_the_units_own);
	tcase_add_test(tc, test_judge_full__guards_only_take_away);
	tcase_add_test(tc, test_judge_full__more_successes_never_hurt);
	suite_add_tcase(s, tc);
	return s;
}
