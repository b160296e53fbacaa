// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.stress: one CPU goes and comes as fast as writes return, as others' stress loops do; and the
 * same watched act by act, most of it by the witnesses that keep pace and a sample by all.
 * tests/bench/stress holds the two against each other.
 */
#include <errno.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/box.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define BARE 32    /* cycles that nobody watches */
#define BRISK 48   /* that the witnesses which keep pace watch */
#define THOROUGH 1 /* that all watch: of each kind of claim a sample */

static const struct claim every_write = {
	.id = "stress.every-write",
	.summary = "A CPU that goes and comes without a pause answers every write",
	.explain =
		"32 times off and on, with nothing between the writes: each must return 0, and in the end the CPU must be at the state and target \"online\". "
		"A failure that the single acts of other scenarios do not show means that something of the transition before was still going on: "
		"work that is put off (an RCU callback, a work item, a uevent) and was not waited for.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:refuse-offline-late"),
};

struct burst {
	int cycles; /* done */
	int err;    /* of the write that failed: -errno */
	const char *wrote;
	int64_t took_ns;
};

/* Nothing is recorded in between, but that it begins: the journal must not pace it. */
static int burst(struct stage *s, int cpu, struct burst *ret)
{
	_cleanup_free_ char *path = text_printf("sys/devices/system/cpu/cpu%d/online", cpu);
	int64_t began, until;
	struct burst b = {};
	long seq;

	if (!path)
		return -ENOMEM;
	seq = journal_write_sync(
		stage_journal(s), "note",
		json_pack("{s:s, s:o, s:{s:i}}", "what", "stress.begins", "text",
			  json_sprintf("cpu%d goes and comes %d times without a pause", cpu, BARE),
			  "data", "cpu", cpu));
	if (seq < 0)
		return (int)seq;
	began = wait_now_ns();
	until = stage_time_ns(s) > 0 ? began + stage_time_ns(s) : INT64_MAX;
	for (; b.cycles < BARE && b.err == 0 && wait_now_ns() < until; b.cycles += b.err == 0) {
		b.wrote = "0";
		b.err = box_write(stage_box(s), path, b.wrote);
		if (b.err == 0) {
			b.wrote = "1";
			b.err = box_write(stage_box(s), path, b.wrote);
		}
		stage_is_alive(s);
	}
	b.took_ns = wait_now_ns() - began;
	*ret = b;
	return 0;
}

static void judge(struct stage *s, int cpu, const struct burst *b)
{
	bool is_whole = cpu_is_fully_online(stage_box(s), cpu);
	_cleanup_free_ char *proof = NULL;

	if (b->err && cpu_explain_refusal(stage_box(s), cpu, -b->err, NULL, &proof) == 1)
		expect_limit(
			s, NULL, &every_write, NULL,
			"after %d cycles without a pause, writing \"%s\" for cpu%d gave %s: %s",
			b->cycles, b->wrote, cpu, error_name(-b->err), proof);
	else if (b->err)
		expect(s, NULL, &every_write, false,
		       json_pack("{s:i, s:i, s:s}", "cpu", cpu, "cycles", b->cycles, "result",
				 error_name(-b->err)),
		       "after %d cycles without a pause, writing \"%s\" for cpu%d gave %s",
		       b->cycles, b->wrote, cpu, error_name(-b->err));
	else if (b->cycles == 0)
		expect_unexercised(s, NULL, &every_write, NULL, "there was no time for one cycle");
	else
		expect(s, NULL, &every_write, is_whole,
		       json_pack("{s:i, s:i}", "cpu", cpu, "cycles", b->cycles),
		       "after %d cycles without a pause cpu%d is %s", b->cycles, cpu,
		       is_whole ? "online" : "not online as hotplug/state and target have it");
}

/* The CPU that goes: the last one, which has the least to do by itself; -1: none. */
static int choose(struct stage *s)
{
	struct cpulist can;
	int cpu = -1;

	if (stage_can_leave(s, &can) < 0)
		return -1;
	cpulist_foreach(one, &can)
		cpu = one;
	return cpu;
}

static void tell_rate(struct stage *s, const char *which, int cycles, int64_t ns)
{
	if (cycles > 0 && ns > 0)
		observe(s, NULL, "stress.rate",
			json_pack("{s:s, s:i, s:f}", "which", which, "cycles", cycles, "acts_per_s",
				  2.0 * cycles * NS_PER_S / ns));
}

static int rush(struct stage *s)
{
	int cpu = choose(s), r;
	struct burst b = {};

	if (cpu < 0)
		return -ENODEV;
	r = burst(s, cpu, &b);
	if (r < 0)
		return r;
	judge(s, cpu, &b);
	tell_rate(s, "bare", b.cycles, b.took_ns);
	return cpu_is_fully_online(stage_box(s), cpu) ? 0 : act_online(s, cpu);
}

/* How long `cycles` of the chosen CPU took, so far as they went; 0 when it was refused. */
static int64_t cycle(struct stage *s, int cycles, int *ret_done)
{
	int64_t began = wait_now_ns();
	int cpu = choose(s), n = 0, r = cpu < 0 ? -ENODEV : 0;

	for (; r == 0 && n < cycles; n++) {
		r = act_offline(s, cpu);
		if (r < 0 && cpu_is_fully_online(stage_box(s), cpu))
			break; /* refused: it is told */
		r = act_online(s, cpu);
	}
	*ret_done = n;
	return r < 0 && cpu_is_fully_online(stage_box(s), cpu) ? 0
	       : r < 0                                         ? r
							       : wait_now_ns() - began;
}

static int run_briskly(struct stage *s)
{
	int n;
	int64_t took = cycle(s, BRISK, &n);

	if (took > 0)
		tell_rate(s, "brisk", n, took);
	return took < 0 ? (int)took : 0;
}

static int play(struct stage *s)
{
	int n;
	int64_t took = cycle(s, THOROUGH, &n);

	if (took > 0)
		tell_rate(s, "thorough", n, took);
	return took < 0 ? (int)took : 0;
}

const struct scenario scenario_cpu_stress = {
	.id = "cpu.stress",
	.summary = "One CPU goes and comes as fast as it can, unwatched and watched",
	.explain =
		"The last CPU that can leave goes and comes 32 times before any witness is there, with nothing but the writes; then 48 times with the witnesses that keep pace "
		"(log, masks, states, uevents) around each act; then once with all. Each rate is observed as `stress.rate`: what watching costs on this box.",
	.claims = CLAIMS(&every_write),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box),
	.rank = 38,
	.is_deep = true,
	.prelude = rush,
	.brisk = run_briskly,
	.play = play,
};
