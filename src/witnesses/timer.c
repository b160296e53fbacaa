// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Timers and sleeps that were armed on a CPU which then goes off: none may be lost, none may end
 * early. How late they are is reported and never judged, short of "never". Timers of kernel code
 * are not its matter.
 */
#include "witnesses/timer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/timer_set.h"
#include "witnesses/timer_sleep.h"
#include "witnesses/witnesses.h"

#define PROOF_LIMIT_NS (5 * NS_PER_S)
#define SHORT_SLEEP_NS (300 * NS_PER_MS) /* these are waited for while the CPU is off */
#define SHOTS_AWAITED_OFF 2
#define SHOTS_AWAITED_BACK 1

static const struct claim none_lost = {
	.id = "timer.none-lost",
	.summary = "No timer armed on the CPU is lost when it goes or returns",
	.explain =
		"Timers (`timerfd`, once and periodic, quick and slow, and a periodic POSIX timer) are armed by a thread that is proved to be on the dying CPU. "
		"Those that fire once must fire; the periodic ones must count as many expirations as periods have passed, give or take one. Late is not lost: "
		"that is reported. A failure means that a timer stayed behind on the dead CPU's queue, was dropped, or was moved with "
		"a wrong expiry: look at `hrtimers_cpu_dying()`.",
	.refs = REFS("man:timerfd_create(2)", "man:timer_create(2)"),
	.faults = FAULTS("kmod:timers-dropped", "kmod:timers-late", "unit:shot-lost",
			 "unit:series-loses"),
};

static const struct claim none_early = {
	.id = "timer.none-early",
	.summary = "No timer or sleep armed on the CPU ends before its time",
	.explain =
		"Measured against CLOCK_MONOTONIC, which the timers are set by, and CLOCK_BOOTTIME: both must call it early. Socket time-outs are left out: they are measured in the "
		"kernel's ticks, which may lag. A failure means that expiries were changed when timers moved to another CPU, or that its clock base is "
		"ahead: programs that pace by timers run too fast.",
	.refs = REFS("man:timerfd_create(2)", "man:clock_nanosleep(2)"),
	.faults = FAULTS("kmod:timers-early", "unit:shot-early", "unit:series-too-many",
			 "unit:sleep-early"),
};

static const struct claim sleeps_end = {
	.id = "timer.sleeps-end",
	.summary = "Every sleep begun on the CPU ends after its CPU went off",
	.explain =
		"Threads fall asleep on the dying CPU with a time-out, by `clock_nanosleep()`, `ppoll()` and a receive with SO_RCVTIMEO. Each must end, at the "
		"latest 10 s (scaled) after its time. A failure means that the wake-up stayed behind with the dead CPU: programs hang, and "
		"often go on only when the CPU returns.",
	.refs = REFS("man:clock_nanosleep(2)", "man:socket(7)"),
	.faults = FAULTS("kmod:timeout-lost", "unit:sleep-never-ends"),
};

struct timer {
	struct finding_voice voice;
	struct timer_set *set;
	struct timer_sleeps *sleeps;
	int cpu;        /* that they were armed on for the act before; -1: none */
	bool is_off;    /* it went off with them */
	bool is_broken; /* timers were lost or early: each loss is told, and waited for, once */
};

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static const char *when(const struct timer_seen *seen)
{
	return seen->is_return ? "returned" : "went off";
}

static bool is_series_short(const struct timer_series_seen *series)
{
	return series->missing > 1 || (!series->is_stuck && series->counted + 1 < series->expected);
}

static void judge_lost(const struct timer_seen *seen, json_t *data, struct findings *ret)
{
	const struct timer_shots_seen *shots = &seen->shots;
	int lost = shots->due - shots->fired - shots->stuck;

	for (int i = 0; i < TIMER_SERIES; i++) {
		const struct timer_series_seen *series = &seen->series[i];

		if (!is_series_short(series))
			continue;
		finding_add(
			ret, &none_lost, FINDING_UNMET, data,
			"cpu%d %s: the %s of %.0f ms armed there counted %llu expirations of %llu%s",
			seen->cpu, when(seen), series->name, ms(series->period_ns),
			(unsigned long long)series->counted, (unsigned long long)series->expected,
			series->missing > 1 ? ", and had lost some when it was read" : "");
		return;
	}
	if (lost > 0)
		finding_add(
			ret, &none_lost, FINDING_UNMET, data,
			"cpu%d %s: %d of %d timers armed there did not fire within %.0f ms after their time",
			seen->cpu, when(seen), lost, shots->due, ms(seen->limit_ns));
	else if (shots->stuck > 0 || seen->series[0].is_stuck)
		finding_add(ret, &none_lost, FINDING_UNEXERCISED, data,
			    "timers fired, but the thread that reads them did not run for %.0f ms",
			    ms(seen->limit_ns));
	else if (shots->due_after == 0)
		finding_add(ret, &none_lost, FINDING_UNEXERCISED, data,
			    "all timers armed on cpu%d had expired before it %s", seen->cpu,
			    seen->is_return ? "returned" : "was off");
	else
		finding_add(
			ret, &none_lost, FINDING_MET, data,
			"cpu%d %s: all %d timers armed there fired (%d of them after the act), and the periodic ones counted %llu (%llu due), %llu (%llu due) and %llu (%llu due)",
			seen->cpu, when(seen), shots->due, shots->due_after,
			(unsigned long long)seen->series[0].counted,
			(unsigned long long)seen->series[0].expected,
			(unsigned long long)seen->series[1].counted,
			(unsigned long long)seen->series[1].expected,
			(unsigned long long)seen->series[2].counted,
			(unsigned long long)seen->series[2].expected);
}

