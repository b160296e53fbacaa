// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The box's end of the packets from outside: a thread that sends each datagram of base/ping.h back
 * with the box's time stamped into it. It answers duplicates as often as they come: to find them is
 * the prober's business.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct echo;

/* Binds the UDP port on all addresses. */
_must_check_ int echo_new(int port, struct echo **ret);
void echo_free(struct echo *e);

/* How many it has answered. */
uint64_t echo_count(struct echo *e);

/* When it answered the first (CLOCK_BOOTTIME), 0: none yet. Nobody listened before. */
int64_t echo_since(struct echo *e);
