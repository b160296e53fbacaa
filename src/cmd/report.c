// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof report DIR`: tells of a run in one of the formats. Writes nothing into the run
 * directory. */
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cmd/cmds.h"
#include "cmd/show.h"
#include "evidence/verdict.h"

enum { OPT_FORMAT = 1, OPT_OUTPUT };

static const struct cmd_option options[] = {
	{ OPT_FORMAT, "format", 'f', "NAME", "text (the default), ktap, junit, json or html",
	  CMD_WORDS, "text ktap junit json html" },
	{ OPT_OUTPUT, "output", 'o', "FILE", "Write it there instead of to stdout", CMD_FILE },
	{},
};

static int to_file(const struct report_format *format, const struct record *run,
		   const json_t *results, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int r;

	if (!out)
		return -ENOMEM;
	r = format->write(run, results, out, &(struct report_options){});
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	return r < 0 ? r : file_replace(AT_FDCWD, path, text, len);
}

static int report(const char *dir, const struct report_format *format, const char *path)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	struct report_options options_of_stdout = show_options(stdout);
	json_t *results = NULL;
	struct error err = {};
	int r = record_open(dir, &run, &err);

	results = r == 0 ? verdict_of_run(run) : NULL;
	if (r == 0 && !results)
		r = error_set(&err, ENOMEM, "out of memory for the verdicts of \"%s\"", dir);
	if (r < 0)
		return cmd_fail(&cmd_report, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	r = path ? to_file(format, run, results, path)
		 : format->write(run, results, stdout, &options_of_stdout);
	json_decref(results);
	if (r < 0)
		return cmd_fail(&cmd_report, VERDICT_EXIT_NOT_JUDGED,
				"cannot write the report to \"%s\": %s", path ? path : "stdout",
				strerror(-r));
	return VERDICT_EXIT_PASSED;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_report, argc, argv);
	const struct report_format *format = &report_formats[0];
	const char *value, *dir = NULL, *path = NULL;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == OPT_FORMAT)
			format = report_find(value);
		else if (o == OPT_OUTPUT)
			path = value;
		else if (o == CMD_OPERAND && !dir)
			dir = value;
		else if (o == CMD_OPERAND)
			return cmd_usage_error(
				&cmd_report,
				"reports on one run at a time, but was given \"%s\" too", value);
		else
			return VERDICT_EXIT_USAGE;
		if (!format)
			return cmd_usage_error(
				&cmd_report,
				"there is no format \"%s\"; the formats are text, ktap, junit, json and html",
				value);
	}
	if (!dir)
		return cmd_usage_error(&cmd_report, "the run directory is missing");
	return report(dir, format, path);
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
