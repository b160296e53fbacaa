// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The datagram that the prober outside sends and the echo on the box sends back, with the box's
 * time stamped into it. All numbers are little-endian. Shared by outside/ (prober) and the packet
 * witness (echo); it knows neither of them.
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PING_MAGIC "HPNG"
#define PING_VERSION 1
#define PING_PORT 7 /* UDP port of the echo on the box */

/* On the wire exactly so: 40 bytes, no padding. The echo changes box_ns and nothing else. */
struct ping {
	char magic[4];
	uint32_t version;
	uint64_t n;      /* 1, 2, 3, ... as sent */
	int64_t sent_ns; /* the prober's own clock */
	int64_t box_ns;  /* CLOCK_BOOTTIME of the box as the echo saw it; 0 on the way there */
	uint64_t
		run; /* a random number of this prober: an echo of an earlier run is no duplicate */
};

_Static_assert(sizeof(struct ping) == 40, "the datagram has no padding");

static inline void ping_encode(struct ping *p, uint64_t run, uint64_t n, int64_t sent_ns)
{
	memcpy(p->magic, PING_MAGIC, sizeof(p->magic));
	p->version = htole32(PING_VERSION);
	p->n = htole64(n);
	p->sent_ns = (int64_t)htole64((uint64_t)sent_ns);
	p->box_ns = 0;
	p->run = htole64(run);
}

/* True for a datagram of this protocol; everything else is not answered and not counted. */
static inline bool ping_is_valid(const void *data, size_t len)
{
	const struct ping *p = data;

	return len == sizeof(*p) && memcmp(p->magic, PING_MAGIC, sizeof(p->magic)) == 0 &&
	       le32toh(p->version) == PING_VERSION;
}

static inline void ping_stamp(struct ping *p, int64_t box_ns)
{
	p->box_ns = (int64_t)htole64((uint64_t)box_ns);
}

static inline uint64_t ping_n(const struct ping *p)
{
	return le64toh(p->n);
}

static inline uint64_t ping_run(const struct ping *p)
{
	return le64toh(p->run);
}

static inline int64_t ping_sent_ns(const struct ping *p)
{
	return (int64_t)le64toh((uint64_t)p->sent_ns);
}

static inline int64_t ping_box_ns(const struct ping *p)
{
	return (int64_t)le64toh((uint64_t)p->box_ns);
}
