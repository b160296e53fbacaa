// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/matrix and lab/fleet: a shell script plays `hotproof lab run`. No guest is started. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "evidence/verdict.h"
#include "lab/fleet.h"

/* Its last word is the machine, which says how it is to end. */
static const char script[] =
	"#!/bin/sh\n"
	"out=$3\n"
	"for last; do :; done\n"
	"mkdir \"$out\" || exit 70\n"
	"echo \"$*\" >\"$out/argv\"\n"
	"good() { echo '{\"complete\":true,\"exit\":0,\"exit_known_ok\":0,\"counts\":{\"pass\":3}}' "
	">\"$out/results.json\"; exit 0; }\n"
	"case $last in\n"
	"good) good ;;\n"
	"bad) echo 'nothing'; echo 'hotproof-lab run: claim x failed'; exit 1 ;;\n"
	"killed) kill -9 $$ ;;\n"
	"second) [ -e \"$out.once\" ] && good; : >\"$out.once\"; exit 99 ;;\n"
	"slow) exec tail -f /dev/null ;;\n"
	"esac\n";

static char dir[64], program[96], folder[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test-matrix-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(program, sizeof(program), "%s/run", dir);
	snprintf(folder, sizeof(folder), "%s/m", dir);
	if (file_replace(AT_FDCWD, program, script, strlen(script)) < 0)
		return -1;
	return chmod(program, 0755);
}

static int teardown(void **state)
{
	const char *const argv[] = { "rm", "-rf", dir, NULL };
	_cleanup_free_ char *out = NULL;
	int status;

	(void)state;
	return process_capture(argv, wait_now_ns() + 20 * NS_PER_S, &out, &status, NULL);
}

static struct matrix *make(const char *const *machines)
{
	static const char *const words[] = { "--smoke", "--known-ok", NULL };
	struct matrix *m = NULL;
	struct error err = {};

	assert_int_equal(matrix_new(folder, words, &m), 0);
	for (; *machines; machines++)
		assert_int_equal(matrix_add(m, *machines, NULL, NULL), 0);
	assert_int_equal(matrix_create(m, &err), 0);
	return m;
}

static char *missing(const struct matrix_cell *c)
{
	return strcmp(c->machine, "absent") == 0 ? strdup("there is no kernel") : NULL;
}

static int play(struct matrix *m, int jobs, int signal_fd)
{
	struct fleet_setup setup_ = { .matrix = m,
				      .program = program,
				      .jobs = jobs,
				      .tries = 2,
				      .signal_fd = signal_fd,
				      .missing = missing };
	struct error err = {};

	return fleet_run(&setup_, &err);
}

static void names_are_paths(void **state)
{
	static const struct options_set options = { (char *)"smt=off", (char *)"nosmt", NULL };
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;

	(void)state;
	assert_int_equal(matrix_new(folder, NULL, &m), 0);
	assert_int_equal(matrix_add(m, "a", "debian:sid/rt", NULL), 0);
	assert_int_equal(matrix_add(m, "a", "6.1", &options), 0);
	assert_int_equal(matrix_add(m, "x/b.json", NULL, NULL), 0);
	assert_int_equal(matrix_add(m, "a", "6.1", &options), -EEXIST);
	assert_string_equal(m->cells[0].id, "a+sid-rt");
	assert_string_equal(m->cells[1].id, "a+6.1+smt=off");
	assert_string_equal(m->cells[2].id, "b.json");
}

static void each_cell_has_its_end(void **state)
{
	static const char *const machines[] = { "good", "bad", "absent", "second", "killed", NULL };
	_cleanup_(cleanup_matrix) struct matrix *m = make(machines), *again = NULL;
	_cleanup_free_ char *path = text_printf("%s/good/argv", folder), *argv = NULL;
	struct error err = {};

	(void)state;
	assert_int_equal(play(m, 2, -1), 1);
	assert_int_equal(file_read(AT_FDCWD, path, &argv, NULL), 0);
	assert_non_null(strstr(argv, "run --out"));
	assert_non_null(strstr(argv, "--smoke --known-ok good\n"));
	assert_int_equal(matrix_create(m, &err), -EEXIST);
	assert_int_equal(matrix_open(folder, &again, &err), 0);
	for (int i = 0; i < 2; i++) {
		const struct matrix_cell *c = i ? again->cells : m->cells;

		assert_int_equal(c[0].state, MATRIX_ENDED);
		assert_int_equal(c[0].exit, 0);
		assert_int_equal(json_integer_value(json_object_get(c[0].counts, "pass")), 3);
		assert_int_equal(c[1].exit, 1);
		assert_string_equal(c[1].why, "claim x failed");
		/* Not of what ended: today it may be there. */
		assert_int_equal(c[2].state, i ? MATRIX_WAITING : MATRIX_ABSENT);
		assert_int_equal(c[3].exit, 0);
		assert_int_equal(c[3].tries, 2);
		assert_int_equal(c[4].exit, VERDICT_EXIT_NOT_JUDGED);
		assert_int_equal(c[4].tries, 2);
		assert_null(c[4].counts);
	}
	assert_int_equal(matrix_exit(m), VERDICT_EXIT_FAILED);
}

