// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which clock the kernel keeps the time by. That the time itself never goes back is clock.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

#define CLOCKSOURCE "sys/devices/system/clocksource/clocksource0/current_clocksource"

static const struct claim clocksource_stays = {
	.id = "time.clocksource-stays",
	.summary = "The kernel keeps the time by the same clock as before",
	.explain =
		"`current_clocksource` before and after each act. A CPU that returns with a time stamp counter that is off makes the kernel give up the TSC for a "
		"clock that costs a hundred times as much to read, for good. In a virtual machine the host's load can do the same at any moment, "
		"and nobody can tell which it was: there a change is reported as not exercised.",
	.refs = REFS("Documentation/timers/timekeeping.rst",
		     "arch/x86/kernel/tsc_sync.c: check_tsc_sync_target()"),
	.faults = FAULTS("root:clocksource-changes"),
};

struct clocksource {
	char *was;
	bool is_virtual;
};

/* x86 says so in its flags; elsewhere the DMI or the device tree would have to be believed. */
static bool is_virtual(struct box *box)
{
	_cleanup_free_ char *text = NULL;

	return box_read(box, "proc/cpuinfo", &text) == 0 && strstr(text, " hypervisor");
}

static int probe_clocksource(struct box *box, char **ret_why)
{
	if (box_has(box, CLOCKSOURCE))
		return 1;
	*ret_why = text_printf("there is no %s", CLOCKSOURCE);
	return 0;
}

static const struct need need_clocksource = {
	.id = "box.clocksource",
	.summary = "a kernel that says what clock it keeps the time by",
	.probe = probe_clocksource,
};

static int plant(struct stage *s, void **ret_state)
{
	struct clocksource *c = calloc(1, sizeof(*c));
	int r = c ? box_readf(stage_box(s), &c->was, CLOCKSOURCE) : -ENOMEM;

	if (r < 0) {
		free(c);
		return r;
	}
	c->is_virtual = is_virtual(stage_box(s));
	*ret_state = c;
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_free_ char *now = NULL;
	struct clocksource *c = state;
	int r;

	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	r = box_readf(stage_box(s), &now, CLOCKSOURCE);
	if (r < 0)
		return r;
	if (strcmp(now, c->was) != 0 && c->is_virtual)
		expect_unexercised(
			s, act, &clocksource_stays,
			json_pack("{s:s, s:s}", "was", c->was, "now", now),
			"the clock changed from %s to %s in a virtual machine, where load alone can do that",
			c->was, now);
	else
		expect(s, act, &clocksource_stays, strcmp(now, c->was) == 0,
		       json_pack("{s:s, s:s}", "was", c->was, "now", now),
		       "the time is kept by %s, and was by %s before", now, c->was);
	free(c->was);
	c->was = take_ptr(now);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct clocksource *c = state;

	(void)s;
	free(c->was);
	free(c);
	return 0;
}

const struct witness witness_clocksource = {
	.id = "clocksource",
	.summary = "the clock that the kernel keeps the time by",
	.explain = "Reads `current_clocksource` after each act.",
	.claims = CLAIMS(&clocksource_stays),
	.needs = NEEDS(&need_clocksource),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
