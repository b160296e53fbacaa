// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that is bound to the CPU, forks children and waits for them all through the act: each
 * child must end once, with the status that it was told. How many there are in an act is not
 * judged.
 */
#include "witnesses/sched/exits.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/puppet.h"
#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/sync/pending.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define BATCH 3
#define PAUSE_NS (30 * NS_PER_MS) /* a storm would be a load, and is not needed */
#define STACK_SIZE 16384

static const struct claim exactly_once = {
	.id = "task.exactly-once",
	.summary = "Each child ends exactly once, with its own exit status",
	.explain =
		"While the CPU goes or comes, a process that was bound to it forks children and waits for them: no child may be missing, come "
		"twice, or have another exit status than the one that it ended with, and the process must get to the end of it within 10 s (scaled). "
		"A failure means that a task was lost between two run queues, or that its end was.",
	.refs = REFS("man:wait(2)", "kernel/exit.c"),
	.faults = FAULTS("kmod:exit-status-lost", "unit:child-lost", "unit:child-wrong-status"),
};

/* Shared with the process. */
struct book {
	_Atomic uint64_t begun, ended, wrong, alien, failed;
	_Atomic int64_t last_ns; /* when the last batch began */
	struct presence presence;
	alignas(64) char stacks[BATCH][STACK_SIZE];
};

struct exits {
	struct finding_voice voice;
	struct puppet *puppet;
	struct book *book;
	struct pending pending;
	struct exits_count before;
	bool is_running, was_there, was_during;
};

static int end_child(void *arg)
{
	syscall(SYS_exit_group, (int)(intptr_t)arg);
	return 0;
}

/*
 * In the process, after a fork in one with threads: no lock may be taken, so no fork() of the C
 * library. The child shares the memory: a copy would be what costs most.
 */
static pid_t begin_child(char *stack, int status)
{
	return clone(end_child, stack + STACK_SIZE, CLONE_VM | SIGCHLD, (void *)(intptr_t)status);
}

static int status_of(uint64_t n)
{
	return (int)(n % 126) + 1;
}

static int64_t one_batch(void *arg)
{
	struct book *b = arg;
	uint64_t first = atomic_load(&b->begun);
	pid_t pids[BATCH];
	int n = 0, status;

	atomic_store(&b->last_ns, wait_now_ns());
	for (int i = 0; i < BATCH; i++) {
		pids[i] = begin_child(b->stacks[i], status_of(first + (uint64_t)i));
		if (pids[i] < 0)
			atomic_fetch_add(&b->failed, 1);
		else
			n++;
		atomic_fetch_add(&b->begun, pids[i] >= 0);
	}
	while (n > 0) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int which = -1;

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break; /* lost: `ended` stays behind */
		for (int i = 0; i < BATCH && which < 0; i++)
			if (pids[i] == pid)
				which = i;
		if (which < 0) {
			atomic_fetch_add(&b->alien, 1);
			continue;
		}
		pids[which] = -1;
		n--;
		atomic_fetch_add(&b->ended, 1);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != status_of(first + (uint64_t)which))
			atomic_fetch_add(&b->wrong, 1);
	}
	presence_note(&b->presence);
	return PAUSE_NS;
}

static struct exits_count count(const struct exits *e)
{
	return (struct exits_count){
		.begun = atomic_load(&e->book->begun),
		.ended = atomic_load(&e->book->ended),
		.wrong = atomic_load(&e->book->wrong),
		.alien = atomic_load(&e->book->alien),
		.failed = atomic_load(&e->book->failed),
	};
}

