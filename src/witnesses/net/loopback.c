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
#include "witnesses/finding.h"
#include "witnesses/net/softnet.h"
#include "witnesses/net/stream.h"
#include "witnesses/witnesses.h"

#define PROOF_NS (5 * NS_PER_S)
#define PROOF_ROUNDS 2 /* on the CPU before it goes */
#define MORE_ROUNDS 2  /* after each act */
#define DRAIN_NS (5 * NS_PER_S)

static const struct claim none_lost = {
	.id = "net.loopback-none-lost",
	.summary = "No datagram sent over loopback around an act is lost",
	.explain =
		"A thread proved to be on the CPU sends datagrams to a socket of another CPU and back, from before the write that takes the CPU off until after it; with packet "
		"steering they all wait in that CPU's backlog. The same when it comes back. Never more than 48 are on the way, so no queue overflows; where a counter says that one did, "
		"nothing is judged. A failure means that packets in the backlog of the dead CPU were dropped or left there: look at `dev_cpu_dead()`.",
	.refs = REFS("net/core/dev.c: dev_cpu_dead()", "Documentation/networking/scaling.rst"),
	.faults = FAULTS("kmod:loopback-drops"),
};

static const struct claim tcp_intact = {
	.id = "net.tcp-intact",
	.summary = "A TCP connection over loopback delivers each byte, unspoilt",
	.explain =
		"The same thread writes to a TCP connection over loopback. What is read is compared byte by byte, and all that was written must arrive, at the latest 5 s (scaled) after the act. "
		"Checksums are not verified over loopback: a failure may be memory that was handed over wrongly, or a retransmission timer that died with its CPU.",
	.refs = REFS("Documentation/networking/scaling.rst"),
	.faults = FAULTS("kmod:loopback-spoils"),
};

static const struct claim rps_follows = {
	.id = "net.rps-follows",
	.summary = "Packets steered to a CPU arrive without it, and use it again after",
	.explain =
		"`rps_cpus` of a loopback device of our own names the one CPU; `softnet_stat` proves that packets of other CPUs are announced to it. While it is off they must "
		"arrive all the same and the mask must stay; once it is back, its row must count again. A failure means that the steering keeps a dead CPU, or forgets one for ever.",
	.refs = REFS("Documentation/networking/scaling.rst"),
	.faults = FAULTS("kmod:rps-forgets"),
};

struct loopback {
	struct finding_voice voice;
	struct stream *stream;
	int cpu;            /* of this act; -1: nothing flows */
	bool is_steered;    /* packets were seen to be steered to `off` before it went */
	int off;            /* went off with packets on it; -1: none */
	bool is_tcp_broken; /* told once */
	struct stream_count start;
	struct softnet softnet;
	uint64_t drops;
};

static int plant(struct stage *s, void **ret_state)
{
	struct loopback *l = calloc(1, sizeof(*l));
	int r;

	(void)s;
	if (!l)
		return -ENOMEM;
	l->voice.witness = &witness_loopback;
	l->cpu = l->off = -1;
	r = stream_new(&l->stream);
	if (r < 0) {
		free(l);
		return r;
	}
	*ret_state = l;
	return 0;
}

struct flow_wait {
	struct stream *stream;
	uint64_t answered, read, on_cpu;
};

/* More datagrams answered and more of the stream read; or the connection is gone. */
static bool has_flowed(void *arg)
{
	const struct flow_wait *w = arg;
	struct stream_count c = stream_count(w->stream);

	return c.answered >= w->answered && (c.read >= w->read || c.error) && c.on_cpu >= w->on_cpu;
}

static bool await_flow(struct loopback *l, int rounds, bool on_cpu)
{
	struct stream_count now = stream_count(l->stream);
	struct flow_wait wait = { .stream = l->stream,
				  .answered = now.answered + rounds,
				  .read = now.read + rounds,
				  .on_cpu = on_cpu ? now.on_cpu + rounds : 0 };

	return wait_until(has_flowed, &wait, worker_deadline(PROOF_NS)) > 0;
}

