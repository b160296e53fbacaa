// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads of other scheduling classes and weights than the plain one, bound to the CPU that goes
 * off: they must be moved as what they are. SCHED_DEADLINE may not be bound, and has a scenario of
 * its own (cpu.deadline). How soon they run is not judged.
 */
#include "witnesses/sched/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/sync/pending.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define TICK_NS (15 * NS_PER_MS)

static const struct claim rt_keeps_policy = {
	.id = "task.rt-keeps-policy",
	.summary = "A FIFO or RR task of the CPU moves with its policy and priority",
	.explain =
		"Real-time threads that are bound to the dying CPU have to run elsewhere as what they are: same policy, same priority, within "
		"10 s (scaled), and still so on the CPU's return. One of them wakes again and again all through the act. A failure means that a real-time thread became an "
		"ordinary one, or was forgotten in the queues of the dead CPU.",
	.refs = REFS("man:sched(7)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:rt-policy-lost", "unit:rt-policy-lost", "unit:rt-stuck"),
};

static const struct claim nice_keeps_policy = {
	.id = "task.nice-keeps-policy",
	.summary = "A task of the CPU moves with its nice value and its batch policy",
	.explain =
		"Threads with a nice value, and SCHED_BATCH threads, that are bound to the dying CPU keep both when they are woken "
		"elsewhere, and on the CPU's return. A failure means that background work suddenly competes with the rest, or the other way around.",
	.refs = REFS("man:sched(7)"),
	.faults = FAULTS("kmod:nice-lost", "unit:nice-lost"),
};

struct attr { /* of sched_getattr(2); the C library has none */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static const struct kind {
	const char *name;
	struct policy_values values;
	bool is_ticking;
} kinds[] = {
	{ "hp-fifo", { SCHED_FIFO, 12, 0 }, true },
	{ "hp-rr", { SCHED_RR, 7, 0 }, false },
	{ "hp-batch", { SCHED_BATCH, 0, 5 }, false },
	{ "hp-nice", { SCHED_OTHER, 0, -5 }, false },
};

#define N_KINDS ARRAY_SIZE(kinds)

struct policies {
	struct finding_voice voice;
	struct worker workers[N_KINDS];
	struct presence presences[N_KINDS];
	struct pending pending;
	int cpu; /* where all were proved to have run; -1: nothing to judge */
};

static void note(struct worker *w)
{
	struct policies *p = w->arg;

	presence_note(&p->presences[w - p->workers]);
}

/* Wakes by itself while is_spinning is set, so that it is moved in the middle of something. */
static void run(struct worker *w)
{
	worker_tick(w, TICK_NS, note);
}

static int set_values(int tid, const struct policy_values *v)
{
	struct attr attr = { .size = sizeof(attr),
			     .policy = (uint32_t)v->policy,
			     .priority = (uint32_t)v->priority,
			     .nice = v->nice };

	return syscall(SYS_sched_setattr, tid, &attr, 0) < 0 ? -errno : 0;
}

static int get_values(int tid, struct policy_values *ret)
{
	struct attr attr = { .size = sizeof(attr) };

	if (syscall(SYS_sched_getattr, tid, &attr, sizeof(attr), 0) < 0)
		return -errno;
	*ret = (struct policy_values){ (int)attr.policy, (int)attr.priority, attr.nice };
	return 0;
}

static const char *policy_name(int policy)
{
	static const char *const names[] = { "OTHER", "FIFO", "RR", "BATCH" };

	return policy >= 0 && policy < (int)ARRAY_SIZE(names) ? names[policy] : "?";
}

static bool is_rt(const struct policy_values *v)
{
	return v->policy == SCHED_FIFO || v->policy == SCHED_RR;
}

void policy_judge(const struct policy_seen *seen, struct findings *ret)
{
	const struct policy_values *was = &seen->was, *now = &seen->now;
	const struct claim *claim = is_rt(was) ? &rt_keeps_policy : &nice_keeps_policy;
	const char *where = seen->is_back ? "back" : "off";
	json_t *data = json_pack("{s:i, s:b, s:s, s:i, s:i, s:i, s:f}", "cpu", seen->cpu, "back",
				 seen->is_back, "policy", policy_name(now->policy), "priority",
				 now->priority, "nice", now->nice, "ran_on",
				 seen->has_run ? seen->ran_on : -1, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);

	if (!seen->is_window_closed)
		finding_add(ret, claim, FINDING_UNEXERCISED, data,
			    "cpu%d did not stay as it was while the thread was watched", seen->cpu);
	else if (seen->error)
		finding_add(ret, claim, FINDING_ERROR, data,
			    "sched_getattr() of the thread failed: %s", error_name(seen->error));
	else if (!seen->has_run && !is_rt(was))
		finding_add(ret, claim, FINDING_UNEXERCISED, data,
			    "the thread was woken and did not get to run yet, so it was not moved");
	else if (!seen->has_run)
		finding_add(
			ret, claim, FINDING_UNMET, data,
			"cpu%d is %s: a SCHED_%s thread of priority %d was woken and did not run within %.0f ms",
			seen->cpu, where, policy_name(was->policy), was->priority,
			(double)seen->waited_ns / NS_PER_MS);
	else
		finding_add(
			ret, claim,
			was->policy == now->policy && was->priority == now->priority &&
					was->nice == now->nice &&
					cpulist_has(&seen->online, seen->ran_on)
				? FINDING_MET
				: FINDING_UNMET,
			data,
			"cpu%d is %s: a thread that was SCHED_%s, priority %d, nice %d is SCHED_%s, %d, %d and ran on cpu%d",
			seen->cpu, where, policy_name(was->policy), was->priority, was->nice,
			policy_name(now->policy), now->priority, now->nice, seen->ran_on);
}

static int stop_all(struct policies *p)
{
	int r = 0;

	for (size_t i = 0; i < N_KINDS; i++)
		if (worker_stop(&p->workers[i]) < 0)
			r = -ETIMEDOUT;
	return r;
}

static int plant(struct stage *s, void **ret_state)
{
	struct policies *p = calloc(1, sizeof(*p));
	int r = 0;

	(void)s;
	if (!p)
		return -ENOMEM;
	p->voice.witness = &witness_task_policy;
	p->cpu = -1;
	for (size_t i = 0; i < N_KINDS && r == 0; i++)
		r = worker_start(&p->workers[i], kinds[i].name, run, p);
	if (r < 0) {
		if (stop_all(p) == 0)
			free(p);
		return r;
	}
	*ret_state = p;
	return 0;
}

static void collect(struct stage *s, struct policies *p)
{
	const struct act *act = &p->pending.act;
	_cleanup_findings_ struct findings f = {};

	if (!pending_take(&p->pending))
		return;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct worker *w = &p->workers[i];
		struct policy_seen seen = { .cpu = act->cpu,
					    .is_back = act->verb == ACT_ONLINE,
					    .online = act->online,
					    .was = kinds[i].values };

		seen.has_run = worker_await(w, pending_deadline(&p->pending)) > 0;
		seen.waited_ns = wait_now_ns() - p->pending.asked_ns;
		seen.ran_on = atomic_load(&w->cpu);
		seen.error = -get_values(atomic_load(&w->tid), &seen.now);
		seen.is_window_closed = pending_is_window_closed(&p->pending, s);
		policy_judge(&seen, &f);
	}
	finding_tell(&p->voice, s, act, &f);
}

