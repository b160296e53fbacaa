// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the steps of an act must be like. Pure: steps in, findings out; unit tests feed it with
 * traces of real kernels and with spoilt ones.
 */
#pragma once

#include "witnesses/finding.h"
#include "witnesses/trace/steps.h"

extern const struct claim sm_down_descends, sm_up_ascends, sm_same_every_time, sm_right_cpu,
	sm_exit_matches_errno, sm_rollback_order;

/* One act, as the judges want it. */
struct act_trace {
	int cpu;
	enum step_way way;
	int result;   /* errno of the write, 0: success */
	int state;    /* of the CPU after it, -1: not known */
	int start;    /* the state before it */
	int trap;     /* the state whose armed trap went off, -1: none did */
	int teardown; /* the number of "cpu:teardown": what is above runs on the CPU itself; -1 */
	const struct steps *steps;
	struct attempts attempts;
};

/* The last try; the others failed and were tried again. */
const struct attempt *act_trace_last(const struct act_trace *t);

/* A complete transition, each step once: what later ones are held against. */
struct ladder {
	struct rung {
		int number;
		char callback[80];
		bool may_vanish; /* multi-instance, or of a module */
	} * list;
	size_t n;
};

_must_check_ int ladder_learn(const struct attempt *a, struct ladder *ret);
void ladder_clear(struct ladder *l);

/* Strictly one way, every step ended, with 0. Of acts that were done. */
void judge_order(const struct act_trace *t, struct findings *f);
/* The same steps as `known`, but for instances and modules. */
void judge_same(const struct act_trace *t, const struct ladder *known, struct findings *f);
void judge_context(const struct act_trace *t, struct findings *f);
void judge_errno(const struct act_trace *t, struct findings *f);

/*
 * Of acts in which a step failed: the way back. `opposite`: a complete transition the other way, so
 * that it is known what must be there; NULL: only the order can be judged.
 */
void judge_rollback(const struct act_trace *t, const struct ladder *opposite, struct findings *f);
