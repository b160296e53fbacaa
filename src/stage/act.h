// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Acts: the only writes that change the box's state. Each is recorded and safe outside before it is
 * done, watched by every witness, and compared with the outcome that the scenario says it must have
 * (claim act.as-expected, or the one given).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "stage/claim.h"

enum act_verb { ACT_OFFLINE, ACT_ONLINE, ACT_WRITE };

struct act {
	int id; /* 1, 2, ... in the run */
	enum act_verb verb;
	int cpu; /* -1: none */
	const char *path, *value;
	/* from here on valid in after() only */
	int result;   /* 0, or positive errno of the write */
	bool is_noop; /* the CPU was in that state before */
	bool is_done; /* a real transition took place: it was not there before, hotplug/state and
			 target say so now */
	int state, target; /* of hotplug/, -1: could not be read */
	int64_t began_ns, ended_ns;
	struct cpulist online_before, online; /* sys/devices/system/cpu/online around it */
};

extern const struct claim act_as_expected; /* "act.as-expected" */

/* For each: 0 when the outcome was the one wanted or a legal limit; -errno when not (already
 * recorded): the scenario may go on or stop. */
_must_check_ int act_offline(struct stage *s, int cpu);
_must_check_ int act_online(struct stage *s, int cpu);

/*
 * Each of these CPUs off and on again, in turn. A refused offline is recorded and the next CPU
 * tried; one that stopped half way must come back first. -errno: one did not come back.
 */
_must_check_ int act_cycle(struct stage *s, const struct cpulist *cpus);

struct act_spec {
	enum act_verb verb;
	int cpu;
	const char *path;          /* ACT_WRITE: which file; else NULL */
	const char *value;         /* what; NULL: "0" or "1" by the verb */
	const int *allow;          /* outcomes: errnos, 0 for done, ended by -1 */
	const struct claim *claim; /* NULL: act_as_expected */
	unsigned int as_uid;  /* write as this user (a forked helper drops to it); 0: as we are */
	const char *in_group; /* write by a forked helper in this group of cgroup v2; NULL: as we
				 are */
};

/* *ret (may be NULL) is the act with its outcome. */
_must_check_ int act_play(struct stage *s, const struct act_spec *spec, struct act *ret);

#define ACT_ALLOW(...) ((const int[]){ __VA_ARGS__, -1 })

const char *act_verb_name(enum act_verb verb);
