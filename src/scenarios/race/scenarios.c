// SPDX-License-Identifier: GPL-2.0-or-later
/* The races that can be chosen, one for each partner, and all at once. What they do is race.c's. */
#include "scenarios/race/kinds/kinds.h"
#include "scenarios/race/race.h"
#include "scenarios/scenarios.h"
#include "stage/needs.h"

/*
 * Those that look at the box and hold no task, timer or interrupt of their own to CPUs: a race
 * moves and widens all of these legally, and behind the back of who set them.
 */
#define WITNESSES GLOBS("kernel-log", "masks", "state", "hung")

#define PLAN_EXPLAIN \
	"The plan is drawn from the seed and recorded before the start; `--seed` and `--plan` repeat it."

#define RACE(name_, id_, summary_, why_, min_, max_, need_, ...)                           \
	static const struct race_recipe recipe_##name_ = { .scenario = id_,                \
							   .togglers_min = min_,           \
							   .togglers_max = max_,           \
							   .partners = { __VA_ARGS__ } };  \
	static int play_##name_(struct stage *s)                                           \
	{                                                                                  \
		return race_play(s, &recipe_##name_);                                      \
	}                                                                                  \
	const struct scenario scenario_race_##name_ = {                                    \
		.id = id_,                                                                 \
		.summary = summary_,                                                       \
		.explain = why_ "\n\n" PLAN_EXPLAIN,                                       \
		.claims = CLAIMS(&race_writes_legal, &race_all_return, &race_actors_exact, \
				 &race_ends_whole),                                        \
		.needs = NEEDS(&need_root, &need_real_box, &need_hotpluggable_cpu, need_), \
		.is_deep = true,                                                           \
		.witnesses = WITNESSES,                                                    \
		.play = play_##name_,                                                      \
	}

RACE(toggle, "race.toggle", "Several writers take CPUs off and on at once",
     "Two to eight processes write `cpuN/online`, the same CPU and different ones, each in its own manner. The kernel lets "
     "one after the other through; all of them must succeed.",
     2, 8, NULL, {});

RACE(kill, "race.kill", "Writers of cpuN/online are killed in the middle",
     "A killed writer either has done its work or has not: a CPU that stays half way is lost.", 1,
     2, NULL, { &race_kill, 3 });

RACE(affinity, "race.affinity", "CPUs come and go while tasks are bound to them",
     "Storms of `sched_setaffinity()` on the caller and on others, to CPUs that are on their way out. "
     "Once a task was left waiting for ever there (`stop_one_cpu_nowait()`).",
     2, 3, NULL, { &race_affinity, 2 });

RACE(fork, "race.fork", "CPUs come and go while processes are made and end",
     "Each child must start, run where it may, and end once with its own exit status.", 2, 3, NULL,
     { &race_fork, 2 });

RACE(irq, "race.irq", "CPUs come and go while interrupts are steered to them",
     "Writers of `/proc/irq/N/smp_affinity_list` on all interrupts. Once, vectors leaked here until none "
     "was left.",
     2, 3, NULL, { &race_irq, 2 });

RACE(cpuset, "race.cpuset", "CPUs come and go while cpusets and partitions change",
     "Groups are made, given CPUs that go, made partitions, filled, emptied, removed. Five defects were "
     "found in this corner of the kernel.",
     2, 3, &race_need_cpuset, { &race_cpuset, 2 });
