// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of stage/ share and nobody else sees. */
#pragma once

#include "stage/stage.h"
#include "stage/act.h"

enum callback { CALLBACK_PLANT, CALLBACK_BEFORE, CALLBACK_AFTER, CALLBACK_UPROOT, N_CALLBACKS };

struct planted {
	const struct witness *witness;
	void *state;
	bool is_tried; /* it was asked to plant */
	bool is_planted;
	int64_t began; /* the callback that runs */
	int64_t spent_ns[N_CALLBACKS];
};

/* An expectation was recorded: since the last callback began, ever. */
#define SPOKE_NOW 1
#define SPOKE_EVER 2

struct stage {
	struct stage_setup setup;
	struct planted *planted; /* in the order of setup.witnesses */
	size_t n_planted;
	const struct claim **claims; /* NULL-terminated */
	size_t n_claims;
	const char *speaker;  /* who observes and expects now: a witness's id, or "stage" */
	int act_now;          /* number of the act that is around, 0: none */
	unsigned char *spoke; /* per claim: SPOKE_* */
	bool is_brisk;        /* pace counts now: what is written of an act goes out in one piece */
	bool is_act_in_vain;  /* a CPU was to come or go, and did not */
	struct cpulist online;
	struct cpulist broken_windows; /* CPUs that somebody else brought back */
};

/* True when all are met. Each is recorded, so that a skip can name the one that was not. */
bool stage_probe_needs(struct stage *s, const char *kind, const char *id,
		       const struct need *const *needs, const struct claim *const *claims);

/* Those that were not asked yet; only_quick: those that keep pace (stage.h). */
void stage_plant_all(struct stage *s, bool only_quick);
/* In the reverse order; what all cost is told after it. */
void stage_uproot_all(struct stage *s);

/* Calls before()/after() of every planted witness; an error of one is recorded and does not stop
 * the others. */
void stage_call_before(struct stage *s, const struct act *act);
void stage_call_after(struct stage *s, const struct act *act);

/* Index of a claim in stage_claims(), or -1 (not watched: its expectations are dropped). */
int stage_claim_index(const struct stage *s, const struct claim *claim);

void stage_set_dead(struct stage *s, int cpu, bool is_dead);

/* New arrays of ids; claims that are not watched are left out. */
json_t *stage_claim_ids(const struct stage *s, const struct claim *const *claims);
json_t *stage_witness_ids(const struct stage *s);
