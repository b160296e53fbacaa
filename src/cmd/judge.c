// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof judge DIR`: the verdicts of a run, anew, from its evidence and from nothing else. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/cmds.h"
#include "cmd/show.h"
#include "evidence/record.h"
#include "evidence/verdict.h"

enum { OPT_KNOWN_OK = 1, OPT_STDOUT };

static const struct cmd_option options[] = {
	{ OPT_KNOWN_OK, "known-ok", 0, NULL, "Exit 0 when only known kernel defects failed" },
	{ OPT_STDOUT, "stdout", 0, NULL,
	  "Print the document results.json instead of writing it; changes nothing in DIR" },
	{},
};

/* For a directory that may not be written, and for pipes. */
static int print_results(const char *dir, bool is_known_ok)
{
	_cleanup_free_ char *text = NULL;
	json_t *results = NULL;
	struct error err = {};
	int code;

	if (verdict_judge(dir, &results, &err) < 0)
		return cmd_fail(&cmd_judge, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	code = (int)record_get_int(results, is_known_ok ? "exit_known_ok" : "exit");
	text = verdict_text(results);
	json_decref(results);
	if (!text)
		return cmd_fail(&cmd_judge, VERDICT_EXIT_NOT_JUDGED,
				"out of memory for the verdicts of \"%s\"", dir);
	fputs(text, stdout);
	return code;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_judge, argc, argv);
	bool is_known_ok = false, is_stdout = false;
	const char *value, *dir = NULL;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == OPT_KNOWN_OK)
			is_known_ok = true;
		else if (o == OPT_STDOUT)
			is_stdout = true;
		else if (o == CMD_OPERAND && !dir)
			dir = value;
		else if (o == CMD_OPERAND)
			return cmd_usage_error(&cmd_judge,
					       "judges one run at a time, but was given \"%s\" too",
					       value);
		else
			return VERDICT_EXIT_USAGE;
	}
	if (!dir)
		return cmd_usage_error(&cmd_judge, "the run directory is missing");
	return is_stdout ? print_results(dir, is_known_ok) : show_run(&cmd_judge, dir, is_known_ok);
}

const struct cmd cmd_judge = {
	.name = "judge",
	.summary = "Judge a run anew from its evidence, and write results.json",
	.usage = "[OPTION]... DIR",
	.explain =
		"Reads meta.json, catalog.json, journal.jsonl and outside.jsonl of the run directory and nothing else: no kernel, no "
		"clock. The same directory gives the same results.json, byte for byte. A journal that breaks off is judged as far as it "
		"goes.",
	.options = options,
	.operands = CMD_DIR,
	.run = run,
};
