// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/slurm_queue: what squeue prints. The real Slurm is tests/slurm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/slurm_queue.h"

static void reads_the_queue(void **state)
{
	char text[] = "12|0|RUNNING|lab1\n12|3|PENDING|\n12|1|NODE_FAIL|lab2\n"
		      "12|2|COMPLETING|lab1\n";
	struct slurm_queue q = {};

	(void)state;
	assert_int_equal(slurm_queue_parse(text, &q), 0);
	assert_int_equal(q.n, 4);
	assert_string_equal(q.tasks[0].job, "12");
	assert_string_equal(q.tasks[0].node, "lab1");
	assert_true(q.tasks[0].is_alive && q.tasks[0].is_running);
	assert_int_equal(q.tasks[1].index, 3);
	assert_true(q.tasks[1].is_alive && !q.tasks[1].is_running);
	assert_string_equal(q.tasks[1].node, "");
	assert_false(q.tasks[2].is_alive);
	assert_string_equal(q.tasks[2].state, "NODE_FAIL");
	assert_true(q.tasks[3].is_alive && q.tasks[3].is_running);
	slurm_queue_clear(&q);
}

/* A job that is no array has no index; a state that is not known is an end: then its file tells. */
static void foreign_lines_are_left_out(void **state)
{
	char text[] = "\n12\n12|x|RUNNING|a\n12|N/A|RUNNING|a\n|||\n12|1|FUTURE|a|b\n"
		      "99999999999999999999999999999999|7|RUNNING|a\n";
	struct slurm_queue q = {};

	(void)state;
	assert_int_equal(slurm_queue_parse(text, &q), 0);
	assert_int_equal(q.n, 2);
	assert_false(q.tasks[0].is_alive);
	assert_int_equal(q.tasks[1].index, 7);
	slurm_queue_clear(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_queue),
		cmocka_unit_test(foreign_lines_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
