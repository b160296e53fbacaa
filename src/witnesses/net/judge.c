// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of the packets that were sent over loopback around an act. The traffic is
 * loopback.c's. */
#include <errno.h>

#include "base/wait.h"
#include "witnesses/net/internal.h"
#include "witnesses/witnesses.h"

#define STANDS_NS (5 * NS_PER_S) /* a queue of which nothing is taken for so long stands still */

const struct claim loopback_none_lost = {
	.id = "net.loopback-none-lost",
	.summary = "No datagram sent over loopback around an act is lost",
	.explain =
		"A thread proved to be on the CPU sends datagrams to a socket of another CPU and back, from before the write that takes the CPU off until after it; with packet "
		"steering they all wait in that CPU's backlog. The same when it comes back. Never more than 48 are on the way, so no queue overflows; where a counter says that one did, "
		"nothing is judged. A failure means that packets in the backlog of the dead CPU were dropped or left there: look at `dev_cpu_dead()`.",
	.refs = REFS("net/core/dev.c: dev_cpu_dead()", "Documentation/networking/scaling.rst"),
	.faults = FAULTS("kmod:loopback-drops"),
};

const struct claim loopback_tcp_intact = {
	.id = "net.tcp-intact",
	.summary = "A TCP connection over loopback delivers each byte, unspoilt",
	.explain =
		"The same thread writes to a TCP connection over loopback. What is read is compared byte by byte, and all that was written must arrive, at the latest 5 s (scaled) after the act. "
		"Checksums are not verified over loopback: a failure may be memory that was handed over wrongly, or a retransmission timer that died with its CPU.",
	.refs = REFS("Documentation/networking/scaling.rst"),
	.faults = FAULTS("kmod:loopback-spoils"),
};

const struct claim loopback_rps_follows = {
	.id = "net.rps-follows",
	.summary = "Packets steered to a CPU arrive without it, and use it again after",
	.explain =
		"`rps_cpus` of a loopback device of our own names the one CPU; `softnet_stat` proves that packets of other CPUs are announced to it. While it is off they must "
		"arrive all the same and the mask must stay; once it is back, its row must count again. A failure means that the steering keeps a dead CPU, or forgets one for ever.",
	.refs = REFS("Documentation/networking/scaling.rst"),
	.faults = FAULTS("kmod:rps-forgets"),
};

const struct claim loopback_backlog_drains = {
	.id = "net.backlog-drains",
	.summary = "The packet backlog of a CPU that came back is worked off",
	.explain =
		"Packets that other CPUs steer to a CPU wait in its backlog, and an interrupt tells it to look. Where that interrupt is not sent because the CPU went meanwhile, "
		"the backlog stays marked as \"will be looked at\" for ever: once the CPU is back, every packet that is steered to it, and every one that it sends over loopback "
		"itself, waits until the queue is full, and then is dropped. A failure: packets flow, the CPU is back and runs tasks, and for 10 s (scaled) nothing was taken out of "
		"the queue that its row in `softnet_stat` shows. Only a reboot heals it.",
	.refs = REFS(
		"net/core/dev.c: net_rps_send_ipi(), dev_cpu_dead()",
		"\"net: Reset NAPI bit if IPI failed\", a vendor's patch to Linux 4.9 that mends it; never submitted",
		"docs/findings/README.md"),
	.faults = FAULTS("kmod:backlog-stays-scheduled"),
};

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

bool loopback_await_steering(struct stage *s, int cpu, const struct softnet *was, int64_t limit_ns)
{
	struct steer_wait wait = { .box = stage_box(s), .cpu = cpu, .was = was->steered };

	return was->has_steered && wait_until(is_steering, &wait, worker_deadline(limit_ns)) > 0;
}

/* The queue of a CPU that should be emptied: did anything leave it? */
struct queue_wait {
	struct box *box;
	int cpu;
	uint64_t least;
};

static bool has_left(void *arg)
{
	const struct queue_wait *w = arg;
	struct softnet now;

	return softnet_read(w->box, w->cpu, &now) < 0 || now.queued < w->least;
}

