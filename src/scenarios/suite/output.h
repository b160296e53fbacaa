// SPDX-License-Identifier: GPL-2.0-or-later
/* What another suite prints: into the run's stream `tools/suite` line by line, and kept as a whole.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct stage;

struct suite_output {
	struct stage *stage;
	FILE *text;    /* all that it printed */
	char *partial; /* of a line that has not ended */
	size_t n_partial, n_all;
	bool is_cut; /* it printed more than is kept */
};

_must_check_ int suite_output_open(struct stage *s, struct suite_output *ret);
void suite_output_close(struct suite_output *x);

/* Until it closes its output, or the deadline (CLOCK_BOOTTIME): 1, or 0. */
_must_check_ int suite_output_listen(struct suite_output *x, int fd, int64_t deadline);

/* All of it, owned by the caller, when no more comes; NULL: it cannot be read back. */
char *suite_output_text(struct suite_output *x, size_t *ret_len);
