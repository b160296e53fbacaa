// SPDX-License-Identifier: GPL-2.0-or-later
/* Witnesses that read files, against scripted roots: the good one passes, each faulty one fails
 * exactly the named claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "scenarios/scenarios.h"
#include "support/scripted.h"
#include "witnesses/witnesses.h"

static const struct witness *const witnesses[] = { &witness_uevents,  &witness_state,
						   &witness_stat,     &witness_kernel_log,
						   &witness_hung,     &witness_lockdep,
						   &witness_kmemleak, NULL };

static const struct {
	const char *root, *failing;
} roots[] = {
	{ "state-stuck", "state.offline-reached act.as-expected" },
	{ "state-half-up", "state.online-reached state.sources-agree act.as-expected" },
	{ "uevent-missing", "state.uevent-each" },
	{ "uevent-twice", "state.uevent-each" },
	{ "uevent-wrong", "state.uevent-each" },
	{ "stale-node", "state.sources-agree" },
	{ "stale-cpuinfo", "state.sources-agree" },
	{ "stale-stat", "state.sources-agree" },
	{ "stale-interrupts", "state.sources-agree" },
	{ "kmsg-warning", "log.no-warning" },
	{ "new-taint", "log.no-taint" },
	{ "hung-task", "log.no-hung-task" },
	{ "lockdep-turns-off", "debug.lockdep-stays-on" },
	{ "memory-leaked", "debug.no-memory-leaked" },
	{ "stat-cpu-back", "stat.cpu-never-back" },
	{ "stat-idle-forgotten", "stat.cpu-never-back" },
	{ "stat-idle-jitter", "" },
	{ "stat-total-back", "stat.total-never-back" },
	{ "stat-idle-back", "stat.total-idle-never-back" },
	{ "running-wraps", "stat.running-possible" },
};

/* What is judged of a transition that is complete only has no say where one stops half way. */
static const struct witness *const strict_witnesses[] = { &witness_sysfs, &witness_clocksource,
							  &witness_masks, &witness_settings, NULL };

static const struct {
	const char *root, *failing;
} strict_roots[] = {
	{ "tree-gains-file", "sysfs.tree-comes-back" },
	{ "tree-value-changes", "sysfs.tree-comes-back" },
	{ "node-gains-name", "sysfs.tree-comes-back" },
	{ "topology-stale", "sysfs.topology-follows" },
	{ "cache-stale", "sysfs.topology-follows" },
	{ "map-differs", "sysfs.topology-follows" },
	{ "clocksource-changes", "time.clocksource-stays" },
	{ "irq-default-mask-changes", "irq.default-mask-kept" },
	{ "wq-mask-changes", "wq.mask-kept" },
	{ "watchdog-mask-changes", "watchdog.mask-kept" },
};

static void good_root_holds(void **state)
{
	json_t *played = scripted_play("good", &scenario_cpu_cycle, witnesses), *c;
	const char *claim;

	assert_non_null(played);
	json_object_foreach(played, claim, c) {
		print_message("%s\n", claim);
		assert_int_equal(scripted_count(played, claim, "unmet"), 0);
		assert_int_equal(scripted_count(played, claim, "error"), 0);
		assert_true(scripted_count(played, claim, "met") > 0);
	}
	assert_int_equal(scripted_count(played, "act.as-expected", "met"), 6);
	assert_int_equal(scripted_count(played, "state.uevent-each", "met"), 6);
	json_decref(played);
}

static void faulty_roots_fail_the_named_claims(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		assert_int_equal(scripted_check(roots[i].root, &scenario_cpu_cycle, witnesses,
						roots[i].failing),
				 0);
}

static void good_root_holds_strictly(void **state)
{
	json_t *played = scripted_play("good", &scenario_cpu_cycle, strict_witnesses);

	assert_int_equal(scripted_count(played, "sysfs.tree-comes-back", "met"), 3);
	assert_int_equal(scripted_count(played, "sysfs.topology-follows", "met"), 6);
	json_decref(played);
	assert_int_equal(scripted_check("good", &scenario_cpu_all_but_one, strict_witnesses, ""),
			 0);
}

static void faulty_roots_fail_strictly(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(strict_roots); i++)
		assert_int_equal(scripted_check(strict_roots[i].root, &scenario_cpu_cycle,
						strict_witnesses, strict_roots[i].failing),
				 0);
}

int main(void)
{
	/* The hung task's five seconds need not be waited for on a root where nothing moves. */
	wait_set_scale(0.1);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_root_holds),
		cmocka_unit_test(faulty_roots_fail_the_named_claims),
		cmocka_unit_test(good_root_holds_strictly),
		cmocka_unit_test(faulty_roots_fail_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