void loopback_find_stuck(struct stage *s, struct loopback *l)
{
	cpulist_foreach(cpu, stage_online(s)) {
		struct queue_wait wait = { .box = stage_box(s), .cpu = cpu };
		struct softnet now;

		if (softnet_read(wait.box, cpu, &now) < 0 || now.queued == 0)
			continue;
		wait.least = now.queued;
		if (wait_until(has_left, &wait, worker_deadline(NS_PER_S)) <= 0)
			cpulist_add(&l->stuck, cpu);
	}
}

/* A thread that is bound to the CPU runs there. If not, it takes no part at all: others judge that.
 */
static bool is_served(struct loopback *l, int cpu)
{
	worker_ask(&l->there);
	return worker_await(&l->there, worker_deadline(WORKER_LIMIT_NS)) > 0 &&
	       atomic_load(&l->there.cpu) == cpu;
}

/* How many packets stand still in the backlog; 0: none do, or it cannot be told. */
static uint64_t count_standing(struct stage *s, struct loopback *l, int cpu)
{
	struct cpulist own = cpulist_of(cpu);
	struct queue_wait wait = { .box = stage_box(s), .cpu = cpu };
	struct softnet now;

	if (softnet_read(stage_box(s), cpu, &now) < 0 || now.queued == 0)
		return 0;
	if (worker_pin(&l->there, &own, worker_deadline(WORKER_LIMIT_NS)) < 0)
		return 0;
	if (!is_served(l, cpu))
		return 0;
	wait.least = now.queued;
	if (wait_until(has_left, &wait, worker_deadline(STANDS_NS)) > 0)
		return 0;
	return is_served(l, cpu) ? now.queued : 0;
}

static const char *when(const struct act *act)
{
	return act->verb == ACT_ONLINE ? "came back" : "went off";
}

/*
 * The CPU in whose backlog packets stand still; -1: none. It need not be the act's: a thread whose
 * CPU went sends from any, and one that came back long ago may have been deaf since.
 */
static int find_standing(struct stage *s, struct loopback *l, uint64_t *ret_packets)
{
	cpulist_foreach(cpu, stage_online(s)) {
		uint64_t packets = count_standing(s, l, cpu);

		if (packets > 0) {
			*ret_packets = packets;
			return cpu;
		}
	}
	return -1;
}

static void tell_standing(const struct act *act, int cpu, uint64_t packets, struct findings *ret)
{
	const struct claim *const *c = witness_loopback.claims;

	finding_add(ret, &loopback_backlog_drains, FINDING_UNMET,
		    json_pack("{s:i, s:b, s:I}", "cpu", cpu, "stands", true, "packets",
			      (json_int_t)packets),
		    "cpu%d %s: cpu%d runs tasks, and %llu packets stand still in its backlog",
		    act->cpu, when(act), cpu, (unsigned long long)packets);
	for (; *c; c++)
		if (*c != &loopback_backlog_drains)
			finding_add(
				ret, *c, FINDING_UNEXERCISED, NULL,
				"packets stand still in the backlog of cpu%d: see net.backlog-drains",
				cpu);
}

static void judge_backlog(struct loopback *l, const struct act *act, bool counts,
			  struct findings *ret)
{
	json_t *data;

	if (act->verb != ACT_ONLINE || !l->is_steered)
		return;
	data = json_pack("{s:i, s:b}", "cpu", act->cpu, "stands", false);
	if (counts)
		finding_add(
			ret, &loopback_backlog_drains, FINDING_MET, data,
			"cpu%d came back, and the packets that are steered to it are worked off",
			act->cpu);
	else
		finding_add(ret, &loopback_backlog_drains, FINDING_UNEXERCISED, data,
			    "cpu%d came back, and no packets were seen to be steered to it",
			    act->cpu);
}

