// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One scenario: remember the box, fork the child that plays, watch it, put the box back. A second
 * try of what failed is retry.c's; whether what failed is a defect is not asked here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "run/internal.h"
#include "stage/act.h"

#define CHILD_OK 0
#define CHILD_FAILED 3

unsigned long run_taint(struct box *box)
{
	_cleanup_free_ char *text = NULL;

	return box_readf(box, &text, "proc/sys/kernel/tainted") == 0 ? strtoul(text, NULL, 10) : 0;
}

static void stop(struct run *run, char *why)
{
	if (run->stopped)
		free(why);
	else
		run->stopped = why;
}

static void child(struct run *run, struct stage *stage, pid_t parent)
{
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A group of its own: the parent can end what it started, and a terminal's ^C does not
	 * reach it. */
	setpgid(0, 0);
	run_signals_restore();
	cleanup_close(&run->guardian_fd);
	cleanup_close(&run->lock_fd);
	if (getppid() != parent)
		_exit(CHILD_OK);
	r = stage_play(stage);
	_exit(r == -EOPNOTSUPP || journal_error(run->journal) == 0 ? CHILD_OK : CHILD_FAILED);
}

/* Forks and watches. -errno when it could not even be tried. */
static int play_try(struct run *run, struct stage *stage, enum run_end *ret_end)
{
	pid_t parent = getpid(), pid;
	int pidfd, r = run_snapshot(run);

	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(run, stage, parent);
	setpgid(pid, pid);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		r = -errno;
		kill(pid, SIGKILL);
		return r;
	}
	run_guardian_tell_child(run, pid);
	*ret_end = run_watch(run, pid, pidfd);
	run_guardian_tell_child(run, 0);
	return 0;
}

static bool is_wanted(const struct run *run, const char *claim)
{
	const char *const *g = run->setup->claim_globs;

	if (!g)
		return true;
	for (; *g; g++)
		if (text_glob(*g, claim))
			return true;
	return false;
}

static void expect_restored(struct run *run, int ok)
{
	bool has_acted = atomic_load(&run->shared->act_began_ns) != 0;
	const char *result = "met", *text = "the box is as it was before the scenario";

	if (!is_wanted(run, run_box_restored.id))
		return;
	if (ok != 1) {
		result = "unmet";
		text = "the box is not as it was: the restore line above says what differs";
	} else if (!has_acted) {
		/* Else a box on which nothing could be tried would pass. */
		result = "unexercised";
		text = "no act was made, so there was nothing to put back";
	}
	journal_write(run->journal, "expect",
		      json_pack("{s:s, s:s, s:i, s:s, s:s, s:{}}", "witness", "run", "claim",
				run_box_restored.id, "act", 0, "result", result, "text", text,
				"data"));
}

/* After the child has ended, however it did: nobody else acts on the box now. */
static void settle(struct run *run, enum run_end end)
{
	unsigned long taint;
	int ok = run_restore(run);

	expect_restored(run, ok);
	run_pump_kmsg(run);
	if (end == RUN_CRASHED)
		stop(run, strdup("the scenario's child crashed"));
	if (end == RUN_TIMED_OUT)
		stop(run, strdup("a deadline passed"));
	if (end == RUN_INTERRUPTED) {
		run->outcome.is_interrupted = true;
		stop(run, strdup("interrupted"));
	}
	if (ok != 1)
		stop(run, strdup("the box could not be put back as it was"));
	taint = run_taint(run->setup->box);
	if (taint & ~run->taint)
		stop(run, text_printf("new taint: %lu was %lu", taint, run->taint));
}

static void show_end(struct run *run, unsigned int unmet)
{
	struct run_progress p = {
		.scenario = run->scenarios[run->index]->id,
		.index = run->index,
		.count = run->n_scenarios,
		.alone = run->alone,
		.act_cpu = -1,
		.has_ended = true,
		.unmet = unmet,
	};

	if (run->setup->progress)
		run->setup->progress(run->setup->progress_arg, &p);
}

/* A smoke test needs one CPU only: the last, which has the least to do by itself. One that is off
 * (maxcpus=, nosmt) cannot leave, and nothing would be tried. */
static struct cpulist chosen_cpus(const struct run *run)
{
	struct cpulist can, online;
	int last = -1;

	if (!run->setup->is_smoke || cpulist_count(&run->setup->cpus) > 0 ||
	    cpu_hotpluggable_read(run->setup->box, &can) < 0 ||
	    cpu_online_read(run->setup->box, &online) < 0)
		return run->setup->cpus;
	can = cpulist_and(&can, &online);
	cpulist_foreach(cpu, &can)
		last = cpu;
	return last < 0 ? run->setup->cpus : cpulist_of(last);
}

int run_try(struct run *run, const struct run_try *t, struct stage **ret_stage)
{
	struct stage_setup setup = {
		.box = run->setup->box,
		.journal = run->journal,
		.shared = run->shared,
		.scenario = t->scenario,
		.witnesses = t->witnesses,
		.claim_globs = t->claim_globs,
		.prober_port = run->setup->prober_port,
		.has_lookout = run->setup->has_lookout,
		.has_platform = run->setup->has_platform,
		.is_expendable = run->setup->is_expendable,
		.cpus = chosen_cpus(run),
		.seed = run->setup->seed,
		.time_ns = run->setup->time_ns,
		.plan = run->setup->plan,
		.baseline = run->setup->baseline,
		.known = run->setup->known,
	};
	_cleanup_(cleanup_stage) struct stage *stage = NULL;
	enum run_end end = RUN_ENDED;
	unsigned int unmet = 0;
	int r;

	memset(run->shared, 0, sizeof(*run->shared));
	journal_set_scenario(run->journal, t->scenario->id, t->alone);
	r = stage_new(&setup, &stage);
	if (r == 0)
		r = play_try(run, stage, &end);
	if (r < 0)
		return r;
	settle(run, end);
	journal_set_scenario(run->journal, NULL, NULL);
	for (size_t i = 0; stage_claims(stage)[i]; i++)
		unmet += run->shared->unmet[i];
	show_end(run, unmet);
	*ret_stage = take_ptr(stage);
	return 0;
}

/* Those of the run that this scenario wants; to be freed. */
static const struct witness **watching(const struct run *run, const struct scenario *sc)
{
	const struct witness **list;
	size_t n = 0;

	while (run->witnesses[n])
		n++;
	list = calloc(n + 1, sizeof(*list));
	n = 0;
	for (const struct witness *const *w = run->witnesses; list && *w; w++)
		if (run_matches(sc->witnesses, (*w)->id))
			list[n++] = *w;
	return list;
}

int run_scenario(struct run *run, const struct scenario *sc)
{
	_cleanup_free_ const struct witness **witnesses = watching(run, sc);
	struct run_try t = { .scenario = sc,
			     .witnesses = witnesses,
			     .claim_globs = run->setup->claim_globs };
	const struct claim *failed[STAGE_CLAIMS_MAX];
	_cleanup_(cleanup_stage) struct stage *stage = NULL;
	int64_t began = wait_now_ns();
	size_t n_failed;
	int r = witnesses ? run_try(run, &t, &stage) : -ENOMEM;

	if (r < 0)
		return r;
	n_failed = run_find_failed(run, stage, failed);
	if (n_failed == 0 || run->stopped || run->setup->has_no_retry)
		return 0;
	return run_retry(run, sc, failed, n_failed, wait_now_ns() - began);
}
