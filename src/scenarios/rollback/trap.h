// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One transition of one CPU with a trap in cpuN/hotplug/fail: armed, tried, compared, disarmed.
 * Which states, in which order and how often, is the scenarios' business; whether the CPU still
 * works afterwards is the witness "function".
 */
#pragma once

#include "box/cpu_states.h"
#include "stage/act.h"
#include "stage/stage.h"

extern const struct claim trap_errno;     /* "rollback.errno" */
extern const struct claim trap_state;     /* "rollback.state" */
extern const struct claim trap_disarmed;  /* "rollback.trap-cleared" */
extern const struct claim trap_unarmable; /* "rollback.unarmable" */
extern const struct need need_traps;

enum trap_outcome {
	TRAP_UNARMABLE, /* the kernel would not arm it; no transition was tried */
	TRAP_FIRED,     /* the transition was aborted */
	TRAP_PASSED,    /* the state has no callback in that direction: the CPU has moved */
	TRAP_REFUSED,   /* refused for a legal cause of its own */
	TRAP_OUTCOMES,
};

struct trap {
	struct stage *stage;
	const struct cpu_states *states;
	int cpu;
	/* per direction (0: offline, 1: online): numbers of states */
	json_t *seen[2][TRAP_OUTCOMES];
};

_must_check_ int trap_open(struct stage *s, const struct cpu_states *states, int cpu,
			   struct trap *ret);

/* Records what was seen (observation "rollback.sweep") and frees it. */
void trap_close(struct trap *t);

/*
 * Arms `state` and tries the transition that the CPU can make now: offline if it is online. In the
 * end nothing is armed. -errno: it is neither online nor offline, or the trap stays armed: nothing
 * more may be tried on it.
 */
_must_check_ int trap_try(struct trap *t, int state, enum trap_outcome *ret);

bool trap_is_online(const struct trap *t);
