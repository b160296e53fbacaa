// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thread on each online CPU that wants to run every 2 ms: how long it could not is the disruption
 * that an act brought. The length is reported and hardly judged: a healthy guest on a loaded host
 * shows more than a second. What is judged is that every CPU that is online goes on at all.
 */
#include "witnesses/heartbeat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/crowd.h"
#include "witnesses/witnesses.h"

#define BEAT_NS (2 * NS_PER_MS)
#define NOTED_NS (3 * NS_PER_MS) /* gaps above are kept */
/* Gaps above this, and above twice the baseline, go into the journal; the worst one always. */
#define TOLD_NS (10 * NS_PER_MS)
#define TOLD_MAX 8                 /* an act */
#define QUIET_NS (250 * NS_PER_MS) /* baseline */
#define RING 64

static const struct claim every_cpu_alive = {
	.id = "heartbeat.every-cpu-alive",
	.summary = "Every online CPU goes on running its threads around each act",
	.explain =
		"A thread bound to each online CPU wakes every 2 ms. After an act each of them must beat again on its own CPU "
		"within 10 s (scaled), and none may have stood still for longer. Shorter gaps are the disruption of the act: "
		"they are reported in milliseconds and not judged.\n\n"
		"A failure means that a CPU that the kernel calls online runs nothing: a callback that keeps a survivor busy, lost "
		"timer interrupts on a returned CPU, or a run queue that nobody looks at. The console usually has a soft lockup or a stall of RCU.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "Documentation/admin-guide/lockup-watchdogs.rst"),
	.faults = FAULTS("kmod:cpu-hogged", "unit:heart-stops", "unit:returned-cpu-silent"),
};

/* One thread writes, the stage's thread reads: `written` says how far. */
struct heart {
	int64_t last_ns; /* 0: it was elsewhere, nothing to compare with */
	_Atomic int64_t beat_ns;
	_Atomic uint64_t written;
	uint64_t taken;
	struct {
		_Atomic int64_t from, to;
	} ring[RING];
	/* The longest one since it was last taken: on a busy host short ones fill the ring many
	 * times before somebody reads it. `changes` is odd while it is written. */
	_Atomic uint64_t changes, taken_changes;
	_Atomic int64_t longest_from, longest_to;
};

struct heartbeat {
	struct finding_voice voice;
	struct crowd *crowd;
	int64_t baseline_ns;
};

static void note_longest(struct heart *h, int64_t from, int64_t to)
{
	bool is_taken = atomic_load(&h->taken_changes) == atomic_load(&h->changes);

	if (!is_taken && to - from <= atomic_load(&h->longest_to) - atomic_load(&h->longest_from))
		return;
	atomic_fetch_add(&h->changes, 1);
	atomic_store(&h->longest_from, from);
	atomic_store(&h->longest_to, to);
	atomic_fetch_add(&h->changes, 1);
}

static void beat(struct crowd_member *m, void *arg)
{
	struct heart *h = m->data;
	int64_t now;

	(void)arg;
	if (worker_getcpu() != m->cpu) {
		h->last_ns = 0;
		return;
	}
	now = wait_now_ns();
	if (h->last_ns && now - h->last_ns > NOTED_NS) {
		uint64_t i = atomic_load(&h->written);

		atomic_store(&h->ring[i % RING].from, h->last_ns);
		atomic_store(&h->ring[i % RING].to, now);
		atomic_store(&h->written, i + 1);
		note_longest(h, h->last_ns, now);
	}
	h->last_ns = now;
	atomic_store(&h->beat_ns, now);
}

static const struct crowd_kind kind = {
	.name = "hp-heartbeat",
	.is_numbered = true,
	.pause_ns = BEAT_NS,
	.idle_rounds = 1,
	.burst_rounds = 1,
	.data_size = sizeof(struct heart),
	.round = beat,
};

const struct heartbeat_gap *heartbeat_worst(const struct heartbeat_seen *seen)
{
	const struct heartbeat_gap *worst = NULL;

	for (size_t i = 0; i < seen->n_gaps; i++) {
		const struct heartbeat_gap *g = &seen->gaps[i];

		if (g->to_ns < seen->began_ns || g->from_ns > seen->ended_ns)
			continue;
		if (!worst || g->to_ns - g->from_ns > worst->to_ns - worst->from_ns)
			worst = g;
	}
	return worst;
}

