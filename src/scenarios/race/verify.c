// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pass after a race: is the box whole? What the race left off is brought back, each CPU is
 * looked at by its strongest sources and by running on it, and then taken off and on once more in
 * peace, with the witnesses around.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "box/sources.h"
#include "scenarios/race/engine.h"
#include "stage/act.h"
#include "stage/expect.h"

#define AGREE_NS (5 * NS_PER_S)
#define RUN_NS (10 * NS_PER_S)

const struct claim race_ends_whole = {
	.id = "race.ends-whole",
	.summary = "After a race the box is whole: masks, states, traps, what was raced with",
	.explain =
		"Once the actors have ended and all CPUs were asked to be online: each is at the state and target \"online\", six sources "
		"name the same CPUs, no trap is armed that nobody set, a task can run on each CPU, and what the actors raced with "
		"(deadline bandwidth, cgroups, mounts, trace instances ...) is as before. A failure means that one of the two sides "
		"lost its way; `tools/race-ops.txt` holds the last operations, `hotproof shrink` makes the plan smaller.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "commit \"cgroup/cpuset: Fix a partition error with CPU hotplug\"",
		     "commit \"sched/deadline: Use online cpus for validating runtime\""),
	.faults = FAULTS("kmod:race-forgets"),
};

/* Each kind once, by its first actor. */
static bool is_first_of_kind(const struct race_plan *plan, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (plan->parts[k].kind == plan->parts[i].kind)
			return false;
	return plan->parts[i].kind->check != NULL;
}

void race_checks_begin(struct race *race)
{
	for (size_t i = 0; i < race->plan->n_parts; i++) {
		_cleanup_free_ char *why = NULL;

		if (is_first_of_kind(race->plan, i))
			race->plan->parts[i].kind->check(stage_box(race->stage), false,
							 &race->checks[i], &why);
	}
}

static void verify_kinds(struct race *race)
{
	for (size_t i = 0; i < race->plan->n_parts; i++) {
		const struct race_kind *kind = race->plan->parts[i].kind;
		_cleanup_free_ char *why = NULL;
		bool ok;

		if (!is_first_of_kind(race->plan, i))
			continue;
		ok = kind->check(stage_box(race->stage), true, &race->checks[i], &why);
		expect(race->stage, NULL, &race_ends_whole, ok, NULL, "%s: %s", kind->name,
		       why ? why : "as before");
	}
}

struct looking {
	struct box *box;
	struct sources sources;
	int r;
};

static bool do_agree(void *arg)
{
	struct looking *l = arg;

	l->r = sources_read(l->box, &l->sources);
	return l->r < 0 || sources_agree(&l->sources);
}

static int verify_masks(struct race *race, const struct cpulist *wanted)
{
	struct looking l = { .box = stage_box(race->stage) };
	int agree = wait_until(do_agree, &l, wait_now_ns() + wait_scaled(AGREE_NS));
	const struct cpulist *mask = &l.sources.cpus[SOURCE_MASK];

	if (l.r < 0)
		return l.r;
	expect(race->stage, NULL, &race_ends_whole, agree == 1 && cpulist_is_subset(wanted, mask),
	       json_pack("{s:s, s:s}", "wanted", cpulist_str(wanted), "online", cpulist_str(mask)),
	       "CPU %s were online before; now the mask is \"%s\", hotplug/state says \"%s\", and all sources %s",
	       cpulist_str(wanted), cpulist_str(mask), cpulist_str(&l.sources.cpus[SOURCE_STATE]),
	       agree == 1 ? "agree" : "do not agree");
	return 0;
}

static bool can_run(void *arg)
{
	int cpu = *(int *)arg;
	struct cpulist one = cpulist_of(cpu);
	cpu_set_t set;

	/* EINVAL: with cpusets the kernel learns of a CPU a little later. */
	cpulist_to_cpu_set(&one, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 && sched_getcpu() == cpu;
}

static void verify_cpu(struct race *race, int cpu)
{
	_cleanup_free_ char *fail = NULL;
	struct box *box = stage_box(race->stage);
	bool has_trap, is_on = cpu_is_fully_online(box, cpu), runs;
	int state = -1, target = -1;

	if (cpu_state_read(box, cpu, &state, &target) < 0)
		state = target = -1;
	has_trap = box_readf(box, &fail, "sys/devices/system/cpu/cpu%d/hotplug/fail", cpu) == 0 &&
		   strcmp(fail, "-1") != 0;
	runs = wait_until(can_run, &cpu, wait_now_ns() + wait_scaled(RUN_NS)) == 1;
	stage_is_alive(race->stage);
	expect(race->stage, NULL, &race_ends_whole, is_on && runs && !has_trap,
	       json_pack("{s:i, s:i, s:i}", "cpu", cpu, "state", state, "target", target),
	       "cpu%d is at state %d with target %d, %s, and a task %s on it", cpu, state, target,
	       has_trap ? "a trap is armed in hotplug/fail" : "no trap is armed",
	       runs ? "runs" : "cannot run");
}

static void verify_cpus(struct race *race, const struct cpulist *cpus)
{
	cpu_set_t own;
	bool has_own = sched_getaffinity(0, sizeof(own), &own) == 0;

	cpulist_foreach(cpu, cpus)
		verify_cpu(race, cpu);
	if (has_own && sched_setaffinity(0, sizeof(own), &own) < 0)
		errno = 0;
}

int race_verify(struct race *race)
{
	struct cpulist before = *stage_online(race->stage), now;
	int r = cpu_online_read(stage_box(race->stage), &now), back = 0;

	if (r < 0)
		return r;
	/* One that is half way counts as online for the mask, and is not whole: it stays as it is.
	 */
	cpulist_foreach(cpu, &race->plan->cpus) {
		if (cpulist_has(&now, cpu))
			continue;
		r = act_online(race->stage, cpu);
		back = back < 0 ? back : r;
	}
	r = verify_masks(race, &before);
	if (r < 0)
		return r;
	/* The boot CPU, which did not take part, shows target 0 on kernels before 6.2. */
	verify_cpus(race, &race->plan->cpus);
	verify_kinds(race);
	/* In peace: with what a race left behind, the next offline is where it would show. */
	return back < 0 ? back : act_cycle(race->stage, &race->plan->cpus);
}
