// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arms a trap, tries the transition, compares, disarms. A trap in a state without a callback in
 * that direction does not fire and stays armed: left so it would hit a later transition, or, worse,
 * a callback that may not fail. So every path out of here reads `fail` back as -1.
 */
#include "scenarios/rollback/trap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/expect.h"

#define CPU_DIR "sys/devices/system/cpu"
#define NO_TRAP (-1)

const struct claim trap_errno = {
	.id = "rollback.errno",
	.summary = "A transition that an injected failure aborts says EAGAIN",
	.explain =
		"`cpuN/hotplug/fail` makes one step of the state machine fail with EAGAIN. That very errno must come back from `write()`: "
		"another one, or success for a CPU that did not move, means that the error of a failed step is lost or changed on its "
		"way, as it would be for a driver's real error. Where the state has no callback in that direction the transition has to succeed.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "kernel/cpu.c: cpuhp_invoke_callback()",
		     "commit \"cpu/hotplug: Preserve per instance callback errors\""),
	.faults = FAULTS("kmod:abort-errno-changed"),
};

const struct claim trap_state = {
	.id = "rollback.state",
	.summary = "After an aborted transition the CPU is in the state where it was",
	.explain =
		"`hotplug/state` and `target` and the online mask must be what they were before. A CPU that stays half way is neither "
		"usable nor able to go on: each callback that ran must be undone, also those with several instances.",
	.refs = REFS(
		"Documentation/core-api/cpu_hotplug.rst",
		"commit 6f855b39e460 \"cpu/hotplug: Do not bail-out in DYING/STARTING sections\""),
	.faults = FAULTS("kmod:abort-half-way"),
};

const struct claim trap_disarmed = {
	.id = "rollback.trap-cleared",
	.summary = "A trap reads as armed until it fires, and as -1 from then on",
	.explain =
		"`cpuN/hotplug/fail` shows the state that is armed. It must be -1 when the transition was aborted, or each later "
		"transition of the CPU fails too; and the state's number when nothing fired.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst", "kernel/cpu.c: fail_show()"),
	.faults = FAULTS("kmod:trap-stays-armed"),
};

const struct claim trap_unarmable = {
	.id = "rollback.unarmable",
	.summary = "A state that could not be rolled back cannot be armed",
	.explain =
		"Callbacks that run with interrupts off (between `idle:dead` and `ap:online`) may not fail, and those of a CPU that is "
		"already dead cannot be rolled back: arming one would leave the CPU for dead. `fail` must say EINVAL for these.",
	.refs = REFS("kernel/cpu.c: fail_store()",
		     "commit \"cpu/hotplug: Prevent from tearing down at the wrong state\""),
	.faults = FAULTS("kmod:fail-takes-dying"),
};

static int probe_traps(struct box *box, char **ret_why)
{
	struct cpulist can;
	int r = cpu_hotpluggable_read(box, &can), cpu = r == 0 ? cpulist_next(&can, 0) : -1;

	if (r < 0)
		return r;
	if (cpu >= 0 && box_has(box, CPU_DIR "/cpu%d/hotplug/fail", cpu)) {
		if (cpu_trap_can_be_cleared(box, cpu))
			return 1;
		*ret_why = text_printf(
			"cpu%d/hotplug/fail does not take -1: a trap could not be taken "
			"back (kernels before 5.13)",
			cpu);
		return *ret_why ? 0 : -ENOMEM;
	}
	*ret_why = text_printf(
		"there is no " CPU_DIR
		"/cpuN/hotplug/fail: the kernel is older than 4.15, or without CONFIG_HOTPLUG_CPU");
	return 0;
}

const struct need need_traps = {
	.id = "box.hotplug-fail",
	.summary = "cpuN/hotplug/fail, to make a step of the state machine fail",
	.probe = probe_traps,
};

int trap_open(struct stage *s, const struct cpu_states *states, int cpu, struct trap *ret)
{
	*ret = (struct trap){ .stage = s, .states = states, .cpu = cpu };
	for (int d = 0; d < 2; d++)
		for (int o = 0; o < TRAP_OUTCOMES; o++)
			ret->seen[d][o] = json_array();
	return 0;
}

void trap_close(struct trap *t)
{
	static const char *const directions[] = { "down", "up" };
	static const char *const outcomes[] = { "unarmable", "fired", "passed", "refused" };
	json_t *data = json_pack("{s:i}", "cpu", t->cpu);

	for (int d = 0; d < 2; d++) {
		json_t *one = json_object();

		for (int o = 0; o < TRAP_OUTCOMES; o++)
			json_object_set_new(one, outcomes[o], take_ptr(t->seen[d][o]));
		json_object_set_new(data, directions[d], one);
	}
	observe(t->stage, NULL, "rollback.sweep", data);
}

bool trap_is_online(const struct trap *t)
{
	return cpulist_has(stage_online(t->stage), t->cpu);
}

static int write_fail(struct trap *t, int value, const int *allow, const struct claim *claim,
		      struct act *ret)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d/hotplug/fail", t->cpu),
			    *text = text_printf("%d", value);

	if (!path || !text)
		return -ENOMEM;
	*ret = (struct act){};
	return act_play(t->stage,
			&(struct act_spec){ .verb = ACT_WRITE,
					    .cpu = t->cpu,
					    .path = path,
					    .value = text,
					    .allow = allow,
					    .claim = claim },
			ret);
}