struct steer_wait {
	struct box *box;
	int cpu;
	uint64_t was;
};

static bool is_steering(void *arg)
{
	const struct steer_wait *w = arg;
	struct softnet now;

	return softnet_read(w->box, w->cpu, &now) == 0 && now.has_steered && now.steered > w->was;
}

/* Packets of other CPUs are announced to this one from now on: its row counts them. */
static bool await_steering(struct stage *s, int cpu, const struct softnet *was, int64_t limit_ns)
{
	struct steer_wait wait = { .box = stage_box(s), .cpu = cpu, .was = was->steered };

	return was->has_steered && wait_until(is_steering, &wait, worker_deadline(limit_ns)) > 0;
}

/* NULL, or why nothing flows. */
static const char *start(struct stage *s, struct loopback *l, const struct act *act)
{
	struct cpulist own = cpulist_of(act->cpu), others = cpulist_minus(stage_online(s), &own);
	struct lo *lo = stream_lo(l->stream);
	bool is_off = act->verb == ACT_OFFLINE;

	if (softnet_read(stage_box(s), act->cpu, &l->softnet) < 0)
		return "proc/net/softnet_stat cannot be read";
	l->drops = lo_drops(lo);
	if (is_off)
		l->is_steered = lo->rps >= 0 && lo_steer(lo, &own) == 0;
	l->start = stream_count(l->stream);
	if (stream_start(l->stream, is_off ? act->cpu : -1, &others, worker_deadline(PROOF_NS)) < 0)
		return "the thread that sends could not be bound";
	if (!await_flow(l, PROOF_ROUNDS, is_off))
		return "nothing came back before the act";
	if (is_off && l->is_steered)
		l->is_steered = await_steering(s, act->cpu, &l->softnet, NS_PER_S);
	l->start = stream_count(l->stream);
	return NULL;
}

static void stop(struct loopback *l)
{
	stream_stop(l->stream, worker_deadline(DRAIN_NS));
	(void)stream_forgive(l->stream);
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
		finding_add(&f, *c, FINDING_UNEXERCISED, NULL, "cpu%d: %s", act->cpu, why);
	finding_tell(&l->voice, s, act, &f);
	return 0;
}

static const char *when(const struct act *act)
{
	return act->verb == ACT_ONLINE ? "came back" : "went off";
}

static void judge_datagrams(struct stage *s, struct loopback *l, const struct act *act, bool flowed,
			    struct findings *ret)
{
	struct stream_count now = stream_count(l->stream);
	uint64_t lost = stream_forgive(l->stream), sent = now.sent - l->start.sent, drops = 0;
	struct softnet softnet;
	json_t *data;

	if (softnet_read(stage_box(s), act->cpu, &softnet) == 0 &&
	    softnet.dropped > l->softnet.dropped)
		drops = softnet.dropped - l->softnet.dropped;
	drops += lo_drops(stream_lo(l->stream)) - l->drops;
	data = json_pack("{s:i, s:I, s:I, s:I, s:b, s:b}", "cpu", act->cpu, "sent",
			 (json_int_t)sent, "lost", (json_int_t)lost, "drops", (json_int_t)drops,
			 "steered", l->is_steered, "flowed", flowed);
	if (lost > 0 && drops > 0)
		finding_add(ret, &none_lost, FINDING_UNEXERCISED, data,
			    "cpu%d %s: %llu datagrams are missing, and a full queue dropped %llu",
			    act->cpu, when(act), (unsigned long long)lost,
			    (unsigned long long)drops);
	else if (lost > 0)
		finding_add(
			ret, &none_lost, FINDING_UNMET, data,
			"cpu%d %s: %llu of %llu datagrams over loopback never came back, and no queue was full",
			act->cpu, when(act), (unsigned long long)lost, (unsigned long long)sent);
	else if (sent == 0 || !flowed)
		finding_add(ret, &none_lost, FINDING_UNEXERCISED, data,
			    "cpu%d %s: the thread that sends did not run in time", act->cpu,
			    when(act));
	else
		finding_add(ret, &none_lost, FINDING_MET, data,
			    "cpu%d %s: all %llu datagrams over loopback were answered", act->cpu,
			    when(act), (unsigned long long)sent);
}

