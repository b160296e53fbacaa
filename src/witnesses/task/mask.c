// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thread that may run on two CPUs, one of which goes off and returns; and a thread that is bound
 * to a CPU that has just returned. What sched_setaffinity() does to a mask while a CPU is off is
 * not judged: Linux 6.1 and 6.12 differ.
 */
#include "witnesses/task/mask.h"

#include <errno.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/task/sleeper.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define PROOF_LIMIT_NS (5 * NS_PER_S)

static const struct claim partial_mask = {
	.id = "task.partial-mask",
	.summary = "A mask with one more CPU lives on it, and is whole on the return",
	.explain =
		"A thread that may run on CPUs A and N runs on when N goes off; `sched_getaffinity()` shows only A then, and both again once N is back. "
		"The thread is proved to have run on N before. A failure means that the thread was lost, or that its mask was "
		"cut for good: after enough cycles everything crowds on the first CPUs. In a cpuset other than the root the mask follows the cpuset's rules: not exercised.",
	.refs = REFS("man:sched_setaffinity(2)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:partial-mask-lost", "unit:partial-mask-lost",
			 "unit:partial-mask-holds-dead-cpu"),
};

static const struct claim repins = {
	.id = "task.repins",
	.summary = "A task can be bound to a CPU that has returned, and runs there",
	.explain =
		"After a return, `sched_setaffinity()` to that CPU must succeed and the thread must run there within 10 s (scaled). It is not asked "
		"whether the scheduler chooses the CPU by itself: that is policy. With cpusets EINVAL is legal for a moment. A failure means that the CPU is "
		"online and of no use: it is not among the active CPUs, or its run queue is not served.",
	.refs = REFS("man:sched_setaffinity(2)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:repin-refused", "kmod:repin-ignored", "unit:repin-refused",
			 "unit:repin-elsewhere"),
};

/* One for each CPU that is away; free again when that CPU has returned. */
struct partial {
	struct worker worker;
	int cpu, other; /* -1: free */
	bool is_off;
	bool was_other_off; /* both were away at once: nothing can be said any more */
	struct partial *next;
};

struct masks {
	struct finding_voice voice;
	struct partial *partials;
	struct worker repin;
};

static void judge_partial_off(const struct task_mask_partial *seen, json_t *data,
			      struct findings *ret)
{
	bool is_right = !cpulist_has(&seen->affinity, seen->cpu) &&
			cpulist_has(&seen->affinity, seen->other) &&
			cpulist_has(&seen->online, seen->ran_on);

	finding_add(ret, &partial_mask, is_right ? FINDING_MET : FINDING_UNMET, data,
		    "cpu%d is off: a thread with mask %d,%d shows affinity \"%s\" and ran on cpu%d",
		    seen->cpu, seen->other, seen->cpu, cpulist_str(&seen->affinity), seen->ran_on);
}

void task_mask_judge_partial(const struct task_mask_partial *seen, struct findings *ret)
{
	struct cpulist both = cpulist_of(seen->cpu);
	json_t *data = json_pack("{s:i, s:i, s:b, s:s, s:i, s:f}", "cpu", seen->cpu, "other",
				 seen->other, "back", seen->is_back, "affinity",
				 cpulist_str(&seen->affinity), "ran_on",
				 seen->has_run ? seen->ran_on : -1, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);

	cpulist_add(&both, seen->other);
	if (!seen->is_other_online)
		finding_add(ret, &partial_mask, FINDING_UNEXERCISED, data,
			    "CPUs %d and %d were both off: the mask had nothing to live on",
			    seen->cpu, seen->other);
	else if (seen->affinity_error)
		finding_add(ret, &partial_mask, FINDING_ERROR, data,
			    "sched_getaffinity() of the thread failed: %s",
			    error_name(seen->affinity_error));
	else if (!seen->has_run)
		finding_add(ret, &partial_mask, FINDING_UNMET, data,
			    "a thread with mask %d,%d did not run within %.0f ms %s cpu%d %s",
			    seen->other, seen->cpu, (double)seen->waited_ns / NS_PER_MS,
			    seen->is_back ? "after" : "while", seen->cpu,
			    seen->is_back ? "had returned" : "was off");
	else if (!seen->is_in_root_cpuset)
		finding_add(
			ret, &partial_mask, FINDING_UNEXERCISED, data,
			"this process is not in the root cpuset: the kernel may replace its threads' masks");
	else if (!seen->is_back)
		judge_partial_off(seen, data, ret);
	else
		finding_add(
			ret, &partial_mask,
			cpulist_equal(&seen->affinity, &both) && cpulist_has(&both, seen->ran_on)
				? FINDING_MET
				: FINDING_UNMET,
			data,
			"cpu%d is back: a thread with mask %d,%d shows affinity \"%s\" and ran on cpu%d",
			seen->cpu, seen->other, seen->cpu, cpulist_str(&seen->affinity),
			seen->ran_on);
}

