// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The box's side of the packets from outside: the echo, and for each act the window in which no
 * packet may be lost. Whether one was is judged outside, where they were sent and counted: the
 * expectations of these claims come from the prober.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/wait.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"
#include "witnesses/irq/steer.h"
#include "witnesses/packet/drops.h"
#include "witnesses/packet/echo.h"
#include "witnesses/witnesses.h"

#define PROOF_NS (2 * NS_PER_S)
#define PROOF_COUNT 3
#define RESUME_NS (5 * NS_PER_S)
#define RESUME_COUNT 5 /* so many came after the act: the flow is there again */
#define LATER_COUNT \
	20 /* so many came after the last window: what was under way in it has arrived */

static const struct claim none_lost = {
	.id = "packet.none-lost",
	.summary = "No datagram from outside is lost while the CPU that receives goes away",
	.explain =
		"A prober outside sends numbered datagrams all the time, and the box sends each back. The interrupt of the receive queue is "
		"led to the CPU, and seen to arrive there for these datagrams, right before the CPU goes. The kernel moves the interrupt, takes "
		"over what the CPU had in its queues, and no datagram may be missing in the end. One that is merely late is not lost, unless the flow "
		"stopped until the CPU came back.\n\nA failure means that the network loses "
		"packets whenever a CPU goes. The window's `drops` tell a full queue (an overloaded box) from a packet that vanished: look at "
		"`dev_cpu_dead()`, the driver's own hotplug callback, and the interrupt's move.",
	.refs = REFS("net/core/dev.c", "kernel/irq/cpuhotplug.c"),
	.faults = FAULTS("kmod:packets-dropped", "kmod:irq-not-restarted"),
};

static const struct claim none_duplicated = {
	.id = "packet.none-duplicated",
	.summary = "No datagram from outside arrives twice when the CPU that receives goes",
	.explain =
		"The same flow as for packet.none-lost: each datagram is answered as often as it arrives, and the prober counts the answers. "
		"A failure means that something was taken from the dying CPU's queue and delivered by another CPU too.",
	.refs = REFS("net/core/dev.c"),
	.faults = FAULTS("kmod:packets-doubled"),
};

struct window {
	bool is_exercised, is_open;
	int irq;
	char why[256];
	int64_t from_ns;
	struct drops drops;
};

struct packet {
	struct box *box;
	struct steer *steer;
	struct echo *echo;
	int port;
	struct window now;
	struct window off[CPULIST_MAX]; /* the window of each CPU that is off, until it is back */
	uint64_t count_at_end;          /* answered when the last window was over */
};

static bool has_later(void *arg)
{
	const struct packet *p = arg;

	return echo_count(p->echo) >= p->count_at_end + LATER_COUNT;
}

static int uproot(struct stage *s, void *state)
{
	struct packet *p = state;

	if (p->echo) {
		bool has_all = p->count_at_end == 0 ||
			       wait_until(has_later, p, wait_now_ns() + wait_scaled(RESUME_NS)) ==
				       1;

		observe(s, NULL, "packet.echo",
			json_pack("{s:i, s:I, s:b}", "port", p->port, "answered",
				  (json_int_t)echo_count(p->echo), "resumed", has_all));
	}
	echo_free(p->echo);
	steer_unref(p->steer);
	free(p);
	return 0;
}

static int plant(struct stage *s, void **ret_state)
{
	struct packet *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->box = stage_box(s);
	p->port = stage_prober_port(s);
	r = steer_ref(s, &p->steer);
	if (r == 0)
		r = echo_new(p->port, &p->echo);
	if (r < 0) {
		steer_unref(p->steer);
		free(p);
		return r;
	}
	*ret_state = p;
	return 0;
}

struct proof {
	struct packet *p;
	const struct steer_target *target;
	uint64_t interrupts, datagrams;
	int error;
};

/* Both in the same stretch of time: the interrupt comes on the CPU, and datagrams come in. */
static bool is_delivered(void *arg)
{
	struct proof *f = arg;
	struct cpulist wanted = cpulist_of(f->target->cpu);
	struct irq_affinity affinity;
	struct irq_counts counts;
	bool is_there;

	f->error = irq_affinity_read(f->p->box, f->target->irq, &affinity);
	if (f->error == 0)
		f->error = steer_counts(f->p->steer, f->target->irq, &counts);
	if (f->error < 0)
		return true;
	is_there = irq_counts_on(&counts, f->target->cpu) >= f->interrupts + PROOF_COUNT;
	irq_counts_done(&counts);
	return is_there && echo_count(f->p->echo) >= f->datagrams + PROOF_COUNT &&
	       (!affinity.has_effective || cpulist_equal(&affinity.effective, &wanted));
}