void heartbeat_judge(const struct heartbeat_seen *seen, struct findings *ret)
{
	struct cpulist judged = cpulist_and(&seen->online, &seen->home);
	struct cpulist silent = cpulist_minus(&judged, &seen->beating);
	const struct heartbeat_gap *worst = heartbeat_worst(seen), *longest = NULL;

	if (cpulist_count(&judged) == 0) {
		finding_add(ret, &every_cpu_alive, FINDING_UNEXERCISED, NULL,
			    "no thread could be bound to any of the CPUs %s",
			    cpulist_str(&seen->online));
		return;
	}
	for (size_t i = 0; i < seen->n_gaps; i++) {
		const struct heartbeat_gap *g = &seen->gaps[i];

		if (cpulist_has(&judged, g->cpu) && g->to_ns - g->from_ns > seen->limit_ns &&
		    (!longest || g->to_ns - g->from_ns > longest->to_ns - longest->from_ns))
			longest = g;
	}
	if (cpulist_count(&silent) > 0)
		finding_add(
			ret, &every_cpu_alive, FINDING_UNMET,
			json_pack("{s:s, s:f}", "silent", cpulist_str(&silent), "limit_ms",
				  wait_ms(seen->limit_ns)),
			"the threads bound to the online CPUs %s did not run within %.0f ms after the act",
			cpulist_str(&silent), wait_ms(seen->limit_ns));
	else if (longest)
		finding_add(
			ret, &every_cpu_alive, FINDING_UNMET,
			json_pack("{s:i, s:I, s:I, s:f}", "cpu", longest->cpu, "from",
				  (json_int_t)longest->from_ns, "to", (json_int_t)longest->to_ns,
				  "limit_ms", wait_ms(seen->limit_ns)),
			"the thread bound to cpu%d could not run for %.0f ms; the limit is %.0f ms",
			longest->cpu, wait_ms(longest->to_ns - longest->from_ns),
			wait_ms(seen->limit_ns));
	else
		finding_add(
			ret, &every_cpu_alive, FINDING_MET,
			json_pack("{s:s, s:f}", "cpus", cpulist_str(&judged), "worst_ms",
				  worst ? wait_ms(worst->to_ns - worst->from_ns) : 0.0),
			"the threads bound to CPUs %s run; the longest gap around the act was %.1f ms",
			cpulist_str(&judged), worst ? wait_ms(worst->to_ns - worst->from_ns) : 0.0);
}

struct beat_wait {
	const struct crowd *crowd;
	struct cpulist cpus, done;
	int64_t after_ns;
};

static bool all_beat(void *arg)
{
	struct beat_wait *w = arg;

	cpulist_foreach(cpu, &w->cpus) {
		const struct heart *h = crowd_at(w->crowd, cpu)->data;

		if (atomic_load(&h->beat_ns) > w->after_ns)
			cpulist_add(&w->done, cpu);
	}
	return cpulist_equal(&w->cpus, &w->done);
}

static void add_gap(struct heartbeat_seen *seen, int cpu, int64_t from, int64_t to)
{
	size_t at = seen->n_gaps;

	for (size_t i = 0; i < seen->n_gaps; i++)
		if (seen->gaps[i].cpu == cpu && seen->gaps[i].from_ns == from)
			return;
	if (at < HEARTBEAT_GAPS_MAX) {
		seen->n_gaps++;
	} else {
		/* Full: the shortest goes. */
		at = 0;
		for (size_t i = 1; i < HEARTBEAT_GAPS_MAX; i++)
			if (seen->gaps[i].to_ns - seen->gaps[i].from_ns <
			    seen->gaps[at].to_ns - seen->gaps[at].from_ns)
				at = i;
		if (to - from <= seen->gaps[at].to_ns - seen->gaps[at].from_ns)
			return;
	}
	seen->gaps[at] = (struct heartbeat_gap){ .cpu = cpu, .from_ns = from, .to_ns = to };
}

static void take_longest(struct heart *h, struct heartbeat_seen *seen, int cpu)
{
	/* Whoever writes it may be preempted right there: then it is taken the next time. */
	for (int i = 0; i < 3; i++) {
		uint64_t changes = atomic_load(&h->changes);
		int64_t from = atomic_load(&h->longest_from), to = atomic_load(&h->longest_to);

		if (changes == atomic_load(&h->taken_changes))
			return;
		if (changes % 2 || changes != atomic_load(&h->changes))
			continue;
		add_gap(seen, cpu, from, to);
		atomic_store(&h->taken_changes, changes);
		return;
	}
}

/* A beat before the act of a CPU that has just returned says nothing: its silence began with the
 * act. */
static int64_t silent_since(const struct heart *h, const struct heartbeat_seen *seen, int cpu)
{
	int64_t beat_ns = atomic_load(&h->beat_ns);

	return cpu == seen->returned && beat_ns < seen->began_ns ? seen->began_ns : beat_ns;
}

static void take_gaps(struct heartbeat *b, struct heartbeat_seen *seen)
{
	cpulist_foreach(cpu, &seen->home) {
		struct heart *h = crowd_at(b->crowd, cpu)->data;
		uint64_t end = atomic_load(&h->written);
		uint64_t start = end > h->taken + RING ? end - RING : h->taken;

		for (uint64_t i = start; i < end; i++)
			add_gap(seen, cpu, atomic_load(&h->ring[i % RING].from),
				atomic_load(&h->ring[i % RING].to));
		h->taken = end;
		take_longest(h, seen, cpu);
		if (!cpulist_has(&seen->beating, cpu) && atomic_load(&h->beat_ns))
			add_gap(seen, cpu, silent_since(h, seen, cpu), wait_now_ns());
	}
}

