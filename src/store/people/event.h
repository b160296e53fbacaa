// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happened, as a short list for whoever watches the site. It holds only what everybody may
 * see. Numbers rise and are never used twice; only the last ones are kept.
 */
#pragma once

#include "store/db/db.h"

#define EVENT_KEPT 1000

enum { EVENT_ID, EVENT_AT, EVENT_KIND, EVENT_REF, EVENT_DETAIL };

/* In the transaction of what it tells of. `detail` is JSON. */
_must_check_ int event_add(struct db *db, int64_t now, const char *kind, const char *ref,
			   const char *detail, struct error *err);

/* Those after `after`, the oldest first. */
_must_check_ int event_list(struct db *db, int64_t after, struct rows *ret, struct error *err);
/* The last one's number; 0: there was none. */
_must_check_ int event_last(struct db *db, int64_t *ret, struct error *err);
