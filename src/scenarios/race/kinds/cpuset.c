// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The actor that makes, changes and removes cpusets of the unified hierarchy, partitions among
 * them, with tasks in them. Its groups are below one of its own, which is gone at the end.
 */
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

#define ROOT "/" CGROUP_TOP
#define GROUPS 3
#define GONE_NS (5 * NS_PER_S)

struct cpusets {
	char top[64];
	pid_t tasks[GROUPS];
	int last_cpu[GROUPS]; /* what cpuset.cpus was last set to; -1: not since it was made */
	bool is_there[GROUPS];
};

static int probe(struct box *box, char **ret_why)
{
	return cgroup_probe(box, "cpuset", ret_why);
}

const struct need race_need_cpuset = {
	.id = "box.cpuset-groups",
	.summary = "groups of cgroup v2 with cpusets can be made",
	.probe = probe,
};

static int make_group(struct cpusets *c, int n)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/g%d", c->top, n);
	if (mkdir(path, 0755) < 0)
		return -errno;
	c->is_there[n] = true;
	c->last_cpu[n] = -1;
	return 0;
}

static int begin(struct race_actor *a)
{
	struct cpusets *c = calloc(1, sizeof(*c));
	int r = c ? 0 : -ENOMEM;

	if (r == 0)
		snprintf(c->top, sizeof(c->top), ROOT "/hotproof-race-%d", (int)getpid());
	a->state = c;
	if (r == 0 && mkdir(c->top, 0755) < 0)
		r = -errno;
	if (r == 0)
		r = kinds_write("+cpuset", "%s/cgroup.subtree_control", c->top);
	for (int i = 0; i < GROUPS && r == 0; i++)
		r = kinds_start_task(&c->tasks[i]);
	for (int i = 0; i < GROUPS && r == 0; i++)
		r = make_group(c, i);
	return r;
}

static int set_cpus(struct cpusets *c, int n, int cpu, bool with_first)
{
	char text[32];
	int r;

	snprintf(text, sizeof(text), with_first ? "0,%d" : "%d", cpu);
	r = kinds_write(text, "%s/g%d/cpuset.cpus", c->top, n);
	if (r == 0)
		c->last_cpu[n] = with_first ? -1 : cpu;
	return r;
}

static int act_cpus(struct race_actor *a, const struct race_op *op)
{
	return set_cpus(a->state, op->arg, op->cpu, false);
}

static int act_cpus0(struct race_actor *a, const struct race_op *op)
{
	return set_cpus(a->state, op->arg, op->cpu, true);
}

static int act_attach(struct race_actor *a, const struct race_op *op)
{
	const struct cpusets *c = a->state;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)c->tasks[op->arg]);
	return kinds_write(pid, "%s/g%d/cgroup.procs", c->top, op->arg);
}

static int act_detach(struct race_actor *a, const struct race_op *op)
{
	const struct cpusets *c = a->state;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)c->tasks[op->arg]);
	return kinds_write(pid, ROOT "/cgroup.procs");
}

static int set_partition(const struct race_actor *a, int n, const char *word)
{
	const struct cpusets *c = a->state;

	return kinds_write(word, "%s/g%d/cpuset.cpus.partition", c->top, n);
}

static int act_partition(struct race_actor *a, const struct race_op *op)
{
	const struct cpusets *c = a->state;

	/* A partition's parent must be one too. */
	if (kinds_write("root", "%s/cpuset.cpus.partition", c->top) < 0)
		errno = 0;
	return set_partition(a, op->arg, "root");
}

static int act_member(struct race_actor *a, const struct race_op *op)
{
	return set_partition(a, op->arg, "member");
}

static int act_remake(struct race_actor *a, const struct race_op *op)
{
	struct cpusets *c = a->state;
	char path[128];
	int r = act_detach(a, op);

	snprintf(path, sizeof(path), "%s/g%d", c->top, op->arg);
	if (r < 0 || rmdir(path) < 0)
		return r < 0 ? r : -errno;
	c->is_there[op->arg] = false;
	return make_group(c, op->arg);
}

/* What the kernel takes depends on which CPUs others have just now; that it comes back is what
 * counts. */
static const struct race_verb verbs[] = {
	{ .name = "cpus", .has_cpu = true, .args = GROUPS, .weight = 5, .act = act_cpus },
	{ .name = "cpus0", .has_cpu = true, .args = GROUPS, .weight = 3, .act = act_cpus0 },
	{ .name = "attach", .args = GROUPS, .weight = 4, .act = act_attach },
	{ .name = "detach", .args = GROUPS, .weight = 2, .act = act_detach },
	{ .name = "partition", .args = GROUPS, .weight = 2, .act = act_partition },
	{ .name = "member", .args = GROUPS, .weight = 2, .act = act_member },
	{ .name = "remake", .args = GROUPS, .weight = 2, .act = act_remake },
	{},
};

static bool can_remove(void *arg)
{
	return rmdir(arg) == 0 || errno != EBUSY;
}

/* A group is busy for a moment after its last task was killed. */
static void remove_group(struct race_actor *a, char *path)
{
	if (wait_until(can_remove, path, wait_now_ns() + wait_scaled(GONE_NS)) != 1 ||
	    access(path, F_OK) == 0)
		race_wrong(a, "the group \"%s\" cannot be removed", path);
}

static void end(struct race_actor *a)
{
	struct cpusets *c = a->state;
	char path[128], want[16];

	for (int i = 0; i < GROUPS; i++) {
		_cleanup_free_ char *now = NULL;

		snprintf(want, sizeof(want), "%d", c->last_cpu[i]);
		snprintf(path, sizeof(path), "%s/g%d/cpuset.cpus", c->top + 1, i);
		if (c->is_there[i] && c->last_cpu[i] >= 0 &&
		    (box_readf(a->box, &now, "%s", path) < 0 || strcmp(now, want) != 0))
			race_wrong(a, "\"%s\" is \"%s\", and was last set to \"%s\"", path,
				   now ? now : "not there", want);
		if (!kinds_end_task(c->tasks[i]))
			race_wrong(a, "task %d of %d had gone before it was ended", i + 1, GROUPS);
	}
	for (int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/g%d", c->top, i);
		if (c->is_there[i])
			remove_group(a, path);
	}
	remove_group(a, c->top);
}

/* The controller is on for all actors of the kind, and off again if it was; no group is left. */
static bool check(struct box *box, bool is_after, void **state, char **ret_why)
{
	static char was_off;

	if (!is_after && cgroup_turn_on(box, "cpuset") > 0)
		*state = &was_off;
	if (is_after && *state)
		cgroup_turn_off(box, "cpuset");
	return kinds_no_group_left(box, is_after, ret_why);
}

const struct race_kind race_cpuset = {
	.name = "cpuset",
	.summary = "makes, changes, fills and removes cpusets and partitions",
	.need = &race_need_cpuset,
	.verbs = verbs,
	.begin = begin,
	.end = end,
	.check = check,
};
