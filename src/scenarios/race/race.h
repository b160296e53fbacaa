// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Races: actors that take CPUs off and on while others do what the kernel must be able to do
 * meanwhile. An actor is a process with a list of operations, which it goes through again and again
 * until the time is over. What there is to do is declared by kinds, one file each in kinds/; the
 * lists are a plan (plan.h). Shared by the files of race/ only.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "base/prng.h"
#include "stage/claim.h"
#include "stage/stage.h"

#define RACE_ACTORS_MAX 24
#define RACE_OPS_MAX 256
#define RACE_RING 512 /* the last operations of each actor that are kept */

struct race_actor;
struct race_part;

struct race_op {
	const struct race_verb *verb;
	int cpu; /* -1: none */
	int arg; /* -1: none */
};

struct race_verb {
	const char *name;
	bool has_cpu;
	int args;         /* its argument is below this; 0: it has none */
	int weight;       /* how often it is drawn, beside the others of its kind; 0: never */
	bool is_toggle;   /* writes `online`: togglers_may of all kinds is legal for it */
	bool is_marked;   /* said in the kernel log before: the box may die of it */
	const int *legal; /* errnos, 0 for done, ended by -1; NULL: whatever it gives is legal */
	int (*act)(struct race_actor *a, const struct race_op *op); /* 0 or -errno */
};

#define RACE_LEGAL(...) ((const int[]){ __VA_ARGS__, -1 })

/* What one sort of actor does. begin(), the verbs and end() run in the actor's own process. */
struct race_kind {
	const char *name;
	const char *summary;
	const struct need *need;       /* NULL: nothing but a real box and root */
	const struct race_verb *verbs; /* ended by one without a name; "wait" is everybody's */
	const int *togglers_may;       /* errnos that writes of `online` may give meanwhile */
	void (*make)(struct race_part *part, struct prng *prng,
		     const struct cpulist *cpus); /* NULL: verbs are drawn by weight */
	int (*begin)(struct race_actor *a);
	/* Undoes, compares its counts, and says what is wrong with race_wrong(). */
	void (*end)(struct race_actor *a);
	/* In the scenario's process, before and after all actors: what must be the same. NULL:
	 * nothing. A false return says in `why` what is not. */
	bool (*check)(struct box *box, bool is_after, void **state, char **ret_why);
};

/* One actor of a plan. */
struct race_part {
	char name[16];
	const struct race_kind *kind;
	size_t n_ops;
	struct race_op ops[RACE_OPS_MAX];
};

struct race_entry {
	unsigned int n;  /* the how manieth of its actor, from 1; 0: empty */
	unsigned int op; /* place in the actor's list */
	int result;      /* 0 or positive errno; -1: it has not returned */
	int64_t began_ns, ended_ns;
};

/* One actor's, in memory that outlives it. */
struct race_slot {
	atomic_llong since_ns; /* CLOCK_BOOTTIME; 0: no operation is in flight */
	atomic_uint begun, ended, failed, illegal;
	atomic_bool has_begun; /* its kind's begin() worked */
	atomic_int begin_result;
	struct race_entry first_illegal;
	int64_t slowest_ns;
	uint64_t counts[4]; /* the kind's own */
	char wrong[200];    /* what it found wrong; "": nothing */
	struct race_entry ring[RACE_RING];
};

struct race_shared {
	atomic_bool is_over;
	struct race_slot slots[RACE_ACTORS_MAX];
};

/* Inside an actor's process. */
struct race_actor {
	const struct race_part *part;
	struct race_slot *slot;
	struct race_shared *shared;
	struct box *box;
	struct cpulist cpus;   /* those that are raced over */
	const int *const *may; /* of all kinds of the plan: what togglers may meet */
	const char *scenario;
	int mark_fd; /* /dev/kmsg; -1: none */
	void *state; /* the kind's */
};

extern const struct race_kind *const race_kinds[]; /* NULL-terminated; kinds.c */
extern const struct race_verb race_wait;

/* The first thing that is wrong is kept. */
void race_wrong(struct race_actor *a, const char *fmt, ...) _printf_(2, 3);

bool race_is_over(const struct race_actor *a);

/* The whole life of an actor, in its own process; never returns. */
_Noreturn void race_actor_live(struct race_actor *a, int start_fd);

/* What a scenario draws its plan from. */
struct race_recipe {
	const char *scenario;
	int togglers_min, togglers_max;
	struct {
		const struct race_kind *kind;
		int n;
	} partners[RACE_ACTORS_MAX]; /* ended by one without a kind */
};

/* The whole of a scenario's play(). */
_must_check_ int race_play(struct stage *s, const struct race_recipe *recipe);

extern const struct claim race_writes_legal, race_all_return, race_actors_exact, race_ends_whole;
