// SPDX-License-Identifier: GPL-2.0-or-later
/* How the witnesses of witnesses/sync/, memory/ and facility/ring.c judge: good observations, and
 * those that a faulty kernel would bring. */
#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/findings.h"
#include "witnesses/facility/ring.h"
#include "witnesses/memory/pages.h"
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

static int judge_pages(const struct pages_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	pages_judge(seen, &f);
	return found(&f, "mem.pages-intact");
}

static void pages_spoilt(void **state)
{
	struct pages_seen seen = { .cpu = 3, .was_there = true, .has_checked = true, .turns = 80 };

	(void)state;
	assert_int_equal(judge_pages(&seen), FINDING_MET);
	seen.spoilt = 1;
	assert_int_equal(judge_pages(&seen), FINDING_UNMET);
	/* What is spoilt is spoilt, wherever the thread was. */
	seen.was_there = false;
	assert_int_equal(judge_pages(&seen), FINDING_UNMET);
	seen.spoilt = 0;
	assert_int_equal(judge_pages(&seen), FINDING_UNEXERCISED);
	seen = (struct pages_seen){ .cpu = 3, .was_there = true, .turns = 80 };
	assert_int_equal(judge_pages(&seen), FINDING_UNEXERCISED);
	seen = (struct pages_seen){ .cpu = 3, .was_there = true, .has_checked = true };
	assert_int_equal(judge_pages(&seen), FINDING_UNEXERCISED);
}

static int judge_ring(const void *records, size_t size, uint64_t counted)
{
	_cleanup_findings_ struct findings f = {};
	struct ring_seen seen = { .cpu = 3, .counted = counted };

	ring_walk(records, size, &seen);
	ring_judge(&seen, &f);
	return found(&f, "perf.ring-intact");
}

static void ring_tells_of_all(void **state)
{
	struct {
		struct perf_event_header h;
		uint32_t cpu, zero;
	} samples[3];
	struct {
		struct perf_event_header h;
		uint64_t id, lost;
	} lost = { { PERF_RECORD_LOST, 0, sizeof(lost) }, 1, 5 };
	char both[sizeof(samples) + sizeof(lost)];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		samples[i].h = (struct perf_event_header){ PERF_RECORD_SAMPLE, 0, 16 };
		samples[i].cpu = 3;
	}
	memcpy(both, samples, sizeof(samples));
	memcpy(both + sizeof(samples), &lost, sizeof(lost));
	assert_int_equal(judge_ring(samples, sizeof(samples), 3), FINDING_MET);
	assert_int_equal(judge_ring(both, sizeof(both), 8), FINDING_MET);
	assert_int_equal(judge_ring(samples, sizeof(samples), 4), FINDING_UNMET);
	assert_int_equal(judge_ring(both, sizeof(both) - 8, 8), FINDING_UNMET);
	samples[1].cpu = 2;
	assert_int_equal(judge_ring(samples, sizeof(samples), 3), FINDING_UNMET);
	samples[1].h.size = 0;
	assert_int_equal(judge_ring(samples, sizeof(samples), 3), FINDING_UNMET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(futex_stuck),       cmocka_unit_test(futex_miscounts),
		cmocka_unit_test(locks_inexact),     cmocka_unit_test(locks_stuck),
		cmocka_unit_test(ring_tells_of_all), cmocka_unit_test(pages_spoilt),
		cmocka_unit_test(tlb_stale),         cmocka_unit_test(tlb_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
