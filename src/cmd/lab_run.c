// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab run`: options, one session in one guest, and what is said about it at the end. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/baseline.h"
#include "cmd/lab.h"
#include "cmd/lab_args.h"
#include "cmd/lab_box.h"
#include "cmd/lab_end.h"
#include "cmd/lab_lost.h"
#include "lab/cache.h"
#include "lab/guest_program.h"
#include "lab/image.h"

/* So many guests are lost before that is the answer. */
#define GUESTS_MAX 3

/* Unprivileged, and nobody's: a box may have its own echo. */
#define PROBER_PORT 40007

static int take_tree(const struct lab_request *q, char **ret_kernel, char **ret_modules)
{
	*ret_kernel = strdup(q->tree->image);
	*ret_modules = strdup(q->tree->modules);
	return *ret_kernel && *ret_modules ? 0 : VERDICT_EXIT_NOT_JUDGED;
}

static int open_tree(struct lab_request *q)
{
	struct error err = {};
	int r;

	if (q->kernel || q->modules)
		return cmd_usage_error(&cmd_lab_run,
				       "--kernel-tree and --kernel or --modules: which kernel?");
	r = kernel_tree_open(q->tree_dir, q->machine->isa, &q->tree, &err);
	return r < 0 ? cmd_fail(&cmd_lab_run, VERDICT_EXIT_USAGE, "%s",
				err.code ? err.text : strerror(-r))
		     : 0;
}

/* --kernel with --modules is a file; alone it is a name in the cache. */
static int find_kernel(const struct lab_request *q, char **ret_kernel, char **ret_modules)
{
	const char *name = q->kernel ? q->kernel : q->machine->kernel;
	struct error err = {};

	if (q->tree)
		return take_tree(q, ret_kernel, ret_modules);
	if (!q->modules && cache_kernel(q->machine->isa, name, ret_kernel, ret_modules, &err) == 0)
		return 0;
	if (!q->kernel != !q->modules && (!q->kernel || access(q->kernel, R_OK) == 0))
		return cmd_usage_error(
			&cmd_lab_run,
			"--kernel and --modules belong together: a kernel loads only its own modules");
	if (!q->modules)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	if (access(q->kernel, R_OK) < 0)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_USAGE,
				"cannot read the kernel \"%s\": %s", q->kernel, strerror(errno));
	*ret_kernel = strdup(q->kernel);
	*ret_modules = strdup(q->modules);
	return *ret_kernel && *ret_modules ? 0 : VERDICT_EXIT_NOT_JUDGED;
}

/* The machine with what the command line changed of it, and the kernel to boot. */
static int settle_machine(struct lab_request *q, char **ret_kernel, char **ret_modules)
{
	struct error err = {};
	int r = machine_load(q->machine_name ? q->machine_name : MACHINE_DEFAULT, &q->machine,
			     &err);

	if (r < 0)
		return cmd_usage_error(&cmd_lab_run, "%s", err.text);
	if (q->cpus)
		machine_set_cpus(q->machine, q->cpus);
	if (q->mem)
		q->machine->mem_mib = q->mem;
	if (q->cpu_model) {
		free(q->machine->cpu_model);
		q->machine->cpu_model = strdup(q->cpu_model);
	}
	r = q->tree_dir ? open_tree(q) : 0;
	return r != 0 ? r : find_kernel(q, ret_kernel, ret_modules);
}

/* Globs that choose nothing are known here already: a guest need not boot for that. */
static int check_plan(const struct lab_request *q, const char *hotproof)
{
	_cleanup_free_ const char **argv = calloc(q->plan.n + 5, sizeof(*argv));
	_cleanup_process_ struct process p = PROCESS_NONE;
	struct error err = {};
	int status, r;

	if (!argv)
		return VERDICT_EXIT_NOT_JUDGED;
	argv[0] = hotproof;
	argv[1] = "run";
	for (size_t i = 0; i < q->plan.n; i++)
		argv[i + 2] = q->plan.v[i];
	if (q->race_plan) {
		argv[q->plan.n + 2] = "--plan";
		argv[q->plan.n + 3] = q->race_plan;
	}
	r = process_start(argv, -1, -1, STDERR_FILENO, &p, &err);
	if (r < 0)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	r = process_wait(&p, wait_now_ns() + wait_scaled(20 * NS_PER_S), &status);
	if (r <= 0)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED,
				"\"%s run\" does not show its plan", hotproof);
	return WIFEXITED(status) && WEXITSTATUS(status) == VERDICT_EXIT_USAGE ? VERDICT_EXIT_USAGE
									      : 0;
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

