// SPDX-License-Identifier: GPL-2.0-or-later
/* A race that is under way, as the files that start it, tell of it and look at the box afterwards
 * share it. */
#pragma once

#include <sys/types.h>

#include "scenarios/race/kinds/kinds.h"
#include "scenarios/race/plan.h"
#include "scenarios/race/race.h"

struct race_runner {
	pid_t pid; /* 0: not started */
	int pidfd;
	bool has_ended;
	int status; /* as of waitpid(2) */
};

struct race {
	struct stage *stage;
	struct race_plan *plan;
	struct race_shared *shared;
	struct race_runner runners[RACE_ACTORS_MAX];
	const int *may[RACE_ACTORS_MAX + 1];
	void *checks[RACE_ACTORS_MAX]; /* state of the check() of each part's kind */
	int mark_fd;
	int late; /* the actor that did not come back; -1: all did */
	int64_t began_ns, ended_ns;
};

/* prepare.c */
_must_check_ int race_draw_plan(struct stage *s, const struct race_recipe *recipe,
				struct race_plan *plan);
_must_check_ int race_take_plan(struct stage *s, const json_t *given, struct race_plan *plan);
void race_drop_absent(struct stage *s, struct race_plan *plan);
_must_check_ int race_record_plan(struct stage *s, const struct race_plan *plan);

/* tell.c: what became of the actors, as observations and expectations. */
void race_tell_stuck(struct race *race);
void race_tell(struct race *race);

/* The operations that are still in the rings, in the order of time, into the run directory. */
void race_keep_ops(struct race *race);

/* verify.c: before the start, and the whole pass afterwards. */
void race_checks_begin(struct race *race);
_must_check_ int race_verify(struct race *race);
