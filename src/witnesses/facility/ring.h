// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of an event's ring buffer: walked and counted. Pure, no system call. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "witnesses/finding.h"

struct ring_seen {
	int cpu;
	uint64_t counted;        /* by the event itself */
	uint64_t samples, lost;  /* by its records */
	uint64_t elsewhere;      /* samples that name another CPU */
	size_t bad_at;           /* where a record has no end, or SIZE_MAX */
	int error;               /* -errno of reading the count, 0 */
	const char *why_untried; /* NULL: it was tried */
};

/*
 * Walks the records in `size` bytes that begin with a record.
 * Fills samples, lost, elsewhere and bad_at. The samples are of PERF_SAMPLE_CPU alone.
 */
void ring_walk(const void *records, size_t size, struct ring_seen *seen);

/* Pure. */
void ring_judge(const struct ring_seen *seen, struct findings *ret);
