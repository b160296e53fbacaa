// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts online@ and offline@ events. What is expected follows from the online mask around the act,
 * not from what the act was called: a refused or idempotent write must be silent, and one that
 * moved a CPU must be told exactly once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wait.h"
#include "box/uevent.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

#define LATE_NS                                                                                   \
	(500 * NS_PER_MS) /* events are sent before the write returns; a reader may still be slow \
			   */

static const struct claim uevent_each = {
	.id = "state.uevent-each",
	.summary = "One uevent for each CPU that came or went, none for a refused write",
	.explain =
		"udev, systemd and every monitoring agent learn of CPUs from `online@` and `offline@` events. A missing one "
		"leaves them with a stale picture, a second one makes them act twice. They are sent by "
		"`device_online()`/`device_offline()` once the transition is done.",
	.refs = REFS("drivers/base/core.c: device_offline(), device_online()"),
	.faults = FAULTS("kmod:failed-offline-looks-done", "kmod:uevent-twice",
			 "kmod:uevent-missing", "root:uevent-missing", "root:uevent-twice",
			 "root:uevent-wrong"),
};

struct uevents {
	int fd;
	uint64_t last_seqnum;
	bool is_out_of_order;
	bool is_foreign; /* somebody else changed the mask since the last act: events may be late */
	struct cpulist went, came; /* seen since before() */
	int n;
};

static int plant(struct stage *s, void **ret_state)
{
	struct uevents *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->fd = box_open_stream(stage_box(s), "uevent");
	if (u->fd < 0) {
		int r = u->fd;

		free(u);
		return r;
	}
	*ret_state = u;
	return 0;
}

static int drain(struct uevents *u)
{
	struct uevent ev;
	int r;

	while ((r = uevent_next_cpu(u->fd, &ev)) == 1) {
		u->is_out_of_order = u->is_out_of_order || ev.seqnum <= u->last_seqnum;
		u->last_seqnum = ev.seqnum;
		cpulist_add(ev.is_online ? &u->came : &u->went, ev.cpu);
		u->n++;
	}
	return r;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct uevents *u = state;
	int r = drain(u);

	u->went = u->came = (struct cpulist){};
	u->n = 0;
	u->is_out_of_order = false;
	u->is_foreign = !cpulist_equal(&act->online_before, stage_online(s));
	return r == -ENOBUFS ? 0 : r;
}

/* Waits for events that are still missing; a surplus needs no waiting. */
static int collect(struct uevents *u, int wanted)
{
	int64_t deadline = wait_now_ns() + wait_scaled(LATE_NS);
	int r = drain(u);

	while (r == 0 && u->n < wanted) {
		r = wait_readable(u->fd, deadline);
		if (r <= 0)
			break;
		r = drain(u);
	}
	return r;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct uevents *u = state;
	struct cpulist went = cpulist_minus(&act->online_before, &act->online);
	struct cpulist came = cpulist_minus(&act->online, &act->online_before);
	int wanted = cpulist_count(&went) + cpulist_count(&came), r = collect(u, wanted);
	bool ok;

	if (r == -ENOBUFS) {
		expect_unexercised(s, act, &uevent_each, NULL,
				   "the kernel dropped uevents: the reader was too slow");
		return 0;
	}
	if (r < 0)
		return r;
	if (u->is_foreign) {
		expect_unexercised(s, act, &uevent_each, NULL,
				   "CPUs came or went before the act, and by none of ours");
		return 0;
	}
	ok = u->n == wanted && cpulist_equal(&u->went, &went) && cpulist_equal(&u->came, &came) &&
	     !u->is_out_of_order;
	expect(s, act, &uevent_each, ok,
	       json_pack("{s:i, s:s, s:s, s:s, s:s}", "events", u->n, "went", cpulist_str(&went),
			 "told_went", cpulist_str(&u->went), "came", cpulist_str(&came),
			 "told_came", cpulist_str(&u->came)),
	       "%d uevents (offline@ of \"%s\", online@ of \"%s\") for CPUs that went \"%s\" and came \"%s\"%s",
	       u->n, cpulist_str(&u->went), cpulist_str(&u->came), cpulist_str(&went),
	       cpulist_str(&came), u->is_out_of_order ? ", with a SEQNUM that did not rise" : "");
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct uevents *u = state;

	close(u->fd);
	free(u);
	return 0;
}

const struct witness witness_uevents = {
	.id = "uevents",
	.summary = "online@ and offline@ events on the kernel's netlink socket",
	.explain =
		"Listens on NETLINK_KOBJECT_UEVENT with a large buffer. Events of other devices (cpuid, msr) do not count.",
	.keeps_pace = true,
	.claims = CLAIMS(&uevent_each),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