static int read_fail(struct trap *t, int *ret)
{
	return box_read_int(stage_box(t->stage), ret, CPU_DIR "/cpu%d/hotplug/fail", t->cpu);
}

/* Whatever is in it; an act only where there is something to clear. */
static int disarm(struct trap *t)
{
	struct act act;
	int now, r = read_fail(t, &now);

	if (r < 0 || now == NO_TRAP)
		return r;
	r = write_fail(t, NO_TRAP, ACT_ALLOW(0), NULL, &act);
	if (r == 0)
		r = read_fail(t, &now);
	return r < 0 ? r : now == NO_TRAP ? 0 : -EIO;
}

/* 1: armed. 0: the kernel says that it cannot be. */
static int arm(struct trap *t, int state, bool is_online)
{
	bool must_refuse = cpu_states_must_refuse(t->states, state, is_online);
	struct act act;
	int now, r;

	if (must_refuse)
		r = write_fail(t, state, ACT_ALLOW(EINVAL), &trap_unarmable, &act);
	else
		r = write_fail(t, state, ACT_ALLOW(0, EINVAL), NULL, &act);
	if (act.id == 0)
		return r;
	if (must_refuse || act.result)
		return disarm(t);
	r = read_fail(t, &now);
	if (r < 0)
		return r;
	expect(t->stage, &act, &trap_disarmed, now == state,
	       json_pack("{s:i, s:i, s:i}", "cpu", t->cpu, "state", state, "fail", now),
	       "cpu%d/hotplug/fail reads %d after %d was armed", t->cpu, now, state);
	return now == state ? 1 : disarm(t);
}

static const char *step_name(const struct trap *t, int state)
{
	return cpu_states_name(t->states, state);
}

/* Whether the trap fired, and whether it says so: two facts that must agree. */
static int judge_trap(struct trap *t, const struct act *act, int state)
{
	int now, wanted = act->result == EAGAIN ? NO_TRAP : state, r = read_fail(t, &now);

	if (r < 0)
		return r;
	/* Another error, or a success that was none, is told by rollback.errno. */
	if (act->is_done || act->result == EAGAIN)
		expect(t->stage, act, &trap_disarmed, now == wanted,
		       json_pack("{s:i, s:i, s:i, s:s}", "cpu", t->cpu, "state", state, "fail", now,
				 "result", error_name(act->result)),
		       "cpu%d/hotplug/fail reads %d after %s with a trap in %d (%s) gave %s",
		       t->cpu, now, act_verb_name(act->verb), state, step_name(t, state),
		       error_name(act->result));
	return 0;
}

static void judge_state(struct trap *t, const struct act *act, int state, int was_state,
			int was_target)
{
	expect(t->stage, act, &trap_state,
	       act->state == was_state && cpu_target_fits(act->state, act->target, was_target) &&
		       cpulist_equal(&act->online_before, &act->online),
	       json_pack("{s:i, s:i, s:s, s:i, s:i, s:i, s:i}", "cpu", t->cpu, "trap", state,
			 "name", step_name(t, state), "was", was_state, "state", act->state,
			 "was_target", was_target, "target", act->target),
	       "after %s was aborted in %d (%s) cpu%d is at state %d with target %d (was %d, %d); CPUs \"%s\" are online",
	       act_verb_name(act->verb), state, step_name(t, state), t->cpu, act->state,
	       act->target, was_state, was_target, cpulist_str(&act->online));
}

static int move(struct trap *t, int state, bool is_online, enum trap_outcome *ret)
{
	struct box *box = stage_box(t->stage);
	struct act_spec spec = { .verb = is_online ? ACT_OFFLINE : ACT_ONLINE,
				 .cpu = t->cpu,
				 .allow = ACT_ALLOW(EAGAIN, 0),
				 .claim = &trap_errno };
	int was_state, was_target, r = cpu_state_read(box, t->cpu, &was_state, &was_target), r2;
	struct act act = {};

	if (r < 0)
		return r;
	r = act_play(t->stage, &spec, &act);
	if (act.id == 0)
		return r;
	r = judge_trap(t, &act, state);
	if (act.result)
		judge_state(t, &act, state, was_state, was_target);
	/* At once: nothing else may meet what is still armed. */
	r2 = disarm(t);
	r = r < 0 ? r : r2;
	if (r == 0 && act.result == 0 && !act.is_done)
		r = -EIO; /* success, and it did not move: told as a wrong errno */
	if (r == 0 && act.result && act.state != was_state)
		r = -EIO;
	*ret = act.result == 0 ? TRAP_PASSED : act.result == EAGAIN ? TRAP_FIRED : TRAP_REFUSED;
	return r;
}

int trap_try(struct trap *t, int state, enum trap_outcome *ret)
{
	bool is_online = trap_is_online(t);
	enum trap_outcome outcome = TRAP_UNARMABLE;
	int r = disarm(t);

	if (r == 0)
		r = arm(t, state, is_online);
	if (r > 0)
		r = move(t, state, is_online, &outcome);
	if (r < 0)
		return r;
	json_array_append_new(t->seen[!is_online][outcome], json_integer(state));
	*ret = outcome;
	return 0;
}
