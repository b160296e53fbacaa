// SPDX-License-Identifier: GPL-2.0-or-later
/* The outbox in the database. */
#include "store/tell/outbox.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/people/account.h"

int outbox_add(struct db *db, const struct outbox_new *n, int64_t now, struct error *err)
{
	char secret[ACCOUNT_SECRET];
	_cleanup_free_ char *id = NULL;

	account_secret(secret);
	id = text_printf("<%s@%s>", secret, n->host);
	if (!id)
		return error_set(err, ENOMEM, "out of memory for a message");
	return db_run(db, err,
		      "INSERT INTO outbox(subscription,recipient,subject,body,message_id,added_at,"
		      "due_at) VALUES(?1,?2,?3,?4,?5,?6,?6)",
		      "issssi", n->subscription, n->recipient, n->subject, n->body, id, now);
}

int outbox_next(struct db *db, int64_t now, bool can_mail, const int64_t busy[OUTBOX_BUSY],
		struct rows *ret, struct error *err)
{
	/* The address is looked at again when it is sent: it may have been taken back since. */
	int r = db_select(
		db, ret, err,
		"SELECT o.id,o.subscription,o.recipient,o.subject,o.body,o.message_id,o.added_at,"
		"o.due_at,o.tries,coalesce(s.way,'mail'),coalesce(s.secret,''),"
		"CASE WHEN o.subscription=0 OR s.way='hook' THEN 1"
		" WHEN a.email=o.recipient AND a.proved_at>0 THEN 1 ELSE 0 END,coalesce(v.name,'')"
		" FROM outbox o LEFT JOIN subscription s ON s.id=o.subscription"
		" LEFT JOIN saved v ON v.id=s.saved LEFT JOIN address a ON a.account=v.account"
		" WHERE o.due_at<=?1 AND coalesce(s.stopped_at,0)=0 AND (?2<>0 OR s.way='hook')"
		" AND o.subscription NOT IN (?3,?4,?5,?6)"
		" ORDER BY o.due_at,o.id LIMIT 1",
		"iiiiii", now, (int64_t)can_mail, busy[0], busy[1], busy[2], busy[3]);

	return r < 0 ? r : rows_next(ret, err);
}

int outbox_take(struct db *db, int64_t id, int64_t due_at, int64_t now, int64_t lease_s,
		struct error *err)
{
	int r = db_run(db, err,
		       "UPDATE outbox SET due_at=?3,tries=tries+1 WHERE id=?1 AND due_at=?2", "iii",
		       id, due_at, now + lease_s);

	return r < 0 ? r : db_changes(db) > 0;
}

int outbox_done(struct db *db, int64_t id, int64_t subscription, struct error *err)
{
	int r = db_run(db, err, "DELETE FROM outbox WHERE id=?1", "i", id);

	return r < 0 ? r
		     : db_run(db, err,
			      "UPDATE subscription SET failures=0,problem=''"
			      " WHERE id=?1 AND failures>0",
			      "i", subscription);
}

int outbox_failed(struct db *db, int64_t id, int64_t subscription, const char *why, int64_t due_at,
		  int stop_after, int64_t now, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	undo = db;
	r = due_at ? db_run(db, err, "UPDATE outbox SET due_at=?2,problem=?3 WHERE id=?1", "iis",
			    id, due_at, why)
		   : db_run(db, err, "DELETE FROM outbox WHERE id=?1", "i", id);
	if (r >= 0)
		r = db_run(db, err,
			   "UPDATE subscription SET failures=failures+1,problem=?2,stopped_at="
			   "CASE WHEN ?3>0 AND failures+1>=?3 THEN ?4 ELSE 0 END WHERE id=?1",
			   "isii", subscription, why, (int64_t)stop_after, now);
	if (r >= 0)
		r = db_commit(db, err);
	if (r >= 0)
		undo = NULL;
	return r;
}
