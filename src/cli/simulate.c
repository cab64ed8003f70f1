/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed simulate`: tries a policy over weeks of made-up operation, offline, prints what happened,
 * and holds it against the promises. The registry lives in memory (a folder of a tmpfs) and is gone
 * afterwards unless it is to be kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/sim_report.h"
#include "db/migrate.h"
#include "policy/cadence.h"

enum { POLICY_MAX = 1 << 20, WEEKS_USUAL = 52, FOLDERS_OPEN = 4 };

/* A Monday, so that a run says the same on any day that it is made. */
static const struct civil usual_start = {.year = 2026, .month = 1, .day = 5};

struct place {
	char *path; /* of the folder */
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	remove(path);
	return 0;
}

static void place_clear(struct place *p)
{
	if (p->path)
		nftw(p->path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

/* In memory where there is a file system for it. */
static const char *root_folder(void)
{
	static const char memory[] = "/dev/shm";
	const char *given = getenv("TMPDIR");
	struct statfs fs;

	if (statfs(memory, &fs) == 0 && fs.f_type == TMPFS_MAGIC && access(memory, W_OK) == 0)
		return memory;
	return given && *given ? given : "/tmp";
}

static int place_make(struct arena *a, struct place *ret, struct err *err)
{
	char *path = arena_printf(a, "%s/spiralfed-simulate-XXXXXX", root_folder());

	if (!mkdtemp(path))
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	ret->path = path;
	return 0;
}

/* ---- Being stopped ---- */

static volatile sig_atomic_t stopped; /* the signal */

static void note_signal(int sig)
{
	stopped = sig;
}

/* The first one ends it in order, so that nothing is left in memory; the next one at once. */
static void heed_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction act = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* What nohup has it ignore stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
}

/* ---- What was asked for ---- */

static int parse_number(struct cli *cli, enum cli_option_id id, uint64_t most, uint64_t *ret)
{
	const char *given = cli->option[id];
	char *end;

	if (!given)
		return CLI_DONE;
	errno = 0;
	*ret = strtoull(given, &end, 10);
	if (*given < '0' || *given > '9' || *end || errno || *ret > most)
		return cli_misuse(cli, "--%s %s: is no number from 0 to %" PRIu64,
			cli_options[id].name, given, most);
	return CLI_DONE;
}

struct asked {
	struct sim_options options;
	const char *registry_policy; /* of the registry to go on from; NULL: none */
	struct policy policy;	     /* that is in force at the start */
};

static int read_policy(struct cli *cli, struct asked *q)
{
	const char *path = cli->option[CLI_OPTION_POLICY], *canonical;
	const char *text = q->registry_policy ? q->registry_policy : embed_policy_json;
	size_t len = q->registry_policy ? strlen(text) : embed_policy_json_len;
	struct faults faults;
	struct err err = {0};
	char *given;

	faults_init(&faults);
	if (path) {
		if (file_read(path, POLICY_MAX, cli->arena, &given, &len, &err) < 0)
			return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
		q->options.policy = text = given;
	} else {
		path = "the policy";
	}
	if (policy_accept(text, len, q->options.start, cli->arena, &q->policy, &canonical, &faults,
		    &err) == 0)
		return CLI_DONE;
	if (!faults.n)
		return cli_fail(cli, CLI_REFUSED, "%s: %s", path, err.msg);
	cli_fail(cli, CLI_REFUSED, "%s is refused:", path);
	cli_print_faults(cli, &faults);
	return CLI_REFUSED;
}

static int read_start(struct cli *cli, int64_t *ret)
{
	const char *given = cli->option[CLI_OPTION_START];

	*ret = civil_to_time(&usual_start);
	if (given && time_parse(given, ret) < 0)
		return cli_misuse(cli, "--start %s: is no time, e.g. 2026-01-05T00:00:00Z", given);
	return CLI_DONE;
}

/* What goes on from a registry does so where that ends. */
static int copy_registry(struct cli *cli, struct asked *q)
{
	const char *from = cli->option[CLI_OPTION_FROM_REGISTRY], *path = q->options.path;
	struct err err = {0};
	int64_t end = 0;

	if (!from)
		return CLI_DONE;
	if (registry_copy(from, path, &err) < 0 ||
		migrate_run(path, clock_now(cli->clock), NULL, &err) < 0 ||
		sim_registry_end(path, cli->arena, &end, &q->registry_policy, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (!cli->option[CLI_OPTION_START])
		q->options.start = end + USEC_PER_SEC;
	else if (q->options.start <= end)
		return cli_misuse(cli, "--start lies before what is in the registry");
	return CLI_DONE;
}

/* Before the work is done, not after it. */
static int check_keep(struct cli *cli)
{
	const char *to = cli->option[CLI_OPTION_KEEP];
	struct stat st;

	if (to && lstat(to, &st) == 0)
		return cli_fail(
			cli, CLI_REFUSED, "--keep %s: it is there already; name a new file", to);
	return CLI_DONE;
}

static int parse(struct cli *cli, const struct place *place, struct asked *q)
{
	uint64_t weeks = WEEKS_USUAL;
	struct sim_options *o = &q->options;
	int rc;

	*o = (struct sim_options){
		.seed = 1,
		.path = arena_printf(cli->arena, "%s/registry.db", place->path),
		.faults = cli->option[CLI_OPTION_FAULTS],
		.from_registry = cli->option[CLI_OPTION_FROM_REGISTRY],
		.stopped = &stopped,
	};
	rc = parse_number(cli, CLI_OPTION_WEEKS, SIM_WEEKS_MAX, &weeks);
	if (!rc)
		rc = parse_number(cli, CLI_OPTION_SEED, UINT64_MAX, &o->seed);
	if (!rc)
		rc = read_start(cli, &o->start);
	if (!rc)
		rc = copy_registry(cli, q);
	if (!rc)
		rc = read_policy(cli, q);
	if (!rc && weeks == 0)
		rc = cli_misuse(cli, "--weeks 0: nothing would happen");
	if (!rc)
		rc = check_keep(cli);
	o->weeks = (int64_t)weeks;
	return rc;
}

/* ---- What came of it ---- */

static int print_violations(struct cli *cli, const struct sim *s, const struct sim_verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		fprintf(cli->errors, "seed %" PRIu64 ": event %lld: %s\n", s->options.seed,
			(long long)v->v[i].seq, v->v[i].what);
	return v->n ? CLI_REFUSED : CLI_DONE;
}

static int report(struct cli *cli, const struct sim *s)
{
	int64_t end = s->options.start + s->options.weeks * SIM_WEEK;
	struct sim_history h;
	struct sim_verdict v;
	struct sim_summary sum;
	struct err err = {0};

	if (sim_history_read(s->options.path, s->options.start, end, cli->arena, &h, &sum, &err) <
			0 ||
		sim_check(&h, cli->arena, &v, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (!cli->option[CLI_OPTION_QUIET])
		sim_print_calendar(cli, &h, s->options.start);
	sim_print_summary(cli, s, &h, &sum);
	fprintf(cli->out,
		"promises    %zu broken; looked at %lld promotions, %lld rollbacks, %lld runs\n",
		v.n, (long long)v.promotions, (long long)v.rollbacks, (long long)v.runs);
	return print_violations(cli, s, &v);
}

static int keep(struct cli *cli, const struct sim_options *o)
{
	const char *to = cli->option[CLI_OPTION_KEEP];
	struct err err = {0};

	if (to && registry_copy(o->path, to, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	return CLI_DONE;
}

static int simulate(struct cli *cli, const struct asked *q)
{
	struct sim *s = sim_new(&q->options);
	struct err err = {0};
	int rc = CLI_DONE, kept;

	if (!s)
		return cli_fail(cli, CLI_REFUSED, "no memory to share");
	sim_choose_sources(s, &q->policy);
	if (sim_run(s, &err) < 0)
		rc = cli_fail(cli, CLI_REFUSED, "seed %" PRIu64 ": %s", q->options.seed, err.msg);
	if (stopped) {
		sim_free(s);
		return cli_fail(cli, CLI_REFUSED, "stopped by signal %d", (int)stopped);
	}
	kept = keep(cli, &q->options);
	if (!rc)
		rc = report(cli, s);
	sim_free(s);
	return rc ? rc : kept;
}

int cli_simulate(struct cli *cli)
{
	__attribute__((cleanup(place_clear))) struct place place = {0};
	struct asked q = {0};
	struct err err = {0};
	int rc;

	FD_AUTO nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* What the engine has to say of made-up breaches is in its history. */
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, nowhere);
	schedule_setup();
	heed_signals();
	if (place_make(cli->arena, &place, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	rc = parse(cli, &place, &q);
	return rc ? rc : simulate(cli, &q);
}
