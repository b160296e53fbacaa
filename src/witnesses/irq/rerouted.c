// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interrupt that was led to the CPU must come elsewhere once the CPU has gone: waits until it
 * does, or the time is over. The rule is in judge.c.
 */
#include "witnesses/irq/rerouted.h"

#include "base/wait.h"
#include "stage/expect.h"
#include "witnesses/irq/judge.h"

#define ARRIVE_NS (5 * NS_PER_S)
#define EXTRA_TRAFFIC_NS (NS_PER_S / 2) /* the prober may have ended: then our own must do */

const struct claim rerouted_claim = {
	.id = "irq.rerouted",
	.summary = "An interrupt that was delivered on the CPU moves and comes elsewhere",
	.explain =
		"When a CPU goes, the kernel moves its interrupts to CPUs that stay. Before the act an interrupt that is in use is led to the CPU "
		"and seen to arrive there. Afterwards its smp_affinity must hold an online CPU, effective_affinity must name online CPUs "
		"only, and it must go on arriving.\n\nA failure means a silent device: look at the interrupt chip's driver and at "
		"`migrate_one_irq()`. The old affinity is not restored when the CPU returns, and drivers may rewrite it: both are legal.",
	.refs = REFS("kernel/irq/cpuhotplug.c", "Documentation/core-api/irq/irq-affinity.rst"),
	.faults = FAULTS("kmod:irq-effective-stale", "kmod:irq-not-restarted"),
};

struct awaited {
	struct steer *steer;
	struct judge_rerouted *facts;
	struct irq_counts start;
	int64_t extra_at_ns;
	int error;
};

static bool has_arrived(void *arg)
{
	struct awaited *a = arg;
	struct irq_counts now;

	if (wait_now_ns() > a->extra_at_ns)
		steer_traffic(a->steer, true, true);
	a->error = steer_counts(a->steer, a->facts->irq, &now);
	if (a->error < 0)
		return true;
	a->facts->arrivals = 0;
	cpulist_foreach(cpu, &a->facts->online) {
		uint64_t came = irq_counts_grown(&a->start, &now, cpu);

		a->facts->arrivals += came;
		if (came > 0)
			a->facts->arrived_on = cpu;
	}
	irq_counts_done(&now);
	return a->facts->arrivals > 0;
}

static void record_rerouted(struct stage *s, const struct act *act, const struct judge_rerouted *f)
{
	struct judgement j;
	json_t *data;

	judge_rerouted(f, &j);
	data = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:i, s:I}", "irq", f->irq, "name", f->name,
			 "smp_affinity", cpulist_str(&f->affinity.mask), "effective",
			 f->affinity.has_effective ? cpulist_str(&f->affinity.effective) : "",
			 "online", cpulist_str(&f->online), "arrivals", (json_int_t)f->arrivals,
			 "arrived_on", f->arrived_on, "waited_ms", (json_int_t)f->waited_ms);
	expect(s, act, &rerouted_claim, j.result == JUDGE_MET, data, "%s", j.text);
}

int rerouted_after_offline(struct stage *s, struct box *box, struct steer *steer,
			   const struct steer_target *t, const struct act *act)
{
	struct judge_rerouted f = { .cpu = act->cpu,
				    .irq = t->irq,
				    .name = t->name,
				    .online = act->online,
				    .arrived_on = -1 };
	int64_t began = wait_now_ns();
	struct awaited a = { .steer = steer,
			     .facts = &f,
			     .extra_at_ns = began + wait_scaled(EXTRA_TRAFFIC_NS) };
	int r;

	if (!t->is_proven) {
		expect_unexercised(s, act, &rerouted_claim, NULL, "%s", t->why);
		return 0;
	}
	r = steer_counts(steer, t->irq, &a.start);
	if (r < 0)
		return r;
	r = wait_until(has_arrived, &a, began + wait_scaled(ARRIVE_NS));
	irq_counts_done(&a.start);
	if (r >= 0)
		r = a.error;
	if (r >= 0)
		r = irq_affinity_read(box, t->irq, &f.affinity);
	if (r < 0)
		return r;
	f.waited_ms = (wait_now_ns() - began) / NS_PER_MS;
	record_rerouted(s, act, &f);
	return 0;
}
