// SPDX-License-Identifier: GPL-2.0-or-later
/* Events in the database. Who is told of them is the site's. */
#include "store/people/event.h"

int event_add(struct db *db, int64_t now, const char *kind, const char *ref, const char *detail,
	      struct error *err)
{
	int64_t id = 0;
	int r = db_number(db, &id, err,
			  "INSERT INTO event(at,kind,ref,detail) VALUES(?1,?2,?3,?4) RETURNING id",
			  "isss", now, kind, ref, detail);

	return r < 0 ? r : db_run(db, err, "DELETE FROM event WHERE id<=?1", "i", id - EVENT_KEPT);
}

int event_list(struct db *db, int64_t after, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 "SELECT id,at,kind,ref,detail FROM event WHERE id>?1 ORDER BY id", "i",
			 after);
}

int event_last(struct db *db, int64_t *ret, struct error *err)
{
	return db_number(db, ret, err, "SELECT coalesce(max(id),0) FROM event", NULL);
}
