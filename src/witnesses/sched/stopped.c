// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that ran on the CPU and stands still when it goes: stopped by a signal, by a tracer, by
 * the freezer of cgroup v2, in turn. It is let go while the CPU is off and must go on elsewhere.
 * Ordinary sleep is task/sleeper.c; uninterruptible sleep is the disk's business.
 */
#include "witnesses/sched/stopped.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/puppet.h"
#include "base/wait.h"
#include "box/cgroup.h"
#include "stage/needs.h"
#include "witnesses/sync/pending.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define PAUSE_NS (4 * NS_PER_MS)
#define HALT_LIMIT_NS (5 * NS_PER_S)

static const struct claim stopped_survives = {
	.id = "task.stopped-survives",
	.summary = "A stopped, traced or frozen task of the CPU goes on when let go",
	.explain =
		"A process runs on the CPU and is halted before it goes: by SIGSTOP, by ptrace, by the freezer of cgroup v2, in turn. It must "
		"run on an online CPU within 10 s (scaled) once it is let go while the CPU is off. That it is still "
		"counted to the dead CPU meanwhile is legal. A failure means that a debugger, a job control shell or a container "
		"manager never gets its task back.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst", "kernel/signal.c",
		     "kernel/cgroup/freezer.c"),
	.faults = FAULTS("kmod:stopped-task-lost", "unit:stopped-task-lost"),
};

enum how { HOW_SIGNAL, HOW_TRACER, HOW_FREEZER, N_HOW };

static const char *const hows[N_HOW] = { "stopped", "traced", "frozen" };

struct stopped {
	struct finding_voice voice;
	struct box *box;
	struct puppet *puppet;
	char *group; /* NULL: this box has no freezer */
	enum how how;
	bool is_held;
	struct pending pending;
	struct stopped_seen seen; /* what was seen of it while it was halted */
	uint64_t turns;           /* when it was let go */
};

void stopped_judge(const struct stopped_seen *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:s, s:i, s:b, s:b, s:i, s:f}", "how", seen->how, "cpu",
				 seen->cpu, "was_there", seen->was_there, "goes_on", seen->goes_on,
				 "ran_on", seen->ran_on, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);

	if (!seen->is_window_closed)
		finding_add(ret, &stopped_survives, FINDING_UNEXERCISED, data,
			    "cpu%d did not stay off while the %s process was watched", seen->cpu,
			    seen->how);
	else if (!seen->was_there && seen->goes_on)
		finding_add(ret, &stopped_survives, FINDING_UNEXERCISED, data,
			    "the process was %s elsewhere than on cpu%d", seen->how, seen->cpu);
	else if (!seen->goes_on)
		finding_add(
			ret, &stopped_survives, FINDING_UNMET, data,
			"a process was %s on cpu%d, was let go while that is off and did not run within %.0f ms",
			seen->how, seen->cpu, (double)seen->waited_ns / NS_PER_MS);
	else
		finding_add(
			ret, &stopped_survives,
			cpulist_has(&seen->online, seen->ran_on) ? FINDING_MET : FINDING_UNMET,
			data,
			"a process was %s on cpu%d, was let go while that is off and ran on cpu%d; CPUs %s are online",
			seen->how, seen->cpu, seen->ran_on, cpulist_str(&seen->online));
}

static int halt(struct stopped *t)
{
	pid_t pid = puppet_pid(t->puppet);

	switch (t->how) {
	case HOW_SIGNAL: return kill(pid, SIGSTOP) < 0 ? -errno : 0;
	case HOW_TRACER:
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
		    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
			return -errno;
		return 0;
	case HOW_FREEZER: return box_writef(t->box, "1", "%s/cgroup.freeze", t->group);
	case N_HOW: break;
	}
	return -EINVAL;
}

static void let_go(struct stopped *t)
{
	pid_t pid = puppet_pid(t->puppet);

	t->is_held = false;
	switch (t->how) {
	case HOW_SIGNAL: kill(pid, SIGCONT); break;
	case HOW_TRACER: ptrace(PTRACE_DETACH, pid, NULL, NULL); break;
	case HOW_FREEZER: (void)!box_writef(t->box, "0", "%s/cgroup.freeze", t->group); break;
	case N_HOW: break;
	}
}

static bool is_halted(void *arg)
{
	_cleanup_free_ char *events = NULL;
	struct stopped *t = arg;
	pid_t pid = puppet_pid(t->puppet);
	char state = '?';
	int cpu, status;

	switch (t->how) {
	case HOW_SIGNAL:
		return worker_stat_at(t->box, &state, &cpu, "proc/%d", (int)pid) == 0 &&
		       state == 'T';
	case HOW_TRACER: return waitpid(pid, &status, WNOHANG | __WALL) == pid;
	case HOW_FREEZER:
		return box_readf(t->box, &events, "%s/cgroup.events", t->group) == 0 &&
		       strstr(events, "frozen 1");
	case N_HOW: break;
	}
	return false;
}

