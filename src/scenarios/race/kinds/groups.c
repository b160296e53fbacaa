// SPDX-License-Identifier: GPL-2.0-or-later
/* Actors in cgroups of their own: one that writes cpuN/online while it is throttled, and one that
 * freezes and thaws tasks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cgroup.h"
#include "scenarios/race/kinds/kinds.h"

#define TASKS 3
#define THAW_NS (10 * NS_PER_S)

struct group {
	char *dir; /* relative to the box's root */
	pid_t tasks[TASKS];
};

static int probe_cpu(struct box *box, char **ret_why)
{
	return cgroup_probe(box, "cpu", ret_why);
}

const struct need race_need_bandwidth = {
	.id = "box.cpu-groups",
	.summary = "groups of cgroup v2 with a limit on CPU time can be made",
	.probe = probe_cpu,
};

static int probe_any(struct box *box, char **ret_why)
{
	return cgroup_probe(box, NULL, ret_why);
}

const struct need race_need_freezer = {
	.id = "box.groups",
	.summary = "groups of cgroup v2 can be made",
	.probe = probe_any,
};

static int join(const char *dir, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return kinds_write(text, "/%s/cgroup.procs", dir);
}

static int begin_group(struct race_actor *a, const char *name)
{
	struct group *g = calloc(1, sizeof(*g));
	int r = g ? cgroup_make(name, &g->dir) : -ENOMEM;

	a->state = g;
	for (int i = 0; i < TASKS && r == 0; i++) {
		r = kinds_start_task(&g->tasks[i]);
		if (r == 0)
			r = join(g->dir, g->tasks[i]);
	}
	return r;
}

static void end_group(struct race_actor *a)
{
	struct group *g = a->state;

	for (int i = 0; i < TASKS; i++)
		if (!kinds_end_task(g->tasks[i]))
			race_wrong(a, "task %d of %d had gone before it was ended", i + 1, TASKS);
	cgroup_remove(g->dir);
	if (box_has(a->box, "%s", g->dir))
		race_wrong(a, "the group \"%s\" cannot be removed", g->dir);
}

/* Quota of CPU time in each 20 ms, in ms. */
static int set_quota(const struct group *g, int ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%d 20000", ms * 1000);
	return kinds_write(text, "/%s/cpu.max", g->dir);
}

static int begin_throttled(struct race_actor *a)
{
	int r = begin_group(a, "race-bw");

	if (r == 0)
		r = set_quota(a->state, 10);
	/* It is itself who gets no more time while it holds the locks. */
	return r < 0 ? r : join(((struct group *)a->state)->dir, getpid());
}

static void end_throttled(struct race_actor *a)
{
	if (join(CGROUP_TOP, getpid()) < 0)
		race_wrong(a, "it cannot leave its group");
	end_group(a);
}

static int act_burn(struct race_actor *a, const struct race_op *op)
{
	int64_t until = wait_thread_cpu_ns() + (op->arg + 1) * NS_PER_MS;

	while (wait_thread_cpu_ns() < until && !race_is_over(a))
		;
	return 0;
}

static int act_quota(struct race_actor *a, const struct race_op *op)
{
	return set_quota(a->state, op->arg + 2);
}

static const struct race_verb throttled_verbs[] = {
	KINDS_TOGGLE("off", kinds_off, 2),
	KINDS_TOGGLE("on", kinds_on, 2),
	{ .name = "burn", .args = 6, .weight = 3, .legal = RACE_LEGAL(0), .act = act_burn },
	{ .name = "quota", .args = 12, .weight = 1, .legal = RACE_LEGAL(0), .act = act_quota },
	{},
};

/* The controller is on for all actors of the kind, and off again if it was. */
static bool check_cpu(struct box *box, bool is_after, void **state, char **ret_why)
{
	static char was_off;

	if (!is_after && cgroup_turn_on(box, "cpu") > 0)
		*state = &was_off;
	if (is_after && *state)
		cgroup_turn_off(box, "cpu");
	return kinds_no_group_left(box, is_after, ret_why);
}

const struct race_kind race_throttled = {
	.name = "throttled",
	.summary = "writes cpuN/online out of a group that has used up its CPU time",
	.need = &race_need_bandwidth,
	.verbs = throttled_verbs,
	.begin = begin_throttled,
	.end = end_throttled,
	.check = check_cpu,
};

static int begin_freezer(struct race_actor *a)
{
	return begin_group(a, "race-frz");
}

static int act_freeze(struct race_actor *a, const struct race_op *op)
{
	(void)op;
	return kinds_write("1", "/%s/cgroup.freeze", ((struct group *)a->state)->dir);
}

static int act_thaw(struct race_actor *a, const struct race_op *op)
{
	(void)op;
	return kinds_write("0", "/%s/cgroup.freeze", ((struct group *)a->state)->dir);
}

static int act_leave(struct race_actor *a, const struct race_op *op)
{
	return join(CGROUP_TOP, ((struct group *)a->state)->tasks[op->arg]);
}

static int act_enter(struct race_actor *a, const struct race_op *op)
{
	const struct group *g = a->state;

	return join(g->dir, g->tasks[op->arg]);
}

static const struct race_verb freezer_verbs[] = {
	{ .name = "freeze", .weight = 3, .legal = RACE_LEGAL(0), .act = act_freeze },
	{ .name = "thaw", .weight = 3, .legal = RACE_LEGAL(0), .act = act_thaw },
	{ .name = "leave", .args = TASKS, .weight = 2, .legal = RACE_LEGAL(0), .act = act_leave },
	{ .name = "enter", .args = TASKS, .weight = 2, .legal = RACE_LEGAL(0), .act = act_enter },
	{},
};

static bool is_thawed(void *arg)
{
	const struct race_actor *a = arg;
	_cleanup_free_ char *text = NULL;

	return box_readf(a->box, &text, "%s/cgroup.events", ((struct group *)a->state)->dir) == 0 &&
	       strstr(text, "frozen 0");
}

static void end_freezer(struct race_actor *a)
{
	if (act_thaw(a, NULL) < 0 ||
	    wait_until(is_thawed, a, wait_now_ns() + wait_scaled(THAW_NS)) != 1)
		race_wrong(a, "its group does not thaw");
	end_group(a);
}

static bool check_groups(struct box *box, bool is_after, void **state, char **ret_why)
{
	(void)state;
	return kinds_no_group_left(box, is_after, ret_why);
}

const struct race_kind race_freezer = {
	.name = "freezer",
	.summary = "freezes and thaws a group, with tasks that come and go",
	.need = &race_need_freezer,
	.verbs = freezer_verbs,
	.begin = begin_freezer,
	.end = end_freezer,
	.check = check_groups,
};
