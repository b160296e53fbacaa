// SPDX-License-Identifier: GPL-2.0-or-later
/* Subscriptions in the database: when each is looked at, and up to where it was told. */
#include <errno.h>
#include <string.h>

#include "store/limits.h"
#include "store/tell/saved.h"

#define DAY_S 86400
#define HOUR_OF_DAY 6

const char *const saved_periods[] = { "at-once", "daily", "weekly", NULL };

static bool is_period(const char *period)
{
	for (const char *const *p = saved_periods; *p; p++)
		if (strcmp(*p, period) == 0)
			return true;
	return false;
}

int64_t subscription_next(const char *period, int64_t now)
{
	int64_t day = (now - HOUR_OF_DAY * 3600) / DAY_S + 1;

	if (strcmp(period, "at-once") == 0)
		return now + LIMITS_TELL_GAP_S;
	if (strcmp(period, "weekly") == 0)
		while ((day + 3) % 7 != 0) /* 1970 began on a Thursday */
			day++;
	return day * DAY_S + HOUR_OF_DAY * 3600;
}

int subscription_add(struct db *db, const struct subscription_new *n, int64_t now,
		     char secret[ACCOUNT_SECRET], int64_t *ret, struct error *err)
{
	int64_t count = 0;
	int r;

	if (!is_period(n->period))
		return error_set(err, EINVAL, "\"%.40s\" is no period", n->period);
	if (strcmp(n->way, "mail") != 0 && strcmp(n->way, "hook") != 0)
		return error_set(err, EINVAL, "\"%.40s\" is no way to be told", n->way);
	r = db_number(db, &count, err, "SELECT count(*) FROM subscription WHERE saved=?1", "i",
		      n->saved);
	if (r >= 0 && count >= LIMITS_SUBSCRIPTIONS)
		return error_set(err, EDQUOT, "this search has %d subscriptions; remove one",
				 LIMITS_SUBSCRIPTIONS);
	if (r < 0)
		return r;
	account_secret(secret);
	return db_number(
		db, ret, err,
		"INSERT INTO subscription(saved,way,period,url,secret,seen,next_at,added_at)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8) RETURNING id",
		"issssiii", n->saved, n->way, n->period, n->url, secret, n->seen,
		strcmp(n->period, "at-once") == 0 ? now : subscription_next(n->period, now), now);
}

/* Of the account, or (0) whosever. */
static int remove_one(struct db *db, int64_t id, struct error *err)
{
	int r = db_run(db, err, "DELETE FROM outbox WHERE subscription=?1", "i", id);

	if (r >= 0)
		r = db_run(db, err, "DELETE FROM told WHERE subscription=?1", "i", id);
	return r < 0 ? r : db_run(db, err, "DELETE FROM subscription WHERE id=?1", "i", id);
}

static int must_be_of(struct db *db, int64_t account, int64_t id, struct error *err)
{
	int64_t is_there = 0;
	int r = db_number(db, &is_there, err,
			  "SELECT 1 FROM subscription s JOIN saved v ON v.id=s.saved"
			  " WHERE s.id=?1 AND v.account=?2",
			  "ii", id, account);

	return r == 0 ? error_set(err, ENOENT, "you have no such subscription") : r;
}

int subscription_remove(struct db *db, int64_t account, int64_t id, struct error *err)
{
	int r = must_be_of(db, account, id, err);

	return r < 0 ? r : remove_one(db, id, err);
}

int subscription_resume(struct db *db, int64_t account, int64_t id, int64_t now, struct error *err)
{
	int r = must_be_of(db, account, id, err);

	if (r >= 0)
		r = db_run(db, err,
			   "UPDATE subscription SET stopped_at=0,failures=0,problem='' WHERE id=?1",
			   "i", id);
	return r < 0 ? r
		     : db_run(db, err, "UPDATE outbox SET due_at=?2,tries=0 WHERE subscription=?1",
			      "ii", id, now);
}

int subscription_find(struct db *db, const char *secret, struct rows *ret, struct error *err)
{
	int r = db_select(db, ret, err,
			  "SELECT s.id,v.name FROM subscription s JOIN saved v ON v.id=s.saved"
			  " WHERE s.secret=?1 AND s.way='mail'",
			  "s", secret);

	return r < 0 ? r : rows_next(ret, err);
}

int subscription_end(struct db *db, const char *secret, struct error *err)
{
	int64_t id = 0;
	int r = db_number(db, &id, err,
			  "SELECT id FROM subscription WHERE secret=?1 AND way='mail'", "s",
			  secret);

	return r <= 0 ? r : remove_one(db, id, err);
}

#define COLUMNS                                                                         \
	"SELECT s.id,s.way,s.period,s.url,s.next_at,s.failures,s.stopped_at,s.problem," \
	"s.secret,s.seen"

int subscription_list(struct db *db, int64_t saved, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 COLUMNS " FROM subscription s WHERE s.saved=?1 ORDER BY s.id", "i", saved);
}

int subscription_due(struct db *db, int64_t now, int64_t after, int64_t limit, struct rows *ret,
		     struct error *err)
{
	return db_select(db, ret, err,
			 COLUMNS ",v.id,v.name,v.kind,v.query,coalesce(a.email,'')"
				 " FROM subscription s JOIN saved v ON v.id=s.saved"
				 " JOIN user u ON u.id=v.account"
				 " LEFT JOIN address a ON a.account=u.id AND a.proved_at>0"
				 " WHERE s.stopped_at=0 AND s.next_at<=?1 AND s.id>?2"
				 " AND u.is_disabled=0 ORDER BY s.id LIMIT ?3",
			 "iii", now, after, limit);
}

int subscription_seen(struct db *db, int64_t id, int64_t had, int64_t had_next, int64_t seen,
		      int64_t next_at, struct error *err)
{
	int r = db_run(db, err,
		       "UPDATE subscription SET seen=?4,next_at=?5"
		       " WHERE id=?1 AND seen=?2 AND next_at=?3",
		       "iiiii", id, had, had_next, seen, next_at);

	return r < 0 ? r : db_changes(db) > 0;
}

int subscription_told(struct db *db, int64_t id, const char *ref, struct error *err)
{
	return db_run(db, err,
		      "INSERT INTO told(subscription,ref) VALUES(?1,?2)"
		      " ON CONFLICT(subscription,ref) DO NOTHING",
		      "is", id, ref);
}

int subscription_was_told(struct db *db, int64_t id, const char *ref, struct error *err)
{
	int64_t is_there = 0;

	return db_number(db, &is_there, err, "SELECT 1 FROM told WHERE subscription=?1 AND ref=?2",
			 "is", id, ref);
}
