// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.rollback: every CPU that may leave, every state of the state machine, both directions: a
 * failure is injected and everything must be as before. A state without a callback in one direction
 * lets the CPU pass, and so carries the sweep to the other side; that is why there are few
 * transitions without a trap. Sequences at random: twice.c.
 */
#include <errno.h>
#include <string.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "scenarios/rollback/neighbour.h"
#include "scenarios/scenarios.h"
#include "stage/expect.h"
#include "stage/needs.h"

struct sweep {
	struct trap trap;
	size_t next[2]; /* place in the list of states, per direction: 0 offline, 1 online */
	int n_aborted;
};

static int try_next(struct sweep *w, int direction)
{
	const struct cpu_state *state = &w->trap.states->list[w->next[direction]++];
	enum trap_outcome outcome;
	int r = trap_try(&w->trap, state->number, &outcome);

	if (r < 0 || direction != 0 || outcome != TRAP_FIRED)
		return r;
	/* Enough to see what an abort does to others; each costs a whole cycle. */
	if (w->n_aborted++ == 0 || strcmp(state->name, "sched:active") == 0)
		r = neighbour_cycle(&w->trap);
	return r;
}

/* Until all states were tried both ways and the CPU is online again. */
static int sweep_cpu(struct sweep *w)
{
	struct trap *t = &w->trap;
	size_t n = t->states->n;
	int r = 0;

	while (r == 0) {
		bool is_online = trap_is_online(t);

		if (w->next[!is_online] < n) {
			r = try_next(w, !is_online);
			continue;
		}
		if (is_online && w->next[1] == n)
			break;
		r = is_online ? act_offline(t->stage, t->cpu) : act_online(t->stage, t->cpu);
		/* A legal refusal is no error, and no progress. */
		if (r == 0 && trap_is_online(t) == is_online)
			r = -EBUSY;
	}
	return r;
}

static int play_cpu(struct stage *s, const struct cpu_states *states, int cpu)
{
	struct sweep w = {};
	int64_t began = wait_now_ns();
	int r = trap_open(s, states, cpu, &w.trap);

	if (r < 0)
		return r;
	r = sweep_cpu(&w);
	observe(s, NULL, "rollback.swept",
		json_pack("{s:i, s:f}", "cpu", cpu, "seconds",
			  (double)(wait_now_ns() - began) / NS_PER_S));
	trap_close(&w.trap);
	return r;
}

static int play(struct stage *s)
{
	_cleanup_cpu_states_ struct cpu_states states = {};
	struct cpulist can;
	int r = stage_can_leave(s, &can);

	if (r == 0)
		r = cpu_states_read(stage_box(s), &states);
	if (r < 0)
		return r;
	cpulist_foreach(cpu, &can) {
		r = play_cpu(s, &states, cpu);
		if (r < 0)
			break;
	}
	return r;
}

const struct scenario scenario_cpu_rollback = {
	.id = "cpu.rollback",
	.summary = "A failure is injected into every step, both ways, on every CPU",
	.explain =
		"For every CPU that may leave and every state of `hotplug/states`: the state is written to `cpuN/hotplug/fail`, and the CPU is taken "
		"off, or brought back. The transition must be refused with EAGAIN and undone, or the state has no callback in that "
		"direction and it succeeds. In between another CPU goes and comes, and whether the CPU still works is the witness \"function\".",
	.claims =
		CLAIMS(&trap_errno, &trap_state, &trap_disarmed, &trap_unarmable, &neighbour_claim),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_traps),
	.rank = 3,
	.is_deep = true,
	.witnesses = GLOBS("function", "share", "kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
