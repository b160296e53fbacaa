// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof tracker import RUN...`: run directories, or archives of them, into the database. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "cmd/tracker/tracker.h"
#include "store/take/bundle.h"
#include "store/take/foreign_ingest.h"
#include "store/take/ingest.h"

enum { OPT_QUIET = 1, OPT_FORMAT, OPT_SUITE, OPT_MACHINE, OPT_KERNEL, OPT_ARCH };

static const struct cmd_option options[] = {
	TRACKER_DB_OPTION,
	{ OPT_QUIET, "quiet", 'q', NULL, "Say only what was not taken" },
	{ OPT_FORMAT, "format", 'f', "FORMAT",
	  "RUN is the output of another suite: ktap, junit or ltp", CMD_WORDS, "ktap junit ltp" },
	{ OPT_SUITE, "suite", 's', "NAME", "The name of that suite" },
	{ OPT_MACHINE, "machine", 'm', "NAME", "The machine that it ran on" },
	{ OPT_KERNEL, "kernel", 'k', "RELEASE", "The kernel, as uname -r says it" },
	{ OPT_ARCH, "arch", 'a', "ARCH", "The architecture, as uname -m says it" },
	{},
};

static int import_archive(struct db *db, const char *path, const struct ingest_from *from,
			  struct ingest_done *done, struct error *err)
{
	char dir[BUNDLE_PATH] _cleanup_bundle_dir_ = "";
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return error_set(err, errno, "cannot open: %s", strerror(errno));
	r = bundle_make_dir(dir, err);
	if (r >= 0)
		r = bundle_unpack(fd, dir, err);
	return r < 0 ? r : ingest_dir(db, dir, from, done, err);
}

static int import_foreign(struct db *db, const char *path, struct foreign f,
			  const struct ingest_from *from, struct ingest_done *done,
			  struct error *err)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read(AT_FDCWD, path, &text, &f.len);

	if (r < 0)
		return error_set(err, -r, "cannot read: %s", strerror(-r));
	f.text = text;
	return foreign_ingest(db, &f, from, done, err);
}

/* One run is one transaction: what was taken stays, whatever the next one is. */
static bool import(struct db *db, const char *path, const struct foreign *f, bool is_quiet)
{
	struct ingest_from from = { .who = "import", .now = time(NULL) };
	struct ingest_done done = { 0 };
	struct error err = { 0 };
	struct stat st;
	int r;

	if (f->format)
		r = import_foreign(db, path, *f, &from, &done, &err);
	else if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		r = import_archive(db, path, &from, &done, &err);
	else
		r = ingest_dir(db, path, &from, &done, &err);
	if (r < 0) {
		cmd_fail(&cmd_tracker_import, 0, "\"%s\" was not taken: %s", path, err.text);
		return false;
	}
	if (!is_quiet && done.is_new)
		printf("%s: %d results, %d passed, %d failed\n", done.run, done.results,
		       done.passed, done.failed);
	else if (!is_quiet)
		printf("%s: is there already\n", done.run);
	return true;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_import, argc, argv);
	const char *value, *path = TRACKER_DB_DEFAULT;
	_cleanup_free_ const char **runs = calloc(argc, sizeof(*runs));
	_cleanup_(cleanup_db) struct db *db = NULL;
	struct foreign f = { .suite = "", .machine = "", .kernel = "", .arch = "" };
	bool is_quiet = false;
	int o, n = 0, bad = 0;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == TRACKER_OPT_DB)
			path = value;
		else if (o == OPT_QUIET)
			is_quiet = true;
		else if (o == OPT_FORMAT)
			f.format = value;
		else if (o == OPT_SUITE)
			f.suite = value;
		else if (o == OPT_MACHINE)
			f.machine = value;
		else if (o == OPT_KERNEL)
			f.kernel = value;
		else if (o == OPT_ARCH)
			f.arch = value;
		else if (o == CMD_OPERAND && runs)
			runs[n++] = value;
		else
			return VERDICT_EXIT_USAGE;
	}
	if (n == 0)
		return cmd_usage_error(&cmd_tracker_import, "the run directory is missing");
	if (tracker_open(&cmd_tracker_import, path, DB_CREATE, &db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	for (int i = 0; i < n; i++)
		bad += !import(db, runs[i], &f, is_quiet);
	return bad ? VERDICT_EXIT_FAILED : VERDICT_EXIT_PASSED;
}

const struct cmd cmd_tracker_import = {
	.name = "import",
	.summary = "Take run directories, or tar archives of them, into the record",
	.usage = "[OPTION]... RUN...",
	.explain =
		"Each run is judged anew from its journal; what its results.json says is not believed, and a pass in it that the "
		"journal does not prove makes the run be refused. The same run twice is there once. The evidence is kept as it came. With --format "
		"the results of another suite are taken; they are kept beside the others, and count nowhere as coverage.",
	.options = options,
	.operands = CMD_DIR,
	.run = run,
};
