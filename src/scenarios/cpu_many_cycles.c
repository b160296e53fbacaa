// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.many-cycles: what each cycle of a CPU costs in kernel memory that is never given back, and
 * whether cycles become slower. A trend is judged, and no single figure: both go up and down by
 * themselves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "scenarios/trend.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define CYCLES 48
#define FIRST 8 /* not looked at: caches fill */
#define KINDS 5
#define BURN_NS (2 * NS_PER_MS)

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

static const struct claim no_slowing = {
	.id = "latency.last-like-first",
	.summary = "The last of many cycles of a CPU take no longer than the first",
	.explain =
		"How long each of 48 offlines and onlines takes. It is slowing down where the quickest of each quarter is slower than that of the quarter before, and that of the last "
		"one takes at least twice as long as that of the first. A fixed amount of work is timed in each cycle too: where that slows down as well, it is the box, and nothing is judged. "
		"A failure means that a callback walks a list that grows with each cycle.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:slower-each-time", "unit:slowing"),
};

/* Of each cycle. */
struct series {
	long kib[KINDS][CYCLES];
	long off_us[CYCLES], on_us[CYCLES], work_us[CYCLES];
};

static const char *const names[KINDS] = { "Slab", "Percpu", "KernelStack", "PageTables",
					  "VmallocUsed" };

/* "Slab:   12345 kB"; a kernel that lacks one has 0 of it. */
static int read_meminfo(struct box *box, long *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = box_read(box, "proc/meminfo", &text);

	if (r < 0)
		return r;
	for (int i = 0; i < KINDS; i++)
		ret[i] = 0;
	for (cursor = text; (line = text_next_line(&cursor));) {
		char *value = strchr(line, ':');

		for (int i = 0; value && i < KINDS; i++)
			if ((size_t)(value - line) == strlen(names[i]) &&
			    text_starts(line, names[i]))
				ret[i] = strtol(value + 1, NULL, 10);
	}
	return 0;
}

static json_t *to_array(const long *kib, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_integer(kib[i]));
	return list;
}

static void judge_memory(struct stage *s, const struct series *all)
{
	json_t *data = json_object();
	const char *worst = NULL;
	long grown = 0;

	for (int i = 0; i < KINDS; i++) {
		long trend = trend_growth(all->kib[i] + FIRST, CYCLES - FIRST);

		json_object_set_new(data, names[i], to_array(all->kib[i], CYCLES));
		/* From the lowest of the first part to that of the last one it is three parts. */
		if (trend >= 2L * (CYCLES - FIRST) / TREND_PARTS * (TREND_PARTS - 1) &&
		    trend > grown) {
			grown = trend;
			worst = names[i];
		}
	}
	if (worst)
		expect(s, NULL, &no_growth, false, data,
		       "%s grew by %ld KiB in the course of %d cycles, in each quarter of them",
		       worst, grown, CYCLES);
	else
		expect(s, NULL, &no_growth, true, data, "no kernel memory grew all along %d cycles",
		       CYCLES);
}

static void judge_times(struct stage *s, const struct series *all)
{
	json_t *data = json_pack("{s:o, s:o, s:o}", "offline_us", to_array(all->off_us, CYCLES),
				 "online_us", to_array(all->on_us, CYCLES), "work_us",
				 to_array(all->work_us, CYCLES));
	bool is_off = trend_is_slowing(all->off_us + FIRST, CYCLES - FIRST);
	bool is_on = trend_is_slowing(all->on_us + FIRST, CYCLES - FIRST);

	if ((is_off || is_on) && trend_is_slowing(all->work_us + FIRST, CYCLES - FIRST))
		expect_unexercised(s, NULL, &no_slowing, data,
				   "the whole box became slower in the course of %d cycles",
				   CYCLES);
	else
		expect(s, NULL, &no_slowing, !is_off && !is_on, data,
		       "in the course of %d cycles %s", CYCLES,
		       is_off  ? "an offline came to take twice as long"
		       : is_on ? "an online came to take twice as long"
			       : "neither offline nor online became slower");
}

static void judge(struct stage *s, const struct series *all, size_t n)
{
	static const struct claim *const own[] = { &no_growth, &no_slowing };

	if (n == CYCLES) {
		judge_memory(s, all);
		judge_times(s, all);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		expect_unexercised(s, NULL, own[i], NULL,
				   "only %zu of %d cycles were done: no trend can be seen", n,
				   CYCLES);
}

/* How long a fixed amount of CPU time takes: what the box is busy with besides. */
static long time_work(void)
{
	int64_t began = wait_now_ns(), until = wait_thread_cpu_ns() + BURN_NS;

	while (wait_thread_cpu_ns() < until)
		;
	return (long)((wait_now_ns() - began) / NS_PER_US);
}

static int move(struct stage *s, int cpu, enum act_verb verb, long *ret_us)
{
	struct act_spec spec = { .verb = verb, .cpu = cpu, .allow = ACT_ALLOW(0) };
	struct act act = {};
	int r = act_play(s, &spec, &act);

	*ret_us = (long)((act.ended_ns - act.began_ns) / NS_PER_US);
	return r;
}

/* 1: done; 0: the CPU was refused, and is there. */
static int cycle(struct stage *s, int cpu, struct series *all, size_t n)
{
	long now[KINDS];
	int r = move(s, cpu, ACT_OFFLINE, &all->off_us[n]);

	if (r < 0 && cpu_is_fully_online(stage_box(s), cpu))
		return 0;
	r = move(s, cpu, ACT_ONLINE, &all->on_us[n]);
	if (r == 0)
		r = read_meminfo(stage_box(s), now);
	if (r < 0)
		return r;
	for (int i = 0; i < KINDS; i++)
		all->kib[i][n] = now[i];
	all->work_us[n] = time_work();
	return 1;
}

static int play(struct stage *s)
{
	static struct series all;
	int64_t until = wait_now_ns() + (stage_time_ns(s) > 0 ? stage_time_ns(s) : INT64_MAX / 4);
	struct cpulist can;
	int r = stage_can_leave(s, &can), cpu = r == 0 ? cpulist_next(&can, 1) : -1;
	size_t n = 0;

	if (r == 0 && cpu < 0)
		cpu = cpulist_next(&can, 0);
	if (cpu < 0)
		return r < 0 ? r : -ENODEV;
	while (n < CYCLES && wait_now_ns() < until) {
		r = cycle(s, cpu, &all, n);
		if (r <= 0)
			break;
		n++;
	}
	if (r < 0)
		return r;
	judge(s, &all, n);
	return 0;
}

const struct scenario scenario_cpu_many_cycles = {
	.id = "cpu.many-cycles",
	.summary = "One CPU goes and comes 48 times; memory and time are watched",
	.explain =
		"Only the kernel log and stuck tasks are watched meanwhile: other witnesses would use memory themselves.",
	.claims = CLAIMS(&no_growth, &no_slowing),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.rank = 37,
	.is_deep = true,
	.witnesses = GLOBS("kernel-log"),
	.play = play,
};
