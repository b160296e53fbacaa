// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof run`: options, the plan that is shown before anything is done, and what is said at the
 * end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "cmd/catalog.h"
#include "cmd/cmds.h"
#include "cmd/baseline.h"
#include "cmd/given_plan.h"
#include "cmd/plan.h"
#include "cmd/progress.h"
#include "cmd/show.h"
#include "cmd/suite_args.h"
#include "evidence/known.h"
#include "run/run.h"
#include "scenarios/scenarios.h"
#include "witnesses/witnesses.h"

/* /run does not outlive the boot, and neither does what is kept there. */
#define STATE_PATH "/run/hotproof/snapshot.json"

enum {
	OPT_GO = 1,
	OPT_SCENARIO,
	OPT_WITNESS,
	OPT_CLAIM,
	OPT_OUT,
	OPT_MACHINE,
	OPT_NOTE,
	OPT_SEED,
	OPT_SCALE,
	OPT_PROBER,
	OPT_NO_RETRY,
	OPT_KNOWN_OK,
	OPT_PORT_FD,
	OPT_NAME,
	OPT_REPEAT,
	OPT_CPUS,
	OPT_DEEP,
	OPT_PLAN,
	OPT_EXPENDABLE,
	OPT_BUDGET,
	OPT_SMOKE,
	OPT_BASELINE,
	OPT_LOOKOUT,
	OPT_SUITE,
	OPT_BOX,
	OPT_SUITE_FORMAT,
	OPT_SUITE_COMMAND,
	OPT_SUITE_FOLDER,
	OPT_PLATFORM,
};

static const struct cmd_option options[] = {
	{ OPT_GO, "go",
	  .summary = "Really do it: without it the plan is shown and nothing is done" },
	{ OPT_SCENARIO, "scenario", 's', "GLOB", "Only these scenarios (may be repeated)",
	  CMD_SCENARIO },
	{ OPT_WITNESS, "witness", 'w', "GLOB", "Only these witnesses (may be repeated)",
	  CMD_WITNESS },
	{ OPT_CLAIM, "claim", 'c', "GLOB",
	  "Only these claims, and the witnesses that make them (may be repeated)", CMD_CLAIM },
	{ OPT_CPUS, "cpus", 0, "LIST", "Take off only these CPUs, as in 1,3-5" },
	{ OPT_DEEP, "deep", 0, NULL, "The scenarios that take long, too: sweeps and races" },
	{ OPT_BUDGET, "time-budget", 0, "60s|10m|1h",
	  "Play what fits into this time, deep ones too: what is worth most comes first, what does not fit is named" },
	{ OPT_SMOKE, "smoke", 0, NULL, "Only what is worth most, on one CPU: a few seconds" },
	{ OPT_EXPENDABLE, "expendable", 0, NULL,
	  "Try what may cost the box, too: nobody would miss it" },
	{ OPT_PLAN, "plan", 0, "FILE", "Repeat the races of this plan: plan.json of a run",
	  CMD_FILE },
	{ OPT_BASELINE, "baseline", 0, "DIR",
	  "Hold what acts cost against this earlier run of the same box (may be repeated)",
	  CMD_DIR },
	{ OPT_OUT, "out", 'o', "DIR", "The run directory; default: run-TIME-ID here", CMD_DIR },
	{ OPT_MACHINE, "machine", 0, "NAME", "What to call this box in the record" },
	{ OPT_NOTE, "note", 0, "TEXT", "A note for the record (may be repeated)" },
	{ OPT_SEED, "seed", 0, "N",
	  "Seed of what is chosen at random; default: drawn and recorded" },
	{ OPT_SCALE, "deadline-scale", 0, "X",
	  "Multiply every deadline by X: for slow or loaded boxes" },
	{ OPT_PROBER, "prober-port", 0, "PORT",
	  "A prober outside sends datagrams to this UDP port" },
	{ OPT_NO_RETRY, "no-retry", 0, NULL,
	  "Do not try failed claims again with their witness alone" },
	{ OPT_KNOWN_OK, "known-ok", 0, NULL, "Exit 0 when only known kernel defects failed" },
	{ OPT_LOOKOUT, "lookout", 0, NULL, "The lab looks at this guest's virtual CPUs when asked",
	  .is_hidden = true },
	{ OPT_SUITE, "suite", 0, "NAME", "Play another suite instead of scenarios",
	  .is_hidden = true },
	{ OPT_SUITE_FORMAT, "suite-format", 0, "FORMAT", "What it prints", .is_hidden = true },
	{ OPT_SUITE_COMMAND, "suite-command", 0, "COMMAND", "For /bin/sh", .is_hidden = true },
	{ OPT_SUITE_FOLDER, "suite-folder", 0, "DIR", "Where it is run", .is_hidden = true },
	{ OPT_PLATFORM, "platform", 0, NULL, "The lab takes CPUs out and puts them in when asked",
	  .is_hidden = true },
	{ OPT_BOX, "box", 0, NULL, "The box is somebody's: it outlives the run",
	  .is_hidden = true },
	{ OPT_PORT_FD, "port-fd", 0, "FD",
	  "Stream the run directory to this descriptor: what a lab guest does", .is_hidden = true },
	{ OPT_NAME, "name", 0, "NAME", "The run's name, where the lab makes its directory",
	  .is_hidden = true },
	{ OPT_REPEAT, "repeat", 0, "COMMAND", "The command that repeats the run, for the record",
	  .is_hidden = true },
	{},
};

