// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CLOCK_MONOTONIC, BOOTTIME and MONOTONIC_RAW as threads on all CPUs read them, by vDSO and by
 * system call: no reading may be lower than one that was published before it began. Whether the
 * clocks are right is not judged.
 */
#include "witnesses/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/crowd.h"
#include "witnesses/witnesses.h"

static const struct claim never_back = {
	.id = "clock.never-back",
	.summary = "Monotonic clocks never go back, on whatever CPUs they are read",
	.explain =
		"Threads on every CPU read CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_MONOTONIC_RAW, by vDSO and by system call, and "
		"publish the highest value seen. A reading that is lower than a value published before it began has gone back.\n\n"
		"A failure after a return means that the CPU came back with a counter that is not in step (TSC), or that it "
		"missed an update of the clock's data while it was away. Programs see negative durations.",
	.refs = REFS("man:clock_gettime(2)", "Documentation/core-api/timekeeping.rst"),
	.faults = FAULTS("kmod:clock-behind", "unit:clock-goes-back"),
};

static const struct {
	clockid_t id;
	const char *name;
} clocks[] = {
	{ CLOCK_MONOTONIC, "CLOCK_MONOTONIC" },
	{ CLOCK_BOOTTIME, "CLOCK_BOOTTIME" },
	{ CLOCK_MONOTONIC_RAW, "CLOCK_MONOTONIC_RAW" },
};

/* Written by the member's thread; `backs` goes back to 0 by the stage's thread once it has read the
 * rest. */
struct reader {
	_Atomic uint64_t rounds;      /* all */
	_Atomic uint64_t home_rounds; /* on its own CPU from begin to end */
	_Atomic uint64_t backs;
	_Atomic int64_t behind_ns;
	_Atomic int clock, is_vdso, cpu;
	uint64_t rounds_taken; /* the stage's thread's */
};

struct clocks {
	struct finding_voice voice;
	struct crowd *crowd;
	_Atomic int64_t highest[ARRAY_SIZE(clocks)];
};

/* -1: could not be read. */
static int64_t read_clock(clockid_t id, bool is_vdso)
{
	struct timespec ts;
	long r = is_vdso ? clock_gettime(id, &ts) : syscall(SYS_clock_gettime, id, &ts);

	return r < 0 ? -1 : ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void publish(_Atomic int64_t *highest, int64_t now)
{
	int64_t old = atomic_load(highest);

	while (old < now && !atomic_compare_exchange_weak(highest, &old, now))
		;
}

static void note_back(struct reader *r, int clock, bool is_vdso, int64_t behind_ns)
{
	if (atomic_load(&r->backs) == 0 || behind_ns > atomic_load(&r->behind_ns)) {
		atomic_store(&r->behind_ns, behind_ns);
		atomic_store(&r->clock, clock);
		atomic_store(&r->is_vdso, is_vdso);
		atomic_store(&r->cpu, worker_getcpu());
	}
	atomic_fetch_add(&r->backs, 1);
}

static void read_round(struct crowd_member *m, void *arg)
{
	struct clocks *c = arg;
	struct reader *r = m->data;
	bool is_home = worker_getcpu() == m->cpu;

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		for (int is_vdso = 0; is_vdso < 2; is_vdso++) {
			int64_t floor_ns = atomic_load(&c->highest[i]);
			int64_t now = read_clock(clocks[i].id, is_vdso);

			if (now < 0)
				continue;
			if (now < floor_ns)
				note_back(r, (int)i, is_vdso, floor_ns - now);
			publish(&c->highest[i], now);
		}
	}
	atomic_fetch_add(&r->rounds, 1);
	if (is_home && worker_getcpu() == m->cpu)
		atomic_fetch_add(&r->home_rounds, 1);
}

static const struct crowd_kind kind = {
	.name = "hp-clock",
	.pause_ns = 20 * NS_PER_MS,
	.idle_rounds = 4,
	.burst_rounds = 100,
	.data_size = sizeof(struct reader),
	.round = read_round,
};

