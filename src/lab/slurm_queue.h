// SPDX-License-Identifier: GPL-2.0-or-later
/* Slurm's commands: what is in the queue, putting an array into it, taking it out again. It knows
 * names and numbers, and nothing of matrices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct slurm_task {
	char job[24];  /* of the array */
	int index;     /* in it */
	bool is_alive; /* waits, runs or is ending; else it has ended, however */
	bool is_running;
	char state[24]; /* in Slurm's words */
	char node[64];  /* "": none yet */
};

struct slurm_queue {
	struct slurm_task *tasks;
	size_t n;
};

/* All tasks of the user's jobs of that name, also those that ended a short while ago. */
_must_check_ int slurm_queue_read(const char *name, struct slurm_queue *ret, struct error *err);
void slurm_queue_clear(struct slurm_queue *q);

/* Lines "job|index|state|node", as squeue is told to print; what is no such line is left out. */
_must_check_ int slurm_queue_parse(char *text, struct slurm_queue *ret);

struct slurm_submission {
	const char *name, *folder, *command;
	const char *array; /* "0,3-5%2" */
	int cpus, mem_mib;
	const char *const *options;
};

/* The id of the job, owned by the caller. */
_must_check_ int slurm_queue_submit(const struct slurm_submission *s, char **ret_job,
				    struct error *err);

/* Ends all tasks of that name. */
_must_check_ int slurm_queue_cancel(const char *name, struct error *err);
