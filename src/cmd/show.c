// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges a finished run, writes the results beside the evidence, and shows them. */
#include "cmd/show.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "evidence/record.h"
#include "evidence/verdict.h"

struct report_options show_options(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct report_options options = {};
	struct winsize size;

	if (!isatty(fileno(out)))
		return options;
	options.is_coloured = !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		options.columns = size.ws_col;
	return options;
}

/* 1 when the page is there; the verdict does not depend on it. */
static int write_page(const struct record *run, const json_t *results, const char *dir,
		      struct error *err)
{
	_cleanup_free_ char *text = NULL, *path = text_printf("%s/report.html", dir);
	const struct report_format *html = report_find("html");
	size_t len;
	FILE *out;
	int r;

	if (!html)
		return 0;
	out = open_memstream(&text, &len);
	if (!out || !path)
		return error_set(err, ENOMEM, "out of memory for \"%s/report.html\"", dir);
	r = html->write(run, results, out, &(struct report_options){});
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		r = file_replace(AT_FDCWD, path, text, len);
	return r < 0 ? error_set(err, -r, "cannot write \"%s\": %s", path, strerror(-r)) : 1;
}

int show_run(const struct cmd *cmd, const char *dir, bool is_known_ok)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	struct report_options options = show_options(stdout);
	struct error err = {};
	json_t *results = NULL;
	int r = record_open(dir, &run, &err), code;

	results = r == 0 ? verdict_of_run(run) : NULL;
	if (r == 0 && !results)
		r = error_set(&err, ENOMEM, "out of memory for the verdicts of \"%s\"", dir);
	if (r < 0) {
		json_decref(results);
		return cmd_fail(cmd, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	}
	code = (int)record_get_int(results, is_known_ok ? "exit_known_ok" : "exit");
	report_text(run, results, stdout, &options);
	/* A full disk takes the files, not the news. */
	r = verdict_write(dir, results, &err);
	if (r == 0)
		r = write_page(run, results, dir, &err);
	json_decref(results);
	if (r < 0)
		return cmd_fail(cmd, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	if (r > 0)
		printf("Report: %s/report.html\n", dir);
	return code;
}
