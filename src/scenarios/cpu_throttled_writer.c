// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.throttled-writer: who takes the CPU off, and brings it back, is in a group that has used up
 * its CPU time (cpu.max of cgroup v2), and so is a process that is bound to the CPU. A deadlock
 * would be a time-out of the act; here it is looked at whether the group goes on. How much time it
 * gets is not judged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/puppet.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cgroup.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define LIMIT "10000 50000" /* 10 ms in 50 ms, all together */
#define THROTTLED_MIN 2     /* periods that ended so before the act */
#define GOES_ON_NS (10 * NS_PER_S)

static const struct claim no_deadlock = {
	.id = "sched.bandwidth-no-deadlock",
	.summary = "A throttled group goes on although its CPU, or its writer, left",
	.explain =
		"A group with `cpu.max` is halted when its time is used up, until a timer fills it again. The timer may be on the CPU that goes, and the writer who takes the CPU off may be the "
		"one who is halted: then each waits for the other. The group is proved to be throttled before; the act must take less than 10 s (scaled), and after it its processes must run within as much. A "
		"failure means that containers with a CPU limit stand still after a CPU went; the act itself may never return, which is a time-out.",
	.refs = REFS("Documentation/admin-guide/cgroup-v2.rst",
		     "commit: cpu/hotplug: Prevent self deadlock on CPU hot-unplug",
		     "commit: hrtimers: Push pending hrtimers away from outgoing CPU earlier"),
	.faults = FAULTS("kmod:bandwidth-timer-lost"),
};

static int probe(struct box *box, char **ret_why)
{
	return cgroup_probe(box, "cpu", ret_why);
}

static const struct need need_cpu_max = {
	.id = "box.cpu-max",
	.summary = "cgroup v2 with limits of CPU time",
	.probe = probe,
};

struct throttled {
	struct stage *stage;
	int cpu;
	char *dir;
	struct puppet *puppets[2]; /* the first one is bound to the CPU */
	bool has_turned_on;
	long long wanted; /* see is_throttled() */
};

/* -1: not known. */
static long long count_throttled(const struct throttled *t)
{
	_cleanup_free_ char *text = NULL;
	const char *line;

	if (box_readf(stage_box(t->stage), &text, "%s/cpu.stat", t->dir) < 0)
		return -1;
	line = strstr(text, "nr_throttled ");
	return line ? atoll(line + strlen("nr_throttled ")) : -1;
}

static bool is_throttled(void *arg)
{
	const struct throttled *t = arg;

	return count_throttled(t) >= t->wanted;
}

/* NULL: all of the group's time is used up again and again. */
static const char *set_up(struct throttled *t)
{
	struct box *box = stage_box(t->stage);
	_cleanup_close_ int fd = -1;
	int r = cgroup_turn_on(box, "cpu");

	t->has_turned_on = r > 0;
	if (r < 0 || cgroup_make("throttled", &t->dir) < 0)
		return "could not be made";
	fd = cgroup_open(t->dir);
	for (size_t i = 0; i < ARRAY_SIZE(t->puppets); i++)
		if (fd < 0 || puppet_start("hp-throttled", fd, &t->puppets[i]) < 0)
			return "could not be given processes";
	if (box_writef(box, LIMIT, "%s/cpu.max", t->dir) < 0)
		return "could not be given a limit";
	return NULL;
}

static void tear_down(struct throttled *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->puppets); i++)
		puppet_end(t->puppets[i]);
	cgroup_remove(t->dir);
	if (t->has_turned_on)
		cgroup_turn_off(stage_box(t->stage), "cpu");
	free(t->dir);
}

/* NULL: it is throttled now, with a process bound to the CPU where that is there. */
static const char *use_up(struct throttled *t, enum act_verb verb)
{
	struct cpulist own = cpulist_of(t->cpu);

	if (verb == ACT_OFFLINE && puppet_pin(t->puppets[0], &own) < 0)
		return "could not be bound to the CPU";
	for (size_t i = 0; i < ARRAY_SIZE(t->puppets); i++)
		puppet_spin(t->puppets[i], true);
	if (puppet_await_turns(t->puppets[0], 1, verb == ACT_OFFLINE ? t->cpu : -1,
			       wait_now_ns() + wait_scaled(GOES_ON_NS)) <= 0)
		return "did not run there before the act";
	t->wanted = count_throttled(t) + THROTTLED_MIN;
	if (wait_until(is_throttled, t, wait_now_ns() + wait_scaled(GOES_ON_NS)) <= 0)
		return "was not throttled before the act";
	return NULL;
}

