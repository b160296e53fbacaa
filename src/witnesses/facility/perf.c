// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters of perf_perf_event_clock(2): one of the CPU that goes, one of a thread that is bound to
 * it. Software clocks only: they are everywhere. Events of hardware, and the masks of uncore
 * devices, are not its matter.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/facility/perf_event.h"
#include "witnesses/finding.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define BURN_NS (2 * NS_PER_MS) /* of CPU time, so that a counter has something to count */
#define PROOF_NS (5 * NS_PER_S)

static const struct claim cpu_event_freezes = {
	.id = "perf.cpu-event-freezes",
	.summary = "A CPU's event stands still, readable, without it; a new one counts",
	.explain =
		"A cpu-clock event of the CPU, proved to count: once the CPU is off, reading it must work and give the same value each time, and opening another must fail with ENODEV. "
		"After the return a new event must open and count; what the old one does then is not judged. A failure means that a monitor hangs, "
		"reads nonsense, or loses a CPU for good.",
	.refs = REFS("man:perf_perf_event_clock(2)", "kernel/events/core.c: perf_event_exit_cpu()"),
	.faults = FAULTS("kmod:perf-wrong-errno"),
};

static const struct claim task_event_counts = {
	.id = "perf.task-event-counts",
	.summary = "A bound thread's event goes on counting when its CPU goes",
	.explain =
		"A task-clock event of a thread that is bound to the CPU, compared with CLOCK_THREAD_CPUTIME_ID of that thread: while the CPU is off, and after its return, it must "
		"count at least half of the 2 ms that the thread uses on purpose. A failure means that the event stayed behind on the dead CPU when the thread left it.",
	.refs = REFS("man:perf_perf_event_clock(2)"),
	.faults = FAULTS("kmod:task-event-left-behind"),
};

struct perf {
	struct finding_voice voice;
	struct worker worker;
	atomic_int task_fd;         /* the thread opens it for itself; -errno */
	_Atomic int64_t counted_ns; /* by the event, in the last burn */
	_Atomic int64_t used_ns;    /* by the thread, in it */
	int cpu_fd, cpu;            /* the event of that CPU; -1: none */
	bool is_off;
};

/*
 * The thread's: uses up some CPU time, and notes what its event made of it. The event is read first
 * and last, so that whatever the thread is made to wait for in between is in both, or in the event
 * alone.
 */
static void burn(struct perf *p)
{
	int64_t first = 0, last = 0, began, used;
	int fd = atomic_load(&p->task_fd), r = perf_event_read(fd, &first);

	began = wait_thread_cpu_ns();
	while ((used = wait_thread_cpu_ns() - began) < BURN_NS)
		;
	if (r == 0)
		r = perf_event_read(fd, &last);
	atomic_store(&p->used_ns, used);
	atomic_store(&p->counted_ns, r < 0 ? 0 : last - first);
}

static void run(struct worker *w)
{
	struct perf *p = w->arg;
	uint64_t asks;

	atomic_store(&p->task_fd, perf_event_clock(PERF_COUNT_SW_TASK_CLOCK, 0, -1));
	while ((asks = worker_wait(w)) > 0) {
		burn(p);
		atomic_store(&w->cpu, worker_getcpu());
		worker_answer(w, asks);
	}
}

static int plant(struct stage *s, void **ret_state)
{
	struct perf *p = calloc(1, sizeof(*p));
	int r;

	(void)s;
	if (!p)
		return -ENOMEM;
	p->voice.witness = &witness_perf;
	p->cpu_fd = p->cpu = -1;
	atomic_store(&p->task_fd, -1);
	r = worker_start(&p->worker, "hp-perf", run, p);
	if (r < 0) {
		if (worker_stop(&p->worker) == 0)
			free(p);
		return r;
	}
	*ret_state = p;
	return 0;
}

static void let_go(struct perf *p)
{
	cleanup_close(&p->cpu_fd);
	p->cpu_fd = p->cpu = -1;
	p->is_off = false;
}

static bool burn_once(struct perf *p, int64_t limit_ns)
{
	worker_ask(&p->worker);
	return worker_await(&p->worker, worker_deadline(limit_ns)) > 0;
}

/* NULL, or why nothing is watched on this CPU. */
static const char *watch(struct perf *p, int cpu)
{
	struct cpulist own = cpulist_of(cpu);
	int64_t first = 0, second = 0;

	if (worker_await(&p->worker, worker_deadline(PROOF_NS)) <= 0 ||
	    worker_pin(&p->worker, &own, worker_deadline(PROOF_NS)) < 0)
		return "the thread could not be bound to it";
	p->cpu_fd = perf_event_clock(PERF_COUNT_SW_CPU_CLOCK, -1, cpu);
	if (p->cpu_fd < 0 || perf_event_read(p->cpu_fd, &first) < 0)
		return "no event could be opened for it";
	if (!burn_once(p, PROOF_NS) || atomic_load(&p->worker.cpu) != cpu)
		return "the thread did not run there";
	if (perf_event_read(p->cpu_fd, &second) < 0 || second <= first)
		return "its event did not count before it went";
	if (atomic_load(&p->counted_ns) * 2 < BURN_NS)
		return "the thread's event did not count before it went";
	return NULL;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct perf *p = state;
	const char *why;

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	let_go(p);
	why = watch(p, act->cpu);
	if (!why) {
		p->cpu = act->cpu;
		return 0;
	}
	let_go(p);
	finding_add(&f, &cpu_event_freezes, FINDING_UNEXERCISED, NULL, "cpu%d: %s", act->cpu, why);
	finding_add(&f, &task_event_counts, FINDING_UNEXERCISED, NULL, "cpu%d: %s", act->cpu, why);
	finding_tell(&p->voice, s, act, &f);
	return 0;
}

