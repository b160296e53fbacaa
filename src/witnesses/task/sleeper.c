// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two threads that sleep, bound to the CPU that goes off. It is legal that they stay there, with
 * their mask, for as long as nobody wakes them. One is woken while the CPU is off and must run
 * elsewhere; the other is left asleep and must find everything as it was once the CPU is back.
 * Where they sleep meanwhile is not judged.
 */
#include "witnesses/task/sleeper.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define PROOF_LIMIT_NS (5 * NS_PER_S)

static const struct claim sleeper_wakes = {
	.id = "task.sleeper-wakes",
	.summary = "A sleeper bound to an offline CPU runs on an online CPU once woken",
	.explain =
		"A thread that sleeps is not moved when its CPU goes off: that happens when it is woken. The thread is proved to have run "
		"on the CPU and to sleep there; it is woken while the CPU is off. A failure means that the wake-up was lost or that the thread was put "
		"on the dead CPU: programs hang until the CPU returns, or for ever.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:wakeup-lost", "unit:sleeper-wakes-on-dead-cpu",
			 "unit:sleeper-never-wakes"),
};

static const struct claim sleeper_keeps_mask = {
	.id = "task.sleeper-keeps-mask",
	.summary = "A sleeper that nobody woke is still bound to its CPU on its return",
	.explain =
		"Unlike a task that runs, one that sleeps through the absence of its CPU keeps its affinity: once the CPU is back, it wakes there. "
		"While the CPU is off, `sched_getaffinity()` of it is empty, which is legal. A failure means that a program that bound "
		"its threads loses that for no reason. In a cpuset other than the root the mask follows the cpuset's rules: not exercised.",
	.refs = REFS("man:sched_setaffinity(2)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:sleeper-mask-lost", "unit:sleeper-mask-lost"),
};

/* One that is kept for a CPU; it is free again when that CPU has returned. */
struct kept {
	struct worker worker;
	int cpu;     /* -1: free */
	bool is_off; /* the CPU went off with it */
	struct kept *next;
};

struct sleepers {
	struct finding_voice voice;
	struct worker woken;
	int cpu; /* where `woken` sleeps for the act that comes; -1: nowhere */
	struct kept *kept;
};

void task_sleeper_judge_woken(const struct task_sleeper_woken *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:i, s:i, s:f, s:s}", "cpu", seen->cpu, "woke_on",
				 seen->has_woken ? seen->woke_on : -1, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS, "online",
				 cpulist_str(&seen->online));

	if (!seen->is_window_closed)
		finding_add(ret, &sleeper_wakes, FINDING_UNEXERCISED, data,
			    "cpu%d was not off all the time that the sleeper was watched",
			    seen->cpu);
	else if (!seen->has_woken)
		finding_add(
			ret, &sleeper_wakes, FINDING_UNMET, data,
			"a thread that sleeps bound to cpu%d was woken while it is off and did not run within %.0f ms",
			seen->cpu, (double)seen->waited_ns / NS_PER_MS);
	else
		finding_add(
			ret, &sleeper_wakes,
			cpulist_has(&seen->online, seen->woke_on) ? FINDING_MET : FINDING_UNMET,
			data,
			"a sleeper bound to cpu%d, woken while that is off, ran on cpu%d; CPUs %s are online",
			seen->cpu, seen->woke_on, cpulist_str(&seen->online));
}

void task_sleeper_judge_kept(const struct task_sleeper_kept *seen, struct findings *ret)
{
	struct cpulist own = cpulist_of(seen->cpu);
	json_t *data = json_pack("{s:i, s:s, s:i, s:f}", "cpu", seen->cpu, "affinity",
				 cpulist_str(&seen->affinity), "woke_on",
				 seen->has_woken ? seen->woke_on : -1, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);

	if (!seen->is_in_root_cpuset)
		finding_add(
			ret, &sleeper_keeps_mask, FINDING_UNEXERCISED, data,
			"this process is not in the root cpuset: the kernel may replace its threads' masks");
	else if (seen->affinity_error)
		finding_add(ret, &sleeper_keeps_mask, FINDING_ERROR, data,
			    "sched_getaffinity() of the sleeper failed: %s",
			    error_name(seen->affinity_error));
	else if (!cpulist_equal(&seen->affinity, &own))
		finding_add(
			ret, &sleeper_keeps_mask, FINDING_UNMET, data,
			"a thread slept bound to cpu%d while that was off, and its affinity is \"%s\" on its return",
			seen->cpu, cpulist_str(&seen->affinity));
	else if (!seen->has_woken)
		finding_add(
			ret, &sleeper_keeps_mask, FINDING_UNMET, data,
			"a thread that slept bound to cpu%d did not run within %.0f ms when woken after its return",
			seen->cpu, (double)seen->waited_ns / NS_PER_MS);
	else
		finding_add(
			ret, &sleeper_keeps_mask,
			seen->woke_on == seen->cpu ? FINDING_MET : FINDING_UNMET, data,
			"a thread that slept bound to cpu%d through its absence has affinity \"%s\" and woke on cpu%d",
			seen->cpu, cpulist_str(&seen->affinity), seen->woke_on);
}

bool task_sleeper_is_in_root_cpuset(struct box *box)
{
	_cleanup_free_ char *text = NULL;
	int r = box_readf(box, &text, "proc/self/cpuset");

	return r == -ENOENT || (r == 0 && text[0] == '/' && text[1] == '\0');
}

