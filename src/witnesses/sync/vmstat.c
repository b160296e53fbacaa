// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work on every CPU, and the counters that it folds: /proc/sys/vm/stat_refresh queues a work item
 * on each online CPU, waits for all, and says in the kernel log which counter is negative.
 * /proc/vmstat and /proc/zoneinfo are read after it. How large a counter is is not judged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/kmsg.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/sync/errand.h"
#include "witnesses/witnesses.h"

#define REFRESH "proc/sys/vm/stat_refresh"
#define SETTLES_NS (3 * NS_PER_S)

static const struct claim every_cpu_runs = {
	.id = "wq.every-cpu-runs",
	.summary = "Work that is queued on each online CPU runs after an act",
	.explain =
		"A write to `/proc/sys/vm/stat_refresh` queues a work item on each online CPU and waits for all of them. After a CPU has gone, and after one has come, it must "
		"return within 10 s (scaled). A failure means that work was queued on a CPU that is not there, or that the workers of one that returned do not run: "
		"drivers, block devices and the network wait for such work.",
	.refs = REFS("Documentation/core-api/workqueue.rst",
		     "Documentation/admin-guide/sysctl/vm.rst"),
	.faults = FAULTS("kmod:work-stuck"),
};

static const struct claim never_negative = {
	.id = "vmstat.never-negative",
	.summary = "No memory counter is negative once all CPUs have folded theirs",
	.explain =
		"Each CPU keeps its own part of the memory counters, and a dying CPU's part is folded into the rest. After `stat_refresh` has folded all, no counter of "
		"`/proc/vmstat` or `/proc/zoneinfo` may be below zero or near 2^64, and the kernel log may not name one, for as long as 3 s (scaled) with one refresh after the other. A "
		"failure means that a part was lost or folded twice: page reclaim and overcommit decide by these.",
	.refs = REFS("Documentation/admin-guide/sysctl/vm.rst", "mm/vmstat.c: vmstat_refresh()"),
	.faults = FAULTS("kmod:vmstat-fold-lost", "kmod:vmstat-event-lost"),
};

struct vmstat {
	struct finding_voice voice;
	struct box *box;
	struct errand refresh;
	int kmsg_fd;
	int look_result;
	char bad[96]; /* the last negative counter that was seen; empty: none */
	size_t n;     /* of counters that were looked at */
};

/* A counter is a count of pages, events or bytes of one box: far below 2^63. */
static void check_word(struct vmstat *v, const char *file, const char *name, const char *word)
{
	bool is_number = word[0] >= '0' && word[0] <= '9';

	if (word[0] == '-' && word[1] >= '0' && word[1] <= '9')
		snprintf(v->bad, sizeof(v->bad), "%s: %s %s", file, name, word);
	else if (is_number && strtoull(word, NULL, 10) >> 63)
		snprintf(v->bad, sizeof(v->bad), "%s: %s %s", file, name, word);
	v->n += is_number;
}

/* "name value" lines; zoneinfo indents them, has headers, and "name: value". */
static int check_file(struct vmstat *v, const char *file)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = box_readf(v->box, &text, "proc/%s", file);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (cursor = text; (line = text_next_line(&cursor));) {
		char *words = line, *name = text_next_word(&words), *value;

		value = name ? text_next_word(&words) : NULL;
		if (value && !text_next_word(&words))
			check_word(v, file, name, value);
	}
	return 0;
}

/* "vmstat_refresh: nr_isolated_anon -2" */
static void check_log(struct vmstat *v)
{
	struct kmsg_record record;

	while (v->kmsg_fd >= 0 && kmsg_next(v->kmsg_fd, &record) == 1)
		if (text_starts(record.text, "vmstat_refresh: "))
			snprintf(v->bad, sizeof(v->bad), "kernel log: %.80s", record.text);
}

static int look(struct vmstat *v)
{
	int r;

	v->bad[0] = '\0';
	v->n = 0;
	check_log(v);
	r = check_file(v, "vmstat");
	return r < 0 ? r : check_file(v, "zoneinfo");
}

/* In the thread: looks at once, while nobody waits for it. */
static int refresh(void *arg)
{
	struct vmstat *v = arg;
	int r = box_write(v->box, REFRESH, "1");

	v->look_result = r < 0 ? 0 : look(v);
	return -r;
}

