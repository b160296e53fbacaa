// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict over the recorded run directories of tests/runs: each holds what it must come to,
 * either results.json or, where it cannot be read, error.txt. HOTPROOF_UPDATE_GOLDEN=1 writes those
 * files anew: look at the difference before it is committed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "evidence/known.h"
#include "evidence/record.h"
#include "evidence/verdict.h"

/* RUNS is tests/runs in the source tree, from the build. */

static bool is_updating(void)
{
	return getenv("HOTPROOF_UPDATE_GOLDEN") != NULL;
}

/* What is there must be what is expected; shows both when it is not. */
static void compare_golden(const char *run, const char *file, const char *text)
{
	_cleanup_free_ char *path = text_printf("%s/%s/%s", RUNS, run, file), *golden = NULL;

	if (is_updating())
		assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text)), 0);
	if (file_read(AT_FDCWD, path, &golden, NULL) < 0)
		fail_msg("%s has no %s; it would be:\n%s", run, file, text);
	if (strcmp(golden, text) != 0)
		fail_msg("%s: %s is not what was expected:\n%s", run, file, text);
}

/* Messages name the path as it was given; the golden file names it from the tree. */
static char *without_prefix(const char *text)
{
	const char *at = strstr(text, RUNS);

	return at ? text_printf("%.*s%s", (int)(at - text), text, at + strlen(RUNS) + 1)
		  : text_printf("%s", text);
}

