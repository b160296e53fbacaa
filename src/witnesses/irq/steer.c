// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses an interrupt by seeing it come, writes its affinity, and waits until it comes on the CPU:
 * without remapping an interrupt moves only at its next occurrence, and a move that is pending when
 * the CPU goes is dropped (then nothing would be tested).
 */
#include "witnesses/irq/steer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/expect.h"
#include "witnesses/irq/choose.h"
#include "witnesses/irq/ping.h"

#define CHOOSE_NS NS_PER_S
#define CHOOSE_AGAIN_NS (NS_PER_S / 10) /* once it is known that nothing comes here */
#define PROOF_NS (3 * NS_PER_S)
#define PROOF_COUNT CHOOSE_COUNT /* one may have been on its way to the CPU where it was before */
#define STEERED_MAX 16

struct steered {
	int irq;
	struct cpulist was;
};

struct steer {
	struct box *box;
	unsigned int refs;
	struct cpulist possible;
	struct ping_source *ping;
	bool has_prober;
	int act; /* the act that `target` is for */
	int irq; /* the last choice, -1: none */
	unsigned int failures;
	struct steer_target target;
	struct steered steered[STEERED_MAX];
	size_t n_steered;
};

static struct steer *the_one; /* a stage has one, and a process has one stage */

int steer_ref(struct stage *s, struct steer **ret)
{
	struct cpu_masks masks;
	struct steer *st;
	int r;

	if (the_one) {
		the_one->refs++;
		*ret = the_one;
		return 0;
	}
	r = cpu_masks_read(stage_box(s), &masks);
	if (r < 0)
		return r;
	st = calloc(1, sizeof(*st));
	if (!st)
		return -ENOMEM;
	st->box = stage_box(s);
	st->possible = masks.possible;
	st->refs = 1;
	st->irq = -1;
	st->has_prober = stage_prober_port(s) > 0;
	/* Without a gateway other interrupts may do. */
	if (box_is_real(st->box) && ping_source_new(st->box, &st->ping) < 0)
		st->ping = NULL;
	*ret = the_one = st;
	return 0;
}

/* Only what is online can be written; the mask was taken before any CPU of ours went. */
static void put_back(struct steer *st, const struct steered *it)
{
	struct irq_affinity now;

	if (irq_affinity_read(st->box, it->irq, &now) < 0 || cpulist_equal(&now.mask, &it->was))
		return;
	(void)!irq_affinity_write(st->box, it->irq, &it->was);
}

void steer_unref(struct steer *st)
{
	if (!st || --st->refs > 0)
		return;
	ping_source_free(st->ping);
	for (size_t i = 0; i < st->n_steered; i++)
		put_back(st, &st->steered[i]);
	the_one = NULL;
	free(st);
}

void steer_traffic(struct steer *st, bool is_on, bool is_extra)
{
	ping_source_run(st->ping, is_on && (is_extra || !st->has_prober));
}

int steer_counts(struct steer *st, int irq, struct irq_counts *ret)
{
	_cleanup_(cleanup_irq_table) struct irq_table *t = NULL;
	const struct irq_row *row;
	int r = irq_counts_read(st->box, irq, &st->possible, ret);

	if (r != -ENOENT)
		return r;
	r = irq_table_read(st->box, &t);
	if (r < 0)
		return r;
	row = irq_table_find(t, irq);
	return row ? irq_counts_of_row(t, row, &st->possible, ret) : -ENOENT;
}

/* The mask as it was before we touched it first. */
static void remember(struct steer *st, int irq, const struct cpulist *was)
{
	for (size_t i = 0; i < st->n_steered; i++)
		if (st->steered[i].irq == irq)
			return;
	if (st->n_steered < STEERED_MAX)
		st->steered[st->n_steered++] = (struct steered){ .irq = irq, .was = *was };
}

struct proof {
	struct steer *st;
	struct steer_target *target;
	struct irq_counts start;
	int error;
};

static bool is_delivered(void *arg)
{
	struct proof *p = arg;
	struct cpulist wanted = cpulist_of(p->target->cpu);
	struct irq_affinity now;
	struct irq_counts counts;

	p->error = irq_affinity_read(p->st->box, p->target->irq, &now);
	if (p->error == 0)
		p->error = steer_counts(p->st, p->target->irq, &counts);
	if (p->error < 0)
		return true;
	p->target->counted = irq_counts_grown(&p->start, &counts, p->target->cpu);
	irq_counts_done(&counts);
	return (!now.has_effective || cpulist_equal(&now.effective, &wanted)) &&
	       p->target->counted >= PROOF_COUNT;
}

static int lead(struct steer *st, struct steer_target *t)
{
	struct cpulist wanted = cpulist_of(t->cpu);
	struct proof p = { .st = st, .target = t };
	int r = irq_affinity_read(st->box, t->irq, &t->was);

	if (r == 0)
		r = steer_counts(st, t->irq, &p.start);
	if (r < 0)
		return r;
	remember(st, t->irq, &t->was.mask);
	r = irq_affinity_write(st->box, t->irq, &wanted);
	if (r < 0) {
		irq_counts_done(&p.start);
		snprintf(t->why, sizeof(t->why), "irq %d (%s) may not be steered to cpu%d: %s",
			 t->irq, t->name, t->cpu, error_name(-r));
		return 0;
	}
	r = wait_until(is_delivered, &p, wait_now_ns() + wait_scaled(PROOF_NS));
	irq_counts_done(&p.start);
	if (r < 0 || p.error < 0)
		return r < 0 ? r : p.error;
	t->is_proven = r == 1;
	if (!t->is_proven)
		snprintf(
			t->why, sizeof(t->why),
			"irq %d (%s) was steered to cpu%d and did not come there in time (%llu of %d)",
			t->irq, t->name, t->cpu, (unsigned long long)t->counted, PROOF_COUNT);
	return 0;
}

static void record(struct steer *st, struct stage *s, const struct act *act)
{
	const struct steer_target *t = &st->target;

	observe(s, act, "irq.steered",
		json_pack("{s:i, s:i, s:s, s:b, s:b, s:I, s:s, s:s}", "cpu", t->cpu, "irq", t->irq,
			  "name", t->name, "net", t->is_net, "proven", t->is_proven, "counted",
			  (json_int_t)t->counted, "was", cpulist_str(&t->was.mask), "why", t->why));
}

int steer_before(struct steer *st, struct stage *s, const struct act *act,
		 const struct steer_target **ret)
{
	struct steer_target *t = &st->target;
	int64_t patience = wait_scaled(st->failures > 1 ? CHOOSE_AGAIN_NS : CHOOSE_NS);
	int r = 1;

	*ret = t;
	if (st->act == act->id)
		return 0;
	st->act = act->id;
	/* What was chosen once is taken again, as long as it still comes where it is led. */
	if (!t->is_proven) {
		*t = (struct steer_target){ .irq = -1 };
		st->irq = -1;
	}
	t->cpu = act->cpu;
	t->is_proven = false;
	t->counted = 0;
	t->why[0] = '\0';
	steer_traffic(st, true, false);
	if (st->irq < 0)
		r = choose_irq(st->box, patience, t);
	if (r == 0)
		snprintf(t->why, sizeof(t->why),
			 "no interrupt that may be steered came %d times in the time there was",
			 PROOF_COUNT);
	if (r == 1) {
		st->irq = t->irq;
		r = lead(st, t);
	}
	st->failures = t->is_proven ? 0 : st->failures + 1;
	record(st, s, act);
	return r < 0 ? r : 0;
}