struct globs {
	const char **list;
	size_t n;
};

struct request {
	struct globs scenarios, witnesses, claims, notes, baselines;
	const char *out, *machine, *name, *repeat, *plan_file;
	json_t *plan, *baseline; /* owned; NULL: none */
	uint64_t seed;
	double scale;
	int64_t budget_ns;
	int prober_port, port_fd;
	struct cpulist cpus;
	struct suite_args suite;
	bool is_go, has_no_retry, is_known_ok, has_deep, is_expendable, is_smoke, has_lookout,
		has_platform, is_box;
};

static int add(struct globs *g, const char *value)
{
	const char **bigger = reallocarray(g->list, g->n + 2, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	g->list = bigger;
	g->list[g->n++] = value;
	g->list[g->n] = NULL;
	return 0;
}

static int bad_value(const char *option, const char *value, const char *want)
{
	return cmd_usage_error(&cmd_run, "--%s=\"%s\" is not %s", option, value, want);
}

static int take_number(struct request *q, int option, const char *value)
{
	char *end;
	int64_t n;

	if (option == OPT_SCALE) {
		q->scale = strtod(value, &end);
		return *end || q->scale <= 0 || q->scale > 1000
			       ? bad_value("deadline-scale", value, "between 0 and 1000")
			       : 0;
	}
	if (text_to_i64(value, &n) < 0 || n < 0)
		return bad_value(option == OPT_SEED     ? "seed"
				 : option == OPT_PROBER ? "prober-port"
							: "port-fd",
				 value, "a number");
	if (option == OPT_SEED)
		q->seed = n;
	else if (option == OPT_PORT_FD)
		q->port_fd = n;
	else if (n < 1 || n > 65535)
		return bad_value("prober-port", value, "a port, 1 to 65535");
	else
		q->prober_port = n;
	return 0;
}

static int take(struct request *q, int option, const char *value)
{
	switch (option) {
	case OPT_GO: q->is_go = true; return 0;
	case OPT_PLATFORM: q->has_platform = true; return 0;
	case OPT_LOOKOUT: q->has_lookout = true; return 0;
	case OPT_BOX: q->is_box = true; return 0;
	case OPT_SUITE: q->suite.setup.name = value; return 0;
	case OPT_SUITE_FORMAT: q->suite.setup.format = value; return 0;
	case OPT_SUITE_COMMAND: q->suite.setup.command = value; return 0;
	case OPT_SUITE_FOLDER: q->suite.setup.folder = value; return 0;
	case OPT_SCENARIO: return add(&q->scenarios, value);
	case OPT_WITNESS: return add(&q->witnesses, value);
	case OPT_CLAIM: return add(&q->claims, value);
	case OPT_NOTE: return add(&q->notes, value);
	case OPT_BASELINE: return add(&q->baselines, value);
	case OPT_OUT: q->out = value; return 0;
	case OPT_MACHINE: q->machine = value; return 0;
	case OPT_NAME: q->name = value; return 0;
	case OPT_PLAN: q->plan_file = value; return 0;
	case OPT_REPEAT: q->repeat = value; return 0;
	case OPT_NO_RETRY: q->has_no_retry = true; return 0;
	case OPT_KNOWN_OK: q->is_known_ok = true; return 0;
	case OPT_EXPENDABLE: q->is_expendable = true; return 0;
	case OPT_SMOKE: q->is_smoke = true; return 0;
	case OPT_BUDGET:
		return text_to_duration_ns(value, &q->budget_ns) < 0
			       ? bad_value("time-budget", value, "a time, as in 60s, 10m or 1h")
			       : 0;
	case OPT_DEEP: q->has_deep = true; return 0;
	case OPT_CPUS:
		return cpulist_parse(value, &q->cpus) < 0 || cpulist_count(&q->cpus) == 0
			       ? bad_value("cpus", value, "a list of CPUs, as in 1,3-5")
			       : 0;
	case CMD_OPERAND:
		return cmd_usage_error(&cmd_run, "takes no operand, but was given \"%s\"", value);
	case OPT_SEED:
	case OPT_SCALE:
	case OPT_PROBER:
	case OPT_PORT_FD: return take_number(q, option, value);
	default: return VERDICT_EXIT_USAGE;
	}
}

static char *fresh_name(void)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	return text_printf("run-%s-%d", stamp, (int)getpid());
}

