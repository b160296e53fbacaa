// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.deadline: a CPU goes off and comes back under SCHED_DEADLINE tasks that have room on the
 * others. A scenario of its own: such tasks make refusals legal that would be failures elsewhere.
 * What must be refused for lack of room is not tried here, and deadlines are not judged.
 */
#include <errno.h>
#include <sched.h>

#include "base/deadline.h"
#include "base/puppet.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define POLICY_DEADLINE 6 /* the C library has no name for it */
#define TASKS_MAX 9
#define RUNTIME_NS (4 * NS_PER_MS) /* in PERIOD_NS: a tenth of a CPU */
#define PERIOD_NS (40 * NS_PER_MS)
#define WORK_NS (NS_PER_MS)
#define PAUSE_NS (10 * NS_PER_MS)
#define LIMIT_NS (10 * NS_PER_S)

static const struct claim deadline_migrates = {
	.id = "task.deadline-migrates",
	.summary = "A deadline task leaves its CPU, and no bandwidth is lost in a cycle",
	.explain =
		"With room on the other CPUs, a SCHED_DEADLINE task that ran on the CPU must run on an online one within 10 s (scaled), with its policy, runtime and period, and after "
		"the CPU's return as many deadline tasks must be admitted as before. A failure means that the task was lost on "
		"the way, or that each cycle leaves less (or too much) bandwidth to give.",
	.refs = REFS("Documentation/scheduler/sched-deadline.rst",
		     "commit: sched/deadline: Use online cpus for validating runtime"),
	.faults = FAULTS("kmod:deadline-stuck"),
};

static bool is_deadline(pid_t pid)
{
	int64_t runtime, period;

	return deadline_get(pid, &runtime, &period) == 0 && runtime == RUNTIME_NS &&
	       period == PERIOD_NS;
}

/* Not by trying: what is promised to a task is there for a while after it (deadline_outlast()). */
static int probe(struct box *box, char **ret_why)
{
	if (box_is_real(box) && sched_get_priority_max(POLICY_DEADLINE) >= 0)
		return 1;
	*ret_why = text_printf("this kernel has no SCHED_DEADLINE");
	return 0;
}

static const struct need need_deadline = {
	.id = "box.deadline",
	.summary = "tasks may be SCHED_DEADLINE",
	.probe = probe,
};

struct deadlines {
	struct stage *stage;
	int cpu, n;
	struct puppet *puppets[TASKS_MAX];
	int before, now; /* tenths of a CPU that were admitted in all */
};

static int64_t work(void *arg)
{
	int64_t until = wait_now_ns() + WORK_NS;

	(void)arg;
	while (wait_now_ns() < until)
		;
	return PAUSE_NS;
}

/*
 * Each asks for as much as it can get: one task more than there are CPUs, so that it is the sum
 * that is limited. Then all go back to a tenth.
 */
static int count_admitted(struct deadlines *d)
{
	int sum = 0;

	for (int i = 0; i < d->n; i++)
		for (int tenths = 9; tenths > 0; tenths--) {
			if (deadline_set(puppet_pid(d->puppets[i]), tenths * RUNTIME_NS,
					 PERIOD_NS) < 0)
				continue;
			sum += tenths;
			break;
		}
	for (int i = 0; i < d->n; i++)
		(void)!deadline_set(puppet_pid(d->puppets[i]), RUNTIME_NS, PERIOD_NS);
	return sum;
}

static bool is_as_before(void *arg)
{
	struct deadlines *d = arg;

	d->now = count_admitted(d);
	return d->now == d->before;
}

/* NULL: the tasks are there, one of them on each CPU to begin with. */
static const char *set_up(struct deadlines *d)
{
	const struct cpulist *online = stage_online(d->stage);
	int cpu = -1;

	d->n = cpulist_count(online) + 1;
	if (d->n > TASKS_MAX)
		d->n = TASKS_MAX;
	for (int i = 0; i < d->n; i++) {
		struct cpulist own;

		if (puppet_start_turning("hp-deadline", -1, work, NULL, &d->puppets[i]) < 0)
			return "could not be started";
		/* The one of the CPU that goes first; a task is not moved without need. */
		cpu = i == 0 ? d->cpu : cpulist_next(online, i == 1 ? 0 : cpu + 1);
		own = cpulist_of(cpu < 0 ? d->cpu : cpu);
		if (puppet_pin(d->puppets[i], &own) < 0)
			return "could not be spread over the CPUs";
		puppet_ask(d->puppets[i]);
		if (puppet_await(d->puppets[i], wait_now_ns() + wait_scaled(LIMIT_NS)) <= 0 ||
		    puppet_pin(d->puppets[i], online) < 0)
			return "could not be spread over the CPUs";
		if (deadline_set(puppet_pid(d->puppets[i]), RUNTIME_NS, PERIOD_NS) < 0)
			return "could not be made SCHED_DEADLINE";
	}
	d->before = count_admitted(d);
	for (int i = 0; i < d->n; i++)
		puppet_spin(d->puppets[i], true);
	for (int i = 0; i < d->n; i++)
		if (puppet_await_turns(d->puppets[i], 2, -1, wait_now_ns() + LIMIT_NS) <= 0)
			return "did not run";
	return NULL;
}

