/* SPDX-License-Identifier: Apache-2.0
 *
 * What `spiralfed manifest` says of where a manifest came from: a line for each number that is in it,
 * and, when asked, one for each that is not.
 */
#include <math.h>
#include <string.h>

#include "cli/manifest.h"

static void print_place(FILE *out, const char *file, const char *pointer)
{
	fprintf(out, "  <- %s%s%s\n", file, pointer && *pointer ? " at " : "",
		pointer ? pointer : "");
}

static void print_finding(FILE *out, const struct finding *f)
{
	const struct metric *m = &f->metric;

	fprintf(out, "  %s", f->as ? f->as : f->name);
	if (f->as)
		fprintf(out, " = %s", f->name);
	fprintf(out, "  %.6g%s", m->value, f->is_divided ? " (was in percent)" : "");
	if (m->n >= 0)
		fprintf(out, ", n %lld", (long long)m->n);
	if (!isnan(m->stderr_))
		fprintf(out, ", stderr %.3g", m->stderr_);
	print_place(out, f->file, f->pointer);
}

static void print_said(FILE *out, const char *what, const struct said *s)
{
	if (!s->text)
		return;
	fprintf(out, "  %s  %s", what, s->text);
	print_place(out, s->file, s->pointer);
}

static void explain_rest(const struct harvest *h, FILE *out)
{
	fputs("not taken:\n", out);
	for (size_t i = 0; i < h->n_findings; i++) {
		const struct finding *f = &h->findings[i];
		if (f->use == FOUND_TAKEN)
			continue;
		fprintf(out, "  %s", f->name);
		if (!isnan(f->metric.value))
			fprintf(out, "  %.6g", f->metric.value);
		fprintf(out, "  %s", f->why);
		print_place(out, f->file, f->pointer);
	}
	for (size_t i = 0; i < h->n_suites; i++) {
		const struct found_suite *s = &h->suites[i];
		if (s->use == FOUND_TAKEN)
			continue;
		fprintf(out, "  suite %s  %s", s->suite.name, s->why);
		print_place(out, s->file, s->pointer);
	}
	fputs("files:\n", out);
	for (size_t i = 0; i < h->n_sources; i++) {
		const struct harvest_source *s = &h->sources[i];
		fprintf(out, "  %s  %s%s%s\n", s->file, s->format ? s->format : "",
			s->format && s->why ? ": " : "", s->why ? s->why : "");
	}
}

void manifest_explain(struct cli *cli, const struct harvest *h)
{
	FILE *out = cli->errors;

	print_said(out, "base_model", &h->base_model);
	print_said(out, "license", &h->license);
	print_said(out, "kind", &h->kind);
	for (size_t i = 0; i < h->n_models; i++)
		print_said(out, "measured", &h->models[i]);
	for (size_t i = 0; i < h->n_findings; i++)
		if (h->findings[i].use == FOUND_TAKEN)
			print_finding(out, &h->findings[i]);
	for (size_t i = 0; i < h->n_suites; i++) {
		const struct found_suite *s = &h->suites[i];
		if (s->use != FOUND_TAKEN)
			continue;
		fprintf(out, "  suite %s  %lld of %lld passed, %lld errors",
			s->as ? s->as : s->suite.name, (long long)s->suite.passed,
			(long long)s->suite.total, (long long)s->suite.errors);
		print_place(out, s->file, s->pointer);
	}
	for (size_t i = 0; i < h->n_notes; i++) {
		fprintf(out, "  note: %s", h->notes[i].text);
		print_place(out, h->notes[i].file, h->notes[i].pointer);
	}
	if (cli->option[CLI_OPTION_EXPLAIN])
		explain_rest(h, out);
}
