// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab resume`: goes on with a matrix. What has ended stays as it is. */
#include <string.h>

#include "base/text.h"
#include "cmd/lab.h"
#include "cmd/lab_matrix.h"
#include "lab/slurm.h"

enum { OPT_JOBS = 1, OPT_TRIES, OPT_QUIET, OPT_ON, OPT_SLURM, OPT_PROGRAM };

static const struct cmd_option options[] = {
	{ OPT_JOBS, "jobs", 'j', "N", "Guests at once; default: one for two of this host's CPUs" },
	{ OPT_TRIES, "tries", 0, "N", "Guests for a cell that gives no verdict (2)" },
	{ OPT_ON, "on", 0, "local|slurm",
	  "Where the guests run; default: Slurm while it has tasks of this matrix, else here",
	  CMD_WORDS, "local slurm" },
	{ OPT_SLURM, "slurm-option", 0, "OPTION", "For sbatch (may be repeated)" },
	{ OPT_QUIET, "quiet", 'q', NULL, "No progress, only the result" },
	{ OPT_PROGRAM, "program", 0, "FILE", "For tests: plays the part of the lab", CMD_FILE,
	  .is_hidden = true },
	{},
};

static int take_count(const char *name, const char *value, int max, int *ret)
{
	if (text_to_int(value, ret) == 0 && *ret >= 1 && *ret <= max)
		return 0;
	return cmd_usage_error(&cmd_lab_resume, "--%s=\"%s\" is not a number from 1 to %d", name,
			       value, max);
}

/* A cell that gave no verdict may give one today; what was missing may be there now. */
static void wake_up(struct matrix *m)
{
	for (size_t i = 0; i < m->n_cells; i++) {
		struct matrix_cell *c = &m->cells[i];

		if (c->state == MATRIX_ENDED && c->exit != VERDICT_EXIT_PASSED &&
		    c->exit != VERDICT_EXIT_FAILED && c->exit != VERDICT_EXIT_NOT_TRIED) {
			c->state = MATRIX_WAITING;
			c->tries = 0;
		}
	}
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_resume, argc, argv);
	struct lab_matrix_options how = { .tries = 2 };
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	const char *value, *dir = NULL, *place = NULL;
	struct error err = {};
	int o, r = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END) {
		if (o == CMD_OPERAND && !dir)
			dir = value;
		else if (o == OPT_JOBS)
			r = take_count("jobs", value, 64, &how.jobs);
		else if (o == OPT_TRIES)
			r = take_count("tries", value, 100, &how.tries);
		else if (o == OPT_QUIET)
			how.is_quiet = true;
		else if (o == OPT_ON)
			place = value, r = lab_matrix_take_place(&cmd_lab_resume, &how, value);
		else if (o == OPT_SLURM)
			r = lab_matrix_take_slurm_option(&cmd_lab_resume, &how, value);
		else if (o == OPT_PROGRAM)
			how.program = value;
		else
			r = o == CMD_OPERAND
				    ? cmd_usage_error(
					      &cmd_lab_resume,
					      "one matrix at a time, but was given \"%s\" and \"%s\"",
					      dir, value)
				    : VERDICT_EXIT_USAGE;
	}
	if (r != 0)
		return r;
	if (!dir)
		return cmd_usage_error(&cmd_lab_resume, "which matrix? name its folder");
	if (matrix_open(dir, &m, &err) < 0)
		return cmd_usage_error(&cmd_lab_resume, "%s", err.text);
	wake_up(m);
	if (!place)
		how.is_on_slurm = slurm_has_tasks(m);
	return lab_matrix_play(&cmd_lab_resume, m, &how);
}

const struct cmd cmd_lab_resume = {
	.name = "resume",
	.summary = "Go on with a matrix that was ended, or whose cells gave no verdict",
	.usage = "[OPTION]... DIR",
	.explain =
		"DIR is the folder of a `hotproof lab matrix`. Cells that have ended stay as they are; those that were cut short, "
		"gave no verdict, or lacked something, are played in fresh guests.",
	.options = options,
	.operands = CMD_DIR,
	.run = run,
};