static void judge_early(const struct timer_seen *seen, json_t *data, struct findings *ret)
{
	const struct timer_shots_seen *shots = &seen->shots;

	for (int i = 0; i < TIMER_SERIES && !seen->shots_unarmed; i++)
		if (seen->series[i].surplus > 0) {
			finding_add(
				ret, &none_early, FINDING_UNMET, data,
				"cpu%d %s: the %s of %.0f ms armed there was %llu expirations ahead of the time",
				seen->cpu, when(seen), seen->series[i].name,
				ms(seen->series[i].period_ns),
				(unsigned long long)seen->series[i].surplus);
			return;
		}
	for (size_t i = 0; i < seen->n_sleeps; i++) {
		const struct timer_sleep_seen *p = &seen->sleeps[i];

		if (!p->has_ended || p->may_be_early || p->early_ns <= 0)
			continue;
		finding_add(ret, &none_early, FINDING_UNMET, data,
			    "cpu%d %s: a %s of %.0f ms begun there ended %.3f ms before its time",
			    seen->cpu, when(seen), p->name, ms(p->length_ns), ms(p->early_ns));
		return;
	}
	if (shots->early > 0)
		finding_add(
			ret, &none_early, FINDING_UNMET, data,
			"cpu%d %s: %d timers armed there fired before their time, by up to %.3f ms",
			seen->cpu, when(seen), shots->early, ms(shots->worst_early_ns));
	else if (shots->fired == 0 || shots->due_after == 0)
		finding_add(ret, &none_early, FINDING_UNEXERCISED, data,
			    "no timer armed on cpu%d fired after it %s", seen->cpu,
			    seen->is_return ? "returned" : "was off");
	else
		finding_add(ret, &none_early, FINDING_MET, data,
			    "cpu%d %s: none of %d timers and %d sleeps ended before its time",
			    seen->cpu, when(seen), shots->fired, (int)seen->n_sleeps);
}

static void judge_sleeps(const struct timer_seen *seen, struct findings *ret)
{
	const struct timer_sleep_seen *never = NULL;
	json_t *data = json_array();
	int64_t late_ns = 0;

	for (size_t i = 0; i < seen->n_sleeps; i++) {
		const struct timer_sleep_seen *p = &seen->sleeps[i];

		json_array_append_new(data, json_pack("{s:s, s:f, s:b, s:f}", "way", p->name,
						      "length_ms", ms(p->length_ns), "ended",
						      p->has_ended, "late_ms", ms(p->late_ns)));
		if (!p->has_ended && !never)
			never = p;
		if (p->late_ns > late_ns)
			late_ns = p->late_ns;
	}
	data = json_pack("{s:o}", "sleeps", data);
	if (never)
		finding_add(
			ret, &sleeps_end, FINDING_UNMET, data,
			"cpu%d %s: a thread that fell asleep there for %.0f ms (%s) had not woken %.0f ms after its time",
			seen->cpu, when(seen), ms(never->length_ns), never->name,
			ms(never->waited_ns));
	else if (seen->n_sleeps > 0)
		finding_add(
			ret, &sleeps_end, FINDING_MET, data,
			"cpu%d %s: all %d sleeps that had begun there ended, at most %.1f ms late",
			seen->cpu, when(seen), (int)seen->n_sleeps, ms(late_ns));
	else if (!seen->is_return)
		finding_add(ret, &sleeps_end, FINDING_UNEXERCISED, data,
			    "no thread slept on cpu%d from before it went off", seen->cpu);
	else
		json_decref(data); /* all of them ended, and were judged, while it was off */
}

void timer_judge(const struct timer_seen *seen, struct findings *ret)
{
	const struct timer_shots_seen *shots = &seen->shots;
	json_t *data;

	judge_sleeps(seen, ret);
	if (seen->is_shots_told)
		return;
	if (seen->shots_unarmed) {
		finding_add(ret, &none_lost, FINDING_UNEXERCISED, NULL,
			    "the thread that arms timers on cpu%d %s", seen->cpu,
			    seen->shots_unarmed);
		finding_add(ret, &none_early, FINDING_UNEXERCISED, NULL,
			    "the thread that arms timers on cpu%d %s", seen->cpu,
			    seen->shots_unarmed);
		return;
	}
	data = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:[I, I, I], s:[I, I, I]}",
			 "cpu", seen->cpu, "pending", shots->pending, "due", shots->due,
			 "due_after", shots->due_after, "fired", shots->fired, "early",
			 shots->early, "worst_late_ms", ms(shots->worst_late_ns), "worst_early_ms",
			 ms(shots->worst_early_ns), "expected",
			 (json_int_t)seen->series[0].expected, (json_int_t)seen->series[1].expected,
			 (json_int_t)seen->series[2].expected, "counted",
			 (json_int_t)seen->series[0].counted, (json_int_t)seen->series[1].counted,
			 (json_int_t)seen->series[2].counted);
	judge_lost(seen, json_incref(data), ret);
	judge_early(seen, json_incref(data), ret);
	json_decref(data);
}

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
	if (is_unmet(&f, &none_lost) || is_unmet(&f, &none_early)) {
		let_go_of_timers(t);
		t->is_broken = true;
	}
	finding_tell(&t->voice, s, act, &f);
	observe(s, act, "timer.lateness",
		json_pack("{s:i, s:f}", "cpu", act->cpu, "worst_ms", ms(seen.shots.worst_late_ns)));
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
	.claims = CLAIMS(&none_lost, &none_early, &sleeps_end),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
