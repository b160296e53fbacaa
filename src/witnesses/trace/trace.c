// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watches the hotplug state machine itself: records its events around each act, and has judge.c and
 * rollback.c judge them. An act that was refused is judged by how it went back; where no complete
 * transition the other way has been seen by then, at the end of the scenario.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "box/trace.h"
#include "stage/needs.h"
#include "stage/stage.h"
#include "witnesses/trace/before.h"
#include "witnesses/trace/judge.h"
#include "witnesses/trace/latency.h"
#include "witnesses/witnesses.h"

#define STATES "sys/devices/system/cpu/hotplug/states"
/* Stamps of the trace are cut to microseconds, and its clock is read without a lock. */
#define SLACK_NS NS_PER_MS

struct pending {
	struct act act;
	struct act_trace trace;
	struct steps steps;
};

struct watch {
	struct finding_voice voice;
	struct trace *trace;
	struct latency latency;
	struct ladder known[2]; /* by enum step_way */
	char *states;           /* cpu/hotplug/states when they were learnt */
	int trap;               /* hotplug/fail before the act */
	struct pending **pending;
	size_t n_pending;
};

static void watch_free(struct watch *w)
{
	for (size_t i = 0; i < w->n_pending; i++) {
		attempts_clear(&w->pending[i]->trace.attempts);
		steps_clear(&w->pending[i]->steps);
		free(w->pending[i]);
	}
	free(w->pending);
	ladder_clear(&w->known[STEP_DOWN]);
	ladder_clear(&w->known[STEP_UP]);
	latency_clear(&w->latency);
	trace_free(w->trace);
	free(w->states);
	free(w);
}

static int plant(struct stage *s, void **ret_state)
{
	static const char *const events[] = { "cpuhp/cpuhp_enter", "cpuhp/cpuhp_multi_enter",
					      "cpuhp/cpuhp_exit", NULL };
	struct watch *w = calloc(1, sizeof(*w));
	struct error err = {};
	int r = w ? trace_of_run(stage_box(s), NULL, events, &w->trace, &err) : -ENOMEM;

	if (!w)
		return r;
	w->voice.witness = &witness_steps;
	if (r < 0) {
		if (err.code)
			expect_note(s, "trace.failed", NULL, "%s", err.text);
		watch_free(w);
		return r;
	}
	*ret_state = w;
	return 0;
}

static int read_trap(struct stage *s, int cpu)
{
	int trap;

	return box_read_int(stage_box(s), &trap, "sys/devices/system/cpu/cpu%d/hotplug/fail", cpu) <
			       0
		       ? -1
		       : trap;
}

/* Registered states are the same table as when the known transitions were seen; if not, forget
 * them. */
static void check_states(struct stage *s, struct watch *w)
{
	_cleanup_free_ char *states = NULL;

	if (box_read(stage_box(s), STATES, &states) < 0)
		states = NULL;
	if (states && w->states && strcmp(states, w->states) == 0)
		return;
	ladder_clear(&w->known[STEP_DOWN]);
	ladder_clear(&w->known[STEP_UP]);
	free(w->states);
	w->states = take_ptr(states);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_free_ char *text = NULL;
	struct watch *w = state;
	bool is_lost;

	if (act->verb == ACT_WRITE)
		return 0;
	check_states(s, w);
	w->trap = read_trap(s, act->cpu);
	return trace_take(w->trace, &text, &is_lost);
}

/* The number of a state by its name in cpu/hotplug/states: " 145: cpu:teardown"; -1. */
static int state_number(const char *states, const char *name)
{
	for (const char *p = states ? strstr(states, name) : NULL; p; p = strstr(p + 1, name)) {
		const char *line = p;

		while (line > states && line[-1] != '\n')
			line--;
		if (p[strlen(name)] == '\n' && p >= line + 2 && p[-1] == ' ' && p[-2] == ':')
			return atoi(line);
	}
	return -1;
}

/* Somebody else moves the same CPU: then nothing can be told from its steps. */
static bool is_disturbed(const struct act_trace *t)
{
	int kicked = 0;

	for (size_t i = 0; i < t->steps->n; i++) {
		const struct step *step = &t->steps->list[i];
		bool is_kick = step->is_wrapper && step->way == STEP_DOWN;

		kicked += is_kick;
		if (step->is_wrapper && is_kick != (t->way == STEP_DOWN))
			return true;
	}
	return kicked > 1;
}

static void judge_done(struct watch *w, const struct act_trace *t, struct findings *f)
{
	struct ladder *known = &w->known[t->way];

	judge_order(t, f);
	if (known->n > 0)
		judge_same(t, known, f);
	else if (f->n > 0 && f->list[f->n - 1].result == FINDING_MET &&
		 ladder_learn(act_trace_last(t), known) < 0)
		errno = 0;
}

/* Whether it is complete is only known once the other direction has been seen. */
static int put_off(struct watch *w, const struct act *act, struct act_trace *t)
{
	struct pending *p = calloc(1, sizeof(*p)), **more;
	int r = p ? steps_copy(t->steps, &p->steps) : -ENOMEM;

	more = r == 0 ? reallocarray(w->pending, w->n_pending + 1, sizeof(*more)) : NULL;
	if (!more) {
		if (p)
			steps_clear(&p->steps);
		free(p);
		return -ENOMEM;
	}
	w->pending = more;
	w->pending[w->n_pending++] = p;
	p->act = *act;
	p->act.path = p->act.value = NULL; /* theirs */
	p->trace = *t;
	p->trace.steps = &p->steps;
	p->trace.attempts = (struct attempts){};
	return attempts_find(&p->steps, t->way, &p->trace.attempts);
}

