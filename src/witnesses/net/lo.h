// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets over the loopback device, in a network of their own where that may be made: whatever is
 * set there (receive packet steering) is gone with the last socket, and nobody else's packets are
 * in the way. The sockets may be used by any thread.
 */
#pragma once

#include <stdint.h>

#include "base/cpulist.h"

struct lo {
	int udp_send, udp_receive; /* connected to each other; both non-blocking */
	int tcp_send, tcp_receive; /* likewise */
	int rps; /* rps_cpus of the device; -1: there is none, or no network of our own */
};

_must_check_ int lo_open(struct lo *ret);
void lo_close(struct lo *lo);

/* Which CPUs' backlogs the packets go to; empty: that of the CPU that sends. */
_must_check_ int lo_steer(struct lo *lo, const struct cpulist *cpus);
_must_check_ int lo_steered(struct lo *lo, struct cpulist *ret);

/* Datagrams that found a receive buffer full, of both ends. */
uint64_t lo_drops(const struct lo *lo);
