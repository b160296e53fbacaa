// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.rollback-twice: an offline is aborted, the CPU goes; an online is aborted, the CPU comes. At
 * which steps is drawn from the seed. A few such rounds in every run, as many as fit where the run
 * says how long. All states, one by one: sweep.c.
 */
#include <errno.h>

#include "base/prng.h"
#include "base/wait.h"
#include "scenarios/rollback/neighbour.h"
#include "scenarios/scenarios.h"
#include "stage/expect.h"
#include "stage/needs.h"

#define ROUNDS 2 /* where nobody says how long */
#define DRAWS 24 /* until a state fires: a third of them has no callback, or cannot be armed */

static const struct claim twice = {
	.id = "rollback.twice",
	.summary = "A CPU that was aborted on its way out and back goes and comes again",
	.explain =
		"After an aborted offline the CPU must still be able to go, and after an aborted online to come, one after the other. A failure means "
		"that two rollbacks together leave behind what each alone does not: an instance registered twice, a count that is off by one.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "kernel/cpu.c: cpuhp_rollback_install()"),
	.faults = FAULTS("kmod:abort-twice-refuses"),
};

/*
 * Draws states until one has aborted the transition that the CPU can make now. One without a
 * callback lets it pass: good enough once this direction has been aborted; before, it is undone.
 */
static int abort_once(struct trap *t, struct prng *prng)
{
	bool was_online = trap_is_online(t);

	for (int i = 0; i < DRAWS; i++) {
		int state = t->states->list[prng_below(prng, t->states->n)].number, r;
		enum trap_outcome outcome;

		if (cpu_states_must_refuse(t->states, state, was_online))
			continue;
		r = trap_try(t, state, &outcome);
		if (r < 0 || outcome == TRAP_FIRED)
			return r;
		if (trap_is_online(t) == was_online)
			continue;
		if (json_array_size(t->seen[!was_online][TRAP_FIRED]) > 0)
			return 0;
		r = was_online ? act_online(t->stage, t->cpu) : act_offline(t->stage, t->cpu);
		if (r < 0)
			return r;
	}
	return 0;
}

/* `told` is set when there was something to compare. */
static int move(struct trap *t, enum act_verb verb, bool *told)
{
	struct act_spec spec = {
		.verb = verb, .cpu = t->cpu, .allow = ACT_ALLOW(0), .claim = &twice
	};

	if (trap_is_online(t) == (verb == ACT_ONLINE))
		return 0; /* the trap let it pass */
	*told = true;
	/* A CPU that may stay where it is does no harm; one that must come back gets another try.
	 */
	if (act_play(t->stage, &spec, NULL) < 0 && verb == ACT_ONLINE)
		return act_online(t->stage, t->cpu);
	return 0;
}

static int play_round(struct trap *t, struct prng *prng, bool *told)
{
	int r = abort_once(t, prng);

	if (r == 0)
		r = move(t, ACT_OFFLINE, told);
	if (r < 0 || trap_is_online(t))
		return r;
	r = abort_once(t, prng);
	return r < 0 ? r : move(t, ACT_ONLINE, told);
}

/* One of each kind; the sweep has them all. */
static int try_unarmable(struct trap *t)
{
	static const char *const names[] = { "cpu:bringup", "ap:offline" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		int state = cpu_states_find(t->states, names[i]);
		enum trap_outcome outcome;

		if (cpu_states_must_refuse(t->states, state, trap_is_online(t)))
			r = trap_try(t, state, &outcome);
	}
	return r;
}

static int play_cpu(struct stage *s, const struct cpu_states *states, int cpu, struct prng *prng)
{
	int64_t until = wait_now_ns() + stage_time_ns(s);
	bool told = false;
	struct trap t;
	int r = trap_open(s, states, cpu, &t);

	if (r == 0)
		r = try_unarmable(&t);
	for (int i = 0; r == 0 && (stage_time_ns(s) > 0 ? wait_now_ns() < until : i < ROUNDS); i++)
		r = play_round(&t, prng, &told);
	if (r == 0)
		r = abort_once(&t, prng);
	if (r == 0)
		r = move(&t, ACT_ONLINE, &told);
	if (r == 0)
		r = neighbour_cycle(&t);
	if (r == 0 && !told)
		expect_unexercised(s, NULL, &twice, NULL,
				   "no state that was drawn aborted a transition of cpu%d", cpu);
	trap_close(&t);
	return r;
}

static int play(struct stage *s)
{
	_cleanup_cpu_states_ struct cpu_states states = {};
	struct prng prng;
	struct cpulist can;
	int n, cpu, r = stage_can_leave(s, &can);

	if (r == 0)
		r = cpu_states_read(stage_box(s), &states);
	if (r < 0)
		return r;
	n = cpulist_count(&can);
	if (n == 0)
		return -ENODEV;
	prng_seed(&prng, stage_seed(s), "cpu.rollback-twice");
	cpu = cpulist_next(&can, 0);
	for (int skip = (int)prng_below(&prng, (uint64_t)n); skip > 0; skip--)
		cpu = cpulist_next(&can, cpu + 1);
	return play_cpu(s, &states, cpu, &prng);
}

const struct scenario scenario_cpu_rollback_twice = {
	.id = "cpu.rollback-twice",
	.summary = "Failures are injected at random steps, on the way out and back",
	.explain =
		"One CPU, drawn from the seed as the steps are: its offline is aborted, then it goes; its online is aborted, then it comes. "
		"Twice, or for as long as the run gives. Then one more aborted offline, and another CPU goes and comes. Two states that may not be armed "
		"are tried first.",
	.claims = CLAIMS(&trap_errno, &trap_state, &trap_disarmed, &trap_unarmable,
			 &neighbour_claim, &twice),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_traps),
	.rank = 4,
	.witnesses = GLOBS("function", "kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
