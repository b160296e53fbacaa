// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tracker's database: recorded runs go in once and are judged anew, cells stand as
 * docs/tracker.md says, and what is no run directory is refused. Pages are tests/site.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "store/take/bundle.h"
#include "store/take/catalog.h"
#include "store/cells/cell.h"
#include "store/take/ingest.h"
#include "store/cells/machine.h"
#include "store/take/names.h"
#include "support/tracker_db.h"

struct box {
	char dir[BUNDLE_PATH];
	struct db *db;
	struct error err;
};

static char *path_in(const struct box *b, const char *name)
{
	return text_printf("%s/%s", b->dir, name);
}

static int open_box(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	_cleanup_free_ char *path = NULL;

	*state = b;
	if (!b || bundle_make_dir(b->dir, &b->err) < 0)
		return -1;
	path = tracker_db_path(b->dir);
	if (db_open(path, DB_CREATE, &b->db, &b->err) < 0)
		return -1;
	return catalog_install_built_in(b->db, &b->err) < 0 ? -1 : 0;
}

static int close_box(void **state)
{
	struct box *b = *state;

	db_close(b->db);
	bundle_remove(b->dir);
	free(b);
	return 0;
}

/* 1795430000 is shortly before the recorded runs. */
static int take(struct box *b, const char *dir, struct ingest_done *done)
{
	return ingest_dir(b->db, dir, &(struct ingest_from){ .who = "test", .now = 1795510000 },
			  done, &b->err);
}

static int64_t number(struct box *b, const char *sql)
{
	int64_t n = -1;

	assert_int_not_equal(db_number(b->db, &n, &b->err, sql, NULL), -1);
	return n;
}

static void a_run_is_there_once(void **state)
{
	struct box *b = *state;
	struct ingest_done done;

	assert_int_equal(take(b, RUNS "/guest-healthy", &done), 0);
	assert_true(done.is_new);
	assert_int_equal(done.results, 37);
	assert_int_equal(done.passed, 37);
	assert_int_equal(take(b, RUNS "/guest-healthy", &done), 0);
	assert_false(done.is_new);
	assert_int_equal(number(b, "SELECT count(*) FROM run"), 1);
	assert_int_equal(number(b, "SELECT count(*) FROM result"), 37);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=1"), 37);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state<>1 AND state<>0"), 0);
	assert_int_equal(db_check(b->db, &b->err), 0);
}

static void a_name_is_never_used_twice(void **state)
{
	struct box *b = *state;
	struct ingest_done done;

	assert_int_equal(take(b, RUNS "/stopped", &done), 0);
	assert_int_equal(take(b, RUNS "/not-fitted", &done), -EEXIST);
	assert_int_equal(number(b, "SELECT count(*) FROM run"), 1);
	/* What it did not come to was due. */
	assert_true(number(b, "SELECT count(*) FROM cell WHERE state=9") > 0);
}

static void what_is_no_run_is_refused(void **state)
{
	static const char *const bad[] = { "empty",        "empty-journal",  "garbage-last",
					   "garbage-meta", "garbage-middle", "garbage-result",
					   "not-utf8",     "no-such-folder" };
	struct box *b = *state;
	struct ingest_done done;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *dir = text_printf("%s/%s", RUNS, bad[i]);

		assert_int_equal(take(b, dir, &done), -EBADMSG);
		assert_null(strstr(b->err.text, RUNS));
	}
	assert_int_equal(number(b, "SELECT count(*) FROM run"), 0);
	assert_int_equal(number(b, "SELECT count(*) FROM machine"), 0);
}

static void copy_run(struct box *b, const char *name, const char *to)
{
	_cleanup_free_ char *from = text_printf("%s/%s", RUNS, name), *out = NULL;
	struct error err = { 0 };
	int status = 0;

	assert_int_equal(process_capture((const char *const[]){ "cp", "-r", from, to, NULL },
					 wait_now_ns() + 10 * NS_PER_S, &out, &status, &err),
			 0);
	assert_int_equal(status, 0);
	(void)b;
}

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = text_printf("%s/%s", dir, name);

	assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text)), 0);
}

static void a_pass_without_evidence_is_refused(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *dir = path_in(b, "run");
	struct ingest_done done;

	copy_run(b, "failed-claim", dir);
	put(dir, "results.json",
	    "{\"results\":[{\"scenario\":\"cpu.cycle\",\"claim\":\"task.leaves-dying-cpu\","
	    "\"verdict\":\"pass\"},{\"scenario\":\"cpu.cycle\",\"claim\":\"made.up\",\"verdict\":\"pass\"}]}");
	assert_int_equal(take(b, dir, &done), -EBADMSG);
	assert_non_null(strstr(b->err.text, "does not prove it"));
	assert_int_equal(number(b, "SELECT count(*) FROM run"), 0);
}

