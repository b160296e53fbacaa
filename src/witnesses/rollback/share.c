// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does an ordinary thread still get its share on a CPU that was refused to go, beside a real-time
 * thread that never sleeps? The same is tried at the same time on a CPU that was left alone, so
 * that a box without throttling, or without time, is not taken for a broken one. It takes a second
 * where all is well, so it is done once for each CPU in a scenario.
 */
#include "witnesses/rollback/share.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define LIMIT_NS (6 * NS_PER_S)
#define PROOF_TURNS 20

static const struct claim rt_share = {
	.id = "rollback.rt-share",
	.summary = "Beside an RT hog on a refused CPU an ordinary task gets its share",
	.explain =
		"Real-time threads may use 95 % of each second (`sched_rt_runtime_us`), so that a runaway one leaves room to kill it. A CPU that was "
		"refused to go offline after the scheduler had taken it out of service, and was not put back into service whole, gives all of it: "
		"ordinary tasks on that CPU starve until it goes through one full cycle. A pinned SCHED_FIFO thread and a pinned ordinary one run on the "
		"refused CPU, and on one that was left alone; the latter must get its share there for anything to be said.",
	.refs = REFS(
		"Documentation/scheduler/sched-rt-group.rst",
		"commit \"sched/core: Fix unbalance set_rq_online/offline() in sched_cpu_deactivate()\""),
	.faults = FAULTS("kmod:refused-cpu-starves", "unit:share-starved"),
};

/* A CPU with its two threads. */
struct place {
	int cpu;
	struct worker hog, meek;
	int64_t hog_ns, meek_ns; /* CPU time when the hog had taken over */
};

struct share {
	struct finding_voice voice;
	struct cpulist done; /* looked at in this scenario */
	struct place refused, other;
	bool is_stuck;
};

void share_judge(const struct share_seen *seen, struct findings *ret)
{
	const struct share_cpu *here = &seen->refused, *there = &seen->other;
	json_t *data;

	if (seen->why_not) {
		finding_add(ret, &rt_share, FINDING_UNEXERCISED, NULL, "cpu%d after %s: %s",
			    here->cpu, seen->result, seen->why_not);
		return;
	}
	data = json_pack("{s:i, s:s, s:f, s:f, s:i, s:f, s:f, s:f}", "cpu", here->cpu, "result",
			 seen->result, "share_ms", wait_ms(here->meek_ns), "hog_ms",
			 wait_ms(here->hog_ns), "other_cpu", there->cpu, "other_share_ms",
			 wait_ms(there->meek_ns), "other_hog_ms", wait_ms(there->hog_ns), "took_ms",
			 wait_ms(seen->took_ns));
	if (here->meek_ns >= SHARE_ENOUGH_NS)
		finding_add(
			ret, &rt_share, FINDING_MET, data,
			"cpu%d after %s: the ordinary thread got %.0f ms in %.0f ms beside a SCHED_FIFO hog",
			here->cpu, seen->result, wait_ms(here->meek_ns), wait_ms(seen->took_ns));
	else if (here->meek_ns <= SHARE_NONE_NS && there->meek_ns >= SHARE_PROOF_NS)
		finding_add(
			ret, &rt_share, FINDING_UNMET, data,
			"cpu%d after %s: the ordinary thread got %.1f ms in %.0f ms beside a SCHED_FIFO hog; on cpu%d, left alone, %.0f ms",
			here->cpu, seen->result, wait_ms(here->meek_ns), wait_ms(seen->took_ns),
			there->cpu, wait_ms(there->meek_ns));
	else
		finding_add(
			ret, &rt_share, FINDING_UNEXERCISED, data,
			"the ordinary thread got %.1f ms on cpu%d and %.1f ms on cpu%d in %.0f ms: too little to compare",
			wait_ms(here->meek_ns), here->cpu, wait_ms(there->meek_ns), there->cpu,
			wait_ms(seen->took_ns));
}

/* By itself it ends too: whoever would tell it to may be starved by it. */
static void run_hog(struct worker *w)
{
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		int64_t until = wait_monotonic_ns() + wait_scaled(LIMIT_NS) + NS_PER_S;

		while (atomic_load(&w->is_spinning) && wait_monotonic_ns() < until) {
			atomic_store(&w->cpu, worker_getcpu());
			atomic_fetch_add(&w->beats, 1);
		}
		worker_answer(w, asks);
	}
}

static int start(struct place *p)
{
	int r = worker_start(&p->hog, "hp-hog", run_hog, NULL);

	return r < 0 ? r : worker_start(&p->meek, "hp-meek", worker_run_spin, NULL);
}

static int stop(struct place *p)
{
	int r = worker_stop(&p->hog), r2 = worker_stop(&p->meek);

	return r < 0 ? r : r2;
}

