// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thread that is bound to one CPU and runs there when it is taken off: it has to go on elsewhere.
 * Threads that sleep have other rules: sleeper.c. Masks with several CPUs: mask.c.
 */
#include "witnesses/task/task.h"

#include <errno.h>
#include <stdlib.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define PROOF_TURNS 50 /* on the CPU before the act */
#define PROOF_LIMIT_NS (5 * NS_PER_S)
#define WATCH_NS (15 * NS_PER_MS) /* so long its mask is looked at, after it got on */

static const struct claim leaves_dying_cpu = {
	.id = "task.leaves-dying-cpu",
	.summary = "A task bound to the CPU runs on an online CPU afterwards",
	.explain =
		"The kernel has to move a task that is bound to the dying CPU and runs, and to break its affinity for that: the "
		"log line \"no longer affine to cpu\" is right. The thread is proved to run there before the act, by the system call "
		"getcpu. A failure means that a runnable task was left on a run queue that nobody serves, or runs on a dead CPU: look at "
		"`balance_push()` and `select_fallback_rq()`.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:bound-task-parked", "unit:bound-task-on-dead-cpu"),
};

static const struct claim keeps_progress = {
	.id = "task.keeps-progress",
	.summary = "A task bound to the CPU makes progress while that CPU is off",
	.explain =
		"A counter that the bound thread increments must grow between the moment when the CPU is off and its return, within 10 s (scaled). "
		"A failure means that the thread is stuck although other CPUs are free.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:bound-task-parked", "kmod:bound-task-stalls",
			 "unit:bound-task-stalls"),
};

static const struct claim affinity_usable = {
	.id = "task.affinity-usable",
	.summary = "The affinity of a running task always holds an online CPU",
	.explain =
		"`sched_getaffinity()` shows the CPUs of a task's mask that it may run on now. Once the CPU of a bound, running task "
		"is off, this must not be empty: the kernel resets the mask to all CPUs (or the cpuset's). Empty is legal "
		"only for a task that sleeps. A failure means that the next migration or wake-up of the task has nowhere to go.",
	.refs = REFS("man:sched_setaffinity(2)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:mask-put-back-early", "unit:bound-task-mask-empty"),
};

struct task {
	struct finding_voice voice;
	struct worker worker;
	int cpu; /* where it was proved to run; -1: nothing to judge in the next after() */
};

void task_judge(const struct task_seen *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:i, s:I, s:f, s:i, s:i, s:s}", "cpu", seen->cpu, "turns",
				 (json_int_t)seen->turns, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS, "ran_on", seen->last_seen,
				 "proc_cpu", seen->proc_cpu, "affinity",
				 cpulist_str(&seen->affinity));

	if (!seen->is_window_closed) {
		const struct claim *const all[] = { &leaves_dying_cpu, &keeps_progress,
						    &affinity_usable };

		for (size_t i = 0; i < ARRAY_SIZE(all); i++)
			finding_add(ret, all[i], FINDING_UNEXERCISED, json_incref(data),
				    "cpu%d was not off all the time that the thread was watched",
				    seen->cpu);
		json_decref(data);
		return;
	}
	finding_add(
		ret, &keeps_progress, seen->turns > 0 ? FINDING_MET : FINDING_UNMET,
		json_incref(data),
		"the thread that was bound to cpu%d made %llu turns in %.0f ms while it was off",
		seen->cpu, (unsigned long long)seen->turns, (double)seen->waited_ns / NS_PER_MS);
	if (seen->turns > 0)
		finding_add(ret, &leaves_dying_cpu,
			    cpulist_has(&seen->online, seen->last_seen) ? FINDING_MET
									: FINDING_UNMET,
			    json_incref(data),
			    "the thread that was bound to cpu%d runs on cpu%d; CPUs %s are online",
			    seen->cpu, seen->last_seen, cpulist_str(&seen->online));
	else if (seen->proc_cpu == seen->cpu)
		finding_add(
			ret, &leaves_dying_cpu, FINDING_UNMET, json_incref(data),
			"the thread that ran on cpu%d stands still there (state %c) although it wants to run",
			seen->cpu, seen->proc_state);
	else
		finding_add(ret, &leaves_dying_cpu, FINDING_UNEXERCISED, json_incref(data),
			    "the thread left cpu%d for cpu%d and did not run there (state %c)",
			    seen->cpu, seen->proc_cpu, seen->proc_state);
	if (seen->affinity_error)
		finding_add(ret, &affinity_usable, FINDING_ERROR, json_incref(data),
			    "sched_getaffinity() of the thread failed: %s",
			    error_name(seen->affinity_error));
	else if (seen->turns == 0)
		finding_add(
			ret, &affinity_usable, FINDING_UNEXERCISED, json_incref(data),
			"the thread did not run: an empty affinity is legal for one that sleeps");
	else
		finding_add(ret, &affinity_usable,
			    cpulist_intersects(&seen->affinity, &seen->online) ? FINDING_MET
									       : FINDING_UNMET,
			    json_incref(data),
			    "the affinity of the running thread is \"%s\"; CPUs %s are online",
			    cpulist_str(&seen->affinity), cpulist_str(&seen->online));
	json_decref(data);
}

