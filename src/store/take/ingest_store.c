// SPDX-License-Identifier: GPL-2.0-or-later
/* A judged run into its tables, in one transaction. It reads no file and judges nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/cells/cell.h"
#include "store/take/ingest_internal.h"
#include "store/cells/machine.h"
#include "store/people/event.h"

/* 1: it is there already, with the same evidence. */
static int find_run(struct ingest *in, struct ingest_done *done, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	const void *digest;
	size_t len;
	int r = db_select(in->db, &rows, err, "SELECT id,digest FROM run WHERE name=?1", "s",
			  in->names.run);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r != 1)
		return r;
	digest = rows_blob(&rows, 1, &len);
	if (len != BUNDLE_DIGEST || memcmp(digest, in->packed.digest, len) != 0)
		return error_set(err, EEXIST,
				 "a run \"%s\" is there already with other evidence; a run's id is "
				 "never used twice",
				 in->names.run);
	done->id = rows_int(&rows, 0);
	return 1;
}

static int64_t count(const struct ingest *in, const char *verdict)
{
	return record_get_int(json_object_get(in->results, "counts"), verdict);
}

static int put_run(struct ingest *in, int64_t target, int64_t *ret, struct error *err)
{
	int r = db_number(
		in->db, ret, err,
		"INSERT INTO run(name,target,began_at,received_at,received_from,is_signed,format,"
		"version,digest,is_complete,stopped,n_pass,n_fail,n_known,n_skip,n_error,n_timeout,"
		"n_crash) VALUES(?1,?2,?3,?4,?5,?6,?18,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
		"?17) RETURNING id",
		"siiisisbisiiiiiiis", in->names.run, target, in->names.began_at, in->from->now,
		in->from->who, (int64_t)in->is_registered, in->names.hotproof, in->packed.digest,
		(size_t)BUNDLE_DIGEST,
		(int64_t)json_is_true(json_object_get(in->results, "complete")),
		record_get_str(in->results, "stopped"), count(in, "pass"), count(in, "fail"),
		count(in, "known"), count(in, "skip"), count(in, "error"), count(in, "timeout"),
		count(in, "crash"), in->format ? in->format : "hotproof");

	if (r < 0)
		return r;
	return db_run(in->db, err,
		      "INSERT INTO evidence(run,meta,results,kind,data)"
		      " VALUES(?1,?2,?3,?5,?4)",
		      "issbs", *ret, in->meta_text, in->results_text, in->packed.data,
		      in->packed.len, in->format ? in->format : "run.tar.zst");
}

/* What the run was to try and did not come to: due, and not there. */
static int mark_missing(struct ingest *in, int64_t target, struct error *err)
{
	json_t *name;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(in->results, "not_run"), i, name)
		if (r >= 0 && json_is_string(name))
			r = db_run(
				in->db, err,
				"UPDATE cell SET base=9, recent='-' WHERE target=?1 AND base=0 AND"
				" scenario=(SELECT id FROM scenario WHERE name=?2)",
				"is", target, json_string_value(name));
	if (r >= 0 && i > 0)
		r = db_run(in->db, err, "UPDATE target SET due_at=0 WHERE id=?1", "i", target);
	return r;
}

static int put_search(struct ingest *in, const struct ingest_done *done, struct error *err)
{
	_cleanup_free_ char *body = text_printf("%s %s %s %s %d passed %d failed %s",
						in->names.machine, in->names.arch, in->names.kernel,
						in->names.options, done->passed, done->failed,
						record_get_str(in->results, "stopped"));

	return db_run(in->db, err, "INSERT INTO search(kind,ref,title,body) VALUES('run',?1,?1,?2)",
		      "ss", in->names.run, body ? body : "");
}

