// SPDX-License-Identifier: GPL-2.0-or-later
/* /run/NAME: its results, what became worse with it, and its evidence: the report with pictures,
 * and the run directory as it came. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "evidence/record.h"
#include "evidence/verdict.h"
#include "report/report.h"
#include "site/pages/page.h"
#include "site/pages/runs.h"
#include "store/cells/list.h"
#include "store/take/bundle.h"
#include "store/take/signature.h"

/* The report brings its own style and its one script with their checksums; here it is kept from the
 * site besides: an origin of its own, no cookie, no network. */
#define REPORT_POLICY                                                            \
	"sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; " \
	"script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* By whose key, in words. */
static int put_signature(struct request *r, const struct rows *run)
{
	_cleanup_rows_ struct rows rows = { 0 };
	char text[SIGNATURE_KEY_TEXT] = "";
	const void *key;
	size_t len;
	int n = db_select(r->db, &rows, &r->err, "SELECT key FROM signature WHERE run=?1", "i",
			  rows_int(run, LIST_RUN_ID));

	if (n >= 0)
		n = rows_next(&rows, &r->err);
	if (n == 1 && (key = rows_blob(&rows, 0, &len)) && len == SIGNATURE_KEY)
		signature_key_text(key, text);
	if (n >= 0)
		out_put(&r->reply.body, "<div><dt>Signature</dt><dd>%s %s</dd></div></dl>\n",
			rows_int(run, LIST_RUN_SIGNED) ? "by the machine's key"
			: *text                        ? "by a key that is not registered:"
						       : "none",
			text);
	return n;
}

static void put_facts(struct out *out, const struct rows *run)
{
	out_raw(out, "<dl class=\"facts\"><div><dt>Machine</dt><dd>");
	page_link(out, "machine", rows_text(run, LIST_RUN_MACHINE));
	out_put(out, " (%s)</dd></div><div><dt>Kernel</dt><dd>%s</dd></div>",
		rows_text(run, LIST_RUN_ARCH), rows_text(run, LIST_RUN_KERNEL));
	if (*rows_text(run, LIST_RUN_OPTIONS))
		out_put(out, "<div><dt>Options</dt><dd>%s</dd></div>",
			rows_text(run, LIST_RUN_OPTIONS));
	out_raw(out, "<div><dt>Began</dt><dd>");
	out_time(out, rows_int(run, LIST_RUN_BEGAN));
	out_raw(out, "</dd></div><div><dt>Taken in</dt><dd>");
	out_time(out, rows_int(run, LIST_RUN_RECEIVED));
	out_put(out, " from %s</dd></div><div><dt>Made by</dt><dd>%s %s</dd></div>",
		rows_text(run, LIST_RUN_FROM), rows_text(run, LIST_RUN_FORMAT),
		rows_text(run, LIST_RUN_VERSION));
}

static void put_counts(struct out *out, const struct rows *run)
{
	static const struct {
		int column;
		enum cell_state state;
	} counts[] = { { LIST_RUN_PASS, CELL_PASS },   { LIST_RUN_FAIL, CELL_FAIL },
		       { LIST_RUN_CRASH, CELL_CRASH }, { LIST_RUN_TIMEOUT, CELL_CRASH },
		       { LIST_RUN_KNOWN, CELL_KNOWN }, { LIST_RUN_ERROR, CELL_ERROR },
		       { LIST_RUN_SKIP, CELL_SKIP } };

	out_raw(out, "<ul class=\"legend\">");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!rows_int(run, counts[i].column))
			continue;
		out_raw(out, "<li>");
		page_state(out, counts[i].state);
		out_put(out, " %lld</li>", (long long)rows_int(run, counts[i].column));
	}
	out_raw(out, "</ul>\n");
	if (*rows_text(run, LIST_RUN_STOPPED))
		out_put(out, "<p class=\"error\">It did not come to its end: %s</p>\n",
			rows_text(run, LIST_RUN_STOPPED));
}

static void put_evidence(struct out *out, const char *name)
{
	out_raw(out, "<p class=\"row\"><a class=\"button\" href=\"/run/");
	out_url(out, name);
	out_raw(out, "/report\">Report with pictures</a> <a href=\"/run/");
	out_url(out, name);
	out_raw(out, "/evidence\">Evidence as it came (tar.zst)</a> <a href=\"/compare?before=");
	out_url(out, name);
	out_raw(out, "\">Compare with another run</a></p>\n");
}

