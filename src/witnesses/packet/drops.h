// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says it dropped on a packet's way in: the difference between a packet that was
 * lost and one that found no room. Reads only; the parsers take text.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "box/box.h"

#define DROPS_CPUS 1024

struct drops {
	uint64_t rx_dropped, rx_missed;                   /* sum over all interfaces but lo */
	uint64_t udp_in_errors, udp_rcvbuf, udp_no_ports; /* whole box */
	uint64_t socket;                                  /* of the UDP sockets on our port */
	uint64_t softnet[DROPS_CPUS]; /* by CPU: the file hides those that are off */
	uint64_t softnet_seen[DROPS_CPUS / 64];
};

/* What cannot be read counts 0. */
void drops_read(struct box *box, int port, struct drops *ret);

/* {"rx_dropped": n, ...}: what was dropped between and may have been ours, each datagram counted
 * once; a CPU that is hidden in either counts nothing. */
json_t *drops_between(const struct drops *from, const struct drops *to);

/* UDP's own counters of the whole box: for the reader, since other sockets are in them too. */
json_t *drops_udp_between(const struct drops *from, const struct drops *to);

void drops_parse_softnet(const char *text, struct drops *d);
void drops_parse_snmp(const char *text, struct drops *d);
void drops_parse_sockets(const char *text, int port, struct drops *d);