static int64_t turn(void *arg)
{
	(void)arg;
	return PAUSE_NS;
}

static int plant(struct stage *s, void **ret_state)
{
	struct stopped *t = calloc(1, sizeof(*t));
	_cleanup_free_ char *why = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (!t)
		return -ENOMEM;
	t->voice.witness = &witness_task_stopped;
	t->box = stage_box(s);
	if (cgroup_probe(t->box, NULL, &why) > 0 && cgroup_make("freezer", &t->group) == 0)
		fd = cgroup_open(t->group);
	r = puppet_start_turning("hp-stopped", fd, turn, NULL, &t->puppet);
	if (r < 0) {
		cgroup_remove(t->group);
		free(t->group);
		free(t);
		return r;
	}
	*ret_state = t;
	return 0;
}

/*
 * NULL: it is bound to the CPU, is woken and then halted. That it came to a halt there, and not
 * elsewhere, is seen after the act: once the CPU is dead nobody can get onto it any more.
 */
static const char *halt_on(struct stopped *t, int cpu)
{
	struct cpulist own = cpulist_of(cpu);

	if (puppet_await(t->puppet, wait_now_ns()) <= 0)
		return "has not come back from the act before";
	if (puppet_pin(t->puppet, &own) < 0)
		return "could not be bound to it";
	puppet_spin(t->puppet, true);
	if (halt(t) < 0)
		return "could not be halted";
	t->is_held = true;
	return NULL;
}

static void rest(struct stopped *t)
{
	if (t->is_held)
		let_go(t);
	puppet_spin(t->puppet, false);
}

/* The turn that it was halted in may end first; the one after it is new. */
static bool has_gone_on(void *arg)
{
	const struct stopped *t = arg;

	return puppet_turns(t->puppet) >= t->turns + 2;
}

static void collect(struct stage *s, struct stopped *t)
{
	_cleanup_findings_ struct findings f = {};
	struct stopped_seen *seen = &t->seen;

	if (!pending_take(&t->pending))
		return;
	seen->goes_on = wait_until(has_gone_on, t, pending_deadline(&t->pending)) > 0;
	seen->waited_ns = wait_now_ns() - t->pending.asked_ns;
	seen->ran_on = puppet_cpu(t->puppet);
	seen->is_window_closed = pending_is_window_closed(&t->pending, s);
	rest(t);
	stopped_judge(seen, &f);
	finding_tell(&t->voice, s, &t->pending.act, &f);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct stopped *t = state;
	const char *why;

	collect(s, t);
	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	t->how = (t->how + 1) % N_HOW;
	if (t->how == HOW_FREEZER && !t->group)
		t->how = HOW_SIGNAL;
	why = halt_on(t, act->cpu);
	if (!why)
		return 0;
	rest(t);
	finding_add(&f, &stopped_survives, FINDING_UNEXERCISED, NULL,
		    "the process to be %s on cpu%d %s", hows[t->how], act->cpu, why);
	finding_tell(&t->voice, s, act, &f);
	return 0;
}

/* The CPU is dead: does it stand still, and was it there? */
static void look(struct stage *s, struct stopped *t, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	char state = '?';
	int cpu = -1;

	if (wait_until(is_halted, t, worker_deadline(HALT_LIMIT_NS)) <= 0) {
		finding_add(&f, &stopped_survives, FINDING_UNEXERCISED, NULL,
			    "the process could not be %s in time", hows[t->how]);
		finding_tell(&t->voice, s, act, &f);
		rest(t);
		return;
	}
	(void)!worker_stat_at(t->box, &state, &cpu, "proc/%d", (int)puppet_pid(t->puppet));
	t->seen = (struct stopped_seen){
		.how = hows[t->how],
		.cpu = act->cpu,
		.was_there = cpu == act->cpu,
		.online = act->online,
	};
	t->turns = puppet_turns(t->puppet);
	let_go(t);
	pending_begin(&t->pending, act);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct stopped *t = state;

	if (!t->is_held || act->verb == ACT_WRITE)
		return 0;
	if (act->verb == ACT_OFFLINE && act->is_done && stage_cpu_is_dead(s, act->cpu)) {
		look(s, t, act);
	} else {
		(void)!wait_until(is_halted, t, worker_deadline(HALT_LIMIT_NS));
		rest(t);
	}
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct stopped *t = state;

	collect(s, t);
	finding_tell_silent(&t->voice, s, "no CPU with the process on it went off here");
	puppet_end(t->puppet);
	cgroup_remove(t->group);
	free(t->group);
	free(t);
	return 0;
}

const struct witness witness_task_stopped = {
	.id = "task-stopped",
	.summary = "a process that is halted on the dying CPU",
	.explain =
		"It is stopped by a signal, by a tracer, by the freezer, in turn, and let go while the CPU is off.",
	.claims = CLAIMS(&stopped_survives),
	.needs = NEEDS(&need_real_box, &need_root),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