/* Lives as long as both. */
static struct known_scope known_here(const json_t *catalog, struct utsname *uts)
{
	if (uname(uts) < 0)
		*uts = (struct utsname){};
	return (struct known_scope){ .defects = json_object_get(catalog, "known"),
				     .kernel = uts->release,
				     .arch = uts->machine };
}

/* The run's name is its directory's. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* On the lab's port nothing is judged here: the lab has all the evidence, and more of it. */
static int go(const struct request *q, struct run_setup *setup, const char *dir)
{
	_cleanup_(cleanup_rundir) struct rundir *rd = NULL;
	struct run_outcome outcome = {};
	struct progress progress;
	struct error err = {};
	int r = q->port_fd >= 0 ? rundir_on_port(q->port_fd, &rd) : rundir_create(dir, &rd, &err);

	progress_begin(&progress);
	setup->rundir = rd;
	if (q->port_fd < 0) {
		setup->progress = progress_show;
		setup->progress_arg = &progress;
	}
	if (r == 0)
		r = run_play(setup, &outcome, &err);
	progress_end(&progress);
	if (r < 0)
		return cmd_fail(&cmd_run,
				r == -EEXIST ? VERDICT_EXIT_USAGE : VERDICT_EXIT_NOT_JUDGED, "%s",
				err.code ? err.text : strerror(-r));
	if (outcome.is_interrupted)
		fprintf(stderr,
			"hotproof run: interrupted; the box was put back, and what there is of the run is judged\n");
	return q->port_fd >= 0 ? VERDICT_EXIT_PASSED : show_run(&cmd_run, dir, q->is_known_ok);
}

static void use_suite(const struct request *q, struct run_setup *setup, json_t *catalog)
{
	setup->scenarios = q->suite.scenarios;
	/* Again would be the whole suite again. */
	setup->has_no_retry = true;
	suite_args_declare(&q->suite, catalog);
}