static void judge_one(const char *run)
{
	_cleanup_free_ char *dir = text_printf("%s/%s", RUNS, run), *text = NULL, *again = NULL,
			    *message = NULL;
	json_t *results = NULL, *second = NULL;
	struct error err = {};
	int r = verdict_judge(dir, &results, &err);

	if (r < 0) {
		assert_int_equal(err.code, -r);
		message = without_prefix(err.text);
		text = text_printf("%s: %s\n", error_name(r), message);
		compare_golden(run, "error.txt", text);
		return;
	}
	assert_int_equal(verdict_judge(dir, &second, &err), 0);
	text = json_dumps(results, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	again = json_dumps(second, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	assert_string_equal(text, again);
	json_decref(results);
	json_decref(second);
	message = text_printf("%s\n", text);
	compare_golden(run, "results.json", message);
}

static int is_run(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void recorded_runs_are_judged(void **state)
{
	struct dirent **names;
	int n = scandir(RUNS, &names, is_run, alphasort);

	(void)state;
	assert_true(n >= 25);
	for (int i = 0; i < n; i++) {
		judge_one(names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void writing_is_judging(void **state)
{
	char dir[] = "/tmp/hotproof-verdict-XXXXXX";
	_cleanup_free_ char *text = NULL, *golden = NULL, *path = NULL;
	json_t *results = NULL;
	struct error err = {};

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = text_printf("%s/results.json", dir);
	assert_int_equal(verdict_judge(RUNS "/healthy", &results, &err), 0);
	assert_int_equal(verdict_write(dir, results, &err), 0);
	json_decref(results);
	assert_int_equal(file_read(AT_FDCWD, path, &text, NULL), 0);
	assert_int_equal(file_read(AT_FDCWD, RUNS "/healthy/results.json", &golden, NULL), 0);
	assert_string_equal(text, golden);
	unlink(path);
	rmdir(dir);
	results = json_object();
	assert_int_equal(verdict_write(dir, results, &err), -ENOENT);
	json_decref(results);
}

static void strange_places_are_refused(void **state)
{
	struct record *r = NULL;
	struct error err = {};

	(void)state;
	assert_int_equal(record_open("/nowhere/at/all", &r, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
	assert_int_equal(record_open(RUNS "/healthy/meta.json", &r, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "it is a file"));
	assert_null(r);
}

/* A directory with one journal, for what no tree should hold. */
static void open_journal(const char *text, size_t len, int expected, const char *says)
{
	char dir[] = "/tmp/hotproof-verdict-XXXXXX";
	_cleanup_free_ char *path = NULL;
	struct record *r = NULL;
	struct error err = {};

	assert_non_null(mkdtemp(dir));
	path = text_printf("%s/journal.jsonl", dir);
	assert_int_equal(file_replace(AT_FDCWD, path, text, len), 0);
	assert_int_equal(record_open(dir, &r, &err), expected);
	if (says && !strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
	record_free(r);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(record_open(dir, &r, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not a plain file"));
	unlink(path);
	rmdir(dir);
}

static void refuse(const char *fields, const char *says)
{
	_cleanup_free_ char *line = text_printf("{%s}\n", fields);

	open_journal(line, strlen(line), -EBADMSG, says);
}

static void bounds_hold(void **state)
{
	size_t len = RECORD_LINE_MAX + 100;
	_cleanup_free_ char *huge = malloc(len + 1);

	(void)state;
	memset(huge, '[', len);
	huge[len - 1] = '\n';
	open_journal(huge, len, -EFBIG, "line 1: has 4096 KiB");
	open_journal(huge, len - 50, -EFBIG, "line 1");
	huge[3000] = '\n';
	open_journal(huge, 3001, -EBADMSG, "line 1: is no JSON");
	open_journal("\n", 1, -EBADMSG, "line 1");
	open_journal("[1]\n", 4, -EBADMSG, "no object");
	open_journal("{\"type\":\"note\"}\n", 16, -EBADMSG, "seq");
	open_journal("", 0, 0, NULL);
	refuse("\"seq\":1,\"type\":\"act\"", "without its number");
	refuse("\"seq\":1,\"type\":\"act\",\"act\":0", "without its number");
	refuse("\"seq\":1,\"type\":\"done\",\"act\":1", "without its \"result\"");
	refuse("\"seq\":1,\"type\":\"done\",\"act\":1,\"result\":\"OK\",\"began\":5,\"ended\":4",
	       "before it began");
	refuse("\"seq\":1,\"type\":\"note\",\"t\":9223372036854775807", "no clock");
	refuse("\"seq\":1,\"type\":\"note\",\"data\":{\"to\":-9223372036854775807}", "no clock");
	refuse("\"seq\":1,\"type\":\"note\",\"scenario\":7", "not a string");
	refuse("\"seq\":1,\"type\":\"begin\",\"of\":\"scenario\"", "does not name");
	refuse("\"seq\":1,\"type\":\"expect\",\"result\":\"met\"", "without a \"claim\"");
}

static void kernels_are_compared_by_number(void **state)
{
	(void)state;
	assert_true(known_is_in_range("6.1.0-50-cloud-amd64", NULL, NULL));
	assert_true(known_is_in_range("6.1.0-50-cloud-amd64", "6.1", "6.2"));
	assert_true(known_is_in_range("6.12.117+deb12-cloud-amd64", "6.2", "6.12.118"));
	assert_false(known_is_in_range("6.12.117", "6.2", "6.12.117"));
	assert_false(known_is_in_range("5.10.0", "6.1", NULL));
	assert_false(known_is_in_range("", NULL, NULL));
	assert_false(known_is_in_range("mainline", NULL, NULL));
}

/* The right claim on the right box, and all that it shows: else it is a new failure. */
static void a_defect_explains_what_it_shows(void **state)
{
	json_t *defects = json_pack("[{s:s, s:{s:s}, s:s, s:{s:s, s:b}}]", "claim", "a.one",
				    "kernels", "from", "6.2", "arch", "s390x", "shows", "result",
				    "EBUSY", "alone", true),
	       *all = json_pack("{s:s, s:b, s:i}", "result", "EBUSY", "alone", true, "cpu", 3),
	       *part = json_pack("{s:s, s:b}", "result", "EBUSY", "alone", false);
	struct known_scope scope = { defects, "6.12.95", "s390x" };

	(void)state;
	assert_ptr_equal(known_find(&scope, "a.one", all), json_array_get(defects, 0));
	assert_null(known_find(&scope, "a.one", part));
	assert_null(known_find(&scope, "a.one", NULL));
	assert_null(known_find(&scope, "a.two", all));
	scope.arch = "x86_64";
	assert_null(known_find(&scope, "a.one", all));
	scope = (struct known_scope){ defects, "6.1.192", "s390x" };
	assert_null(known_find(&scope, "a.one", all));
	scope = (struct known_scope){};
	assert_null(known_find(&scope, "a.one", all));
	json_decref(defects);
	json_decref(all);
	json_decref(part);
}

/* An entry that shows nothing would excuse everything. */
static void defects_are_well_formed(void **state)
{
	json_t *known = known_defects(), *defect, *bare;
	struct known_scope scope = { .defects = known };
	const char *arch;
	size_t i;

	(void)state;
	assert_true(json_array_size(known) > 0);
	json_array_foreach(known, i, defect) {
		/* A claim, or null: a crash of the box. */
		assert_true(*record_get_str(defect, "id") && json_object_get(defect, "claim"));
		assert_true(*record_get_str(defect, "summary") &&
			    *record_get_str(defect, "reference"));
		assert_true(json_object_size(json_object_get(defect, "shows")) > 0);
		assert_true(json_is_object(json_object_get(defect, "kernels")));
		arch = record_get_str(defect, "arch");
		scope.arch = *arch ? arch : "x86_64";
		scope.kernel = record_get_str(json_object_get(defect, "kernels"), "from");
		if (!*scope.kernel)
			scope.kernel = "6.1.0";
		assert_ptr_equal(known_find(&scope, record_get_str(defect, "claim"),
					    json_object_get(defect, "shows")),
				 defect);
	}
	bare = json_pack("[{s:s, s:s}]", "id", "x", "claim", "a.b");
	scope.defects = bare;
	assert_null(known_find(&scope, "a.b", NULL));
	json_decref(bare);
	json_decref(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_runs_are_judged),
		cmocka_unit_test(writing_is_judging),
		cmocka_unit_test(strange_places_are_refused),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(kernels_are_compared_by_number),
		cmocka_unit_test(a_defect_explains_what_it_shows),
		cmocka_unit_test(defects_are_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
