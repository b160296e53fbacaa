// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps of the hotplug state machine that one CPU took in one act, as the events cpuhp_enter,
 * cpuhp_multi_enter and cpuhp_exit tell them. Steps in which the CPU is not online (STARTING and
 * DYING) are never recorded: tracepoints are silent on such a CPU. No judging here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

enum step_way {
	STEP_DOWN,
	STEP_UP,
	STEP_OTHER, /* no transition: a callback that somebody registers or removes */
};

struct step {
	int cpu;    /* whose transition it is */
	int number; /* of the state, as in cpu/hotplug/states */
	int target; /* of the transition, as the event says */
	enum step_way way;
	char callback[80]; /* "sched_cpu_deactivate", "zcomp_cpu_dead [zram]" */
	bool is_multi;     /* once for each instance */
	bool is_wrapper;   /* other steps run inside of it, on the CPU itself */
	bool has_ended;
	int ret;
	int ran_on; /* CPU */
	int pid;
	char comm[20]; /* "<...>" where the kernel forgot it */
	int64_t began_ns, ended_ns;
	int64_t self_ns; /* without the steps inside of it */
};

struct steps {
	struct step *list; /* in the order in which they began */
	size_t n;
	bool is_lost; /* events are missing: nothing follows from this list */
};

/*
 * Those of `cpu` that began in [from_ns, to_ns] (CLOCK_BOOTTIME). `text`: lines of the trace, cut
 * up on the way.
 */
_must_check_ int steps_parse(char *text, int cpu, int64_t from_ns, int64_t to_ns,
			     struct steps *ret);
_must_check_ int steps_copy(const struct steps *s, struct steps *ret);
void steps_clear(struct steps *s);
#define _cleanup_steps_ _cleanup_(steps_clear)

/* A callback of a module comes and goes with it. */
bool step_is_of_module(const struct step *step);

/*
 * A state machine that fails goes back; a write that is refused may be tried again (EBUSY). One
 * attempt: the steps forward, the one that failed, and those back.
 */
struct attempt {
	const struct step **forward; /* those that succeeded or never ended; wrappers left out */
	size_t n_forward;
	const struct step *failed;  /* NULL: none, or one without an event (an armed trap) */
	const struct step *wrapper; /* that failed, for what was inside of it; or NULL */
	const struct step **undone; /* instances of the failed step that were taken back */
	size_t n_undone;
	const struct step **back;
	size_t n_back;
};

#define ATTEMPTS_MAX 64

struct attempts {
	struct attempt list[ATTEMPTS_MAX];
	size_t n;
	const struct step **pool;
};

/*
 * `way`: of the act. The steps must stay where they are. At least one attempt, maybe empty. -E2BIG:
 * more than anybody tries.
 */
_must_check_ int attempts_find(const struct steps *steps, enum step_way way, struct attempts *ret);
void attempts_clear(struct attempts *a);
#define _cleanup_attempts_ _cleanup_(attempts_clear)
