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
		cmocka_unit_test(tlb_stale),
		cmocka_unit_test(tlb_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
