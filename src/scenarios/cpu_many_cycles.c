// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.many-cycles: what each cycle of a CPU costs in kernel memory that is never given back. A
 * trend over many cycles is judged, and no single figure: memory in use goes up and down by itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "scenarios/mem_trend.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define CYCLES 48
#define FIRST 8 /* not looked at: caches fill */
#define PARTS 4 /* of what remains; each must be above the one before for it to be a trend */

static const struct claim no_growth = {
	.id = "mem.no-growth",
	.summary = "Many cycles of a CPU leave no kernel memory behind",
	.explain =
		"Slab, Percpu, KernelStack, PageTables and VmallocUsed of `/proc/meminfo` are read after each of 48 cycles. The cycles after the first 8 fall into four parts. It is a leak "
		"where the lowest figure of each part is above the highest of the part before, and where what is lost makes at least 2 KiB a cycle. A failure means that "
		"a bring-up callback allocates what no teardown callback frees; a box that saves power by taking CPUs off runs out of memory in weeks.",
	.refs = REFS("Documentation/filesystems/proc.rst"),
	.faults = FAULTS("kmod:slab-leaks", "unit:growth"),
};

static const char *const names[MEM_TREND_KINDS] = { "Slab", "Percpu", "KernelStack", "PageTables",
						    "VmallocUsed" };

/* "Slab:   12345 kB"; a kernel that lacks one has 0 of it. */
static int read_meminfo(struct box *box, long *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = box_read(box, "proc/meminfo", &text);

	if (r < 0)
		return r;
	for (int i = 0; i < MEM_TREND_KINDS; i++)
		ret[i] = 0;
	for (cursor = text; (line = text_next_line(&cursor));) {
		char *value = strchr(line, ':');

		for (int i = 0; value && i < MEM_TREND_KINDS; i++)
			if ((size_t)(value - line) == strlen(names[i]) &&
			    text_starts(line, names[i]))
				ret[i] = strtol(value + 1, NULL, 10);
	}
	return 0;
}

long mem_trend(const long *kib, size_t n)
{
	size_t part = n / PARTS;
	long before_highest = 0, first_lowest = 0, lowest = 0;

	for (size_t p = 0; p < PARTS; p++) {
		long highest = lowest = kib[p * part];

		for (size_t i = p * part; i < (p + 1) * part; i++) {
			lowest = kib[i] < lowest ? kib[i] : lowest;
			highest = kib[i] > highest ? kib[i] : highest;
		}
		if (p > 0 && lowest <= before_highest)
			return 0;
		first_lowest = p == 0 ? lowest : first_lowest;
		before_highest = highest;
	}
	return lowest - first_lowest;
}

static json_t *to_array(const long *kib, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_integer(kib[i]));
	return list;
}

static void judge(struct stage *s, long kib[MEM_TREND_KINDS][CYCLES], size_t n)
{
	json_t *data = json_object();
	const char *worst = NULL;
	long grown = 0;

	for (int i = 0; i < MEM_TREND_KINDS; i++) {
		long trend = mem_trend(kib[i] + FIRST, n - FIRST);

		json_object_set_new(data, names[i], to_array(kib[i], n));
		/* From the lowest of the first part to that of the last one it is three parts. */
		if (trend >= 2 * (long)(n - FIRST) / PARTS * (PARTS - 1) && trend > grown) {
			grown = trend;
			worst = names[i];
		}
	}
	if (worst)
		expect(s, NULL, &no_growth, false, data,
		       "%s grew by %ld KiB in the course of %zu cycles, in each quarter of them",
		       worst, grown, n);
	else
		expect(s, NULL, &no_growth, true, data,
		       "no kernel memory grew all along %zu cycles", n);
}

static int play(struct stage *s)
{
	static long kib[MEM_TREND_KINDS][CYCLES];
	int64_t until = wait_now_ns() + (stage_time_ns(s) > 0 ? stage_time_ns(s) : INT64_MAX / 4);
	struct cpulist can;
	long now[MEM_TREND_KINDS] = {};
	int r = stage_can_leave(s, &can), cpu = r == 0 ? cpulist_next(&can, 1) : -1;
	size_t n = 0;

	if (r == 0 && cpu < 0)
		cpu = cpulist_next(&can, 0);
	if (cpu < 0)
		return r < 0 ? r : -ENODEV;
	for (; n < CYCLES && wait_now_ns() < until; n++) {
		r = act_offline(s, cpu);
		if (r < 0 && cpu_is_fully_online(stage_box(s), cpu))
			break; /* refused: it is told */
		r = act_online(s, cpu);
		if (r == 0)
			r = read_meminfo(stage_box(s), now);
		if (r < 0)
			return r;
		for (int i = 0; i < MEM_TREND_KINDS; i++)
			kib[i][n] = now[i];
	}
	if (n == CYCLES)
		judge(s, kib, n);
	else
		expect_unexercised(s, NULL, &no_growth, NULL,
				   "only %zu of %d cycles were done: no trend can be seen", n,
				   CYCLES);
	return 0;
}

const struct scenario scenario_cpu_many_cycles = {
	.id = "cpu.many-cycles",
	.summary = "One CPU goes and comes 48 times, and kernel memory is watched",
	.explain =
		"Only the kernel log and stuck tasks are watched meanwhile: other witnesses would use memory themselves.",
	.claims = CLAIMS(&no_growth),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.rank = 37,
	.is_deep = true,
	.witnesses = GLOBS("kernel-log"),
	.play = play,
};
