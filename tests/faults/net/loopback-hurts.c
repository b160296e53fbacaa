// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a backlog that is handed over badly when its CPU dies: of what is sent over loopback
 * while a CPU is away a few datagrams are lost and no counter tells (`how`=drop), or a byte of TCP
 * is another one
 * (`how`=spoil). `count` of them for each offline.
 */
#include <linux/atomic.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "fault.h"

static char *how = "drop";
module_param(how, charp, 0444);
static unsigned int count = 3;
module_param(count, uint, 0444);

static atomic_t done = ATOMIC_INIT(0);

static netdev_tx_t lose(struct sk_buff *skb, struct net_device *dev)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static bool is_wanted(const struct sk_buff *skb, int protocol)
{
	return fault_cpu() < nr_cpu_ids && !cpu_online(fault_cpu()) &&
	       skb->protocol == htons(ETH_P_IP) && ip_hdr(skb)->protocol == protocol;
}

static int on_send(struct kprobe *probe, struct pt_regs *regs)
{
	struct sk_buff *skb = (struct sk_buff *)regs_get_kernel_argument(regs, 0);

	if (!strcmp(how, "drop")) {
		if (!is_wanted(skb, IPPROTO_UDP) || atomic_inc_return(&done) > count)
			return 0;
		return fault_replace(regs, lose);
	}
	if (is_wanted(skb, IPPROTO_TCP) && skb_shinfo(skb)->nr_frags > 0 &&
	    atomic_inc_return(&done) <= count)
		*(u8 *)skb_frag_address(&skb_shinfo(skb)->frags[0]) ^= 0x40;
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "loopback_xmit",
	.pre_handler = on_send,
};

static void start(unsigned int cpu)
{
	atomic_set(&done, 0);
}

static const struct fault fault = { .dead = start, .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
