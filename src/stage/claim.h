// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is declared once, beside its code, as `static const struct` with designated initialisers:
 * claims, needs, witnesses and scenarios. The catalogue (`hotproof list --json`), the manual, the
 * plan and the report all come from these.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "box/box.h"

struct act;
struct stage;

/* One sentence that is true or false of the box after an act. The id is never reused or renamed. */
struct claim {
	const char *id;          /* "subject.kebab-claim" */
	const char *summary;     /* <= 72 characters, a statement */
	const char *explain;     /* Markdown: why it matters, what a failure means, where to look */
	const char *const *refs; /* the rule's source: kernel document, commit, thread; REFS() */
	const char *const *faults; /* each of these must make it fail; FAULTS(), at least one:
				      "kmod:", "root:", "tool:" or "unit:" NAME */
};

#define REFS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FAULTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define GLOBS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CLAIMS(...) ((const struct claim *const[]){ __VA_ARGS__, NULL })
#define NEEDS(...) ((const struct need *const[]){ __VA_ARGS__, NULL })

/* What must be there to try something. Unmet: skip, with the need named. */
struct need {
	const char *id;      /* "box.two-cpus" */
	const char *summary; /* "two CPUs, one of them hot-pluggable" */
	/* 1: met; 0: unmet, with a sentence why (owned by the caller); -errno: could not be found
	 * out */
	int (*probe)(struct box *box, char **ret_why);
};

/*
 * Something alive on the box that would notice a disruption. plant() may start threads and programs
 * and must prove nothing yet; before() proves its precondition for the CPU of this act; after()
 * judges; uproot() ends all that plant() started, judges what can only be judged at the end, and
 * frees the state. All return 0 or -errno; -errno becomes an `error` of each claim that has no
 * expectation for that act yet. They run in one thread, one witness after the other, in the order
 * of the list. None prints, sleeps, exits, or chooses a verdict.
 */
struct witness {
	const char *id;
	const char *summary;
	const char *explain;
	const struct claim *const *claims;
	const struct need *const *needs;
	bool keeps_pace; /* costs so little that it watches a scenario's brisk() too */
	int (*plant)(struct stage *s, void **ret_state);
	int (*before)(struct stage *s, void *state, const struct act *act);
	int (*after)(struct stage *s, void *state, const struct act *act);
	int (*uproot)(struct stage *s, void *state);
};

/* A reproducible sequence of acts. play() calls act_*(); 0, or -errno when it could not go on. */
struct scenario {
	const char *id;
	const char *summary;
	const char *explain;
	const struct claim *const
		*claims; /* those it expects itself; act.as-expected is always among them */
	const struct need *const *needs;
	/* How long it takes on the lab's four CPUs, and how much of that is for each CPU that
	 * leaves; for time budgets. All 0: not known. */
	struct {
		int base_ms, cpu_ms;
	} cost;
	int rank;     /* 1 is what to try first where time is short; higher: later; 0: 100 */
	bool is_deep; /* only when named or asked for (`--deep`): it takes long */
	const char *const *witnesses; /* globs, GLOBS(): only these watch it; NULL: all */
	/* On the bare box, before witnesses are planted: what play() wants to compare with. May be
	 * NULL; -errno ends the scenario. */
	int (*prelude)(struct stage *s);
	/* Many acts at speed, before play(): watched by the witnesses that keep pace; the others
	 * are planted after it. May be NULL; -errno ends the scenario. */
	int (*brisk)(struct stage *s);
	int (*play)(struct stage *s);
};
