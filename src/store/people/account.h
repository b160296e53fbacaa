// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Users, sessions, tokens and the audit log. Passwords are kept as argon2id, sessions and tokens as
 * their hash: a stolen database opens no door. What each role may do is the routes' business.
 */
#pragma once

#include <stdbool.h>

#include "store/db/db.h"
#include "store/limits.h"

enum account_role {
	ACCOUNT_NOBODY,
	ACCOUNT_READER,
	ACCOUNT_SUBMITTER,
	ACCOUNT_MAINTAINER,
	ACCOUNT_ADMIN
};
const char *account_role_word(enum account_role role);
/* ACCOUNT_NOBODY: no such word. */
enum account_role account_role_of(const char *word);

/* What a token may be used for. */
enum {
	ACCOUNT_READ = 1,
	ACCOUNT_RUNS = 2,
	ACCOUNT_IDEAS = 4,
	ACCOUNT_MACHINES = 8,
	ACCOUNT_RULES = 16,
	ACCOUNT_SAVED = 32
};
#define ACCOUNT_SCOPES "read,runs,ideas,machines,rules,saved" /* all of them */
/* "runs,ideas"; -1: a word of it is none. */
int account_scopes_of(const char *words);

struct account {
	int64_t user; /* 0: nobody */
	char name[LIMITS_NAME + 1];
	enum account_role role;
	int scopes; /* of the token; all with a session */
};

#define ACCOUNT_COOKIE "hotproof_session"

/* What stands in place of a password for whom a proxy lets in: it fits none. */
#define ACCOUNT_NO_PASSWORD "!"

/* A secret as text: 256 random bits. */
#define ACCOUNT_SECRET 48
void account_secret(char text[ACCOUNT_SECRET]);

/* -EEXIST, -EINVAL: not a name, or the password is too short or too long. */
_must_check_ int account_add(struct db *db, const char *name, const char *password,
			     enum account_role role, int64_t now, struct error *err);
_must_check_ int account_set_password(struct db *db, const char *name, const char *password,
				      struct error *err);
_must_check_ int account_set_role(struct db *db, const char *name, enum account_role role,
				  struct error *err);
/* Sessions and tokens of a disabled user open nothing. */
_must_check_ int account_disable(struct db *db, const char *name, bool is_disabled,
				 struct error *err);

/* Slow on purpose, and as slow for a name that is not there; it only reads. -EACCES: no such name
 * and password. */
_must_check_ int account_verify(struct db *db, const char *name, const char *password,
				int64_t *ret_user, struct error *err);
_must_check_ int account_begin_session(struct db *db, int64_t user, int64_t now,
				       char session[ACCOUNT_SECRET], struct error *err);
_must_check_ int account_logout(struct db *db, const char *session, struct error *err);

/* 1, or 0: it opens nothing. */
_must_check_ int account_by_session(struct db *db, const char *session, int64_t now,
				    struct account *ret, struct error *err);
_must_check_ int account_by_token(struct db *db, const char *token, struct account *ret,
				  struct error *err);

/* Whom a proxy names: 1, or 0: there is none yet. -EACCES: disabled, or no name of a user. */
_must_check_ int account_by_proxy(struct db *db, const char *name, struct account *ret,
				  struct error *err);
/* Makes it, without a password, or gives it that role (ACCOUNT_NOBODY: a new one is a reader, and
 * one that is there stays). A transaction of its own. */
_must_check_ int account_set_by_proxy(struct db *db, const char *name, enum account_role role,
				      int64_t now, struct account *ret, struct error *err);

_must_check_ int account_add_token(struct db *db, const char *user, const char *name,
				   const char *scopes, int64_t now, char token[ACCOUNT_SECRET],
				   struct error *err);
/* -ENOENT: that user has no such token. */
_must_check_ int account_remove_token(struct db *db, int64_t user, int64_t id, struct error *err);

/* Who did what; never fails the deed itself, since it is in its transaction. */
_must_check_ int account_audit(struct db *db, int64_t now, const char *who, const char *what,
			       const char *detail, struct error *err);
