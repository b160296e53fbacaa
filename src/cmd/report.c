// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof report DIR`: tells of a run in one of the formats. Writes nothing into the run
 * directory. */
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cmd/baseline.h"
#include "cmd/cmds.h"
#include "cmd/show.h"
#include "evidence/verdict.h"

enum { OPT_FORMAT = 1, OPT_OUTPUT, OPT_BASELINE };

static const struct cmd_option options[] = {
	{ OPT_FORMAT, "format", 'f', "NAME", "text (the default), ktap, junit, json or html",
	  CMD_WORDS, "text ktap junit json html" },
	{ OPT_OUTPUT, "output", 'o', "FILE", "Write it there instead of to stdout", CMD_FILE },
	{ OPT_BASELINE, "baseline", 0, "DIR",
	  "Show what acts cost beside this earlier run of the same box (may be repeated)",
	  CMD_DIR },
	{},
};

#define BASELINES_MAX 64

struct request {
	const struct report_format *format;
	const char *dir, *path;
	const char *baselines[BASELINES_MAX];
	size_t n_baselines;
};

static int to_file(const struct report_format *format, const struct record *run,
		   const json_t *results, const struct report_options *how, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int r;

	if (!out)
		return -ENOMEM;
	r = format->write(run, results, out, how);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	return r < 0 ? r : file_replace(AT_FDCWD, path, text, len);
}

static int report(const struct request *q)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	_cleanup_latency_ struct latency_table before = {};
	struct report_options how = {};
	json_t *results = NULL;
	struct error err = {};
	int r = record_open(q->dir, &run, &err);

	if (!q->path)
		how = show_options(stdout);
	for (size_t i = 0; r == 0 && i < q->n_baselines; i++)
		r = baseline_read(q->baselines[i], run->meta, &before, &err);
	if (q->n_baselines > 0)
		how.before = &before;
	results = r == 0 ? verdict_of_run(run) : NULL;
	if (r == 0 && !results)
		r = error_set(&err, ENOMEM, "out of memory for the verdicts of \"%s\"", q->dir);
	if (r < 0)
		return cmd_fail(&cmd_report, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	r = q->path ? to_file(q->format, run, results, &how, q->path)
		    : q->format->write(run, results, stdout, &how);
	json_decref(results);
	if (r < 0)
		return cmd_fail(&cmd_report, VERDICT_EXIT_NOT_JUDGED,
				"cannot write the report to \"%s\": %s",
				q->path ? q->path : "stdout", strerror(-r));
	return VERDICT_EXIT_PASSED;
}

static int take(struct request *q, int option, const char *value)
{
	switch (option) {
	case OPT_FORMAT:
		q->format = report_find(value);
		return q->format
			       ? 0
			       : cmd_usage_error(
					 &cmd_report,
					 "there is no format \"%s\"; the formats are text, ktap, junit, json and html",
					 value);
	case OPT_OUTPUT: q->path = value; return 0;
	case OPT_BASELINE:
		if (q->n_baselines == BASELINES_MAX)
			return cmd_usage_error(&cmd_report, "takes at most %d baselines",
					       BASELINES_MAX);
		q->baselines[q->n_baselines++] = value;
		return 0;
	case CMD_OPERAND:
		if (q->dir)
			return cmd_usage_error(
				&cmd_report,
				"reports on one run at a time, but was given \"%s\" too", value);
		q->dir = value;
		return 0;
	default: return VERDICT_EXIT_USAGE;
	}
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_report, argc, argv);
	struct request q = { .format = &report_formats[0] };
	const char *value;
	int o, r;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		r = take(&q, o, value);
		if (r != 0)
			return r;
	}
	if (!q.dir)
		return cmd_usage_error(&cmd_report, "the run directory is missing");
	return report(&q);
}

const struct cmd cmd_report = {
	.name = "report",
	.summary = "Tell of a run: as text, KTAP, JUnit, JSON or HTML with pictures",
	.usage = "[OPTION]... DIR",
	.explain =
		"Judges the run in DIR from its evidence, as `hotproof judge` does, and writes the report; DIR is left as it is. "
		"Exits with 0 when the report could be written, whatever the verdicts are: for those, ask `hotproof judge`.",
	.options = options,
	.operands = CMD_DIR,
	.run = run,
};
