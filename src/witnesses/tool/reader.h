// SPDX-License-Identifier: GPL-2.0-or-later
/* A thread that reads a program's output, keeps it in the run directory, and cuts it into frames.
 */
#pragma once

#include "stage/stage.h"
#include "witnesses/tool/frame.h"

struct reader;

/* Takes `fd` over, also on failure. Every line goes to the run directory's tools/NAME. */
_must_check_ int reader_start(int fd, enum frame_format format, struct stage *s, const char *name,
			      struct reader **ret);
void reader_stop(struct reader *r); /* NULL is allowed */

size_t reader_count(struct reader *r);                          /* whole frames so far */
void reader_get(struct reader *r, size_t i, struct frame *ret); /* i < reader_count() */
/* The frame that is being printed, as far as it has come; false when there is none. */
bool reader_peek(struct reader *r, struct frame *ret);
bool reader_has_begun(struct reader *r); /* a first line came */
bool reader_is_at_end(struct reader *r); /* the program closed its output */
