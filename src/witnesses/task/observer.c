// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads on every CPU that ask again and again which CPU they are on: none may ever name one that
 * is off. Only samples that began and ended inside of a closed window count. It does not follow
 * other threads: what the scheduler does with them is task.c's.
 */
#include "witnesses/task/observer.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/crowd.h"
#include "witnesses/witnesses.h"

static const struct claim never_on_dead_cpu = {
	.id = "task.never-on-dead-cpu",
	.summary = "No thread ever finds itself on a CPU that is off",
	.explain =
		"Threads on all CPUs read their CPU number in three ways (the vDSO's getcpu, the restartable sequence's field, the "
		"system call), hundreds of times between the moment when `hotplug/state` said offline and the moment before the CPU is brought back.\n\n"
		"A failure means that a thread runs on a CPU that is gone, or that the number which user space reads is wrong: "
		"per-CPU data indexed by it is then shared by two CPUs. Which way of reading saw it tells the two apart.",
	.refs = REFS("man:getcpu(2)", "man:rseq(2)"),
	.faults = FAULTS("kmod:stale-getcpu", "unit:thread-on-dead-cpu"),
};

/* Written by the member's thread; the stage's thread reads it once a burst is answered. */
struct looker {
	_Atomic uint64_t epoch; /* of the count below */
	_Atomic uint64_t samples;
	_Atomic uint64_t sightings;
	/* first sighting since the stage's thread set `sightings` to 0 */
	_Atomic int cpu, way;
};

struct observer {
	struct finding_voice voice;
	struct crowd *crowd;
	struct stage *stage;
	/* Counts before() and after(): a round that saw it change may have seen the CPU return and
	 * go again. */
	_Atomic uint64_t epoch;
	int n_cpus;
	/* the window that was opened by the last act, until it is judged */
	struct act act; /* id 0: none */
	struct observer_seen seen;
};

static const char *const way_names[OBSERVER_WAYS] = {
	[OBSERVER_VDSO] = "vDSO getcpu",
	[OBSERVER_RSEQ] = "rseq",
	[OBSERVER_SYSCALL] = "system call getcpu",
};

static int look(enum observer_way way)
{
	unsigned int cpu;

	switch (way) {
	case OBSERVER_VDSO: return getcpu(&cpu, NULL) < 0 ? -1 : (int)cpu;
	case OBSERVER_RSEQ: return sched_getcpu();
	default: return worker_getcpu();
	}
}

/* One sample in each way. */
static void look_round(struct crowd_member *m, void *arg)
{
	struct observer *o = arg;
	struct looker *l = m->data;
	uint64_t epoch = atomic_load(&o->epoch);
	struct cpulist dead = {};
	int cpus[OBSERVER_WAYS];

	for (int cpu = 0; cpu < o->n_cpus; cpu++)
		if (stage_cpu_is_dead(o->stage, cpu))
			cpulist_add(&dead, cpu);
	for (int way = 0; way < OBSERVER_WAYS; way++)
		cpus[way] = look(way);
	if (cpulist_next(&dead, 0) < 0 || atomic_load(&o->epoch) != epoch)
		return;
	if (atomic_load(&l->epoch) != epoch) {
		atomic_store(&l->epoch, epoch);
		atomic_store(&l->samples, 0);
	}
	for (int way = 0; way < OBSERVER_WAYS; way++) {
		int cpu = cpus[way];

		if (cpulist_has(&dead, cpu) && stage_cpu_is_dead(o->stage, cpu)) {
			if (atomic_load(&l->sightings) == 0) {
				atomic_store(&l->cpu, cpu);
				atomic_store(&l->way, way);
			}
			atomic_fetch_add(&l->sightings, 1);
		}
		atomic_fetch_add(&l->samples, 1);
	}
}

static const struct crowd_kind kind = {
	.name = "hp-observer",
	.pause_ns = 20 * NS_PER_MS,
	.idle_rounds = 16,
	.burst_rounds = 400,
	.data_size = sizeof(struct looker),
	.round = look_round,
};

void observer_judge(const struct observer_seen *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:i, s:I, s:I, s:s}", "cpu", seen->cpu, "samples",
				 (json_int_t)seen->samples, "sightings",
				 (json_int_t)seen->sightings, "by", cpulist_str(&seen->takers));

	if (seen->sightings > 0)
		finding_add(
			ret, &never_on_dead_cpu, FINDING_UNMET, data,
			"cpu%d was off, and thread %d (hp-observer of cpu %d) found itself there by %s, in all %llu of %llu samples",
			seen->cpu, seen->tid, seen->bound_to, way_names[seen->way],
			(unsigned long long)seen->sightings, (unsigned long long)seen->samples);
	else if (!seen->is_intact)
		finding_add(ret, &never_on_dead_cpu, FINDING_UNEXERCISED, data,
			    "somebody else brought cpu%d back while it was watched", seen->cpu);
	else if (seen->samples < OBSERVER_ENOUGH)
		finding_add(ret, &never_on_dead_cpu, FINDING_UNEXERCISED, data,
			    "only %llu samples were taken while cpu%d was off; %d are needed",
			    (unsigned long long)seen->samples, seen->cpu, OBSERVER_ENOUGH);
	else
		finding_add(
			ret, &never_on_dead_cpu, FINDING_MET, data,
			"none of %llu samples by the threads of CPUs %s named cpu%d while it was off",
			(unsigned long long)seen->samples, cpulist_str(&seen->takers), seen->cpu);
}

