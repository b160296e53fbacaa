// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU whose backlog of packets nobody works off after an aborted transition. Only for
 * the thread that looks, so that the box stays usable.
 */
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "fault_abort.h"

static int aborted = -1;

static void mark(const struct fault_abort *a)
{
	aborted = (int)a->cpu;
}

static int forget(struct sk_buff *skb)
{
	kfree_skb(skb);
	return NET_RX_SUCCESS;
}

static int on_rx(struct kprobe *probe, struct pt_regs *regs)
{
	if (aborted != (int)raw_smp_processor_id() || strcmp(current->comm, "hp-probe"))
		return 0;
	return fault_replace(regs, forget);
}

static struct kprobe rx = { .symbol_name = "__netif_rx", .pre_handler = on_rx };
static struct kprobe *probes[] = { &rx, NULL };
static const struct fault fault = { .probes = probes, .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = mark;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
