// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What top, sar and mpstat print, cut into frames (one refresh of the screen, one interval of a
 * table), and whether a frame can be true. Pure: no process, no clock.
 */
#pragma once

#include <stdint.h>

#include "base/cpulist.h"

/*
 * One refresh. The program took its sample at some moment in [since_ns, until_ns]: after it had
 * written the frame before this one, and before we read this one's first line. Reading late only
 * widens it. sar is two programs: sadc samples on while sar, which prints, waits for a processor;
 * there the second that sadc wrote into the sample before it was taken is what bounds it.
 */
struct frame {
	int64_t since_ns, until_ns; /* CLOCK_BOOTTIME */
	int64_t prev_since_ns;      /* since_ns of the frame before: a rate needs two samples */
	struct cpulist rows;        /* CPUs that have a row */
	char problem[128];          /* a value that cannot be, or "" */
};

enum frame_format { FRAME_TOP, FRAME_MPSTAT, FRAME_SAR };

/* When a line came: the pipe was last seen empty before it, it was read, and what the local clock
 * of the day showed then (nanoseconds since midnight, taken after read_ns). */
struct frame_line {
	int64_t empty_ns, read_ns; /* CLOCK_BOOTTIME */
	int64_t day_ns;
};

struct frame_parser {
	enum frame_format format;
	struct frame now;
	bool is_open;
	int cpu_word; /* sysstat: which word of a row is the CPU */
	int64_t since_ns, prev_since_ns;
};

/* Feeds one line, writable. Returns true with a whole frame in *ret. */
bool frame_feed(struct frame_parser *p, char *line, const struct frame_line *came,
		struct frame *ret);

/* Which CPUs were online when: in [from_ns, to_ns] any of `before` and `after` may be seen, then
 * `after` until the next. */
struct mask_change {
	int64_t from_ns, to_ns;
	struct cpulist before, after;
};

/*
 * Compares a frame with the masks that held while it may have sampled: NULL when it can be true,
 * else a sentence (owned by the caller). A CPU that was online all the time must have a row; one
 * that was offline all the time must not. `needs_two`: the program shows a CPU only when it was
 * there at the sample before too (sysstat).
 */
char *frame_contradiction(const struct frame *f, const struct mask_change *changes, size_t n,
			  const struct cpulist *start, bool needs_two);