/* Somebody else may have brought the CPU back, long before the stage closes the window and finds
 * out. */
static bool is_really_off(const struct observer *o, int cpu)
{
	return stage_window_is_intact(o->stage, cpu) &&
	       cpu_is_fully_offline(stage_box(o->stage), cpu);
}

/* Adds what was seen since the last time; sightings of other dead CPUs count as well. */
static void collect(struct observer *o, const struct cpulist *done)
{
	uint64_t epoch = atomic_load(&o->epoch);

	for (int cpu = 0; cpu < o->n_cpus; cpu++) {
		struct crowd_member *m = crowd_at(o->crowd, cpu);
		struct looker *l = m ? m->data : NULL;
		uint64_t sightings;

		if (!l)
			continue;
		if (cpulist_has(done, cpu) && atomic_load(&l->epoch) == epoch) {
			o->seen.samples += atomic_load(&l->samples);
			cpulist_add(&o->seen.takers, cpu);
		}
		sightings = atomic_load(&l->sightings);
		if (sightings > 0 && is_really_off(o, atomic_load(&l->cpu))) {
			if (o->seen.sightings == 0) {
				o->seen.cpu = atomic_load(&l->cpu);
				o->seen.way = atomic_load(&l->way);
				o->seen.tid = atomic_load(&m->worker.tid);
				o->seen.bound_to = cpu;
			}
			o->seen.sightings += sightings;
		}
		atomic_store(&l->sightings, 0);
	}
}

/* What came to light in the window of an earlier act than the last one is told without an act. */
static void judge_window(struct observer *o)
{
	_cleanup_findings_ struct findings f = {};
	bool is_after_offline = o->act.id != 0;

	collect(o, &(struct cpulist){});
	if (is_after_offline)
		o->seen.is_intact = is_really_off(o, o->act.cpu);
	if (is_after_offline || o->seen.sightings > 0) {
		observer_judge(&o->seen, &f);
		finding_tell(&o->voice, o->stage, is_after_offline ? &o->act : NULL, &f);
	}
	o->act = (struct act){};
	o->seen = (struct observer_seen){};
}

static int plant(struct stage *s, void **ret_state)
{
	struct observer *o = calloc(1, sizeof(*o));
	struct cpu_masks masks;
	int r;

	if (!o)
		return -ENOMEM;
	r = cpu_masks_read(stage_box(s), &masks);
	cpulist_foreach(cpu, &masks.possible) {
		o->n_cpus = cpu + 1;
	}
	o->voice.witness = &witness_observer;
	o->stage = s;
	if (r == 0)
		r = crowd_new(&kind, o, stage_online(s), &o->crowd);
	if (r < 0)
		return free(o), r;
	*ret_state = o;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct observer *o = state;

	(void)s;
	(void)act;
	judge_window(o);
	atomic_fetch_add(&o->epoch, 1);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct observer *o = state;
	struct cpulist done, home, members = cpulist_or(&act->online, &act->online_before);

	atomic_fetch_add(&o->epoch, 1);
	crowd_settle(o->crowd, &act->online, &home);
	if (!act->is_done || act->verb != ACT_OFFLINE || !stage_cpu_is_dead(s, act->cpu))
		return 0;
	/* The one that was bound to the dead CPU is the one to ask first of all. */
	crowd_burst(o->crowd, &members, &done);
	o->act = *act;
	o->act.path = o->act.value = NULL; /* they die with the act */
	o->seen = (struct observer_seen){ .cpu = act->cpu };
	collect(o, &done);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct observer *o = state;
	int r;

	judge_window(o);
	finding_tell_silent(&o->voice, s, "no CPU was seen off in this scenario");
	r = crowd_free(o->crowd);
	if (r == 0)
		free(o);
	return r;
}

const struct witness witness_observer = {
	.id = "observer",
	.summary = "threads on every CPU that ask where they are",
	.explain =
		"While a CPU is off, threads everywhere read their CPU number by vDSO, by rseq and by system call.",
	.claims = CLAIMS(&never_on_dead_cpu),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
