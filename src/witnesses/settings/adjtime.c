// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the kernel was told to run its clock: the length of a tick and the frequency that ntpd or
 * chronyd found out over days. That clocks do not go back is clock.c's, which clock is read is
 * clocksource.c's.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "base/text.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

static const struct claim adjustment_kept = {
	.id = "time.adjustment-kept",
	.summary = "The clock is steered as it was: tick, frequency, mode",
	.explain =
		"adjtimex(2) without a change before and after each act: `tick`, `freq` and the modes of `status`. Whether the clock counts as synchronised is not judged, "
		"since that ends by itself. Where a time daemon runs, or somebody changed it between two acts, a change is reported as not exercised.\n\n"
		"A failure means that the box loses its time by as much as its crystal is off, until the daemon has found that out again.",
	.refs = REFS("man:adjtimex(2)", "kernel/time/ntp.c"),
	.faults = FAULTS("kmod:clock-adjustment-changes"),
};

/* UNSYNC, the leap second's and the pulse's bits change by themselves. */
#define MODES (STA_PLL | STA_FLL | STA_FREQHOLD | STA_NANO)

struct adjustment {
	long tick, freq;
	int modes;
};

struct adjtime {
	struct adjustment was;
	bool has_read, is_told;
	bool is_steered; /* somebody changes it, in no act of ours */
};

static int read_adjustment(struct adjustment *ret)
{
	struct timex t = {};

	if (adjtimex(&t) < 0)
		return -errno;
	*ret = (struct adjustment){ t.tick, t.freq, t.status & MODES };
	return 0;
}

static bool is_equal(const struct adjustment *a, const struct adjustment *b)
{
	return a->tick == b->tick && a->freq == b->freq && a->modes == b->modes;
}

/* The name of a program that steers clocks and runs, or NULL. */
static const char *find_daemon(struct box *box)
{
	/* As in /proc/PID/comm: 15 characters. */
	static const char *const names[] = { "chronyd",     "ntpd",       "systemd-timesyn",
					     "ptp4l",       "phc2sys",    "ts2phc",
					     "VBoxService", "timemaster", "vmtoolsd" };
	DIR *dir = opendir("/proc");
	const char *found = NULL;
	struct dirent *e;

	while (dir && !found && (e = readdir(dir))) {
		_cleanup_free_ char *comm = NULL;

		if (e->d_name[0] < '0' || e->d_name[0] > '9' ||
		    box_readf(box, &comm, "proc/%s/comm", e->d_name) < 0)
			continue;
		text_strip(comm);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strcmp(comm, names[i]) == 0)
				found = names[i];
	}
	if (dir)
		closedir(dir);
	return found;
}

static int plant(struct stage *s, void **ret_state)
{
	struct adjtime *a = calloc(1, sizeof(*a));

	(void)s;
	if (!a)
		return -ENOMEM;
	*ret_state = a;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct adjtime *a = state;
	struct adjustment now;
	int r = read_adjustment(&now);

	(void)s;
	(void)act;
	if (r < 0)
		return r;
	a->is_steered = a->is_steered || (a->has_read && !is_equal(&a->was, &now));
	a->was = now;
	a->has_read = true;
	return 0;
}

static void tell_change(struct stage *s, const struct adjtime *a, const struct act *act,
			const struct adjustment *now)
{
	const char *daemon = find_daemon(stage_box(s));
	json_t *data = json_pack("{s:[I,I], s:[I,I], s:[i,i]}", "tick", (json_int_t)a->was.tick,
				 (json_int_t)now->tick, "freq", (json_int_t)a->was.freq,
				 (json_int_t)now->freq, "modes", a->was.modes, now->modes);

	if (daemon || a->is_steered)
		expect_unexercised(s, act, &adjustment_kept, data, "%s steers the clock",
				   daemon ? daemon : "somebody");
	else
		expect(s, act, &adjustment_kept, false, data,
		       "the tick is %ld us and was %ld, the frequency %ld and was %ld (of 65536 a ppm), the modes 0x%x and were 0x%x",
		       now->tick, a->was.tick, now->freq, a->was.freq, now->modes, a->was.modes);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct adjtime *a = state;
	struct adjustment now;
	int r = read_adjustment(&now);

	if (r < 0)
		return r;
	if (act->is_done && act->verb != ACT_WRITE && !act->is_noop) {
		a->is_told = true;
		if (is_equal(&a->was, &now))
			expect(s, act, &adjustment_kept, true, NULL,
			       "the clock is steered as it was");
		else
			tell_change(s, a, act, &now);
	}
	a->was = now;
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct adjtime *a = state;

	if (!a->is_told)
		expect_unexercised(s, NULL, &adjustment_kept, NULL,
				   "no CPU went or came in this scenario");
	free(a);
	return 0;
}

const struct witness witness_adjtime = {
	.id = "adjtime",
	.summary = "how the kernel was told to run its clock",
	.explain = "Asks adjtimex(2) before and after each act, and changes nothing.",
	.claims = CLAIMS(&adjustment_kept),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
