// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.files: files are written, renamed, cut and removed on the CPU that goes and beside it. What
 * was written must be there, and once all is removed the file system must count as much free space
 * as before, to the page: those counts are kept per CPU, and a CPU that dies hands its share over.
 * The file system is a tmpfs of our own that nobody else sees; the files are tree.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "scenarios/files/tree.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define TREES 3 /* the first is bound to the CPU that goes */
#define PROOF_OPS 40
#define SIZE "64m"

static const struct claim content_kept = {
	.id = "fs.content-kept",
	.summary = "Files that are written while a CPU goes and comes hold what was written",
	.explain =
		"Three threads, one of them proved to be on the CPU, write, rename, cut, remove and read small files on a tmpfs before, during and after each act, and remember what must be "
		"in them. A block that is another one, a file that is missing, or a call that fails means that a page or a directory entry was lost with the CPU's own lists "
		"(folio batches, slabs), or went to two owners.",
	.refs = REFS("xfstests generic/650: fsstress while CPUs come and go",
		     "Documentation/filesystems/tmpfs.rst"),
	.faults = FAULTS("kmod:tmpfs-spoils"),
};

static const struct claim counters_exact = {
	.id = "fs.counters-exact",
	.summary = "Once all files are removed, as much is free as before, to the page",
	.explain =
		"Free blocks and free files of a file system are per-CPU counters: a CPU has a share of its own, which is added when it dies. After all threads have removed all files, "
		"statfs(2) must tell what it told of the empty file system: asked while the CPU is off, and again after its return. Other numbers mean that the share was lost or added "
		"twice; file systems that reserve space by such counters shut down then (XFS did).",
	.refs = REFS("lib/percpu_counter.c: percpu_counter_cpu_dead()",
		     "commit \"pcpcntrs: fix dying cpu summation race\" (8b57b11cca88f)"),
	.faults = FAULTS("kmod:counter-share-lost"),
};

struct files {
	int mount;
	struct tree trees[TREES];
	int n_trees;
	struct statfs empty;
};

