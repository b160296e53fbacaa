// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.refuse-deadline: so many SCHED_DEADLINE tasks are admitted that no CPU can be spared; the
 * next offline must be refused. It is the one refusal that any box can be brought to give, and it
 * comes from the middle of the scheduler's own teardown. What it leaves behind is the witnesses'
 * business.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/puppet.h"
#include "base/wait.h"
#include "scenarios/refusal.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define PERIOD_NS (10 * NS_PER_MS)
#define BIG_NS (9 * NS_PER_MS) /* a runtime that fits once on a CPU */
#define SMALL_NS (1 * NS_PER_MS)
#define TASKS_MAX 128
#define FREED_NS (5 * NS_PER_S) /* until a busy box has taken note that the tasks are gone */

static const struct claim refuse_deadline = {
	.id = "refuse.deadline-bandwidth",
	.summary = "A CPU whose bandwidth deadline tasks need is refused with EBUSY",
	.explain =
		"The kernel has promised each SCHED_DEADLINE task its runtime in each period. A CPU without which the promises could not be kept "
		"must not leave: EBUSY, and nothing changed. The scenario has tasks admitted until the kernel itself says that no more fit, "
		"so that the rest of the CPUs cannot carry them.",
	.refs = REFS("Documentation/scheduler/sched-deadline.rst",
		     "kernel/sched/core.c: cpuset_cpu_inactive()"),
	.faults = FAULTS("kmod:refusal-errno-changed"),
};

struct crowded {
	struct puppet *tasks[TASKS_MAX];
	size_t n;
	int64_t runtime_ns; /* of all, in each period */
};

/* 1: admitted; 0: it does not fit. */
static int admit(struct crowded *c, int64_t runtime_ns)
{
	struct puppet *p;
	int r;

	if (c->n == TASKS_MAX)
		return -E2BIG;
	r = puppet_start("hp-deadline", -1, &p);
	if (r < 0)
		return r;
	r = deadline_set(puppet_pid(p), runtime_ns, PERIOD_NS);
	if (r < 0) {
		puppet_end(p);
		return r == -EBUSY ? 0 : r;
	}
	c->tasks[c->n++] = p;
	c->runtime_ns += runtime_ns;
	return 1;
}

/* Until not even a small one fits. */
static int fill(struct crowded *c)
{
	int r;

	while ((r = admit(c, BIG_NS)) > 0)
		;
	while (r == 0 && (r = admit(c, SMALL_NS)) > 0)
		r = 0;
	return r;
}

static void empty(struct crowded *c)
{
	while (c->n > 0)
		puppet_end(c->tasks[--c->n]);
}

static int refuse(struct stage *s, int cpu, const struct crowded *c)
{
	observe(s, NULL, "refuse.deadline-tasks",
		json_pack("{s:i, s:f}", "tasks", (int)c->n, "cpus_worth",
			  (double)c->runtime_ns / PERIOD_NS));
	return refusal_try(s, cpu, &refuse_deadline, true);
}

/*
 * With room again it must go, and the full cycle heals what a refusal may have left. What a task
 * was promised is given back one period after its end, and later on a busy box, so that EBUSY is
 * legal for a while.
 */
static int cycle(struct stage *s, int cpu)
{
	struct act_spec spec = { .verb = ACT_OFFLINE, .cpu = cpu, .allow = ACT_ALLOW(0, EBUSY) };
	int64_t until = wait_now_ns() + wait_scaled(FREED_NS);

	while (cpulist_has(stage_online(s), cpu) && act_play(s, &spec, NULL) == 0 &&
	       cpulist_has(stage_online(s), cpu)) {
		if (wait_now_ns() > until) {
			(void)!act_offline(s, cpu);
			break;
		}
		wait_pause(PERIOD_NS);
	}
	return cpulist_has(stage_online(s), cpu) ? 0 : act_online(s, cpu);
}

/* Bandwidth is counted by root domain: a CPU apart from ours (isolated, or of another partition)
 * may leave however full ours is. */
static struct cpulist own_cpus(const struct stage *s)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? *stage_online(s)
							   : cpulist_from_cpu_set(&set);
}

static int play(struct stage *s)
{
	struct crowded c = {};
	struct cpulist can, own;
	int r = stage_can_leave(s, &can), cpu;

	if (r < 0)
		return r;
	own = own_cpus(s);
	can = cpulist_and(&can, &own);
	cpu = cpulist_next(&can, 0);
	if (cpu < 0) {
		expect_unexercised(s, NULL, &refuse_deadline, NULL,
				   "no CPU that can leave is one that tasks of ours may run on");
		return 0;
	}
	r = fill(&c);
	if (r < 0 || c.n == 0)
		expect_unexercised(s, NULL, &refuse_deadline, NULL,
				   "the CPUs could not be filled with SCHED_DEADLINE tasks: %s",
				   r < 0 ? error_name(r) : "none was admitted");
	else
		r = refuse(s, cpu, &c);
	empty(&c);
	deadline_outlast(&own, PERIOD_NS);
	return r < 0 ? r : cycle(s, cpu);
}

const struct scenario scenario_cpu_refuse_deadline = {
	.id = "cpu.refuse-deadline",
	.summary = "A CPU that deadline tasks need is to be taken off, and is refused",
	.explain =
		"SCHED_DEADLINE tasks, which sleep all the time, are started until the kernel admits no more. The first hot-pluggable CPU is asked to "
		"go and must be refused with EBUSY. Then the tasks end, and it goes and comes.",
	.claims = CLAIMS(&refuse_deadline),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box),
	.rank = 5,
	.witnesses = GLOBS("function", "share", "kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
