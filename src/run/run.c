// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of a run: record what the box is, play scenario after scenario, stop when later results
 * would lie. */
#include "run/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/internal.h"

const struct claim run_box_restored = {
	.id = "box.restored",
	.summary = "After the scenario the box is as it was: CPUs, affinities, cpusets, traps",
	.explain =
		"The parent of the scenario puts back what changed: CPUs online as before, no trap left in "
		"`hotplug/fail`, interrupt and task affinities, cpusets. Each is read back. A failure means that the kernel did not "
		"take a CPU or a mask back; the run stops, since whatever came next would be judged on a damaged box.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:never-comes-back", "kmod:irq-affinity-locked"),
};

/* sanctioned: the forked child ends here, whatever its stage says. */
static void child(struct run *run, struct stage *stage, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	(void)run;
	_exit(stage_play(stage) < 0 ? 1 : 0);
}

static int play_scenario(struct run *run, const struct scenario *sc)
{
	struct stage_setup setup = {
		.box = run->setup->box,
		.journal = run->journal,
		.shared = run->shared,
		.scenario = sc,
		.witnesses = run->witnesses,
		.claim_globs = run->setup->claim_globs,
		.prober_port = run->setup->prober_port,
	};
	_cleanup_(cleanup_stage) struct stage *stage = NULL;
	pid_t parent = getpid(), pid;
	int status, r;

	memset(run->shared, 0, sizeof(*run->shared));
	journal_set_scenario(run->journal, sc->id, NULL);
	r = stage_new(&setup, &stage);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(run, stage, parent);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFSIGNALED(status)) {
		journal_write(run->journal, "crash",
			      json_pack("{s:s, s:i}", "text", strsignal(WTERMSIG(status)), "signal",
					WTERMSIG(status)));
		run->outcome.is_stopped = true;
	}
	journal_set_scenario(run->journal, NULL, NULL);
	return 0;
}

static void write_notes(struct run *run)
{
	for (const char *const *n = run->setup->notes; n && *n; n++)
		journal_write(run->journal, "note",
			      json_pack("{s:s, s:s, s:{}}", "what", "start", "text", *n, "data"));
}

static int play_all(struct run *run, struct error *err)
{
	json_t *meta = run_meta(run->setup);
	int r = rundir_put(run->setup->rundir, RUNDIR_META, meta);

	json_decref(meta);
	if (r == 0)
		r = rundir_put(run->setup->rundir, RUNDIR_CATALOG, (json_t *)run->setup->catalog);
	if (r < 0)
		return error_set(err, -r, "cannot write the run directory: %s", strerror(-r));
	journal_write(run->journal, "begin", json_pack("{s:s}", "of", "run"));
	write_notes(run);
	for (size_t i = 0; i < run->n_scenarios && !run->outcome.is_stopped; i++) {
		r = play_scenario(run, run->scenarios[i]);
		if (r < 0)
			return error_set(err, -r, "cannot play \"%s\": %s", run->scenarios[i]->id,
					 strerror(-r));
	}
	journal_write(run->journal, "end", json_pack("{s:s}", "of", "run"));
	r = journal_error(run->journal);
	return r < 0 ? error_set(err, -r, "cannot write the journal: %s", strerror(-r)) : 0;
}

int run_play(const struct run_setup *setup, struct run_outcome *ret, struct error *err)
{
	_cleanup_(cleanup_journal) struct journal *journal = NULL;
	struct run run = { .setup = setup };
	int r = run_choose(&run, err);

	if (r == 0)
		r = journal_new(setup->rundir, &journal);
	run.journal = journal;
	run.shared = mmap(NULL, sizeof(*run.shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.shared == MAP_FAILED)
		r = error_set(err, ENOMEM, "memory is short");
	if (r == 0)
		r = play_all(&run, err);
	if (run.shared != MAP_FAILED)
		munmap(run.shared, sizeof(*run.shared));
	free(run.scenarios);
	free(run.witnesses);
	if (r == 0 && ret)
		*ret = run.outcome;
	return r;
}
