/* SPDX-License-Identifier: Apache-2.0
 *
 * spiralfedd's command line and what a process sets up once. Exit status: 0 it ended as asked, 1 it
 * could not start, 2 the command line or the configuration is wrong.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "app/daemon.h"
#include "base/jcs.h"
#include "policy/schedule.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG = 2 };
enum { ASSIGNMENTS_MAX = 256 };

struct arguments {
	const char *file;
	const char *assignments[ASSIGNMENTS_MAX];
	size_t n_assignments;
	bool check, new_token, new_key, new_bundle_key;
};

static void help_option(const struct option_info *o)
{
	printf("  %-16s %s %s [%s]\n", o->name, o->reload ? "*" : " ", o->help,
		o->type == OPTION_CHOICE ? o->unit : o->default_text);
}

static void help(void)
{
	puts("Usage: spiralfedd [-c FILE] [-o NAME=VALUE]...\n\n"
	     "The control plane for federated model releases.\n\n"
	     "  -c, --config FILE    read options from FILE (INI)\n"
	     "  -o NAME=VALUE        set one option; wins over the file\n"
	     "  --check-config       check the options and the policy file, and end\n"
	     "  --new-admin-token    write a new admin token into the state folder, and end;\n"
	     "                       a running daemon is asked to do it\n"
	     "  --new-signing-key    begin with another signing key, and end; while no daemon "
	     "runs\n"
	     "  --new-bundle-key     the same for the key of bundles, when that was lost\n"
	     "  --version, --help\n\n"
	     "SIGTERM finishes what is in flight and ends; SIGHUP reloads the options marked *.\n\n"
	     "Options:");
	for (size_t i = 0; i < OPTIONS; i++)
		help_option(option_info(i));
	puts("\nOptions of a section [provider.NAME], or -o provider.NAME.OPTION=VALUE:");
	for (size_t i = 0; i < PROVIDER_OPTIONS; i++)
		help_option(provider_option_info(i));
	puts("\nOptions of the section [slo.prometheus], or -o slo.prometheus.OPTION=VALUE:");
	for (size_t i = 0; i < PROMETHEUS_OPTIONS; i++)
		help_option(prometheus_option_info(i));
}

static int misuse(const char *what, const char *which)
{
	fprintf(stderr, "spiralfedd: %s%s\nTry: spiralfedd --help\n", what, which);
	return EXIT_WRONG;
}

/* -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct arguments *ret)
{
	enum { CHECK = 256, NEW_TOKEN, NEW_KEY, NEW_BUNDLE_KEY, VERSION, HELP };
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, CHECK},
		{"new-admin-token", no_argument, NULL, NEW_TOKEN},
		{"new-signing-key", no_argument, NULL, NEW_KEY},
		{"new-bundle-key", no_argument, NULL, NEW_BUNDLE_KEY},
		{"version", no_argument, NULL, VERSION}, {"help", no_argument, NULL, HELP}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "c:o:h", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (ret->file)
				return misuse("-c is given twice", "");
			ret->file = optarg;
			break;
		case 'o':
			if (ret->n_assignments == ASSIGNMENTS_MAX)
				return misuse("too many -o", "");
			ret->assignments[ret->n_assignments++] = optarg;
			break;
		case CHECK:
			ret->check = true;
			break;
		case NEW_TOKEN:
			ret->new_token = true;
			break;
		case NEW_KEY:
			ret->new_key = true;
			break;
		case NEW_BUNDLE_KEY:
			ret->new_bundle_key = true;
			break;
		case VERSION:
			puts("spiralfedd " SPIRALFED_VERSION);
			return EXIT_DONE;
		case 'h':
		case HELP:
			help();
			return EXIT_DONE;
		default:
			fputs("Try: spiralfedd --help\n", stderr);
			return EXIT_WRONG;
		}
	}
	return optind < argc ? misuse("takes no argument: ", argv[optind]) : -1;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "spiralfedd: %s\n", err->msg);
	return err->code == ERR_CONFIG ? EXIT_WRONG : EXIT_FAILED;
}

static int new_token(const struct daemon_options *o)
{
	struct err err = {0};

	if (daemon_new_admin_token(o, &err) < 0)
		return fail(&err);
	printf("A new admin token is in %s/admin.token; those from before are still valid.\n",
		o->config->state);
	return EXIT_DONE;
}

static int new_key(const struct daemon_options *o)
{
	struct err err = {0};

	if (daemon_new_signing_key(o, &err) < 0)
		return fail(&err);
	puts("Another key signs from the next start on; the nodes need it: spiralfed key show");
	return EXIT_DONE;
}

static int new_bundle_key(const struct daemon_options *o)
{
	struct err err = {0};

	if (daemon_new_bundle_key(o, &err) < 0)
		return fail(&err);
	puts("Another key signs bundles from the next start on; GET /v1/keys shows it as the first "
	     "of bundle_keys.");
	return EXIT_DONE;
}

static int run(const struct daemon_options *o)
{
	struct daemon *d = NULL;
	struct err err = {0};
	sigset_t set;

	daemon_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (daemon_open(o, &d, &err) < 0)
		return fail(&err);
	daemon_serve(d);
	daemon_close(d);
	return EXIT_DONE;
}

static void warn_of_file(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "spiralfedd: warning: %s\n", text);
}

/* Tokens and keys are in its memory: no dump of it, and no look into it by others of its user. */
static void keep_memory_private(void)
{
#if !defined(SPIRALFED_SANITIZE) && !defined(SPIRALFED_DEBUG)
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv)
{
	struct arguments args = {0};
	struct config config;
	struct err err = {0};
	ARENA_AUTO a = arena_new();

	keep_memory_private();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a full disk, not the end */
	setlocale(LC_ALL, "C");
	umask(077);
	int rc = parse(argc, argv, &args);
	if (rc >= 0)
		return rc;
	jcs_setup();
	schedule_setup();
	const struct config_source source = {args.file, args.assignments, args.n_assignments};
	if (config_load(&source, a, &config, &err) < 0)
		return fail(&err);
	const struct daemon_options options = {&config, &source, clock_system()};
	if (args.new_token)
		return new_token(&options);
	if (args.new_key)
		return new_key(&options);
	if (args.new_bundle_key)
		return new_bundle_key(&options);
	if (!args.check)
		return run(&options);
	if (daemon_check(&config, &err) < 0)
		return fail(&err);
	config_files_check(&config, a, warn_of_file, NULL);
	puts("The configuration is good.");
	return EXIT_DONE;
}
