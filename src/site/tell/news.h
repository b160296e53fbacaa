// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a saved search finds now that it did not find before, as a list of lines with links: for
 * mails, hooks and feeds. It holds only what everybody may see.
 */
#pragma once

#include "site/web/out.h"
#include "store/db/db.h"

struct news_item {
	char *title, *note, *path; /* path: of its page, from the first '/' on */
	char *ref;                 /* never the same for two of them */
	int64_t at;                /* 0: not known */
};

struct news {
	struct news_item *list;
	size_t n;
	bool is_more; /* than were asked for */
	int64_t upto; /* where the next time begins, of what has numbers */
};
void news_clear(struct news *news);
#define _cleanup_news_ _cleanup_(news_clear)

struct news_ask {
	const char *kind, *query; /* as saved */
	int64_t after;            /* of what has numbers: only what came later */
	int64_t subscription;     /* of what has none: only what it was not told of; 0: all */
	int64_t now;
	size_t limit;
};
/* -EINVAL: the query is none, or asks for what not everybody may see. */
_must_check_ int news_read(struct db *db, const struct news_ask *ask, struct news *ret,
			   struct error *err);
/* Whether such a search knows by numbers what is new. */
bool news_has_numbers(const char *kind);

/* Where a saved search is a page, e.g. "/cells?state=fail". */
void news_put_path(struct out *out, const char *kind, const char *query);
