// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic of our own for the NIC's interrupts, where no prober outside makes any: echo requests to
 * the default gateway, whose answers come in by the NIC. Nobody judges them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "box/box.h"

struct ping_source;

/* The gateway of the default route in /proc/net/route's text, in network order: 1, or 0 when there
 * is none. */
int ping_source_gateway(const char *routes, uint32_t *ret_address);

/* A thread that is quiet until it is told. -ENETUNREACH: no default gateway. */
_must_check_ int ping_source_new(struct box *box, struct ping_source **ret);
void ping_source_run(struct ping_source *p, bool is_on);
void ping_source_free(struct ping_source *p);
