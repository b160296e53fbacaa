// SPDX-License-Identifier: GPL-2.0-or-later
/* Saved searches in the database. Their subscriptions are subscription.c's. */
#include "store/tell/saved.h"

#include <errno.h>
#include <string.h>

#include "store/limits.h"

const char *const saved_kinds[] = {
	"cells", "runs", "broken", "ideas", "machines", "search", NULL
};

static bool is_kind(const char *kind)
{
	for (const char *const *k = saved_kinds; *k; k++)
		if (strcmp(*k, kind) == 0)
			return true;
	return false;
}

int saved_add(struct db *db, int64_t account, const char *name, const char *kind, const char *query,
	      int64_t now, int64_t *ret, struct error *err)
{
	int64_t count = 0;
	int r;

	if (!is_kind(kind))
		return error_set(err, EINVAL, "\"%.40s\" is nothing that can be saved", kind);
	if (!*name || strlen(name) > LIMITS_TITLE || strpbrk(name, "\r\n"))
		return error_set(err, EINVAL, "a saved search needs a name of at most %d bytes",
				 LIMITS_TITLE);
	if (strlen(query) > LIMITS_URL)
		return error_set(err, EINVAL, "this search is too long to be saved");
	r = db_number(db, &count, err, "SELECT count(*) FROM saved WHERE account=?1", "i", account);
	if (r >= 0 && count >= LIMITS_SAVED)
		return error_set(err, EDQUOT, "you have %d saved searches; remove one",
				 LIMITS_SAVED);
	return r < 0 ? r
		     : db_number(db, ret, err,
				 "INSERT INTO saved(account,name,kind,query,added_at)"
				 " VALUES(?1,?2,?3,?4,?5) RETURNING id",
				 "isssi", account, name, kind, query, now);
}

int saved_remove(struct db *db, int64_t account, int64_t id, struct error *err)
{
	static const char *const sql[] = {
		"DELETE FROM outbox WHERE subscription IN (SELECT id FROM subscription WHERE saved=?1)",
		"DELETE FROM told WHERE subscription IN (SELECT id FROM subscription WHERE saved=?1)",
		"DELETE FROM subscription WHERE saved=?1",
		"DELETE FROM saved WHERE id=?1",
	};
	int64_t is_there = 0;
	int r = db_number(db, &is_there, err, "SELECT 1 FROM saved WHERE id=?1 AND account=?2",
			  "ii", id, account);

	if (r == 0)
		return error_set(err, ENOENT, "you have no such saved search");
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(sql); i++)
		r = db_run(db, err, sql[i], "i", id);
	return r;
}

#define COLUMNS "SELECT id,name,kind,query,added_at FROM saved"

int saved_list(struct db *db, int64_t account, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err, COLUMNS " WHERE account=?1 ORDER BY id", "i", account);
}

int saved_read(struct db *db, int64_t account, int64_t id, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err, COLUMNS " WHERE account=?1 AND id=?2", "ii", account, id);
}
