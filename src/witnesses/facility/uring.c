// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An io_uring whose submission thread is bound to the CPU that goes: it must go on elsewhere. By
 * the raw system calls, and with requests that do nothing: what io_uring can do with files and
 * sockets is not its matter.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define ENTRIES 8
#define IDLE_MS 1 /* then its thread sleeps, and has to be woken */

static const struct claim sqpoll_survives = {
	.id = "uring.sqpoll-survives",
	.summary = "A ring whose thread is bound to the CPU takes requests without it",
	.explain =
		"A ring with IORING_SETUP_SQPOLL and IORING_SETUP_SQ_AFF has a kernel thread of its own on the CPU; `fdinfo` of the ring proves it. Requests queued while the CPU is off, and "
		"after its return, must complete within 10 s (scaled). A failure means that the thread was lost with its CPU: every program that uses the ring hangs.",
	.refs = REFS("man:io_uring_setup(2)",
		     "io_uring: Don't set affinity on a dying sqpoll thread"),
	.faults = FAULTS("kmod:sqpoll-wakeup-lost"),
};

static const struct claim offline_refused = {
	.id = "uring.offline-cpu-refused",
	.summary = "A ring for a CPU that is off is refused with EINVAL, and taken after",
	.explain =
		"`io_uring_setup()` with IORING_SETUP_SQ_AFF and a CPU that is offline must answer EINVAL; once the CPU is back the same call must work. A failure means that a "
		"thread is bound to a CPU that cannot run it, or that a CPU that returned stays shut out.",
	.refs = REFS("man:io_uring_setup(2)"),
	.faults = FAULTS("kmod:uring-wrong-errno"),
};

struct ring {
	int fd; /* -1: none */
	struct io_uring_params p;
	uint8_t *rings; /* both: IORING_FEAT_SINGLE_MMAP */
	size_t rings_size;
	struct io_uring_sqe *sqes;
};

struct uring {
	struct finding_voice voice;
	struct ring ring;
	int cpu; /* its thread is bound to; -1: no ring */
	bool is_off;
};

static void ring_close(struct ring *r)
{
	if (r->rings)
		munmap(r->rings, r->rings_size);
	if (r->sqes)
		munmap(r->sqes, r->p.sq_entries * sizeof(*r->sqes));
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ring){ .fd = -1 };
}

