// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * E-mail addresses and the proof that they are somebody's: a link that was mailed there. Until that
 * is used nothing else is ever sent to an address. How mail is sent is not known here.
 */
#pragma once

#include "store/db/db.h"
#include "store/people/account.h"

#define ADDRESS_MAX 254

/* The one form of an address that is taken: ASCII, no quotes, no comments, the domain in small
 * letters. -EINVAL: it has another, or could be more than one line or address. */
_must_check_ int address_clean(const char *text, char ret[ADDRESS_MAX + 1]);

/* Sets the address of an account, not proved yet; "": none any more. */
_must_check_ int address_set(struct db *db, int64_t account, const char *email, struct error *err);
/* 1 and the address, or 0. *ret_proved_at 0: not proved. */
_must_check_ int address_of(struct db *db, int64_t account, char ret[ADDRESS_MAX + 1],
			    int64_t *ret_proved_at, struct error *err);

/* Of an idea that came without an account. */
_must_check_ int address_set_idea(struct db *db, int64_t idea, const char *email,
				  struct error *err);
/* 1: proved, 0: not, 2: it has none. */
_must_check_ int address_idea_state(struct db *db, int64_t idea, struct error *err);

enum proof_purpose { PROOF_ADDRESS, PROOF_IDEA, PROOF_PASSWORD };

struct proof {
	enum proof_purpose purpose;
	int64_t ref; /* an account, or an idea */
	char email[ADDRESS_MAX + 1];
};

/* A secret for a link to be mailed to `email`. -EAGAIN: too many went there of late. */
_must_check_ int proof_make(struct db *db, const struct proof *proof, int64_t now,
			    char secret[ACCOUNT_SECRET], struct error *err);
/* Looks only. -ENOENT: no such link, or it was used, or it is too old. */
_must_check_ int proof_read(struct db *db, const char *secret, int64_t now, struct proof *ret,
			    struct error *err);
/* Does what it is for; of a password that is account_set_password(), and only the link is used up.
 * -ENOENT: as above, or the address is another one by now. */
_must_check_ int proof_use(struct db *db, const char *secret, int64_t now, struct proof *ret,
			   struct error *err);

/* The account whose proved address, or name with one, this is: 1 or 0. It must be one with a
 * password, and not disabled. */
_must_check_ int address_find_account(struct db *db, const char *name_or_email, int64_t *ret,
				      struct error *err);
