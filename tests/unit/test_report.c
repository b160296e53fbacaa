// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reports over the recorded runs of tests/runs. A run that holds report.txt, report.ktap,
 * report.xml or report.json must give just that; every run must give something in every format.
 * HOTPROOF_UPDATE_GOLDEN=1 writes those that are there anew. Nothing here looks at HTML.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "evidence/record.h"
#include "evidence/verdict.h"
#include "report/report.h"

static char *report_of(const char *run, const char *format, const struct report_options *options)
{
	_cleanup_free_ char *dir = text_printf("%s/%s", RUNS, run);
	_cleanup_(cleanup_record) struct record *record = NULL;
	const struct report_format *f = report_find(format);
	json_t *results = NULL;
	struct error err = {};
	char *text = NULL;
	size_t len;
	FILE *out;

	assert_non_null(f);
	assert_int_equal(record_open(dir, &record, &err), 0);
	assert_int_equal(verdict_judge(dir, &results, &err), 0);
	out = open_memstream(&text, &len);
	assert_int_equal(f->write(record, results, out, options), 0);
	fclose(out);
	json_decref(results);
	return text;
}

static void compare(const char *run, const char *format, const char *suffix)
{
	_cleanup_free_ char *path = text_printf("%s/%s/report.%s", RUNS, run, suffix),
			    *golden = NULL;
	_cleanup_free_ char *text = report_of(run, format, NULL);

	assert_true(strlen(text) > 20);
	assert_int_equal(text[strlen(text) - 1], '\n');
	if (file_read(AT_FDCWD, path, &golden, NULL) < 0)
		return;
	if (getenv("HOTPROOF_UPDATE_GOLDEN"))
		assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text)), 0);
	else if (strcmp(golden, text) != 0)
		fail_msg("%s: report.%s is not what was expected:\n%s", run, suffix, text);
}

static int has_results(const struct dirent *d)
{
	_cleanup_free_ char *path = text_printf("%s/%s/results.json", RUNS, d->d_name);

	return d->d_name[0] != '.' && access(path, F_OK) == 0;
}

static void recorded_runs_are_reported(void **state)
{
	struct dirent **names;
	int n = scandir(RUNS, &names, has_results, alphasort);

	(void)state;
	assert_true(n >= 25);
	for (int i = 0; i < n; i++) {
		compare(names[i]->d_name, "text", "txt");
		compare(names[i]->d_name, "ktap", "ktap");
		compare(names[i]->d_name, "junit", "xml");
		compare(names[i]->d_name, "json", "json");
		free(names[i]);
	}
	free(names);
}

/* Every plan holds: so many results at its level, numbered from 1. */
static void ktap_plans_hold(void **state)
{
	static const char *const runs[] = { "healthy",     "stopped",       "not-fitted",
					    "crash-panic", "empty-journal", "hostile" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		_cleanup_free_ char *text = report_of(runs[i], "ktap", NULL);
		int plan[2] = { -1, -1 }, seen[2] = {};
		char *cursor = text, *line;

		assert_true(text_starts(text, "KTAP version 1\n"));
		while ((line = text_next_line(&cursor))) {
			int level = text_starts(line, "  ");
			int number = 0;

			line += level * 2;
			if (strcmp(line, "KTAP version 1") == 0)
				plan[level] = seen[level] = 0;
			else if (text_starts(line, "1.."))
				plan[level] = atoi(line + 3);
			else if (sscanf(line, "ok %d", &number) == 1 ||
				 sscanf(line, "not ok %d", &number) == 1)
				assert_int_equal(number, ++seen[level]);
			else
				assert_true(*line == '#' || *line == '\0');
			if (level == 0 && number > 0)
				assert_int_equal(plan[1] < 0 ? seen[1] : plan[1], seen[1]);
		}
		assert_int_equal(plan[0], seen[0]);
	}
}

static void nothing_drives_the_terminal(void **state)
{
	static const char *const formats[] = { "text", "ktap", "junit" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		_cleanup_free_ char *text = report_of("hostile", formats[i], NULL);

		assert_null(strchr(text, '\033'));
		assert_null(strchr(text, '\001'));
		assert_null(strstr(text, "\302\233")); /* U+009B, an escape of one character */
		assert_non_null(strstr(text, "\303\251\342\202\254")); /* other letters stay */
	}
}

static void colours_are_for_terminals(void **state)
{
	_cleanup_free_ char *plain = report_of("failed-claim", "text", NULL);
	_cleanup_free_ char *bright =
		report_of("failed-claim", "text",
			  &(struct report_options){ .is_coloured = true, .columns = 60 });
	char *cursor = plain, *line;

	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strstr(bright, "\033[31m"));
	while ((line = text_next_line(&cursor)))
		assert_true(strlen(line) <= 140);
	assert_null(report_find("nosuch"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_runs_are_reported),
		cmocka_unit_test(ktap_plans_hold),
		cmocka_unit_test(nothing_drives_the_terminal),
		cmocka_unit_test(colours_are_for_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
