// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does the trace of a CPU outlive it? A marker is written on the CPU before it goes, and looked for
 * while it is away and once it is back. Whether events are lost under load is not asked here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box/trace.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

static const struct claim trace_kept = {
	.id = "sm.trace-kept",
	.summary = "What a CPU traced before it went is there while it is away, and once",
	.explain =
		"The ring buffer of a CPU stays when the CPU goes: what it traced right before is what one wants to read "
		"when an offline went wrong. A marker that a thread wrote on the CPU must be in its buffer exactly once while the CPU is away, "
		"and exactly once when it is back. A failure means that the buffer was thrown away, or set up anew at the return.",
	.refs = REFS("Documentation/trace/ftrace.rst"),
	.faults = FAULTS("kmod:trace-thrown-away"),
};

struct kept {
	struct finding_voice voice;
	struct box *box;
	struct trace *trace;
	struct worker writer;
	int number;             /* of the last marker */
	int marks[CPULIST_MAX]; /* that CPU's marker, 0: none */
	char text[64];          /* what the writer is to write */
};

static void write_marks(struct worker *w)
{
	struct kept *k = w->arg;
	uint64_t asked;

	/* A marker that was not written is not found: then nothing is claimed of it. */
	while ((asked = worker_wait(w))) {
		if (trace_write(k->trace, k->text, "trace_marker") < 0)
			errno = 0;
		worker_answer(w, asked);
	}
}

static int plant(struct stage *s, void **ret_state)
{
	struct kept *k = calloc(1, sizeof(*k));
	struct error err = {};
	int r = k ? trace_of_run(stage_box(s), "kept", (const char *const[]){ NULL }, &k->trace,
				 &err)
		  : -ENOMEM;

	if (r == 0) {
		k->box = stage_box(s);
		k->voice.witness = &witness_kept;
		r = worker_start(&k->writer, "hp-marker", write_marks, k);
	}
	if (r < 0) {
		if (err.code)
			expect_note(s, "trace.failed", NULL, "%s", err.text);
		if (k)
			trace_free(k->trace);
		free(k);
		return r;
	}
	*ret_state = k;
	return 0;
}

/* How often the CPU's marker is in the CPU's buffer; -errno. */
static int count_mark(struct kept *k, int cpu)
{
	_cleanup_free_ char *text = NULL;
	char mark[64];
	int n = 0,
	    r = box_readf(k->box, &text, "%s/per_cpu/cpu%d/trace", trace_path(k->trace), cpu);

	if (r < 0)
		return r;
	snprintf(mark, sizeof(mark), "hotproof kept %d.%d.", (int)getpid(), k->marks[cpu]);
	for (const char *p = strstr(text, mark); p; p = strstr(p + 1, mark))
		n++;
	return n;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct cpulist cpu = cpulist_of(act->cpu);
	struct kept *k = state;
	int64_t deadline = worker_deadline(WORKER_LIMIT_NS);

	if (act->verb != ACT_OFFLINE || act->is_noop || act->cpu < 0 || !worker_is_idle(&k->writer))
		return 0;
	k->marks[act->cpu] = ++k->number;
	/* The buffer outlives the scenario, and so this process. */
	snprintf(k->text, sizeof(k->text), "hotproof kept %d.%d.\n", (int)getpid(), k->number);
	if (worker_pin(&k->writer, &cpu, deadline) == 0) {
		worker_ask(&k->writer);
		if (worker_await(&k->writer, deadline) != 1)
			k->marks[act->cpu] = 0;
	}
	/* Away from the CPU before it goes: the kernel need not unbind it. */
	if (worker_pin(&k->writer, stage_online(s), deadline) < 0)
		errno = 0;
	if (count_mark(k, act->cpu) != 1)
		k->marks[act->cpu] = 0;
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	const char *where = act->verb == ACT_OFFLINE ? "off" : "back";
	struct kept *k = state;
	int n;

	if (act->verb == ACT_WRITE || !act->is_done)
		return 0;
	if (k->marks[act->cpu] == 0) {
		finding_add(&f, &trace_kept, FINDING_UNEXERCISED, NULL,
			    "cpu%d is %s: no marker could be written on it before", act->cpu,
			    where);
		finding_tell(&k->voice, s, act, &f);
		return 0;
	}
	n = count_mark(k, act->cpu);
	if (n < 0)
		return n;
	if (n == 0 && trace_lost(k->trace) != 0)
		finding_add(&f, &trace_kept, FINDING_UNEXERCISED, NULL,
			    "cpu%d is %s: events of the trace were overwritten", act->cpu, where);
	else
		finding_add(
			&f, &trace_kept, n == 1 ? FINDING_MET : FINDING_UNMET,
			json_pack("{s:i, s:i}", "marker", k->marks[act->cpu], "times", n),
			"cpu%d is %s: the marker that it wrote before is in its buffer %d time%s",
			act->cpu, where, n, n == 1 ? "" : "s");
	if (act->verb == ACT_ONLINE)
		k->marks[act->cpu] = 0;
	finding_tell(&k->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct kept *k = state;

	finding_tell_silent(&k->voice, s, "no CPU went or came in this scenario");
	if (worker_stop(&k->writer) < 0)
		return -ETIMEDOUT; /* it uses all of this still */
	trace_free(k->trace);
	free(k);
	return 0;
}

const struct witness witness_kept = {
	.id = "trace-kept",
	.summary = "a marker in the trace of the CPU that goes",
	.explain =
		"A thread writes a marker on the CPU, into a tracefs instance of its own, before it goes; it is counted in the CPU's buffer after each act.",
	.claims = CLAIMS(&trace_kept),
	.needs = NEEDS(&need_root, &need_real_box, &need_tracefs),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
