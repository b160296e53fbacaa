// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab run`: options, one session in one guest, and what is said about it at the end. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "cmd/lab_end.h"
#include "lab/cache.h"
#include "lab/image.h"
#include "lab/kvm.h"

enum {
	OPT_KERNEL = 1,
	OPT_MODULES,
	OPT_APPEND,
	OPT_CPUS,
	OPT_MEM,
	OPT_INSMOD,
	OPT_ADD,
	OPT_OUT,
	OPT_SCENARIO,
	OPT_WITNESS,
	OPT_CLAIM,
	OPT_KNOWN_OK,
	OPT_NO_RETRY,
	OPT_SCALE,
	OPT_NO_REPORT,
	OPT_ACCEL,
	OPT_HOTPROOF,
	OPT_QUIET,
	OPT_EXEC,
};

static const struct cmd_option options[] = {
	{ OPT_KERNEL, "kernel", 'k', "FILE", "Boot this kernel instead of the machine's",
	  CMD_FILE },
	{ OPT_MODULES, "modules", 'm', "DIR", "Its modules: the folder lib/modules/RELEASE",
	  CMD_DIR },
	{ OPT_APPEND, "append", 'a', "OPTIONS", "Further kernel options" },
	{ OPT_CPUS, "cpus", 0, "N", "Another number of CPUs" },
	{ OPT_MEM, "mem", 0, "MIB", "Another size of memory" },
	{ OPT_INSMOD, "insmod", 'i', "FILE[,PARAM=VALUE...]",
	  "Load your own module before the run begins (may be repeated)", CMD_FILE },
	{ OPT_ADD, "add", 0, "DIR", "Put the files of a folder into the guest (may be repeated)",
	  CMD_DIR },
	{ OPT_OUT, "out", 'o', "DIR", "The run directory; default: run-TIME-ID here", CMD_DIR },
	{ OPT_SCENARIO, "scenario", 's', "GLOB", "Only these scenarios (may be repeated)",
	  CMD_SCENARIO },
	{ OPT_WITNESS, "witness", 'w', "GLOB", "Only these witnesses (may be repeated)",
	  CMD_WITNESS },
	{ OPT_CLAIM, "claim", 'c', "GLOB", "Only these claims (may be repeated)", CMD_CLAIM },
	{ OPT_KNOWN_OK, "known-ok", 0, NULL, "Exit 0 when only known kernel defects failed" },
	{ OPT_NO_RETRY, "no-retry", 0, NULL,
	  "Do not try failed claims again with their witness alone" },
	{ OPT_SCALE, "deadline-scale", 0, "X",
	  "Multiply every deadline by X: for slow or loaded hosts" },
	{ OPT_NO_REPORT, "no-report", 0, NULL, "Leave out report.html" },
	{ OPT_ACCEL, "accel", 0, "auto|tcg|kvm", "Default: KVM if it really works, else TCG",
	  CMD_WORDS, "auto tcg kvm" },
	{ OPT_HOTPROOF, "hotproof", 0, "FILE", "The static binary for the guest", CMD_FILE,
	  .is_hidden = true },
	{ OPT_EXEC, "exec", 0, "PROGRAM", "Run this program of the guest instead of hotproof run",
	  CMD_FILE, .is_hidden = true },
	{ OPT_QUIET, "quiet", 'q', NULL, "No progress, only the result" },
	{},
};

struct list {
	const char **v;
	size_t n;
};

struct request {
	struct machine *machine;
	const char *machine_name, *kernel, *modules, *append, *out, *scale, *hotproof, *exec;
	struct list insmod, add, plan;
	int cpus, mem, want_kvm;
	bool is_known_ok, has_no_report, is_quiet;
};

static int add(struct list *l, const char *value)
{
	const char **bigger = reallocarray(l->v, l->n + 2, sizeof(*bigger));

	if (!bigger)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	l->v = bigger;
	l->v[l->n++] = value;
	l->v[l->n] = NULL;
	return 0;
}

/* An option that the guest's run gets as it is. */
static int pass_on(struct request *q, const char *name, const char *value)
{
	int r = add(&q->plan, name);

	return r == 0 && value ? add(&q->plan, value) : r;
}

static int take_count(const char *name, const char *value, int min, int max, int *ret)
{
	int n;

	if (text_to_int(value, &n) < 0 || n < min || n > max)
		return cmd_usage_error(&cmd_lab_run, "--%s=\"%s\" is not a number from %d to %d",
				       name, value, min, max);
	*ret = n;
	return 0;
}

static int take_scale(struct request *q, const char *value)
{
	char *end;
	double scale = strtod(value, &end);

	if (!*value || *end || !(scale > 0) || scale > 1000)
		return cmd_usage_error(&cmd_lab_run,
				       "--deadline-scale=\"%s\" is not between 0 and 1000", value);
	wait_set_scale(scale);
	return pass_on(q, "--deadline-scale", value);
}

static int take_accel(struct request *q, const char *value)
{
	static const char *const words[] = {
		[KVM_AUTO] = "auto", [KVM_NEVER] = "tcg", [KVM_ALWAYS] = "kvm"
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value, words[i]) == 0) {
			q->want_kvm = (int)i;
			return 0;
		}
	return cmd_usage_error(&cmd_lab_run, "--accel=\"%s\" is none of: auto tcg kvm", value);
}

static int take_machine(struct request *q, const char *value)
{
	if (q->machine_name)
		return cmd_usage_error(&cmd_lab_run,
				       "one machine at a time, but was given \"%s\" and \"%s\"",
				       q->machine_name, value);
	q->machine_name = value;
	return 0;
}

