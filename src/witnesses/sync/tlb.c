// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread replaces a page again and again, two others read it, one of them on the CPU that goes:
 * nobody may see the old page once the new one is there. That is what TLB shootdowns are for, which
 * are interrupts between CPUs.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/sync/pending.h"
#include "witnesses/sync/sync.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define THREADS 3
#define PAGES 16 /* neighbours keep the page tables where they are */
#define PAUSE_NS (30 * NS_PER_MS)
#define CHANGES 3                 /* at a stretch */
#define READ_NS (250 * NS_PER_US) /* so long as they take */

static const struct claim tlb_completes = {
	.id = "ipi.tlb-completes",
	.summary = "A page that was replaced is seen replaced on every CPU",
	.explain =
		"A thread maps a new page over an old one and protects and unprotects it, while two threads read it: one bound to the CPU that goes or "
		"comes, one elsewhere. Each call must return within 10 s (scaled), and no read between two changes may give what an older page held. A failure "
		"means that a CPU is waited for that is not there, or that one was forgotten and reads memory that may be somebody else's by now.",
	.refs = REFS(
		"Documentation/core-api/cachetlb.rst",
		"commit: smp: Fix offline cpu check in flush_smp_call_function_queue()",
		"commit: CPU hotplug, smp: flush any pending IPI callbacks before CPU offline"),
	.faults = FAULTS("kmod:tlb-flush-lost", "kmod:tlb-flush-stuck", "unit:tlb-stale",
			 "unit:tlb-stuck"),
};

struct tlb {
	struct finding_voice voice;
	struct worker changer, readers[2];
	char *area;
	volatile uint64_t *page;
	size_t page_size;
	_Atomic uint64_t seq; /* odd: a change is under way; else what the page holds */
	_Atomic uint64_t changes, reads, stale;
	atomic_int error;
	struct pending pending;
	struct presence presence; /* of the first reader */
	bool is_running, was_there;
	uint64_t changes_before, reads_before, stale_before;
};

static bool change(struct tlb *t)
{
	uint64_t seq = atomic_fetch_add(&t->seq, 1) + 1;
	void *at = (void *)t->page;

	if (mmap(at, t->page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) == MAP_FAILED)
		return false;
	*t->page = seq + 1;
	if (mprotect(at, t->page_size, PROT_READ) < 0 ||
	    mprotect(at, t->page_size, PROT_READ | PROT_WRITE) < 0)
		return false;
	atomic_store(&t->seq, seq + 1);
	return true;
}

static void some_changes(struct worker *w)
{
	struct tlb *t = w->arg;

	for (int i = 0; i < CHANGES; i++) {
		if (!change(t))
			atomic_store(&t->error, errno);
		atomic_fetch_add(&t->changes, 1);
	}
}

static void run_changer(struct worker *w)
{
	worker_tick(w, PAUSE_NS, some_changes);
}

static void read_once(struct tlb *t)
{
	uint64_t seq = atomic_load(&t->seq), value;

	if (seq & 1)
		return;
	value = *t->page;
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&t->seq) != seq)
		return;
	atomic_fetch_add_explicit(&t->reads, 1, memory_order_relaxed);
	if (value != seq)
		atomic_fetch_add(&t->stale, 1);
}

static void some_reads(struct worker *w)
{
	int64_t until = wait_now_ns() + READ_NS;
	struct tlb *t = w->arg;

	while (wait_now_ns() < until)
		for (int i = 0; i < 32; i++)
			read_once(t);
	if (w == &t->readers[0])
		presence_note(&t->presence);
}

static void run_reader(struct worker *w)
{
	worker_tick(w, PAUSE_NS, some_reads);
}

void tlb_judge(const struct tlb_seen *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:i, s:I, s:I, s:I, s:f}", "cpu", seen->cpu, "changes",
				 (json_int_t)seen->changes, "reads", (json_int_t)seen->reads,
				 "stale", (json_int_t)seen->stale, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);

	if (seen->error)
		finding_add(ret, &tlb_completes, FINDING_ERROR, data,
			    "the page could not be replaced: %s", error_name(seen->error));
	else if (seen->stale)
		finding_add(
			ret, &tlb_completes, FINDING_UNMET, data,
			"a page was replaced %llu times: %llu of %llu reads gave what an older page held",
			(unsigned long long)seen->changes, (unsigned long long)seen->stale,
			(unsigned long long)seen->reads);
	else if (!seen->goes_on)
		finding_add(
			ret, &tlb_completes, FINDING_UNMET, data,
			"the thread that replaces a page, or one that reads it, stood still for %.0f ms after %llu changes",
			(double)seen->waited_ns / NS_PER_MS, (unsigned long long)seen->changes);
	else if (!seen->was_there)
		finding_add(ret, &tlb_completes, FINDING_UNEXERCISED, data,
			    "the page was not read on cpu%d before the act", seen->cpu);
	else
		finding_add(
			ret, &tlb_completes, seen->reads ? FINDING_MET : FINDING_UNEXERCISED, data,
			"a page was replaced %llu times and read %llu times, none of them stale",
			(unsigned long long)seen->changes, (unsigned long long)seen->reads);
}