/* NULL: the thread ran on the CPU, is bound to it and sleeps now; else why not. */
static const char *lay_down(struct stage *s, struct worker *w, int cpu)
{
	struct cpulist own = cpulist_of(cpu), now;
	int64_t deadline = worker_deadline(PROOF_LIMIT_NS);

	if (worker_await(w, deadline) <= 0)
		return "has not come back from the act before";
	if (worker_pin(w, &own, deadline) < 0)
		return "could not be bound to it";
	worker_ask(w);
	if (worker_await(w, deadline) <= 0)
		return "did not run in time";
	if (atomic_load(&w->cpu) != cpu)
		return "did not run there";
	if (worker_await_asleep(stage_box(s), w, cpu, deadline) <= 0)
		return "was not seen asleep there";
	if (worker_affinity(w, &now) < 0 || !cpulist_equal(&now, &own))
		return "is not bound to it although the kernel said so";
	return NULL;
}

static int plant(struct stage *s, void **ret_state)
{
	struct sleepers *p = calloc(1, sizeof(*p));
	int r;

	(void)s;
	if (!p)
		return -ENOMEM;
	p->voice.witness = &witness_task_sleeper;
	p->cpu = -1;
	r = worker_start(&p->woken, "hp-sleeper-woken", worker_run_answer, NULL);
	if (r < 0) {
		if (worker_stop(&p->woken) == 0)
			free(p);
		return r;
	}
	*ret_state = p;
	return 0;
}

static struct kept *kept_of(struct sleepers *p, int cpu)
{
	for (struct kept *k = p->kept; k; k = k->next)
		if (k->cpu == cpu)
			return k;
	return NULL;
}

/* A free one, or a new one: as many as there are CPUs away at once. */
static struct kept *take_kept(struct sleepers *p, int cpu)
{
	struct kept *k = kept_of(p, cpu);

	if (!k)
		k = kept_of(p, -1);
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return NULL;
		k->cpu = -1;
		k->next = p->kept;
		p->kept = k;
		/* If it does not start, laying it down says so. */
		if (worker_start(&k->worker, "hp-sleeper-kept", worker_run_answer, NULL) < 0 &&
		    !k->worker.is_started) {
			p->kept = k->next;
			free(k);
			return NULL;
		}
	}
	k->is_off = false;
	return k;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct sleepers *p = state;
	struct kept *k;
	const char *why;

	p->cpu = -1;
	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	why = lay_down(s, &p->woken, act->cpu);
	if (why)
		finding_add(&f, &sleeper_wakes, FINDING_UNEXERCISED, NULL,
			    "the sleeper for cpu%d %s", act->cpu, why);
	else
		p->cpu = act->cpu;
	k = take_kept(p, act->cpu);
	why = k ? lay_down(s, &k->worker, act->cpu) : "could not be started";
	if (k)
		k->cpu = why ? -1 : act->cpu;
	if (why)
		finding_add(&f, &sleeper_keeps_mask, FINDING_UNEXERCISED, NULL,
			    "the sleeper for cpu%d %s", act->cpu, why);
	finding_tell(&p->voice, s, act, &f);
	return 0;
}

static void wake_woken(struct stage *s, struct sleepers *p, const struct act *act,
		       struct findings *f)
{
	struct task_sleeper_woken seen = { .cpu = act->cpu, .online = act->online };
	int64_t began = wait_now_ns();

	worker_ask(&p->woken);
	seen.has_woken = worker_await(&p->woken, worker_deadline(WORKER_LIMIT_NS)) > 0;
	seen.waited_ns = wait_now_ns() - began;
	seen.woke_on = atomic_load(&p->woken.cpu);
	seen.is_window_closed = cpu_is_fully_offline(stage_box(s), act->cpu);
	task_sleeper_judge_woken(&seen, f);
}

static void wake_kept(struct stage *s, struct kept *k, struct findings *f)
{
	struct task_sleeper_kept seen = { .cpu = k->cpu };
	int64_t began = wait_now_ns();

	seen.is_in_root_cpuset = task_sleeper_is_in_root_cpuset(stage_box(s));
	seen.affinity_error = -worker_affinity(&k->worker, &seen.affinity);
	worker_ask(&k->worker);
	seen.has_woken = worker_await(&k->worker, worker_deadline(WORKER_LIMIT_NS)) > 0;
	seen.waited_ns = wait_now_ns() - began;
	seen.woke_on = atomic_load(&k->worker.cpu);
	task_sleeper_judge_kept(&seen, f);
	k->cpu = -1;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct sleepers *p = state;
	struct kept *k = act->cpu >= 0 ? kept_of(p, act->cpu) : NULL;

	if (act->verb == ACT_OFFLINE && !act->is_noop) {
		bool is_off = act->is_done && stage_cpu_is_dead(s, act->cpu);

		if (k && is_off)
			k->is_off = true;
		else if (k)
			k->cpu = -1;
		if (p->cpu == act->cpu && is_off)
			wake_woken(s, p, act, &f);
	} else if (act->verb == ACT_ONLINE && act->is_done && k && k->is_off) {
		wake_kept(s, k, &f);
	}
	finding_tell(&p->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct sleepers *p = state;
	struct kept *next;
	int r = worker_stop(&p->woken), stopped;

	finding_tell_silent(
		&p->voice, s,
		"no CPU with the sleeper on it went off and came back in this scenario");
	for (struct kept *k = p->kept; k; k = next) {
		next = k->next;
		stopped = worker_stop(&k->worker);
		if (stopped == 0)
			free(k);
		else
			r = stopped;
	}
	if (r == 0)
		free(p);
	return r;
}

const struct witness witness_task_sleeper = {
	.id = "task-sleeper",
	.summary = "two threads that sleep, bound to the dying CPU",
	.explain = "One is woken while the CPU is off, the other one after its return.",
	.claims = CLAIMS(&sleeper_wakes, &sleeper_keeps_mask),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
