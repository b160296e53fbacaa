// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads earlier runs and refuses those of other boxes: their times would say nothing. */
#include "cmd/baseline.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/text.h"
#include "evidence/record.h"

static size_t count_acts(const struct latency_table *table)
{
	return table->way[LATENCY_DOWN].act.n + table->way[LATENCY_UP].act.n;
}

int baseline_read(const char *dir, const json_t *meta, struct latency_table *table,
		  struct error *err)
{
	static const char *const same[] = { "kernel", "arch", "machine" };
	_cleanup_(cleanup_record) struct record *run = NULL;
	size_t acts = count_acts(table);
	int r = record_open(dir, &run, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		const char *theirs = record_get_str(run->meta, same[i]),
			   *ours = record_get_str(meta, same[i]);

		if (strcmp(theirs, ours) != 0)
			return error_set(
				err, EINVAL,
				"the baseline \"%s\" is of another box: its %s is \"%s\" and not \"%s\"",
				dir, same[i], theirs, ours);
	}
	r = latency_read(run, table);
	if (r < 0)
		return error_set(err, -r, "cannot read the baseline \"%s\": %s", dir, strerror(-r));
	if (count_acts(table) == acts)
		return error_set(
			err, EINVAL,
			"the baseline \"%s\" has no traced acts: the witness \"steps\" did not watch it",
			dir);
	return 0;
}

static int read_file(const char *path, json_t **ret, struct error *err)
{
	json_error_t why;
	json_t *doc = json_load_file(path, 0, &why);

	if (!doc || !json_is_object(json_object_get(doc, "latency"))) {
		json_decref(doc);
		return error_set(err, EINVAL,
				 "\"%s\" is neither a run directory nor a baseline: %s", path,
				 doc ? "it has no times" : why.text);
	}
	*ret = doc;
	return 0;
}

static int read_meta(const char *dir, json_t **ret, struct error *err)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	int r = record_open(dir, &run, err);

	if (r == 0)
		*ret = json_deep_copy(run->meta);
	return r < 0 ? r : *ret ? 0 : -ENOMEM;
}

int baseline_collect(const char *const *paths, size_t n, json_t **ret, struct error *err)
{
	_cleanup_latency_ struct latency_table table = {};
	json_t *meta = NULL, *times;
	struct stat st;
	int r;

	if (n == 1 && stat(paths[0], &st) == 0 && S_ISREG(st.st_mode))
		return read_file(paths[0], ret, err);
	r = read_meta(paths[0], &meta, err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = baseline_read(paths[i], meta, &table, err);
	times = r == 0 ? latency_json(&table) : NULL;
	if (r == 0 && !times)
		r = -ENOMEM;
	if (r == 0)
		*ret = json_pack("{s:s, s:s, s:s, s:i, s:o}", "kernel",
				 record_get_str(meta, "kernel"), "arch",
				 record_get_str(meta, "arch"), "machine",
				 record_get_str(meta, "machine"), "runs", (int)n, "latency", times);
	json_decref(meta);
	return r;
}

int baseline_check(const json_t *baseline, const char *machine, struct error *err)
{
	struct utsname uts;

	if (uname(&uts) < 0)
		return -errno;
	for (int i = 0; i < 3; i++) {
		const char *const names[] = { "kernel", "arch", "machine" }, *const ours[] = {
			uts.release, uts.machine, machine
		};
		const char *was = record_get_str(baseline, names[i]);

		if (strcmp(was, ours[i]) != 0)
			return error_set(
				err, EINVAL,
				"the baseline is of another box: its %s is \"%s\" and not \"%s\"",
				names[i], was, ours[i]);
	}
	return 0;
}
