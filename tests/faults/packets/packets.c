// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a receive path that, while its CPU is away, loses a few datagrams on the way from one
 * queue to another
 * (`how`=drop), or takes them from both (`how`=twice). No counter tells. Every fifth datagram to
 * `port`, `count` of them for each offline.
 */
#include <linux/atomic.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#include "fault.h"

static char *how = "drop";
module_param(how, charp, 0444);
static unsigned int count = 3;
module_param(count, uint, 0444);
static ushort port = 7;
module_param(port, ushort, 0444);

static atomic_t seen = ATOMIC_INIT(0);

static bool is_ours(const struct sk_buff *skb)
{
	struct udphdr buffer, *udp;

	if (fault_cpu() >= nr_cpu_ids || cpu_online(fault_cpu()) ||
	    ip_hdr(skb)->protocol != IPPROTO_UDP)
		return false;
	udp = skb_header_pointer(skb, ip_hdrlen(skb), sizeof(buffer), &buffer);
	if (!udp || udp->dest != htons(port))
		return false;
	return atomic_inc_return(&seen) % 5 == 0 && atomic_read(&seen) / 5 <= count;
}

static unsigned int on_datagram(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct sk_buff *copy;

	if (!is_ours(skb))
		return NF_ACCEPT;
	if (!strcmp(how, "drop")) {
		consume_skb(skb);
		return NF_STOLEN;
	}
	copy = skb_clone(skb, GFP_ATOMIC);
	if (copy)
		state->okfn(state->net, state->sk, copy);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hook = {
	.hook = on_datagram,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_LOCAL_IN,
	.priority = NF_IP_PRI_LAST,
};

static void start(unsigned int cpu)
{
	atomic_set(&seen, 0);
}

static int setup(void)
{
	return nf_register_net_hook(&init_net, &hook);
}

static const struct fault fault = { .dead = start };

FAULT_MODULE(fault, setup);
