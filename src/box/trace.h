// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tracefs instance of our own (Documentation/trace/ftrace.rst): its buffers, events and clock are
 * nobody else's, and nobody else's tracing is touched. Its stamps are of CLOCK_BOOTTIME, the
 * journal's clock. What the events mean is not known here.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "box/box.h"

#define TRACE_DIR "sys/kernel/tracing"

struct trace;

/* One line of the trace, taken apart. */
struct trace_line {
	char comm[20]; /* of the task; "<...>" where the kernel does not remember it */
	int pid;
	int cpu;          /* on which it was recorded */
	int64_t ns;       /* CLOCK_BOOTTIME, exact to a microsecond */
	char event[32];   /* "cpuhp_enter", or "" for one that has none (a marker, a function) */
	const char *text; /* what follows; belongs to the line given */
};

/* 1: can be had; 0: not, with a sentence why (owned by the caller). Changes nothing. */
_must_check_ int trace_is_there(struct box *box, char **ret_why);

/*
 * An instance that lives as long as the run: making and removing one takes the kernel a tenth of a
 * second, and a scenario is often over sooner. It is called "hotproof-PID[-SUFFIX]", by the parent
 * process, which is the run; made at the first call, with these events on ("cpuhp/cpuhp_enter",
 * NULL-terminated), and found again later. Mounts tracefs where it is missing. `err` says what
 * could not be done.
 */
_must_check_ int trace_of_run(struct box *box, const char *suffix, const char *const *events,
			      struct trace **ret, struct error *err);

/* One that trace_free() removes: "hotproof-PID-SUFFIX", of this process, at rest until
 * trace_start(). */
_must_check_ int trace_new(struct box *box, const char *suffix, struct trace **ret,
			   struct error *err);

void trace_free(struct trace *t);
CLEANUP_DEFINE(struct trace, trace, trace_free)

/* The instance's directory: for the files that have no function here. */
const char *trace_path(const struct trace *t);

/* "cpuhp/cpuhp_enter". */
_must_check_ int trace_enable(struct trace *t, const char *event);
_must_check_ int trace_write(struct trace *t, const char *text, const char *file_fmt, ...)
	_printf_(3, 4);
_must_check_ int trace_start(struct trace *t);
_must_check_ int trace_stop(struct trace *t);

/*
 * All that was recorded since the last time, oldest first, and forgotten by the kernel: one string
 * of lines, owned by the caller. *ret_lost: events were overwritten before they were read, so that
 * nothing follows from what is missing.
 */
_must_check_ int trace_take(struct trace *t, char **ret_text, bool *ret_lost);

/* Events that were lost on any CPU since the instance was made, or -errno: must be 0. */
_must_check_ int64_t trace_lost(struct trace *t);

/* False: no record of an event ("# tracer: nop", "CPU:1 [LOST 3 EVENTS]"). */
_must_check_ bool trace_parse(const char *line, struct trace_line *ret);

/* True for the line that the kernel puts where events were lost. */
bool trace_says_lost(const char *line);

/*
 * Removes what dead processes of ours left behind, and appends it to `items`, as snapshot_restore()
 * does; and, silently, what `own` made (0: nobody). False: one stays.
 */
_must_check_ bool trace_clean(struct box *box, int own, json_t *items);
bool trace_is_of(struct box *box, int own);