void exits_judge(const struct exits_seen *seen, struct findings *ret)
{
	const struct exits_count *a = &seen->before, *b = &seen->after;
	unsigned long long begun = b->begun - a->begun, ended = b->ended - a->ended;
	unsigned long long wrong = b->wrong - a->wrong, alien = b->alien - a->alien;
	bool is_exact = begun == ended && wrong == 0 && alien == 0;
	json_t *data = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "begun", (json_int_t)begun,
				 "ended", (json_int_t)ended, "wrong", (json_int_t)wrong, "alien",
				 (json_int_t)alien, "failed", (json_int_t)(b->failed - a->failed),
				 "finished", seen->has_finished);

	if (!seen->has_finished)
		finding_add(
			ret, &exactly_once, FINDING_UNMET, data,
			"the process that forks did not get to the end of its batch within %.0f ms: %llu children begun, %llu ended",
			(double)seen->waited_ns / NS_PER_MS, begun, ended);
	else if (is_exact && (!seen->was_there || !seen->was_during))
		finding_add(ret, &exactly_once, FINDING_UNEXERCISED, data,
			    "no child could be forked %s",
			    seen->was_there ? "while the act was under way"
					    : "on the CPU before the act");
	else
		finding_add(
			ret, &exactly_once, is_exact ? FINDING_MET : FINDING_UNMET, data,
			"%llu children were forked and %llu waited for, %llu of them with a wrong status, %llu of nobody",
			begun, ended, wrong, alien);
}

static int plant(struct stage *s, void **ret_state)
{
	struct exits *e = calloc(1, sizeof(*e));
	int r;

	(void)s;
	if (!e)
		return -ENOMEM;
	e->voice.witness = &witness_task_exits;
	e->book = mmap(NULL, sizeof(*e->book), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (e->book == MAP_FAILED) {
		free(e);
		return -ENOMEM;
	}
	r = puppet_start_turning("hp-exits", -1, one_batch, e->book, &e->puppet);
	if (r < 0) {
		munmap(e->book, sizeof(*e->book));
		free(e);
		return r;
	}
	*ret_state = e;
	return 0;
}

static void collect(struct stage *s, struct exits *e)
{
	struct exits_seen seen = { .before = e->before,
				   .was_there = e->was_there,
				   .was_during = e->was_during };
	_cleanup_findings_ struct findings f = {};

	if (!pending_take(&e->pending))
		return;
	seen.has_finished = puppet_await(e->puppet, pending_deadline(&e->pending)) > 0;
	seen.waited_ns = wait_now_ns() - e->pending.asked_ns;
	seen.after = count(e);
	exits_judge(&seen, &f);
	finding_tell(&e->voice, s, &e->pending.act, &f);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct cpulist where = act->verb == ACT_OFFLINE ? cpulist_of(act->cpu) : act->online_before;
	struct exits *e = state;

	collect(s, e);
	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	e->before = count(e);
	presence_want(&e->book->presence, act->verb == ACT_OFFLINE ? act->cpu : -1);
	e->is_running = puppet_await(e->puppet, wait_now_ns()) > 0 &&
			puppet_pin(e->puppet, &where) == 0;
	if (e->is_running) {
		puppet_spin(e->puppet, true);
		return 0;
	}
	finding_add(&f, &exactly_once, FINDING_UNEXERCISED, NULL,
		    "no process could be made to fork on CPUs %s before the act",
		    cpulist_str(&where));
	finding_tell(&e->voice, s, act, &f);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct exits *e = state;

	(void)s;
	if (!e->is_running)
		return 0;
	e->is_running = false;
	e->was_there = presence_is_proved(&e->book->presence, act);
	e->was_during = atomic_load(&e->book->last_ns) > act->began_ns;
	puppet_spin(e->puppet, false);
	puppet_ask(e->puppet);
	if (act->is_done)
		pending_begin(&e->pending, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct exits *e = state;

	collect(s, e);
	finding_tell_silent(&e->voice, s, "no CPU went off or came back in this scenario");
	puppet_end(e->puppet);
	munmap(e->book, sizeof(*e->book));
	free(e);
	return 0;
}

const struct witness witness_task_exits = {
	.id = "task-exits",
	.summary = "a process on the dying CPU that forks children and waits for them",
	.explain =
		"Forks three children at a time, each with an exit status of its own, from before the act until after it.",
	.claims = CLAIMS(&exactly_once),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
