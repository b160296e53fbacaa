// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab matrix`: several machines, kernels and options, each cell a `hotproof lab run` in a
 * guest of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "cmd/lab_args.h"
#include "cmd/lab_matrix.h"
#include "lab/machine.h"

enum {
	OPT_OUT = 1,
	OPT_JOBS,
	OPT_TRIES,
	OPT_ALL,
	OPT_KERNEL,
	OPT_OPTIONS,
	OPT_AXIS,
	OPT_SMOKE,
	OPT_DEEP,
	OPT_SCENARIO,
	OPT_WITNESS,
	OPT_CLAIM,
	OPT_BUDGET,
	OPT_KNOWN_OK,
	OPT_NO_REPORT,
	OPT_SCALE,
	OPT_QUIET,
	OPT_ON,
	OPT_SLURM,
	OPT_PROGRAM
};

static const struct cmd_option options[] = {
	{ OPT_OUT, "out", 'o', "DIR", "The matrix's folder; default: matrix-TIME-ID here",
	  CMD_DIR },
	{ OPT_JOBS, "jobs", 'j', "N", "Guests at once; default: one for two of this host's CPUs" },
	{ OPT_TRIES, "tries", 0, "N", "Guests for a cell that gives no verdict (2)" },
	{ OPT_ALL, "all", 0, NULL, "All machines that are built in" },
	{ OPT_KERNEL, "kernel", 'k', "NAME",
	  "This kernel instead of the machine's (may be repeated: each is a cell)" },
	{ OPT_OPTIONS, "options", 0, "pairwise|full",
	  "Boot options as an axis: every two meet in a cell, or all products", CMD_WORDS,
	  "pairwise full" },
	{ OPT_AXIS, "axis", 0, "NAME",
	  "Only this axis of options, as in tick, irq, preempt, cpus (may be repeated)" },
	{ OPT_SMOKE, "smoke", 0, NULL, "Only what is worth most, on one CPU: a few seconds" },
	{ OPT_DEEP, "deep", 0, NULL, "The scenarios that take long, too: sweeps and races" },
	{ OPT_BUDGET, "time-budget", 0, "60s|10m|1h", "Play what fits into this time, per cell" },
	{ OPT_SCENARIO, "scenario", 's', "GLOB", "Only these scenarios (may be repeated)",
	  CMD_SCENARIO },
	{ OPT_WITNESS, "witness", 'w', "GLOB", "Only these witnesses (may be repeated)",
	  CMD_WITNESS },
	{ OPT_CLAIM, "claim", 'c', "GLOB", "Only these claims (may be repeated)", CMD_CLAIM },
	{ OPT_KNOWN_OK, "known-ok", 0, NULL,
	  "A cell in which only known kernel defects failed has passed" },
	{ OPT_NO_REPORT, "no-report", 0, NULL, "Leave out the report.html of the cells" },
	{ OPT_SCALE, "deadline-scale", 0, "X",
	  "Multiply every deadline by X: for slow or loaded hosts" },
	{ OPT_ON, "on", 0, "local|slurm",
	  "Where the guests run: here (default), or as jobs of Slurm", CMD_WORDS, "local slurm" },
	{ OPT_SLURM, "slurm-option", 0, "OPTION",
	  "For sbatch, as in `--slurm-option=--partition=lab` (may be repeated)" },
	{ OPT_QUIET, "quiet", 'q', NULL, "No progress, only the result" },
	{ OPT_PROGRAM, "program", 0, "FILE", "For tests: plays the part of the lab", CMD_FILE,
	  .is_hidden = true },
	{},
};

struct request {
	struct lab_list machines, kernels, axes, words;
	const char *out;
	struct lab_matrix_options how;
	bool want_all, want_options, is_full;
};