/* NULL: it is what it is to be, is bound to the CPU and has been woken. */
static const char *bind_one(struct policies *p, size_t i, int cpu)
{
	const struct policy_values *values = &kinds[i].values;
	struct cpulist own = cpulist_of(cpu);
	struct worker *w = &p->workers[i];
	struct policy_values now;
	int tid = atomic_load(&w->tid);

	if (!worker_is_idle(w))
		return "has not come back from the act before";
	presence_want(&p->presences[i], cpu);
	if (worker_pin(w, &own, worker_deadline(NS_PER_S)) < 0)
		return "could not be bound to it";
	if (set_values(tid, values) < 0 || get_values(tid, &now) < 0 ||
	    memcmp(&now, values, sizeof(now)) != 0)
		return "could not be given its policy";
	atomic_store(&w->is_spinning, kinds[i].is_ticking);
	worker_ask(w);
	return NULL;
}

static void let_go(struct policies *p)
{
	for (size_t i = 0; i < N_KINDS; i++)
		atomic_store(&p->workers[i].is_spinning, false);
	p->cpu = -1;
}

static void say_unexercised(struct stage *s, struct policies *p, const struct act *act, size_t i,
			    const char *why)
{
	_cleanup_findings_ struct findings f = {};

	let_go(p);
	finding_add(&f, is_rt(&kinds[i].values) ? &rt_keeps_policy : &nice_keeps_policy,
		    FINDING_UNEXERCISED, NULL, "the thread \"%s\" for cpu%d %s", kinds[i].name,
		    act->cpu, why);
	finding_tell(&p->voice, s, act, &f);
}

/* They come onto the CPU while the other witnesses make ready: whether they did is seen after(). */
static int before(struct stage *s, void *state, const struct act *act)
{
	struct policies *p = state;

	collect(s, p);
	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	p->cpu = act->cpu;
	for (size_t i = 0; i < N_KINDS; i++) {
		const char *why = bind_one(p, i, act->cpu);

		if (why)
			say_unexercised(s, p, act, i, why);
	}
	return 0;
}

static void ask_all(struct policies *p, const struct act *act)
{
	pending_begin(&p->pending, act);
	for (size_t i = 0; i < N_KINDS; i++)
		worker_ask(&p->workers[i]);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct policies *p = state;

	if (p->cpu < 0 || act->cpu != p->cpu || act->verb == ACT_WRITE || act->is_noop)
		return 0;
	if (!act->is_done || (act->verb == ACT_OFFLINE && !stage_cpu_is_dead(s, act->cpu))) {
		let_go(p);
		return 0;
	}
	for (size_t i = 0; i < N_KINDS && act->verb == ACT_OFFLINE; i++)
		if (!presence_is_proved(&p->presences[i], act))
			say_unexercised(s, p, act, i, "did not run there in time");
	if (p->cpu < 0)
		return 0;
	ask_all(p, act);
	if (act->verb == ACT_ONLINE)
		let_go(p);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct policies *p = state;
	int r;

	collect(s, p);
	finding_tell_silent(&p->voice, s,
			    "no CPU with the threads on it went off in this scenario");
	r = stop_all(p);
	if (r == 0)
		free(p);
	return r;
}

const struct witness witness_task_policy = {
	.id = "task-policy",
	.summary = "threads of other policies and weights, bound to the dying CPU",
	.explain =
		"A FIFO thread that wakes again and again, and an RR, a batch and a nice one that sleep; all are woken once the CPU is off and once it is back.",
	.claims = CLAIMS(&rt_keeps_policy, &nice_keeps_policy),
	.needs = NEEDS(&need_real_box, &need_root),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