static void judge_tasks(struct deadlines *d, const struct act *act, bool was_there)
{
	int64_t began = wait_now_ns(), deadline = began + wait_scaled(LIMIT_NS);
	int stuck = 0, lost = 0, dead = 0;

	for (int i = 0; i < d->n; i++) {
		stuck += puppet_await_turns(d->puppets[i], 2, -1, deadline) <= 0;
		lost += !is_deadline(puppet_pid(d->puppets[i]));
		dead += act->verb == ACT_OFFLINE && puppet_cpu(d->puppets[i]) == d->cpu;
	}
	if (act->verb == ACT_OFFLINE && !cpu_is_fully_offline(stage_box(d->stage), d->cpu)) {
		expect_unexercised(d->stage, act, &deadline_migrates, NULL,
				   "cpu%d did not stay off meanwhile", d->cpu);
		return;
	}
	if (!was_there && !stuck && !lost && !dead) {
		expect_unexercised(d->stage, act, &deadline_migrates, NULL,
				   "no deadline task was seen on cpu%d before the act", d->cpu);
		return;
	}
	expect(d->stage, act, &deadline_migrates, !stuck && !lost && !dead,
	       json_pack("{s:i, s:i, s:i, s:i, s:i, s:f}", "cpu", d->cpu, "tasks", d->n, "stuck",
			 stuck, "lost", lost, "on_dead_cpu", dead, "waited_ms",
			 (double)(wait_now_ns() - began) / NS_PER_MS),
	       "cpu%d is %s: of %d deadline tasks %d stand still, %d lost their policy, %d ran on the dead CPU",
	       d->cpu, act->verb == ACT_OFFLINE ? "off" : "back", d->n, stuck, lost, dead);
}

static void judge_bandwidth(struct deadlines *d, const struct act *act)
{
	bool is_right;

	for (int i = 0; i < d->n; i++)
		puppet_spin(d->puppets[i], false);
	is_right = wait_until(is_as_before, d, wait_now_ns() + wait_scaled(LIMIT_NS)) > 0;
	for (int i = 0; i < d->n; i++)
		puppet_spin(d->puppets[i], true);
	if (!cpulist_equal(&act->online, stage_online(d->stage)) || d->before == 0 ||
	    d->n <= cpulist_count(&act->online)) {
		expect_unexercised(
			d->stage, act, &deadline_migrates, NULL,
			"%d tasks on CPUs %s got %d tenths of a CPU: the limit was not reached",
			d->n, cpulist_str(&act->online), d->before);
		return;
	}
	expect(d->stage, act, &deadline_migrates, is_right,
	       json_pack("{s:i, s:i, s:i}", "tasks", d->n, "before", d->before, "now", d->now),
	       "%d deadline tasks were admitted with %d tenths of a CPU before the cycle, with %d after it",
	       d->n, d->before, d->now);
}

static int one_act(struct deadlines *d, enum act_verb verb)
{
	struct act_spec spec = { .verb = verb, .cpu = d->cpu, .allow = ACT_ALLOW(0) };
	bool was_there = verb == ACT_ONLINE;
	struct act act = {};
	int r;

	for (int i = 0; i < d->n; i++)
		was_there |= puppet_cpu(d->puppets[i]) == d->cpu;
	r = act_play(d->stage, &spec, &act);
	if (act.is_done)
		judge_tasks(d, &act, was_there);
	if (act.is_done && verb == ACT_ONLINE)
		judge_bandwidth(d, &act);
	return r;
}

static int cycle(struct deadlines *d)
{
	if (one_act(d, ACT_OFFLINE) < 0 && cpu_is_fully_online(stage_box(d->stage), d->cpu))
		return 0; /* refused: the act says so */
	return one_act(d, ACT_ONLINE);
}

static int play(struct stage *s)
{
	struct deadlines d = { .stage = s };
	struct cpulist can;
	const char *why;
	int r = stage_can_leave(s, &can);

	if (r < 0)
		return r;
	d.cpu = cpulist_next(&can, cpulist_next(stage_online(s), 0) + 1); /* the first one stays */
	if (d.cpu < 0)
		d.cpu = cpulist_next(&can, 0);
	if (d.cpu < 0)
		return -ENODEV;
	why = set_up(&d);
	if (why)
		expect_unexercised(s, NULL, &deadline_migrates, NULL, "the deadline tasks %s", why);
	if (!why)
		r = cycle(&d);
	for (int i = 0; i < d.n; i++)
		puppet_end(d.puppets[i]);
	deadline_outlast(stage_online(s), PERIOD_NS);
	return r;
}

const struct scenario scenario_cpu_deadline = {
	.id = "cpu.deadline",
	.summary = "A CPU goes and comes under deadline tasks that have room elsewhere",
	.explain =
		"One SCHED_DEADLINE task more than there are CPUs, each with a tenth of a CPU. One CPU goes off and comes back; then the tasks ask for as much as they can get, as they "
		"did before.",
	.claims = CLAIMS(&deadline_migrates),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_deadline),
	.cost = { 1800, 0 },
	.rank = 24,
	.witnesses = GLOBS("state", "masks", "uevents", "kernel-log", "hung"),
	.play = play,
};
