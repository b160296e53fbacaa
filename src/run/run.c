// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of a run: look what an earlier one left, record what the box is, play scenario after
 * scenario, stop when later results would lie. One scenario is play.c's.
 */
#include "run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "run/internal.h"

const struct claim run_box_restored = {
	.id = "box.restored",
	.summary = "Afterwards the box is as it was: CPUs, affinities, cpusets, traps",
	.explain =
		"The parent of the scenario puts back what changed: CPUs online as before, no trap left in "
		"`hotplug/fail`, cpusets, interrupt and task affinities. Each is read back. A failure means that the kernel did not "
		"take a CPU or a mask back; the run stops, since whatever came next would be judged on a damaged box.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:never-comes-back", "kmod:hang-on-offline", "kmod:suspend-loses-cpu",
			 "kmod:irq-affinity-locked", "unit:run-cpu-stays-off"),
};

static void write_notes(struct run *run)
{
	for (const char *const *n = run->setup->notes; n && *n; n++)
		journal_write(run->journal, "note",
			      json_pack("{s:s, s:s, s:{}}", "what", "start", "text", *n, "data"));
}

static json_t *scenario_ids(const struct run *run, size_t from)
{
	json_t *ids = json_array();

	for (size_t i = from; i < run->n_scenarios; i++)
		json_array_append_new(ids, json_string(run->scenarios[i]->id));
	return ids;
}

/* The peaks of this process and of its largest child are added: both were there at once. */
static void note_memory(struct run *run)
{
	struct rusage own, children;

	if (getrusage(RUSAGE_SELF, &own) < 0 || getrusage(RUSAGE_CHILDREN, &children) < 0)
		return;
	journal_write(run->journal, "note",
		      json_pack("{s:s, s:s, s:{s:I}}", "what", "run.memory", "text",
				"the most memory that the run held", "data", "peak_kib",
				(json_int_t)own.ru_maxrss + children.ru_maxrss));
}

static void end_run(struct run *run, size_t n_begun)
{
	if (run->stopped && n_begun < run->n_scenarios)
		journal_write(run->journal, "note",
			      json_pack("{s:s, s:s, s:{s:s, s:o}}", "what", "not-run", "text",
					"scenarios that were not begun", "data", "why",
					run->stopped, "scenarios", scenario_ids(run, n_begun)));
	run_note_left_out(run);
	run->outcome.is_stopped = run->stopped != NULL;
	run_pump_kmsg(run);
	note_memory(run);
	journal_write(run->journal, "end",
		      json_pack("{s:s, s:o}", "of", "run", "stopped",
				run->stopped ? json_string(run->stopped) : json_null()));
}

static int write_head(struct run *run, struct error *err)
{
	json_t *meta = run_meta(run->setup);
	int r = rundir_put(run->setup->rundir, RUNDIR_META, meta);

	json_decref(meta);
	if (r == 0)
		r = rundir_put(run->setup->rundir, RUNDIR_CATALOG, (json_t *)run->setup->catalog);
	if (r < 0)
		return error_set(err, -r, "cannot write the run directory: %s", strerror(-r));
	journal_write(run->journal, "begin",
		      json_pack("{s:s, s:o}", "of", "run", "plan", scenario_ids(run, 0)));
	write_notes(run);
	return 0;
}

static int play_all(struct run *run, struct error *err)
{
	int r = write_head(run, err);
	size_t i = 0;

	if (r == 0)
		r = run_recover(run, err);
	if (r == 0)
		r = run_guardian_start(run);
	run->taint = run_taint(run->setup->box);
	for (; r == 0 && i < run->n_scenarios && !run->stopped; i++) {
		int64_t began = wait_now_ns();

		run->index = i;
		if (!run_fits(run, run->scenarios[i]))
			continue;
		r = run_scenario(run, run->scenarios[i]);
		run_spent(run, run->scenarios[i], wait_now_ns() - began);
		if (r < 0)
			error_set(err, -r, "cannot play \"%s\": %s", run->scenarios[i]->id,
				  strerror(-r));
	}
	if (r < 0 && !run->stopped)
		run->stopped = strdup(err && err->code ? err->text : strerror(-r));
	run_restore_at_end(run);
	run_guardian_dismiss(run);
	end_run(run, i);
	if (r == 0 && journal_error(run->journal) < 0)
		r = error_set(err, -journal_error(run->journal),
			      "cannot write the journal: %s; is the disk full?",
			      strerror(-journal_error(run->journal)));
	return r;
}

static int64_t limit(int64_t wanted, int64_t otherwise)
{
	return wait_scaled(wanted > 0 ? wanted : otherwise);
}

static int open_all(struct run *run, struct error *err)
{
	const struct run_limits *l = &run->setup->limits;
	int r;

	run->limits = (struct run_limits){
		.act_soft_ns = limit(l->act_soft_ns, 2 * NS_PER_S),
		.act_hard_ns = limit(l->act_hard_ns, 60 * NS_PER_S),
		.idle_ns = limit(l->idle_ns, 60 * NS_PER_S),
		.scenario_ns = limit(l->scenario_ns, 900 * NS_PER_S),
		.restore_ns = limit(l->restore_ns, 60 * NS_PER_S),
		.retries_ns = limit(l->retries_ns, 300 * NS_PER_S),
	};
	run->shared = mmap(NULL, sizeof(*run->shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->shared == MAP_FAILED) {
		run->shared = NULL;
		return error_set(err, ENOMEM, "memory is short");
	}
	r = journal_new(run->setup->rundir, &run->journal);
	if (r == 0)
		r = run_signals_take(run);
	if (r < 0)
		return error_set(err, -r, "cannot begin the run: %s", strerror(-r));
	run->kmsg_fd = box_open_stream(run->setup->box, "kmsg");
	return 0;
}

static void close_all(struct run *run)
{
	if (run->shared)
		munmap(run->shared, sizeof(*run->shared));
	journal_free(run->journal);
	cleanup_close(&run->kmsg_fd);
	if (run->signal_fd >= 0)
		run_signals_restore();
	cleanup_close(&run->signal_fd);
	cleanup_close(&run->lock_fd);
	json_decref(run->snapshot);
	free(run->scenarios);
	free(run->witnesses);
	free(run->stopped);
	json_decref(run->left_out);
}

int run_play(const struct run_setup *setup, struct run_outcome *ret, struct error *err)
{
	struct run run = {
		.setup = setup,
		.kmsg_fd = -1,
		.signal_fd = -1,
		.guardian_fd = -1,
		.lock_fd = -1,
		.began_ns = wait_now_ns(),
		.left_out = json_array(),
	};
	struct error own = {};
	int r;

	if (!err)
		err = &own;
	r = run_choose(setup, &run.scenarios, &run.witnesses, err);
	while (r == 0 && run.scenarios[run.n_scenarios])
		run.n_scenarios++;
	if (r == 0)
		r = open_all(&run, err);
	if (r == 0)
		r = play_all(&run, err);
	close_all(&run);
	if (r == 0 && ret)
		*ret = run.outcome;
	return r;
}
