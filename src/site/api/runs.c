// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/runs: runs in and out. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "site/api/api.h"
#include "site/pages/page.h"
#include "site/pages/runs.h"
#include "site/web/site.h"
#include "store/cells/list.h"
#include "store/take/bundle.h"
#include "store/take/foreign_ingest.h"
#include "store/take/ingest.h"

int api_runs(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int64_t limit = api_limit(r);
	struct list_run_key key = { 0 };
	struct filter filter;
	char next[48] = "";
	int count = 0, n;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	if (*request_query(r, "after") &&
	    sscanf(request_query(r, "after"), "%" SCNd64 "-%" SCNd64, &key.began_at, &key.id) != 2)
		return error_set(&r->err, EINVAL,
				 "\"after\" is what \"next\" of the page before said");
	n = list_runs(r->db, &filter, key, limit, &rows, &r->err);
	api_list_begin(r);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		api_list_item(r, count++);
		api_object(&r->reply.body, &rows, api_run_columns);
		snprintf(next, sizeof(next), "%" PRId64 "-%" PRId64,
			 rows_int(&rows, LIST_RUN_BEGAN), rows_int(&rows, LIST_RUN_ID));
	}
	return n < 0 ? n : api_list_end(r, count == limit ? next : "");
}

int api_run(struct request *r)
{
	_cleanup_rows_ struct rows run = { 0 };
	int n = runs_find(r, &run);

	if (n < 0)
		return n;
	r->reply.type = "application/json";
	api_object(&r->reply.body, &run, api_run_columns);
	return 0;
}

/* results.json as it was judged here, docs/run-format.md. */
int api_run_results(struct request *r)
{
	_cleanup_rows_ struct rows run = { 0 }, rows = { 0 };
	int n = runs_find(r, &run);

	if (n >= 0)
		n = db_select(r->db, &rows, &r->err, "SELECT results FROM evidence WHERE run=?1",
			      "i", rows_int(&run, LIST_RUN_ID));
	if (n >= 0)
		n = rows_next(&rows, &r->err);
	if (n < 0)
		return n;
	r->reply.type = "application/json";
	out_raw(&r->reply.body, rows_text(&rows, 0));
	return 0;
}

static int put_done(struct request *r, const struct ingest_done *done)
{
	struct out *out = &r->reply.body;

	r->reply.status = done->is_new ? 201 : 200;
	r->reply.type = "application/json";
	out_raw(out, "{\"run\":");
	out_json(out, done->run);
	out_put(out, ",\"new\":%s,\"results\":%d,\"passed\":%d,\"failed\":%d}\n",
		done->is_new ? "true" : "false", done->results, done->passed, done->failed);
	return 0;
}

/* What takes long is done before the one connection for writing is taken. */
int api_run_add(struct request *r)
{
	char dir[BUNDLE_PATH] _cleanup_bundle_dir_ = "";
	struct ingest_from from = { .who = r->who.name,
				    .signature = r->signature,
				    .must_be_signed = site_setup_of(r->site)->is_signed,
				    .now = r->now };
	_cleanup_(cleanup_ingest) struct ingest *in = NULL;
	struct ingest_done done = { 0 };
	struct db *db;
	int n = 0;

	if (r->upload_len == 0)
		n = error_set(&r->err, EINVAL, "the body must be a tar archive of a run directory");
	if (n >= 0)
		n = bundle_make_dir(dir, &r->err);
	if (n >= 0)
		n = bundle_unpack(r->upload, dir, &r->err);
	if (n >= 0)
		n = ingest_read(dir, &from, &in, &r->err);
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = ingest_take(in, db, &done, &r->err);
	return n < 0 ? n : put_done(r, &done);
}

/* The text of another suite; where it ran is in the query. */
int api_foreign_add(struct request *r)
{
	struct foreign f = { .format = request_query(r, "format"),
			     .suite = request_query(r, "suite"),
			     .machine = request_query(r, "machine"),
			     .arch = request_query(r, "arch"),
			     .kernel = request_query(r, "kernel"),
			     .run = request_query(r, "run"),
			     .at = request_number(r, "at", 0) };
	struct ingest_from from = { .who = r->who.name,
				    .must_be_signed = site_setup_of(r->site)->is_signed,
				    .now = r->now };
	_cleanup_free_ char *text = NULL;
	struct ingest_done done = { 0 };
	struct db *db;
	int n;

	f.len = r->upload_len < LIMITS_FOREIGN_MAX ? r->upload_len : LIMITS_FOREIGN_MAX;
	text = malloc(f.len + 1);
	if (!text || pread(r->upload, text, f.len, 0) != (ssize_t)f.len)
		return error_set(&r->err, EIO, "cannot read what was sent");
	if (r->upload_len > LIMITS_FOREIGN_MAX || f.at < 0)
		return error_set(&r->err, f.at < 0 ? EINVAL : EFBIG,
				 "more than %zu MiB of results, or no time",
				 LIMITS_FOREIGN_MAX >> 20);
	text[f.len] = '\0';
	f.text = text;
	db = request_writer(r);
	n = db ? foreign_ingest(db, &f, &from, &done, &r->err) : -r->err.code;
	return n < 0 ? n : put_done(r, &done);
}
