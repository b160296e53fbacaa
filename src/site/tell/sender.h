// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A few threads that empty the outbox, so that one slow hook holds nobody else's up. What is in it,
 * and what sending is, is not known here.
 */
#pragma once

#include "site/web/site.h"

_must_check_ int sender_start(struct site *s, struct error *err);
/* Some may be due: one of them looks, and wakes the next one when it has found something. */
void sender_wake(struct site *s);
/* After tell_is_stopping() is true. */
void sender_stop(struct site *s);
