// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls of membarrier(2) while a CPU goes and comes: the expedited ones interrupt other CPUs and
 * wait for them, the global one waits for an RCU grace period. What they order is not judged.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/sync/errand.h"
#include "witnesses/witnesses.h"

#define PAUSE_NS (30 * NS_PER_MS)

static const struct claim membarrier_completes = {
	.id = "ipi.membarrier-completes",
	.summary = "Interrupts between CPUs are answered while a CPU goes or comes",
	.explain =
		"The expedited calls of membarrier() interrupt every CPU that runs a thread of the process (or of any registered one) and wait until all have answered. A thread "
		"makes them all through the act; it must go on within 10 s (scaled) after it, without an error. A failure means that an interrupt was sent to a CPU that "
		"is not there, or that one that is there does not listen.",
	.refs = REFS("man:membarrier(2)",
		     "commit: smp: Fix offline cpu check in flush_smp_call_function_queue()"),
	.faults = FAULTS("kmod:membarrier-stuck"),
};

static const struct claim rcu_progresses = {
	.id = "rcu.progresses",
	.summary = "An RCU grace period that begins after an act ends in time",
	.explain =
		"membarrier(MEMBARRIER_CMD_GLOBAL) waits for a grace period. One that begins once the CPU is off must end without it within 10 s (scaled); one that "
		"begins once it is back must end too. A failure means that RCU waits for a CPU that is gone, or that the thread that drives it was "
		"lost with it: sooner or later everything stops that frees memory, closes files or unmounts.",
	.refs = REFS("Documentation/RCU/rcu.rst", "Documentation/RCU/stallwarn.rst",
		     "commit: rcu: Defer RCU kthreads wakeup when CPU is dying"),
	.faults = FAULTS("kmod:grace-period-stuck"),
};

struct barriers {
	struct finding_voice voice;
	struct worker worker;
	int commands; /* that this kernel has; the worker's own */
	atomic_int error;
	struct errand rcu;
	struct pending pending;
	struct presence presence;
	bool is_running, was_going;
};

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

static const struct {
	int command, registration;
} expedited[] = {
	{ MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED },
	{ MEMBARRIER_CMD_GLOBAL_EXPEDITED, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED },
	{ MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE },
};

/* As far as the kernel has them. Here and not in plant(): each waits for a grace period. */
static void register_all(struct barriers *b)
{
	int has = membarrier(MEMBARRIER_CMD_QUERY);

	for (size_t i = 0; i < ARRAY_SIZE(expedited) && has > 0; i++)
		if (has & expedited[i].command && membarrier(expedited[i].registration) == 0)
			b->commands |= expedited[i].command;
}

static void call_all(struct worker *w)
{
	struct barriers *b = w->arg;

	for (size_t i = 0; i < ARRAY_SIZE(expedited); i++)
		if (b->commands & expedited[i].command && membarrier(expedited[i].command) < 0)
			atomic_store(&b->error, errno);
	presence_note(&b->presence);
}

static void run(struct worker *w)
{
	register_all(w->arg);
	worker_tick(w, PAUSE_NS, call_all);
}

static int call_global(void *arg)
{
	(void)arg;
	return membarrier(MEMBARRIER_CMD_GLOBAL) < 0 ? errno : 0;
}

static int stop_all(struct barriers *b)
{
	int r = worker_stop(&b->worker), ended = errand_end(&b->rcu);

	if (r == 0)
		r = ended;
	if (r == 0)
		free(b);
	return r;
}

static int plant(struct stage *s, void **ret_state)
{
	struct barriers *b = calloc(1, sizeof(*b));
	int r;

	(void)s;
	if (!b)
		return -ENOMEM;
	b->voice.witness = &witness_membarrier;
	r = worker_start(&b->worker, "hp-membarrier", run, b);
	if (r == 0)
		r = errand_new(&b->rcu, "hp-rcu", call_global, NULL);
	if (r < 0) {
		(void)!stop_all(b);
		return r;
	}
	*ret_state = b;
	return 0;
}

