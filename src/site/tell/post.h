// SPDX-License-Identifier: GPL-2.0-or-later
/* Empties the outbox, one message at a time. What gets into it is tell.c's. */
#pragma once

#include "site/web/site.h"

struct sender;

/* Sends the first one that is due, but of no subscription that another sender is sending of just
 * now: true when there was one. */
bool post_send_next(struct site *s, struct sender *me, int64_t now);
