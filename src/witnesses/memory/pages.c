// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory keeps what is written into it. A thread on the CPU works all through the act on a private
 * mapping of a file in memory: it writes pages (each a copy of the file's: copy on write), gives
 * them back and fetches them again, so that pages come from the CPU's own free lists and go there.
 * Every page is compared with what was written last before it is touched again, and all of them
 * once more when the act is over. Swap and huge pages are not exercised; files are cpu.files's.
 */
#include "witnesses/memory/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "stage/needs.h"
#include "stage/worker.h"
#include "witnesses/sync/pending.h"
#include "witnesses/witnesses.h"

#define PAGES 32
#define AT_ONCE 4 /* pages a turn */
#define PAUSE_NS (10 * NS_PER_MS)

static const struct claim pages_intact = {
	.id = "mem.pages-intact",
	.summary = "Memory that a thread on the CPU writes and frees keeps its contents",
	.explain =
		"A thread on the CPU writes patterns into a private mapping of a file in memory, gives pages back and fetches them again, while the CPU goes; after a "
		"return on the CPU that came. No page may ever hold anything but what was written last, and the file's own pages must be what they were.\n\nA failure means that "
		"a page has two owners, as when the free lists of a dead CPU are handed over wrongly: data of any program may be spoilt. Stop using the box.",
	.refs = REFS("mm/page_alloc.c: page_alloc_cpu_dead()", "man:mmap(2): MAP_PRIVATE"),
	.faults = FAULTS("kmod:pages-spoilt"),
};

struct pages {
	struct finding_voice voice;
	struct worker worker;
	struct pending pending;
	struct presence presence;
	bool is_running, was_there;
	atomic_bool is_last;  /* the next turn looks at all pages */
	uint64_t *own, *file; /* the private mapping, and the file itself; PAGES long */
	size_t words;         /* of a page */

	/* The thread's, and while it rests the stage's. */
	uint32_t generation[PAGES];
	bool is_own[PAGES]; /* written since it was fetched; else it is the file's page */
	int next;
	struct pages_seen found;
};

static uint64_t word_of(int page, uint32_t generation, size_t i)
{
	return ((uint64_t)page << 56 ^ (uint64_t)generation << 24 ^ i) * 0x9e3779b97f4a7c15ULL + 1;
}

static void fill(struct pages *p, uint64_t *view, int page, uint32_t generation)
{
	for (size_t i = 0; i < p->words; i++)
		view[(size_t)page * p->words + i] = word_of(page, generation, i);
}

/* False: another word is there; the first one that ever was is kept. */
static bool check(struct pages *p, const uint64_t *view, int page, uint32_t generation)
{
	for (size_t i = 0; i < p->words; i++) {
		uint64_t is = view[(size_t)page * p->words + i];
		uint64_t was = word_of(page, generation, i);

		if (is == was)
			continue;
		if (p->found.spoilt++ == 0) {
			p->found.page = page;
			p->found.at = i * sizeof(was);
			p->found.was = was;
			p->found.is = is;
		}
		return false;
	}
	return true;
}

static bool check_own(struct pages *p, int page)
{
	return check(p, p->own, page, p->is_own[page] ? p->generation[page] : 0);
}

static void give_back(struct pages *p, int page)
{
	madvise(p->own + (size_t)page * p->words, p->words * sizeof(*p->own), MADV_DONTNEED);
	p->is_own[page] = false;
}

static void renew(struct pages *p, int page)
{
	if (!check_own(p, page) || p->is_own[page]) {
		give_back(p, page);
	} else {
		p->generation[page]++;
		fill(p, p->own, page, p->generation[page]);
		p->is_own[page] = true;
	}
	p->found.turns++;
}

static void turn(struct worker *w)
{
	struct pages *p = w->arg;

	for (int i = 0; i < AT_ONCE; i++)
		renew(p, p->next++ % PAGES);
	presence_note(&p->presence);
	if (!atomic_load(&p->is_last))
		return;
	for (int page = 0; page < PAGES; page++) {
		if (!check_own(p, page))
			give_back(p, page);
		check(p, p->file, page, 0);
	}
}

static void run(struct worker *w)
{
	worker_tick(w, PAUSE_NS, turn);
}

void pages_judge(const struct pages_seen *seen, struct findings *ret)
{
	json_t *data = json_pack("{s:i, s:I, s:I}", "cpu", seen->cpu, "turns",
				 (json_int_t)seen->turns, "spoilt", (json_int_t)seen->spoilt);

	if (seen->spoilt > 0)
		finding_add(
			ret, &pages_intact, FINDING_UNMET, data,
			"%llu pages did not hold what was written last, first: page %d at byte %llu held %016llx and not %016llx",
			(unsigned long long)seen->spoilt, seen->page, (unsigned long long)seen->at,
			(unsigned long long)seen->is, (unsigned long long)seen->was);
	else if (!seen->has_checked || !seen->was_there || seen->turns == 0)
		finding_add(ret, &pages_intact, FINDING_UNEXERCISED, data,
			    seen->has_checked ? "no page was written on cpu%d"
					      : "the thread for cpu%d did not answer in time",
			    seen->cpu);
	else
		finding_add(
			ret, &pages_intact, FINDING_MET, data,
			"pages were written, given back and fetched %llu times, and all hold what was written last",
			(unsigned long long)seen->turns);
}

static int map(struct pages *p)
{
	_cleanup_close_ int fd = memfd_create("hp-pages", MFD_CLOEXEC);
	size_t size = (size_t)PAGES * (size_t)sysconf(_SC_PAGESIZE);

	p->words = (size_t)sysconf(_SC_PAGESIZE) / sizeof(*p->own);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	p->file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p->own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (p->file == MAP_FAILED || p->own == MAP_FAILED)
		return -errno;
	for (int page = 0; page < PAGES; page++)
		fill(p, p->file, page, 0);
	return 0;
}

static void pages_free(struct pages *p)
{
	size_t size = PAGES * p->words * sizeof(*p->own);

	if (p->own && p->own != MAP_FAILED)
		munmap(p->own, size);
	if (p->file && p->file != MAP_FAILED)
		munmap(p->file, size);
	free(p);
}

static int plant(struct stage *s, void **ret_state)
{
	struct pages *p = calloc(1, sizeof(*p));
	int r;

	(void)s;
	if (!p)
		return -ENOMEM;
	p->voice.witness = &witness_pages;
	r = map(p);
	if (r == 0)
		r = worker_start(&p->worker, "hp-pages", run, p);
	if (r < 0) {
		pages_free(p);
		return r;
	}
	*ret_state = p;
	return 0;
}

static void collect(struct stage *s, struct pages *p)
{
	_cleanup_findings_ struct findings found = {};
	struct pages_seen seen = { .cpu = p->pending.act.cpu };

	if (!pending_take(&p->pending))
		return;
	/* Before it has answered what it found is its own. */
	if (worker_await(&p->worker, pending_deadline(&p->pending)) > 0) {
		seen = p->found;
		seen.cpu = p->pending.act.cpu;
		seen.has_checked = true;
		seen.was_there = p->pending.act.verb == ACT_OFFLINE
					 ? p->was_there
					 : atomic_load(&p->worker.cpu) == seen.cpu;
		p->found = (struct pages_seen){};
	}
	pages_judge(&seen, &found);
	finding_tell(&p->voice, s, &p->pending.act, &found);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct cpulist own = cpulist_of(act->cpu);
	struct pages *p = state;
	bool is_offline = act->verb == ACT_OFFLINE;

	collect(s, p);
	if (act->verb == ACT_WRITE || act->is_noop || !worker_is_idle(&p->worker))
		return 0;
	/* Where it cannot be bound it works elsewhere, and the act is not exercised. */
	(void)!worker_pin(&p->worker, is_offline ? &own : &act->online_before,
			  worker_deadline(NS_PER_S));
	presence_want(&p->presence, is_offline ? act->cpu : -1);
	p->is_running = true;
	atomic_store(&p->is_last, false);
	atomic_store(&p->worker.is_spinning, true);
	worker_ask(&p->worker);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct cpulist own = cpulist_of(act->cpu);
	struct pages *p = state;

	(void)s;
	if (!p->is_running)
		return 0;
	p->is_running = false;
	p->was_there = presence_is_proved(&p->presence, act);
	if (act->is_done && act->verb == ACT_ONLINE)
		(void)!worker_pin(&p->worker, &own, worker_deadline(NS_PER_S));
	atomic_store(&p->is_last, true);
	atomic_store(&p->worker.is_spinning, false);
	worker_ask(&p->worker);
	if (act->is_done)
		pending_begin(&p->pending, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct pages *p = state;
	int r;

	collect(s, p);
	finding_tell_silent(&p->voice, s, "no CPU went off or came back in this scenario");
	atomic_store(&p->worker.is_spinning, false);
	r = worker_stop(&p->worker);
	if (r == 0)
		pages_free(p);
	return r;
}

const struct witness witness_pages = {
	.id = "pages",
	.summary = "memory that a thread on the CPU writes, frees and fetches",
	.explain =
		"A thread on the CPU works on pages from before the act until after it; each must hold what was written last.",
	.claims = CLAIMS(&pages_intact),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
