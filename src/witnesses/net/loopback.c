// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets over loopback while the CPU that sends them, and whose backlog they wait in, goes and
 * comes back. Packets from outside are packet/'s; the sockets are lo.c's, the traffic is
 * stream.c's.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/net/internal.h"
#include "witnesses/witnesses.h"

#define PROOF_NS (5 * NS_PER_S)
#define STANDS_NS NS_PER_S /* then it is looked into: judge.c says whether it does */
#define PROOF_ROUNDS 2     /* on the CPU before it goes */
#define MORE_ROUNDS 2      /* after each act */

static int plant(struct stage *s, void **ret_state)
{
	struct loopback *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->voice.witness = &witness_loopback;
	l->cpu = l->off = -1;
	r = stream_new(&l->stream);
	if (r == -ETIMEDOUT) {
		*ret_state = l; /* without a stream: before() says why nothing is tried */
		return 0;
	}
	if (r == 0)
		r = worker_start(&l->there, "hp-lo-there", worker_run_answer, l);
	if (r < 0) {
		if (stream_free(l->stream) == 0)
			free(l);
		return r;
	}
	loopback_find_stuck(s, l);
	*ret_state = l;
	return 0;
}

struct flow_wait {
	struct stream *stream;
	uint64_t answered, read, on_cpu;
	struct box *box;
	int cpu;
	uint64_t queued; /* in the CPU's backlog */
	int64_t give_up_ns;
};

/* More datagrams answered and more of the stream read; or the connection is gone. */
static bool has_flowed(const struct flow_wait *w)
{
	struct stream_count c = stream_count(w->stream);

	return c.answered >= w->answered && (c.read >= w->read || c.error) && c.on_cpu >= w->on_cpu;
}

/* Or nothing has left the CPU's backlog for so long that waiting on is of no use. */
static bool has_flowed_or_stands(void *arg)
{
	struct flow_wait *w = arg;
	struct softnet now;

	if (has_flowed(w))
		return true;
	if (wait_now_ns() < w->give_up_ns)
		return false;
	if (softnet_read(w->box, w->cpu, &now) < 0)
		now.queued = 0;
	if (w->queued > 0 && now.queued >= w->queued)
		return true;
	w->queued = now.queued;
	w->give_up_ns = worker_deadline(STANDS_NS);
	return false;
}

static bool await_flow(struct stage *s, struct loopback *l, int cpu, int rounds, bool on_cpu)
{
	struct stream_count now = stream_count(l->stream);
	struct flow_wait wait = { .stream = l->stream,
				  .answered = now.answered + rounds,
				  .read = now.read + rounds,
				  .on_cpu = on_cpu ? now.on_cpu + rounds : 0,
				  .box = stage_box(s),
				  .cpu = cpu,
				  .give_up_ns = worker_deadline(STANDS_NS) };

	(void)!wait_until(has_flowed_or_stands, &wait, worker_deadline(PROOF_NS));
	return has_flowed(&wait);
}

/* NULL, or why nothing flows. */
static const char *start(struct stage *s, struct loopback *l, const struct act *act)
{
	struct cpulist own = cpulist_of(act->cpu), others = cpulist_minus(stage_online(s), &own);
	bool is_off = act->verb == ACT_OFFLINE;
	struct lo *lo;

	/* A thread whose CPU goes lands anywhere, and what it sends there would wait there. */
	if (!l->stream)
		return "no connection could be made over loopback in time, before any act";
	if (cpulist_count(&l->stuck) > 0)
		return "packets stand still in the backlog of a CPU since before";
	if (softnet_read(stage_box(s), act->cpu, &l->softnet) < 0)
		return "proc/net/softnet_stat cannot be read";
	lo = stream_lo(l->stream);
	l->drops = lo_drops(lo);
	/* Packets are steered elsewhere from here: a CPU that went before has no part in it. */
	l->off = is_off ? -1 : l->off;
	if (is_off)
		l->is_steered = lo->rps >= 0 && lo_steer(lo, &own) == 0;
	l->start = stream_count(l->stream);
	if (stream_start(l->stream, is_off ? act->cpu : -1, &others, worker_deadline(PROOF_NS)) < 0)
		return "the thread that sends could not be bound";
	if (!await_flow(s, l, act->cpu, PROOF_ROUNDS, is_off)) {
		loopback_leave_alone(s, l, act->cpu);
		return "nothing came back before the act";
	}
	if (is_off && l->is_steered)
		l->is_steered = loopback_await_steering(s, act->cpu, &l->softnet, NS_PER_S);
	l->start = stream_count(l->stream);
	return NULL;
}

static void stop(struct loopback *l)
{
	if (l->stream) {
		stream_stop(l->stream);
		(void)stream_forgive(l->stream);
	}
	l->cpu = -1;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	const struct claim *const *c = witness_loopback.claims;
	_cleanup_findings_ struct findings f = {};
	struct loopback *l = state;
	const char *why;

	if (act->verb == ACT_WRITE || act->is_noop ||
	    (act->verb == ACT_ONLINE && l->off != act->cpu))
		return 0;
	why = start(s, l, act);
	if (!why) {
		l->cpu = act->cpu;
		return 0;
	}
	stop(l);
	for (; *c; c++)
		finding_add(&f, *c, FINDING_UNEXERCISED, NULL, "%s", why);
	finding_tell(&l->voice, s, act, &f);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct loopback *l = state;
	bool flowed;

	if (l->cpu < 0)
		return 0;
	if (!act->is_done || act->cpu != l->cpu) {
		stop(l);
		return 0;
	}
	flowed = await_flow(s, l, act->cpu, MORE_ROUNDS, false);
	loopback_judge(s, l, act, flowed, &f);
	l->cpu = -1;
	l->off = act->verb == ACT_OFFLINE ? act->cpu : -1;
	finding_tell(&l->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct loopback *l = state;
	int r;

	finding_tell_silent(&l->voice, s, "no CPU that sent over loopback went off");
	r = l->stream ? worker_stop(&l->there) : 0;
	if (r == 0)
		r = stream_free(l->stream);
	if (r == 0)
		free(l);
	return r;
}

const struct witness witness_loopback = {
	.id = "loopback",
	.summary = "UDP and TCP over loopback, sent on the CPU and steered to it",
	.explain =
		"Two threads talk over a loopback device, in a network namespace of their own where one may be made; only there packets are steered. "
		"Once the backlog of a CPU stands still nothing else is tried.",
	.claims = CLAIMS(&loopback_none_lost, &loopback_tcp_intact, &loopback_rps_follows,
			 &loopback_backlog_drains),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