void clock_judge(const struct clock_seen *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:I, s:I, s:s}", "rounds", (json_int_t)seen->rounds, "backs",
				 (json_int_t)seen->backs, "cpus", cpulist_str(&seen->readers));

	if (seen->backs > 0) {
		json_object_set_new(data, "clock", json_string(seen->clock));
		json_object_set_new(data, "behind_ns", json_integer(seen->behind_ns));
		finding_add(
			ret, &never_back, FINDING_UNMET, data,
			"%s by %s on cpu %d was %lld ns behind a value read before, as were %llu readings in %llu rounds",
			seen->clock, seen->way, seen->cpu, (long long)seen->behind_ns,
			(unsigned long long)seen->backs, (unsigned long long)seen->rounds);
	} else if (cpulist_count(&seen->readers) < 2) {
		finding_add(
			ret, &never_back, FINDING_UNEXERCISED, data,
			"the clocks were read on CPUs \"%s\" only: one CPU cannot be compared with itself",
			cpulist_str(&seen->readers));
	} else if (seen->returned >= 0 && !cpulist_has(&seen->readers, seen->returned)) {
		finding_add(ret, &never_back, FINDING_UNEXERCISED, data,
			    "no thread could read the clocks on cpu%d after its return",
			    seen->returned);
	} else {
		finding_add(ret, &never_back, FINDING_MET, data,
			    "no clock went back in %llu rounds of readings on CPUs %s",
			    (unsigned long long)seen->rounds, cpulist_str(&seen->readers));
	}
}

static void take_backs(struct reader *r, struct clock_seen *seen)
{
	uint64_t backs = atomic_load(&r->backs);

	if (backs == 0)
		return;
	if (seen->backs == 0 || atomic_load(&r->behind_ns) > seen->behind_ns) {
		seen->behind_ns = atomic_load(&r->behind_ns);
		seen->clock = clocks[atomic_load(&r->clock)].name;
		seen->way = atomic_load(&r->is_vdso) ? "vDSO" : "system call";
		seen->cpu = atomic_load(&r->cpu);
	}
	seen->backs += backs;
	atomic_store(&r->backs, 0);
}

static int plant(struct stage *s, void **ret_state)
{
	struct clocks *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->voice.witness = &witness_clock;
	r = crowd_new(&kind, c, stage_online(s), &c->crowd);
	if (r < 0)
		return free(c), r;
	*ret_state = c;
	return 0;
}

/* A burst by all after each act, and the idle rounds since the last one, the transition among them.
 */
static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct clocks *c = state;
	struct clock_seen seen = { .online = act->online,
				   .returned = act->verb == ACT_ONLINE ? act->cpu : -1 };
	uint64_t home[CPULIST_MAX] = {};
	struct cpulist bound, done;

	crowd_settle(c->crowd, &act->online, &bound);
	if (!act->is_done)
		return 0;
	cpulist_foreach(cpu, &bound) {
		home[cpu] =
			atomic_load(&((struct reader *)crowd_at(c->crowd, cpu)->data)->home_rounds);
	}
	crowd_burst(c->crowd, &bound, &done);
	for (int cpu = 0; cpu < CPULIST_MAX; cpu++) {
		struct crowd_member *m = crowd_at(c->crowd, cpu);
		struct reader *r = m ? m->data : NULL;
		uint64_t rounds;

		if (!r)
			continue;
		rounds = atomic_load(&r->rounds);
		seen.rounds += rounds - r->rounds_taken;
		r->rounds_taken = rounds;
		if (cpulist_has(&done, cpu) &&
		    atomic_load(&r->home_rounds) - home[cpu] >= CLOCK_ENOUGH)
			cpulist_add(&seen.readers, cpu);
		take_backs(r, &seen);
	}
	clock_judge(&seen, &f);
	finding_tell(&c->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct clocks *c = state;
	int r;

	finding_tell_silent(&c->voice, s, "no CPU went or came in this scenario");
	r = crowd_free(c->crowd);
	if (r == 0)
		free(c);
	return r;
}

const struct witness witness_clock = {
	.id = "clock",
	.summary = "monotonic clocks, read on all CPUs and compared",
	.explain =
		"Threads on all CPUs publish the highest value that they read of each monotonic clock and compare with it.",
	.claims = CLAIMS(&never_back),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
