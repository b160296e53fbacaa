// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts around the going and coming of a CPU: leads one onto the CPU, reads all before and
 * after, and hands the facts to judge.c. Managed ones are in managed.c, the leading in steer.c.
 */
#include <errno.h>
#include <string.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"
#include "witnesses/irq/arrivals.h"
#include "witnesses/irq/judge.h"
#include "witnesses/irq/managed.h"
#include "witnesses/irq/steer.h"
#include "witnesses/witnesses.h"

#define ARRIVE_NS (5 * NS_PER_S)
#define EXTRA_TRAFFIC_NS (NS_PER_S / 2)

static const struct claim rerouted = {
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

static const struct claim column_frozen = {
	.id = "irq.column-frozen",
	.summary = "No interrupt is counted on a CPU while it is off; its counts go on later",
	.explain =
		"`/proc/interrupts` hides the column of a CPU that is off; `/sys/kernel/irq/N/per_cpu_count` does not. Between the moment when the CPU "
		"had gone and the moment before it is brought back no count of it may grow; after the return the counts must go on "
		"where they stopped. A failure means that interrupts are delivered to, or accounted to, the wrong CPU.",
	.refs = REFS("Documentation/ABI/testing/sysfs-kernel-irq"),
	.faults = FAULTS("kmod:irq-counted-on-dead"),
};

static const struct claim none_on_dead = {
	.id = "irq.none-on-dead-cpu",
	.summary = "No interrupt in use is left with only offline CPUs to go to",
	.explain =
		"All interrupts that have ever come are looked at, not just the one that was led to the CPU: none may have an effective_affinity that "
		"holds offline CPUs only. Managed interrupts that are shut down with their last CPU are the exception. A failure means a device "
		"that will be silent the next time it has something to say.",
	.refs = REFS("kernel/irq/cpuhotplug.c"),
	.faults = FAULTS("kmod:irq-orphan", "kmod:irq-effective-stale"),
};

struct irq_witness {
	struct box *box;
	struct cpulist possible;
	struct steer *steer;
	struct arrivals *arrivals; /* NULL on a scripted root */
	struct managed *managed;
	const struct steer_target *target;    /* of the offline that is under way; NULL: none */
	struct scan *before;                  /* all online CPUs of the act still there */
	struct scan *opened;                  /* since then some CPUs have been off */
	struct scan *at_offline[CPULIST_MAX]; /* what each CPU that is off had counted */
};

static int uproot(struct stage *s, void *state)
{
	struct irq_witness *w = state;

	(void)s;
	arrivals_free(w->arrivals);
	managed_free(w->managed);
	steer_unref(w->steer);
	scan_free(w->before);
	scan_free(w->opened);
	for (size_t i = 0; i < CPULIST_MAX; i++)
		scan_free(w->at_offline[i]);
	free(w);
	return 0;
}

static int plant(struct stage *s, void **ret_state)
{
	struct irq_witness *w = calloc(1, sizeof(*w));
	struct cpu_masks masks;
	int r;

	if (!w)
		return -ENOMEM;
	w->box = stage_box(s);
	r = cpu_masks_read(w->box, &masks);
	if (r == 0) {
		w->possible = masks.possible;
		r = steer_ref(s, &w->steer);
	}
	if (r == 0)
		r = managed_new(w->box, &w->managed);
	if (r == 0 && box_is_real(w->box))
		r = arrivals_new(w->box, &w->arrivals);
	if (r < 0) {
		uproot(s, w);
		return r;
	}
	*ret_state = w;
	return 0;
}

static bool is_managed(void *arg, int irq)
{
	return irq_can_steer(arg, irq) == 0;
}

static json_t *evidence(const struct judgement *j)
{
	return j->irq >= 0 ? json_pack("{s:i}", "irq", j->irq) : NULL;
}

static void say(struct stage *s, const struct act *act, const struct claim *claim,
		const struct judgement *j)
{
	if (j->result == JUDGE_UNEXERCISED)
		expect_unexercised(s, act, claim, NULL, "%s", j->text);
	else
		expect(s, act, claim, j->result == JUDGE_MET, evidence(j), "%s", j->text);
}

/* The CPUs that have been off since `opened` was taken, and nobody else touched. */
static struct cpulist dead_cpus(struct stage *s, const struct irq_witness *w)
{
	struct cpulist dead = {};

	cpulist_foreach(cpu, &w->possible)
		if (stage_cpu_is_dead(s, cpu) && stage_window_is_intact(s, cpu) &&
		    !cpulist_has(&w->opened->online, cpu))
			cpulist_add(&dead, cpu);
	return dead;
}

/* Whatever the act is: until now nothing has changed since `opened`. */
static void judge_window(struct stage *s, struct irq_witness *w, const struct act *act,
			 const struct scan *now)
{
	struct judgement j;
	struct cpulist dead;

	if (!w->opened)
		return;
	dead = dead_cpus(s, w);
	if (cpulist_count(&dead) == 0)
		return;
	judge_frozen(w->opened, now, &dead, &j);
	say(s, act, &column_frozen, &j);
}

static void replace(struct scan **slot, struct scan *scan)
{
	scan_free(*slot);
	*slot = scan;
}

static int before_offline(struct stage *s, struct irq_witness *w, const struct act *act)
{
	struct scan *scan;
	int r;

	/* The last CPU cannot go, and then there is nowhere to move to. */
	if (act->is_noop || cpulist_count(&act->online_before) < 2)
		return 0;
	r = steer_before(w->steer, s, act, &w->target);
	if (r < 0)
		return r;
	if (w->target->irq >= 0)
		arrivals_begin(w->arrivals, w->target->irq, w->target->name);
	r = scan_new(w->box, &w->possible, &scan);
	if (r < 0)
		return r;
	replace(&w->before, scan);
	managed_before_offline(w->managed, s, act, scan);
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_(cleanup_scan) struct scan *now = NULL;
	struct irq_witness *w = state;
	int r;

	w->target = NULL;
	if (w->opened) {
		r = scan_new(w->box, &w->possible, &now);
		if (r < 0)
			return r;
		judge_window(s, w, act, now);
	}
	if (act->verb == ACT_OFFLINE)
		return before_offline(s, w, act);
	if (act->verb == ACT_ONLINE && !act->is_noop && now && stage_cpu_is_dead(s, act->cpu) &&
	    stage_window_is_intact(s, act->cpu))
		managed_before_online(w->managed, s, act, now);
	return 0;
}

struct awaited {
	struct irq_witness *w;
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
		steer_traffic(a->w->steer, true, true);
	a->error = steer_counts(a->w->steer, a->facts->irq, &now);
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
	expect(s, act, &rerouted, j.result == JUDGE_MET, data, "%s", j.text);
}

static int watch_rerouted(struct stage *s, struct irq_witness *w, const struct act *act)
{
	const struct steer_target *t = w->target;
	struct judge_rerouted f = { .cpu = act->cpu,
				    .irq = t->irq,
				    .name = t->name,
				    .online = act->online,
				    .arrived_on = -1 };
	int64_t began = wait_now_ns();
	struct awaited a = { .w = w,
			     .facts = &f,
			     .extra_at_ns = began + wait_scaled(EXTRA_TRAFFIC_NS) };
	int r;

	if (!t->is_proven) {
		expect_unexercised(s, act, &rerouted, NULL, "%s", t->why);
		return 0;
	}
	r = steer_counts(w->steer, t->irq, &a.start);
	if (r < 0)
		return r;
	r = wait_until(has_arrived, &a, began + wait_scaled(ARRIVE_NS));
	irq_counts_done(&a.start);
	if (r >= 0)
		r = a.error;
	if (r >= 0)
		r = irq_affinity_read(w->box, t->irq, &f.affinity);
	if (r < 0)
		return r;
	f.waited_ms = (wait_now_ns() - began) / NS_PER_MS;
	record_rerouted(s, act, &f);
	return 0;
}

static int after_offline(struct stage *s, struct irq_witness *w, const struct act *act,
			 struct scan *now)
{
	struct judgement j;
	int r;

	judge_none_on_dead(w->before, now, act->cpu, is_managed, w->box, &j);
	say(s, act, &none_on_dead, &j);
	replace(&w->at_offline[act->cpu], take_ptr(w->before));
	r = watch_rerouted(s, w, act);
	managed_after_offline(w->managed, s, act, now);
	return r;
}

static void after_online(struct stage *s, struct irq_witness *w, const struct act *act,
			 const struct scan *now)
{
	struct judgement j;

	if (w->at_offline[act->cpu]) {
		judge_column_kept(w->at_offline[act->cpu], now, act->cpu, &j);
		say(s, act, &column_frozen, &j);
		replace(&w->at_offline[act->cpu], NULL);
	}
	managed_after_online(w->managed, s, act);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct irq_witness *w = state;
	struct scan *now;
	int r = 0;

	if (act->is_done) {
		r = scan_new(w->box, &w->possible, &now);
		if (r == 0) {
			replace(&w->opened, now);
			if (act->verb == ACT_OFFLINE && w->target)
				r = after_offline(s, w, act, now);
			else if (act->verb == ACT_ONLINE)
				after_online(s, w, act, now);
		}
	} else if (w->target) {
		managed_after_offline(w->managed, s, act, NULL);
	}
	arrivals_end(w->arrivals, s, act);
	steer_traffic(w->steer, false, false);
	w->target = NULL;
	return r;
}

const struct witness witness_irq = {
	.id = "irq",
	.summary = "Interrupts that were delivered on the CPU, unmanaged and managed",
	.explain =
		"Leads an interrupt that is in use (a network interface's receive queue first) onto the CPU and waits until it arrives there; reads a disk on "
		"the CPU so that its queue's managed interrupt comes there. Traffic comes from the prober outside or, where there is none, "
		"from echo requests to the default gateway. Affinities are put back at the end.\n\nObservations: `irq.steered` says which "
		"interrupt was led and whether that was proven; `irq.arrivals` says how often it came on which CPU, some 25 ms at a time.",
	.claims = CLAIMS(&rerouted, &column_frozen, &none_on_dead, &managed_claim),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