static void collect_rcu(struct stage *s, struct barriers *b)
{
	_cleanup_findings_ struct findings f = {};
	struct errand_seen seen;
	json_t *data;

	if (!errand_collect(&b->rcu, s, &seen))
		return;
	data = json_pack("{s:i, s:b, s:b, s:s, s:f}", "cpu", seen.act.cpu, "off", seen.is_off,
			 "ended", seen.has_ended, "result", error_name(seen.result), "took_ms",
			 (double)seen.took_ns / NS_PER_MS);
	if (!seen.is_window_closed)
		finding_add(&f, &rcu_progresses, FINDING_UNEXERCISED, data,
			    "cpu%d did not stay as it was meanwhile", seen.act.cpu);
	else if (seen.has_ended && seen.result)
		finding_add(&f, &rcu_progresses, FINDING_UNEXERCISED, data,
			    "the kernel does not wait for grace periods here: %s",
			    error_name(seen.result));
	else if (cpulist_count(&seen.act.online) < 2)
		finding_add(&f, &rcu_progresses, FINDING_UNEXERCISED, data,
			    "with one CPU online there is nothing to wait for");
	else
		finding_add(&f, &rcu_progresses, seen.has_ended ? FINDING_MET : FINDING_UNMET, data,
			    "cpu%d is %s: a grace period %s %.0f ms", seen.act.cpu,
			    seen.is_off ? "off" : "back",
			    seen.has_ended ? "took" : "has not ended after",
			    (double)seen.took_ns / NS_PER_MS);
	finding_tell(&b->voice, s, &seen.act, &f);
}

static void collect_calls(struct stage *s, struct barriers *b)
{
	const struct act *act = &b->pending.act;
	_cleanup_findings_ struct findings f = {};
	bool does_go_on;
	json_t *data;
	double ms;

	if (!pending_take(&b->pending))
		return;
	does_go_on = worker_await(&b->worker, pending_deadline(&b->pending)) > 0;
	ms = (double)(wait_now_ns() - b->pending.asked_ns) / NS_PER_MS;
	data = json_pack("{s:i, s:b, s:s}", "cpu", act->cpu, "goes_on", does_go_on, "error",
			 error_name(atomic_load(&b->error)));
	if (does_go_on && (!b->was_going || !b->commands))
		finding_add(&f, &membarrier_completes, FINDING_UNEXERCISED, data,
			    "the calls did not get going before the act");
	else if (does_go_on)
		finding_add(&f, &membarrier_completes,
			    atomic_load(&b->error) == 0 ? FINDING_MET : FINDING_UNMET, data,
			    "calls of membarrier() while cpu%d %s, and after it, came back: %s",
			    act->cpu, act->verb == ACT_OFFLINE ? "went" : "came",
			    error_name(atomic_load(&b->error)));
	else
		finding_add(&f, &membarrier_completes, FINDING_UNMET, data,
			    "a call of membarrier() while cpu%d %s has not come back after %.0f ms",
			    act->cpu, act->verb == ACT_OFFLINE ? "went" : "came", ms);
	finding_tell(&b->voice, s, act, &f);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct barriers *b = state;

	collect_rcu(s, b);
	collect_calls(s, b);
	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	if (!worker_is_idle(&b->worker)) {
		finding_add(&f, &membarrier_completes, FINDING_UNEXERCISED, NULL,
			    "the thread that calls has not come back from the act before");
		finding_tell(&b->voice, s, act, &f);
		return 0;
	}
	atomic_store(&b->error, 0);
	presence_want(&b->presence, -1);
	b->is_running = true;
	atomic_store(&b->worker.is_spinning, true);
	worker_ask(&b->worker);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct barriers *b = state;

	errand_begin(&b->rcu, s, act);
	if (!b->is_running)
		return 0;
	b->is_running = false;
	b->was_going = presence_is_proved(&b->presence, act);
	atomic_store(&b->worker.is_spinning, false);
	worker_ask(&b->worker);
	if (act->is_done)
		pending_begin(&b->pending, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct barriers *b = state;

	collect_rcu(s, b);
	collect_calls(s, b);
	finding_tell_silent(&b->voice, s, "no CPU went off or came back in this scenario");
	return stop_all(b);
}

static int probe(struct box *box, char **ret_why)
{
	(void)box;
	if (membarrier(MEMBARRIER_CMD_QUERY) >= 0)
		return 1;
	*ret_why = strdup("this kernel has no membarrier(2)");
	return 0;
}

static const struct need need_membarrier = {
	.id = "box.membarrier",
	.summary = "a kernel with membarrier(2)",
	.probe = probe,
};

const struct witness witness_membarrier = {
	.id = "membarrier",
	.summary = "calls of membarrier(2) while a CPU goes and comes",
	.explain =
		"Expedited ones, which interrupt other CPUs, from before the act until after it; then a global one, which waits for a grace period.",
	.claims = CLAIMS(&membarrier_completes, &rcu_progresses),
	.needs = NEEDS(&need_real_box, &need_membarrier),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
