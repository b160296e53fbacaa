// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends numbered datagrams to the echo on the box and records every one: when it left, when the box
 * saw it, when it came back, how often. A thread of its own; it judges nothing (packets.h does).
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "outside/packets.h"

struct prober;

/* To 127.0.0.1:port. It starts slowly, and goes on at up to 400 a second once something answers. */
_must_check_ int prober_start(int port, struct prober **ret, struct error *err);

/* The same to another host, by its IPv4 address. */
_must_check_ int prober_start_at(const char *address, int port, struct prober **ret,
				 struct error *err);

/* Ends the thread. The record is then still there, until prober_free(). */
void prober_stop(struct prober *p);
void prober_free(struct prober *p);
CLEANUP_DEFINE(struct prober, prober, prober_free)

/* After prober_stop() only. */
const struct packets *prober_packets(const struct prober *p);

/* `datagram` lines of outside.jsonl, one for each; NULL when there is none with this index. `clock`
 * may be NULL. */
json_t *prober_line(const struct prober *p, const struct packets_clock *clock, size_t i);
