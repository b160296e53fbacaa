// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose an address is: saying where mail goes, links that prove it, and a new password by such a
 * link. Links only show a button: programs that look at mail follow them. */
#include <errno.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/tell/tell.h"
#include "store/tell/address.h"

static int mail_link(struct request *r, struct db *db, const struct proof *proof)
{
	char secret[ACCOUNT_SECRET];
	int n = proof_make(db, proof, r->now, secret, &r->err);

	if (n < 0)
		return n;
	if (proof->purpose == PROOF_PASSWORD)
		return tell_mail_link(r->site, db, proof->email, "[hotproof] A new password",
				      "Somebody wants to choose a new password for your account at "
				      "hotproof. If that was you, do it here, within an hour:",
				      "/proof/", secret, r->now, &r->err);
	return tell_mail_link(r->site, db, proof->email, "[hotproof] Is this address yours?",
			      "Somebody gave this address for an account at hotproof. If that was "
			      "you, say so here, within three days:",
			      "/proof/", secret, r->now, &r->err);
}

/* The address, and the link to it, or neither. */
static int set_address(struct request *r, struct db *db, const char *email)
{
	struct proof proof = { .purpose = PROOF_ADDRESS, .ref = r->who.user };
	int64_t proved_at = 0;
	int n = db_begin(db, &r->err);

	if (n >= 0)
		n = address_set(db, r->who.user, email, &r->err);
	if (n >= 0)
		n = address_of(db, r->who.user, proof.email, &proved_at, &r->err);
	if (n == 1 && !proved_at)
		n = mail_link(r, db, &proof);
	if (n >= 0)
		n = account_audit(db, r->now, r->who.name, "address", email, &r->err);
	return n < 0 ? n : db_commit(db, &r->err);
}

int page_address(struct request *r)
{
	struct db *db = page_check_token(r) < 0 ? NULL : request_writer(r);
	int n = db ? 0 : -r->err.code;

	if (n >= 0 && !tell_can_mail(r->site))
		n = error_set(&r->err, EINVAL, "mail is not set up here");
	if (n >= 0)
		n = set_address(r, db, request_form(r, "email"));
	if (n < 0)
		return n;
	tell_wake(r->site);
	return request_see(r, "/account");
}

int page_proof(struct request *r)
{
	struct proof proof;
	struct out *out;
	int n = request_db(r) ? proof_read(r->db, r->parts[0], r->now, &proof, &r->err)
			      : -r->err.code;

	if (n < 0)
		return n;
	out = page_begin(r, proof.purpose == PROOF_PASSWORD ? "A new password" : "Is this yours?",
			 "");
	if (proof.purpose != PROOF_PASSWORD)
		out_put(out, "<p>The address %s.</p>\n", proof.email);
	out_raw(out, "<form method=\"post\" class=\"column narrow\" action=\"/proof/");
	out_url(out, r->parts[0]);
	out_raw(out, "\">");
	if (proof.purpose == PROOF_PASSWORD)
		out_put(out,
			"<label>The new one <input name=\"password\" type=\"password\" required "
			"minlength=\"%d\" maxlength=\"%d\" autocomplete=\"new-password\"/></label>"
			"<button>Change it</button></form>\n",
			LIMITS_PASSWORD_MIN, LIMITS_PASSWORD_MAX);
	else
		out_raw(out, "<button>Yes, it is mine</button></form>\n");
	return page_end(r);
}

static int change_password(struct request *r, struct db *db, int64_t account)
{
	_cleanup_free_ char *name = NULL;
	int n = db_text(db, &name, &r->err,
			"SELECT name FROM user WHERE id=?1 AND is_disabled=0 AND password<>?2",
			"is", account, ACCOUNT_NO_PASSWORD);

	if (n == 0)
		return error_set(&r->err, ENOENT, "that account is not there any more");
	if (n >= 0)
		n = account_set_password(db, name, request_form(r, "password"), &r->err);
	return n < 0 ? n
		     : account_audit(db, r->now, name, "password", "by a link that was mailed",
				     &r->err);
}

int page_proof_do(struct request *r)
{
	struct db *db = request_writer(r);
	struct proof proof;
	int n = db ? db_begin(db, &r->err) : -r->err.code;

	if (n >= 0)
		n = proof_use(db, r->parts[0], r->now, &proof, &r->err);
	if (n >= 0 && proof.purpose == PROOF_PASSWORD)
		n = change_password(r, db, proof.ref);
	if (n >= 0)
		n = db_commit(db, &r->err);
	if (n < 0)
		return n;
	if (proof.purpose == PROOF_PASSWORD)
		return request_see(r, "/login");
	page_begin(r, "Thank you", "");
	out_put(&r->reply.body, "<p>%s is yours.</p>\n", proof.email);
	return page_end(r);
}

int page_forgot(struct request *r)
{
	struct out *out = page_begin(r, "A new password", "");

	if (!tell_can_mail(r->site))
		out_raw(out, "<p>Mail is not set up here: ask an administrator.</p>\n");
	else
		out_put(out,
			"<form method=\"post\" action=\"/forgot\" class=\"column narrow\"><label>Name, or "
			"e-mail address <input name=\"who\" required maxlength=\"%d\" "
			"autocomplete=\"username\"/></label><button>Mail me a link</button></form>\n",
			ADDRESS_MAX);
	return page_end(r);
}

static int mail_reset(struct request *r, struct db *db)
{
	struct proof proof = { .purpose = PROOF_PASSWORD };
	int64_t proved_at = 0;
	int n = db_begin(db, &r->err);

	if (n >= 0)
		n = address_find_account(db, request_form(r, "who"), &proof.ref, &r->err);
	if (n == 1)
		n = address_of(db, proof.ref, proof.email, &proved_at, &r->err);
	if (n == 1 && proved_at)
		n = mail_link(r, db, &proof);
	return n < 0 ? n : db_commit(db, &r->err);
}

/* The same answer whoever it was, so that nobody learns who has an account. */
int page_forgot_do(struct request *r)
{
	struct db *db;
	int n = page_may_post(r);

	if (n >= 0 && !tell_can_mail(r->site))
		n = error_set(&r->err, EINVAL, "mail is not set up here");
	db = n < 0 ? NULL : request_writer(r);
	n = db ? mail_reset(r, db) : -r->err.code;
	if (n < 0 && n != -EAGAIN)
		return n;
	r->err = (struct error){ 0 };
	tell_wake(r->site);
	page_begin(r, "Look into your mail", "");
	out_raw(&r->reply.body, "<p>If there is such an account, and it has an address that was "
				"proved, a link is on its way there.</p>\n");
	return page_end(r);
}
