// SPDX-License-Identifier: GPL-2.0-or-later
/* API tokens: what programs show instead of a password. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/people/account_internal.h"
#include "store/take/names.h"

static const struct {
	const char *word;
	int scope;
} scopes[] = { { "read", ACCOUNT_READ },   { "runs", ACCOUNT_RUNS },
	       { "ideas", ACCOUNT_IDEAS }, { "machines", ACCOUNT_MACHINES },
	       { "rules", ACCOUNT_RULES }, { "saved", ACCOUNT_SAVED } };

static int scope_of(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		if (strlen(scopes[i].word) == len && strncmp(scopes[i].word, word, len) == 0)
			return scopes[i].scope;
	return 0;
}

int account_scopes_of(const char *words)
{
	int all = 0;

	while (*words) {
		size_t len = strcspn(words, ",");
		int one = scope_of(words, len);

		if (!one)
			return -1;
		all |= one;
		words += len + (words[len] == ',');
	}
	return all;
}

int account_add_token(struct db *db, const char *user, const char *name, const char *words,
		      int64_t now, char token[ACCOUNT_SECRET], struct error *err)
{
	unsigned char hash[ACCOUNT_HASH];
	int64_t id = 0;
	int r;

	if (account_scopes_of(words) <= 0)
		return error_set(
			err, EINVAL,
			"\"%.40s\" are no scopes: read, runs, ideas, machines, rules, saved, with commas "
			"between them",
			words);
	if (!names_is_name(name))
		return error_set(err, EINVAL, "a token needs a name that says what it is for");
	r = db_number(db, &id, err,
		      "SELECT id FROM user WHERE lower(name)=lower(?1) AND is_disabled=0", "s",
		      user);
	if (r == 0)
		return error_set(err, ENOENT, "there is no user \"%.40s\"", user);
	if (r < 0)
		return r;
	account_secret(token);
	account_hash(token, hash);
	return db_run(db, err,
		      "INSERT INTO token(hash,user,name,scopes,added_at) VALUES(?1,?2,?3,?4,?5)",
		      "bissi", hash, sizeof(hash), id, name, words, now);
}

int account_remove_token(struct db *db, int64_t user, int64_t id, struct error *err)
{
	int r = db_run(db, err, "DELETE FROM token WHERE id=?1 AND user=?2", "ii", id, user);

	if (r >= 0 && db_changes(db) == 0)
		return error_set(err, ENOENT, "you have no such token");
	return r;
}

int account_by_token(struct db *db, const char *token, struct account *ret, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	unsigned char hash[ACCOUNT_HASH];
	int r;

	account_hash(token, hash);
	r = db_select(db, &rows, err,
		      "SELECT u.id,u.name,u.role,t.scopes FROM token t JOIN user u ON u.id=t.user"
		      " WHERE t.hash=?1 AND u.is_disabled=0",
		      "b", hash, sizeof(hash));
	return r < 0 ? r : account_read(&rows, ret, err);
}
