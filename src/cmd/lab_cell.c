// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `hotproof-lab cell`: what a job of a cluster runs: one cell of a matrix, into a folder of this
 * try alone. Whoever submitted it collects it from there. It is no word for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/lab.h"
#include "lab/fleet.h"

enum { OPT_PROGRAM = 1 };

static const struct cmd_option options[] = {
	{ OPT_PROGRAM, "program", 0, "FILE", "For tests: plays the part of the lab", CMD_FILE },
	{},
};

struct request {
	const char *program, *operands[3]; /* folder, index, job */
	int n;
};

static char *node_name(void)
{
	const char *slurm = getenv("SLURMD_NODENAME");
	struct utsname uts;

	if (slurm && *slurm)
		return strdup(slurm);
	return uname(&uts) == 0 ? strdup(uts.nodename) : NULL;
}

/* What the cell takes is not on this node: an end too, but not the cell's. */
static int write_absent(const struct matrix *m, const struct matrix_cell *c)
{
	_cleanup_free_ char *path = matrix_path(m, c, ".json"), *text = NULL;
	json_t *doc = json_pack("{s:i, s:b, s:s?, s:s?}", "exit", VERDICT_EXIT_NOT_JUDGED, "absent",
				1, "why", c->why, "node", c->node);

	text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
	json_decref(doc);
	if (!path || !text)
		return -ENOMEM;
	return file_replace(AT_FDCWD, path, text, strlen(text));
}

static int play(const struct request *q, const struct matrix *whole, const struct matrix_cell *c)
{
	_cleanup_close_ int signals = lab_open_signals();
	_cleanup_free_ char *dir = text_printf("%s/.tries/%s", q->operands[0], q->operands[2]);
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	struct fleet_setup setup = { .program = q->program ? q->program : "/proc/self/exe",
				     .jobs = 1,
				     .tries = 1,
				     .signal_fd = signals,
				     .missing = q->program ? NULL : fleet_missing };
	struct error err = {};
	int r = dir ? matrix_new(dir, (const char *const *)whole->words, &m) : -ENOMEM;

	if (r == 0)
		r = matrix_add_like(m, c);
	if (r == 0)
		r = file_mkdirs(dir, 0755);
	if (r == 0) {
		m->cells[0].node = node_name();
		setup.matrix = m;
		r = fleet_run(&setup, &err);
	}
	if (r == 1 && m->cells[0].state == MATRIX_ABSENT && write_absent(m, &m->cells[0]) < 0)
		r = -EIO;
	if (r < 0)
		return cmd_fail(&cmd_lab_cell, VERDICT_EXIT_NOT_JUDGED, "%s",
				err.code ? err.text : strerror(-r));
	return r == 1 ? 0 : VERDICT_EXIT_NOT_JUDGED;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_cell, argc, argv);
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	struct error err = {};
	struct request q = {};
	const char *value;
	int o, index;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == CMD_OPERAND && q.n < 3)
			q.operands[q.n++] = value;
		else if (o == OPT_PROGRAM)
			q.program = value;
		else
			return VERDICT_EXIT_USAGE;
	}
	if (q.n != 3 || !*q.operands[2] ||
	    strspn(q.operands[2], "0123456789") != strlen(q.operands[2]))
		return cmd_usage_error(&cmd_lab_cell,
				       "a folder, the number of a cell and that of a job");
	if (matrix_open(q.operands[0], &m, &err) < 0)
		return cmd_usage_error(&cmd_lab_cell, "%s", err.text);
	if (text_to_int(q.operands[1], &index) < 0 || index < 0 || (size_t)index >= m->n_cells)
		return cmd_usage_error(&cmd_lab_cell, "\"%s\" is no number of a cell",
				       q.operands[1]);
	return play(&q, m, &m->cells[index]);
}

const struct cmd cmd_lab_cell = {
	.name = "cell",
	.summary = "Play one cell of a matrix, as a job of a cluster",
	.usage = "DIR NUMBER JOB",
	.options = options,
	.operands = CMD_DIR,
	.is_hidden = true,
	.run = run,
};
