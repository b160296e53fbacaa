// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Foreign bytes as a run directory: whatever they are, they are refused with a reason, or judged
 * and reported in every format. Wrong verdicts of well-formed runs are tests/unit/test_verdict.c's;
 * here it is only asked that no pass comes out of nothing.
 *
 * Input: the journal; after a line "%%" what was seen from outside; after another, meta.json.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "evidence/record.h"
#include "evidence/verdict.h"
#include "report/report.h"

#define SEPARATOR "\n%%\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One directory a process, in memory where there is such a place: fuzzers run side by side. */
static const char *directory(void)
{
	static char dir[64];

	if (!*dir) {
		snprintf(dir, sizeof(dir), "%s/hotproof-fuzz-%d",
			 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
		if (mkdir(dir, 0700) < 0 || chdir(dir) < 0)
			abort();
	}
	return dir;
}

static void put(const char *name, const uint8_t *data, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen(name, "we");

	if (!f || fwrite(data, 1, size, f) != size)
		abort();
}

/* Cuts off and writes what stands before the next separator. */
static void put_part(const char *name, const uint8_t **data, size_t *size)
{
	const uint8_t *end = memmem(*data, *size, SEPARATOR, strlen(SEPARATOR));
	size_t n = end ? (size_t)(end - *data) : *size;

	if (n == 0 && strcmp(name, "journal.jsonl") != 0)
		unlink(name);
	else
		put(name, *data, end ? n + 1 : n);
	n += end ? strlen(SEPARATOR) : 0;
	*data += n;
	*size -= n;
}

static void check(const json_t *results)
{
	json_t *result;
	size_t i;

	json_array_foreach(json_object_get(results, "results"), i, result) {
		bool is_pass = strcmp(record_get_str(result, "verdict"), "pass") == 0;

		if (is_pass && (record_get_int(result, "exercised") == 0 ||
				record_get_int(result, "unmet") > 0))
			abort();
		if (!is_pass && record_get_int(results, "exit") == 0 &&
		    strcmp(record_get_str(result, "verdict"), "skip") != 0)
			abort();
	}
}

static void report(const struct record *run, const json_t *results)
{
	for (const struct report_format *f = report_formats; f->name; f++) {
		_cleanup_free_ char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		if (!out || f->write(run, results, out, &(struct report_options){}) < 0)
			abort();
		fclose(out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	const char *dir = directory();
	json_t *results = NULL;
	struct error err = {};

	put_part("journal.jsonl", &data, &size);
	put_part("outside.jsonl", &data, &size);
	put_part("meta.json", &data, &size);
	if (record_open(dir, &run, &err) < 0) {
		if (!*err.text || strchr(err.text, '\n'))
			abort();
		return 0;
	}
	results = verdict_of_run(run);
	if (!results)
		abort();
	check(results);
	report(run, results);
	json_decref(results);
	return 0;
}
