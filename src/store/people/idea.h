// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ideas: edge cases, wishes and platforms that somebody should try. Anybody may submit one; nobody
 * but maintainers sees it before one of them let it in.
 */
#pragma once

#include "store/db/db.h"

struct idea_new {
	const char *title, *body, *kind; /* kind: edge-case, feature, platform */
	const char *author, *contact;    /* contact: only maintainers see it */
	int64_t user;                    /* 0: anonymous */
	bool is_trusted;                 /* needs no moderation */
};
/* -EINVAL: what is wrong with it, in words for whoever typed it. */
_must_check_ int idea_add(struct db *db, const struct idea_new *idea, int64_t now, int64_t *ret,
			  struct error *err);

/* The states in their order; the first two are seen by maintainers only. */
extern const char *const idea_states[]; /* ended by NULL */
extern const char *const idea_kinds[];
extern const char *const idea_votes[]; /* want, hardware, implement */

/* Of each of them, or of none. -EINVAL: no such state, or "covered" without what covers it;
 * -ENOENT. */
_must_check_ int idea_set_state(struct db *db, const int64_t *ids, size_t n, const char *state,
				const char *note, const char *covered_by, int64_t now,
				struct error *err);

/* Gives a vote, or takes it back. One a voter and kind; the idea must be visible. */
_must_check_ int idea_vote(struct db *db, int64_t id, const char *voter, const char *kind,
			   bool is_given, int64_t now, struct error *err);

enum {
	IDEA_ID,
	IDEA_TITLE,
	IDEA_KIND,
	IDEA_STATE,
	IDEA_AUTHOR,
	IDEA_ADDED,
	IDEA_CHANGED,
	IDEA_COVERED_BY,
	IDEA_NOTE,
	IDEA_WANT,
	IDEA_HARDWARE,
	IDEA_IMPLEMENT,
	IDEA_BODY,    /* only of one */
	IDEA_CONTACT, /* only of one */
};
/* The most wanted first; state NULL: all visible ones. By number of votes and id, from after
 * (votes, id) on; {-1}: from the start. */
_must_check_ int idea_list(struct db *db, const char *state, int64_t after_votes, int64_t after_id,
			   int64_t limit, struct rows *ret, struct error *err);
_must_check_ int idea_read(struct db *db, int64_t id, bool is_maintainer, struct rows *ret,
			   struct error *err);
