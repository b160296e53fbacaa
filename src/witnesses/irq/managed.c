// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exercises a disk queue's interrupt on the CPU that goes, keeps reading while the CPU is off and
 * after it returned. The rules themselves are in judge.c. An interrupt that may not be steered is
 * called managed only if it follows reads made on its CPU: fixed timers look the same otherwise.
 */
#include "witnesses/irq/managed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/expect.h"
#include "witnesses/irq/disk.h"
#include "witnesses/irq/judge.h"

#define PROOF_NS (2 * NS_PER_S)
#define READS_NS (5 * NS_PER_S)
#define PROOF_COUNT 3

const struct claim managed_claim = {
	.id = "irq.managed-shuts-down",
	.summary = "A disk queue's interrupt rests while its CPU is off and returns with it",
	.explain =
		"Drivers with a queue for each CPU (virtio-blk, NVMe, most RAID cards) let the kernel manage the queues' interrupts: the affinity "
		"is fixed, and when the only CPU of a queue goes, the block layer empties the queue and the interrupt is shut down. It must keep its "
		"mask, must not come on any other CPU, and must work on its CPU again after the return; reads go by other queues "
		"meanwhile.\n\nA failure means lost or stuck IO sooner or later: look at `/proc/interrupts`, "
		"`/proc/irq/N/smp_affinity_list` and `/sys/block/*/mq/*/cpu_list`. On x86 effective_affinity may name the first "
		"online CPU while the interrupt is shut down: that is legal.",
	.refs = REFS("Documentation/core-api/irq/managed_irq.rst", "kernel/irq/cpuhotplug.c"),
	.faults = FAULTS("kmod:managed-mask-rewritten"),
};

/* What was proven before the CPU went; one for each CPU, since several may be off at once. */
struct managed_case {
	bool is_proven, is_off;
	int irq;
	char name[128];
	uint64_t total_off; /* its counts on all CPUs when the CPU had gone */
	uint64_t reads_off, reads_done;
	int read_error;
	int64_t waited_ms;
	char why[192];
};

struct managed {
	struct box *box;
	struct cpulist possible;
	struct disk *disk;
	char *disk_name;
	struct managed_case cases[CPULIST_MAX];
};

int managed_new(struct box *box, struct managed **ret)
{
	struct managed *m = calloc(1, sizeof(*m));
	struct cpu_masks masks;
	int r = cpu_masks_read(box, &masks);

	if (!m || r < 0) {
		free(m);
		return r < 0 ? r : -ENOMEM;
	}
	m->box = box;
	m->possible = masks.possible;
	*ret = m;
	return 0;
}

void managed_free(struct managed *m)
{
	if (!m)
		return;
	disk_close(m->disk);
	free(m->disk_name);
	free(m);
}

/* The disk with a queue for this CPU; the same one serves all CPUs as a rule, so that it is kept
 * open. */
static int use_disk_for(struct managed *m, struct managed_case *c, int cpu)
{
	_cleanup_free_ char *name = NULL;
	int r = disk_find(m->box, cpu, &name);

	if (r <= 0) {
		snprintf(c->why, sizeof(c->why), "%s",
			 r < 0 ? strerror(-r) : "no disk has a queue for that CPU alone");
		return 0;
	}
	if (m->disk_name && strcmp(m->disk_name, name) == 0)
		return 1;
	disk_close(m->disk);
	m->disk = NULL;
	free(m->disk_name);
	m->disk_name = NULL;
	if (!box_is_real(m->box))
		r = -EOPNOTSUPP;
	else
		r = disk_open(name, &m->disk);
	if (r < 0) {
		snprintf(c->why, sizeof(c->why), "/dev/%s cannot be read: %s", name, strerror(-r));
		return 0;
	}
	m->disk_name = take_ptr(name);
	return 1;
}

struct follow {
	struct managed *m;
	const struct scan *scan;
	int cpu;
	uint64_t reads;
	struct managed_case *c;
};

/*
 * Whether the interrupt is bound to the CPU and to nothing else, and came for the reads. Where it
 * is not listed at the disk's device, one that came more often than there were reads is somebody
 * else's.
 */
static bool follows_reads(struct follow *f, const struct scan_irq *it, uint64_t reads)
{
	struct cpulist self = cpulist_of(f->cpu);
	_cleanup_free_ char *device = NULL;
	struct irq_counts now;
	uint64_t came;

	if (!cpulist_equal(&it->affinity.mask, &self) || !it->has_counts)
		return false;
	if (irq_counts_read(f->m->box, it->irq, &f->m->possible, &now) < 0)
		return false;
	came = irq_counts_grown(&it->counts, &now, f->cpu);
	irq_counts_done(&now);
	device = text_printf("sys/block/%s/device", f->m->disk_name);
	if (came < PROOF_COUNT || irq_can_steer(f->m->box, it->irq) != 0)
		return false;
	return came <= reads + 1 || (device && irq_is_of_device(f->m->box, it->irq, device));
}

static bool has_followed(void *arg)
{
	struct follow *f = arg;

	uint64_t reads = disk_count(f->m->disk).done - f->reads;

	if (reads < PROOF_COUNT)
		return false;
	for (size_t i = 0; i < f->scan->n_irqs; i++) {
		const struct scan_irq *it = &f->scan->irqs[i];

		if (!follows_reads(f, it, reads))
			continue;
		f->c->irq = it->irq;
		snprintf(f->c->name, sizeof(f->c->name), "%s", it->name);
		return true;
	}
	return false;
}