void task_mask_judge_repin(const struct task_mask_repin *seen, struct findings *ret)
{
	struct cpulist own = cpulist_of(seen->cpu);
	json_t *data = json_pack("{s:i, s:s, s:s, s:b, s:f}", "cpu", seen->cpu, "error",
				 error_name(seen->pin_error), "affinity",
				 cpulist_str(&seen->affinity), "ran", seen->has_run, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);

	if (seen->pin_error)
		finding_add(ret, &repins, FINDING_UNMET, data,
			    "sched_setaffinity() to cpu%d, which has returned, gave %s for %.0f ms",
			    seen->cpu, error_name(seen->pin_error),
			    (double)seen->waited_ns / NS_PER_MS);
	else if (seen->is_in_root_cpuset && !cpulist_equal(&seen->affinity, &own))
		finding_add(
			ret, &repins, FINDING_UNMET, data,
			"sched_setaffinity() to cpu%d, which has returned, said success, and the affinity is \"%s\"",
			seen->cpu, cpulist_str(&seen->affinity));
	else if (!seen->has_run)
		finding_add(
			ret, &repins, FINDING_UNMET, data,
			"a thread bound to cpu%d, which has returned, did not run there within %.0f ms (last on cpu%d)",
			seen->cpu, (double)seen->waited_ns / NS_PER_MS, seen->last_cpu);
	else
		finding_add(
			ret, &repins, FINDING_MET, data,
			"a thread was bound to cpu%d after its return and ran there after %.1f ms",
			seen->cpu, (double)seen->waited_ns / NS_PER_MS);
}

static struct partial *partial_of(struct masks *m, int cpu)
{
	for (struct partial *p = m->partials; p; p = p->next)
		if (p->cpu == cpu)
			return p;
	return NULL;
}

static struct partial *take_partial(struct masks *m, int cpu)
{
	struct partial *p = partial_of(m, cpu);

	if (!p)
		p = partial_of(m, -1);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return NULL;
		p->cpu = -1;
		if (worker_start(&p->worker, "hp-partial", worker_run_answer, NULL) < 0 &&
		    !p->worker.is_started) {
			free(p);
			return NULL;
		}
		p->next = m->partials;
		m->partials = p;
	}
	p->cpu = -1;
	p->is_off = p->was_other_off = false;
	return p;
}

/* NULL: the thread ran on the CPU and may now run there and on the other one. */
static const char *spread(struct worker *w, int cpu, int other)
{
	struct cpulist own = cpulist_of(cpu), both = own;
	int64_t deadline = worker_deadline(PROOF_LIMIT_NS);

	cpulist_add(&both, other);
	if (worker_await(w, deadline) <= 0)
		return "has not come back from the act before";
	if (worker_pin(w, &own, deadline) < 0)
		return "could not be bound to it";
	worker_ask(w);
	if (worker_await(w, deadline) <= 0 || atomic_load(&w->cpu) != cpu)
		return "did not run there in time";
	if (worker_pin(w, &both, deadline) < 0)
		return "could not be given a second CPU";
	return NULL;
}

static int plant(struct stage *s, void **ret_state)
{
	struct masks *m = calloc(1, sizeof(*m));
	int r;

	(void)s;
	if (!m)
		return -ENOMEM;
	m->voice.witness = &witness_task_mask;
	r = worker_start(&m->repin, "hp-repin", worker_run_answer, NULL);
	if (r < 0) {
		if (worker_stop(&m->repin) == 0)
			free(m);
		return r;
	}
	*ret_state = m;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct masks *m = state;
	struct cpulist others = cpulist_minus(&act->online_before, &(struct cpulist){});
	struct partial *p;
	const char *why = "could not be started";
	int other;

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	cpulist_del(&others, act->cpu);
	/* The first one: it is the least likely to go off too. */
	other = cpulist_next(&others, 0);
	if (other < 0)
		return 0;
	p = take_partial(m, act->cpu);
	if (p)
		why = spread(&p->worker, act->cpu, other);
	if (why) {
		finding_add(&f, &partial_mask, FINDING_UNEXERCISED, NULL, "the thread for cpu%d %s",
			    act->cpu, why);
		finding_tell(&m->voice, s, act, &f);
		return 0;
	}
	p->cpu = act->cpu;
	p->other = other;
	return 0;
}

