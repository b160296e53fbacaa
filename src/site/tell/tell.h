// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread that tells people what is new in what they saved: it looks at subscriptions whose time
 * has come, fills the outbox, and has others send what is in it (sender.h). No request ever waits
 * for it, nor does the end of the server for longer than a moment.
 */
#pragma once

#include "site/web/site.h"

_must_check_ int tell_start(struct site *s, struct error *err);
/* Also when it was not started. What it was about to send is sent after the next start. */
void tell_stop(struct site *s);
/* There is something to send now. */
void tell_wake(struct site *s);
/* What is under way is to be broken off. */
bool tell_is_stopping(const struct site *s);

bool tell_can_mail(const struct site *s);
/* Puts a message into the outbox that is of no subscription: a link to `path` for whom that address
 * may be. In the caller's transaction. */
_must_check_ int tell_mail_link(struct site *s, struct db *db, const char *email,
				const char *subject, const char *text, const char *path,
				const char *secret, int64_t now, struct error *err);