static void *map(int fd, size_t size, uint64_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			(off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

/* cpu -1: a ring without a thread. */
static int ring_open(struct ring *ret, int cpu)
{
	struct ring r = { .fd = -1 };
	size_t sq, cq;

	if (cpu >= 0) {
		r.p.flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF;
		r.p.sq_thread_cpu = cpu;
		r.p.sq_thread_idle = IDLE_MS;
	}
	r.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &r.p);
	if (r.fd < 0)
		return -errno;
	sq = r.p.sq_off.array + r.p.sq_entries * sizeof(uint32_t);
	cq = r.p.cq_off.cqes + r.p.cq_entries * sizeof(struct io_uring_cqe);
	r.rings_size = sq > cq ? sq : cq;
	if (r.p.features & IORING_FEAT_SINGLE_MMAP)
		r.rings = map(r.fd, r.rings_size, IORING_OFF_SQ_RING);
	if (r.rings)
		r.sqes = map(r.fd, r.p.sq_entries * sizeof(*r.sqes), IORING_OFF_SQES);
	if (!r.sqes) {
		ring_close(&r);
		return -EOPNOTSUPP;
	}
	*ret = r;
	return 0;
}

static _Atomic uint32_t *word(const struct ring *r, uint32_t offset)
{
	return (_Atomic uint32_t *)(void *)(r->rings + offset);
}

static bool has_completed(void *arg)
{
	const struct ring *r = arg;

	return atomic_load(word(r, r->p.cq_off.tail)) != atomic_load(word(r, r->p.cq_off.head));
}

/* One request that does nothing: 1 when it completed in time, 0 when not. */
static int ring_turn(struct ring *r)
{
	uint32_t tail = atomic_load(word(r, r->p.sq_off.tail));
	uint32_t at = tail & *word(r, r->p.sq_off.ring_mask);

	memset(&r->sqes[at], 0, sizeof(r->sqes[at]));
	r->sqes[at].opcode = IORING_OP_NOP;
	atomic_store(word(r, r->p.sq_off.array + at * sizeof(uint32_t)), at);
	atomic_store(word(r, r->p.sq_off.tail), tail + 1);
	if ((atomic_load(word(r, r->p.sq_off.flags)) & IORING_SQ_NEED_WAKEUP) &&
	    syscall(SYS_io_uring_enter, r->fd, 0, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0)
		return -errno;
	if (wait_until(has_completed, r, worker_deadline(WORKER_LIMIT_NS)) <= 0)
		return 0;
	atomic_fetch_add(word(r, r->p.cq_off.head), 1);
	return 1;
}

/* "SqThreadCpu:	2" of fdinfo: the kernel's own word; -1: it does not say. */
static int thread_cpu(struct box *box, const struct ring *r)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int cpu = -1;

	if (box_readf(box, &text, "proc/self/fdinfo/%d", r->fd) < 0)
		return -1;
	for (cursor = text; (line = text_next_line(&cursor));)
		if (text_starts(line, "SqThreadCpu:") &&
		    text_to_int(text_strip(line + strlen("SqThreadCpu:")), &cpu) < 0)
			cpu = -1;
	return cpu;
}

static int probe_uring(struct box *box, char **ret_why)
{
	struct ring r = { .fd = -1 };
	int e = ring_open(&r, -1);

	(void)box;
	if (e < 0) {
		*ret_why = text_printf(
			"io_uring_setup() says %s: it is not in this kernel, or kernel.io_uring_disabled forbids it",
			error_name(e));
		return 0;
	}
	ring_close(&r);
	return 1;
}

static const struct need need_uring = {
	.id = "box.io-uring",
	.summary = "a kernel with io_uring, for this user",
	.probe = probe_uring,
};

static int plant(struct stage *s, void **ret_state)
{
	struct uring *u = calloc(1, sizeof(*u));

	(void)s;
	if (!u)
		return -ENOMEM;
	u->voice.witness = &witness_uring;
	u->ring.fd = u->cpu = -1;
	*ret_state = u;
	return 0;
}

static void let_go(struct uring *u)
{
	ring_close(&u->ring);
	u->cpu = -1;
	u->is_off = false;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct uring *u = state;
	const char *why = NULL;
	int at;

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	let_go(u);
	if (ring_open(&u->ring, act->cpu) < 0)
		why = "no ring could be made for it";
	else if (ring_turn(&u->ring) <= 0)
		why = "a request did not complete before it went";
	else if ((at = thread_cpu(stage_box(s), &u->ring)) >= 0 && at != act->cpu)
		why = "the ring's thread is on another CPU";
	if (!why) {
		u->cpu = act->cpu;
		return 0;
	}
	let_go(u);
	finding_add(&f, &sqpoll_survives, FINDING_UNEXERCISED, NULL, "cpu%d: %s", act->cpu, why);
	finding_tell(&u->voice, s, act, &f);
	return 0;
}

static void judge_turn(struct stage *s, struct uring *u, const struct act *act,
		       struct findings *ret)
{
	bool is_return = act->verb == ACT_ONLINE;
	int64_t began = wait_now_ns();
	int r = ring_turn(&u->ring);
	double ms = (double)(wait_now_ns() - began) / NS_PER_MS;

	if (!is_return && !cpu_is_fully_offline(stage_box(s), act->cpu))
		finding_add(ret, &sqpoll_survives, FINDING_UNEXERCISED, NULL,
			    "cpu%d was not off all the time", act->cpu);
	else
		finding_add(ret, &sqpoll_survives, r > 0 ? FINDING_MET : FINDING_UNMET,
			    json_pack("{s:i, s:f, s:s}", "cpu", act->cpu, "waited_ms", ms, "error",
				      r < 0 ? error_name(r) : "OK"),
			    "cpu%d %s, and a request to the ring bound to it %s within %.1f ms",
			    act->cpu, is_return ? "came back" : "went off",
			    r > 0 ? "completed" : "did not complete", ms);
}

static void judge_open(struct stage *s, struct uring *u, const struct act *act,
		       struct findings *ret)
{
	int want = act->verb == ACT_ONLINE ? 0 : -EINVAL, r;
	struct ring fresh = { .fd = -1 };

	(void)u;
	r = ring_open(&fresh, act->cpu);
	ring_close(&fresh);
	if (want < 0 && !cpu_is_fully_offline(stage_box(s), act->cpu))
		finding_add(ret, &offline_refused, FINDING_UNEXERCISED, NULL,
			    "cpu%d was not off all the time", act->cpu);
	else
		finding_add(ret, &offline_refused, r == want ? FINDING_MET : FINDING_UNMET,
			    json_pack("{s:i, s:s, s:s}", "cpu", act->cpu, "result", error_name(r),
				      "wanted", error_name(want)),
			    "a ring with its thread on cpu%d, which %s, gave %s", act->cpu,
			    want < 0 ? "is off" : "came back", error_name(r));
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct uring *u = state;

	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	if (!act->is_done || act->cpu != u->cpu || (act->verb == ACT_ONLINE && !u->is_off)) {
		if (act->verb == ACT_OFFLINE)
			let_go(u);
		return 0;
	}
	judge_turn(s, u, act, &f);
	judge_open(s, u, act, &f);
	/* A ring that hangs is told once, and closed when its thread can run again. */
	u->is_off = act->verb == ACT_OFFLINE &&
		    finding_of(&f, &sqpoll_survives)->result != FINDING_UNMET;
	if (act->verb == ACT_ONLINE)
		let_go(u);
	finding_tell(&u->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct uring *u = state;

	finding_tell_silent(&u->voice, s, "no CPU with a ring's thread on it went off");
	let_go(u);
	free(u);
	return 0;
}

const struct witness witness_uring = {
	.id = "uring",
	.summary = "an io_uring with its submission thread on the dying CPU",
	.explain =
		"Queues a request that does nothing before the CPU goes, while it is off, and after its return.",
	.claims = CLAIMS(&sqpoll_survives, &offline_refused),
	.needs = NEEDS(&need_real_box, &need_uring),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