void loopback_leave_alone(struct stage *s, struct loopback *l, int cpu)
{
	struct softnet now;

	if (softnet_read(stage_box(s), cpu, &now) == 0 && now.queued > 0)
		cpulist_add(&l->stuck, cpu);
	(void)!lo_steer(stream_lo(l->stream), &(struct cpulist){});
	stream_give_up(l->stream);
	(void)stream_forgive(l->stream);
	/* Its next retransmission may be minutes away. */
	l->is_tcp_broken = true;
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
		finding_add(ret, &loopback_none_lost, FINDING_UNEXERCISED, data,
			    "cpu%d %s: %llu datagrams are missing, and a full queue dropped %llu",
			    act->cpu, when(act), (unsigned long long)lost,
			    (unsigned long long)drops);
	else if (lost > 0)
		finding_add(
			ret, &loopback_none_lost, FINDING_UNMET, data,
			"cpu%d %s: %llu of %llu datagrams over loopback never came back, and no queue was full",
			act->cpu, when(act), (unsigned long long)lost, (unsigned long long)sent);
	else if (sent == 0 || !flowed)
		finding_add(ret, &loopback_none_lost, FINDING_UNEXERCISED, data,
			    "cpu%d %s: the thread that sends did not run in time", act->cpu,
			    when(act));
	else
		finding_add(ret, &loopback_none_lost, FINDING_MET, data,
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
		finding_add(ret, &loopback_tcp_intact, FINDING_UNEXERCISED, data,
			    l->is_tcp_broken ? "the connection had broken before"
					     : "nothing was written around the act");
	else
		finding_add(
			ret, &loopback_tcp_intact, is_broken ? FINDING_UNMET : FINDING_MET, data,
			"cpu%d %s: of %llu bytes written over TCP %llu were read, %llu of them wrong (connection: %s)",
			act->cpu, when(act), (unsigned long long)now.written,
			(unsigned long long)now.read, (unsigned long long)spoilt,
			error_name(now.error));
	l->is_tcp_broken = is_broken;
}

static void judge_steering(struct loopback *l, const struct act *act, bool flowed, bool counts,
			   struct findings *ret)
{
	struct cpulist own = cpulist_of(act->cpu), mask = {};
	bool is_back = act->verb == ACT_ONLINE;

	if (!l->is_steered) {
		finding_add(ret, &loopback_rps_follows, FINDING_UNEXERCISED, NULL,
			    "packets could not be seen to be steered to cpu%d before it went",
			    act->cpu);
		return;
	}
	if (lo_steered(stream_lo(l->stream), &mask) < 0)
		mask = (struct cpulist){};
	if (!flowed) {
		finding_add(ret, &loopback_rps_follows, FINDING_UNEXERCISED, NULL,
			    "cpu%d %s: the thread that sends did not run in time", act->cpu,
			    when(act));
		return;
	}
	finding_add(ret, &loopback_rps_follows,
		    cpulist_equal(&mask, &own) && counts ? FINDING_MET : FINDING_UNMET,
		    json_pack("{s:i, s:s, s:b}", "cpu", act->cpu, "rps_cpus", cpulist_str(&mask),
			      "counts", counts),
		    "cpu%d %s: rps_cpus names CPU \"%s\", packets arrive, and its row %s", act->cpu,
		    when(act), cpulist_str(&mask),
		    !is_back ? "is away"
		    : counts ? "counts again"
			     : "counts none of them");
}

/* Its row was not there while it was off, and counts on from where it was. */
static bool is_counting(struct stage *s, const struct loopback *l, const struct act *act)
{
	struct softnet was;

	if (act->verb != ACT_ONLINE || !l->is_steered)
		return true;
	return softnet_read(stage_box(s), act->cpu, &was) == 0 &&
	       loopback_await_steering(s, act->cpu, &was, WORKER_LIMIT_NS);
}

void loopback_judge(struct stage *s, struct loopback *l, const struct act *act, bool flowed,
		    struct findings *ret)
{
	bool counts = flowed && is_counting(s, l, act);
	uint64_t packets = 0;
	int standing = -1;

	if (flowed)
		stream_stop(l->stream);
	if (!flowed || stream_waits(l->stream))
		standing = find_standing(s, l, &packets);
	if (standing >= 0) {
		loopback_leave_alone(s, l, standing);
		tell_standing(act, standing, packets, ret);
		return;
	}
	judge_backlog(l, act, counts, ret);
	judge_steering(l, act, flowed, counts, ret);
	if (!flowed)
		stream_stop(l->stream);
	judge_datagrams(s, l, act, flowed, ret);
	judge_bytes(l, act, ret);
}
