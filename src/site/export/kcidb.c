// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results as KCIDB takes them. A kernel is a checkout without a commit, a kernel on an architecture
 * a build, a result a test. What is not judged is ERROR, what proves nothing SKIP, and never PASS.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "site/api/api.h"
#include "site/export/export.h"
#include "store/cells/list.h"

static const char *status_of(char letter)
{
	switch (letter) {
	case 'P': return "PASS";
	case 'F':
	case 'K':
	case 'C':
	case 'T': return "FAIL";
	case 'S':
	case 'U':
	case 'L': return "SKIP";
	default: return "ERROR";
	}
}

static void put_string(struct out *out, const char *key, const char *value)
{
	out_raw(out, ",");
	out_json(out, key);
	out_raw(out, ":");
	out_json(out, value);
}

/* "ORIGIN:kind/a/b". */
static void put_id(struct out *out, const char *key, const char *origin, const char *kind,
		   const char *a, const char *b)
{
	struct out id = { 0 };

	out_raw(&id, origin);
	out_raw(&id, ":");
	out_raw(&id, kind);
	out_raw(&id, "/");
	out_raw(&id, a);
	out_raw(&id, *b ? "/" : "");
	out_raw(&id, b);
	out_json(out, key);
	out_raw(out, ":");
	out_json(out, id.text ? id.text : "");
	out_free(&id);
}

/* Words of letters, digits, _ and -, joined by dots. */
static void put_path(struct out *out, const char *scenario, const char *claim)
{
	struct out path = { 0 };

	out_raw(&path, "hotproof.");
	out_raw(&path, scenario);
	out_raw(&path, ".");
	out_raw(&path, claim);
	for (char *c = path.text; c && *c; c++)
		if ((!isalnum((unsigned char)*c) && !strchr("._-", *c)) ||
		    (unsigned char)*c > 127 || (*c == '.' && (c[1] == '.' || !c[1])))
			*c = '_';
	put_string(out, "path", path.text ? path.text : "hotproof");
	out_free(&path);
}

static void put_test(struct out *out, const char *origin, const struct rows *row)
{
	char letter = *rows_text(row, LIST_ALL_LETTER);
	struct out name = { 0 };

	out_raw(&name, rows_text(row, LIST_ALL_SCENARIO));
	out_raw(&name, "/");
	out_raw(&name, rows_text(row, LIST_ALL_CLAIM));
	out_raw(out, "{");
	put_id(out, "id", origin, "run", rows_text(row, LIST_ALL_RUN), name.text ? name.text : "");
	put_string(out, "origin", origin);
	out_raw(out, ",");
	put_id(out, "build_id", origin, "build", rows_text(row, LIST_ALL_KERNEL),
	       rows_text(row, LIST_ALL_ARCH));
	put_path(out, rows_text(row, LIST_ALL_SCENARIO), rows_text(row, LIST_ALL_CLAIM));
	put_string(out, "status", status_of(letter));
	if (rows_int(row, LIST_ALL_AT) > 0) { /* nothing may be null */
		out_raw(out, ",\"start_time\":");
		api_value(out, row, &(struct api_column){ "began", LIST_ALL_AT, API_TIME });
	}
	if (*rows_text(row, LIST_ALL_WHY))
		put_string(out, "comment", rows_text(row, LIST_ALL_WHY));
	out_raw(out, ",\"environment\":{\"comment\":");
	out_json(out, rows_text(row, LIST_ALL_MACHINE));
	out_raw(out, ",\"misc\":{\"options\":");
	out_json(out, rows_text(row, LIST_ALL_OPTIONS));
	out_put(out, "}},\"misc\":{\"expected\":%lld,\"exercised\":%lld,\"known_defect\":%s}}",
		(long long)rows_int(row, LIST_ALL_EXPECTED),
		(long long)rows_int(row, LIST_ALL_EXERCISED), letter == 'K' ? "true" : "false");
	out_free(&name);
}

static int put_tests(struct db *db, const char *origin, const char *run, FILE *to,
		     struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out out = { 0 };
	int count = 0, r = list_all_results(db, run, &rows, err);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		out.len = 0;
		out_raw(&out, count++ ? ",\n" : "\n");
		put_test(&out, origin, &rows);
		if (out.is_short || fwrite(out.text, 1, out.len, to) != out.len)
			r = error_set(err, EIO, "cannot write the report");
	}
	out_free(&out);
	return r;
}

/* What the schema takes for an origin, or an architecture, which other suites may name as they
 * like. */
static bool is_word(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

/* Kernels, and then kernels on architectures, of those runs. */
static int put_kernels(struct db *db, const char *origin, const char *run, bool is_build,
		       struct out *out, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int count = 0,
	    r = db_select(
		    db, &rows, err,
		    "SELECT DISTINCT k.name,CASE WHEN ?2<>0 THEN m.arch ELSE '' END FROM run u"
		    " JOIN target t ON t.id=u.target JOIN machine m ON m.id=t.machine"
		    " JOIN kernel k ON k.id=t.kernel WHERE ?1 IS NULL OR u.name=?1"
		    " ORDER BY 1,2",
		    "si", run, (int64_t)is_build);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		const char *kernel = rows_text(&rows, 0);

		out_raw(out, count++ ? ",\n{" : "\n{");
		put_id(out, "id", origin, is_build ? "build" : "kernel", kernel,
		       rows_text(&rows, 1));
		put_string(out, "origin", origin);
		if (is_build) {
			out_raw(out, ",");
			put_id(out, "checkout_id", origin, "kernel", kernel, "");
			if (is_word(rows_text(&rows, 1)))
				put_string(out, "architecture", rows_text(&rows, 1));
		}
		put_string(out, "comment", kernel);
		out_raw(out, "}");
	}
	return r;
}

int export_kcidb(struct db *db, const char *origin, const char *run, FILE *to, struct error *err)
{
	struct out out = { 0 };
	int r;

	if (!*origin || !is_word(origin))
		return error_set(err, EINVAL, "an origin has letters a to z, digits and _ only");
	out_raw(&out, "{\"version\":{\"major\":5,\"minor\":0},\"checkouts\":[");
	r = put_kernels(db, origin, run, false, &out, err);
	out_raw(&out, "],\"builds\":[");
	if (r >= 0)
		r = put_kernels(db, origin, run, true, &out, err);
	out_raw(&out, "],\"tests\":[");
	if (r >= 0 && (out.is_short || fwrite(out.text, 1, out.len, to) != out.len))
		r = error_set(err, EIO, "cannot write the report");
	out_free(&out);
	if (r >= 0)
		r = put_tests(db, origin, run, to, err);
	if (r >= 0 && fputs("\n]}\n", to) < 0)
		r = error_set(err, EIO, "cannot write the report");
	return r < 0 ? r : 0;
}
