// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two threads that hand a token to and fro by futex, one on the CPU that goes and one elsewhere,
 * all through the act. No time-outs: a wake-up that is lost stops them. Mutexes and their like are
 * locks.c.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/sync/pending.h"
#include "witnesses/sync/sync.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define BURST 4 /* rounds without a pause */
#define PAUSE_NS (30 * NS_PER_MS)

static const struct claim no_wake_lost = {
	.id = "futex.no-wake-lost",
	.summary = "Threads on the CPU and elsewhere that wake each other go on doing so",
	.explain =
		"A thread on the CPU and one elsewhere hand a token to and fro, by FUTEX_WAIT without a time-out and FUTEX_WAKE, while the CPU goes "
		"or comes. They are proved to do so before; afterwards they must go on within 10 s (scaled), and must have counted the same number of rounds. A failure means "
		"that a wake-up was lost on the way to or from the CPU: any program with threads may hang for ever.",
	.refs = REFS("man:futex(2)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:futex-wake-lost", "unit:futex-stuck", "unit:futex-miscounts"),
};

enum token { TOKEN_HERE, TOKEN_THERE, TOKEN_END };

struct futex {
	struct finding_voice voice;
	struct worker here, there; /* the first one is on the CPU */
	atomic_int token;
	_Atomic uint64_t here_rounds, there_rounds;
	struct pending pending;
	struct presence presence; /* of the first one */
	bool is_running, was_there;
	uint64_t here_before, there_before; /* rounds, while nothing was under way */
};

static void wait_while(atomic_int *word, int value)
{
	while (atomic_load(word) == value)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void pass_on(atomic_int *word, int value)
{
	atomic_store(word, value);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void some_rounds(struct worker *w)
{
	struct futex *f = w->arg;

	for (int i = 0; i < BURST; i++) {
		pass_on(&f->token, TOKEN_THERE);
		wait_while(&f->token, TOKEN_THERE);
		f->here_rounds++;
	}
	presence_note(&f->presence);
}

static void run_here(struct worker *w)
{
	worker_tick(w, PAUSE_NS, some_rounds);
}

/* Between the rounds it waits for the token: nobody else wakes it. */
static void run_there(struct worker *w)
{
	struct futex *f = w->arg;

	for (;;) {
		wait_while(&f->token, TOKEN_HERE);
		if (atomic_load(&f->token) == TOKEN_END)
			return;
		atomic_fetch_add(&f->there_rounds, 1);
		pass_on(&f->token, TOKEN_HERE);
	}
}

void futex_judge(const struct futex_seen *seen, struct findings *ret)
{
	unsigned long long here = seen->here, there = seen->there;
	json_t *data = json_pack("{s:i, s:I, s:I, s:b, s:f}", "cpu", seen->cpu, "here",
				 (json_int_t)here, "there", (json_int_t)there, "goes_on",
				 seen->goes_on, "waited_ms", (double)seen->waited_ns / NS_PER_MS);

	if (!seen->goes_on)
		finding_add(
			ret, &no_wake_lost, FINDING_UNMET, data,
			"two threads that wake each other, one of them on cpu%d, stood still for %.0f ms after %llu rounds",
			seen->cpu, (double)seen->waited_ns / NS_PER_MS, here);
	else if (here == there && !seen->was_there)
		finding_add(ret, &no_wake_lost, FINDING_UNEXERCISED, data,
			    "the threads for cpu%d did not wake each other before the act",
			    seen->cpu);
	else
		finding_add(
			ret, &no_wake_lost, here == there ? FINDING_MET : FINDING_UNMET, data,
			"two threads, one of them on cpu%d, woke each other: %llu rounds counted by one, %llu by the other",
			seen->cpu, here, there);
}

static int plant(struct stage *s, void **ret_state)
{
	struct futex *f = calloc(1, sizeof(*f));
	int r;

	(void)s;
	if (!f)
		return -ENOMEM;
	f->voice.witness = &witness_futex;
	r = worker_start(&f->here, "hp-futex", run_here, f);
	if (r == 0)
		r = worker_start(&f->there, "hp-futex-there", run_there, f);
	if (r < 0) {
		pass_on(&f->token, TOKEN_END);
		if (worker_stop(&f->here) == 0 && worker_stop(&f->there) == 0)
			free(f);
		return r;
	}
	*ret_state = f;
	return 0;
}

/* NULL: they are to wake each other, one of them bound to the CPU where that is there. */
static const char *set_going(struct futex *f, const struct act *act)
{
	struct cpulist others = act->online_before, own = cpulist_of(act->cpu);
	int64_t deadline = worker_deadline(NS_PER_S);

	if (!worker_is_idle(&f->here))
		return "have not come back from the act before";
	cpulist_del(&others, act->cpu);
	others = cpulist_of(cpulist_next(&others, 0));
	if (worker_pin(&f->there, &others, deadline) < 0 ||
	    worker_pin(&f->here, act->verb == ACT_OFFLINE ? &own : &act->online_before, deadline) <
		    0)
		return "could not be bound";
	f->here_before = atomic_load(&f->here_rounds);
	f->there_before = atomic_load(&f->there_rounds);
	presence_want(&f->presence, act->verb == ACT_OFFLINE ? act->cpu : -1);
	f->is_running = true;
	atomic_store(&f->here.is_spinning, true);
	worker_ask(&f->here);
	return NULL;
}

static void collect(struct stage *s, struct futex *f)
{
	_cleanup_findings_ struct findings found = {};
	struct futex_seen seen = { .cpu = f->pending.act.cpu, .was_there = f->was_there };

	if (!pending_take(&f->pending))
		return;
	seen.goes_on = worker_await(&f->here, pending_deadline(&f->pending)) > 0;
	seen.waited_ns = wait_now_ns() - f->pending.asked_ns;
	seen.here = atomic_load(&f->here_rounds) - f->here_before;
	seen.there = atomic_load(&f->there_rounds) - f->there_before;
	futex_judge(&seen, &found);
	finding_tell(&f->voice, s, &f->pending.act, &found);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings found = {};
	struct futex *f = state;
	const char *why;

	collect(s, f);
	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	why = set_going(f, act);
	if (!why)
		return 0;
	finding_add(&found, &no_wake_lost, FINDING_UNEXERCISED, NULL, "the threads for cpu%d %s",
		    act->cpu, why);
	finding_tell(&f->voice, s, act, &found);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct futex *f = state;

	(void)s;
	if (!f->is_running)
		return 0;
	f->is_running = false;
	f->was_there = presence_is_proved(&f->presence, act);
	atomic_store(&f->here.is_spinning, false);
	worker_ask(&f->here);
	if (act->is_done)
		pending_begin(&f->pending, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct futex *f = state;
	int r;

	collect(s, f);
	finding_tell_silent(&f->voice, s, "no CPU went off or came back in this scenario");
	/* Whoever lost a wake-up is woken once more, to end. */
	atomic_store(&f->here.is_spinning, false);
	if (!worker_is_idle(&f->here))
		pass_on(&f->token, TOKEN_HERE);
	r = worker_stop(&f->here);
	pass_on(&f->token, TOKEN_END);
	if (worker_stop(&f->there) < 0)
		r = -ETIMEDOUT;
	if (r == 0)
		free(f);
	return r;
}

const struct witness witness_futex = {
	.id = "futex",
	.summary = "two threads that wake each other, one of them on the dying CPU",
	.explain = "They hand a token to and fro by futex, from before the act until after it.",
	.claims = CLAIMS(&no_wake_lost),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
