// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists as CSV (RFC 4180) or JSON lines, with the API's names for columns. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "site/api/api.h"
#include "site/export/export.h"
#include "store/cells/list.h"

static int flush(struct out *out, FILE *to, struct error *err)
{
	bool is_good = !out->is_short && fwrite(out->text, 1, out->len, to) == out->len;

	out->len = 0;
	return is_good ? 0
		       : error_set(err, errno ? errno : EIO, "cannot write: %s", strerror(errno));
}

/* What a spreadsheet would take for a formula is none: names come from strangers. */
static void put_csv(struct out *out, const char *text)
{
	out_raw(out, "\"");
	if (*text && strchr("=+-@\t\r", *text))
		out_raw(out, "'");
	while (*text) {
		size_t len = out_utf8_length(text);

		if (len == 0)
			out_raw(out, "\xef\xbf\xbd");
		else if (*text == '"')
			out_raw(out, "\"\"");
		else
			out_bytes(out, text, len);
		text += len ? len : 1;
	}
	out_raw(out, "\"");
}

static void put_row(struct out *out, const struct rows *rows, const struct api_column *columns)
{
	struct out value = { 0 };

	for (int i = 0; columns[i].key; i++) {
		out_raw(out, i ? "," : "");
		if (columns[i].kind == API_TEXT) {
			put_csv(out, rows_text(rows, columns[i].column));
			continue;
		}
		value.len = 0;
		api_value(&value, rows, &columns[i]);
		/* A JSON word or number, or a string without anything to escape. */
		if (value.text && strcmp(value.text, "null") != 0)
			out_raw(out, value.text);
	}
	out_free(&value);
	out_raw(out, "\r\n");
}

static void put_head(struct out *out, const struct api_column *columns)
{
	for (int i = 0; columns[i].key; i++) {
		out_raw(out, i ? "," : "");
		out_raw(out, columns[i].key);
	}
	out_raw(out, "\r\n");
}

int export_table(struct db *db, const char *what, const char *run, bool is_csv, FILE *to,
		 struct error *err)
{
	const struct filter all = { .is_unexpected = true };
	_cleanup_rows_ struct rows rows = { 0 };
	const struct api_column *columns = api_cell_columns;
	struct out out = { 0 };
	int r;

	if (strcmp(what, "runs") == 0) {
		columns = api_run_columns;
		r = run ? list_run(db, run, &rows, err)
			: list_runs(db, &all, (struct list_run_key){ 0 }, INT64_MAX, &rows, err);
	} else if (strcmp(what, "results") == 0) {
		columns = api_result_columns;
		r = list_all_results(db, run, &rows, err);
	} else if (strcmp(what, "cells") == 0 && !run) {
		r = list_cells(db, &all, 0, INT64_MAX, &rows, err);
	} else {
		return error_set(err, EINVAL, "there is no table of %s%s", what,
				 run ? " of one run" : "");
	}
	if (r >= 0 && is_csv)
		put_head(&out, columns);
	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		if (is_csv) {
			put_row(&out, &rows, columns);
		} else {
			api_object(&out, &rows, columns);
			out_raw(&out, "\n");
		}
		if (out.len > 1 << 16)
			r = flush(&out, to, err);
	}
	if (r >= 0 && out.len > 0)
		r = flush(&out, to, err);
	out_free(&out);
	return r < 0 ? r : 0;
}
