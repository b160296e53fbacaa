// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of `hotproof lab run`, one by one. Nothing is started and no file is looked at here. */
#include "cmd/lab_args.h"

#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "lab/kvm.h"

enum {
	OPT_KERNEL = 1,
	OPT_MODULES,
	OPT_APPEND,
	OPT_CPUS,
	OPT_MEM,
	OPT_CPU_MODEL,
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
	OPT_TAKE,
	OPT_DEEP,
	OPT_SEED,
	OPT_BUDGET,
	OPT_SMOKE,
	OPT_PLAN,
	OPT_BASELINE,
	OPT_DUMP,
	OPT_SUITE,
	OPT_TREE,
	OPT_BOX,
	OPT_SSH,
	OPT_PROBER,
	OPT_SUITE_DIR,
};

const struct cmd_option lab_args_options[] = {
	{ OPT_KERNEL, "kernel", 'k', "NAME|FILE",
	  "Boot this kernel instead of the machine's: a name as in `6.12` or `debian:sid/generic`, or with --modules a file",
	  CMD_FILE },
	{ OPT_MODULES, "modules", 'm', "DIR",
	  "The modules of the kernel's file: the folder lib/modules/RELEASE", CMD_DIR },
	{ OPT_TREE, "kernel-tree", 0, "DIR",
	  "Boot the kernel that was built in this kernel tree, with its modules", CMD_DIR },
	{ OPT_APPEND, "append", 'a', "OPTIONS", "Further kernel options" },
	{ OPT_CPUS, "cpus", 0, "N", "Another number of CPUs" },
	{ OPT_MEM, "mem", 0, "MIB", "Another size of memory" },
	{ OPT_CPU_MODEL, "cpu-model", 0, "MODEL",
	  "Another model of CPU, in QEMU's words, as in `max,vendor=AuthenticAMD`" },
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
	{ OPT_TAKE, "take-cpus", 0, "LIST", "Take off only these CPUs, as in 1,3-5" },
	{ OPT_DEEP, "deep", 0, NULL, "The scenarios that take long, too: sweeps and races" },
	{ OPT_BUDGET, "time-budget", 0, "60s|10m|1h",
	  "Play what fits into this time, deep ones too: what is worth most comes first, what does not fit is named" },
	{ OPT_SMOKE, "smoke", 0, NULL, "Only what is worth most, on one CPU: a few seconds" },
	{ OPT_SEED, "seed", 0, "N",
	  "Seed of what is chosen at random; default: drawn and recorded" },
	{ OPT_PLAN, "plan", 0, "FILE", "Repeat the races of this plan: plan.json of a run",
	  CMD_FILE },
	{ OPT_BASELINE, "baseline", 0, "DIR",
	  "Hold what acts cost against this earlier run of the same machine (may be repeated)",
	  CMD_DIR },
	{ OPT_DUMP, "dump", 0, NULL,
	  "Keep the memory of a guest that panics or hangs: vmcore.kdump, for crash(8)" },
	{ OPT_BOX, "box", 0, "ssh://USER@HOST:PORT",
	  "On this box over ssh, instead of in a guest; MACHINE is then its name in the record" },
	{ OPT_SSH, "ssh-option", 0, "OPTION",
	  "A word for ssh, as in `--ssh-option=-i --ssh-option=key` (may be repeated)" },
	{ OPT_PROBER, "prober-port", 0, "PORT",
	  "UDP port of the box that the prober talks to; 0: no prober (40007)" },
	{ OPT_SUITE, "suite", 0, "NAME",
	  "Instead of scenarios another suite: ltp-cpuhotplug, kselftest, stress-ng, or ktap:COMMAND" },
	{ OPT_SUITE_DIR, "suite-dir", 0, "DIR",
	  "The files of the suite, at /opt/suite in the guest; default: Debian's", CMD_DIR },
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

static int add(struct lab_list *l, const char *value)
{
	const char **bigger = reallocarray(l->v, l->n + 2, sizeof(*bigger));

	if (!bigger)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	l->v = bigger;
	l->v[l->n++] = value;
	l->v[l->n] = NULL;
	return 0;
}

int lab_args_pass_on(struct lab_request *q, const char *name, const char *value)
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

static int take_scale(struct lab_request *q, const char *value)
{
	char *end;
	double scale = strtod(value, &end);

	if (!*value || *end || !(scale > 0) || scale > 1000)
		return cmd_usage_error(&cmd_lab_run,
				       "--deadline-scale=\"%s\" is not between 0 and 1000", value);
	wait_set_scale(scale);
	return lab_args_pass_on(q, "--deadline-scale", value);
}

static int take_accel(struct lab_request *q, const char *value)
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

static int take_machine(struct lab_request *q, const char *value)
{
	if (q->machine_name)
		return cmd_usage_error(&cmd_lab_run,
				       "one machine at a time, but was given \"%s\" and \"%s\"",
				       q->machine_name, value);
	q->machine_name = value;
	return 0;
}

static int take(struct lab_request *q, int option, const char *value)
{
	switch (option) {
	case CMD_OPERAND: return take_machine(q, value);
	case OPT_BOX: q->box = value; return 0;
	case OPT_SSH: return add(&q->ssh_options, value);
	case OPT_PROBER: return take_count("prober-port", value, 0, 65535, &q->prober_port);
	case OPT_TREE: q->tree_dir = value; return 0;
	case OPT_SUITE: q->suite = value; return 0;
	case OPT_SUITE_DIR: q->suite_dir = value; return 0;
	case OPT_KERNEL: q->kernel = value; return 0;
	case OPT_MODULES: q->modules = value; return 0;
	case OPT_APPEND: q->append = value; return 0;
	case OPT_CPUS: return take_count("cpus", value, 1, MACHINE_CPUS_MAX, &q->cpus);
	case OPT_MEM: return take_count("mem", value, MACHINE_MEM_MIN, 1 << 20, &q->mem);
	case OPT_CPU_MODEL: q->cpu_model = value; return 0;
	case OPT_INSMOD: return add(&q->insmod, value);
	case OPT_ADD: return add(&q->add, value);
	case OPT_OUT: q->out = value; return 0;
	case OPT_SCENARIO: return lab_args_pass_on(q, "--scenario", value);
	case OPT_WITNESS: return lab_args_pass_on(q, "--witness", value);
	case OPT_CLAIM: return lab_args_pass_on(q, "--claim", value);
	case OPT_TAKE: return lab_args_pass_on(q, "--cpus", value);
	case OPT_DEEP: return lab_args_pass_on(q, "--deep", NULL);
	case OPT_BUDGET: return lab_args_pass_on(q, "--time-budget", value);
	case OPT_SMOKE: return lab_args_pass_on(q, "--smoke", NULL);
	case OPT_SEED: return lab_args_pass_on(q, "--seed", value);
	case OPT_PLAN: q->race_plan = value; return 0;
	case OPT_BASELINE: return add(&q->baselines, value);
	case OPT_DUMP: q->want_dump = true; return 0;
	case OPT_KNOWN_OK: q->is_known_ok = true; return 0;
	case OPT_NO_RETRY: return lab_args_pass_on(q, "--no-retry", NULL);
	case OPT_SCALE: return take_scale(q, value);
	case OPT_NO_REPORT: q->has_no_report = true; return 0;
	case OPT_ACCEL: return take_accel(q, value);
	case OPT_HOTPROOF: q->hotproof = value; return 0;
	case OPT_EXEC: q->exec = value; return 0;
	case OPT_QUIET: q->is_quiet = true; return 0;
	default: return VERDICT_EXIT_USAGE;
	}
}

int lab_args_parse(int argc, char **argv, struct lab_request *ret)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_run, argc, argv);
	const char *value;
	int o, r = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END)
		r = o == -1 ? VERDICT_EXIT_USAGE : take(ret, o, value);
	return r;
}

void lab_args_clear(struct lab_request *q)
{
	suite_choice_free(q->choice);
	kernel_tree_free(q->tree);
	free(q->ssh_options.v);
	machine_free(q->machine);
	free(q->insmod.v);
	free(q->add.v);
	free(q->plan.v);
	free(q->baselines.v);
	free(q->baseline);
}
