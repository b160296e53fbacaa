// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cells in memory against those in the database: every filter and axis counts the same both
 * ways, and what changes is seen. How a cell comes to its state is test_store.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "store/cells/machine.h"
#include "store/cells/matrix.h"
#include "store/take/bundle.h"
#include "store/take/catalog.h"
#include "store/take/ingest.h"
#include "support/tracker_db.h"

struct box {
	char dir[BUNDLE_PATH];
	struct db *db;
	struct cube *cube;
	struct error err;
};

static int open_box(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	_cleanup_free_ char *path = NULL;

	*state = b;
	if (!b || bundle_make_dir(b->dir, &b->err) < 0 || cube_new(&b->cube, &b->err) < 0)
		return -1;
	path = tracker_db_path(b->dir);
	if (db_open(path, DB_CREATE, &b->db, &b->err) < 0)
		return -1;
	return catalog_install_built_in(b->db, &b->err) < 0 ? -1 : 0;
}

static int close_box(void **state)
{
	struct box *b = *state;

	cube_free(b->cube);
	db_close(b->db);
	bundle_remove(b->dir);
	free(b);
	return 0;
}

static void take(struct box *b, const char *name)
{
	_cleanup_free_ char *dir = text_printf("%s/%s", RUNS, name);
	struct ingest_done done;

	assert_int_equal(ingest_dir(b->db, dir,
				    &(struct ingest_from){ .who = "test", .now = 1795510000 },
				    &done, &b->err),
			 0);
}

/* One state of what the filter lets through, as the database counts it. */
static int count(struct box *b, const struct filter *filter, int state)
{
	_cleanup_free_ char *where = filter_sql(filter);
	_cleanup_free_ char *sql =
		text_printf("SELECT count(*) FROM cell c WHERE c.state=%d AND 1=1%s", state, where);
	_cleanup_rows_ struct rows rows = { 0 };

	assert_int_equal(db_select(b->db, &rows, &b->err, sql, FILTER_TYPES, FILTER_VALUES(filter)),
			 0);
	assert_int_equal(rows_next(&rows, &b->err), 1);
	return (int)rows_int(&rows, 0);
}

static void check(struct box *b, const struct filter *filter, enum matrix_axis rows,
		  enum matrix_axis columns)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	struct matrix_count sum = { 0 };

	assert_int_equal(matrix_read(b->cube, b->db, rows, columns, filter, &m, &b->err), 0);
	for (int s = 0; s < CELL_STATES; s++)
		assert_int_equal(m->all.n[s], count(b, filter, s));
	for (int i = 0; i < m->n_rows * m->n_columns; i++)
		sum.total += m->cells[i].total;
	assert_int_equal(sum.total, m->all.total);
	for (int i = 1; i < m->n_rows && rows != MATRIX_KERNEL && rows != MATRIX_SERIES; i++)
		assert_true(strcmp(m->rows[i - 1], m->rows[i]) < 0);
}

static const struct filter filters[] = {
	{ 0 },
	{ .is_unexpected = true },
	{ .claim = "task.repins" },
	{ .subject = "irq" },
	{ .scenario = "cpu.cycle", .state = "pass" },
	{ .machine = "amd64-4" },
	{ .arch = "amd64", .state = "open" },
	{ .arch = "vax" },
	{ .series = "6.1", .state = "broken" },
	{ .options = "", .state = "never-tried" },
	{ .kernel = "no such" },
	{ .state = "nonsense" },
	{ .platform = "any" },
};

static void counts_are_those_of_the_database(void **state)
{
	static const char *const names[] = { "guest-healthy", "guest-hang",   "guest-panic",
					     "traced",        "failed-claim", "known-defect",
					     "needs-unmet" };
	struct box *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		take(b, names[i]);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		for (int a = 0; a < MATRIX_AXES; a++)
			check(b, &filters[i], (enum matrix_axis)a,
			      (enum matrix_axis)((a + (int)i) % MATRIX_AXES));
}

static void changes_are_seen(void **state)
{
	struct box *b = *state;

	check(b, &filters[0], MATRIX_CLAIM, MATRIX_KERNEL);
	take(b, "guest-healthy");
	check(b, &filters[0], MATRIX_CLAIM, MATRIX_KERNEL);
	take(b, "failed-claim"); /* with pairs that no catalogue names, on another target */
	check(b, &filters[1], MATRIX_MACHINE, MATRIX_KERNEL);
	assert_int_equal(
		machine_set(b->db, "amd64-4",
			    &(struct machine_change){ .health = "does-not-boot", .every_days = -1 },
			    1795510000, &b->err),
		0);
	check(b, &filters[0], MATRIX_CLAIM, MATRIX_KERNEL);
	assert_true(count(b, &filters[0], CELL_BLOCKED) > 0);
	assert_int_equal(
		machine_set(b->db, "amd64-4",
			    &(struct machine_change){ .health = "retired", .every_days = -1 },
			    1795510000, &b->err),
		0);
	check(b, &filters[0], MATRIX_CLAIM, MATRIX_KERNEL);
	check(b, &filters[1], MATRIX_CLAIM, MATRIX_KERNEL);
}

/* One that is blocked or untried neither hides passes nor is hidden by them; what is broken is
 * seen. */
static void several_cells_look_like_one(void **state)
{
	static const struct {
		struct matrix_count count;
		const char *word;
	} looks[] = {
		{ { .n = { [CELL_PASS] = 3 } }, "pass" },
		{ { .n = { [CELL_PASS] = 3, [CELL_NOT_APPLICABLE] = 1 } }, "pass" },
		{ { .n = { [CELL_PASS] = 3, [CELL_BLOCKED] = 40 } }, "in-part" },
		{ { .n = { [CELL_PASS] = 3, [CELL_NEVER] = 1 } }, "in-part" },
		{ { .n = { [CELL_PASS] = 3, [CELL_SKIP] = 1, [CELL_LIMIT] = 1 } }, "in-part" },
		{ { .n = { [CELL_PASS] = 3, [CELL_STALE] = 1 } }, "stale" },
		{ { .n = { [CELL_PASS] = 90, [CELL_BLOCKED] = 9, [CELL_FAIL] = 1 } }, "fail" },
		{ { .n = { [CELL_SKIP] = 3, [CELL_BLOCKED] = 1 } }, "blocked" },
		{ { .n = { [CELL_NEVER] = 3, [CELL_BLOCKED] = 9 } }, "never-tried" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		assert_string_equal(matrix_look(&looks[i].count).word, looks[i].word);
}

static void time_alone_changes_states(void **state)
{
	struct box *b = *state;
	int passed;

	take(b, "guest-healthy");
	passed = count(b, &filters[0], CELL_PASS);
	assert_true(passed > 0);
	assert_int_equal(db_begin(b->db, &b->err), 0);
	assert_int_equal(cell_refresh(b->db, 0, 1795510000, &b->err), 0);
	assert_int_equal(cell_refresh(b->db, 0, 1795510000 + 61 * 86400, &b->err), passed);
	assert_int_equal(db_commit(b->db, &b->err), 0);
	check(b, &filters[0], MATRIX_CLAIM, MATRIX_KERNEL);
	assert_int_equal(count(b, &filters[0], CELL_STALE), passed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_are_those_of_the_database, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(several_cells_look_like_one, open_box, close_box),
		cmocka_unit_test_setup_teardown(changes_are_seen, open_box, close_box),
		cmocka_unit_test_setup_teardown(time_alone_changes_states, open_box, close_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