/* Whoever watched was killed after the run had written its results and before it was told. */
static void an_unseen_end_counts(void **state)
{
	static const char *const machines[] = { "good", "slow", NULL };
	_cleanup_(cleanup_matrix) struct matrix *m = make(machines), *again = NULL;
	_cleanup_free_ char *good = text_printf("%s/good", folder),
			    *slow = text_printf("%s/slow", folder), *results = NULL, *half = NULL;
	static const char whole[] =
		"{\"complete\":true,\"exit\":1,\"exit_known_ok\":0,\"counts\":{\"known\":1}}";
	static const char cut[] = "{\"complete\":false,\"exit\":99,\"counts\":{\"pass\":1}}";
	struct error err = {};

	(void)state;
	assert_int_equal(mkdir(good, 0755), 0);
	assert_int_equal(mkdir(slow, 0755), 0);
	results = text_printf("%s/results.json", good);
	half = text_printf("%s/results.json", slow);
	assert_int_equal(file_replace(AT_FDCWD, results, whole, strlen(whole)), 0);
	assert_int_equal(file_replace(AT_FDCWD, half, cut, strlen(cut)), 0);
	assert_int_equal(matrix_open(folder, &again, &err), 0);
	assert_int_equal(again->cells[0].state, MATRIX_ENDED);
	assert_int_equal(again->cells[0].exit, 0);
	assert_int_equal(again->cells[1].state, MATRIX_WAITING);
}

/* The signal is there from the beginning: both have been started by then, and must be gone. */
static void a_signal_ends_all(void **state)
{
	static const char *const machines[] = { "slow", "good", NULL };
	_cleanup_(cleanup_matrix) struct matrix *m = make(machines), *again = NULL;
	const char *const argv[] = { "pgrep", "-f", folder, NULL };
	_cleanup_free_ char *left = NULL;
	struct error err = {};
	int fds[2], status;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(play(m, 2, fds[0]), 0);
	assert_int_equal(matrix_open(folder, &again, &err), 0);
	assert_int_equal(again->cells[0].state, MATRIX_WAITING);
	if (process_capture(argv, wait_now_ns() + 20 * NS_PER_S, &left, &status, NULL) == 0)
		assert_string_equal(left, "");
	close(fds[0]);
	close(fds[1]);
}

static int n_held, n_most, n_now;

static void count_guests(void *ctx, enum fleet_event what, const struct matrix_cell *c,
			 const char *text)
{
	(void)ctx;
	(void)c;
	n_now += what == FLEET_STARTED;
	n_now -= what == FLEET_ENDED || what == FLEET_AGAIN;
	n_most = n_now > n_most ? n_now : n_most;
	if (what == FLEET_HELD) {
		assert_non_null(strstr(text, "CPUs: 1 of this host"));
		n_held++;
	}
}

/* Four jobs at once, on a host as the test wants it. */
static struct fleet_setup four_jobs(struct matrix *m, void (*host)(struct room_host *ret))
{
	return (struct fleet_setup){ .matrix = m,
				     .program = program,
				     .jobs = 4,
				     .tries = 2,
				     .signal_fd = -1,
				     .host = host };
}

static void one_cpu(struct room_host *ret)
{
	*ret = (struct room_host){ 100000, 100000, 1 };
}

static void no_memory(struct room_host *ret)
{
	*ret = (struct room_host){ 100, 100000, 64 };
}

/* More jobs than there is room for: one after the other, and it says so. */
static void no_guest_without_room(void **state)
{
	static const char *const machines[] = { "good", "bad", "second", NULL };
	_cleanup_(cleanup_matrix) struct matrix *m = make(machines);
	struct fleet_setup how = four_jobs(m, one_cpu);
	struct error err = {};

	(void)state;
	how.watch = count_guests;
	n_held = n_most = n_now = 0;
	assert_int_equal(fleet_run(&how, &err), 1);
	assert_int_equal(n_most, 1);
	assert_true(n_held >= 1);
	assert_int_equal(m->cells[2].exit, 0);
}

static void memory_that_never_comes_is_named(void **state)
{
	static const char *const machines[] = { "good", NULL };
	_cleanup_(cleanup_matrix) struct matrix *m = make(machines);
	struct fleet_setup how = four_jobs(m, no_memory);
	struct error err = {};

	(void)state;
	how.room_ns = 1;
	assert_int_equal(fleet_run(&how, &err), 1);
	assert_int_equal(m->cells[0].state, MATRIX_ABSENT);
	assert_non_null(strstr(m->cells[0].why, "memory: 100 MiB are free"));
}

static void bad_folders_are_refused(void **state)
{
	static const char *const bad[] = {
		"[]x", "{\"cells\":[{\"cell\":\"../x\",\"machine\":\"a\"}]}",
		"{\"cells\":[{\"machine\":\"a\"}]}", "{\"words\":[1]}",
		"{\"cells\":[{\"cell\":\"a\",\"machine\":\"a\"},{\"cell\":\"a\",\"machine\":\"a\"}]}"
	};
	_cleanup_free_ char *path = text_printf("%s/matrix.json", folder);
	struct matrix *m = NULL;
	struct error err = {};

	(void)state;
	assert_int_equal(matrix_open(folder, &m, &err), -ENOENT);
	assert_int_equal(mkdir(folder, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(file_replace(AT_FDCWD, path, bad[i], strlen(bad[i])), 0);
		assert_true(matrix_open(folder, &m, &err) < 0);
		assert_null(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(each_cell_has_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unseen_end_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(a_signal_ends_all, setup, teardown),
		cmocka_unit_test_setup_teardown(no_guest_without_room, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_that_never_comes_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_folders_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
