// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters of /proc/stat never go back. Read before and after every act; a CPU's row is compared
 * with the last one it had, also over the time in which it had none. iowait is not judged: proc.rst
 * says that it may decrease.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wait.h"
#include "box/stat.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

/* The longest that a vCPU was ever seen not to run on a loaded host is 1.3 s. */
#define IDLE_JITTER_NS (2 * NS_PER_S)

static const struct claim cpu_never_back = {
	.id = "stat.cpu-never-back",
	.summary = "No counter in a CPU's row of /proc/stat ever decreases",
	.explain =
		"Monitors subtract two readings. A row that goes back when its CPU leaves or returns gives a huge or negative load. "
		"Kernels before 6.1.75 and 6.6.14 lost idle time this way.\n\n"
		"Idle that goes back by less than 2 s, and by less than half of what it was, is recorded as `stat.idle-jitter` "
		"and fails nobody: a vCPU that its host did not run while it woke up does that without any hotplug. iowait is documented to go back.",
	.refs = REFS(
		"Documentation/filesystems/proc.rst",
		"tick-sched: Fix idle and iowait sleeptime accounting vs CPU hotplug (6.1.75, 6.6.14)"),
	.faults = FAULTS("kmod:time-moves-away", "root:stat-cpu-back", "root:stat-idle-forgotten"),
};

static const struct claim total_never_back = {
	.id = "stat.total-never-back",
	.summary = "No busy counter in the total line of /proc/stat ever decreases",
	.explain =
		"user, nice, system, irq, softirq and steal of the line `cpu`, and the totals of `intr`, `ctxt`, `processes` and "
		"`softirq`. The idle column has a claim of its own, since it is a known defect.",
	.refs = REFS("Documentation/filesystems/proc.rst"),
	.faults = FAULTS("kmod:total-skips-offline", "root:stat-total-back"),
};

static const struct claim total_idle_never_back = {
	.id = "stat.total-idle-never-back",
	.summary = "The idle counter in the total line of /proc/stat never decreases",
	.explain =
		"Known since 2013 and open: `get_idle_time()` takes a CPU's idle time from another source while it is offline, so that the sum "
		"drops at every offline. `top` then shows negative idle unless it guards against it. It stays a failure, reported as known.",
	.refs = REFS(
		"timers/nohz: Avoid /proc/stat idle/iowait fluctuation when cpu hotplug (v2, 2025-12-10)"),
	.faults = FAULTS("root:stat-idle-back"),
};

static const struct claim running_possible = {
	.id = "stat.running-possible",
	.summary = "The number of runnable tasks is one that can be",
	.explain =
		"`procs_running` of /proc/stat is a sum of what each CPU's run queue counts. A queue that is left behind with less than nothing in it when its "
		"CPU dies makes it four thousand million, and the load average follows. More tasks than there can be process ids are "
		"none. That it is too low is not judged: it is read without a lock, and the reader may move meanwhile.",
	.refs = REFS("Documentation/filesystems/proc.rst", "kernel/sched/core.c: nr_running()"),
	.faults = FAULTS("kmod:running-count-wraps", "root:running-wraps"),
};

#define TASKS_MOST (4 * 1024 * 1024) /* PID_MAX_LIMIT */

struct stat_watch {
	struct stat_rows *now,
		*last; /* last: the newest value seen of each row, also of absent CPUs */
};

static void watch_free(struct stat_watch *w)
{
	free(w->now);
	free(w->last);
	free(w);
}

static int plant(struct stage *s, void **ret_state)
{
	struct stat_watch *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (!w)
		return -ENOMEM;
	w->now = calloc(1, sizeof(*w->now));
	w->last = calloc(1, sizeof(*w->last));
	if (w->now && w->last)
		r = stat_read(stage_box(s), w->last);
	if (r < 0) {
		watch_free(w);
		return r;
	}
	*ret_state = w;
	return 0;
}

static json_t *drop(const char *row, const char *column, uint64_t was, uint64_t is)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I}", "row", row, "column", column, "was",
			 (json_int_t)was, "is", (json_int_t)is, "by", (json_int_t)(was - is));
}

/*
 * Whoever reads /proc/stat adds to the idle time of a sleeping CPU "now" minus when it fell asleep,
 * as long as `idle_active` is set (kernel/time/tick-sched.c: get_cpu_idle_time_us()). The sleeper
 * stamps the end of its sleep first and clears idle_active later (tick_nohz_irq_enter(),
 * tick_nohz_stop_idle()). A vCPU that its host does not run in between takes the difference back:
 * the column goes back by as long as the vCPU stood still. No hotplug in it.
 *
 * What the defects of this claim do is another thing: they forget all that the CPU ever was idle.
 */
static bool is_idle_jitter(int column, uint64_t was, uint64_t is)
{
	uint64_t ticks = (uint64_t)(IDLE_JITTER_NS / (NS_PER_S / sysconf(_SC_CLK_TCK)));

	return column == STAT_IDLE && was - is <= ticks && is >= was / 2;
}