static int play(const struct request *q)
{
	_cleanup_(cleanup_box) struct box *box = NULL;
	_cleanup_free_ char *name = fresh_name();
	const char *dir = q->out ? q->out : name;
	const struct scenario **scenarios = NULL;
	const struct witness **witnesses = NULL;
	json_t *catalog = catalog_json();
	struct utsname uts;
	struct error err = {};
	struct run_setup setup = {
		.scenarios = scenarios_all,
		.witnesses = witnesses_all,
		.scenario_globs = q->scenarios.list,
		.witness_globs = q->witnesses.list,
		.claim_globs = q->claims.list,
		.notes = q->notes.list,
		.catalog = catalog,
		.name = q->name ? q->name : base_name(dir),
		.repeat = q->repeat,
		.machine = q->machine,
		.seed = q->seed,
		.cpus = q->cpus,
		.has_deep = q->has_deep,
		.budget_ns = q->budget_ns,
		.is_smoke = q->is_smoke,
		/* A guest of the lab lives for the run only. */
		.has_lookout = q->has_lookout,
		.has_platform = q->has_platform,
		.is_expendable = q->is_expendable || (q->port_fd >= 0 && !q->is_box),
		.plan = q->plan,
		.baseline = q->baseline,
		.prober_port = q->prober_port,
		.has_no_retry = q->has_no_retry,
		.known = known_here(catalog, &uts),
		.state_path = STATE_PATH,
	};
	int r = box_open("/", &box, &err);

	if (q->suite.setup.name)
		use_suite(q, &setup, catalog);
	setup.box = box;
	/* A misspelt id is told before anything is made or looked at. */
	if (r == 0)
		r = run_choose(&setup, &scenarios, &witnesses, &err);
	free(scenarios);
	free(witnesses);
	if (r < 0)
		r = cmd_fail(&cmd_run, r == -ENOENT ? VERDICT_EXIT_USAGE : VERDICT_EXIT_NOT_JUDGED,
			     "%s", err.code ? err.text : strerror(-r));
	else if (!q->is_go)
		r = plan_print(&setup, dir, &err);
	else if (geteuid() != 0)
		r = cmd_fail(
			&cmd_run, VERDICT_EXIT_NOT_TRIED,
			"CPUs can only be taken off by root, and this is uid %d; run it with sudo",
			(int)geteuid());
	else
		r = go(q, &setup, dir);
	json_decref(catalog);
	return r;
}

/* Where no scenario is chosen, those are that there is a plan for. */
static int take_plan(struct request *q)
{
	bool is_chosen = q->scenarios.n > 0;
	struct error err = {};
	json_t *one;
	size_t i;
	int r = given_plan_load(q->plan_file, &q->plan, &err);

	if (r < 0)
		return cmd_usage_error(&cmd_run, "%s", err.code ? err.text : strerror(-r));
	json_array_foreach(q->plan, i, one)
		if (!is_chosen && r == 0)
			r = add(&q->scenarios, json_string_value(json_object_get(one, "scenario")));
	return r;
}

static int take_baseline(struct request *q)
{
	struct error err = {};
	int r = baseline_collect(q->baselines.list, q->baselines.n, &q->baseline, &err);

	if (r == 0)
		r = baseline_check(q->baseline, q->machine ? q->machine : "host", &err);
	return r < 0 ? cmd_usage_error(&cmd_run, "%s", err.code ? err.text : strerror(-r)) : 0;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_run, argc, argv);
	struct request q = { .port_fd = -1, .scale = 1.0, .seed = (uint64_t)time(NULL) };
	const char *value;
	int o, r = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END)
		r = o == -1 ? VERDICT_EXIT_USAGE : take(&q, o, value);
	wait_set_scale(q.scale);
	/* What the lab starts in a guest is meant to be done. */
	q.is_go = q.is_go || q.port_fd >= 0;
	if (r == 0 && q.plan_file)
		r = take_plan(&q);
	if (r == 0 && q.baselines.n > 0)
		r = take_baseline(&q);
	if (r == 0 && q.suite.setup.name)
		r = suite_args_settle(&q.suite);
	if (r == 0)
		r = play(&q);
	json_decref(q.plan);
	json_decref(q.baseline);
	free(q.baselines.list);
	free(q.scenarios.list);
	free(q.witnesses.list);
	free(q.claims.list);
	free(q.notes.list);
	return r < 0 ? cmd_fail(&cmd_run, VERDICT_EXIT_NOT_JUDGED, "%s", strerror(-r)) : r;
}

const struct cmd cmd_run = {
	.name = "run",
	.summary = "Take CPUs of this box offline and back, and watch what that disrupts",
	.usage = "[--go] [OPTION]...",
	.explain =
		"Without --go it says what it would do and does nothing. With it every scenario chosen is played in a "
		"child process, watched by every witness chosen; a guardian process puts the box back in order whatever "
		"happens to this one. Do not try it first on a machine that others depend on: `hotproof lab run` does the "
		"same in a guest.",
	.options = options,
	.run = run,
};
