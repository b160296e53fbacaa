// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blocks of a disk read, and where that is harmless written, from the CPU that goes. Its queue's
 * interrupt is irq/'s; what a file system makes of it is nobody's here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/io/load.h"
#include "witnesses/irq/disk.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define PROOF_BLOCKS 2
#define MORE_BLOCKS 2
#define PROOF_NS (5 * NS_PER_S)

static const struct claim none_failed = {
	.id = "blk.io-none-failed",
	.summary = "No block read or written from the CPU fails, hangs or differs",
	.explain =
		"A process bound to the CPU, proved to be there, reads single blocks with O_DIRECT around each act; in a lab guest, whose disk is nobody's, it writes them first and compares what comes back. "
		"More blocks must get done within 10 s (scaled) after the act, with no error. A failure means that a request was lost in a hardware queue that "
		"was drained or closed with its CPU: look at `blk_mq_hctx_notify_offline()`.",
	.refs = REFS("block/blk-mq.c: blk_mq_hctx_notify_offline()",
		     "block: avoid to reuse hctx not removed from cpuhp callback list"),
	.faults = FAULTS("kmod:io-fails", "kmod:io-spoils"),
};

struct disk_state {
	struct finding_voice voice;
	char *name;
	struct load *load; /* NULL: none on this box */
	bool may_write;
	int cpu; /* of this act; -1: quiet */
	int off; /* went off with reads on it */
	bool is_stuck;
	struct load_count start;
};

/*
 * The lab's guests have a disk of zeros that ends with them; they are told by the plan that the lab
 * puts into their memory file system. On any other box a disk is somebody's.
 */
static bool may_write(struct box *box)
{
	_cleanup_free_ char *mounts = NULL;

	return box_has(box, "etc/hotproof/plan.json") &&
	       box_read(box, "proc/mounts", &mounts) == 0 &&
	       (text_starts(mounts, "rootfs / rootfs ") || text_starts(mounts, "none / rootfs "));
}

static int probe_disk(struct box *box, char **ret_why)
{
	_cleanup_free_ char *name = NULL;
	int r = disk_find(box, 0, &name);

	if (r == 0)
		*ret_why = text_printf("no disk has a hardware queue for each CPU");
	return r;
}

static const struct need need_disk = {
	.id = "box.disk-queue-per-cpu",
	.summary = "a disk with a hardware queue for each CPU",
	.probe = probe_disk,
};

static int plant(struct stage *s, void **ret_state)
{
	struct disk_state *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->voice.witness = &witness_disk;
	d->cpu = d->off = -1;
	d->may_write = may_write(stage_box(s));
	r = disk_find(stage_box(s), 0, &d->name);
	if (r > 0)
		r = load_open(d->name, d->may_write, &d->load);
	if (r < 0) {
		free(d->name);
		free(d);
		return r;
	}
	*ret_state = d;
	return 0;
}

struct blocks_wait {
	struct load *load;
	uint64_t done, on_cpu, differing;
};

/* Or it failed: then there is nothing to wait for. */
static bool are_done(void *arg)
{
	const struct blocks_wait *w = arg;
	struct load_count c = load_count(w->load);

	return c.error || c.differing > w->differing ||
	       (c.done >= w->done && c.on_cpu >= w->on_cpu);
}

static bool await_blocks(struct disk_state *d, int n, bool on_cpu, int64_t limit_ns)
{
	struct load_count now = load_count(d->load);
	struct blocks_wait wait = { .load = d->load,
				    .done = now.done + n + 1, /* one may be under way */
				    .on_cpu = on_cpu ? now.on_cpu + n : 0,
				    .differing = d->start.differing };

	return wait_until(are_done, &wait, worker_deadline(limit_ns)) > 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct disk_state *d = state;
	bool is_off = act->verb == ACT_OFFLINE;

	if (!d->load || d->is_stuck || act->verb == ACT_WRITE || act->is_noop ||
	    (!is_off && d->off != act->cpu))
		return 0;
	d->start = load_count(d->load);
	load_on(d->load, is_off ? act->cpu : LOAD_ANYWHERE);
	if (await_blocks(d, PROOF_BLOCKS, is_off, PROOF_NS) && !load_count(d->load).error) {
		d->cpu = act->cpu;
		return 0;
	}
	load_on(d->load, LOAD_QUIET);
	finding_add(&f, &none_failed, FINDING_UNEXERCISED, NULL,
		    "no blocks of %s could be read from cpu%d before the act", d->name, act->cpu);
	finding_tell(&d->voice, s, act, &f);
	return 0;
}

static void judge(struct disk_state *d, const struct act *act, bool went_on, struct findings *ret)
{
	struct load_count now = load_count(d->load);
	uint64_t differing = now.differing - d->start.differing;
	double worst_ms = (double)now.worst_ns / NS_PER_MS;
	json_t *data = json_pack("{s:i, s:s, s:b, s:I, s:I, s:s, s:f}", "cpu", act->cpu, "disk",
				 d->name, "written", d->may_write, "blocks",
				 (json_int_t)(now.done - d->start.done), "differing",
				 (json_int_t)differing, "error", error_name(now.error), "worst_ms",
				 worst_ms);

	d->is_stuck = !went_on;
	finding_add(
		ret, &none_failed,
		went_on && !now.error && differing == 0 ? FINDING_MET : FINDING_UNMET, data,
		"cpu%d %s: %llu blocks of %s %s, %llu differed, last error %s, the slowest took %.1f ms%s",
		act->cpu, act->verb == ACT_ONLINE ? "came back" : "went off",
		(unsigned long long)(now.done - d->start.done), d->name,
		d->may_write ? "written and read" : "read", (unsigned long long)differing,
		error_name(now.error), worst_ms, went_on ? "" : ", and then no more got done");
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct disk_state *d = state;

	if (d->cpu < 0)
		return 0;
	d->off = -1;
	if (act->is_done && act->cpu == d->cpu) {
		judge(d, act, await_blocks(d, MORE_BLOCKS, false, WORKER_LIMIT_NS), &f);
		d->off = act->verb == ACT_OFFLINE ? act->cpu : -1;
	}
	load_on(d->load, LOAD_QUIET);
	d->cpu = -1;
	finding_tell(&d->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct disk_state *d = state;

	finding_tell_silent(&d->voice, s, "no CPU with reads from it went off in this scenario");
	load_close(d->load);
	free(d->name);
	free(d);
	return 0;
}

const struct witness witness_disk = {
	.id = "disk",
	.summary = "blocks of a disk, read and written from the dying CPU",
	.explain =
		"One disk with a hardware queue for each CPU. Written only in a lab guest, whose disk is empty and ends with it.",
	.claims = CLAIMS(&none_failed),
	.needs = NEEDS(&need_real_box, &need_disk),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
