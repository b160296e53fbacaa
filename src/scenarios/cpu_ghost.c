// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.ghost: does a CPU that is off run anything? The function tracer, in an instance of its own
 * and for that CPU alone, records what is entered of the functions without which a CPU gets
 * nowhere; while the CPU is off not one entry may be added. Tracepoints cannot tell: they are
 * silent on a CPU that is not online. All functions would be more, but to patch them takes tens of
 * seconds under emulation, and RCU stalls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "box/trace.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define WINDOW_NS (400 * NS_PER_MS)
#define LAST_LINES 20

static const struct claim no_ghost = {
	.id = "sm.no-ghost",
	.summary = "A CPU that is off does not schedule, tick, idle or take interrupts",
	.explain =
		"Between the return of the write that took the CPU off and the write that brings it back the CPU must not run: "
		"whatever it did would be done behind the back of everybody who believes that it is gone. Exercised only if the tracer "
		"recorded functions of this CPU before it went and after it returned. Traced are functions with idle, sched, tick, irq, hrtimer "
		"or rcu in their names. A failure names those that were entered.",
	.refs = REFS("cpu/hotplug, stop_machine: Fix stop_machine vs hotplug order (45178ac0cea8)",
		     "smp: Fix offline cpu check in flush_smp_call_function_queue()"),
	.faults = FAULTS("kmod:ghost-runs"),
};

static int probe_tracer(struct box *box, char **ret_why)
{
	_cleanup_free_ char *tracers = NULL;
	int r = trace_is_there(box, ret_why);

	if (r <= 0)
		return r;
	if (box_read(box, TRACE_DIR "/available_tracers", &tracers) == 0) {
		char *cursor = tracers, *word;

		while ((word = text_next_word(&cursor)))
			if (strcmp(word, "function") == 0)
				return 1;
	}
	*ret_why = text_printf("/" TRACE_DIR
			       "/available_tracers has no \"function\" (CONFIG_FUNCTION_TRACER)");
	return 0;
}

static const struct need need_function_tracer = {
	.id = "box.function-tracer",
	.summary = "the function tracer",
	.probe = probe_tracer,
};

/* How many functions the CPU entered since the tracer began: those that were overwritten count. */
static int64_t count_entries(struct stage *s, struct trace *t, int cpu)
{
	static const char *const parts[] = { "entries: ", "\noverrun: ", "\ndropped events: " };
	_cleanup_free_ char *text = NULL;
	int64_t n = 0;
	int r = box_readf(stage_box(s), &text, "%s/per_cpu/cpu%d/stats", trace_path(t), cpu);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++) {
		const char *found = strstr(text, parts[i]);

		n += found ? strtoll(found + strlen(parts[i]), NULL, 10) : 0;
	}
	return r < 0 ? r : n;
}

/* The newest lines of the CPU's buffer: what the ghost did is at their end. */
static json_t *last_lines(struct stage *s, struct trace *t, int cpu)
{
	_cleanup_free_ char *text = NULL;
	json_t *lines = json_array();
	char *cursor, *line;

	if (box_readf(stage_box(s), &text, "%s/per_cpu/cpu%d/trace", trace_path(t), cpu) < 0)
		return lines;
	cursor = text;
	while ((line = text_next_line(&cursor))) {
		if (!*line || *line == '#')
			continue;
		json_array_append_new(lines, json_string(line));
		if (json_array_size(lines) > LAST_LINES)
			json_array_remove(lines, 0);
	}
	return lines;
}

/* The hexadecimal mask of one CPU, in groups of 32 bits. */
static int trace_only(struct trace *t, int cpu)
{
	_cleanup_free_ char *mask = NULL;
	size_t len;
	FILE *out = open_memstream(&mask, &len);

	if (!out)
		return -ENOMEM;
	fprintf(out, "%x", 1u << (cpu % 32));
	for (int i = 0; i < cpu / 32; i++)
		fputs(",00000000", out);
	if (fclose(out) != 0)
		return -ENOMEM;
	return trace_write(t, mask, "tracing_cpumask");
}