/* A file system without a name, gone with its last descriptor: -errno. */
static int mount_alone(void)
{
	_cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "size", SIZE, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static int begin(struct stage *s, struct files *f)
{
	int r = 0;

	f->mount = mount_alone();
	if (f->mount < 0)
		return f->mount;
	for (; r == 0 && f->n_trees < TREES; f->n_trees++) {
		_cleanup_free_ char *name = text_printf("tree-%d", f->n_trees);

		r = name ? tree_start(&f->trees[f->n_trees], f->mount, name,
				      stage_seed(s) + f->n_trees)
			 : -ENOMEM;
	}
	if (r == 0 && fstatfs(f->mount, &f->empty) < 0)
		r = -errno;
	return r;
}

static int end(struct files *f)
{
	int r = 0;

	for (int i = 0; i < f->n_trees; i++)
		if (tree_end(&f->trees[i]) < 0)
			r = -ETIMEDOUT;
	if (r == 0 && f->mount >= 0)
		close(f->mount);
	return r;
}

struct ops_wait {
	struct tree *tree;
	uint64_t ops, on_cpu;
};

static bool is_done(void *arg)
{
	const struct ops_wait *w = arg;

	return atomic_load(&w->tree->ops) >= w->ops && atomic_load(&w->tree->on_cpu) >= w->on_cpu;
}

/* Each thread does PROOF_OPS more; the first one, if `bound`, on its CPU. */
static bool await_ops(struct files *f, bool bound)
{
	int64_t deadline = worker_deadline(WORKER_LIMIT_NS);

	for (int i = 0; i < TREES; i++) {
		struct tree *t = &f->trees[i];
		struct ops_wait wait = { t, atomic_load(&t->ops) + PROOF_OPS,
					 bound && i == 0 ? atomic_load(&t->on_cpu) + PROOF_OPS
							 : 0 };

		if (wait_until(is_done, &wait, deadline) <= 0)
			return false;
	}
	return true;
}

static bool go(struct files *f, int cpu)
{
	struct cpulist own = cpulist_of(cpu);
	int r = cpu < 0 ? 0
			: worker_pin(&f->trees[0].worker, &own, worker_deadline(WORKER_LIMIT_NS));

	atomic_store(&f->trees[0].cpu, cpu);
	for (int i = 0; i < TREES; i++)
		tree_go(&f->trees[i]);
	return await_ops(f, cpu >= 0) && r == 0;
}

static bool pause_all(struct files *f)
{
	bool all = true;

	for (int i = 0; i < TREES; i++)
		all &= tree_pause(&f->trees[i], worker_deadline(WORKER_LIMIT_NS)) == 0;
	return all;
}

static void judge_content(struct stage *s, struct files *f, int cpu, const char *when)
{
	int spoilt = 0, error = 0;
	uint64_t ops = 0;

	for (int i = 0; i < TREES; i++) {
		struct tree *t = &f->trees[i];

		tree_check_and_clear(t);
		spoilt += atomic_exchange(&t->spoilt, 0);
		error = error ? error : atomic_load(&t->error);
		atomic_store(&t->error, 0);
		ops += atomic_load(&t->ops);
	}
	expect(s, NULL, &content_kept, spoilt == 0 && error == 0,
	       json_pack("{s:i, s:i, s:s, s:I}", "cpu", cpu, "spoilt", spoilt, "error",
			 error_name(error), "ops", (json_int_t)ops),
	       "cpu%d %s: after %llu operations %d files were not as they were left; calls gave %s",
	       cpu, when, (unsigned long long)ops, spoilt, error_name(error));
}

static void judge_counters(struct stage *s, struct files *f, int cpu, const char *when)
{
	long long blocks, inodes;
	struct statfs now;

	if (fstatfs(f->mount, &now) < 0) {
		expect_error(s, NULL, &counters_exact, NULL, "statfs(2) gave %s",
			     error_name(errno));
		return;
	}
	blocks = (long long)now.f_bfree - (long long)f->empty.f_bfree;
	inodes = (long long)now.f_ffree - (long long)f->empty.f_ffree;
	expect(s, NULL, &counters_exact, blocks == 0 && inodes == 0,
	       json_pack("{s:i, s:I, s:I}", "cpu", cpu, "blocks", (json_int_t)blocks, "inodes",
			 (json_int_t)inodes),
	       "cpu%d %s: %+lld free blocks and %+lld free files against the empty file system",
	       cpu, when, blocks, inodes);
}

static void say_untried(struct stage *s, int cpu, const char *why)
{
	expect_unexercised(s, NULL, &content_kept, NULL, "cpu%d: %s", cpu, why);
	expect_unexercised(s, NULL, &counters_exact, NULL, "cpu%d: %s", cpu, why);
}

/* False: a thread does not stand still, and nothing can be judged. */
static bool judge(struct stage *s, struct files *f, int cpu, const char *when)
{
	if (!await_ops(f, false) || !pause_all(f)) {
		say_untried(s, cpu, "the threads made no progress in time");
		return false;
	}
	judge_content(s, f, cpu, when);
	judge_counters(s, f, cpu, when);
	return true;
}

static int cycle(struct stage *s, struct files *f, int cpu)
{
	bool can_judge = go(f, cpu);
	int r = act_offline(s, cpu);

	if (r < 0 && cpu_is_fully_online(stage_box(s), cpu)) {
		say_untried(s, cpu, "it was refused to go");
		return pause_all(f) ? 0 : -ETIMEDOUT;
	}
	if (can_judge)
		can_judge = judge(s, f, cpu, "went off") && go(f, -1);
	else
		say_untried(s, cpu, "no thread could be seen to work on it");
	r = act_online(s, cpu);
	if (can_judge)
		(void)!judge(s, f, cpu, "came back");
	return pause_all(f) ? r : -ETIMEDOUT;
}

static int play(struct stage *s)
{
	struct files *f = calloc(1, sizeof(*f));
	struct cpulist can;
	int r = f ? stage_can_leave(s, &can) : -ENOMEM;

	if (f)
		f->mount = -1;
	if (r == 0)
		r = begin(s, f);
	for (int cpu = r == 0 ? cpulist_next(&can, 0) : -1; r == 0 && cpu >= 0;
	     cpu = cpulist_next(&can, cpu + 1))
		r = cycle(s, f, cpu);
	/* A thread that did not end still uses it. */
	if (f && end(f) == 0)
		free(f);
	return r;
}

const struct scenario scenario_cpu_files = {
	.id = "cpu.files",
	.summary = "Files are written on each CPU as it goes, and counted once it is gone",
	.explain =
		"For each CPU that can leave: three threads work on files of their own in a tmpfs that is mounted nowhere, the first bound to the CPU; the CPU goes, they go on, stand "
		"still, and every file is compared and removed; then statfs(2) is compared with that of the empty file system. The same once the CPU is back.",
	.claims = CLAIMS(&content_kept, &counters_exact),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box),
	.cost = { 600, 600 },
	.rank = 39,
	.witnesses = GLOBS("kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
