// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Boot options as an axis of the matrix: options.json, built in, says which there are and where
 * they mean something; a plan over them is made here. An option that a machine's architecture does
 * not know would be a cell that tests nothing, so it is not in the plan.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "lab/machine.h"

struct options_set {
	char *name;      /* "threadirqs+preempt=full"; "defaults" */
	char *append;    /* "threadirqs preempt=full"; "" */
	char *cpu_model; /* NULL: the machine's own */
};

struct options_list {
	struct options_set *sets;
	size_t n;
};

/*
 * axes: only these, NULL-terminated; NULL: all that mean something on the machine. is_full: the
 * product, not pairs. -EINVAL names an axis that is not known; -E2BIG: the product is too large.
 */
_must_check_ int options_plan(const struct machine *m, const char *const *axes, bool is_full,
			      struct options_list *ret, struct error *err);
void options_list_clear(struct options_list *l);

/* "tick isolation ...", owned by the caller. */
char *options_axes(void);
