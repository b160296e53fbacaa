// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What sched_setaffinity(2) says to a mask with an offline CPU. What becomes of the mask afterwards
 * is not judged: Linux 6.1 forgets the CPU for good, 6.12 does not.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/sync/pending.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

static const struct claim set_offline_refused = {
	.id = "task.set-offline-refused",
	.summary = "Binding to an offline CPU gives EINVAL, to it and another one works",
	.explain =
		"While CPU N is off, `sched_setaffinity()` to {N} must be refused with EINVAL, and to {A, N} be accepted: the thread runs on A. "
		"A failure means that a thread can be bound to where it will never run, or that programs that name a CPU too many cannot be bound at all.",
	.refs = REFS("man:sched_setaffinity(2)"),
	.faults = FAULTS("kmod:set-offline-taken", "kmod:set-partly-offline-refused"),
};

struct binder {
	struct finding_voice voice;
	struct worker worker;
	struct pending pending;
	int other, alone, together; /* a CPU that is online; what binding gave */
};

static int plant(struct stage *s, void **ret_state)
{
	struct binder *b = calloc(1, sizeof(*b));
	int r;

	(void)s;
	if (!b)
		return -ENOMEM;
	b->voice.witness = &witness_task_setaffinity;
	r = worker_start(&b->worker, "hp-setaffinity", worker_run_answer, NULL);
	if (r < 0) {
		if (worker_stop(&b->worker) == 0)
			free(b);
		return r;
	}
	*ret_state = b;
	return 0;
}

static int bind_to(const struct worker *w, const struct cpulist *cpus)
{
	cpu_set_t set;

	cpulist_to_cpu_set(cpus, &set);
	return sched_setaffinity(atomic_load(&w->tid), sizeof(set), &set) < 0 ? errno : 0;
}

static void collect(struct stage *s, struct binder *b)
{
	const struct act *act = &b->pending.act;
	_cleanup_findings_ struct findings f = {};
	struct cpulist both = cpulist_of(act->cpu);
	int ran_on = -1;
	bool has_run;
	json_t *data;

	if (!pending_take(&b->pending))
		return;
	cpulist_add(&both, b->other);
	has_run = worker_await(&b->worker, pending_deadline(&b->pending)) > 0;
	if (has_run)
		ran_on = atomic_load(&b->worker.cpu);
	data = json_pack("{s:i, s:i, s:s, s:s, s:i}", "cpu", act->cpu, "other", b->other, "alone",
			 error_name(b->alone), "together", error_name(b->together), "ran_on",
			 ran_on);
	if (!pending_is_window_closed(&b->pending, s))
		finding_add(&f, &set_offline_refused, FINDING_UNEXERCISED, data,
			    "cpu%d did not stay off meanwhile", act->cpu);
	else
		finding_add(
			&f, &set_offline_refused,
			b->alone == EINVAL && b->together == 0 && ran_on == b->other
				? FINDING_MET
				: FINDING_UNMET,
			data,
			"cpu%d is off: binding a thread to it gave %s, to CPUs %s gave %s, and it %s cpu%d",
			act->cpu, error_name(b->alone), cpulist_str(&both), error_name(b->together),
			has_run ? "ran on" : "did not run, last on", atomic_load(&b->worker.cpu));
	(void)!bind_to(&b->worker, &act->online);
	finding_tell(&b->voice, s, act, &f);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	(void)act;
	collect(s, state);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct cpulist own = cpulist_of(act->cpu), both, may;
	struct binder *b = state;

	if (act->verb != ACT_OFFLINE || !act->is_done || !stage_cpu_is_dead(s, act->cpu))
		return 0;
	if (worker_affinity(&b->worker, &may) < 0)
		may = (struct cpulist){};
	may = cpulist_and(&may, &act->online);
	b->other = cpulist_next(&may, 0);
	if (!worker_is_idle(&b->worker) || b->other < 0) {
		finding_add(&f, &set_offline_refused, FINDING_UNEXERCISED, NULL,
			    "the thread has not come back from the act before");
		finding_tell(&b->voice, s, act, &f);
		return 0;
	}
	both = own;
	cpulist_add(&both, b->other);
	b->alone = bind_to(&b->worker, &own);
	b->together = bind_to(&b->worker, &both);
	pending_begin(&b->pending, act);
	worker_ask(&b->worker);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct binder *b = state;
	int r;

	collect(s, b);
	finding_tell_silent(&b->voice, s, "no CPU went off in this scenario");
	r = worker_stop(&b->worker);
	if (r == 0)
		free(b);
	return r;
}

const struct witness witness_task_setaffinity = {
	.id = "task-setaffinity",
	.summary = "sched_setaffinity() to a CPU that is off",
	.explain =
		"Binds a thread to the CPU that has just gone off, and to that CPU and another one.",
	.claims = CLAIMS(&set_offline_refused),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
