/* SPDX-License-Identifier: Apache-2.0
 *
 * The sums behind burn rates: for each service level a ring of cells over the grid of time, and for
 * each window of each rule a running sum that gains the cells it reaches and loses those it leaves.
 * A late row goes into its cell and into every sum that covers it.
 */
#include "policy/burnrate.h"

#include <string.h>

#include "policy/burnrate_parts.h"

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int64_t divide_down(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t divide_up(int64_t a, int64_t b)
{
	return a / b + (a % b > 0);
}

static int64_t index_of(const struct burn_series *s, int64_t number)
{
	int64_t at = number % s->n_cells;

	return at < 0 ? at + s->n_cells : at;
}

static struct burn_cell *cell_at(struct burn_series *s, int64_t number)
{
	return &s->cells[index_of(s, number)];
}

static bool is_empty(const struct burn_cell *cell)
{
	return !cell->bad && !cell->of;
}

/* ---- Making ---- */

static void series_init(struct burnrate *b, struct burn_series *s, const struct burn_slo *slo)
{
	s->slo = slo;
	s->n_rules = slo->rules.n;
	s->rules = xcalloc(s->n_rules ? s->n_rules : 1, sizeof(*s->rules));
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct burn_rule *rule = LIST_AT(&slo->rules, struct burn_rule, i);

		s->rules[i].rule = rule;
		s->rules[i].long_sum.width = rule->long_s / b->grid;
		s->rules[i].short_sum.width = rule->short_s / b->grid;
		if (s->width < s->rules[i].long_sum.width)
			s->width = s->rules[i].long_sum.width;
		if (b->reach < rule->long_s)
			b->reach = rule->long_s;
	}
	s->n_cells = s->width + b->future_cells;
	s->cells = xcalloc((size_t)s->n_cells, sizeof(*s->cells));
	b->memory += (size_t)s->n_cells * sizeof(*s->cells) + s->n_rules * sizeof(*s->rules);
}

static int64_t common_step(const struct burn_rules *rules, int64_t *ret_longest)
{
	int64_t step = rules->eval_s;
	int64_t longest = 0;

	for (size_t i = 0; i < rules->slos.n; i++) {
		const struct burn_slo *slo = LIST_AT(&rules->slos, struct burn_slo, i);

		for (size_t k = 0; k < slo->rules.n; k++) {
			const struct burn_rule *rule = LIST_AT(&slo->rules, struct burn_rule, k);

			step = gcd(gcd(step, rule->long_s), rule->short_s);
			if (longest < rule->long_s)
				longest = rule->long_s;
		}
	}
	*ret_longest = longest;
	return step;
}

struct burnrate *burnrate_new(const struct burn_rules *rules, int64_t activated, struct err *err)
{
	int64_t longest;
	int64_t grid = common_step(rules, &longest);
	/* One cell more, because the head lies up to a cell behind the clock. */
	int64_t future_cells = divide_up(BURNRATE_FUTURE_S, grid) + 1;

	if (longest / grid + future_cells > BURNRATE_CELLS_MAX) {
		err_set(err, ERR_INVALID_POLICY,
			"windows and eval_s share a step of only %lld s, over which %lld s have "
			"too "
			"many cells; make them multiples of 30 s",
			(long long)grid, (long long)longest);
		return NULL;
	}
	struct burnrate *b = xcalloc(1, sizeof(*b));

	b->rules = rules;
	b->activated = activated;
	b->grid = grid;
	b->future_cells = future_cells;
	b->head = divide_down(activated, grid);
	b->n_series = rules->slos.n;
	b->series = xcalloc(b->n_series ? b->n_series : 1, sizeof(*b->series));
	b->memory = sizeof(*b) + b->n_series * sizeof(*b->series);
	for (size_t i = 0; i < b->n_series; i++)
		series_init(b, &b->series[i], LIST_AT(&rules->slos, struct burn_slo, i));
	return b;
}

static void *duplicate(const void *v, size_t n, size_t size)
{
	return n ? memcpy(xcalloc(n, size), v, n * size) : xcalloc(1, size);
}

struct burnrate *burnrate_copy(const struct burnrate *b)
{
	struct burnrate *copy = duplicate(b, 1, sizeof(*b));

	copy->series = duplicate(b->series, b->n_series, sizeof(*b->series));
	for (size_t i = 0; i < b->n_series; i++) {
		const struct burn_series *s = &b->series[i];

		copy->series[i].rules = duplicate(s->rules, s->n_rules, sizeof(*s->rules));
		copy->series[i].cells = duplicate(s->cells, (size_t)s->n_cells, sizeof(*s->cells));
	}
	return copy;
}

void burnrate_free(struct burnrate *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n_series; i++) {
		free(b->series[i].rules);
		free(b->series[i].cells);
	}
	free(b->series);
	free(b);
}

