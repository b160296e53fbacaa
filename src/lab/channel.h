// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what the guest says on its port, line by line, puts each line into its file of the run
 * directory, and answers those that must be safe. Format: docs/run-format.md, "Streams". What the
 * lines mean is its caller's matter.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "evidence/rundir.h"

struct channel;

/* Called for each line of the journal, after it is in its file and before it is answered, and for
 * the guest's last word (type "exit"). */
typedef void (*channel_line_fn)(void *ctx, const json_t *line);

/* fd (both directions) and the run directory stay the caller's. */
_must_check_ int channel_new(int fd, struct rundir *rd, channel_line_fn on_line, void *ctx,
			     struct channel **ret);
void channel_free(struct channel *c);
CLEANUP_DEFINE(struct channel, channel, channel_free)

/*
 * Reads what is there. 1: go on, 0: the other end is gone. -errno: a line could not be written to
 * its file (ENOSPC: disk full): the line was not answered, so the guest goes no further.
 */
_must_check_ int channel_read(struct channel *c, struct error *err);

/* At the end: an unfinished last line is kept too, in stray.txt. */
_must_check_ int channel_finish(struct channel *c, struct error *err);

struct channel_counts {
	long lines;   /* of any stream */
	long journal; /* lines of the journal */
	long stray; /* no stream's line, or a journal line that is no JSON object: kept in stray.txt
		     */
	long last_seq;  /* of the journal */
	int64_t last_t; /* the box's clock, as the journal last said; 0: nothing yet */
};

const struct channel_counts *channel_counts(const struct channel *c);

/* The lab has added a line of its own to the journal, numbered last_seq + 1. */
void channel_count_own(struct channel *c);
