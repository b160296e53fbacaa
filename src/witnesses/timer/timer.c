// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Timers and sleeps that were armed on a CPU which then goes off: none may be lost, none may end
 * early. How late they are is reported and never judged, short of "never". Timers of kernel code
 * are not its matter.
 */
#include "witnesses/timer/timer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/timer/set.h"
#include "witnesses/timer/sleep.h"
#include "witnesses/witnesses.h"

#define PROOF_LIMIT_NS (5 * NS_PER_S)
#define SHORT_SLEEP_NS (300 * NS_PER_MS) /* these are waited for while the CPU is off */
#define SHOTS_AWAITED_OFF 2
#define SHOTS_AWAITED_BACK 1

struct timer {
	struct finding_voice voice;
	struct timer_set *set;
	struct timer_sleeps *sleeps;
	int cpu;        /* that they were armed on for the act before; -1: none */
	bool is_off;    /* it went off with them */
	bool is_broken; /* timers were lost or early: each loss is told, and waited for, once */
};

static int plant(struct stage *s, void **ret_state)
{
	struct timer *t = calloc(1, sizeof(*t));
	int r;

	(void)s;
	if (!t)
		return -ENOMEM;
	t->voice.witness = &witness_timer;
	t->cpu = -1;
	r = timer_set_new(&t->set);
	if (r == 0) {
		r = timer_sleeps_new(&t->sleeps);
		if (r < 0 && timer_set_free(t->set) < 0)
			return r;
	}
	if (r < 0)
		return free(t), r;
	*ret_state = t;
	return 0;
}

/* Timers that are armed on such a CPU wait on another one. */
static bool is_nohz_full(struct box *box, int cpu)
{
	_cleanup_free_ char *text = NULL;
	struct cpulist cpus;

	return box_readf(box, &text, "sys/devices/system/cpu/nohz_full") == 0 &&
	       cpulist_parse(text, &cpus) == 0 && cpulist_has(&cpus, cpu);
}

static void let_go_of_timers(struct timer *t)
{
	timer_set_disarm(t->set, worker_deadline(PROOF_LIMIT_NS));
}

static bool is_unmet(const struct findings *f, const struct claim *claim)
{
	const struct finding *finding = finding_of(f, claim);

	return finding && finding->result == FINDING_UNMET;
}

static void let_go(struct timer *t)
{
	let_go_of_timers(t);
	t->cpu = -1;
	t->is_off = t->is_broken = false;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct timer *t = state;
	struct timer_seen seen = { .cpu = act->cpu };

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	let_go(t);
	if (is_nohz_full(stage_box(s), act->cpu)) {
		seen.shots_unarmed = "does not keep its timers there: the CPU is nohz_full";
		timer_judge(&seen, &f);
		finding_tell(&t->voice, s, act, &f);
		return 0;
	}
	seen.shots_unarmed = timer_set_arm(t->set, act->cpu, worker_deadline(PROOF_LIMIT_NS));
	(void)timer_sleeps_begin(t->sleeps, stage_box(s), act->cpu,
				 worker_deadline(PROOF_LIMIT_NS));
	t->cpu = act->cpu;
	if (seen.shots_unarmed) {
		timer_judge(&seen, &f);
		finding_tell(&t->voice, s, act, &f);
	}
	return 0;
}

static void look(struct stage *s, struct timer *t, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	/* The act's times are of CLOCK_BOOTTIME. */
	int64_t shift_ns = wait_monotonic_ns() - wait_now_ns(), began_ns = act->began_ns + shift_ns;
	struct timer_seen seen = { .cpu = act->cpu,
				   .is_return = act->verb == ACT_ONLINE,
				   .limit_ns = wait_scaled(WORKER_LIMIT_NS) };

	if (timer_set_is_armed(t->set))
		timer_set_look(t->set, seen.is_return ? SHOTS_AWAITED_BACK : SHOTS_AWAITED_OFF,
			       began_ns, act->ended_ns + shift_ns, seen.limit_ns, &seen);
	else if (t->is_broken)
		seen.is_shots_told = true;
	else
		seen.shots_unarmed = "did not arm any";
	timer_sleeps_look(t->sleeps, act->cpu, seen.is_return ? INT64_MAX : SHORT_SLEEP_NS,
			  seen.is_return ? 0 : began_ns, seen.limit_ns, &seen);
	timer_judge(&seen, &f);
	if (is_unmet(&f, &timer_none_lost) || is_unmet(&f, &timer_none_early)) {
		let_go_of_timers(t);
		t->is_broken = true;
	}
	finding_tell(&t->voice, s, act, &f);
	observe(s, act, "timer.lateness",
		json_pack("{s:i, s:f}", "cpu", act->cpu, "worst_ms",
			  wait_ms(seen.shots.worst_late_ns)));
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct timer *t = state;

	if (act->verb == ACT_WRITE || act->is_noop || t->cpu < 0)
		return 0;
	if (act->is_done && act->cpu == t->cpu && act->verb == ACT_OFFLINE) {
		t->is_off = true;
		look(s, t, act);
	} else if (act->is_done && act->cpu == t->cpu && t->is_off) {
		look(s, t, act);
		let_go(t);
	} else if (!t->is_off) {
		let_go(t);
	}
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct timer *t = state;
	int r, r2;

	finding_tell_silent(&t->voice, s, "no CPU with timers on it went off in this scenario");
	let_go(t);
	r = timer_set_free(t->set);
	r2 = timer_sleeps_free(t->sleeps);
	if (r == 0)
		r = r2;
	if (r == 0)
		free(t);
	return r;
}

const struct witness witness_timer = {
	.id = "timer",
	.summary = "timers and sleeps that were armed on the dying CPU",
	.explain =
		"Some expire while the CPU is off, some after its return; how late they were is in `timer.lateness`.",
	.claims = CLAIMS(&timer_none_lost, &timer_none_early, &timer_sleeps_end),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
