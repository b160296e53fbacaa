// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays a matrix as a job array of Slurm: submits what has not ended, collects what has, submits
 * again what was lost with its node. The nodes see the matrix's folder and this program under the
 * same paths.
 *
 * Each try of a cell writes into a folder of its own, .tries/JOB/, with CELL/, CELL.log and
 * CELL.json as in the matrix's folder, and only what is complete is moved from there: a node that
 * was given up and still runs changes nothing. No state is kept but these folders and Slurm's
 * queue, so whoever was killed goes on from there.
 */
#pragma once

#include "lab/fleet.h"

struct slurm_setup {
	const char *program;        /* of `PROGRAM cell ...`; an absolute path */
	const char *const *options; /* for sbatch, as in "--partition=lab"; may be NULL */
	const char *stand_in;       /* for tests: instead of PROGRAM run; NULL */
};

/* As fleet_run(); setup.jobs 0: as many at once as Slurm likes. */
_must_check_ int slurm_run(const struct fleet_setup *setup, const struct slurm_setup *slurm,
			   struct error *err);

/* Are there tasks of this matrix in Slurm's queue? 0 when there is no Slurm. */
bool slurm_has_tasks(const struct matrix *m);
