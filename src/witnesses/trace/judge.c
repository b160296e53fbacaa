// SPDX-License-Identifier: GPL-2.0-or-later
/* Order, sameness, place and outcome of the steps of one act. The way back is rollback.c's. */
#include "witnesses/trace/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct claim sm_down_descends = {
	.id = "sm.down-descends",
	.summary = "Steps of an offline go strictly down, and each returns 0",
	.explain =
		"Each state of the hotplug state machine tears down what the states above it do not need any more: the "
		"order is the contract. Seen by the events `cpuhp:cpuhp_enter`, `cpuhp_multi_enter` and `cpuhp_exit` in an instance of "
		"tracefs. Steps in which the CPU is not online any more (DYING) make no event. A failure means that a step ran "
		"out of order or twice, never returned, or that its error was ignored: `tools/cpuhp.txt` has all events of the act.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "cpu/hotplug: Do not bail-out in DYING/STARTING sections (6f855b39e460)"),
	.faults = FAULTS("kmod:step-twice-down"),
};

const struct claim sm_up_ascends = {
	.id = "sm.up-ascends",
	.summary = "Steps of an online go strictly up, and each returns 0",
	.explain =
		"The mirror of `sm.down-descends` for a CPU that comes back; the steps of the section STARTING make no event.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:step-twice-up"),
};

const struct claim sm_same_every_time = {
	.id = "sm.same-every-time",
	.summary = "Every CPU and every cycle takes the same steps with the same callbacks",
	.explain =
		"The states are one table for all CPUs, so what is called for one must be called for each, each time. Held against "
		"the first transition of that direction in the scenario. Instances of a state, and callbacks of modules, may come and go; where "
		"`cpu/hotplug/states` changed the comparison begins anew. A failure means that a callback was skipped or "
		"called once too often: what it sets up is missing on that CPU.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:step-skipped"),
};

const struct claim sm_right_cpu = {
	.id = "sm.right-cpu",
	.summary = "Steps of a CPU's own run in its cpuhp thread on it, all others elsewhere",
	.explain =
		"States above `cpu:teardown` are called by the thread `cpuhp/N` on CPU N and rely on it: they use "
		"per-CPU data without a lock. States below run in the control task on another CPU, since CPU N is dead or not yet there. "
		"A failure means that a callback worked on the wrong CPU's data.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "cpu/hotplug, stop_machine: Fix stop_machine vs hotplug order (45178ac0cea8)"),
	.faults = FAULTS("unit:step-on-wrong-cpu"),
};

const struct claim sm_exit_matches_errno = {
	.id = "sm.exit-matches-errno",
	.summary = "write() fails exactly when a step failed, and with the step's error",
	.explain =
		"The error of a callback must reach whoever wrote to `cpuN/online`: a program that hears success goes on "
		"as if the CPU were gone. An armed `hotplug/fail` counts as a step that fails with EAGAIN. A failure means that "
		"the error was lost or changed on its way (\"cpu: hotplug: Preserve per instance callback errors\").",
	.refs = REFS("cpu: hotplug: Preserve per instance callback errors"),
	.faults = FAULTS("kmod:failed-offline-looks-done", "kmod:abort-errno-changed",
			 "kmod:refusal-errno-changed", "kmod:timekeeper-wrong-errno"),
};

const struct attempt *act_trace_last(const struct act_trace *t)
{
	return &t->attempts.list[t->attempts.n - 1];
}

static const char *way_name(enum step_way way)
{
	return way == STEP_DOWN ? "down" : "up";
}

/* What is wrong with step i of a list that goes `way`: NULL, or a sentence's end. */
static const char *problem_of(const struct step *const *list, size_t i, enum step_way way)
{
	const struct step *step = list[i], *last = i > 0 ? list[i - 1] : NULL;
	int by;

	if (!step->has_ended)
		return "never returned";
	if (step->ret != 0)
		return "failed";
	if (!last)
		return NULL;
	by = way == STEP_DOWN ? last->number - step->number : step->number - last->number;
	if (by > 0)
		return NULL;
	if (by < 0)
		return "ran out of order";
	/* Once for each instance of the state. */
	return step->is_multi && last->is_multi && strcmp(step->callback, last->callback) == 0
		       ? NULL
		       : "ran twice";
}