struct counts {
	int64_t off, before_on, back; /* when the CPU was off, about to return, back */
};

static void judge(struct stage *s, struct trace *t, const struct act *act, const struct counts *n)
{
	int64_t seen = n->before_on - n->off;
	json_t *data = json_pack("{s:I, s:I, s:I}", "before", (json_int_t)n->off, "while-off",
				 (json_int_t)seen, "after", (json_int_t)(n->back - n->before_on));

	if (seen != 0) {
		json_object_set_new(data, "newest", last_lines(s, t, act->cpu));
		expect(s, act, &no_ghost, false, data,
		       "cpu%d entered %lld kernel functions while it was off", act->cpu,
		       (long long)seen);
	} else if (n->off <= 0 || n->back <= n->before_on) {
		expect_unexercised(s, act, &no_ghost, data,
				   "the tracer recorded nothing of cpu%d while it was online",
				   act->cpu);
	} else {
		expect(s, act, &no_ghost, true, data,
		       "cpu%d entered none of the traced functions while it was off, and %lld before",
		       act->cpu, (long long)n->off);
	}
}

static int haunt(struct stage *s, struct trace *t, int cpu)
{
	const struct act_spec off = { .verb = ACT_OFFLINE, .cpu = cpu, .allow = ACT_ALLOW(0) },
			      on = { .verb = ACT_ONLINE, .cpu = cpu, .allow = ACT_ALLOW(0) };
	struct act went = {}, came = {};
	struct counts n;
	bool is_intact;
	int r = trace_only(t, cpu);

	if (r == 0)
		r = act_play(s, &off, &went);
	if (r < 0)
		return r;
	n.off = count_entries(s, t, cpu);
	wait_pause(wait_scaled(WINDOW_NS));
	n.before_on = count_entries(s, t, cpu);
	/* Asked after the counting: a CPU that is off now was off then. */
	is_intact = went.is_done && cpu_is_fully_offline(stage_box(s), cpu);
	r = act_play(s, &on, &came);
	n.back = count_entries(s, t, cpu);
	if (n.off < 0 || n.before_on < 0 || n.back < 0)
		return n.off < 0 ? (int)n.off : n.before_on < 0 ? (int)n.before_on : (int)n.back;
	if (is_intact)
		judge(s, t, &went, &n);
	else
		expect_unexercised(s, &went, &no_ghost, NULL,
				   "cpu%d was not off, or somebody else brought it back", cpu);
	return r;
}

static const char *const traced[] = {
	"*idle*", "*sched*", "*tick*", "*irq*", "*hrtimer*", "*rcu*"
};

static int play(struct stage *s)
{
	_cleanup_(cleanup_trace) struct trace *t = NULL;
	struct error err = {};
	struct cpulist cpus;
	int r = stage_can_leave(s, &cpus);

	if (r == 0)
		r = trace_new(stage_box(s), "ghost", &t, &err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(traced); i++)
		r = trace_write(t, traced[i], "set_ftrace_filter");
	if (r == 0)
		r = trace_write(t, "function", "current_tracer");
	if (r == 0)
		r = trace_start(t);
	if (r < 0) {
		expect_error(s, NULL, &no_ghost, NULL, "the function tracer cannot be used: %s",
			     err.code ? err.text : strerror(-r));
		return r;
	}
	cpulist_foreach(cpu, &cpus) {
		r = haunt(s, t, cpu);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct scenario scenario_cpu_ghost = {
	.id = "cpu.ghost",
	.summary = "Each CPU goes and comes back under the function tracer",
	.explain =
		"To patch the functions that are traced takes seconds under emulation, and may make RCU complain of a stall; so only "
		"witnesses that do not mind watch.",
	.claims = CLAIMS(&no_ghost),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_function_tracer),
	.is_deep = true,
	.witnesses = GLOBS("masks", "state"),
	.play = play,
};