static void put_result(struct out *out, const struct rows *rows)
{
	out_put(out, "<tr><td><a class=\"plain\" href=\"/cell/%lld\">",
		(long long)rows_int(rows, LIST_RESULT_CELL));
	page_state(out, cell_base(rows_text(rows, LIST_RESULT_LETTER)));
	out_raw(out, "</a></td><td class=\"id\">");
	page_link(out, "claim", rows_text(rows, LIST_RESULT_CLAIM));
	out_put(out, "</td><td class=\"num\">%lld of %lld</td><td>",
		(long long)rows_int(rows, LIST_RESULT_EXERCISED),
		(long long)rows_int(rows, LIST_RESULT_EXPECTED));
	page_recent(out, rows_text(rows, LIST_RESULT_BEFORE));
	out_put(out, "</td><td class=\"why\">%s</td></tr>\n", rows_text(rows, LIST_RESULT_WHY));
}

static void begin_scenario(struct out *out, const char *scenario, bool is_first)
{
	if (!is_first)
		out_raw(out, "</tbody></table></div>\n");
	out_raw(out, "<h2>");
	page_link(out, "scenario", scenario);
	out_put(out,
		"</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">Result</th><th scope=\"col\">Claim</th>"
		"<th scope=\"col\">Exercised</th><th scope=\"col\">Here, newest first</th>"
		"<th scope=\"col\">Why</th></tr></thead>\n<tbody>",
		scenario);
}

static int put_results(struct request *r, int64_t target, int64_t run)
{
	_cleanup_rows_ struct rows rows = { 0 };
	_cleanup_free_ char *scenario = NULL;
	struct out *out = &r->reply.body;
	int n = list_results(r->db, target, run, &rows, &r->err);

	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		const char *now = rows_text(&rows, LIST_RESULT_SCENARIO);

		if (!scenario || strcmp(scenario, now) != 0) {
			begin_scenario(out, now, !scenario);
			free(scenario);
			scenario = strdup(now);
		}
		put_result(out, &rows);
	}
	out_raw(out, scenario ? "</tbody></table></div>\n" : "<p>It has no results.</p>\n");
	return n;
}

int page_run(struct request *r)
{
	_cleanup_rows_ struct rows run = { 0 };
	struct out *out;
	int n = runs_find(r, &run);

	if (n < 0)
		return n;
	out = page_begin(r, r->parts[0], "/runs");
	put_counts(out, &run);
	put_facts(out, &run);
	n = put_signature(r, &run);
	put_evidence(out, r->parts[0]);
	if (n >= 0)
		n = put_results(r, rows_int(&run, LIST_RUN_TARGET), rows_int(&run, LIST_RUN_ID));
	return n < 0 ? n : page_end(r);
}

static int read_evidence(struct request *r, struct rows *rows, const void **data, size_t *len)
{
	_cleanup_rows_ struct rows run = { 0 };
	int n = runs_find(r, &run);

	if (n >= 0)
		n = db_select(r->db, rows, &r->err, "SELECT data,kind FROM evidence WHERE run=?1",
			      "i", rows_int(&run, LIST_RUN_ID));
	if (n >= 0)
		n = rows_next(rows, &r->err);
	if (n == 0)
		return error_set(&r->err, ENOENT, "its evidence is not there");
	if (n > 0)
		*data = rows_blob(rows, 0, len);
	return n;
}

int page_run_evidence(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	const void *data = NULL;
	size_t len = 0;
	int n = read_evidence(r, &rows, &data, &len);

	if (n < 0)
		return n;
	r->reply.type = "application/octet-stream";
	r->reply.filename = text_printf("evidence.%s", rows_text(&rows, 1));
	out_bytes(&r->reply.body, data, len);
	return 0;
}

static int write_report(struct request *r, const char *dir)
{
	_cleanup_(cleanup_record) struct record *record = NULL;
	_cleanup_free_ char *text = NULL;
	struct report_options options = { 0 };
	size_t len = 0;
	json_t *results;
	FILE *file;
	int n = record_open(dir, &record, &r->err);

	if (n < 0)
		return n;
	results = verdict_of_run(record);
	file = results ? open_memstream(&text, &len) : NULL;
	n = file ? report_html(record, results, file, &options) : -ENOMEM;
	if (file && fclose(file) != 0)
		n = -ENOMEM;
	json_decref(results);
	if (n < 0)
		return error_set(&r->err, -n, "cannot make the report: %s", strerror(-n));
	out_bytes(&r->reply.body, text, len);
	r->reply.policy = REPORT_POLICY;
	return 0;
}

int page_run_report(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	char dir[BUNDLE_PATH] _cleanup_bundle_dir_ = "";
	const void *data = NULL;
	size_t len = 0;
	int n = read_evidence(r, &rows, &data, &len);

	if (n >= 0 && strcmp(rows_text(&rows, 1), "run.tar.zst") != 0)
		return error_set(&r->err, ENOENT, "this run came without a journal");
	if (n >= 0)
		n = bundle_make_dir(dir, &r->err);
	if (n >= 0)
		n = bundle_unpack_memory(data, len, dir, &r->err);
	return n < 0 ? n : write_report(r, dir);
}