/* A counter that is changed at this moment may be below zero for that moment: legal. */
static bool is_clean(void *arg)
{
	struct vmstat *v = arg;

	check_log(v);
	return refresh(v) > 0 || v->look_result < 0 || v->bad[0] == '\0';
}

static void judge_counters(struct vmstat *v, const struct errand_seen *seen, struct findings *f)
{
	if (v->look_result == 0 && v->bad[0])
		(void)!wait_until(is_clean, v, worker_deadline(SETTLES_NS));
	if (v->look_result < 0 || v->n == 0)
		finding_add(f, &never_negative, FINDING_ERROR, NULL,
			    "/proc/vmstat cannot be read: %s", error_name(v->look_result));
	else
		finding_add(f, &never_negative, v->bad[0] ? FINDING_UNMET : FINDING_MET,
			    json_pack("{s:i, s:b, s:i, s:s}", "cpu", seen->act.cpu, "off",
				      seen->is_off, "counters", (int)v->n, "bad", v->bad),
			    "cpu%d is %s: %zu counters, negative: %s", seen->act.cpu,
			    seen->is_off ? "off" : "back", v->n, v->bad[0] ? v->bad : "none");
}

static void collect(struct stage *s, struct vmstat *v)
{
	_cleanup_findings_ struct findings f = {};
	struct errand_seen seen;
	json_t *data;

	if (!errand_collect(&v->refresh, s, &seen))
		return;
	data = json_pack("{s:i, s:b, s:b, s:s, s:f}", "cpu", seen.act.cpu, "off", seen.is_off,
			 "ended", seen.has_ended, "result", error_name(seen.result), "took_ms",
			 (double)seen.took_ns / NS_PER_MS);
	if (!seen.is_window_closed)
		finding_add(&f, &every_cpu_runs, FINDING_UNEXERCISED, data,
			    "cpu%d did not stay as it was meanwhile", seen.act.cpu);
	else if (seen.has_ended && seen.result)
		finding_add(&f, &every_cpu_runs, FINDING_ERROR, data, "/%s gave %s", REFRESH,
			    error_name(seen.result));
	else
		finding_add(&f, &every_cpu_runs, seen.has_ended ? FINDING_MET : FINDING_UNMET, data,
			    "cpu%d is %s: a work item on each of CPUs %s %s %.0f ms", seen.act.cpu,
			    seen.is_off ? "off" : "back", cpulist_str(&seen.act.online),
			    seen.has_ended ? "took" : "has not run within",
			    (double)seen.took_ns / NS_PER_MS);
	if (seen.is_window_closed && seen.has_ended && seen.result == 0)
		judge_counters(v, &seen, &f);
	finding_tell(&v->voice, s, &seen.act, &f);
}

static int plant(struct stage *s, void **ret_state)
{
	struct vmstat *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->voice.witness = &witness_vmstat;
	v->box = stage_box(s);
	v->kmsg_fd = box_open_stream(v->box, "kmsg");
	r = errand_new(&v->refresh, "hp-work", refresh, v);
	if (r < 0) {
		if (errand_end(&v->refresh) == 0) {
			cleanup_close(&v->kmsg_fd);
			free(v);
		}
		return r;
	}
	*ret_state = v;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	(void)act;
	collect(s, state);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct vmstat *v = state;

	errand_begin(&v->refresh, s, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct vmstat *v = state;
	int r;

	collect(s, v);
	finding_tell_silent(&v->voice, s, "no CPU went off or came back in this scenario");
	r = errand_end(&v->refresh);
	if (r == 0) {
		cleanup_close(&v->kmsg_fd);
		free(v);
	}
	return r;
}

static int probe(struct box *box, char **ret_why)
{
	if (box_has(box, "%s", REFRESH))
		return 1;
	*ret_why = text_printf("there is no /%s", REFRESH);
	return 0;
}

static const struct need need_refresh = {
	.id = "box.stat-refresh",
	.summary = "a kernel with /proc/sys/vm/stat_refresh",
	.probe = probe,
};

const struct witness witness_vmstat = {
	.id = "vmstat",
	.summary = "a work item on each CPU, and the memory counters that it folds",
	.explain =
		"Begins a `stat_refresh` after each act and looks at it, and at the counters, before the next one.",
	.claims = CLAIMS(&every_cpu_runs, &never_negative),
	.needs = NEEDS(&need_real_box, &need_root, &need_refresh),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