/* `jitter` gets the drops that say nothing; those that are returned are defects. */
static json_t *cpu_drops(const struct stat_watch *w, json_t *jitter)
{
	json_t *drops = json_array();

	cpulist_foreach(cpu, &w->now->cpus) {
		char row[24];

		snprintf(row, sizeof(row), "cpu%d", cpu);
		for (int i = 0; i < STAT_COLUMNS; i++) {
			uint64_t was = w->last->cpu[cpu][i], is = w->now->cpu[cpu][i];

			if (i == STAT_IOWAIT || !cpulist_has(&w->last->cpus, cpu) || is >= was)
				continue;
			json_array_append_new(is_idle_jitter(i, was, is) ? jitter : drops,
					      drop(row, stat_column_name(i), was, is));
		}
	}
	return drops;
}

static json_t *total_drops(const struct stat_watch *w)
{
	json_t *drops = json_array();

	for (int i = 0; i < STAT_COLUMNS; i++)
		if (i != STAT_IOWAIT && i != STAT_IDLE && w->now->total[i] < w->last->total[i])
			json_array_append_new(drops, drop("cpu", stat_column_name(i),
							  w->last->total[i], w->now->total[i]));
	for (int i = 0; i < STAT_COUNTERS; i++)
		if (w->now->counter[i] < w->last->counter[i])
			json_array_append_new(drops, drop(stat_counter_name(i), "total",
							  w->last->counter[i], w->now->counter[i]));
	return drops;
}

static void remember(struct stat_watch *w)
{
	w->last->cpus = cpulist_or(&w->last->cpus, &w->now->cpus);
	cpulist_foreach(cpu, &w->now->cpus)
		memcpy(w->last->cpu[cpu], w->now->cpu[cpu], sizeof(w->now->cpu[cpu]));
	memcpy(w->last->total, w->now->total, sizeof(w->now->total));
	memcpy(w->last->counter, w->now->counter, sizeof(w->now->counter));
}

/* More time than all CPUs together have had since the boot: then the sum was absurd before it went
 * back, which is another defect than a share that was lost. */
static bool is_beyond_uptime(const json_t *first)
{
	double most = (double)wait_now_ns() / NS_PER_S * (double)sysconf(_SC_CLK_TCK) *
		      (double)sysconf(_SC_NPROCESSORS_CONF);

	return strcmp(json_string_value(json_object_get(first, "row")), "cpu") == 0 &&
	       (double)json_integer_value(json_object_get(first, "was")) > most;
}

static void judge(struct stage *s, const struct act *act, const struct claim *claim, json_t *drops)
{
	const json_t *first = json_array_get(drops, 0);
	size_t n = json_array_size(drops);

	if (n == 0)
		expect(s, act, claim, true, NULL, "no counter went back");
	else
		expect(s, act, claim, false,
		       json_pack("{s:O, s:b}", "drops", drops, "beyond_uptime",
				 is_beyond_uptime(first)),
		       "%zu counter%s went back, first: %s of row %s from %lld to %lld", n,
		       n == 1 ? "" : "s", json_string_value(json_object_get(first, "column")),
		       json_string_value(json_object_get(first, "row")),
		       (long long)json_integer_value(json_object_get(first, "was")),
		       (long long)json_integer_value(json_object_get(first, "is")));
	json_decref(drops);
}

static void judge_idle(struct stage *s, const struct act *act, const struct stat_watch *w)
{
	uint64_t was = w->last->total[STAT_IDLE], is = w->now->total[STAT_IDLE];

	expect(s, act, &total_idle_never_back, is >= was,
	       is >= was ? NULL : drop("cpu", stat_column_name(STAT_IDLE), was, is),
	       "idle of the total line is %llu and was %llu", (unsigned long long)is,
	       (unsigned long long)was);
}

static int compare(struct stage *s, void *state, const struct act *act)
{
	struct stat_watch *w = state;
	json_t *jitter;
	int r = stat_read(stage_box(s), w->now);

	if (r < 0)
		return r;
	jitter = json_array();
	judge(s, act, &cpu_never_back, cpu_drops(w, jitter));
	if (json_array_size(jitter) > 0)
		observe(s, act, "stat.idle-jitter", json_pack("{s:O}", "drops", jitter));
	json_decref(jitter);
	judge(s, act, &total_never_back, total_drops(w));
	judge_idle(s, act, w);
	expect(s, act, &running_possible, w->now->running <= TASKS_MOST, NULL,
	       "%llu tasks are runnable", (unsigned long long)w->now->running);
	remember(w);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	int r = compare(s, state, NULL);

	watch_free(state);
	return r;
}

const struct witness witness_stat = {
	.id = "stat",
	.summary = "/proc/stat, which top and sar are made of",
	.explain =
		"Each reading is compared with the one before it; a CPU's row with the last that it had before it went off.",
	.claims = CLAIMS(&cpu_never_back, &total_never_back, &total_idle_never_back,
			 &running_possible),
	.plant = plant,
	.before = compare,
	.after = compare,
	.uproot = uproot,
};
