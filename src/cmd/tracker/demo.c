// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `hotproof tracker demo`: fills a database with runs that were recorded in the lab
 * (tools/record-demo), so that the pages have something true to show. Only when they were is moved,
 * so that they are not stale.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/tracker/demo.h"
#include "cmd/tracker/tracker.h"
#include "evidence/record.h"
#include "store/cells/machine.h"
#include "store/people/idea.h"
#include "store/take/ingest.h"

/* Made by the build of demo/runs.tar.xz. */
extern const char demo_recorded_text[];
extern const size_t demo_recorded_text_size;

#define STAMP "%Y-%m-%dT%H:%M:%SZ"

static const struct {
	const char *name, *summary;
} inventory[] = {
	{ "amd64-4", "the plain guest" },
	{ "amd64-4-smt", "two threads a core" },
	{ "amd64-4-nohz-full", "CPUs without a tick" },
	{ "amd64-4-6.12",
	  "a guest in which a fault was seeded: a module leaves an interrupt masked" },
	{ "i386-4", "the ia32 guest" },
};

int demo_put_file(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = text_printf("%s/%s", dir, name);

	return path ? file_replace(AT_FDCWD, path, text, strlen(text)) : -ENOMEM;
}

/* The run's begin, moved by `shift` s; what is moved is said in a file of its own. */
static int move_time(const char *dir, time_t shift, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/meta.json", dir), *text = NULL, *note = NULL;
	json_t *meta = path ? json_load_file(path, 0, NULL) : NULL;
	struct tm tm = { 0 };
	char stamp[32];
	time_t when;
	int r;

	if (!meta || !strptime(record_get_str(meta, "time"), STAMP, &tm)) {
		json_decref(meta);
		return error_set(err, EBADMSG, "a recorded run does not say when it was");
	}
	note = text_printf("recorded %s, and moved to the day of this demo\n",
			   record_get_str(meta, "time"));
	when = timegm(&tm) + shift;
	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), STAMP, &tm);
	json_object_set_new(meta, "time", json_string(stamp));
	text = json_dumps(meta, JSON_INDENT(1));
	json_decref(meta);
	r = text && note ? demo_put_file(dir, "meta.json", text) : -ENOMEM;
	if (r >= 0)
		r = demo_put_file(dir, "moved.txt", note);
	return r < 0 ? error_set(err, -r, "cannot write a run: %s", strerror(-r)) : 0;
}

static int take_run(struct demo *d, const char *archive, time_t shift, struct error *err)
{
	struct ingest_from from = { .who = "demo", .now = d->now };
	char dir[BUNDLE_PATH] _cleanup_bundle_dir_ = "";
	struct ingest_done done;
	int fd = open(archive, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return error_set(err, errno, "cannot read \"%s\"", archive);
	r = bundle_make_dir(dir, err);
	if (r >= 0)
		r = bundle_unpack(fd, dir, err);
	close(fd);
	if (r >= 0)
		r = move_time(dir, shift, err);
	if (r >= 0)
		r = ingest_dir(d->db, dir, &from, &done, err);
	d->number += r >= 0;
	return r;
}

static int is_archive(const struct dirent *e)
{
	return text_ends(e->d_name, ".tar");
}

/* In the order of their names. */
static int take_all(struct demo *d, time_t shift, struct error *err)
{
	struct dirent **list = NULL;
	int n = scandir(d->dir, &list, is_archive, alphasort), r = 0;

	if (n <= 0)
		r = error_set(err, ENOENT, "the demo has no recorded runs");
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path = text_printf("%s/%s", d->dir, list[i]->d_name);

		if (r >= 0)
			r = path ? take_run(d, path, shift, err) : -ENOMEM;
		free(list[i]);
	}
	free(list);
	return r;
}

