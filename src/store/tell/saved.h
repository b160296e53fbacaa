// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Searches that somebody saved, and subscriptions to them: by mail or to a web hook, at once, daily
 * or weekly. What is new in them is looked up by the site, which knows what a query means.
 */
#pragma once

#include "store/db/db.h"
#include "store/people/account.h"

/* cells, runs, broken, ideas, machines, search; ended by NULL. */
extern const char *const saved_kinds[];
extern const char *const saved_periods[]; /* at-once, daily, weekly */

/* -EINVAL: no such kind, or no name; -EDQUOT: too many. */
_must_check_ int saved_add(struct db *db, int64_t account, const char *name, const char *kind,
			   const char *query, int64_t now, int64_t *ret, struct error *err);
/* With its subscriptions and what is on its way of them. -ENOENT: the account has no such. */
_must_check_ int saved_remove(struct db *db, int64_t account, int64_t id, struct error *err);

enum { SAVED_ID, SAVED_NAME, SAVED_KIND, SAVED_QUERY, SAVED_AT };
_must_check_ int saved_list(struct db *db, int64_t account, struct rows *ret, struct error *err);
_must_check_ int saved_read(struct db *db, int64_t account, int64_t id, struct rows *ret,
			    struct error *err);

struct subscription_new {
	int64_t saved;
	const char *way, *period, *url; /* way: mail, hook */
	int64_t seen;
};
/* In the caller's transaction. -EINVAL, -EDQUOT. */
_must_check_ int subscription_add(struct db *db, const struct subscription_new *n, int64_t now,
				  char secret[ACCOUNT_SECRET], int64_t *ret, struct error *err);
/* -ENOENT: the account has no such. */
_must_check_ int subscription_remove(struct db *db, int64_t account, int64_t id, struct error *err);
/* After it was stopped, or failed: from now on again. */
_must_check_ int subscription_resume(struct db *db, int64_t account, int64_t id, int64_t now,
				     struct error *err);
/* By the secret of the link in a mail: looks (1, or 0: there is none), or ends it. */
_must_check_ int subscription_find(struct db *db, const char *secret, struct rows *ret,
				   struct error *err);
_must_check_ int subscription_end(struct db *db, const char *secret, struct error *err);

enum {
	SUBSCRIPTION_ID,
	SUBSCRIPTION_WAY,
	SUBSCRIPTION_PERIOD,
	SUBSCRIPTION_URL,
	SUBSCRIPTION_NEXT,
	SUBSCRIPTION_FAILURES,
	SUBSCRIPTION_STOPPED,
	SUBSCRIPTION_PROBLEM,
	SUBSCRIPTION_SECRET,
	SUBSCRIPTION_SEEN,
	/* Of due ones only. */
	SUBSCRIPTION_SAVED,
	SUBSCRIPTION_NAME,
	SUBSCRIPTION_KIND,
	SUBSCRIPTION_QUERY,
	SUBSCRIPTION_EMAIL, /* "": none that was proved */
};
_must_check_ int subscription_list(struct db *db, int64_t saved, struct rows *ret,
				   struct error *err);
/* Those whose time has come, by number after `after`; of accounts that are not disabled. */
_must_check_ int subscription_due(struct db *db, int64_t now, int64_t after, int64_t limit,
				  struct rows *ret, struct error *err);

/* When the one of that period is looked at next: 06:00 UTC, weekly ones on Mondays. */
int64_t subscription_next(const char *period, int64_t now);

/* It was looked at: 1, or 0 when another process did so meanwhile. In the caller's transaction. */
_must_check_ int subscription_seen(struct db *db, int64_t id, int64_t had, int64_t had_next,
				   int64_t seen, int64_t next_at, struct error *err);
_must_check_ int subscription_told(struct db *db, int64_t id, const char *ref, struct error *err);
/* 1: it was told of that already. */
_must_check_ int subscription_was_told(struct db *db, int64_t id, const char *ref,
				       struct error *err);