static int plant(struct stage *s, void **ret_state)
{
	struct task *t = calloc(1, sizeof(*t));
	int r;

	(void)s;
	if (!t)
		return -ENOMEM;
	t->voice.witness = &witness_task;
	t->cpu = -1;
	r = worker_start(&t->worker, "hp-bound", worker_run_spin, NULL);
	if (r < 0) {
		if (worker_stop(&t->worker) == 0)
			free(t);
		return r;
	}
	*ret_state = t;
	return 0;
}

struct turns_wait {
	struct worker *worker;
	uint64_t want;
	int cpu; /* -1: any */
};

static bool has_turned(void *arg)
{
	struct turns_wait *w = arg;

	return atomic_load(&w->worker->beats) >= w->want &&
	       (w->cpu < 0 || atomic_load(&w->worker->cpu) == w->cpu);
}

/* NULL: it runs on the CPU now and goes on doing so; else why not. */
static const char *run_on(struct task *t, int cpu)
{
	struct cpulist own = cpulist_of(cpu), now;
	struct turns_wait wait = { .worker = &t->worker, .cpu = cpu };
	int64_t deadline = worker_deadline(PROOF_LIMIT_NS);

	if (worker_await(&t->worker, deadline) <= 0)
		return "has not come back from the act before";
	if (worker_pin(&t->worker, &own, deadline) < 0)
		return "could not be bound to it";
	atomic_store(&t->worker.is_spinning, true);
	wait.want = atomic_load(&t->worker.beats) + PROOF_TURNS;
	worker_ask(&t->worker);
	if (wait_until(has_turned, &wait, deadline) <= 0)
		return "did not run there in time";
	if (worker_affinity(&t->worker, &now) < 0 || !cpulist_equal(&now, &own))
		return "is not bound to it although the kernel said so";
	return NULL;
}

static void stop_running(struct task *t)
{
	atomic_store(&t->worker.is_spinning, false);
	t->cpu = -1;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	const struct claim *const *claims = witness_task.claims;
	_cleanup_findings_ struct findings f = {};
	struct task *t = state;
	const char *why;

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	why = run_on(t, act->cpu);
	if (!why) {
		t->cpu = act->cpu;
		return 0;
	}
	stop_running(t);
	for (; *claims; claims++)
		finding_add(&f, *claims, FINDING_UNEXERCISED, NULL, "the thread for cpu%d %s",
			    act->cpu, why);
	finding_tell(&t->voice, s, act, &f);
	return 0;
}

/* An affinity that is wrong for some milliseconds is wrong: the poorest of several readings is
 * kept. */
struct watch {
	struct task *task;
	struct task_seen *seen;
	int64_t until_ns;
};

static bool has_watched(void *arg)
{
	struct watch *w = arg;
	struct cpulist now;
	int r = worker_affinity(&w->task->worker, &now);

	if (r < 0)
		w->seen->affinity_error = -r;
	else if (!cpulist_intersects(&now, &w->seen->online) ||
		 cpulist_count(&w->seen->affinity) == 0)
		w->seen->affinity = now;
	return r < 0 || !cpulist_intersects(&w->seen->affinity, &w->seen->online) ||
	       wait_now_ns() >= w->until_ns;
}

static void look(struct task *t, struct task_seen *seen)
{
	struct turns_wait wait = { .worker = &t->worker, .cpu = -1 };
	int64_t began = wait_now_ns();
	struct watch watch = { .task = t, .seen = seen };
	uint64_t start = atomic_load(&t->worker.beats);

	/* The turn that is under way may have begun before; the one after it has not. */
	wait.want = start + 2;
	if (wait_until(has_turned, &wait, worker_deadline(WORKER_LIMIT_NS)) > 0) {
		watch.until_ns = wait_now_ns() + WATCH_NS;
		(void)!wait_until(has_watched, &watch, watch.until_ns + wait_scaled(NS_PER_S));
		seen->last_seen = atomic_load(&t->worker.cpu);
		seen->turns = atomic_load(&t->worker.beats) - start - 1;
	}
	seen->waited_ns = wait_now_ns() - began;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct task *t = state;
	struct task_seen seen = {
		.cpu = act->cpu, .online = act->online, .last_seen = -1, .proc_cpu = -1
	};

	if (t->cpu < 0)
		return 0;
	if (act->is_done && act->cpu == t->cpu && stage_cpu_is_dead(s, act->cpu)) {
		look(t, &seen);
		if (worker_stat(stage_box(s), &t->worker, &seen.proc_state, &seen.proc_cpu) < 0)
			seen.proc_cpu = -1;
		seen.is_window_closed = cpu_is_fully_offline(stage_box(s), act->cpu);
		task_judge(&seen, &f);
		finding_tell(&t->voice, s, act, &f);
	}
	stop_running(t);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct task *t = state;
	int r;

	finding_tell_silent(&t->voice, s, "no CPU with the thread on it went off in this scenario");
	r = worker_stop(&t->worker);
	if (r == 0)
		free(t);
	return r;
}

const struct witness witness_task = {
	.id = "task",
	.summary = "a thread that is bound to the dying CPU and runs",
	.explain = "Runs on the CPU, without sleeping, from before the act until it was judged.",
	.claims = CLAIMS(&leaves_dying_cpu, &keeps_progress, &affinity_usable),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