static int add(struct lab_list *l, const char *value)
{
	const char **bigger = reallocarray(l->v, l->n + 2, sizeof(*bigger));

	if (!bigger)
		return cmd_fail(&cmd_lab_matrix, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	l->v = bigger;
	l->v[l->n++] = value;
	l->v[l->n] = NULL;
	return 0;
}

static int pass_on(struct request *q, const char *name, const char *value)
{
	int r = add(&q->words, name);

	return r == 0 && value ? add(&q->words, value) : r;
}

static int take_count(const char *name, const char *value, int max, int *ret)
{
	if (text_to_int(value, ret) == 0 && *ret >= 1 && *ret <= max)
		return 0;
	return cmd_usage_error(&cmd_lab_matrix, "--%s=\"%s\" is not a number from 1 to %d", name,
			       value, max);
}

static int take_options(struct request *q, const char *value)
{
	q->want_options = true;
	q->is_full = strcmp(value, "full") == 0;
	if (q->is_full || strcmp(value, "pairwise") == 0)
		return 0;
	return cmd_usage_error(&cmd_lab_matrix, "--options=\"%s\" is none of: pairwise full",
			       value);
}

static int take(struct request *q, int option, const char *value)
{
	switch (option) {
	case CMD_OPERAND: return add(&q->machines, value);
	case OPT_OUT: q->out = value; return 0;
	case OPT_JOBS: return take_count("jobs", value, 64, &q->how.jobs);
	case OPT_TRIES: return take_count("tries", value, 100, &q->how.tries);
	case OPT_ALL: q->want_all = true; return 0;
	case OPT_KERNEL: return add(&q->kernels, value);
	case OPT_OPTIONS: return take_options(q, value);
	case OPT_AXIS: q->want_options = true; return add(&q->axes, value);
	case OPT_SMOKE: return pass_on(q, "--smoke", NULL);
	case OPT_DEEP: return pass_on(q, "--deep", NULL);
	case OPT_BUDGET: return pass_on(q, "--time-budget", value);
	case OPT_SCENARIO: return pass_on(q, "--scenario", value);
	case OPT_WITNESS: return pass_on(q, "--witness", value);
	case OPT_CLAIM: return pass_on(q, "--claim", value);
	case OPT_KNOWN_OK: return pass_on(q, "--known-ok", NULL);
	case OPT_NO_REPORT: return pass_on(q, "--no-report", NULL);
	case OPT_SCALE: return pass_on(q, "--deadline-scale", value);
	case OPT_QUIET: q->how.is_quiet = true; return 0;
	case OPT_ON: return lab_matrix_take_place(&cmd_lab_matrix, &q->how, value);
	case OPT_SLURM: return lab_matrix_take_slurm_option(&cmd_lab_matrix, &q->how, value);
	case OPT_PROGRAM: q->how.program = value; return 0;
	default: return VERDICT_EXIT_USAGE;
	}
}

/* Without any named: the plain machine of each architecture, or all. */
static int choose_machines(struct request *q)
{
	int r = 0;

	if (q->machines.n > 0)
		return 0;
	for (const struct arch *a = arch_table; a->name && !q->want_all && r == 0; a++)
		r = add(&q->machines, a->machine);
	for (const struct embedded_text *t = machine_texts; t->name && q->want_all && r == 0; t++)
		r = add(&q->machines, t->name);
	return r;
}

static int add_cell(struct matrix *m, const char *machine, const char *kernel,
		    const struct options_set *set)
{
	int r = matrix_add(m, machine, kernel, set);

	if (r == -EEXIST)
		return cmd_usage_error(&cmd_lab_matrix, "the machine \"%s\"%s%s is there twice",
				       machine, kernel ? " with the kernel " : "",
				       kernel ? kernel : "");
	return r < 0 ? cmd_fail(&cmd_lab_matrix, VERDICT_EXIT_NOT_JUDGED, "%s", strerror(-r)) : 0;
}

/* All cells of a machine: kernels times options. */
static int add_machine(const struct request *q, struct matrix *m, const char *name)
{
	_cleanup_(cleanup_machine) struct machine *machine = NULL;
	struct options_list sets = {};
	struct error err = {};
	size_t k = 0;
	int r = machine_load(name, &machine, &err);

	if (r == 0 && q->want_options)
		r = options_plan(machine, q->axes.v, q->is_full, &sets, &err);
	if (r < 0)
		return cmd_usage_error(&cmd_lab_matrix, "%s", err.code ? err.text : strerror(-r));
	do {
		const char *kernel = q->kernels.n ? q->kernels.v[k] : NULL;

		if (!q->want_options)
			r = add_cell(m, name, kernel, NULL);
		for (size_t o = 0; r == 0 && o < sets.n; o++)
			r = add_cell(m, name, kernel, &sets.sets[o]);
	} while (r == 0 && ++k < q->kernels.n);
	options_list_clear(&sets);
	return r;
}

static int add_cells(const struct request *q, struct matrix *m)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->machines.n; i++)
		r = add_machine(q, m, q->machines.v[i]);
	return r;
}

static int play(struct request *q)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	_cleanup_free_ char *name = NULL;
	time_t now = time(NULL);
	struct error err = {};
	char stamp[32];
	struct tm tm;
	int r;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	name = text_printf("matrix-%s-%d", stamp, (int)getpid());
	if (!name || matrix_new(q->out ? q->out : name, q->words.v, &m) < 0)
		return cmd_fail(&cmd_lab_matrix, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	r = choose_machines(q);
	if (r == 0)
		r = add_cells(q, m);
	if (r != 0)
		return r;
	r = matrix_create(m, &err);
	if (r < 0)
		return cmd_fail(&cmd_lab_matrix,
				r == -EEXIST ? VERDICT_EXIT_USAGE : VERDICT_EXIT_NOT_JUDGED, "%s",
				err.text);
	return lab_matrix_play(&cmd_lab_matrix, m, &q->how);
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_matrix, argc, argv);
	struct request q = { .how = { .tries = 2 } };
	const char *value;
	int o, r = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END)
		r = o == -1 ? VERDICT_EXIT_USAGE : take(&q, o, value);
	if (r == 0)
		r = play(&q);
	free(q.machines.v);
	free(q.kernels.v);
	free(q.axes.v);
	free(q.words.v);
	return r;
}

const struct cmd cmd_lab_matrix = {
	.name = "matrix",
	.summary = "Prove it on several machines and kernels, each in a guest of its own",
	.usage = "[OPTION]... [MACHINE]...",
	.explain =
		"Each cell is a `hotproof lab run` of one MACHINE (default: the plain one of each architecture) in a fresh guest. A guest that "
		"dies takes nothing with it but its own cell; a cell without a verdict is tried again. What a cell takes and is "
		"not here, a kernel for example, is named, and its cell is left out. The matrix's folder is written as it "
		"goes: `hotproof lab resume` goes on where one was ended, by whatever. What came out is in its matrix.html, to be looked at, and in "
		"results.json. No guest is started while memory or CPUs do not allow it. With `--on slurm` each cell is a task of a job array: "
		"the nodes must see the folder and this program under the same paths; a task that is lost with its node is submitted again.",
	.options = options,
	.run = run,
};
