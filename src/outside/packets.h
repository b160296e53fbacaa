// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges what the prober recorded against the windows that the box reported: was a datagram lost,
 * did one come back twice? Pure: numbers in, lines out; no socket, no clock, so that it can be
 * tested and repeated.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct packets_datagram {
	int64_t sent_ns; /* the prober's clock */
	int64_t back_ns; /* the same; 0: never came back */
	int64_t box_ns;  /* the box's clock, as its echo stamped it */
	int64_t late_ns; /* how much later it was sent than planned, for want of CPU time on the
			    host */
	int copies;      /* how often it came back */
};

/* Drops by this host's own sockets since the beginning, at a moment of the prober's clock. */
struct packets_drops {
	int64_t at_ns;
	long prober,
		forwarder; /* the prober's socket; the one through which QEMU takes datagrams in */
};

struct packets {
	struct packets_datagram *datagrams; /* number n (1, 2, ...) is at n - 1 */
	size_t n_datagrams;
	struct packets_drops *drops; /* in order of time */
	size_t n_drops;
};

/* In flight when a window began: it may have been waiting for the dying CPU, and belongs to the
 * window. */
#define PACKETS_LEAD_NS 100000000LL

struct packets_clock;

/* How the box's clock lies against the prober's, from the quickest round trips; -ENODATA: nothing
 * came back. */
int packets_clock_new(const struct packets *p, struct packets_clock **ret);
void packets_clock_free(struct packets_clock *c);
CLEANUP_DEFINE(struct packets_clock, packets_clock, packets_clock_free)

int64_t packets_clock_to_box(const struct packets_clock *c, int64_t prober_ns);
int64_t packets_clock_error(const struct packets_clock *c); /* the largest error in it, ns */

/* `clock` lines of outside.jsonl, as an array. */
json_t *packets_clock_lines(const struct packets_clock *c);

/*
 * One `packet.window` line of the journal -> an array of lines for outside.jsonl (without seq): an
 * observe of what was seen, and an expect of each of packet.none-lost and packet.none-duplicated.
 * `clock` may be NULL when nothing ever came back.
 */
json_t *packets_judge(const struct packets *p, const struct packets_clock *clock,
		      const json_t *window);