static int64_t cpu_time(struct worker *w)
{
	struct timespec ts = {};
	clockid_t clock;

	if (pthread_getcpuclockid(w->thread, &clock) != 0 || clock_gettime(clock, &ts) < 0)
		return 0;
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

struct turns {
	struct worker *worker;
	uint64_t want;
	int cpu;
};

static bool has_turned(void *arg)
{
	struct turns *t = arg;

	return atomic_load(&t->worker->beats) >= t->want && atomic_load(&t->worker->cpu) == t->cpu;
}

static bool runs_on(struct worker *w, int cpu)
{
	struct turns t = { w, atomic_load(&w->beats) + PROOF_TURNS, cpu };

	atomic_store(&w->is_spinning, true);
	worker_ask(w);
	return wait_until(has_turned, &t, worker_deadline(LIMIT_NS)) > 0;
}

/* NULL: both run there, the hog as SCHED_FIFO; or why not. */
static const char *occupy(struct place *p, int cpu)
{
	const struct sched_param fifo = { .sched_priority = 1 };
	struct cpulist own = cpulist_of(cpu);
	int64_t deadline = worker_deadline(LIMIT_NS);

	p->cpu = cpu;
	if (worker_pin(&p->meek, &own, deadline) < 0 || worker_pin(&p->hog, &own, deadline) < 0)
		return "the threads could not be bound to it";
	if (!runs_on(&p->meek, cpu))
		return "the ordinary thread did not run there before";
	if (sched_setscheduler(atomic_load(&p->hog.tid), SCHED_FIFO, &fifo) < 0)
		return "the kernel gives no SCHED_FIFO";
	if (!runs_on(&p->hog, cpu))
		return "the SCHED_FIFO thread did not run there";
	p->hog_ns = cpu_time(&p->hog);
	p->meek_ns = cpu_time(&p->meek);
	return NULL;
}

static void leave(struct place *p)
{
	const struct sched_param none = {};

	atomic_store(&p->hog.is_spinning, false);
	atomic_store(&p->meek.is_spinning, false);
	if (atomic_load(&p->hog.tid) > 0)
		(void)!sched_setscheduler(atomic_load(&p->hog.tid), SCHED_OTHER, &none);
}

static struct share_cpu look_at(struct place *p)
{
	return (struct share_cpu){ p->cpu, cpu_time(&p->hog) - p->hog_ns,
				   cpu_time(&p->meek) - p->meek_ns };
}

struct look {
	struct share *share;
	struct share_seen *seen;
};

static bool is_decided(void *arg)
{
	struct look *l = arg;

	l->seen->refused = look_at(&l->share->refused);
	l->seen->other = look_at(&l->share->other);
	return l->seen->refused.meek_ns >= SHARE_ENOUGH_NS ||
	       (l->seen->other.meek_ns >= SHARE_PROOF_NS && l->seen->refused.hog_ns > 2 * NS_PER_S);
}

/* The calling thread keeps off both CPUs meanwhile: it must not starve itself. */
static void watch(struct share *h, int other, const struct cpulist *rest, struct share_seen *seen)
{
	struct look l = { h, seen };
	cpu_set_t was, set;
	int64_t began;

	cpulist_to_cpu_set(rest, &set);
	if (sched_getaffinity(0, sizeof(was), &was) < 0 ||
	    sched_setaffinity(0, sizeof(set), &set) < 0) {
		seen->why_not = "the watching thread cannot keep off it";
		return;
	}
	seen->why_not = occupy(&h->refused, seen->refused.cpu);
	if (!seen->why_not)
		seen->why_not = occupy(&h->other, other);
	began = wait_now_ns();
	if (!seen->why_not)
		(void)!wait_until(is_decided, &l, worker_deadline(LIMIT_NS));
	seen->took_ns = wait_now_ns() - began;
	leave(&h->refused);
	leave(&h->other);
	(void)!sched_setaffinity(0, sizeof(was), &was);
}

static bool is_free(const struct place *p)
{
	return worker_is_idle(&p->hog) && worker_is_idle(&p->meek);
}

static void look(struct stage *s, struct share *h, const struct act *act)
{
	_cleanup_findings_ struct findings findings = {};
	struct share_seen seen = { .result = error_name(act->result), .refused.cpu = act->cpu };
	struct cpulist rest = act->online;
	int other;

	cpulist_del(&rest, act->cpu);
	other = cpulist_next(&rest, act->cpu);
	if (other < 0)
		other = cpulist_next(&rest, 0);
	cpulist_del(&rest, other);
	if (cpulist_count(&rest) == 0)
		seen.why_not = "there is no third CPU to watch from";
	else if (!is_free(&h->refused) || !is_free(&h->other))
		seen.why_not = "the threads have not ended what they did before";
	else
		watch(h, other, &rest, &seen);
	share_judge(&seen, &findings);
	finding_tell(&h->voice, s, act, &findings);
}

static int plant(struct stage *s, void **ret_state)
{
	struct share *h = calloc(1, sizeof(*h));
	int r, r2;

	(void)s;
	if (!h)
		return -ENOMEM;
	h->voice.witness = &witness_share;
	r = start(&h->refused);
	if (r == 0)
		r = start(&h->other);
	if (r < 0) {
		r2 = stop(&h->refused);
		if (stop(&h->other) == 0 && r2 == 0)
			free(h);
		return r;
	}
	*ret_state = h;
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct share *h = state;

	/* Causes of the kernel's own, and injected ones: not a broken driver's. */
	if (act->verb != ACT_OFFLINE || act->is_noop || cpulist_has(&h->done, act->cpu) ||
	    (act->result != EBUSY && act->result != EAGAIN) || !cpulist_has(&act->online, act->cpu))
		return 0;
	cpulist_add(&h->done, act->cpu);
	look(s, h, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct share *h = state;
	int r, r2;

	finding_tell_silent(&h->voice, s, "no CPU was refused to go in this scenario");
	leave(&h->refused);
	leave(&h->other);
	r = stop(&h->refused);
	r2 = stop(&h->other);
	if (r == 0 && r2 == 0)
		free(h);
	return r < 0 ? r : r2;
}

const struct witness witness_share = {
	.id = "share",
	.summary = "an ordinary thread beside a SCHED_FIFO one on a refused CPU",
	.explain =
		"Once for each CPU that was refused to go with EBUSY or EAGAIN: for a second, or three where it fails, two CPUs are kept busy by real-time "
		"threads. It does nothing after acts that went through.",
	.claims = CLAIMS(&rt_share),
	.needs = NEEDS(&need_root, &need_real_box),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
