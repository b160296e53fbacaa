// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lockdep, where the kernel has it: it finds a wrong order of locks without the deadlock, tells it
 * once in the kernel log and then turns itself off for good. What the log says is kernel_log.c's;
 * here is seen that it was on, and stayed on, also when its line was lost.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

#define STATS "proc/lockdep_stats"

static const struct claim stays_on = {
	.id = "debug.lockdep-stays-on",
	.summary = "lockdep finds no wrong order of locks: it does not turn itself off",
	.explain =
		"Hotplug takes `cpu_hotplug_lock`, `cpuset_mutex`, `cgroup_mutex` and drivers' locks in one order, and everybody else must "
		"take them in the same. With CONFIG_PROVE_LOCKING the kernel proves it while it runs: at the first wrong order it "
		"writes \"possible circular locking dependency\" (or \"suspicious RCU usage\") to the log and sets `debug_locks` "
		"to 0 in `/proc/lockdep_stats`. Nothing is checked from then on.",
	.refs = REFS("Documentation/locking/lockdep-design.rst",
		     "cgroup,freezer: hold cpu_hotplug_lock before freezer_mutex (6.1.25)"),
	.faults = FAULTS("root:lockdep-turns-off"),
};

/* 1: it watches, 0: it has turned itself off. */
static int read_on(struct box *box)
{
	_cleanup_free_ char *text = NULL;
	int on, r = box_read(box, STATS, &text);
	const char *at = r == 0 ? strstr(text, "debug_locks:") : NULL;

	if (r < 0)
		return r;
	return at && sscanf(at, "debug_locks: %d", &on) == 1 ? on != 0 : -EBADMSG;
}

static int probe_lockdep(struct box *box, char **ret_why)
{
	int r = read_on(box);

	if (r > 0)
		return 1;
	*ret_why =
		r == 0 ? text_printf(
				 "lockdep turned itself off before the run began: see the kernel log")
		       : text_printf("no /" STATS
				     ": the kernel is built without CONFIG_PROVE_LOCKING");
	return 0;
}

static const struct need need_lockdep = {
	.id = "kernel.lockdep",
	.summary = "a kernel with lockdep (CONFIG_PROVE_LOCKING), and it is on",
	.probe = probe_lockdep,
};

static int after(struct stage *s, void *state, const struct act *act)
{
	int r = read_on(stage_box(s));

	(void)state;
	if (r < 0)
		return r;
	expect(s, act, &stays_on, r == 1, json_pack("{s:i}", "debug_locks", r),
	       "lockdep is %s after this act", r ? "on" : "off");
	return 0;
}

const struct witness witness_lockdep = {
	.id = "lockdep",
	.summary = "the kernel's own proof of its locks, where it is built in",
	.explain = "Reads `debug_locks` of `/proc/lockdep_stats` after each act.",
	.claims = CLAIMS(&stays_on),
	.needs = NEEDS(&need_lockdep),
	.after = after,
};