/* The guest has no run directories: it gets what they hold. */
static int take_baselines(struct lab_request *q)
{
	struct error err = {};
	json_t *doc = NULL;
	int r = baseline_collect(q->baselines.v, q->baselines.n, &doc, &err);

	q->baseline = r == 0 ? json_dumps(doc, JSON_COMPACT) : NULL;
	json_decref(doc);
	if (r == 0 && !q->baseline)
		r = -ENOMEM;
	return r < 0 ? cmd_usage_error(&cmd_lab_run, "%s", err.code ? err.text : strerror(-r)) : 0;
}

/* The words of the guest's run that make it play another suite. */
static int take_suite(struct lab_request *q)
{
	struct error err = {};
	int r;

	if (!q->suite)
		return q->suite_dir ? cmd_usage_error(&cmd_lab_run,
						      "--suite-dir without --suite: which suite?")
				    : 0;
	r = suite_choose(q->suite, q->suite_dir, q->machine->isa, &q->choice, &err);
	if (r == -ENOENT)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	if (r < 0)
		return cmd_usage_error(&cmd_lab_run, "%s", err.code ? err.text : strerror(-r));
	r = lab_args_pass_on(q, "--suite", q->choice->name);
	if (r == 0)
		r = lab_args_pass_on(q, "--suite-format", q->choice->format);
	if (r == 0)
		r = lab_args_pass_on(q, "--suite-command", q->choice->command);
	return r == 0 && q->choice->folder
		       ? lab_args_pass_on(q, "--suite-folder", q->choice->folder)
		       : r;
}

/* What PID 1 of the guest runs. */
static int finish_plan(struct lab_request *q, const char *name, const char *repeat)
{
	int r;

	/* For tests: what it does is its own business, and no run is recorded. */
	if (q->exec) {
		q->plan.n = 0;
		return lab_args_pass_on(q, q->exec, NULL);
	}
	r = lab_args_pass_on(q, "--go", NULL);
	if (r == 0)
		r = lab_args_pass_on(q, "--lookout", NULL);
	if (r == 0 && q->machine->max_cpus > q->machine->cpus)
		r = lab_args_pass_on(q, "--platform", NULL);
	if (r == 0)
		r = lab_args_pass_on(q, "--machine", q->machine->name);
	if (r == 0 && q->race_plan)
		r = lab_args_pass_on(q, "--plan", "/" IMAGE_RACE_PLAN);
	if (r == 0 && q->baseline)
		r = lab_args_pass_on(q, "--baseline", "/" IMAGE_BASELINE);
	if (r == 0 && q->machine->nic)
		r = lab_args_pass_on(q, "--prober-port", "7");
	if (r == 0)
		r = lab_args_pass_on(q, "--name", name);
	return r == 0 ? lab_args_pass_on(q, "--repeat", repeat) : r;
}