static int add_recorded(struct demo *d, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/recorded", d->dir), *text = NULL;
	size_t len;
	int r = bundle_unpack_memory(demo_recorded_text, demo_recorded_text_size, d->dir, err);

	if (r < 0)
		return r;
	r = path ? file_read(AT_FDCWD, path, &text, &len) : -ENOMEM;
	if (r < 0)
		return error_set(err, -r, "the demo does not say when it was recorded");
	r = take_all(d, d->now - (time_t)strtoll(text, NULL, 10), err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(inventory); i++)
		r = machine_set(d->db, inventory[i].name,
				&(struct machine_change){ .summary = inventory[i].summary,
							  .platform = "QEMU, TCG",
							  .every_days = -1 },
				d->now, err);
	return r;
}

static int add_ideas(struct demo *d, struct error *err)
{
	static const struct idea_new ideas[] = {
		{ "Offline a CPU while kexec loads",
		  "The new kernel's **boot CPU** may be the one that goes.", "edge-case", "Ann", "",
		  0, true },
		{ "Memory blocks beside CPUs", "Whole nodes come and go on big machines.",
		  "feature", "Bob", "", 0, true },
		{ "A box with 1024 threads", "`nr_cpu_ids` over 512 takes other paths.", "platform",
		  "", "", 0, true },
	};
	int64_t id;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(ideas); i++) {
		r = idea_add(d->db, &ideas[i], d->now, &id, err);
		for (size_t v = 0; r >= 0 && v < 3 - i; v++)
			r = idea_vote(d->db, id, (char[]){ 'a' + (char)v, '\0' }, "want", true,
				      d->now, err);
	}
	return r;
}

static int fill(struct demo *d, bool is_made_up, struct error *err)
{
	int r = bundle_make_dir(d->dir, err);

	if (r >= 0)
		r = is_made_up ? demo_add_story(d, err) : add_recorded(d, err);
	return r < 0 ? r : add_ideas(d, err);
}

static void cleanup_demo(struct demo *d)
{
	db_close(d->db);
	free(d->journal);
	if (d->dir[0])
		bundle_remove(d->dir);
}

enum { OPT_MADE_UP = 1 };

static const struct cmd_option options[] = {
	TRACKER_DB_OPTION,
	{ OPT_MADE_UP, "made-up", 0, NULL,
	  "Instead of recorded runs history that is made up, in which things break" },
	{},
};

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_demo, argc, argv);
	struct demo d _cleanup_(cleanup_demo) = { .now = time(NULL) };
	const char *value, *path = "demo.db";
	struct error err = { 0 };
	bool is_made_up = false;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == OPT_MADE_UP) {
			is_made_up = true;
			continue;
		}
		if (o != TRACKER_OPT_DB)
			return o == CMD_OPERAND ? cmd_usage_error(&cmd_tracker_demo,
								  "what is \"%s\" for?", value)
						: VERDICT_EXIT_USAGE;
		path = value;
	}
	if (access(path, F_OK) == 0)
		return cmd_fail(&cmd_tracker_demo, VERDICT_EXIT_FAILED,
				"\"%s\" is there already; the demo wants a database of its own",
				path);
	if (tracker_open(&cmd_tracker_demo, path, DB_CREATE, &d.db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	if (fill(&d, is_made_up, &err) < 0)
		return cmd_fail(&cmd_tracker_demo, VERDICT_EXIT_FAILED, "%s", err.text);
	printf("%s: %d %s; look at them with:\n"
	       "  hotproof tracker serve --db %s\n",
	       path, d.number,
	       is_made_up ? "variations of a recorded run" : "runs that were recorded in the lab",
	       path);
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_tracker_demo = {
	.name = "demo",
	.summary = "Fill a database with recorded runs, to see what the site shows",
	.usage = "[OPTION]...",
	.explain =
		"The runs are real: guests of all architectures, kernels from 5.10 on, and one with a fault "
		"that was seeded; only their dates are moved, and the ideas are made up. With --made-up they "
		"are variations of one run, on kernels and machines that do not exist, in which things "
		"break. The default database is demo.db.",
	.options = options,
	.run = run,
};