/*
 * A hundred lines an act take as long as all the rest of this witness. *ret_keep: for acts that
 * were refused, for the first of each direction, which the others are compared with, and for
 * failures.
 */
static int judge(struct stage *s, struct watch *w, const struct act *act, struct act_trace *t,
		 bool *ret_keep)
{
	enum step_way opposite = t->way == STEP_DOWN ? STEP_UP : STEP_DOWN;
	_cleanup_findings_ struct findings f = {};
	int r = 0;

	if (t->steps->n == 0)
		return 0; /* refused before any step; what is silent to the end is unexercised */
	if (t->steps->is_lost || is_disturbed(t)) {
		for (const struct claim *const *c = witness_steps.claims; *c; c++)
			finding_add(&f, *c, FINDING_UNEXERCISED, NULL, "cpu%d: %s", t->cpu,
				    t->steps->is_lost ? "events were lost"
						      : "somebody else moved the CPU meanwhile");
		finding_tell(&w->voice, s, act, &f);
		return 0;
	}
	*ret_keep = !act->is_done || w->known[t->way].n == 0;
	if (act->is_done)
		judge_done(w, t, &f);
	judge_context(t, &f);
	judge_errno(t, &f);
	if (w->known[opposite].n > 0 || act->is_done)
		judge_rollback(t, w->known[opposite].n ? &w->known[opposite] : NULL, &f);
	else
		r = put_off(w, act, t);
	for (size_t i = 0; i < f.n; i++)
		*ret_keep = *ret_keep || f.list[i].result == FINDING_UNMET;
	finding_tell(&w->voice, s, act, &f);
	return r;
}

static void keep(struct stage *s, char *text)
{
	char *cursor = text, *line;

	while ((line = text_next_line(&cursor)))
		if (*line && stage_keep(s, "tools/cpuhp", line) < 0)
			return;
}

/*
 * What fires is taken down. A trap that stays armed (rollback.trap-cleared fails then) is told by
 * an EAGAIN that no step gave.
 */
static bool has_trap_fired(struct stage *s, const struct watch *w, const struct act *act,
			   const struct act_trace *t)
{
	const struct attempt *last = t->attempts.n > 0 ? act_trace_last(t) : NULL;

	if (w->trap < 0)
		return false;
	return read_trap(s, act->cpu) < 0 ||
	       (act->result == EAGAIN && last && !last->failed && !last->wrapper);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_steps_ struct steps steps = {};
	_cleanup_free_ char *text = NULL, *copy = NULL;
	struct watch *w = state;
	struct act_trace t = {
		.cpu = act->cpu,
		.way = act->verb == ACT_OFFLINE ? STEP_DOWN : STEP_UP,
		.result = act->result,
		.state = act->state,
		.trap = -1,
		.steps = &steps,
	};
	bool is_lost, is_kept = false;
	int r;

	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	r = trace_take(w->trace, &text, &is_lost);
	copy = r == 0 ? strdup(text) : NULL;
	if (!copy)
		return r < 0 ? r : -ENOMEM;
	check_states(s, w);
	t.teardown = state_number(w->states, "cpu:teardown");
	if (t.way == STEP_DOWN && cpu_state_online_read(stage_box(s), &t.start) < 0)
		t.start = t.state;
	r = steps_parse(copy, act->cpu, act->began_ns - SLACK_NS, act->ended_ns + SLACK_NS, &steps);
	if (r == 0)
		r = attempts_find(&steps, t.way, &t.attempts);
	if (r == 0) {
		if (has_trap_fired(s, w, act, &t))
			t.trap = w->trap;
		latency_take(&w->latency, s, act, &steps, w->states);
		r = judge(s, w, act, &t, &is_kept);
	}
	if (is_kept)
		keep(s, text);
	attempts_clear(&t.attempts);
	return r;
}

static void judge_pending(struct stage *s, struct watch *w)
{
	for (size_t i = 0; i < w->n_pending; i++) {
		struct pending *p = w->pending[i];
		struct ladder *opposite =
			&w->known[p->trace.way == STEP_DOWN ? STEP_UP : STEP_DOWN];
		_cleanup_findings_ struct findings f = {};

		judge_rollback(&p->trace, opposite->n ? opposite : NULL, &f);
		finding_tell(&w->voice, s, &p->act, &f);
	}
}

static void judge_before(struct stage *s, struct watch *w)
{
	_cleanup_findings_ struct findings f = {};

	latency_sort(&w->latency.table);
	before_judge(&w->latency.table, stage_baseline(s), &f);
	finding_tell(&w->voice, s, NULL, &f);
}

static int uproot(struct stage *s, void *state)
{
	struct watch *w = state;
	int64_t lost = trace_lost(w->trace);

	judge_pending(s, w);
	judge_before(s, w);
	finding_tell_silent(&w->voice, s, "no CPU took such steps in this scenario");
	if (lost != 0)
		expect_note(s, "trace.lost", json_pack("{s:I}", "events", (json_int_t)lost),
			    "%lld events of the trace were lost", (long long)lost);
	watch_free(w);
	return 0;
}

const struct witness witness_steps = {
	.id = "steps",
	.summary = "the steps of the hotplug state machine, from its trace events",
	.explain =
		"Records the events `cpuhp:*` in a tracefs instance of its own, which is removed at the end. The events of each act are kept "
		"in `tools/cpuhp.txt`; what each state cost is observed as `trace.steps`. Steps in which the CPU is not online "
		"(STARTING, DYING) make no event.",
	.claims = CLAIMS(&sm_down_descends, &sm_up_ascends, &sm_same_every_time, &sm_right_cpu,
			 &sm_exit_matches_errno, &sm_rollback_order, &latency_like_before),
	.needs = NEEDS(&need_root, &need_tracefs),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