static void evidence_comes_back_verbatim(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *dir = path_in(b, "back"), *one = NULL, *two = NULL, *path = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	struct ingest_done done;
	const void *data;
	size_t len, n1, n2;

	assert_int_equal(take(b, RUNS "/guest-healthy", &done), 0);
	assert_int_equal(db_select(b->db, &rows, &b->err, "SELECT data FROM evidence", NULL), 0);
	assert_int_equal(rows_next(&rows, &b->err), 1);
	data = rows_blob(&rows, 0, &len);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(bundle_unpack_memory(data, len, dir, &b->err), 0);
	path = text_printf("%s/journal.jsonl", dir);
	assert_int_equal(file_read(AT_FDCWD, path, &one, &n1), 0);
	assert_int_equal(file_read(AT_FDCWD, RUNS "/guest-healthy/journal.jsonl", &two, &n2), 0);
	assert_int_equal(n1, n2);
	assert_memory_equal(one, two, n1);
}

/* An archive of `what` in `box`, made with the options. */
static int unpack_tar(struct box *b, const char *script)
{
	_cleanup_free_ char *out = NULL, *whole = NULL, *tar = path_in(b, "a.tar"),
			    *into = path_in(b, "x");
	_cleanup_close_ int fd = -1;
	int status = -1, r;

	whole = text_printf("cd '%s' && rm -rf x a.tar && mkdir x && %s", b->dir, script);
	assert_int_equal(process_capture((const char *const[]){ "sh", "-c", whole, NULL },
					 wait_now_ns() + 20 * NS_PER_S, &out, &status, &b->err),
			 0);
	assert_int_equal(status, 0);
	fd = open(tar, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	r = bundle_unpack(fd, into, &b->err);
	return r;
}

static void hostile_archives_are_refused(void **state)
{
	struct box *b = *state;
	static const char *const bad[] = {
		"echo no tar at all >a.tar",
		": >a.tar",
		"echo x >f && tar cf a.tar --transform 's,^,../../,' -P f",
		"echo x >f && tar cf a.tar --transform 's,^,/etc/,' -P f",
		"ln -sf /etc/passwd l && tar cf a.tar l",
		"echo x >f && ln -f f g && tar cf a.tar f g",
		"mkdir -p a/b/c && echo x >a/b/c/f && tar cf a.tar a",
		"mkdir -p a1 a2 && echo x >a1/f && echo x >a2/f && tar cf a.tar a1 a2",
		"echo x >'a b' && tar cf a.tar 'a b'",
		"mkfifo p 2>/dev/null; tar cf a.tar p",
		"head -c 100000 /dev/zero >z && tar cf - z | gzip | head -c 120 >a.tar",
		"for i in $(seq 300); do echo x >f$i; done; tar cf a.tar f*",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int r = unpack_tar(b, bad[i]);

		if (r != -EBADMSG && r != -EFBIG)
			fail_msg("archive %zu gave %d: %s", i, r, bad[i]);
	}
	/* 300 MiB of zeros in a few KiB. */
	assert_int_equal(unpack_tar(b, "truncate -s 300M z && tar cf - z | zstd -q >a.tar"),
			 -EFBIG);
	assert_int_equal(unpack_tar(b, "mkdir -p r/tools && echo x >r/journal.jsonl && "
				       "echo x >r/tools/top && tar czf a.tar r"),
			 0);
}

static void letters_make_states(void **state)
{
	static const struct {
		const char *recent;
		enum cell_state state;
	} cases[] = {
		{ "", CELL_NEVER },           { "P", CELL_PASS },       { "FP", CELL_FLAKY },
		{ "PF", CELL_FLAKY },         { "PPPF", CELL_PASS },    { "FFFP", CELL_FAIL },
		{ "CCTP", CELL_CRASH },       { "PPFPPP", CELL_FLAKY }, { "K", CELL_KNOWN },
		{ "UP", CELL_SKIP },          { "SP", CELL_SKIP },      { "L", CELL_LIMIT },
		{ "E", CELL_ERROR },          { "-", CELL_MISSING },    { "PUUPSF", CELL_FLAKY },
		{ "PPPPPPPPPPF", CELL_PASS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cell_base(cases[i].recent) != cases[i].state)
			fail_msg("\"%s\" makes %s", cases[i].recent,
				 cell_words[cell_base(cases[i].recent)].word);
	assert_int_equal(cell_letter("crash", "known", true), 'K');
	assert_int_equal(cell_letter("crash", "", false), 'C');
	for (int i = 0; i < CELL_STATES; i++)
		assert_int_equal(cell_state_of(cell_words[i].word), i);
}

static void refresh(struct box *b, int64_t now)
{
	assert_int_equal(db_begin(b->db, &b->err), 0);
	assert_int_equal(cell_plan_all(b->db, &b->err), 0);
	assert_true(cell_refresh(b->db, 0, now, &b->err) >= 0);
	assert_int_equal(db_commit(b->db, &b->err), 0);
}

static void time_machines_and_rules_change_states(void **state)
{
	struct box *b = *state;
	struct ingest_done done;
	const int64_t now = 1795510000, year = 365 * 86400;

	assert_int_equal(take(b, RUNS "/guest-healthy", &done), 0);
	assert_int_equal(db_run(b->db, &b->err,
				"INSERT INTO rule(claim,reason) VALUES('top.*','no')", NULL),
			 0);
	refresh(b, now);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=1"), 35);
	refresh(b, now + year);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=1"), 0);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=10"), 35);
	assert_int_equal(machine_set(b->db, "amd64-4", &(struct machine_change){ .every_days = 7 },
				     now + 30 * 86400, &b->err),
			 0);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=9"), 35);
	assert_int_equal(
		machine_set(b->db, "amd64-4",
			    &(struct machine_change){ .every_days = 0, .health = "does-not-boot" },
			    now, &b->err),
		0);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=1"), 35);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE state=0"), 0);
	assert_true(number(b, "SELECT count(*) FROM cell WHERE state=11") > 100);
	assert_int_equal(
		machine_set(b->db, "amd64-4",
			    &(struct machine_change){ .every_days = -1, .health = "retired" }, now,
			    &b->err),
		0);
	assert_int_equal(number(b, "SELECT count(*) FROM cell WHERE is_expected=1"), 0);
	assert_int_equal(machine_set(b->db, "amd64-4", &(struct machine_change){ .health = "fine" },
				     now, &b->err),
			 -EINVAL);
	assert_int_equal(machine_set(b->db, "nobody", &(struct machine_change){ .every_days = -1 },
				     now, &b->err),
			 -ENOENT);
}