static int get_ready(void)
{
	signal(SIGPIPE, SIG_IGN);
	/* A QEMU that aborts leaves no core file behind. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	return lab_open_signals();
}

/* A guest that was lost says nothing of its kernel: another one may. */
static int play_until_known(struct session_setup *setup, struct session_outcome *ret,
			    struct error *err)
{
	int r = session_run(setup, ret, err);

	while (r == 0 && ret->end == SESSION_LOST && setup->n_lost + 1 < GUESTS_MAX) {
		if (setup->watch)
			setup->watch(setup->watch_ctx, SESSION_WAS_LOST, NULL, ret->text);
		r = lab_lost_put_aside(setup->out, ++setup->n_lost, err);
		if (r == 0)
			r = session_run(setup, ret, err);
	}
	return r;
}

static int play(struct lab_request *q, const char *kernel, const char *modules,
		const char *hotproof, const char *userland, const char *out)
{
	_cleanup_close_ int signals = get_ready();
	struct lab_display *display = lab_display_new(q->is_quiet);
	struct session_setup setup = {
		.machine = q->machine,
		.kernel = kernel,
		.modules = modules,
		.hotproof = hotproof,
		.userland = userland,
		.append = q->append,
		.insmod = q->insmod.v,
		.add = q->add.v,
		.plan_argv = q->plan.v,
		.suite = q->choice ? (const char *const *)q->choice->trees : NULL,
		.suite_dir = q->suite ? q->suite_dir : NULL,
		.race_plan = q->race_plan,
		.baseline = q->baseline,
		.out = out,
		.signal_fd = signals,
		.want_dump = q->want_dump,
		.want_kvm = q->want_kvm,
		.watch = display ? lab_display_watch : NULL,
		.watch_ctx = display,
	};
	struct session_outcome outcome;
	struct error err = {};
	int r = play_until_known(&setup, &outcome, &err);

	lab_display_free(display);
	if (r < 0)
		return cmd_fail(&cmd_lab_run,
				r == -EEXIST || r == -ENOEXEC ? VERDICT_EXIT_USAGE
							      : VERDICT_EXIT_NOT_JUDGED,
				"%s", err.text);
	return lab_end(out, &outcome, q->is_known_ok, !q->has_no_report);
}

static int prepare_and_play(struct lab_request *q, const char *repeat)
{
	_cleanup_free_ char *kernel = NULL, *modules = NULL, *userland = NULL, *name = fresh_name();
	_cleanup_free_ char *hotproof = NULL, *own = NULL;
	const char *out = q->out ? q->out : name, *slash;
	struct error err = {};
	int r = settle_machine(q, &kernel, &modules);

	if (r == 0)
		r = take_suite(q);
	if (r != 0)
		return r;
	own = guest_program_own();
	hotproof = q->hotproof ? strdup(q->hotproof) : guest_program_find(q->machine->isa);
	r = hotproof && own ? image_check_program(hotproof, q->machine->isa, &err) : -ENOMEM;
	if (r < 0)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	/* A foreign program does not run here; ours has the same catalogue. */
	r = q->exec ? 0 : check_plan(q, arch_is_native(q->machine->isa) ? hotproof : own);
	if (r == 0 && q->baselines.n > 0)
		r = take_baselines(q);
	if (r != 0)
		return r;
	if (cache_userland(q->machine->isa, &userland, &err) < 0)
		fprintf(stderr, "hotproof-lab: %s; going on without\n", err.text);
	slash = strrchr(out, '/');
	r = finish_plan(q, slash && slash[1] ? slash + 1 : out, repeat);
	return r != 0 ? r : play(q, kernel, modules, hotproof, userland, out);
}

/*
 * How many arguments to leave out of what can be typed again: --out, and the choice of scenarios,
 * witnesses and claims, since a report adds the one that it is about.
 */
static int left_out(const char *arg)
{
	static const char *const names[] = { "--out", "--scenario", "--witness", "--claim" };

	if (arg[0] == '-' && arg[1] && strchr("oswc", arg[1]))
		return arg[2] ? 1 : 2;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!text_starts(arg, names[i]))
			continue;
		if (arg[strlen(names[i])] == '=')
			return 1;
		if (arg[strlen(names[i])] == '\0')
			return 2;
	}
	return 0;
}

static char *repeat_of(int argc, char **argv)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int i = 1;

	if (!f)
		return NULL;
	fputs("hotproof lab run", f);
	while (i < argc) {
		int n = left_out(argv[i]);

		if (n == 0)
			fprintf(f, strpbrk(argv[i], " *?[]$'\"\\;&|<>()") ? " '%s'" : " %s",
				argv[i]);
		i += n ? n : 1;
	}
	fclose(f);
	return text;
}

static int play_on_box(struct lab_request *q, const char *repeat)
{
	_cleanup_close_ int signals = get_ready();
	_cleanup_free_ char *name = fresh_name();

	return lab_box_play(q, q->out ? q->out : name, signals, repeat);
}

static int run(int argc, char **argv)
{
	_cleanup_free_ char *repeat = repeat_of(argc, argv);
	struct lab_request q = { .prober_port = PROBER_PORT };
	int r = lab_args_parse(argc, argv, &q);

	if (r == 0 && q.box)
		r = play_on_box(&q, repeat ? repeat : "");
	else if (r == 0)
		r = prepare_and_play(&q, repeat ? repeat : "");
	lab_args_clear(&q);
	return r;
}

const struct cmd cmd_lab_run = {
	.name = "run",
	.summary = "Boot a guest, take its CPUs offline and back, and prove what must hold",
	.usage = "[OPTION]... [MACHINE]",
	.explain =
		"Boots MACHINE (default: " MACHINE_DEFAULT
		"; `hotproof lab machines` lists them) in QEMU, without root, and "
		"runs hotproof in it as its first process. The journal leaves the guest as it is written, so a guest that "
		"panics or hangs is evidence too. Meanwhile a prober outside sends it datagrams. In the end all is judged "
		"here, and the run directory holds the evidence, the results and a report to look at.",
	.options = lab_args_options,
	.run = run,
};
