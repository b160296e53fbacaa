// SPDX-License-Identifier: GPL-2.0-or-later
/* Users, passwords and sessions. Tokens and scopes are account_token.c's. */
#include "store/people/account.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "store/people/account_internal.h"
#include "store/take/names.h"

/* 19 MiB and two passes: OWASP's first choice; several at once must fit into a small server. */
#define PASSES 2
#define MEMORY ((size_t)19 << 20)

static const char *const role_words[] = { "nobody", "reader", "submitter", "maintainer", "admin" };

const char *account_role_word(enum account_role role)
{
	return role_words[role];
}

enum account_role account_role_of(const char *word)
{
	for (int i = ACCOUNT_READER; i <= ACCOUNT_ADMIN; i++)
		if (strcmp(role_words[i], word) == 0)
			return (enum account_role)i;
	return ACCOUNT_NOBODY;
}

void account_secret(char text[ACCOUNT_SECRET])
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(text, ACCOUNT_SECRET, bytes, sizeof(bytes),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void account_hash(const char *secret, unsigned char hash[ACCOUNT_HASH])
{
	crypto_generichash(hash, ACCOUNT_HASH, (const unsigned char *)secret, strlen(secret), NULL,
			   0);
}

static int hash_password(const char *password, char out[crypto_pwhash_STRBYTES], struct error *err)
{
	size_t len = strlen(password);

	if (len < LIMITS_PASSWORD_MIN || len > LIMITS_PASSWORD_MAX)
		return error_set(err, EINVAL, "a password has %d to %d characters",
				 LIMITS_PASSWORD_MIN, LIMITS_PASSWORD_MAX);
	if (crypto_pwhash_str(out, password, len, PASSES, MEMORY) != 0)
		return error_set(err, ENOMEM, "out of memory for hashing a password");
	return 0;
}

int account_add(struct db *db, const char *name, const char *password, enum account_role role,
		int64_t now, struct error *err)
{
	char hash[crypto_pwhash_STRBYTES];
	int r;

	if (!names_is_name(name) || strpbrk(name, " \t"))
		return error_set(err, EINVAL, "\"%.40s\" cannot be a user's name", name);
	r = hash_password(password, hash, err);
	if (r < 0)
		return r;
	r = db_run(db, err, "INSERT INTO user(name,password,role,added_at) VALUES(?1,?2,?3,?4)",
		   "sssi", name, hash, account_role_word(role), now);
	return r == -EEXIST ? error_set(err, EEXIST, "there is a user \"%.40s\" already", name) : r;
}

static int must_have_changed(struct db *db, const char *name, int r, struct error *err)
{
	if (r >= 0 && db_changes(db) == 0)
		return error_set(err, ENOENT, "there is no user \"%.40s\"", name);
	return r;
}

int account_set_password(struct db *db, const char *name, const char *password, struct error *err)
{
	char hash[crypto_pwhash_STRBYTES];
	int r = hash_password(password, hash, err);

	/* Whoever knew the old one is out. */
	if (r >= 0)
		r = db_run(
			db, err,
			"DELETE FROM session WHERE user=(SELECT id FROM user WHERE lower(name)=lower(?1))",
			"s", name);
	if (r >= 0)
		r = db_run(db, err, "UPDATE user SET password=?2 WHERE lower(name)=lower(?1)", "ss",
			   name, hash);
	return must_have_changed(db, name, r, err);
}

int account_set_role(struct db *db, const char *name, enum account_role role, struct error *err)
{
	int r = db_run(db, err, "UPDATE user SET role=?2 WHERE lower(name)=lower(?1)", "ss", name,
		       account_role_word(role));

	return must_have_changed(db, name, r, err);
}

int account_disable(struct db *db, const char *name, bool is_disabled, struct error *err)
{
	int r = db_run(db, err, "UPDATE user SET is_disabled=?2 WHERE lower(name)=lower(?1)", "si",
		       name, (int64_t)is_disabled);

	return must_have_changed(db, name, r, err);
}

/* For names that are not there: the same work, so that the time tells nothing. */
static void waste_time(const char *password)
{
	char hash[crypto_pwhash_STRBYTES];

	if (crypto_pwhash_str(hash, password, strlen(password), PASSES, MEMORY) != 0)
		sodium_memzero(hash, sizeof(hash));
}

int account_begin_session(struct db *db, int64_t user, int64_t now, char session[ACCOUNT_SECRET],
			  struct error *err)
{
	unsigned char hash[ACCOUNT_HASH];
	int r = db_run(db, err, "DELETE FROM session WHERE expires_at<?1", "i", now);

	if (r < 0)
		return r;
	account_secret(session);
	account_hash(session, hash);
	return db_run(db, err,
		      "INSERT INTO session(hash,user,added_at,expires_at) VALUES(?1,?2,?3,?4)",
		      "biii", hash, sizeof(hash), user, now, now + LIMITS_SESSION_S);
}

int account_verify(struct db *db, const char *name, const char *password, int64_t *ret_user,
		   struct error *err)
{
	_cleanup_free_ char *stored = NULL;
	int r;

	if (strlen(password) > LIMITS_PASSWORD_MAX)
		return error_set(err, EACCES, "no such name and password");
	r = db_text(db, &stored, err,
		    "SELECT password FROM user WHERE lower(name)=lower(?1) AND is_disabled=0", "s",
		    name);
	if (r < 0)
		return r;
	if (r == 0)
		waste_time(password);
	if (r == 0 || crypto_pwhash_str_verify(stored, password, strlen(password)) != 0)
		return error_set(err, EACCES, "no such name and password");
	return db_number(db, ret_user, err, "SELECT id FROM user WHERE lower(name)=lower(?1)", "s",
			 name);
}

int account_logout(struct db *db, const char *session, struct error *err)
{
	unsigned char hash[ACCOUNT_HASH];

	account_hash(session, hash);
	return db_run(db, err, "DELETE FROM session WHERE hash=?1", "b", hash, sizeof(hash));
}

int account_read(struct rows *rows, struct account *ret, struct error *err)
{
	int r = rows_next(rows, err);

	if (r != 1)
		return r;
	*ret = (struct account){ .user = rows_int(rows, 0),
				 .role = account_role_of(rows_text(rows, 2)),
				 .scopes = account_scopes_of(rows_text(rows, 3)) };
	strncpy(ret->name, rows_text(rows, 1), LIMITS_NAME);
	return 1;
}

int account_by_session(struct db *db, const char *session, int64_t now, struct account *ret,
		       struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	unsigned char hash[ACCOUNT_HASH];
	int r;

	account_hash(session, hash);
	r = db_select(db, &rows, err,
		      "SELECT u.id,u.name,u.role,'" ACCOUNT_SCOPES "' FROM session s"
		      " JOIN user u ON u.id=s.user"
		      " WHERE s.hash=?1 AND s.expires_at>?2 AND u.is_disabled=0",
		      "bi", hash, sizeof(hash), now);
	return r < 0 ? r : account_read(&rows, ret, err);
}

int account_audit(struct db *db, int64_t now, const char *who, const char *what, const char *detail,
		  struct error *err)
{
	return db_run(db, err, "INSERT INTO audit(at,who,what,detail) VALUES(?1,?2,?3,?4)", "isss",
		      now, who, what, detail);
}