/*
 * Held against what it was to use, and not against what it was charged: a virtual CPU that stands
 * still for some ms charges them to the thread, and its event need not see them (docs/seen.md). An
 * event that was left behind counts nothing.
 */
static void judge_task(struct perf *p, const struct act *act, bool has_run, struct findings *ret)
{
	double used = (double)atomic_load(&p->used_ns) / NS_PER_MS;
	double counted = (double)atomic_load(&p->counted_ns) / NS_PER_MS;
	json_t *data = json_pack("{s:i, s:f, s:f, s:i}", "cpu", act->cpu, "used_ms", used,
				 "counted_ms", counted, "ran_on", atomic_load(&p->worker.cpu));

	if (!has_run)
		finding_add(ret, &task_event_counts, FINDING_UNEXERCISED, data,
			    "the thread of cpu%d did not run in time", act->cpu);
	else
		finding_add(
			ret, &task_event_counts,
			counted * 2 >= (double)BURN_NS / NS_PER_MS ? FINDING_MET : FINDING_UNMET,
			data,
			"cpu%d %s: the thread used %.2f ms on cpu%d, and its event counted %.2f ms",
			act->cpu, act->verb == ACT_ONLINE ? "came back" : "went off", used,
			atomic_load(&p->worker.cpu), counted);
}

static void judge_frozen(struct stage *s, struct perf *p, const struct act *act, int64_t first,
			 int r, struct findings *ret)
{
	int64_t second = -1;
	int r2 = perf_event_read(p->cpu_fd, &second);
	int opened = perf_event_clock(PERF_COUNT_SW_CPU_CLOCK, -1, act->cpu);
	json_t *data = json_pack("{s:i, s:I, s:I, s:s, s:s}", "cpu", act->cpu, "first",
				 (json_int_t)first, "second", (json_int_t)second, "read",
				 error_name(r < 0 ? r : r2), "open",
				 opened < 0 ? error_name(opened) : "OK");

	if (opened >= 0)
		close(opened);
	if (!cpu_is_fully_offline(stage_box(s), act->cpu))
		finding_add(ret, &cpu_event_freezes, FINDING_UNEXERCISED, data,
			    "cpu%d was not off all the time", act->cpu);
	else
		finding_add(
			ret, &cpu_event_freezes,
			r == 0 && r2 == 0 && first == second && opened == -ENODEV ? FINDING_MET
										  : FINDING_UNMET,
			data,
			"cpu%d is off: its event reads %lld and then %lld (%s), and opening another gives %s",
			act->cpu, (long long)first, (long long)second, error_name(r < 0 ? r : r2),
			opened < 0 ? error_name(opened) : "OK");
}

static void judge_return(struct perf *p, const struct act *act, struct findings *ret)
{
	int64_t first = 0, second = 0;
	int fd = perf_event_clock(PERF_COUNT_SW_CPU_CLOCK, -1, act->cpu), r = fd < 0 ? fd : 0;

	if (r == 0)
		r = perf_event_read(fd, &first);
	wait_pause(BURN_NS);
	if (r == 0)
		r = perf_event_read(fd, &second);
	cleanup_close(&fd);
	(void)p;
	finding_add(ret, &cpu_event_freezes, r == 0 && second > first ? FINDING_MET : FINDING_UNMET,
		    json_pack("{s:i, s:s, s:I}", "cpu", act->cpu, "result", error_name(r),
			      "counted", (json_int_t)(second - first)),
		    "cpu%d came back: a new event gave %s and counted %lld ns", act->cpu,
		    error_name(r), (long long)(second - first));
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct perf *p = state;
	int64_t first = -1;
	bool has_run;
	int r;

	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	if (!act->is_done || act->cpu != p->cpu || (act->verb == ACT_ONLINE && !p->is_off)) {
		if (act->verb == ACT_OFFLINE)
			let_go(p);
		return 0;
	}
	r = perf_event_read(p->cpu_fd, &first);
	has_run = burn_once(p, WORKER_LIMIT_NS);
	judge_task(p, act, has_run, &f);
	if (act->verb == ACT_OFFLINE)
		judge_frozen(s, p, act, first, r, &f);
	else
		judge_return(p, act, &f);
	p->is_off = act->verb == ACT_OFFLINE;
	if (!p->is_off)
		let_go(p);
	finding_tell(&p->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct perf *p = state;
	int fd;

	finding_tell_silent(&p->voice, s, "no CPU with events on it went off in this scenario");
	let_go(p);
	if (worker_stop(&p->worker) < 0)
		return -ETIMEDOUT;
	fd = atomic_load(&p->task_fd);
	cleanup_close(&fd);
	free(p);
	return 0;
}

const struct witness witness_perf = {
	.id = "perf",
	.summary = "perf events of the dying CPU, and of a thread that is bound to it",
	.explain =
		"The thread uses 2 ms of CPU time before the CPU goes, while it is off, and after its return.",
	.claims = CLAIMS(&cpu_event_freezes, &task_event_counts),
	.needs = NEEDS(&need_real_box, &need_perf),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