static void kernels_have_an_order(void **state)
{
	static const char *const ascending[] = { "4.19.0",    "6.1.0-50-cloud-amd64",
						 "6.1.192-2", "6.12.89",
						 "6.12.90",   "6.13-rc2",
						 "6.13-rc10", "6.13",
						 "6.13.1" };
	struct names names;
	const char *missing;
	json_t *meta = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s}", "run", "r", "machine", "m", "kernel",
		"6.1.0-56-arm64", "arch", "aarch64", "kernel_version",
		"Linux version 6.1.0-56-arm64 (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP Debian "
		"6.1.192-2 (2026-11-16)",
		"cmdline", "console=ttyAMA0 nohz_full=1-3 isolcpus=1 quiet");

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(ascending); i++)
		assert_true(names_kernel_number(ascending[i - 1]) <
			    names_kernel_number(ascending[i]));
	assert_true(names_of_run(meta, &names, &missing));
	assert_string_equal(names.kernel, "6.1.192-2 (6.1.0-56-arm64)");
	assert_string_equal(names.arch, "arm64");
	assert_string_equal(names.series, "6.1");
	assert_string_equal(names.options, "isolcpus=1 nohz_full=1-3");
	json_decref(meta);
}

static void other_files_are_no_database(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *path = path_in(b, "other.db"), *copy = path_in(b, "copy.db");
	struct db *db = NULL;

	if (tracker_db_is_server())
		return; /* what a server answers is test_db.c's */
	assert_int_equal(db_open(path, DB_WRITE, &db, &b->err), -ENOENT);
	put(b->dir, "other.db",
	    "this is a text and it is long enough to be looked at as a header of a database\n");
	assert_int_equal(db_open(path, DB_CREATE, &db, &b->err), -EUCLEAN);
	assert_int_equal(db_backup(b->db, copy, &b->err), 0);
	assert_int_equal(db_backup(b->db, copy, &b->err), -EEXIST);
	assert_int_equal(db_open(copy, DB_READ, &db, &b->err), 0);
	assert_true(db_run(db, &b->err, "UPDATE machine SET owner='x'", NULL) < 0);
	db_close(db);
	assert_int_equal(db_open(copy, DB_WRITE, &db, &b->err), 0);
	assert_int_equal(db_script(db, "PRAGMA user_version=99", &b->err), 0);
	db_close(db);
	assert_int_equal(db_open(copy, DB_WRITE, &db, &b->err), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_run_is_there_once, open_box, close_box),
		cmocka_unit_test_setup_teardown(a_name_is_never_used_twice, open_box, close_box),
		cmocka_unit_test_setup_teardown(what_is_no_run_is_refused, open_box, close_box),
		cmocka_unit_test_setup_teardown(a_pass_without_evidence_is_refused, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(evidence_comes_back_verbatim, open_box, close_box),
		cmocka_unit_test_setup_teardown(hostile_archives_are_refused, open_box, close_box),
		cmocka_unit_test_setup_teardown(time_machines_and_rules_change_states, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(other_files_are_no_database, open_box, close_box),
		cmocka_unit_test(letters_make_states),
		cmocka_unit_test(kernels_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
