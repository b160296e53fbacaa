// SPDX-License-Identifier: GPL-2.0-or-later
/* Actors that move and make tasks: affinity storms, and fork, exec and exit. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wait.h"
#include "scenarios/race/kinds/kinds.h"

static int set_affinity(pid_t pid, const struct cpulist *cpus)
{
	cpu_set_t set;

	cpulist_to_cpu_set(cpus, &set);
	return sched_setaffinity(pid, sizeof(set), &set) < 0 ? -errno : 0;
}

/* The task to move is drawn with the operation. */
static int act_pin(struct race_actor *a, const struct race_op *op)
{
	const struct kinds_tasks *t = a->state;
	struct cpulist one = cpulist_of(op->cpu);

	return set_affinity(t->pids[op->arg], &one);
}

static int act_pair(struct race_actor *a, const struct race_op *op)
{
	const struct kinds_tasks *t = a->state;
	struct cpulist two = cpulist_of(op->cpu);

	cpulist_add(&two, 0);
	return set_affinity(t->pids[op->arg], &two);
}

static int act_own(struct race_actor *a, const struct race_op *op)
{
	struct cpulist one = cpulist_of(op->cpu);

	(void)a;
	return set_affinity(0, &one);
}

static int act_free(struct race_actor *a, const struct race_op *op)
{
	const struct kinds_tasks *t = a->state;
	struct cpulist all = a->cpus;

	cpulist_add(&all, 0);
	return set_affinity(t->pids[op->arg], &all);
}

/* EINVAL: the CPU is off just now. */
static const struct race_verb affinity_verbs[] = {
	{ .name = "pin",
	  .has_cpu = true,
	  .args = KINDS_TASKS,
	  .weight = 6,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_pin },
	{ .name = "pair",
	  .has_cpu = true,
	  .args = KINDS_TASKS,
	  .weight = 2,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_pair },
	{ .name = "own",
	  .has_cpu = true,
	  .weight = 3,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_own },
	{ .name = "free",
	  .args = KINDS_TASKS,
	  .weight = 1,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_free },
	{},
};

const struct race_kind race_affinity = {
	.name = "affinity",
	.summary = "sets the affinity of itself and of other tasks",
	.verbs = affinity_verbs,
	.begin = kinds_begin_tasks,
	.end = kinds_end_tasks,
};

static int reap(struct race_actor *a, pid_t pid, int wanted)
{
	int status;

	if (pid < 0)
		return -errno;
	a->slot->counts[0]++;
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	a->slot->counts[1]++;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted)
		race_wrong(a, "a child ended with wait status %#x instead of exit status %d",
			   status, wanted);
	return 0;
}

/* So many children at once, each with an exit status of its own. */
static int act_fork(struct race_actor *a, const struct race_op *op)
{
	pid_t pids[8];
	int n = op->arg + 1, r = 0;

	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(17 + i);
	}
	for (int i = 0; i < n; i++) {
		int one = reap(a, pids[i], 17 + i);

		r = r < 0 ? r : one;
	}
	return r;
}

/* exec of a file that cannot be executed at once: /proc/self/exe is this very program, and
 * --version ends it soon. */
static int act_exec(struct race_actor *a, const struct race_op *op)
{
	pid_t pid = vfork();

	(void)op;
	if (pid == 0) {
		execl("/proc/self/exe", "hotproof", "--version", NULL);
		_exit(127);
	}
	return reap(a, pid, 0);
}

static int act_bound(struct race_actor *a, const struct race_op *op)
{
	struct cpulist one = cpulist_of(op->cpu);
	pid_t pid = fork();

	if (pid == 0) {
		/* Off just now: then it runs where it may. */
		if (set_affinity(0, &one) < 0)
			errno = 0;
		_exit(33);
	}
	return reap(a, pid, 33);
}

static const struct race_verb fork_verbs[] = {
	{ .name = "fork", .args = 8, .weight = 5, .legal = RACE_LEGAL(0), .act = act_fork },
	{ .name = "exec", .weight = 1, .legal = RACE_LEGAL(0), .act = act_exec },
	{ .name = "bound", .has_cpu = true, .weight = 4, .legal = RACE_LEGAL(0), .act = act_bound },
	{},
};

/* Nobody is left, and nobody was reaped twice. */
static void end_fork(struct race_actor *a)
{
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		race_wrong(a, "a child is left over");
	if (a->slot->counts[0] != a->slot->counts[1])
		race_wrong(a, "%llu children were made and %llu ended",
			   (unsigned long long)a->slot->counts[0],
			   (unsigned long long)a->slot->counts[1]);
}

const struct race_kind race_fork = {
	.name = "fork",
	.summary = "makes children that exit, run a program, or bind themselves first",
	.verbs = fork_verbs,
	.end = end_fork,
};