static void judge(struct throttled *t, const struct act *act, long long before)
{
	int64_t began = wait_now_ns(), deadline = began + wait_scaled(GOES_ON_NS);
	/* The writer is one of the group: an act that stood still is a group that did. */
	int64_t wrote_ns = act->ended_ns - act->began_ns;
	bool goes_on = wrote_ns < wait_scaled(GOES_ON_NS), is_as_left;
	long long during = count_throttled(t) - before;

	for (size_t i = 0; i < ARRAY_SIZE(t->puppets); i++)
		goes_on = puppet_await_turns(t->puppets[i], 2, -1, deadline) > 0 && goes_on;
	is_as_left = act->verb == ACT_OFFLINE ? cpu_is_fully_offline(stage_box(t->stage), t->cpu)
					      : cpu_is_fully_online(stage_box(t->stage), t->cpu);
	if (!is_as_left)
		expect_unexercised(t->stage, act, &no_deadlock, NULL,
				   "cpu%d did not stay as it was meanwhile", t->cpu);
	else
		expect(t->stage, act, &no_deadlock, goes_on,
		       json_pack("{s:i, s:I, s:f, s:f}", "cpu", t->cpu, "throttled",
				 (json_int_t)during, "wrote_ms", (double)wrote_ns / NS_PER_MS,
				 "waited_ms", (double)(wait_now_ns() - began) / NS_PER_MS),
		       "cpu%d %s in %.0f ms by a writer in a throttled group (%lld times during the act): the group %s, %.0f ms after it",
		       t->cpu, act->verb == ACT_OFFLINE ? "was taken off" : "was brought back",
		       (double)wrote_ns / NS_PER_MS, during, goes_on ? "runs" : "stood still",
		       (double)(wait_now_ns() - began) / NS_PER_MS);
}

static int one_act(struct throttled *t, enum act_verb verb)
{
	struct act_spec spec = {
		.verb = verb, .cpu = t->cpu, .allow = ACT_ALLOW(0), .in_group = t->dir
	};
	const char *why = use_up(t, verb);
	struct act act = {};
	long long before = count_throttled(t);
	int r;

	/* Done in any case: what went off must come back. */
	r = act_play(t->stage, &spec, &act);
	if (why)
		expect_unexercised(t->stage, &act, &no_deadlock, NULL,
				   "the group with a limit for cpu%d %s", t->cpu, why);
	else if (act.is_done)
		judge(t, &act, before);
	for (size_t i = 0; i < ARRAY_SIZE(t->puppets); i++)
		puppet_spin(t->puppets[i], false);
	return r;
}

static int cycle(struct throttled *t)
{
	if (one_act(t, ACT_OFFLINE) < 0 && cpu_is_fully_online(stage_box(t->stage), t->cpu))
		return 0; /* refused: the act says so */
	return one_act(t, ACT_ONLINE);
}

static int play(struct stage *s)
{
	struct throttled t = { .stage = s };
	struct cpulist can;
	const char *why;
	int r = stage_can_leave(s, &can);

	if (r < 0)
		return r;
	t.cpu = cpulist_next(&can, cpulist_next(stage_online(s), 0) + 1); /* the first one stays */
	if (t.cpu < 0)
		t.cpu = cpulist_next(&can, 0);
	if (t.cpu < 0)
		return -ENODEV;
	why = set_up(&t);
	if (why)
		expect_unexercised(s, NULL, &no_deadlock, NULL, "a group with a limit %s", why);
	if (!why)
		r = cycle(&t);
	tear_down(&t);
	return r;
}

const struct scenario scenario_cpu_throttled_writer = {
	.id = "cpu.throttled-writer",
	.summary = "A CPU goes and comes by a writer whose CPU time is used up",
	.explain =
		"The writer and two busy processes, one of them bound to the CPU, share 10 ms of CPU time in 50 ms, which are used up all the time. The CPU goes "
		"off and comes back.",
	.claims = CLAIMS(&no_deadlock),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_cpu_max),
	.cost = { 1700, 0 },
	.rank = 17,
	.witnesses = GLOBS("state", "masks", "uevents", "kernel-log", "hung"),
	.play = play,
};
