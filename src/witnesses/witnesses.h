// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain list of all witnesses, in the order in which they are asked before and after each act.
 */
#pragma once

#include "stage/claim.h"

extern const struct witness witness_state;
extern const struct witness witness_masks;
extern const struct witness witness_sysfs;
extern const struct witness witness_loopback;
extern const struct witness witness_disk;
extern const struct witness witness_uring;
extern const struct witness witness_perf;
extern const struct witness witness_readers;
extern const struct witness witness_clocksource;
extern const struct witness witness_settings;
extern const struct witness witness_adjtime;
extern const struct witness witness_pages;
extern const struct witness witness_ring;
extern const struct witness witness_firmware;
extern const struct witness witness_uevents;
extern const struct witness witness_kernel_log;
extern const struct witness witness_hung;
extern const struct witness witness_lockdep;
extern const struct witness witness_kmemleak;
extern const struct witness witness_stat;
extern const struct witness witness_function;
extern const struct witness witness_share;
extern const struct witness witness_top;
extern const struct witness witness_mpstat;
extern const struct witness witness_sar;
extern const struct witness witness_steps;
extern const struct witness witness_threads;
extern const struct witness witness_kept;
extern const struct witness witness_irq;
extern const struct witness witness_packet;
extern const struct witness witness_heartbeat;
extern const struct witness witness_observer;
extern const struct witness witness_clock;
extern const struct witness witness_task_sleeper;
extern const struct witness witness_task_mask;
extern const struct witness witness_task;
extern const struct witness witness_timer;
extern const struct witness witness_cpuset;
extern const struct witness witness_task_policy;
extern const struct witness witness_task_setaffinity;
extern const struct witness witness_task_exits;
extern const struct witness witness_membarrier;
extern const struct witness witness_tlb;
extern const struct witness witness_locks;
extern const struct witness witness_futex;
extern const struct witness witness_task_stopped;
extern const struct witness witness_vmstat;

/* NULL-terminated. */
extern const struct witness *const witnesses_all[];
