// SPDX-License-Identifier: GPL-2.0-or-later
/* Accounts of whom a proxy names. Whether it is believed is the site's business. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/people/account_internal.h"
#include "store/take/names.h"

int account_by_proxy(struct db *db, const char *name, struct account *ret, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int64_t is_disabled = 0;
	int r;

	if (!names_is_name(name) || strpbrk(name, " ,;\"<>"))
		return error_set(err, EACCES, "\"%.40s\" cannot be a user's name", name);
	r = db_number(db, &is_disabled, err,
		      "SELECT is_disabled FROM user WHERE lower(name)=lower(?1)", "s", name);
	if (r == 1 && is_disabled)
		return error_set(err, EACCES, "the account \"%.40s\" is disabled", name);
	if (r <= 0)
		return r;
	r = db_select(db, &rows, err,
		      "SELECT id,name,role,'" ACCOUNT_SCOPES "' FROM user"
		      " WHERE lower(name)=lower(?1)",
		      "s", name);
	return r < 0 ? r : account_read(&rows, ret, err);
}

static int make(struct db *db, const char *name, enum account_role role, int64_t now,
		struct error *err)
{
	int r = db_run(db, err,
		       "INSERT INTO user(name,password,role,added_at)"
		       " VALUES(?1,'" ACCOUNT_NO_PASSWORD "',?2,?3)",
		       "ssi", name, account_role_word(role), now);

	return r < 0 ? r
		     : account_audit(db, now, name, "account made", "the proxy named them", err);
}

static int set(struct db *db, const char *name, enum account_role role, int64_t now,
	       struct account *who, struct error *err)
{
	int r = account_by_proxy(db, name, who, err);

	if (r == 0)
		r = make(db, name, role ? role : ACCOUNT_READER, now, err);
	else if (r == 1 && role && who->role != role) {
		r = account_set_role(db, name, role, err);
		if (r >= 0)
			r = account_audit(db, now, name, "role by the proxy's groups",
					  account_role_word(role), err);
	}
	if (r >= 0)
		r = account_by_proxy(db, name, who, err);
	return r;
}

int account_set_by_proxy(struct db *db, const char *name, enum account_role role, int64_t now,
			 struct account *ret, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	struct account who = { 0 };
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	undo = db;
	/* Another process may have been quicker: it is looked at again. */
	r = set(db, name, role, now, &who, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		return r;
	undo = NULL;
	*ret = who;
	return 0;
}
