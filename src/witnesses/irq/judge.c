// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules for interrupts (kernel/irq/cpuhotplug.c): unmanaged ones are moved to an online CPU
 * before the dying one stops, and stay there; managed ones are shut down with their last CPU, keep
 * their mask and start again with it. Reads nothing itself.
 */
#include "witnesses/irq/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct judgement *j, enum judge_result result, int irq, const char *fmt, ...)
	_printf_(4, 5);

static void say(struct judgement *j, enum judge_result result, int irq, const char *fmt, ...)
{
	va_list ap;

	j->result = result;
	j->irq = irq;
	va_start(ap, fmt);
	vsnprintf(j->text, sizeof(j->text), fmt, ap);
	va_end(ap);
}

void judge_rerouted(const struct judge_rerouted *f, struct judgement *ret)
{
	const struct irq_affinity *a = &f->affinity;

	if (!cpulist_intersects(&a->mask, &f->online))
		say(ret, JUDGE_UNMET, f->irq,
		    "irq %d (%s) was on cpu%d and its smp_affinity is still %s, all of it offline",
		    f->irq, f->name, f->cpu, cpulist_str(&a->mask));
	else if (a->has_effective && cpulist_count(&a->effective) == 0)
		say(ret, JUDGE_UNMET, f->irq,
		    "irq %d (%s) was on cpu%d and is effective on no CPU now", f->irq, f->name,
		    f->cpu);
	else if (a->has_effective && !cpulist_is_subset(&a->effective, &f->online))
		say(ret, JUDGE_UNMET, f->irq,
		    "irq %d (%s) was on cpu%d and is effective on cpu %s now; online are %s",
		    f->irq, f->name, f->cpu, cpulist_str(&a->effective), cpulist_str(&f->online));
	else if (f->arrivals == 0)
		say(ret, JUDGE_UNMET, f->irq,
		    "irq %d (%s) was on cpu%d and has come on no online CPU in the %" PRId64
		    " ms since the CPU went, under the traffic that "
		    "made it come before",
		    f->irq, f->name, f->cpu, f->waited_ms);
	else
		say(ret, JUDGE_MET, f->irq,
		    "irq %d (%s) moved from cpu%d to cpu %s; it has come %" PRIu64
		    " times since, on cpu%d",
		    f->irq, f->name, f->cpu,
		    a->has_effective ? cpulist_str(&a->effective) : cpulist_str(&a->mask),
		    f->arrivals, f->arrived_on);
}

void judge_frozen(const struct scan *opened, const struct scan *closed, const struct cpulist *dead,
		  struct judgement *ret)
{
	size_t compared = 0, busy = 0;
	uint64_t elsewhere = 0;

	for (size_t i = 0; i < closed->n_irqs; i++) {
		const struct scan_irq *now = &closed->irqs[i];
		const struct scan_irq *was = scan_find(opened, now->irq, now->name);

		if (!was || !was->has_counts || !now->has_counts)
			continue;
		compared++;
		cpulist_foreach(cpu, dead) {
			uint64_t a = irq_counts_on(&was->counts, cpu),
				 b = irq_counts_on(&now->counts, cpu);

			/* Fewer than before: it was freed and asked for again, with counts that
			 * begin anew. */
			if (b > a) {
				say(ret, JUDGE_UNMET, now->irq,
				    "irq %d (%s) was counted %" PRIu64
				    " times on cpu%d while that CPU was off (%" PRIu64
				    " -> %" PRIu64 ")",
				    now->irq, now->name, b - a, cpu, a, b);
				return;
			}
			if (a > 0 && now->counts.total > was->counts.total) {
				busy++;
				elsewhere += now->counts.total - was->counts.total;
			}
		}
	}
	if (compared == 0)
		say(ret, JUDGE_UNEXERCISED, -1,
		    "the kernel does not show what CPUs that are off have counted (/sys/kernel/irq)");
	else if (busy == 0)
		say(ret, JUDGE_UNEXERCISED, -1,
		    "no interrupt that cpu %s had counted before came anywhere while it was off",
		    cpulist_str(dead));
	else
		say(ret, JUDGE_MET, -1,
		    "%zu interrupts counted nothing on cpu %s while it was off; those that it used to have came %" PRIu64
		    " times on others",
		    compared, cpulist_str(dead), elsewhere);
}

/* Somebody else's column went on: then the interrupt was not freed and asked for again. */
static bool has_survivor(const struct scan_irq *was, const struct scan_irq *now, int cpu)
{
	bool any = false;

	for (size_t c = 0; c < was->counts.n_cpus; c++) {
		uint64_t a = was->counts.on[c];

		if ((int)c == cpu || a == 0)
			continue;
		if (irq_counts_on(&now->counts, (int)c) < a)
			return false;
		any = true;
	}
	return any;
}

void judge_column_kept(const struct scan *before, const struct scan *now, int cpu,
		       struct judgement *ret)
{
	size_t compared = 0;

