// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges and reports a lab run. A guest that did not boot is told apart from one that broke. */
#include "cmd/lab_end.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/lab.h"
#include "evidence/verdict.h"
#include "report/report.h"

static int judge(const char *dir, struct record **ret_run, json_t **ret_results, struct error *err)
{
	int r = verdict_judge(dir, ret_results, err);

	if (r == 0)
		r = verdict_write(dir, *ret_results, err);
	return r < 0 ? r : record_open(dir, ret_run, err);
}

static void print_text(const struct record *run, const json_t *results)
{
	struct report_options options = { .is_coloured = isatty(STDOUT_FILENO) };
	const struct report_format *format = report_find("text");
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		options.columns = w.ws_col;
	if (format)
		format->write(run, results, stdout, &options);
	fflush(stdout);
}

/* Not fatal: the evidence and the results are there. */
static void write_html(const char *dir, const struct record *run, const json_t *results)
{
	const struct report_format *format = report_find("html");
	_cleanup_free_ char *path = text_printf("%s/report.html", dir);
	FILE *f;
	int r;

	if (!format || !path)
		return;
	f = fopen(path, "we");
	r = f ? format->write(run, results, f, NULL) : -errno;
	if (f && fclose(f) != 0 && r == 0)
		r = -errno;
	if (r < 0)
		cmd_fail(&cmd_lab_run, 0, "cannot write \"%s\": %s", path, strerror(-r));
	else
		printf("report to look at: %s\n", path);
}

int lab_end(const char *dir, const struct session_outcome *outcome, bool is_known_ok,
	    bool has_report)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	json_t *results = NULL;
	struct error err = {};
	int code;

	/* Its command line was ours, and ours the user's: a bad one is a usage error here too. */
	if (outcome->end == SESSION_NOT_BEGUN && outcome->guest_status == VERDICT_EXIT_USAGE)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_USAGE, "%s", outcome->text);
	if (outcome->end == SESSION_NOT_BOOTED || outcome->end == SESSION_NOT_BEGUN)
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s", outcome->text);
	if (judge(dir, &run, &results, &err) < 0) {
		json_decref(results);
		return cmd_fail(&cmd_lab_run, VERDICT_EXIT_NOT_JUDGED, "%s",
				*outcome->text ? outcome->text : err.text);
	}
	print_text(run, results);
	if (has_report)
		write_html(dir, run, results);
	printf("run directory: %s\n", dir);
	code = (int)json_integer_value(
		json_object_get(results, is_known_ok ? "exit_known_ok" : "exit"));
	json_decref(results);
	if (outcome->end == SESSION_ERROR || outcome->end == SESSION_STOPPED ||
	    outcome->end == SESSION_LOST)
		code = VERDICT_EXIT_NOT_JUDGED;
	if (*outcome->text)
		cmd_fail(&cmd_lab_run, code, "%s", outcome->text);
	return code;
}
