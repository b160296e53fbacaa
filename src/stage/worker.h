// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One named thread that a witness or scenario binds to CPUs and talks to: it is asked, it answers,
 * and the witness waits for the answer with a deadline. A thread that never answers (that is what
 * some faults do) hangs nobody. What the thread does meanwhile is the witness's own function, or
 * one of the two here. No judging.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "base/error.h"
#include "box/box.h"

/* How long anything may take that must happen at all; scaled. A loaded host steals a second easily.
 */
#define WORKER_LIMIT_NS (10 * 1000000000LL)

struct worker {
	char name[16];
	void (*run)(struct worker *w); /* returns soon after worker_wait() said so */
	void *arg;
	pthread_t thread;
	bool is_started;
	int ask_fd, answer_fd; /* eventfds */
	uint64_t asked;        /* the witness's side */
	atomic_int tid;
	atomic_bool is_stopping;
	_Atomic uint64_t answers;
	_Atomic uint64_t beats;  /* worker_run_spin: turns of its loop */
	atomic_bool is_spinning; /* worker_run_spin: goes on as long as this is set */
	atomic_int cpu;          /* where it last saw itself; -1: never yet */
};

/*
 * Returns when the thread runs. `w` must be zeroed, and must outlive the thread. No signal reaches
 * the thread. The name is cut to 15 characters.
 */
_must_check_ int worker_start(struct worker *w, const char *name, void (*run)(struct worker *w),
			      void *arg);

/*
 * Asks the thread to end and waits for it. -ETIMEDOUT: it did not, and still uses `w` and what
 * `arg` points to: the caller must leave both as they are, for ever. Harmless when it was never
 * started.
 */
_must_check_ int worker_stop(struct worker *w);

/* What CPU the calling thread is on, from the kernel itself and not from a copy of its knowledge.
 */
int worker_getcpu(void);

/* The witness's side */

/* wait_now_ns() + the scaled time. */
int64_t worker_deadline(int64_t ns);

/* Wakes the thread to do its work once more. */
void worker_ask(struct worker *w);

/* Until everything asked so far is answered: 1; 0: the deadline has passed. */
_must_check_ int worker_await(struct worker *w, int64_t deadline_ns);

/* True when nothing asked is unanswered. */
bool worker_is_idle(const struct worker *w);

/*
 * sched_setaffinity(2), tried again while it says EINVAL: with cpusets the kernel learns of a CPU
 * that returned a little later. 0, or -errno of the last try.
 */
_must_check_ int worker_pin(struct worker *w, const struct cpulist *cpus, int64_t deadline_ns);

/* sched_getaffinity(2): only CPUs that tasks may run on now. */
_must_check_ int worker_affinity(struct worker *w, struct cpulist *ret);

/* State letter and last CPU as /proc says; -ESRCH when the thread is gone. */
_must_check_ int worker_stat(struct box *box, const struct worker *w, char *ret_state,
			     int *ret_cpu);

/* The same of any thread, named by its directory ("proc/12"). */
_must_check_ int worker_stat_at(struct box *box, char *ret_state, int *ret_cpu, const char *dir_fmt,
				...) _printf_(4, 5);

/* Until the thread sleeps, and did so last on `cpu`: 1; 0: the deadline has passed. */
_must_check_ int worker_await_asleep(struct box *box, const struct worker *w, int cpu,
				     int64_t deadline_ns);

/* The thread's side */

/* Until asked: how often since the last time; 0: end now. */
uint64_t worker_wait(struct worker *w);

/* The same up to deadline_ns: *ret_asked 0 means that nobody asked. False: end now. */
_must_check_ bool worker_wait_until(struct worker *w, int64_t deadline_ns, uint64_t *ret_asked);

/* Answers so many asks. */
void worker_answer(struct worker *w, uint64_t asks);

/* For worker_start(): each ask is answered with the CPU that the thread woke on; else it sleeps. */
void worker_run_answer(struct worker *w);

/* For worker_start(): once asked it runs, without sleeping, while is_spinning is set. */
void worker_run_spin(struct worker *w);

/*
 * The body of a run function that works a little all the time: `turn` once for every ask (which is
 * answered after it, so that a whole turn lies between), and while is_spinning is set also every
 * pause_ns. Each turn is a beat, and ends with a look at the CPU.
 */
void worker_tick(struct worker *w, int64_t pause_ns, void (*turn)(struct worker *w));