static void judge_bytes(struct loopback *l, const struct act *act, struct findings *ret)
{
	struct stream_count now = stream_count(l->stream);
	uint64_t written = now.written - l->start.written, spoilt = now.spoilt - l->start.spoilt;
	json_t *data = json_pack("{s:i, s:I, s:I, s:I, s:s}", "cpu", act->cpu, "written",
				 (json_int_t)now.written, "read", (json_int_t)now.read, "spoilt",
				 (json_int_t)spoilt, "error", error_name(now.error));
	bool is_broken = spoilt > 0 || now.error || now.read != now.written;

	if (l->is_tcp_broken || (written == 0 && !is_broken))
		finding_add(ret, &tcp_intact, FINDING_UNEXERCISED, data,
			    l->is_tcp_broken ? "the connection had broken before"
					     : "nothing was written around the act");
	else
		finding_add(
			ret, &tcp_intact, is_broken ? FINDING_UNMET : FINDING_MET, data,
			"cpu%d %s: of %llu bytes written over TCP %llu were read, %llu of them wrong (connection: %s)",
			act->cpu, when(act), (unsigned long long)now.written,
			(unsigned long long)now.read, (unsigned long long)spoilt,
			error_name(now.error));
	l->is_tcp_broken = is_broken;
}

static void judge_steering(struct stage *s, struct loopback *l, const struct act *act, bool flowed,
			   struct findings *ret)
{
	struct cpulist own = cpulist_of(act->cpu), mask = {};
	struct softnet was = l->softnet;
	bool is_back = act->verb == ACT_ONLINE, counts = true;

	if (!l->is_steered) {
		finding_add(ret, &rps_follows, FINDING_UNEXERCISED, NULL,
			    "packets could not be seen to be steered to cpu%d before it went",
			    act->cpu);
		return;
	}
	if (lo_steered(stream_lo(l->stream), &mask) < 0)
		mask = (struct cpulist){};
	if (is_back) {
		/* Its row was not there, and counts on from where it was. */
		if (softnet_read(stage_box(s), act->cpu, &was) < 0)
			was.has_steered = false;
		counts = await_steering(s, act->cpu, &was, WORKER_LIMIT_NS);
	}
	if (!flowed && counts) {
		finding_add(ret, &rps_follows, FINDING_UNEXERCISED, NULL,
			    "cpu%d %s: the thread that sends did not run in time", act->cpu,
			    when(act));
		return;
	}
	finding_add(ret, &rps_follows,
		    cpulist_equal(&mask, &own) && counts ? FINDING_MET : FINDING_UNMET,
		    json_pack("{s:i, s:s, s:b}", "cpu", act->cpu, "rps_cpus", cpulist_str(&mask),
			      "counts", counts),
		    "cpu%d %s: rps_cpus names CPU \"%s\", packets arrive, and its row %s", act->cpu,
		    when(act), cpulist_str(&mask),
		    !is_back ? "is away"
		    : counts ? "counts again"
			     : "counts none of them");
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
	flowed = await_flow(l, MORE_ROUNDS, false);
	judge_steering(s, l, act, flowed, &f);
	stream_stop(l->stream, worker_deadline(DRAIN_NS));
	judge_datagrams(s, l, act, flowed, &f);
	judge_bytes(l, act, &f);
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
	r = stream_free(l->stream);
	if (r == 0)
		free(l);
	return r;
}

const struct witness witness_loopback = {
	.id = "loopback",
	.summary = "UDP and TCP over loopback, sent on the CPU and steered to it",
	.explain =
		"Two threads talk over a loopback device, in a network namespace of their own where one may be made; only there packets are steered.",
	.claims = CLAIMS(&none_lost, &tcp_intact, &rps_follows),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