static int stop_all(struct tlb *t)
{
	int r = worker_stop(&t->changer);

	for (size_t i = 0; i < ARRAY_SIZE(t->readers); i++)
		if (worker_stop(&t->readers[i]) < 0)
			r = -ETIMEDOUT;
	if (r == 0) {
		munmap(t->area, PAGES * t->page_size);
		free(t);
	}
	return r;
}

static int plant(struct stage *s, void **ret_state)
{
	struct tlb *t = calloc(1, sizeof(*t));
	int r;

	(void)s;
	if (!t)
		return -ENOMEM;
	t->voice.witness = &witness_tlb;
	t->page_size = (size_t)sysconf(_SC_PAGESIZE);
	t->area = mmap(NULL, PAGES * t->page_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (t->area == MAP_FAILED) {
		free(t);
		return -ENOMEM;
	}
	t->page = (volatile uint64_t *)(void *)(t->area + PAGES / 2 * t->page_size);
	r = worker_start(&t->changer, "hp-tlb", run_changer, t);
	for (size_t i = 0; i < ARRAY_SIZE(t->readers) && r == 0; i++)
		r = worker_start(&t->readers[i], "hp-tlb-reader", run_reader, t);
	if (r < 0) {
		(void)!stop_all(t);
		return r;
	}
	*ret_state = t;
	return 0;
}

static struct worker *worker_of(struct tlb *t, int i)
{
	return i == 0 ? &t->changer : &t->readers[i - 1];
}

static void set_spinning(struct tlb *t, bool on)
{
	for (int i = 0; i < THREADS; i++)
		atomic_store(&worker_of(t, i)->is_spinning, on);
}

/* All at once, so that they meet. */
static void ask_all(struct tlb *t)
{
	for (int i = THREADS - 1; i >= 0; i--)
		worker_ask(worker_of(t, i));
}

/* NULL: one replaces, two read, the first of them bound to the CPU where that is there. */
static const char *set_going(struct tlb *t, const struct act *act)
{
	struct cpulist others = act->online_before, own = cpulist_of(act->cpu);
	int64_t deadline = worker_deadline(NS_PER_S);

	cpulist_del(&others, act->cpu);
	for (int i = 0; i < THREADS; i++)
		if (!worker_is_idle(worker_of(t, i)))
			return "have not come back from the act before";
	if (worker_pin(&t->readers[0], act->verb == ACT_OFFLINE ? &own : &others, deadline) < 0 ||
	    worker_pin(&t->readers[1], &others, deadline) < 0 ||
	    worker_pin(&t->changer, &others, deadline) < 0)
		return "could not be bound";
	t->changes_before = atomic_load(&t->changes);
	t->reads_before = atomic_load(&t->reads);
	t->stale_before = atomic_load(&t->stale);
	atomic_store(&t->error, 0);
	presence_want(&t->presence, act->verb == ACT_OFFLINE ? act->cpu : -1);
	t->is_running = true;
	set_spinning(t, true);
	ask_all(t);
	return NULL;
}

static void collect(struct stage *s, struct tlb *t)
{
	_cleanup_findings_ struct findings f = {};
	struct tlb_seen seen = { .cpu = t->pending.act.cpu,
				 .was_there = t->was_there,
				 .goes_on = true };

	if (!pending_take(&t->pending))
		return;
	for (int i = 0; i < THREADS; i++)
		if (worker_await(worker_of(t, i), pending_deadline(&t->pending)) <= 0)
			seen.goes_on = false;
	seen.waited_ns = wait_now_ns() - t->pending.asked_ns;
	seen.error = atomic_load(&t->error);
	seen.changes = atomic_load(&t->changes) - t->changes_before;
	seen.reads = atomic_load(&t->reads) - t->reads_before;
	seen.stale = atomic_load(&t->stale) - t->stale_before;
	tlb_judge(&seen, &f);
	finding_tell(&t->voice, s, &t->pending.act, &f);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct tlb *t = state;
	const char *why;

	collect(s, t);
	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	why = set_going(t, act);
	if (!why)
		return 0;
	finding_add(&f, &tlb_completes, FINDING_UNEXERCISED, NULL, "the threads for cpu%d %s",
		    act->cpu, why);
	finding_tell(&t->voice, s, act, &f);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct tlb *t = state;

	(void)s;
	if (!t->is_running)
		return 0;
	t->is_running = false;
	t->was_there = presence_is_proved(&t->presence, act);
	set_spinning(t, false);
	ask_all(t);
	if (act->is_done)
		pending_begin(&t->pending, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct tlb *t = state;

	collect(s, t);
	finding_tell_silent(&t->voice, s, "no CPU went off or came back in this scenario");
	return stop_all(t);
}

const struct witness witness_tlb = {
	.id = "tlb",
	.summary = "a page that is replaced while others read it, on the dying CPU too",
	.explain =
		"mmap() over a page, mprotect(), and reads on the CPU and elsewhere, from before the act until after it.",
	.claims = CLAIMS(&tlb_completes),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
