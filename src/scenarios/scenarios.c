// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain list of all scenarios: a new one is added here and nowhere else. */
#include "scenarios/scenarios.h"

const struct scenario *const scenarios_all[] = {
	&scenario_cpu_cycle,
	&scenario_cpu_all_but_one,
	&scenario_cpu_refuse_last,
	&scenario_cpu_bad_input,
	&scenario_cpu_smt_control,
	&scenario_cpu_give_back,
	&scenario_cpu_many_cycles,
	&scenario_cpu_stress,
	&scenario_cpu_fixed,
	&scenario_cpu_partition,
	&scenario_cpu_deadline,
	&scenario_cpu_throttled_writer,
	&scenario_cpu_rollback_twice,
	&scenario_cpu_refuse_deadline,
	&scenario_cpu_refuse_isolated,
	&scenario_cpu_refuse_timekeeper,
	&scenario_cpu_bring_late,
	&scenario_cpu_boot_options,
	&scenario_cpu_files,
	&scenario_cpu_pm_test,
	&scenario_cpu_rollback,
	/* race/scenarios.c */
	&scenario_race_toggle,
	&scenario_race_kill,
	&scenario_race_affinity,
	&scenario_race_fork,
	&scenario_race_irq,
	&scenario_race_cpuset,
	&scenario_race_throttled,
	&scenario_race_freezer,
	&scenario_race_tracing,
	&scenario_race_perf,
	&scenario_race_uring,
	&scenario_race_netns,
	&scenario_race_mount,
	&scenario_race_read,
	&scenario_race_module,
	&scenario_race_devices,
	&scenario_race_suspend,
	&scenario_race_smt,
	&scenario_race_all,
	/* Last: a kernel that is tainted there stops the run. */
	&scenario_race_deadline,
	&scenario_cpu_ghost,
	/* A CPU that was put in has no hotplug/ any more: for what comes after, it is half blind.
	 */
	&scenario_cpu_plug,
	NULL,
};
