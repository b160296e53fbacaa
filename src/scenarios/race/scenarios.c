// SPDX-License-Identifier: GPL-2.0-or-later
/* The races that can be chosen, one for each partner, and all at once. What they do is race.c's. */
#include "scenarios/pm/pm.h"
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

/* Two needs for RACE(). */
#define BOTH(a, b) a, b

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

RACE(throttled, "race.bandwidth", "CPUs are taken off by who has used up its CPU time",
     "A writer in a group that is throttled holds the hotplug locks while it may not run. Twice a kernel never "
     "came out of that, for the timer that would have let it run was on the dying CPU.",
     1, 2, &race_need_bandwidth, { &race_throttled, 2 });

RACE(freezer, "race.freezer", "CPUs come and go while groups are frozen and thawed",
     "The freezer and CPU hotplug take the same locks, and once did in different orders.", 2, 3,
     &race_need_freezer, { &race_freezer, 2 });

RACE(deadline, "race.deadline", "CPUs come and go while deadline tasks start and stop",
     "An offline is refused where the bandwidth that was admitted would not fit the rest; afterwards exactly as much "
     "must be admitted as before.",
     2, 3, NULL, { &race_deadline, 2 });

RACE(tracing, "race.tracing", "CPUs come and go while trace instances do",
     "Instances are made and removed, their per-CPU buffers resized, events and tracers switched.",
     2, 3, &race_need_tracing, { &race_tracing, 2 });

RACE(perf, "race.perf", "CPUs come and go while perf events are opened on them",
     "An event is opened on a CPU, counts, is read and closed; ENODEV is right for a CPU that is off.",
     2, 3, NULL, { &race_perf, 2 });

RACE(uring, "race.uring", "CPUs come and go while io_uring binds its threads to them",
     "Rings with a polling thread on a CPU on its way out; EINVAL is right for one that is off.", 2,
     3, &race_need_uring, { &race_uring, 2 });

RACE(netns, "race.netns", "CPUs come and go while network namespaces do",
     "Taking a namespace away waits for RCU on all CPUs.", 2, 3, &race_need_netns,
     { &race_netns, 2 });

RACE(mount, "race.mount", "CPUs come and go while file systems are mounted",
     "Mounts keep per-CPU counters that are summed over CPUs which come and go.", 2, 3, NULL,
     { &race_mount, 2 });

RACE(module, "race.module", "CPUs come and go while modules are loaded and unloaded",
     "The modules set up hotplug states and devices of their own when they come, on all CPUs, and take them down when they go.",
     2, 3, &race_need_modules, { &race_module, 2 });

RACE(devices, "race.devices", "CPUs come and go while loop and zram devices do",
     "A block device has queues for each CPU, and zram streams: set up when it is made, taken down when it goes, moved when a CPU goes. "
     "Twice a queue was left on the list of those to move after its device had gone.",
     2, 3, &race_need_loop, { &race_loop, 2 }, { &race_zram, 1 });

RACE(suspend, "race.suspend", "CPUs come and go while the box begins to suspend",
     "`power/pm_test` ends each suspend at the CPUs. Writers of `cpuN/online` are frozen in the middle and may be refused with EBUSY.",
     2, 3, BOTH(&pm_need_test, &need_expendable), { &race_suspend, 1 });

RACE(read, "race.read", "CPUs come and go while everything that shows them is read",
     "Every file below `cpuN/`, and those of `/proc` that have a row or column for each CPU.", 2, 3,
     NULL, { &race_read, 3 });

RACE(smt, "race.smt", "CPUs come and go while SMT is turned off and on",
     "A thread cannot be brought back while SMT is off: EPERM.", 2, 3, &race_need_smt,
     { &race_smt, 1 });

RACE(all, "race.all", "CPUs come and go while everything else happens at once",
     "One actor of each kind that the box has what it needs for; the others are named in a note.",
     2, 3, NULL, { &race_kill, 1 }, { &race_affinity, 1 }, { &race_fork, 1 }, { &race_irq, 1 },
     { &race_cpuset, 1 }, { &race_throttled, 1 }, { &race_freezer, 1 }, { &race_perf, 1 },
     { &race_uring, 1 }, { &race_netns, 1 }, { &race_mount, 1 }, { &race_read, 1 },
     { &race_tracing, 1 }, { &race_smt, 1 }, { &race_module, 1 }, { &race_loop, 1 },
     { &race_zram, 1 });