size_t burnrate_memory(const struct burnrate *b)
{
	return b->memory;
}

int64_t burnrate_reach(const struct burnrate *b)
{
	return b->reach;
}

/* ---- Rows ---- */

static void sum_add(struct burn_sum *sum, const struct burn_cell *cell, int64_t sign)
{
	sum->bad += sign * cell->bad;
	sum->of += sign * cell->of;
}

static bool covers(const struct burnrate *b, const struct burn_sum *sum, int64_t number)
{
	return number > b->head - sum->width && number <= b->head;
}

static struct burn_cell counts_of(const struct burn_slo *slo, const struct observation *row)
{
	return (struct burn_cell){
		.bad = observation_counter(row, slo->bad),
		.of = slo->of ? observation_counter(row, slo->of) : 0,
	};
}

static bool series_takes(const struct burnrate *b, const struct burn_series *s, int64_t t_end)
{
	int64_t number = divide_up(t_end, b->grid);

	return t_end > b->activated + s->slo->warmup_s && number > b->head - s->width &&
	       number <= b->head + b->future_cells;
}

static bool fits(int64_t held, int64_t more)
{
	return more >= 0 && more <= BURNRATE_COUNT_MAX && held + more <= BURNRATE_COUNT_MAX;
}

bool burnrate_add(struct burnrate *b, int64_t t_end, const struct observation *row)
{
	int64_t number = divide_up(t_end, b->grid);
	bool counts = false;

	/* All levels or none: a row is never half applied. */
	for (size_t i = 0; i < b->n_series; i++) {
		struct burn_series *s = &b->series[i];
		struct burn_cell row_counts = counts_of(s->slo, row);

		if (!series_takes(b, s, t_end))
			continue;
		if (!fits(cell_at(s, number)->bad, row_counts.bad) ||
			!fits(cell_at(s, number)->of, row_counts.of))
			return false;
		counts = true;
	}
	for (size_t i = 0; counts && i < b->n_series; i++) {
		struct burn_series *s = &b->series[i];
		struct burn_cell row_counts = counts_of(s->slo, row);

		if (!series_takes(b, s, t_end))
			continue;
		struct burn_cell *cell = cell_at(s, number);

		s->held += is_empty(cell) && !is_empty(&row_counts);
		cell->bad += row_counts.bad;
		cell->of += row_counts.of;
		for (size_t k = 0; k < s->n_rules; k++) {
			if (covers(b, &s->rules[k].long_sum, number))
				sum_add(&s->rules[k].long_sum, &row_counts, 1);
			if (covers(b, &s->rules[k].short_sum, number))
				sum_add(&s->rules[k].short_sum, &row_counts, 1);
		}
	}
	return counts;
}

/* ---- Time ---- */

static void sum_step(const struct burn_series *s, struct burn_sum *sum, int64_t head)
{
	int64_t left = head - sum->width;

	sum_add(sum, &s->cells[head], 1);
	sum_add(sum, &s->cells[left < 0 ? left + s->n_cells : left], -1);
}

static void series_step(const struct burnrate *b, struct burn_series *s)
{
	int64_t head = index_of(s, b->head), future = head + b->future_cells;
	struct burn_cell *farthest = &s->cells[future < s->n_cells ? future : future - s->n_cells];

	for (size_t i = 0; i < s->n_rules; i++) {
		sum_step(s, &s->rules[i].long_sum, head);
		sum_step(s, &s->rules[i].short_sum, head);
	}
	/* The cell that left the longest window is the one that the farthest future begins with. */
	s->held -= !is_empty(farthest);
	*farthest = (struct burn_cell){0};
}

static bool is_held(const struct burnrate *b)
{
	for (size_t i = 0; i < b->n_series; i++)
		if (b->series[i].held)
			return true;
	return false;
}

static void series_forget(struct burn_series *s)
{
	memset(s->cells, 0, (size_t)s->n_cells * sizeof(*s->cells));
	s->held = 0;
	for (size_t i = 0; i < s->n_rules; i++) {
		s->rules[i].long_sum.bad = s->rules[i].long_sum.of = 0;
		s->rules[i].short_sum.bad = s->rules[i].short_sum.of = 0;
	}
}

void burnrate_advance(struct burnrate *b, int64_t now)
{
	int64_t head = divide_down(now, b->grid);

	/* After a gap that long nothing held is in any window, and stepping would take long. */
	if (head - b->head > BURNRATE_CELLS_MAX) {
		for (size_t i = 0; i < b->n_series; i++)
			series_forget(&b->series[i]);
		b->head = head;
	}
	/* With nothing held every sum is nothing and stays so. */
	while (b->head < head && is_held(b)) {
		b->head++;
		for (size_t i = 0; i < b->n_series; i++)
			if (b->series[i].held)
				series_step(b, &b->series[i]);
	}
	if (b->head < head)
		b->head = head;
}