void managed_before_offline(struct managed *m, struct stage *s, const struct act *act,
			    const struct scan *scan)
{
	struct managed_case *c = &m->cases[act->cpu];
	struct follow f = { .m = m, .scan = scan, .cpu = act->cpu, .c = c };

	(void)s;
	*c = (struct managed_case){};
	if (!use_disk_for(m, c, act->cpu))
		return;
	f.reads = disk_count(m->disk).done;
	disk_read_on(m->disk, act->cpu);
	c->is_proven = wait_until(has_followed, &f, wait_now_ns() + wait_scaled(PROOF_NS)) == 1;
	if (!c->is_proven)
		snprintf(
			c->why, sizeof(c->why),
			"no managed interrupt of cpu%d alone came for %llu reads of /dev/%s made there",
			act->cpu, (unsigned long long)(disk_count(m->disk).done - f.reads),
			m->disk_name);
}

static bool has_read_on(void *arg)
{
	struct follow *f = arg;
	struct disk_count now = disk_count(f->m->disk);

	return now.error || now.done >= f->reads + PROOF_COUNT;
}

void managed_after_offline(struct managed *m, struct stage *s, const struct act *act,
			   const struct scan *scan)
{
	struct managed_case *c = &m->cases[act->cpu];
	const struct scan_irq *it;
	struct follow f = { .m = m, .cpu = act->cpu, .c = c };
	int64_t began = wait_now_ns();

	if (c->is_proven && act->is_done) {
		it = scan_find(scan, c->irq, c->name);
		c->is_off = it != NULL;
		c->total_off = it ? it->counts.total : 0;
		f.reads = disk_count(m->disk).done;
		(void)!wait_until(has_read_on, &f, began + wait_scaled(READS_NS));
		c->reads_done = disk_count(m->disk).done - f.reads;
		c->read_error = disk_count(m->disk).error;
		c->waited_ms = (wait_now_ns() - began) / NS_PER_MS;
	} else if (act->is_done) {
		expect_unexercised(s, act, &managed_claim, NULL, "cpu%d: %s", act->cpu, c->why);
	}
	if (m->disk)
		disk_read_on(m->disk, DISK_QUIET);
}

static void say(struct stage *s, const struct act *act, const struct judge_managed *f,
		const struct judgement *j)
{
	json_t *data = json_pack("{s:i, s:i, s:s, s:s, s:s, s:I, s:I, s:I}", "cpu", f->cpu, "irq",
				 f->irq, "name", f->name, "smp_affinity", cpulist_str(&f->mask),
				 "effective", f->has_effective ? cpulist_str(&f->effective) : "",
				 "arrivals", (json_int_t)f->arrivals, "reads", (json_int_t)f->reads,
				 "waited_ms", (json_int_t)f->waited_ms);

	expect(s, act, &managed_claim, j->result == JUDGE_MET, data, "%s", j->text);
}

void managed_before_online(struct managed *m, struct stage *s, const struct act *act,
			   const struct scan *scan)
{
	struct managed_case *c = &m->cases[act->cpu];
	struct judge_managed f = { .cpu = act->cpu,
				   .irq = c->irq,
				   .name = c->name,
				   .reads = c->reads_done,
				   .read_error = c->read_error,
				   .waited_ms = c->waited_ms };
	const struct scan_irq *it;
	struct judgement j;

	if (!c->is_off)
		return;
	it = scan_find(scan, c->irq, c->name);
	if (!it) {
		expect_unexercised(s, act, &managed_claim, NULL,
				   "irq %d (%s) was freed while cpu%d was off", c->irq, c->name,
				   act->cpu);
		c->is_off = false;
		return;
	}
	f.mask = it->affinity.mask;
	f.effective = it->affinity.effective;
	f.has_effective = it->affinity.has_effective;
	f.arrivals = it->counts.total > c->total_off ? it->counts.total - c->total_off : 0;
	judge_managed_off(&f, &j);
	say(s, act, &f, &j);
}

struct back {
	struct managed *m;
	struct judge_managed facts;
	struct irq_counts start;
	uint64_t reads;
	int error;
};

static bool works_again(void *arg)
{
	struct back *b = arg;
	struct irq_affinity now;
	struct irq_counts counts;

	b->error = irq_affinity_read(b->m->box, b->facts.irq, &now);
	if (b->error == 0)
		b->error = irq_counts_read(b->m->box, b->facts.irq, &b->m->possible, &counts);
	if (b->error < 0)
		return true;
	b->facts.mask = now.mask;
	b->facts.effective = now.effective;
	b->facts.has_effective = now.has_effective;
	b->facts.arrivals = irq_counts_grown(&b->start, &counts, b->facts.cpu);
	b->facts.reads = disk_count(b->m->disk).done - b->reads;
	irq_counts_done(&counts);
	return b->facts.arrivals > 0;
}

void managed_after_online(struct managed *m, struct stage *s, const struct act *act)
{
	struct managed_case *c = &m->cases[act->cpu];
	struct back b = { .m = m, .facts = { .cpu = act->cpu, .irq = c->irq, .name = c->name } };
	int64_t began = wait_now_ns();
	struct judgement j;

	if (!c->is_off || !act->is_done)
		return;
	c->is_off = false;
	b.error = irq_counts_read(m->box, c->irq, &m->possible, &b.start);
	if (b.error == 0) {
		b.reads = disk_count(m->disk).done;
		disk_read_on(m->disk, act->cpu);
		(void)!wait_until(works_again, &b, began + wait_scaled(READS_NS));
		disk_read_on(m->disk, DISK_QUIET);
	}
	irq_counts_done(&b.start);
	if (b.error < 0) {
		expect_error(s, act, &managed_claim, NULL, "irq %d (%s) cannot be read: %s", c->irq,
			     c->name, strerror(-b.error));
		return;
	}
	b.facts.waited_ms = (wait_now_ns() - began) / NS_PER_MS;
	judge_managed_back(&b.facts, &j);
	say(s, act, &b.facts, &j);
}
