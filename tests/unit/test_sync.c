// SPDX-License-Identifier: GPL-2.0-or-later
/* How the witnesses of witnesses/sync/ judge: good observations, and those that a faulty kernel
 * would bring. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/findings.h"
#include "witnesses/sync/sync.h"

static int judge_futex(const struct futex_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	futex_judge(seen, &f);
	return found(&f, "futex.no-wake-lost");
}

static struct futex_seen good_futex(void)
{
	return (struct futex_seen){
		.cpu = 3, .was_there = true, .goes_on = true, .here = 80, .there = 80
	};
}

static void futex_stuck(void **state)
{
	struct futex_seen seen = good_futex();

	(void)state;
	assert_int_equal(judge_futex(&seen), FINDING_MET);
	seen.goes_on = false;
	assert_int_equal(judge_futex(&seen), FINDING_UNMET);
}

static void futex_miscounts(void **state)
{
	struct futex_seen seen = good_futex();

	(void)state;
	seen.there = 79;
	assert_int_equal(judge_futex(&seen), FINDING_UNMET);
	seen = good_futex();
	seen.was_there = false;
	assert_int_equal(judge_futex(&seen), FINDING_UNEXERCISED);
	/* What is lost is lost, wherever they were. */
	seen.there = 79;
	assert_int_equal(judge_futex(&seen), FINDING_UNMET);
}

static int judge_locks(const struct locks_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	locks_judge(seen, &f);
	return found(&f, "lock.exact-result");
}

static struct locks_seen good_locks(void)
{
	return (struct locks_seen){ .cpu = 3,
				    .was_there = true,
				    .goes_on = true,
				    .rounds = { 10, 10, 10 },
				    .counted = { 120, 120, 120 },
				    .expected = 120 };
}

static void locks_inexact(void **state)
{
	struct locks_seen seen = good_locks();

	(void)state;
	assert_int_equal(judge_locks(&seen), FINDING_MET);
	for (int i = 0; i < LOCKS_KINDS; i++) {
		seen = good_locks();
		seen.counted[i]--;
		assert_int_equal(judge_locks(&seen), FINDING_UNMET);
	}
	seen = good_locks();
	seen.torn = 1;
	assert_int_equal(judge_locks(&seen), FINDING_UNMET);
	seen = good_locks();
	seen.rounds[2] = 9;
	assert_int_equal(judge_locks(&seen), FINDING_UNMET);
	seen = good_locks();
	seen.was_there = false;
	assert_int_equal(judge_locks(&seen), FINDING_UNEXERCISED);
}

static void locks_stuck(void **state)
{
	struct locks_seen seen = good_locks();

	(void)state;
	seen.goes_on = false;
	assert_int_equal(judge_locks(&seen), FINDING_UNMET);
}

static int judge_tlb(const struct tlb_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	tlb_judge(seen, &f);
	return found(&f, "ipi.tlb-completes");
}

static struct tlb_seen good_tlb(void)
{
	return (struct tlb_seen){
		.cpu = 3, .was_there = true, .goes_on = true, .changes = 90, .reads = 5000
	};
}

static void tlb_stale(void **state)
{
	struct tlb_seen seen = good_tlb();

	(void)state;
	assert_int_equal(judge_tlb(&seen), FINDING_MET);
	seen.stale = 1;
	assert_int_equal(judge_tlb(&seen), FINDING_UNMET);
	seen.goes_on = false;
	assert_int_equal(judge_tlb(&seen), FINDING_UNMET);
}

static void tlb_stuck(void **state)
{
	struct tlb_seen seen = good_tlb();

	(void)state;
	seen.goes_on = false;
	assert_int_equal(judge_tlb(&seen), FINDING_UNMET);
	seen = good_tlb();
	seen.reads = 0;
	assert_int_equal(judge_tlb(&seen), FINDING_UNEXERCISED);
	seen = good_tlb();
	seen.was_there = false;
	assert_int_equal(judge_tlb(&seen), FINDING_UNEXERCISED);
	seen.error = ENOMEM;
	assert_int_equal(judge_tlb(&seen), FINDING_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(futex_stuck),   cmocka_unit_test(futex_miscounts),
		cmocka_unit_test(locks_inexact), cmocka_unit_test(locks_stuck),
		cmocka_unit_test(tlb_stale),     cmocka_unit_test(tlb_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