static int put_signature(struct ingest *in, int64_t run, struct error *err)
{
	if (!in->has_signature)
		return 0;
	return db_run(in->db, err, "INSERT INTO signature(run,key,signature) VALUES(?1,?2,?3)",
		      "ibb", run, in->signature.key, sizeof(in->signature.key), in->signature.bytes,
		      sizeof(in->signature.bytes));
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* How long the acts of that verb took that really did something, in us. */
static int put_latency(struct ingest *in, int64_t run, const char *verb, struct error *err)
{
	const struct record *record = in->record;
	_cleanup_free_ int64_t *us = calloc(record->n_acts + 1, sizeof(*us));
	size_t n = 0;

	if (!us)
		return error_set(err, ENOMEM, "out of memory for acts");
	for (size_t i = 0; i < record->n_acts; i++) {
		const struct record_act *act = &record->acts[i];

		if (act->done && !act->is_noop && act->result && strcmp(act->result, "OK") == 0 &&
		    strcmp(act->verb, verb) == 0 && act->ended >= act->began)
			us[n++] = (act->ended - act->began) / 1000;
	}
	if (n == 0)
		return 0;
	qsort(us, n, sizeof(*us), by_size);
	return db_run(in->db, err,
		      "INSERT INTO latency(run,verb,n,p50,p95,max) VALUES(?1,?2,?3,?4,?5,?6)",
		      "isiiii", run, verb, (int64_t)n, us[n / 2], us[n * 95 / 100], us[n - 1]);
}

static int put_event(struct ingest *in, const struct ingest_done *done, struct error *err)
{
	json_t *detail = json_pack("{s:s, s:s, s:s, s:i, s:i}", "machine", in->names.machine,
				   "arch", in->names.arch, "kernel", in->names.kernel, "passed",
				   done->passed, "failed", done->failed);
	_cleanup_free_ char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;

	json_decref(detail);
	return event_add(in->db, in->from->now, "run", in->names.run, text ? text : "{}", err);
}

static int put_all(struct ingest *in, struct ingest_done *done, struct error *err)
{
	int64_t target = 0, run = 0;
	int r = machine_target(in->db, &in->names, in->from->now, &target, err);

	if (r >= 0)
		r = put_run(in, target, &run, err);
	if (r >= 0)
		r = ingest_results(in, target, run, done, err);
	if (r >= 0)
		r = mark_missing(in, target, err);
	if (r >= 0)
		r = put_search(in, done, err);
	if (r >= 0)
		r = put_signature(in, run, err);
	if (r >= 0 && in->record)
		r = put_latency(in, run, "offline", err);
	if (r >= 0 && in->record)
		r = put_latency(in, run, "online", err);
	if (r >= 0)
		r = put_event(in, done, err);
	if (r >= 0)
		r = cell_seen(in->db, target, run, in->names.began_at, in->from->now, err);
	done->id = run;
	done->is_new = true;
	return r;
}

/* A machine that has a key takes runs only with it: anybody else could paint it green. */
static int check_signed(struct ingest *in, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	const void *key = NULL;
	size_t len = 0;
	int r = db_select(in->db, &rows, err,
			  "SELECT signing_key FROM machine WHERE name=?1"
			  " AND signing_key IS NOT NULL",
			  "s", in->names.machine);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 1)
		key = rows_blob(&rows, 0, &len);
	in->is_registered = key && in->has_signature && len == SIGNATURE_KEY &&
			    memcmp(key, in->signature.key, len) == 0;
	if (key && !in->is_registered)
		return error_set(err, EACCES,
				 "the machine \"%s\" has a key, and the run is not signed by it",
				 in->names.machine);
	if (in->from->must_be_signed && !in->is_registered)
		return error_set(err, EACCES,
				 "only signed runs are taken here; ask a maintainer to register "
				 "the key of \"%s\"",
				 in->names.machine);
	return 0;
}

int ingest_store(struct ingest *in, struct ingest_done *done, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int r = db_begin(in->db, err);

	if (r < 0)
		return r;
	undo = in->db;
	strcpy(done->run, in->names.run);
	r = check_signed(in, err);
	if (r >= 0)
		r = find_run(in, done, err);
	if (r == 0)
		r = put_all(in, done, err);
	if (r >= 0 && done->is_new)
		r = db_commit(in->db, err);
	if (r >= 0 && done->is_new)
		undo = NULL;
	return r < 0 ? r : 0;
}