void judge_order(const struct act_trace *t, struct findings *f)
{
	const struct claim *claim = t->way == STEP_DOWN ? &sm_down_descends : &sm_up_ascends;
	const struct attempt *a = act_trace_last(t);

	for (size_t i = 0; i < a->n_forward; i++) {
		const struct step *step = a->forward[i];
		const char *problem = problem_of(a->forward, i, t->way);

		if (!problem)
			continue;
		finding_add(f, claim, FINDING_UNMET,
			    json_pack("{s:i, s:s, s:i, s:i}", "step", step->number, "callback",
				      step->callback, "after",
				      i > 0 ? a->forward[i - 1]->number : -1, "ret", step->ret),
			    "cpu%d %s: step %d (%s) %s", t->cpu, way_name(t->way), step->number,
			    step->callback, problem);
		return;
	}
	/* There is no way back in an act that was done. */
	if (a->n_back > 0) {
		finding_add(f, claim, FINDING_UNMET,
			    json_pack("{s:i, s:s}", "step", a->back[0]->number, "callback",
				      a->back[0]->callback),
			    "cpu%d %s: step %d (%s) went the other way, and the act was done",
			    t->cpu, way_name(t->way), a->back[0]->number, a->back[0]->callback);
		return;
	}
	if (a->n_forward == 0) {
		finding_add(f, claim, FINDING_UNEXERCISED, NULL, "cpu%d %s: no step was seen",
			    t->cpu, way_name(t->way));
		return;
	}
	finding_add(f, claim, FINDING_MET, json_pack("{s:I}", "steps", (json_int_t)a->n_forward),
		    "cpu%d %s: %zu steps in order", t->cpu, way_name(t->way), a->n_forward);
}

int ladder_learn(const struct attempt *a, struct ladder *ret)
{
	struct ladder l = { .list = calloc(a->n_forward + 1, sizeof(*l.list)) };

	if (!l.list)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_forward; i++) {
		const struct step *step = a->forward[i];
		struct rung *rung = &l.list[l.n];

		if (i > 0 && a->forward[i - 1]->number == step->number)
			continue;
		rung->number = step->number;
		rung->may_vanish = step->is_multi || step_is_of_module(step);
		snprintf(rung->callback, sizeof(rung->callback), "%s", step->callback);
		l.n++;
	}
	ladder_clear(ret);
	*ret = l;
	return 0;
}

void ladder_clear(struct ladder *l)
{
	free(l->list);
	*l = (struct ladder){};
}

static const struct rung *find(const struct ladder *l, const struct rung *wanted)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].number == wanted->number &&
		    strcmp(l->list[i].callback, wanted->callback) == 0)
			return &l->list[i];
	return NULL;
}

/* The first of `of` that the other one lacks and should have. */
static const struct rung *lacks(const struct ladder *other, const struct ladder *of)
{
	for (size_t i = 0; i < of->n; i++)
		if (!of->list[i].may_vanish && !find(other, &of->list[i]))
			return &of->list[i];
	return NULL;
}

void judge_same(const struct act_trace *t, const struct ladder *known, struct findings *f)
{
	struct ladder mine = {};
	const struct rung *missing, *extra;

	if (ladder_learn(act_trace_last(t), &mine) < 0)
		return;
	missing = lacks(&mine, known);
	extra = missing ? NULL : lacks(known, &mine);
	if (missing || extra) {
		const struct rung *rung = missing ? missing : extra;

		finding_add(
			f, &sm_same_every_time, FINDING_UNMET,
			json_pack("{s:i, s:s, s:b}", "step", rung->number, "callback",
				  rung->callback, "missing", missing != NULL),
			"cpu%d %s: step %d (%s) was %s, unlike in the first %s of this scenario",
			t->cpu, way_name(t->way), rung->number, rung->callback,
			missing ? "left out" : "there", t->way == STEP_DOWN ? "offline" : "online");
	} else {
		finding_add(f, &sm_same_every_time, FINDING_MET,
			    json_pack("{s:I}", "steps", (json_int_t)mine.n),
			    "cpu%d %s: the same %zu steps as before", t->cpu, way_name(t->way),
			    mine.n);
	}
	ladder_clear(&mine);
}

