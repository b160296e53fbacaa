// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain list of all witnesses: a new one is added here and nowhere else. Cheap and quick ones
 * come first. */
#include "witnesses/witnesses.h"

// clang-format off: one a line, so that two branches can add to it
const struct witness *const witnesses_all[] = {
	&witness_uevents,
	&witness_state,
	&witness_masks,
	&witness_sysfs,
	&witness_clocksource,
	&witness_settings,
	&witness_adjtime,
	&witness_pages,
	&witness_ring,
	&witness_stat,
	&witness_kernel_log,
	&witness_hung,
	&witness_lockdep,
	&witness_kmemleak,
	/* Early: they work while the others make ready and look, and wait for nothing themselves.
	 */
	&witness_task_policy,
	&witness_membarrier,
	&witness_tlb,
	&witness_locks,
	&witness_futex,
	&witness_task_stopped,
	&witness_task_exits,
	&witness_task_setaffinity,
	&witness_vmstat,
	&witness_top,
	&witness_mpstat,
	&witness_sar,
	&witness_steps,
	&witness_threads,
	&witness_kept,
	&witness_heartbeat,
	&witness_observer,
	&witness_clock,
	&witness_cpuset,
	&witness_function,
	&witness_share,
	&witness_firmware,
	/* Last: what they bring onto the CPU must still be there when it goes. */
	&witness_irq,
	&witness_packet,
	&witness_task_sleeper,
	&witness_task_mask,
	&witness_timer,
	&witness_disk,
	&witness_uring,
	&witness_perf,
	&witness_readers,
	&witness_loopback,
	&witness_task,
	NULL,
};
// clang-format on
