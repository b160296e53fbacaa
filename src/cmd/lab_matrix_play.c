// SPDX-License-Identifier: GPL-2.0-or-later
/* Plays a matrix where the user wants it, and says what came out. What is played has been decided
 * before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/lab.h"
#include "cmd/lab_matrix.h"
#include "lab/slurm.h"

int lab_matrix_take_place(const struct cmd *cmd, struct lab_matrix_options *o, const char *value)
{
	o->is_on_slurm = strcmp(value, "slurm") == 0;
	if (o->is_on_slurm || strcmp(value, "local") == 0)
		return 0;
	return cmd_usage_error(cmd, "--on=\"%s\" is none of: local slurm", value);
}

int lab_matrix_take_slurm_option(const struct cmd *cmd, struct lab_matrix_options *o,
				 const char *value)
{
	if (o->n_slurm_options + 1 >= ARRAY_SIZE(o->slurm_options))
		return cmd_usage_error(cmd, "more than %zu options for Slurm",
				       ARRAY_SIZE(o->slurm_options) - 1);
	o->slurm_options[o->n_slurm_options++] = value;
	return 0;
}

/* A guest of the lab has four CPUs and waits often: one for two CPUs of the host. */
static int default_jobs(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 2 ? (int)cpus / 2 : 1;
}

static int play_on_slurm(const struct fleet_setup *setup, const struct lab_matrix_options *o,
			 struct error *err)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL);
	struct slurm_setup slurm = { .program = self,
				     .options = o->slurm_options,
				     .stand_in = o->program };

	return self ? slurm_run(setup, &slurm, err) : -errno;
}

int lab_matrix_play(const struct cmd *cmd, struct matrix *m, const struct lab_matrix_options *o)
{
	_cleanup_close_ int signals = lab_open_signals();
	struct lab_matrix_display *display;
	struct fleet_setup setup = {
		.matrix = m,
		.program = o->program ? o->program : "/proc/self/exe",
		.jobs = o->jobs || o->is_on_slurm ? o->jobs : default_jobs(),
		.tries = o->tries,
		.signal_fd = signals,
		.missing = o->program ? NULL : fleet_missing,
	};
	struct error err = {};
	int r;

	display = lab_matrix_display_new(m, setup.jobs ? setup.jobs : (int)m->n_cells, o->is_quiet);
	setup.watch = display ? lab_matrix_display_watch : NULL;
	setup.watch_ctx = display;
	r = o->is_on_slurm ? play_on_slurm(&setup, o, &err) : fleet_run(&setup, &err);
	lab_matrix_display_free(display);
	lab_matrix_print(m);
	if (lab_matrix_page(m) < 0)
		cmd_fail(cmd, 0, "cannot write \"%s/matrix.html\"", m->dir);
	else
		printf("matrix to look at: %s/matrix.html\n", m->dir);
	printf("matrix: %s\n", m->dir);
	if (r < 0)
		return cmd_fail(cmd, VERDICT_EXIT_NOT_JUDGED, "%s",
				err.code ? err.text : strerror(-r));
	if (r == 0)
		return cmd_fail(cmd, VERDICT_EXIT_NOT_JUDGED,
				"ended by the user; go on with: hotproof lab resume %s", m->dir);
	return matrix_exit(m);
}
