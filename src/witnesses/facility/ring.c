// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ring buffer of an event of the CPU that goes: each context switch there is a sample. It must
 * be whole and readable without the CPU, and hold as many samples as the event has counted, less
 * those that it says are lost. The counters alone are perf.c's.
 */
#include "witnesses/facility/ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "stage/needs.h"
#include "stage/worker.h"
#include "witnesses/facility/perf_event.h"
#include "witnesses/witnesses.h"

#define RING_PAGES 64            /* a power of two; 16 bytes a sample: 16,000 samples */
#define PAUSE_NS (5 * NS_PER_MS) /* the thread sleeps so long: two switches each */
#define PROOF_NS (2 * NS_PER_S)

static const struct claim ring_intact = {
	.id = "perf.ring-intact",
	.summary = "The ring buffer of a CPU's event tells of all that it counted",
	.explain =
		"An event of the CPU that makes a sample of each context switch there, mapped before the CPU goes. Without the CPU the buffer must hold records with a beginning and an "
		"end, samples of that CPU only, and as many of them as the event has counted, less those that records of kind LOST name.\n\n"
		"A failure means that a profile of the time around an offline misses what happened, and does not say so.",
	.refs = REFS("man:perf_event_open(2): MMAP layout", "kernel/events/ring_buffer.c"),
	.faults = FAULTS("kmod:perf-samples-vanish"),
};

struct ring {
	struct finding_voice voice;
	struct worker worker; /* switches on the CPU, so that there is something to tell */
	int fd;
	size_t page;
	struct perf_event_mmap_page *head; /* NULL: none is open */
	struct ring_seen seen;
};

void ring_walk(const void *records, size_t size, struct ring_seen *seen)
{
	const char *at = records, *end = at + size;

	seen->bad_at = SIZE_MAX;
	while (at < end) {
		struct perf_event_header h;
		uint64_t lost;
		uint32_t cpu;

		memset(&h, 0, sizeof(h));
		if ((size_t)(end - at) >= sizeof(h))
			memcpy(&h, at, sizeof(h));
		if (h.size < sizeof(h) || h.size > end - at) {
			seen->bad_at = (size_t)(at - (const char *)records);
			return;
		}
		if (h.type == PERF_RECORD_SAMPLE && h.size >= sizeof(h) + sizeof(cpu)) {
			memcpy(&cpu, at + sizeof(h), sizeof(cpu));
			seen->samples++;
			seen->elsewhere += (int)cpu != seen->cpu;
		} else if (h.type == PERF_RECORD_LOST && h.size >= sizeof(h) + 2 * sizeof(lost)) {
			memcpy(&lost, at + sizeof(h) + sizeof(lost), sizeof(lost));
			seen->lost += lost;
		}
		at += h.size;
	}
}

void ring_judge(const struct ring_seen *seen, struct findings *ret)
{
	unsigned long long counted = seen->counted, samples = seen->samples, lost = seen->lost;
	json_t *data = json_pack("{s:i, s:I, s:I, s:I}", "cpu", seen->cpu, "counted",
				 (json_int_t)counted, "samples", (json_int_t)samples, "lost",
				 (json_int_t)lost);

	if (seen->why_untried)
		finding_add(ret, &ring_intact, FINDING_UNEXERCISED, data, "cpu%d: %s", seen->cpu,
			    seen->why_untried);
	else if (seen->error < 0)
		finding_add(ret, &ring_intact, FINDING_UNMET, data,
			    "the event of cpu%d cannot be read: %s", seen->cpu,
			    error_name(seen->error));
	else if (seen->bad_at != SIZE_MAX)
		finding_add(ret, &ring_intact, FINDING_UNMET, data,
			    "the buffer of cpu%d has a record without an end after %zu bytes",
			    seen->cpu, seen->bad_at);
	else if (seen->elsewhere > 0)
		finding_add(ret, &ring_intact, FINDING_UNMET, data,
			    "%llu of %llu samples of cpu%d name another CPU",
			    (unsigned long long)seen->elsewhere, samples, seen->cpu);
	else
		finding_add(
			ret, &ring_intact, samples + lost == counted ? FINDING_MET : FINDING_UNMET,
			data,
			"the event of cpu%d counted %llu switches, its buffer has %llu and names %llu lost",
			seen->cpu, counted, samples, lost);
}

