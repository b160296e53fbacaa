// SPDX-License-Identifier: GPL-2.0-or-later
/* The toggler: writes cpuN/online as every race needs it, in one of several manners. And the one
 * whose writer is killed in the middle. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "scenarios/race/kinds/kinds.h"
#include "scenarios/race/plan.h"

#define KILL_US 60000

static int write_online(const struct race_op *op, const char *value)
{
	return kinds_write(value, "/sys/devices/system/cpu/cpu%d/online", op->cpu);
}

int kinds_off(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return write_online(op, "0");
}

int kinds_on(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return write_online(op, "1");
}

/* In the order: off, on. Success is the only answer: the lock is waited for, and what is already so
 * is a success. */
static const struct race_verb toggle_verbs[] = {
	KINDS_TOGGLE("off", kinds_off, 1),
	KINDS_TOGGLE("on", kinds_on, 1),
	{},
};

static int nth(const struct cpulist *cpus, uint64_t n)
{
	int cpu = cpulist_next(cpus, 0);

	while (n-- > 0)
		cpu = cpulist_next(cpus, cpu + 1);
	return cpu;
}

static void maybe_wait(struct race_part *part, struct prng *prng, int odds)
{
	if (prng_below(prng, odds) == 0)
		race_plan_op(part, &race_wait, -1, (int)prng_below(prng, race_wait.args));
}

/* One CPU off and on, with and without a pause. */
static void make_own(struct race_part *part, struct prng *prng, const struct cpulist *cpus)
{
	int cpu = nth(cpus, prng_below(prng, cpulist_count(cpus)));

	for (int i = 0; i < 6; i++) {
		race_plan_op(part, &toggle_verbs[0], cpu, -1);
		maybe_wait(part, prng, 3);
		race_plan_op(part, &toggle_verbs[1], cpu, -1);
		maybe_wait(part, prng, 3);
	}
}

/* All off, all on, each in its own order. */
static void make_sweep(struct race_part *part, struct prng *prng, const struct cpulist *cpus)
{
	for (int round = 0; round < 2; round++)
		for (int v = 0; v < 2; v++) {
			struct cpulist left = *cpus;

			while (cpulist_count(&left) > 0) {
				int cpu = nth(&left, prng_below(prng, cpulist_count(&left)));

				cpulist_del(&left, cpu);
				race_plan_op(part, &toggle_verbs[v], cpu, -1);
				maybe_wait(part, prng, 6);
			}
		}
}

/* Any CPU, either way. */
static void make_walk(struct race_part *part, struct prng *prng, const struct cpulist *cpus)
{
	for (int i = 0; i < 24; i++) {
		int cpu = nth(cpus, prng_below(prng, cpulist_count(cpus)));

		race_plan_op(part, &toggle_verbs[prng_below(prng, 2)], cpu, -1);
		maybe_wait(part, prng, 4);
	}
}

static void make_toggle(struct race_part *part, struct prng *prng, const struct cpulist *cpus)
{
	void (*const manners[])(struct race_part * part, struct prng * prng,
				const struct cpulist *cpus) = { make_own, make_sweep, make_walk };
	uint64_t manner = prng_below(prng, ARRAY_SIZE(manners));

	/* The first one sweeps, so that in every race several CPUs are away at once. */
	if (strcmp(part->name, "toggle-1") == 0)
		manner = 1;
	manners[manner](part, prng, cpus);
}

const struct race_kind race_toggle = {
	.name = "toggle",
	.summary = "writes cpuN/online",
	.verbs = toggle_verbs,
	.make = make_toggle,
};

/* A child writes, and is killed so many microseconds later: in the middle, before, or when it is
 * done. The CPU may be on either side then, and never in between: that is seen at the end. */
static int kill_writer(const struct race_op *op, const char *value)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(write_online(op, value) < 0);
	}
	wait_pause(op->arg * NS_PER_US);
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid ? 0 : -errno;
}

static int act_kill_off(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return kill_writer(op, "0");
}

static int act_kill_on(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return kill_writer(op, "1");
}

static const struct race_verb kill_verbs[] = {
	{ .name = "kill-off",
	  .has_cpu = true,
	  .args = KILL_US,
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0),
	  .act = act_kill_off },
	{ .name = "kill-on",
	  .has_cpu = true,
	  .args = KILL_US,
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0),
	  .act = act_kill_on },
	{},
};

const struct race_kind race_kill = {
	.name = "kill",
	.summary = "kills writers of cpuN/online in the middle",
	.verbs = kill_verbs,
};