static int plant(struct stage *s, void **ret_state)
{
	struct heartbeat *b = calloc(1, sizeof(*b));
	struct heartbeat_seen seen = { .online = *stage_online(s), .returned = -1 };
	struct beat_wait wait;
	json_t *cpus = json_object();
	int r;

	if (!b || !cpus)
		return free(b), json_decref(cpus), -ENOMEM;
	b->voice.witness = &witness_heartbeat;
	r = crowd_new(&kind, NULL, stage_online(s), &b->crowd);
	if (r < 0)
		return free(b), json_decref(cpus), r;
	crowd_settle(b->crowd, stage_online(s), &seen.home);
	/* Until each has beaten through the quiet time: what is longer than that is noise too. */
	wait = (struct beat_wait){ .crowd = b->crowd,
				   .cpus = seen.home,
				   .after_ns = wait_now_ns() + QUIET_NS };
	if (wait_until(all_beat, &wait, worker_deadline(WORKER_LIMIT_NS)) < 0)
		wait.done = (struct cpulist){};
	seen.beating = wait.done;
	take_gaps(b, &seen);
	for (size_t i = 0; i < seen.n_gaps; i++) {
		int64_t gap = seen.gaps[i].to_ns - seen.gaps[i].from_ns;
		char name[16];

		snprintf(name, sizeof(name), "%d", seen.gaps[i].cpu);
		if (wait_ms(gap) > json_real_value(json_object_get(cpus, name)))
			json_object_set_new(cpus, name, json_real(wait_ms(gap)));
		if (gap > b->baseline_ns)
			b->baseline_ns = gap;
	}
	observe(s, NULL, "noise.baseline",
		json_pack("{s:f, s:f, s:f, s:o}", "worst_ms", wait_ms(b->baseline_ns), "beat_ms",
			  wait_ms(BEAT_NS), "quiet_ms", wait_ms(QUIET_NS), "cpus", cpus));
	*ret_state = b;
	return 0;
}

/* The longest first, a bounded number. */
static void tell_gaps(struct stage *s, const struct act *act, struct heartbeat *b,
		      const struct heartbeat_seen *seen)
{
	struct heartbeat_seen left = *seen;
	const struct heartbeat_gap *worst = heartbeat_worst(seen);
	int64_t told_ns = 2 * b->baseline_ns > TOLD_NS ? 2 * b->baseline_ns : TOLD_NS;

	observe(s, act, "heartbeat.disruption",
		json_pack("{s:f, s:i, s:f}", "ms",
			  worst ? wait_ms(worst->to_ns - worst->from_ns) : 0.0, "cpu",
			  worst ? worst->cpu : -1, "baseline_ms", wait_ms(b->baseline_ns)));
	for (int n = 0; n < TOLD_MAX && (worst = heartbeat_worst(&left)); n++) {
		if (n > 0 && worst->to_ns - worst->from_ns < told_ns)
			break;
		observe(s, act, "heartbeat.gap",
			json_pack("{s:i, s:I, s:I}", "cpu", worst->cpu, "from",
				  (json_int_t)worst->from_ns, "to", (json_int_t)worst->to_ns));
		left.gaps[worst - left.gaps] = left.gaps[--left.n_gaps];
	}
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct heartbeat_seen seen = { .began_ns = act->began_ns,
				       .ended_ns = act->ended_ns,
				       .limit_ns = wait_scaled(WORKER_LIMIT_NS),
				       .online = act->online,
				       .returned = act->verb == ACT_ONLINE ? act->cpu : -1 };
	struct heartbeat *b = state;
	struct beat_wait wait;

	crowd_settle(b->crowd, &act->online, &seen.home);
	wait = (struct beat_wait){ .crowd = b->crowd,
				   .cpus = seen.home,
				   .after_ns = act->ended_ns };
	if (wait_until(all_beat, &wait, worker_deadline(WORKER_LIMIT_NS)) < 0)
		return -EIO;
	seen.beating = wait.done;
	take_gaps(b, &seen);
	if (!act->is_done)
		return 0;
	tell_gaps(s, act, b, &seen);
	heartbeat_judge(&seen, &f);
	finding_tell(&b->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct heartbeat *b = state;
	int r;

	finding_tell_silent(&b->voice, s, "no CPU went or came in this scenario");
	r = crowd_free(b->crowd);
	if (r == 0)
		free(b);
	return r;
}

const struct witness witness_heartbeat = {
	.id = "heartbeat",
	.summary = "a thread on every CPU that wants to run every 2 ms",
	.explain =
		"Tells how long it could not run around each act (`heartbeat.disruption`, `heartbeat.gap`), against the same "
		"measured in quiet at the start (`noise.baseline`).",
	.claims = CLAIMS(&every_cpu_alive),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