static void look_partial(struct stage *s, struct partial *p, const struct act *act,
			 struct findings *f)
{
	struct task_mask_partial seen = {
		.cpu = p->cpu,
		.other = p->other,
		.is_back = act->verb == ACT_ONLINE,
		.is_other_online = !p->was_other_off && cpulist_has(&act->online, p->other),
		.online = act->online,
		.is_in_root_cpuset = task_sleeper_is_in_root_cpuset(stage_box(s)),
	};
	int64_t began = wait_now_ns();

	seen.affinity_error = -worker_affinity(&p->worker, &seen.affinity);
	worker_ask(&p->worker);
	seen.has_run = worker_await(&p->worker, worker_deadline(WORKER_LIMIT_NS)) > 0;
	seen.waited_ns = wait_now_ns() - began;
	seen.ran_on = atomic_load(&p->worker.cpu);
	task_mask_judge_partial(&seen, f);
}

struct repin_try {
	struct worker *worker;
	struct task_mask_repin *seen;
	int64_t deadline_ns;
};

/* True when it ran there, or never will. In a cpuset the mask may be rewritten once: bound again.
 */
static bool is_repinned(void *arg)
{
	struct repin_try *t = arg;
	struct cpulist own = cpulist_of(t->seen->cpu);

	t->seen->pin_error = -worker_pin(t->worker, &own, t->deadline_ns);
	if (t->seen->pin_error)
		return true;
	if (worker_affinity(t->worker, &t->seen->affinity) < 0)
		t->seen->affinity = (struct cpulist){};
	worker_ask(t->worker);
	if (worker_await(t->worker, t->deadline_ns) <= 0)
		return true;
	t->seen->last_cpu = atomic_load(&t->worker->cpu);
	t->seen->has_run = t->seen->last_cpu == t->seen->cpu;
	return t->seen->has_run || t->seen->is_in_root_cpuset;
}

static void look_repin(struct stage *s, struct masks *m, const struct act *act, struct findings *f)
{
	struct task_mask_repin seen = { .cpu = act->cpu, .last_cpu = -1 };
	struct repin_try repin = { .worker = &m->repin,
				   .seen = &seen,
				   .deadline_ns = worker_deadline(WORKER_LIMIT_NS) };
	int64_t began = wait_now_ns();

	seen.is_in_root_cpuset = task_sleeper_is_in_root_cpuset(stage_box(s));
	if (!worker_is_idle(&m->repin)) {
		finding_add(f, &repins, FINDING_UNEXERCISED, NULL,
			    "the thread has not come back from the act before");
		return;
	}
	(void)!wait_until(is_repinned, &repin, repin.deadline_ns);
	seen.waited_ns = wait_now_ns() - began;
	task_mask_judge_repin(&seen, f);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct masks *m = state;
	struct partial *p = act->cpu >= 0 && act->verb != ACT_WRITE ? partial_of(m, act->cpu)
								    : NULL;

	for (struct partial *q = m->partials; q && act->verb == ACT_OFFLINE && act->is_done;
	     q = q->next)
		if (q->cpu >= 0 && q->other == act->cpu)
			q->was_other_off = true;
	if (act->verb == ACT_OFFLINE && p && !act->is_noop) {
		p->is_off = act->is_done && stage_cpu_is_dead(s, act->cpu);
		if (p->is_off)
			look_partial(s, p, act, &f);
		else
			p->cpu = -1;
	} else if (act->verb == ACT_ONLINE && act->is_done) {
		if (p && p->is_off)
			look_partial(s, p, act, &f);
		if (p)
			p->cpu = -1;
		look_repin(s, m, act, &f);
	}
	finding_tell(&m->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct masks *m = state;
	struct partial *next;
	int r = worker_stop(&m->repin), stopped;

	finding_tell_silent(&m->voice, s, "no CPU went off or came back in this scenario");
	for (struct partial *p = m->partials; p; p = next) {
		next = p->next;
		stopped = worker_stop(&p->worker);
		if (stopped == 0)
			free(p);
		else
			r = stopped;
	}
	if (r == 0)
		free(m);
	return r;
}

const struct witness witness_task_mask = {
	.id = "task-mask",
	.summary = "a thread with a mask of two CPUs, and one bound to a returned CPU",
	.explain =
		"The masks of threads while one of their CPUs is off, and binding to it once it is back.",
	.claims = CLAIMS(&partial_mask, &repins),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