static void turn(struct worker *w)
{
	(void)w;
}

static void run(struct worker *w)
{
	worker_tick(w, PAUSE_NS, turn);
}

static void ring_close(struct ring *r)
{
	if (r->head)
		munmap(r->head, (RING_PAGES + 1) * r->page);
	r->head = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static int plant(struct stage *s, void **ret_state)
{
	struct ring *r = calloc(1, sizeof(*r));
	int rc;

	(void)s;
	if (!r)
		return -ENOMEM;
	r->voice.witness = &witness_ring;
	r->fd = -1;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	rc = worker_start(&r->worker, "hp-ring", run, r);
	if (rc < 0) {
		free(r);
		return rc;
	}
	*ret_state = r;
	return 0;
}

static bool has_counted(void *arg)
{
	struct ring *r = arg;
	int64_t n;

	return perf_event_read(r->fd, &n) == 0 && n > 2;
}

/* NULL: samples come. */
static const char *ring_open(struct ring *r, int cpu)
{
	/* It begins once there is a buffer: what was counted before would have no sample. */
	struct perf_event_attr attr = { .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
					.sample_period = 1,
					.sample_type = PERF_SAMPLE_CPU,
					.disabled = 1 };
	void *map;

	r->fd = perf_event_new(&attr, -1, cpu);
	if (r->fd < 0)
		return "an event of context switches cannot be opened";
	map = mmap(NULL, (RING_PAGES + 1) * r->page, PROT_READ, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED)
		return "its buffer cannot be mapped";
	r->head = map;
	if (ioctl(r->fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return "it cannot be switched on";
	if (wait_until(has_counted, r, worker_deadline(PROOF_NS)) != 1)
		return "no context switch was counted before the act";
	return NULL;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct cpulist own = cpulist_of(act->cpu);
	struct ring *r = state;

	(void)s;
	r->seen = (struct ring_seen){ .cpu = act->cpu };
	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	if (!worker_is_idle(&r->worker) ||
	    worker_pin(&r->worker, &own, worker_deadline(NS_PER_S)) < 0) {
		r->seen.why_untried = "no thread could be bound to it";
		return 0;
	}
	atomic_store(&r->worker.is_spinning, true);
	worker_ask(&r->worker);
	r->seen.why_untried = ring_open(r, act->cpu);
	return 0;
}

/* A mapping without PROT_WRITE is overwritten when it is full, and then nothing can be said. */
static void collect(struct ring *r)
{
	uint64_t size = __atomic_load_n(&r->head->data_head, __ATOMIC_ACQUIRE);
	int64_t counted = 0;

	r->seen.error = perf_event_read(r->fd, &counted);
	r->seen.counted = (uint64_t)counted;
	if (size > RING_PAGES * r->page)
		r->seen.why_untried = "more was switched than the buffer holds";
	else
		ring_walk((const char *)r->head + r->page, size, &r->seen);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings found = {};
	struct ring *r = state;

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	atomic_store(&r->worker.is_spinning, false);
	worker_ask(&r->worker);
	if (act->is_done) {
		if (!r->seen.why_untried)
			collect(r);
		ring_judge(&r->seen, &found);
		finding_tell(&r->voice, s, act, &found);
	}
	ring_close(r);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct ring *r = state;
	int rc;

	finding_tell_silent(&r->voice, s, "no CPU went off in this scenario");
	ring_close(r);
	atomic_store(&r->worker.is_spinning, false);
	rc = worker_stop(&r->worker);
	if (rc == 0)
		free(r);
	return rc;
}

const struct witness witness_ring = {
	.id = "ring",
	.summary = "the ring buffer of an event of the CPU that goes",
	.explain =
		"Makes a sample of each context switch on the CPU that goes, and reads the buffer when it is off.",
	.claims = CLAIMS(&ring_intact),
	.needs = NEEDS(&need_real_box, &need_perf),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