static int take(struct request *q, int option, const char *value)
{
	switch (option) {
	case CMD_OPERAND: return take_machine(q, value);
	case OPT_KERNEL: q->kernel = value; return 0;
	case OPT_MODULES: q->modules = value; return 0;
	case OPT_APPEND: q->append = value; return 0;
	case OPT_CPUS: return take_count("cpus", value, 1, MACHINE_CPUS_MAX, &q->cpus);
	case OPT_MEM: return take_count("mem", value, MACHINE_MEM_MIN, 1 << 20, &q->mem);
	case OPT_INSMOD: return add(&q->insmod, value);
	case OPT_ADD: return add(&q->add, value);
	case OPT_OUT: q->out = value; return 0;
	case OPT_SCENARIO: return pass_on(q, "--scenario", value);
	case OPT_WITNESS: return pass_on(q, "--witness", value);
	case OPT_CLAIM: return pass_on(q, "--claim", value);
	case OPT_KNOWN_OK: q->is_known_ok = true; return 0;
	case OPT_NO_RETRY: return pass_on(q, "--no-retry", NULL);
	case OPT_SCALE: return take_scale(q, value);
	case OPT_NO_REPORT: q->has_no_report = true; return 0;
	case OPT_ACCEL: return take_accel(q, value);
	case OPT_HOTPROOF: q->hotproof = value; return 0;
	case OPT_EXEC: q->exec = value; return 0;
	case OPT_QUIET: q->is_quiet = true; return 0;
	default: return VERDICT_EXIT_USAGE;
	}
}

/* The machine with what the command line changed of it, and the kernel to boot. */
static int settle_machine(struct request *q, char **ret_kernel, char **ret_modules)
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
	if (!q->kernel != !q->modules)
		return cmd_usage_error(
			&cmd_lab_run,
			"--kernel and --modules belong together: a kernel loads only its own modules");
	if (q->kernel) {
		if (access(q->kernel, R_OK) < 0)
			return cmd_fail(&cmd_lab_run, VERDICT_EXIT_USAGE,
					"cannot read the kernel \"%s\": %s", q->kernel,
					strerror(errno));
		*ret_kernel = strdup(q->kernel);
		*ret_modules = strdup(q->modules);
		return 0;
	}
	r = cache_kernel(q->machine->kernel, ret_kernel, ret_modules, &err);
	return r < 0 ? cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", err.text) : 0;
}

char *lab_find_hotproof(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return text_printf("%s/hotproof", self);
}

/* Globs that choose nothing are known here already: a guest need not boot for that. */
static int check_plan(const struct request *q, const char *hotproof)
{
	_cleanup_free_ const char **argv = calloc(q->plan.n + 3, sizeof(*argv));
	_cleanup_process_ struct process p = PROCESS_NONE;
	struct error err = {};
	int status, r;

	if (!argv)
		return VERDICT_EXIT_NOT_JUDGED;
	argv[0] = hotproof;
	argv[1] = "run";
	for (size_t i = 0; i < q->plan.n; i++)
		argv[i + 2] = q->plan.v[i];
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

/* What PID 1 of the guest runs. */
static int finish_plan(struct request *q, const char *name, const char *repeat)
{
	int r;

	/* For tests: what it does is its own business, and no run is recorded. */
	if (q->exec) {
		q->plan.n = 0;
		return pass_on(q, q->exec, NULL);
	}
	r = pass_on(q, "--go", NULL);

	if (r == 0)
		r = pass_on(q, "--machine", q->machine->name);
	if (r == 0 && q->machine->nic)
		r = pass_on(q, "--prober-port", "7");
	if (r == 0)
		r = pass_on(q, "--name", name);
	return r == 0 ? pass_on(q, "--repeat", repeat) : r;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A QEMU that aborts leaves no core file behind. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int play(struct request *q, const char *kernel, const char *modules, const char *hotproof,
		const char *userland, const char *out)
{
	_cleanup_close_ int signals = open_signals();
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
		.out = out,
		.signal_fd = signals,
		.want_kvm = q->want_kvm,
		.watch = display ? lab_display_watch : NULL,
		.watch_ctx = display,
	};
	struct session_outcome outcome;
	struct error err = {};
	int r = session_run(&setup, &outcome, &err);

	lab_display_free(display);
	if (r < 0)
		return cmd_fail(&cmd_lab_run,
				r == -EEXIST || r == -ENOEXEC ? VERDICT_EXIT_USAGE
							      : VERDICT_EXIT_NOT_JUDGED,
				"%s", err.text);
	return lab_end(out, &outcome, q->is_known_ok, !q->has_no_report);
}

static int prepare_and_play(struct request *q, const char *repeat)
{
	_cleanup_free_ char *kernel = NULL, *modules = NULL, *userland = NULL, *name = fresh_name();
	_cleanup_free_ char *hotproof = q->hotproof ? strdup(q->hotproof) : lab_find_hotproof();
	const char *out = q->out ? q->out : name, *slash;
	struct error err = {};
	int r = settle_machine(q, &kernel, &modules);

	if (r != 0)
		return r;
	r = hotproof ? image_check_program(hotproof, &err) : -ENOMEM;
	if (r < 0)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	r = q->exec ? 0 : check_plan(q, hotproof);
	if (r != 0)
		return r;
	if (cache_userland(&userland, &err) < 0)
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

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_run, argc, argv);
	_cleanup_free_ char *repeat = repeat_of(argc, argv);
	struct request q = {};
	const char *value;
	int o, r = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END)
		r = o == -1 ? VERDICT_EXIT_USAGE : take(&q, o, value);
	if (r == 0)
		r = prepare_and_play(&q, repeat ? repeat : "");
	machine_free(q.machine);
	free(q.insmod.v);
	free(q.add.v);
	free(q.plan.v);
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
	.options = options,
	.run = run,
};