	for (size_t i = 0; i < now->n_irqs; i++) {
		const struct scan_irq *n = &now->irqs[i];
		const struct scan_irq *was = scan_find(before, n->irq, n->name);
		uint64_t a, b;

		if (!was || !was->has_counts || !n->has_counts)
			continue;
		a = irq_counts_on(&was->counts, cpu);
		b = irq_counts_on(&n->counts, cpu);
		if (b < a && has_survivor(was, n, cpu)) {
			say(ret, JUDGE_UNMET, n->irq,
			    "irq %d (%s) had counted %" PRIu64
			    " on cpu%d before it went off and %" PRIu64 " when it was back",
			    n->irq, n->name, a, cpu, b);
			return;
		}
		compared += a > 0;
	}
	if (compared == 0)
		say(ret, JUDGE_UNEXERCISED, -1,
		    "no interrupt had counted anything on cpu%d before it went off", cpu);
	else
		say(ret, JUDGE_MET, -1,
		    "%zu interrupts went on counting on cpu%d where they had stopped", compared,
		    cpu);
}

void judge_none_on_dead(const struct scan *before, const struct scan *now, int cpu,
			bool (*is_managed)(void *arg, int irq), void *arg, struct judgement *ret)
{
	struct cpulist self = cpulist_of(cpu);
	size_t had_to_move = 0;

	for (size_t i = 0; before && i < before->n_irqs; i++) {
		const struct scan_irq *was = &before->irqs[i];

		had_to_move += was->affinity.has_effective &&
			       cpulist_equal(&was->affinity.effective, &self) &&
			       was->counts.total > 0;
	}
	for (size_t i = 0; i < now->n_irqs; i++) {
		const struct scan_irq *it = &now->irqs[i];
		const struct irq_affinity *a = &it->affinity;

		if (!a->has_effective || cpulist_count(&a->effective) == 0 ||
		    cpulist_intersects(&a->effective, &now->online))
			continue;
		/* One that never came may never have been started, and the kernel leaves such where
		 * they are. */
		if (it->counts.total == 0)
			continue;
		if (!cpulist_intersects(&a->mask, &now->online) && is_managed(arg, it->irq))
			continue;
		say(ret, JUDGE_UNMET, it->irq,
		    "irq %d (%s) is effective on cpu %s, which is offline (online: %s)", it->irq,
		    it->name, cpulist_str(&a->effective), cpulist_str(&now->online));
		return;
	}
	if (had_to_move == 0)
		say(ret, JUDGE_UNEXERCISED, -1,
		    "no interrupt was effective on cpu%d alone before it went off", cpu);
	else
		say(ret, JUDGE_MET, -1,
		    "of %zu interrupts none is left on an offline CPU; %zu were effective on cpu%d before",
		    now->n_irqs, had_to_move, cpu);
}

void judge_managed_off(const struct judge_managed *f, struct judgement *ret)
{
	struct cpulist self = cpulist_of(f->cpu);

	if (!cpulist_equal(&f->mask, &self))
		say(ret, JUDGE_UNMET, f->irq,
		    "managed irq %d (%s) of cpu%d has smp_affinity %s while that CPU is off; it must keep %d",
		    f->irq, f->name, f->cpu, cpulist_str(&f->mask), f->cpu);
	else if (f->arrivals > 0)
		say(ret, JUDGE_UNMET, f->irq,
		    "managed irq %d (%s) came %" PRIu64
		    " times while cpu%d was off; it must be shut down",
		    f->irq, f->name, f->arrivals, f->cpu);
	else if (f->read_error)
		say(ret, JUDGE_UNMET, f->irq,
		    "a read from the disk of irq %d (%s) failed with %s while cpu%d was off",
		    f->irq, f->name, error_name(f->read_error), f->cpu);
	else if (f->reads == 0)
		say(ret, JUDGE_UNMET, f->irq,
		    "no read from the disk of irq %d (%s) completed in %" PRId64
		    " ms while cpu%d was off",
		    f->irq, f->name, f->waited_ms, f->cpu);
	else
		say(ret, JUDGE_MET, f->irq,
		    "managed irq %d (%s) kept smp_affinity %d and did not come while cpu%d was off; %" PRIu64
		    " reads completed",
		    f->irq, f->name, f->cpu, f->cpu, f->reads);
}

void judge_managed_back(const struct judge_managed *f, struct judgement *ret)
{
	struct cpulist self = cpulist_of(f->cpu);

	if (!cpulist_equal(&f->mask, &self))
		say(ret, JUDGE_UNMET, f->irq,
		    "managed irq %d (%s) of cpu%d has smp_affinity %s after that CPU returned; it must be %d",
		    f->irq, f->name, f->cpu, cpulist_str(&f->mask), f->cpu);
	else if (f->has_effective && !cpulist_equal(&f->effective, &self))
		say(ret, JUDGE_UNMET, f->irq,
		    "managed irq %d (%s) is effective on cpu %s after cpu%d returned; it must be back there",
		    f->irq, f->name, cpulist_str(&f->effective), f->cpu);
	else if (f->arrivals == 0)
		say(ret, JUDGE_UNMET, f->irq,
		    "managed irq %d (%s) has not come on cpu%d in the %" PRId64
		    " ms since it returned, while %" PRIu64 " reads on that CPU completed",
		    f->irq, f->name, f->cpu, f->waited_ms, f->reads);
	else
		say(ret, JUDGE_MET, f->irq,
		    "managed irq %d (%s) works on cpu%d again: it came %" PRIu64
		    " times for reads made there",
		    f->irq, f->name, f->cpu, f->arrivals);
}
