// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain list of all scenarios, in the order in which they run. */
#pragma once

#include "stage/claim.h"

extern const struct scenario scenario_cpu_ghost;
extern const struct scenario scenario_cpu_cycle;
extern const struct scenario scenario_cpu_all_but_one;
extern const struct scenario scenario_cpu_refuse_last;
extern const struct scenario scenario_cpu_bad_input;
extern const struct scenario scenario_cpu_smt_control;
extern const struct scenario scenario_cpu_give_back;
extern const struct scenario scenario_cpu_plug;
extern const struct scenario scenario_cpu_many_cycles;
extern const struct scenario scenario_cpu_stress;
extern const struct scenario scenario_cpu_fixed;
extern const struct scenario scenario_cpu_partition;
extern const struct scenario scenario_cpu_deadline;
extern const struct scenario scenario_cpu_throttled_writer;
extern const struct scenario scenario_cpu_rollback;
extern const struct scenario scenario_cpu_rollback_twice;
extern const struct scenario scenario_cpu_refuse_deadline;

/* boot/: those that need a boot with options of its own */
extern const struct scenario scenario_cpu_refuse_isolated;
extern const struct scenario scenario_cpu_refuse_timekeeper;
extern const struct scenario scenario_cpu_bring_late;
extern const struct scenario scenario_cpu_boot_options;
extern const struct scenario scenario_cpu_files;
extern const struct scenario scenario_cpu_pm_test;

/* race/scenarios.c */
extern const struct scenario scenario_race_toggle;
extern const struct scenario scenario_race_kill;
extern const struct scenario scenario_race_affinity;
extern const struct scenario scenario_race_fork;
extern const struct scenario scenario_race_irq;
extern const struct scenario scenario_race_cpuset;
extern const struct scenario scenario_race_throttled;
extern const struct scenario scenario_race_freezer;
extern const struct scenario scenario_race_deadline;
extern const struct scenario scenario_race_tracing;
extern const struct scenario scenario_race_perf;
extern const struct scenario scenario_race_uring;
extern const struct scenario scenario_race_netns;
extern const struct scenario scenario_race_mount;
extern const struct scenario scenario_race_read;
extern const struct scenario scenario_race_module;
extern const struct scenario scenario_race_devices;
extern const struct scenario scenario_race_suspend;
extern const struct scenario scenario_race_smt;
extern const struct scenario scenario_race_all;

/* NULL-terminated. */
extern const struct scenario *const scenarios_all[];
