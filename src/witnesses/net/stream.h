// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two threads and what they say to each other over loopback: the first, bound to the CPU that it is
 * told, sends small bursts of datagrams and of a TCP stream; the second answers each datagram and
 * checks each byte. They count; what the counts mean is loopback.c's.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "witnesses/net/lo.h"
#include "stage/worker.h"

struct stream;

struct stream_count {
	uint64_t rounds;         /* of the sender */
	uint64_t on_cpu;         /* of those, while it was where it was bound */
	uint64_t sent, answered; /* datagrams; each answer counts once */
	uint64_t refused;        /* that the kernel did not take: those are not sent */
	uint64_t written, read;  /* bytes of the TCP stream */
	uint64_t spoilt;         /* bytes that were not the ones written */
	int error;               /* errno of the TCP connection, 0: none */
};

_must_check_ int stream_new(struct stream **ret);

/* -ETIMEDOUT: a thread did not end; the memory and the sockets stay. */
_must_check_ int stream_free(struct stream *t);

struct lo *stream_lo(struct stream *t);

/* Binds the sender to `cpu` (-1: to any) and the other one to `others`, and lets it flow. */
_must_check_ int stream_start(struct stream *t, int cpu, const struct cpulist *others,
			      int64_t deadline_ns);

/* No more is sent; waits until all is answered and read, or nothing came for long. */
void stream_stop(struct stream *t);

/* No more is sent, and nothing that is on its way is waited for. */
void stream_give_up(struct stream *t);

/* Datagrams were sent that nobody answered yet. */
_must_check_ bool stream_waits(const struct stream *t);

/* Once it stands still: how many datagrams were not answered. They are not waited for again. */
uint64_t stream_forgive(struct stream *t);

struct stream_count stream_count(const struct stream *t);
