// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own threads of each CPU: parked while it is away, the same ones when it is back.
 * Threads that exist by configuration (idle_inject/N, watchdogs) and kworkers are not looked at.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

static const struct claim kthreads_park = {
	.id = "sm.kthreads-park",
	.summary = "cpuhp, migration and ksoftirqd of a CPU are parked with it, and kept",
	.explain =
		"`cpuhp/N`, `migration/N` and ksoftirqd/N are made once and reused: while CPU N is away they must be in state "
		"P of /proc/PID/stat, and once it is back the same processes must be out of it. A thread that is not parked may run "
		"on another CPU and take that one's data for its own; one that stays parked leaves the CPU without softirqs or "
		"without migration.",
	.refs = REFS("kthread: unpark only parked kthread (CVE-2024-50019)",
		     "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:thread-not-parked"),
};

static const char *const kinds[] = { "cpuhp", "migration", "ksoftirqd" };

struct kthread {
	int cpu, pid;
	const char *kind;
};

struct threads {
	struct finding_voice voice;
	struct kthread *list;
	size_t n;
};

/* "ksoftirqd/3" -> the kind, and 3; NULL: none of these. */
static const char *kind_of(const char *comm, int *ret_cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i]);

		if (text_starts(comm, kinds[i]) && comm[len] == '/' &&
		    text_to_int(comm + len + 1, ret_cpu) == 0)
			return kinds[i];
	}
	return NULL;
}

/* They were made at boot and have low numbers, so that this ends soon. */
static int find_all(struct box *box, struct threads *t, size_t wanted)
{
	_cleanup_names_ char **names = NULL;
	int r = box_list(box, "proc", &names);

	for (char **n = r == 0 ? names : NULL; n && *n && t->n < wanted; n++) {
		_cleanup_free_ char *comm = NULL;
		struct kthread k = {};

		if (text_to_int(*n, &k.pid) < 0 || box_readf(box, &comm, "proc/%s/comm", *n) < 0)
			continue;
		k.kind = kind_of(comm, &k.cpu);
		if (k.kind)
			t->list[t->n++] = k;
	}
	return r;
}

static int plant(struct stage *s, void **ret_state)
{
	struct threads *t = calloc(1, sizeof(*t));
	struct cpu_masks masks;
	size_t wanted;
	int r = t ? cpu_masks_read(stage_box(s), &masks) : -ENOMEM;

	if (r < 0) {
		free(t);
		return r;
	}
	t->voice.witness = &witness_threads;
	wanted = ARRAY_SIZE(kinds) * cpulist_count(&masks.present);
	t->list = calloc(wanted + 1, sizeof(*t->list));
	r = t->list ? find_all(stage_box(s), t, wanted) : -ENOMEM;
	if (r < 0) {
		free(t->list);
		free(t);
		return r;
	}
	*ret_state = t;
	return 0;
}

/* NULL, or what is wrong with it. *ret_state '?' when it is gone. */
static const char *look(struct box *box, const struct kthread *k, bool is_off, char *ret_state)
{
	_cleanup_free_ char *comm = NULL;
	int cpu, own;

	*ret_state = '?';
	if (worker_stat_at(box, ret_state, &cpu, "proc/%d", k->pid) < 0 ||
	    box_readf(box, &comm, "proc/%d/comm", k->pid) < 0)
		return "is gone";
	if (kind_of(comm, &own) != k->kind || own != k->cpu)
		return "is another one now";
	if (is_off && *ret_state != 'P')
		return "is not parked";
	if (!is_off && *ret_state == 'P')
		return "is still parked";
	return NULL;
}

/* What the threads of this CPU look like; the first one that is wrong is told. */
static void judge(struct stage *s, struct threads *t, const struct act *act, struct findings *f)
{
	bool is_off = act->verb == ACT_OFFLINE;
	json_t *states = json_object();
	char text[200] = "";
	int n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct kthread *k = &t->list[i];
		const char *problem;
		char state;

		if (k->cpu != act->cpu)
			continue;
		n++;
		problem = look(stage_box(s), k, is_off, &state);
		json_object_set_new(states, k->kind, json_sprintf("%c", state));
		if (problem && !*text)
			snprintf(text, sizeof(text), "%s/%d (pid %d, state %c) %s", k->kind, k->cpu,
				 k->pid, state, problem);
	}
	/* Somebody else may have moved the CPU since. */
	if (n == 0 || is_off != cpu_is_fully_offline(stage_box(s), act->cpu))
		finding_add(f, &kthreads_park, FINDING_UNEXERCISED, states,
			    n == 0 ? "no thread of cpu%d is known" : "cpu%d was moved meanwhile",
			    act->cpu);
	else
		finding_add(f, &kthreads_park, *text ? FINDING_UNMET : FINDING_MET, states,
			    *text ? "cpu%d is %s: %s" : "cpu%d is %s: its threads are %s", act->cpu,
			    is_off ? "off" : "back",
			    *text    ? text
			    : is_off ? "parked"
				     : "the same, and not parked");
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct threads *t = state;

	if (!act->is_done)
		return 0;
	judge(s, t, act, &f);
	finding_tell(&t->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct threads *t = state;

	finding_tell_silent(&t->voice, s, "no CPU went or came in this scenario");
	free(t->list);
	free(t);
	return 0;
}

const struct witness witness_threads = {
	.id = "threads",
	.summary = "the kernel's own threads of the CPU",
	.explain =
		"Finds `cpuhp/N`, `migration/N` and ksoftirqd/N of each CPU at the start, and reads their state after each act.",
	.claims = CLAIMS(&kthreads_park),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
