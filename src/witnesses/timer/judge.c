// SPDX-License-Identifier: GPL-2.0-or-later
/* What is promised of timers and sleeps, and what a look at them means. Pure. */
#include <stdlib.h>

#include "base/wait.h"
#include "witnesses/timer/timer.h"

const struct claim timer_none_lost = {
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

const struct claim timer_none_early = {
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

const struct claim timer_sleeps_end = {
	.id = "timer.sleeps-end",
	.summary = "Every sleep begun on the CPU ends after its CPU went off",
	.explain =
		"Threads fall asleep on the dying CPU with a time-out, by `clock_nanosleep()`, `ppoll()` and a receive with SO_RCVTIMEO. Each must end, at the "
		"latest 10 s (scaled) after its time. A failure means that the wake-up stayed behind with the dead CPU: programs hang, and "
		"often go on only when the CPU returns.",
	.refs = REFS("man:clock_nanosleep(2)", "man:socket(7)"),
	.faults = FAULTS("kmod:timeout-lost", "unit:sleep-never-ends"),
};

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
			ret, &timer_none_lost, FINDING_UNMET, data,
			"cpu%d %s: the %s of %.0f ms armed there counted %llu expirations of %llu%s",
			seen->cpu, when(seen), series->name, wait_ms(series->period_ns),
			(unsigned long long)series->counted, (unsigned long long)series->expected,
			series->missing > 1 ? ", and had lost some when it was read" : "");
		return;
	}
	if (lost > 0)
		finding_add(
			ret, &timer_none_lost, FINDING_UNMET, data,
			"cpu%d %s: %d of %d timers armed there did not fire within %.0f ms after their time",
			seen->cpu, when(seen), lost, shots->due, wait_ms(seen->limit_ns));
	else if (shots->stuck > 0 || seen->series[0].is_stuck)
		finding_add(ret, &timer_none_lost, FINDING_UNEXERCISED, data,
			    "timers fired, but the thread that reads them did not run for %.0f ms",
			    wait_ms(seen->limit_ns));
	else if (shots->due_after == 0)
		finding_add(ret, &timer_none_lost, FINDING_UNEXERCISED, data,
			    "all timers armed on cpu%d had expired before it %s", seen->cpu,
			    seen->is_return ? "returned" : "was off");
	else
		finding_add(
			ret, &timer_none_lost, FINDING_MET, data,
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
				ret, &timer_none_early, FINDING_UNMET, data,
				"cpu%d %s: the %s of %.0f ms armed there was %llu expirations ahead of the time",
				seen->cpu, when(seen), seen->series[i].name,
				wait_ms(seen->series[i].period_ns),
				(unsigned long long)seen->series[i].surplus);
			return;
		}
	for (size_t i = 0; i < seen->n_sleeps; i++) {
		const struct timer_sleep_seen *p = &seen->sleeps[i];

		if (!p->has_ended || p->may_be_early || p->early_ns <= 0)
			continue;
		finding_add(ret, &timer_none_early, FINDING_UNMET, data,
			    "cpu%d %s: a %s of %.0f ms begun there ended %.3f ms before its time",
			    seen->cpu, when(seen), p->name, wait_ms(p->length_ns),
			    wait_ms(p->early_ns));
		return;
	}
	if (shots->early > 0)
		finding_add(
			ret, &timer_none_early, FINDING_UNMET, data,
			"cpu%d %s: %d timers armed there fired before their time, by up to %.3f ms",
			seen->cpu, when(seen), shots->early, wait_ms(shots->worst_early_ns));
	else if (shots->fired == 0 || shots->due_after == 0)
		finding_add(ret, &timer_none_early, FINDING_UNEXERCISED, data,
			    "no timer armed on cpu%d fired after it %s", seen->cpu,
			    seen->is_return ? "returned" : "was off");
	else
		finding_add(ret, &timer_none_early, FINDING_MET, data,
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

		json_array_append_new(data,
				      json_pack("{s:s, s:f, s:b, s:f}", "way", p->name, "length_ms",
						wait_ms(p->length_ns), "ended", p->has_ended,
						"late_ms", wait_ms(p->late_ns)));
		if (!p->has_ended && !never)
			never = p;
		if (p->late_ns > late_ns)
			late_ns = p->late_ns;
	}
	data = json_pack("{s:o}", "sleeps", data);
	if (never)
		finding_add(
			ret, &timer_sleeps_end, FINDING_UNMET, data,
			"cpu%d %s: a thread that fell asleep there for %.0f ms (%s) had not woken %.0f ms after its time",
			seen->cpu, when(seen), wait_ms(never->length_ns), never->name,
			wait_ms(never->waited_ns));
	else if (seen->n_sleeps > 0)
		finding_add(
			ret, &timer_sleeps_end, FINDING_MET, data,
			"cpu%d %s: all %d sleeps that had begun there ended, at most %.1f ms late",
			seen->cpu, when(seen), (int)seen->n_sleeps, wait_ms(late_ns));
	else if (!seen->is_return)
		finding_add(ret, &timer_sleeps_end, FINDING_UNEXERCISED, data,
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
		finding_add(ret, &timer_none_lost, FINDING_UNEXERCISED, NULL,
			    "the thread that arms timers on cpu%d %s", seen->cpu,
			    seen->shots_unarmed);
		finding_add(ret, &timer_none_early, FINDING_UNEXERCISED, NULL,
			    "the thread that arms timers on cpu%d %s", seen->cpu,
			    seen->shots_unarmed);
		return;
	}
	data = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:[I, I, I], s:[I, I, I]}",
			 "cpu", seen->cpu, "pending", shots->pending, "due", shots->due,
			 "due_after", shots->due_after, "fired", shots->fired, "early",
			 shots->early, "worst_late_ms", wait_ms(shots->worst_late_ns),
			 "worst_early_ms", wait_ms(shots->worst_early_ns), "expected",
			 (json_int_t)seen->series[0].expected, (json_int_t)seen->series[1].expected,
			 (json_int_t)seen->series[2].expected, "counted",
			 (json_int_t)seen->series[0].counted, (json_int_t)seen->series[1].counted,
			 (json_int_t)seen->series[2].counted);
	judge_lost(seen, json_incref(data), ret);
	judge_early(seen, json_incref(data), ret);
	json_decref(data);
}
