// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `hotproof tracker demo --made-up`: variations of one recorded run, in which things break from
 * some kernel on. It says of each of them that it is one: nothing of it was proved of those
 * kernels.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/tracker/demo.h"
#include "evidence/record.h"
#include "store/cells/machine.h"
#include "store/take/ingest.h"

/* Made by the build of tests/runs/guest-healthy. */
extern const char demo_run_text[];
extern const size_t demo_run_text_size;

static const struct {
	const char *name, *arch, *options, *summary, *owner, *place;
} machines[] = {
	{ "demo-amd64-4", "x86_64", "", "4 CPUs under QEMU", "lab", "rack 1" },
	{ "demo-amd64-isolated", "x86_64", "isolcpus=2-3 nohz_full=2-3", "two CPUs isolated", "lab",
	  "rack 1" },
	{ "demo-arm64-8", "aarch64", "", "8 CPUs, GICv3", "Ann", "desk" },
	{ "demo-riscv64-4", "riscv64", "", "4 harts, AIA", "Bob", "rack 2" },
};

static const char *const kernels[] = { "6.1.176", "6.1.192", "6.12.86", "6.12.88",
				       "6.12.90", "6.12.92", "6.12.94", "6.12.95" };

/* What goes wrong in the story, from which kernel on and where. */
static const struct {
	const char *arch, *from, *claim, *text;
	int every; /* 2: each other run only */
} stories[] = {
	{ "aarch64", "6.12.92", "irq.rerouted",
	  "irq 25 (virtio0-input.0) stayed on cpu2, which is offline", 1 },
	{ "aarch64", "6.12.92", "irq.none-on-dead-cpu", "effective_affinity of irq 25 is \"2\"",
	  1 },
	{ "x86_64", "6.12.94", "timer.none-lost", "a timer armed on cpu1 never ran", 2 },
	{ "riscv64", "6.1.176", "stat.total-never-back", "steal of the total line is 3 and was 5",
	  1 },
};

static bool is_broken(const char *arch, const char *kernel, const char *claim, int turn,
		      const char **ret_text)
{
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		if (strcmp(stories[i].arch, arch) != 0 || strcmp(stories[i].claim, claim) != 0 ||
		    names_kernel_number(kernel) < names_kernel_number(stories[i].from) ||
		    turn % stories[i].every != 0)
			continue;
		*ret_text = stories[i].text;
		return true;
	}
	return false;
}

static char *line_of(const char *line, const char *arch, const char *kernel, int turn)
{
	json_t *doc = json_loads(line, 0, NULL);
	const char *text;
	char *out;

	if (is_broken(arch, kernel, record_get_str(doc, "claim"), turn, &text)) {
		json_object_set_new(doc, "result", json_string("unmet"));
		json_object_set_new(doc, "text", json_string(text));
	}
	out = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return out;
}

static int write_journal(const char *dir, const char *journal, const char *arch, const char *kernel,
			 int turn)
{
	_cleanup_free_ char *copy = strdup(journal), *all = NULL;
	char *cursor = copy, *line;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	if (!copy || !out)
		return -ENOMEM;
	while ((line = text_next_line(&cursor))) {
		_cleanup_free_ char *made = line_of(line, arch, kernel, turn);

		if (made)
			fprintf(out, "%s\n", made);
	}
	return fclose(out) == 0 ? demo_put_file(dir, "journal.jsonl", all) : -ENOMEM;
}

static int write_meta(const char *dir, size_t machine, const char *kernel, time_t when, int number)
{
	char stamp[32], id[48];
	_cleanup_free_ char *text = NULL;
	struct tm tm;
	json_t *meta;
	int r;

	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strftime(id, sizeof(id), "run-%Y%m%dT%H%M%SZ", &tm);
	meta = json_pack("{s:i, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "format", 1, "version",
			 HOTPROOF_VERSION, "run", json_sprintf("%s-demo%d", id, number), "machine",
			 machines[machine].name, "arch", machines[machine].arch, "time", stamp,
			 "kernel", kernel, "cmdline", machines[machine].options);
	text = json_dumps(meta, JSON_INDENT(1));
	json_decref(meta);
	r = text ? demo_put_file(dir, "meta.json", text) : -ENOMEM;
	return r < 0 ? r
		     : demo_put_file(dir, "stray.txt", "a variation of a recorded run, for show\n");
}

static int add_run(struct demo *d, size_t machine, size_t kernel, int turn, struct error *err)
{
	struct ingest_from from = { .who = "demo", .now = d->now };
	time_t when = d->now - (time_t)(ARRAY_SIZE(kernels) - kernel) * 5 * 86400 + turn * 86400 -
		      (time_t)machine * 600;
	struct ingest_done done;
	int r = write_meta(d->dir, machine, kernels[kernel], when, ++d->number);

	if (r >= 0)
		r = write_journal(d->dir, d->journal, machines[machine].arch, kernels[kernel],
				  turn);
	if (r < 0)
		return error_set(err, -r, "cannot write a run for the demo: %s", strerror(-r));
	return ingest_dir(d->db, d->dir, &from, &done, err);
}

static int add_machine(struct demo *d, size_t machine, struct error *err)
{
	struct machine_change change = { .summary = machines[machine].summary,
					 .owner = machines[machine].owner,
					 .place = machines[machine].place,
					 .platform = "demo",
					 .every_days = -1 };
	int r = 0;

	for (size_t k = 0; r >= 0 && k < ARRAY_SIZE(kernels); k++)
		for (int turn = 0; r >= 0 && turn < 3; turn++)
			r = add_run(d, machine, k, turn, err);
	if (machine == ARRAY_SIZE(machines) - 1) {
		change.health = "does-not-boot";
		change.health_why = "its power supply smells";
	}
	return r < 0 ? r : machine_set(d->db, machines[machine].name, &change, d->now, err);
}

int demo_add_story(struct demo *d, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	size_t len;
	int r = bundle_unpack_memory(demo_run_text, demo_run_text_size, d->dir, err);

	if (r < 0)
		return r;
	path = text_printf("%s/journal.jsonl", d->dir);
	r = path ? file_read(AT_FDCWD, path, &d->journal, &len) : -ENOMEM;
	if (r < 0)
		return error_set(err, -r, "cannot read the recorded run");
	for (size_t m = 0; r >= 0 && m < ARRAY_SIZE(machines); m++)
		r = add_machine(d, m, err);
	return r;
}
