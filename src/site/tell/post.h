// SPDX-License-Identifier: GPL-2.0-or-later
/* Empties the outbox, one message at a time. What gets into it is tell.c's. */
#pragma once

#include "site/web/site.h"

/* Sends the first one that is due: true when there was one. */
bool post_send_next(struct site *s, int64_t now);
