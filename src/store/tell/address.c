// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses and proofs in the database. What stands in the mails is the site's. */
#include "store/tell/address.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/people/account_internal.h"

/* RFC 5322 atext, and dots that are neither first, last nor twice. */
static bool is_local_part(const char *text, size_t len)
{
	if (len == 0 || len > 64 || text[0] == '.' || text[0] == '-' || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 128 || (!isalnum(c) && !strchr("!#$%&'*+-/=?^_`{|}~.", c)) ||
		    (c == '.' && text[i + 1] == '.'))
			return false;
	}
	return true;
}

static bool is_domain(const char *text)
{
	size_t label = 0, dots = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '.') {
			if (label == 0 || text[-1] == '-')
				return false;
			label = 0;
			dots++;
		} else if (c >= 128 || (!isalnum(c) && (c != '-' || label == 0)) || ++label > 63) {
			return false;
		}
	}
	return dots > 0 && label > 0 && text[-1] != '-';
}

int address_clean(const char *text, char ret[ADDRESS_MAX + 1])
{
	const char *at = strchr(text, '@');

	if (!at || strlen(text) > ADDRESS_MAX || !is_local_part(text, (size_t)(at - text)) ||
	    !is_domain(at + 1))
		return -EINVAL;
	strcpy(ret, text);
	for (char *c = strchr(ret, '@'); *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

static int clean(const char *text, char ret[ADDRESS_MAX + 1], struct error *err)
{
	if (address_clean(text, ret) < 0)
		return error_set(err, EINVAL, "\"%.80s\" is no e-mail address", text);
	return 0;
}

int address_set(struct db *db, int64_t account, const char *email, struct error *err)
{
	char address[ADDRESS_MAX + 1];
	int r;

	if (!*email)
		return db_run(db, err, "DELETE FROM address WHERE account=?1", "i", account);
	r = clean(email, address, err);
	if (r < 0)
		return r;
	/* The same once more must not take the proof away. */
	return db_run(db, err,
		      "INSERT INTO address(account,email,proved_at) VALUES(?1,?2,0)"
		      " ON CONFLICT(account) DO UPDATE SET email=?2,proved_at=0"
		      " WHERE address.email<>?2",
		      "is", account, address);
}

int address_of(struct db *db, int64_t account, char ret[ADDRESS_MAX + 1], int64_t *ret_proved_at,
	       struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err, "SELECT email,proved_at FROM address WHERE account=?1",
			  "i", account);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r == 1) {
		strncpy(ret, rows_text(&rows, 0), ADDRESS_MAX);
		ret[ADDRESS_MAX] = '\0';
		*ret_proved_at = rows_int(&rows, 1);
	}
	return r;
}

int address_set_idea(struct db *db, int64_t idea, const char *email, struct error *err)
{
	char address[ADDRESS_MAX + 1];
	int r = clean(email, address, err);

	return r < 0 ? r
		     : db_run(db, err, "INSERT INTO idea_address(idea,email) VALUES(?1,?2)", "is",
			      idea, address);
}

int address_idea_state(struct db *db, int64_t idea, struct error *err)
{
	int64_t at = 0;
	int r = db_number(db, &at, err, "SELECT proved_at FROM idea_address WHERE idea=?1", "i",
			  idea);

	return r < 0 ? r : r == 0 ? 2 : at > 0;
}

static const char *const purposes[] = { "address", "idea", "password" };

int proof_make(struct db *db, const struct proof *p, int64_t now, char secret[ACCOUNT_SECRET],
	       struct error *err)
{
	unsigned char hash[ACCOUNT_HASH];
	int64_t count = 0;
	int r = db_run(db, err, "DELETE FROM proof WHERE expires_at<?1 AND added_at<?1-86400", "i",
		       now);

	/* Nobody's mailbox is filled by way of this site. */
	if (r >= 0)
		r = db_number(db, &count, err,
			      "SELECT count(*) FROM proof WHERE email=?1 AND added_at>?2-86400",
			      "si", p->email, now);
	if (r < 0)
		return r;
	if (count >= LIMITS_PROOFS)
		return error_set(err, EAGAIN,
				 "too many links were mailed to that address; come again tomorrow");
	account_secret(secret);
	account_hash(secret, hash);
	return db_run(db, err,
		      "INSERT INTO proof(hash,purpose,ref,email,added_at,expires_at)"
		      " VALUES(?1,?2,?3,?4,?5,?6)",
		      "bsisii", hash, sizeof(hash), purposes[p->purpose], p->ref, p->email, now,
		      now + (p->purpose == PROOF_PASSWORD ? LIMITS_RESET_S : LIMITS_PROOF_S));
}

int proof_read(struct db *db, const char *secret, int64_t now, struct proof *ret, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	unsigned char hash[ACCOUNT_HASH];
	int r;

	account_hash(secret, hash);
	r = db_select(db, &rows, err,
		      "SELECT purpose,ref,email FROM proof WHERE hash=?1 AND expires_at>?2", "bi",
		      hash, sizeof(hash), now);
	if (r >= 0)
		r = rows_next(&rows, err);
	if (r == 0)
		return error_set(err, ENOENT, "this link was used already, or is too old");
	if (r < 0)
		return r;
	*ret = (struct proof){ .ref = rows_int(&rows, 1) };
	for (size_t i = 0; i < ARRAY_SIZE(purposes); i++)
		if (strcmp(purposes[i], rows_text(&rows, 0)) == 0)
			ret->purpose = (enum proof_purpose)i;
	strncpy(ret->email, rows_text(&rows, 2), ADDRESS_MAX);
	return 0;
}

static int apply(struct db *db, const struct proof *p, int64_t now, struct error *err)
{
	static const char *const sql[] = {
		"UPDATE address SET proved_at=?2 WHERE account=?1 AND email=?3",
		"UPDATE idea_address SET proved_at=?2 WHERE idea=?1 AND email=?3",
		/* Only of whom that address still is. */
		"UPDATE address SET proved_at=proved_at WHERE account=?1 AND ?2>0 AND email=?3",
	};
	int r = db_run(db, err, sql[p->purpose], "iis", p->ref, now, p->email);

	if (r >= 0 && db_changes(db) == 0)
		return error_set(err, ENOENT, "the address is another one by now");
	return r;
}

int proof_use(struct db *db, const char *secret, int64_t now, struct proof *ret, struct error *err)
{
	unsigned char hash[ACCOUNT_HASH];
	int r = proof_read(db, secret, now, ret, err);

	if (r < 0)
		return r;
	account_hash(secret, hash);
	/* It stays, so that what was mailed of late can be counted. */
	r = db_run(db, err, "UPDATE proof SET expires_at=0 WHERE hash=?1", "b", hash, sizeof(hash));
	return r < 0 ? r : apply(db, ret, now, err);
}

int address_find_account(struct db *db, const char *text, int64_t *ret, struct error *err)
{
	char email[ADDRESS_MAX + 1];

	if (address_clean(text, email) < 0)
		return db_number(
			db, ret, err,
			"SELECT u.id FROM user u JOIN address a ON a.account=u.id"
			" WHERE lower(u.name)=lower(?1) AND a.proved_at>0 AND u.is_disabled=0"
			" AND u.password<>'" ACCOUNT_NO_PASSWORD "'",
			"s", text);
	return db_number(db, ret, err,
			 "SELECT u.id FROM user u JOIN address a ON a.account=u.id"
			 " WHERE a.email=?1 AND a.proved_at>0 AND u.is_disabled=0"
			 " AND u.password<>'" ACCOUNT_NO_PASSWORD "' ORDER BY u.id LIMIT 1",
			 "s", email);
}
