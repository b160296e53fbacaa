// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/room and lab/forecast: when a guest is started, and how long a matrix will take. No guest is
 * started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence/verdict.h"
#include "lab/forecast.h"
#include "lab/room.h"

static void counts_memory_and_cpus(void **state)
{
	static const struct room guest = { 1400, 4, 1 }, none = {}, two = { 2800, 8, 2 };
	static const struct room_host host = { 8000, 16000, 2 }, small = { 1000, 16000, 2 },
				      big = { 4000, 16000, 64 };
	char why[ROOM_HELD_MAX] = "";

	(void)state;
	assert_true(room_fits(&host, &none, &guest, why));
	assert_true(room_fits(&host, &guest, &guest, why));
	assert_false(room_fits(&host, &two, &guest, why));
	assert_non_null(strstr(why, "CPUs: 2 of this host play at most 8 of guests"));
	/* One guest is always few enough for the CPUs, and never for the memory. */
	assert_true(room_fits(&(struct room_host){ 8000, 8000, 1 }, &none,
			      &(struct room){ 1400, 255, 1 }, why));
	assert_false(room_fits(&small, &none, &guest, why));
	assert_non_null(strstr(why, "memory: 1000 MiB are free"));
	assert_false(room_fits(&big, &two, &guest, why));
	assert_non_null(strstr(why, "with the 2 guests that run it takes 4200 MiB"));
}

static void knows_this_host(void **state)
{
	struct room_host host = {};

	(void)state;
	room_host_read(&host);
	assert_true(host.cpus >= 1);
	assert_true(host.free_mib > 0 && host.free_mib <= host.total_mib);
}

static struct matrix *make(void)
{
	static const char *const words[] = { "--smoke", NULL };
	struct matrix *m = NULL;

	assert_int_equal(matrix_new("/nowhere", words, &m), 0);
	assert_int_equal(matrix_add(m, "a", NULL, NULL), 0);
	assert_int_equal(matrix_add(m, "a", "6.1", NULL), 0);
	assert_int_equal(matrix_add(m, "b", NULL, NULL), 0);
	assert_int_equal(matrix_add(m, "b", "6.1", NULL), 0);
	return m;
}

static void tells_the_rest(void **state)
{
	_cleanup_(cleanup_matrix) struct matrix *m = make();
	_cleanup_(cleanup_forecast) struct forecast *f = NULL, *later = NULL;
	char dir[] = "/tmp/test-room-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("HOTPROOF_CACHE", dir, 1), 0);
	f = forecast_new(m, 2);
	assert_non_null(f);
	assert_int_equal(forecast_rest_ms(f, 0), -1);
	m->cells[0].state = MATRIX_ENDED;
	m->cells[0].ms = 10000;
	m->cells[1].state = MATRIX_RUNNING;
	m->cells[1].began_ms = 100000;
	/* a again: 6 s left; then two of b as long as a, on two places. */
	assert_int_equal(forecast_rest_ms(f, 104000), 16000);
	/* It takes longer than it should: soon. */
	assert_int_equal(forecast_rest_ms(f, 200000), 10500);
	m->cells[2].state = MATRIX_ENDED;
	m->cells[2].exit = VERDICT_EXIT_NOT_JUDGED;
	m->cells[2].ms = 1;
	assert_int_equal(forecast_cell_ms(f, &m->cells[2]), 10000);
	m->cells[2].exit = VERDICT_EXIT_FAILED;
	m->cells[2].ms = 30000;
	assert_int_equal(forecast_cell_ms(f, &m->cells[3]), 30000);
	forecast_remember(f);
	for (size_t i = 0; i < m->n_cells; i++)
		m->cells[i].state = MATRIX_WAITING;
	later = forecast_new(m, 1);
	assert_non_null(later);
	assert_int_equal(forecast_cell_ms(later, &m->cells[2]), 30000);
	assert_int_equal(forecast_cell_ms(later, &m->cells[3]), -1);
	snprintf(path, sizeof(path), "%s/durations.json", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_memory_and_cpus),
		cmocka_unit_test(knows_this_host),
		cmocka_unit_test(tells_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
