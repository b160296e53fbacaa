// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is to be sent. It is put here in the transaction of what it tells of, and goes when whoever
 * takes it has taken it: a crash loses nothing, and what it sends twice has the same Message-ID.
 * Who sends, and how, is not known here.
 */
#pragma once

#include "store/db/db.h"

struct outbox_new {
	int64_t subscription;  /* 0: a question whose an address is, or a new password */
	const char *recipient; /* an address, or the URL of a hook */
	const char *subject, *body;
	const char *host; /* for the Message-ID */
};
/* In the caller's transaction. */
_must_check_ int outbox_add(struct db *db, const struct outbox_new *n, int64_t now,
			    struct error *err);

enum {
	OUTBOX_ID,
	OUTBOX_SUBSCRIPTION,
	OUTBOX_RECIPIENT,
	OUTBOX_SUBJECT,
	OUTBOX_BODY,
	OUTBOX_MESSAGE_ID,
	OUTBOX_ADDED,
	OUTBOX_DUE,
	OUTBOX_TRIES,
	OUTBOX_WAY,    /* mail, hook */
	OUTBOX_SECRET, /* of the subscription */
	OUTBOX_MAY,    /* 0: the address is not proved, or not the account's any more */
	OUTBOX_NAME,   /* of the saved search */
};
/* The first one that is due: 1, or 0; mail only where it `can` be sent, and none of these
 * subscriptions (-1: of no one). */
#define OUTBOX_BUSY 4
_must_check_ int outbox_next(struct db *db, int64_t now, bool can_mail,
			     const int64_t busy[OUTBOX_BUSY], struct rows *ret, struct error *err);

/* Takes it for `lease_s`: 1, or 0 when another process has. A transaction of its own. */
_must_check_ int outbox_take(struct db *db, int64_t id, int64_t due_at, int64_t now,
			     int64_t lease_s, struct error *err);
/* It was taken, or need not be sent any more. */
_must_check_ int outbox_done(struct db *db, int64_t id, int64_t subscription, struct error *err);
/* It was not; again at `due_at`, or (0) never. `stop_after` failures in a row stop the subscription
 * (0: never). */
_must_check_ int outbox_failed(struct db *db, int64_t id, int64_t subscription, const char *why,
			       int64_t due_at, int stop_after, int64_t now, struct error *err);