static int prove(struct packet *p, const struct steer_target *t, struct window *w)
{
	struct proof f = { .p = p, .target = t, .datagrams = echo_count(p->echo) };
	struct irq_counts counts;
	int r;

	w->irq = t->irq;
	if (!t->is_proven || !t->is_net) {
		snprintf(w->why, sizeof(w->why), "%s%s%s", t->why,
			 t->is_proven ? "the interrupt that comes is no network's: " : "",
			 t->is_proven ? t->name : "");
		return 0;
	}
	r = steer_counts(p->steer, t->irq, &counts);
	if (r < 0)
		return r;
	f.interrupts = irq_counts_on(&counts, t->cpu);
	irq_counts_done(&counts);
	r = wait_until(is_delivered, &f, wait_now_ns() + wait_scaled(PROOF_NS));
	if (r < 0 || f.error < 0)
		return r < 0 ? r : f.error;
	w->is_exercised = r == 1;
	if (!w->is_exercised)
		snprintf(w->why, sizeof(w->why),
			 "irq %d (%s) on cpu%d did not come %d times for datagrams (%llu came in)",
			 t->irq, t->name, t->cpu, PROOF_COUNT,
			 (unsigned long long)(echo_count(p->echo) - f.datagrams));
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	const struct steer_target *target;
	struct packet *p = state;
	struct window *w = &p->now;
	int r = 0;

	*w = (struct window){ .irq = -1 };
	if (act->verb == ACT_WRITE || act->is_noop ||
	    cpulist_count(&act->online_before) < (act->verb == ACT_OFFLINE ? 2 : 1))
		return 0;
	if (act->verb == ACT_OFFLINE) {
		r = steer_before(p->steer, s, act, &target);
		if (r == 0)
			r = prove(p, target, w);
		if (r < 0)
			return r;
		drops_read(p->box, p->port, &w->drops);
		w->from_ns = wait_now_ns();
	} else {
		/* It goes on where the window of the going ended, so that nothing is lost between
		 * the two. */
		*w = p->off[act->cpu];
		if (!w->is_open) {
			snprintf(w->why, sizeof(w->why),
				 "cpu%d was not taken off by an act with a window", act->cpu);
			drops_read(p->box, p->port, &w->drops);
			w->from_ns = wait_now_ns();
		}
	}
	w->is_open = true;
	return 0;
}

struct resume {
	struct packet *p;
	uint64_t enough;
};

static bool has_resumed(void *arg)
{
	const struct resume *r = arg;

	return echo_count(r->p->echo) >= r->enough;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct packet *p = state;
	struct window *w = &p->now;
	struct resume resume = { .p = p, .enough = echo_count(p->echo) + RESUME_COUNT };
	int64_t began = wait_now_ns(), to;
	struct drops drops;
	bool has;

	if (!w->is_open || !act->is_done)
		return 0;
	has = wait_until(has_resumed, &resume, began + wait_scaled(RESUME_NS)) == 1;
	drops_read(p->box, p->port, &drops);
	to = wait_now_ns();
	p->count_at_end = echo_count(p->echo);
	observe(s, act, "packet.window",
		json_pack("{s:i, s:s, s:I, s:I, s:I, s:b, s:s, s:i, s:b, s:I, s:o, s:o}", "cpu",
			  act->cpu, "verb", act_verb_name(act->verb), "from",
			  (json_int_t)w->from_ns, "to", (json_int_t)to, "since",
			  (json_int_t)echo_since(p->echo), "exercised", w->is_exercised, "why",
			  w->why, "irq", w->irq, "resumed", has, "resumed_ms",
			  (json_int_t)((to - began) / NS_PER_MS), "drops",
			  drops_between(&w->drops, &drops), "udp",
			  drops_udp_between(&w->drops, &drops)));
	if (act->verb == ACT_OFFLINE) {
		p->off[act->cpu] = *w;
		p->off[act->cpu].from_ns = to;
		p->off[act->cpu].drops = drops;
		if (w->is_exercised && !has) {
			p->off[act->cpu].is_exercised = false;
			snprintf(p->off[act->cpu].why, sizeof(w->why),
				 "no datagrams came any more before cpu%d returned", act->cpu);
		}
	} else {
		p->off[act->cpu].is_open = false;
	}
	return 0;
}

const struct witness witness_packet = {
	.id = "packet",
	.summary = "Packets from outside, received by the CPU that goes",
	.explain =
		"Answers the prober's datagrams, leads the receive queue's interrupt onto the CPU, and proves that they arrive there.\n\n"
		"Observation `packet.window`: in the time from `from` to `to` no datagram may be lost or doubled. `exercised` says whether "
		"the interrupt was on the CPU for these datagrams, `why` what was missing; `since` when the echo answered first; `resumed` "
		"whether datagrams came after the act; `drops` what the kernel says it dropped meanwhile. The window of a return begins where "
		"that of the going ended. The prober outside judges them.",
	.claims = CLAIMS(&none_lost, &none_duplicated),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_prober),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
