// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts around the going and coming of a CPU: leads one onto the CPU, reads all before and
 * after, and hands the facts to judge.c. Managed ones are in managed.c, the leading in steer.c, the
 * arrival elsewhere in rerouted.c.
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
#include "witnesses/irq/rerouted.h"
#include "witnesses/irq/steer.h"
#include "witnesses/witnesses.h"

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
	bool has_gone, has_told_frozen;
};

static int uproot(struct stage *s, void *state)
{
	struct irq_witness *w = state;

	if (w->has_gone && !w->has_told_frozen)
		expect_unexercised(s, NULL, &column_frozen, NULL,
				   "no CPU that went off stayed off until an act of ours");
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
	w->has_told_frozen = true;
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

static int after_offline(struct stage *s, struct irq_witness *w, const struct act *act,
			 struct scan *now)
{
	struct judgement j;
	int r;

	judge_none_on_dead(w->before, now, act->cpu, is_managed, w->box, &j);
	say(s, act, &none_on_dead, &j);
	w->has_gone = true;
	replace(&w->at_offline[act->cpu], take_ptr(w->before));
	r = rerouted_after_offline(s, w->box, w->steer, w->target, act);
	managed_after_offline(w->managed, s, act, now);
	return r;
}

static void after_online(struct stage *s, struct irq_witness *w, const struct act *act,
			 const struct scan *now)
{
	struct judgement j;

	if (w->at_offline[act->cpu]) {
		judge_column_kept(w->at_offline[act->cpu], now, act->cpu, &j);
		w->has_told_frozen = true;
		say(s, act, &column_frozen, &j);
		replace(&w->at_offline[act->cpu], NULL);
	}
	managed_after_online(w->managed, s, act);
}

static bool is_any_dead(struct stage *s, const struct irq_witness *w)
{
	cpulist_foreach(cpu, &w->possible)
		if (stage_cpu_is_dead(s, cpu))
			return true;
	return false;
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
	/* Windows are exercised by interrupts that come elsewhere meanwhile. */
	steer_traffic(w->steer, is_any_dead(s, w), false);
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
	.claims = CLAIMS(&rerouted_claim, &column_frozen, &none_on_dead, &managed_claim),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