/* NULL, or what is wrong with where it ran. */
static const char *misplaced(const struct act_trace *t, const struct step *step)
{
	char own[20];
	bool is_own = step->number > t->teardown;

	snprintf(own, sizeof(own), "cpuhp/%d", t->cpu);
	if (is_own && step->ran_on != t->cpu)
		return "must run on its own CPU";
	if (!is_own && step->ran_on == t->cpu)
		return "must run on another CPU";
	if (strcmp(step->comm, "<...>") == 0)
		return NULL;
	if (is_own && strcmp(step->comm, own) != 0)
		return "must run in the CPU's cpuhp thread";
	if (!is_own && strncmp(step->comm, "cpuhp/", 6) == 0)
		return "must not run in a cpuhp thread";
	return NULL;
}

void judge_context(const struct act_trace *t, struct findings *f)
{
	size_t own = 0, all = 0;

	for (size_t i = 0; i < t->steps->n; i++) {
		const struct step *step = &t->steps->list[i];
		const char *problem = misplaced(t, step);

		/* Who registers a state calls it from wherever it likes; and old kernels let the
		 * control task begin on the very CPU. */
		if (step->way == STEP_OTHER || step->is_wrapper)
			continue;
		if (problem) {
			finding_add(
				f, &sm_right_cpu, FINDING_UNMET,
				json_pack("{s:i, s:s, s:i, s:s}", "step", step->number, "callback",
					  step->callback, "on", step->ran_on, "comm", step->comm),
				"cpu%d: step %d (%s) ran in %s on cpu%d; it %s", t->cpu,
				step->number, step->callback, step->comm, step->ran_on, problem);
			return;
		}
		all++;
		own += step->number > t->teardown;
	}
	if (all == 0)
		finding_add(f, &sm_right_cpu, FINDING_UNEXERCISED, NULL, "cpu%d: no step was seen",
			    t->cpu);
	else
		finding_add(f, &sm_right_cpu, FINDING_MET,
			    json_pack("{s:I, s:I}", "own", (json_int_t)own, "elsewhere",
				      (json_int_t)(all - own)),
			    "cpu%d: %zu steps ran on it and %zu elsewhere", t->cpu, own, all - own);
}

/* The errno with which the last attempt failed; 0: it did not. *ret_step: which step, if one did.
 */
static int traced_errno(const struct act_trace *t, const struct step **ret_step)
{
	const struct attempt *a = act_trace_last(t);

	*ret_step = a->failed ? a->failed : a->wrapper;
	if (t->trap >= 0)
		return EAGAIN;
	return *ret_step ? -(*ret_step)->ret : 0;
}

void judge_errno(const struct act_trace *t, struct findings *f)
{
	const struct step *step;
	int traced = traced_errno(t, &step);
	json_t *data = json_pack("{s:s, s:i, s:i}", "write", error_name(t->result), "traced",
				 -traced, "step", step ? step->number : t->trap);

	if (t->result == traced)
		finding_add(f, &sm_exit_matches_errno, FINDING_MET, data,
			    traced ? "cpu%d: write() gave %s, as the step that failed"
				   : "cpu%d: write() gave %s, and no step failed",
			    t->cpu, error_name(t->result));
	else if (step)
		finding_add(f, &sm_exit_matches_errno, FINDING_UNMET, data,
			    "cpu%d: step %d (%s) failed with %d, and write() gave %s", t->cpu,
			    step->number, step->callback, step->ret, error_name(t->result));
	else
		finding_add(f, &sm_exit_matches_errno, FINDING_UNMET, data,
			    t->trap >= 0
				    ? "cpu%d: the trap at step %d went off, and write() gave %s"
				    : "cpu%d: no step failed (%d), and write() gave %s",
			    t->cpu, t->trap, error_name(t->result));
}
