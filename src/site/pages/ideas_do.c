// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking ideas and votes in, and what maintainers decide. Anybody may send these: each is bounded
 * and counted. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/tell/tell.h"
#include "site/web/site.h"
#include "store/people/idea.h"
#include "store/people/search.h"
#include "store/tell/address.h"

int page_may_post(struct request *r)
{
	if (r->who.user ||
	    site_may(r->site, "post", r->address, r->now, LIMITS_POSTS, LIMITS_POSTS_WINDOW_S))
		return 0;
	r->reply.retry_s = LIMITS_POSTS_WINDOW_S;
	return error_set(&r->err, EAGAIN, "too much came from your address; come again in an hour");
}

/* Ideas that sound alike, before it is taken: 1 when some were shown. */
static int put_alike(struct request *r, const char *title, const char *body)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out;
	int count = 0, n;

	if (*request_form(r, "sure") || !request_db(r))
		return r->err.code ? -r->err.code : 0;
	n = search_alike(r->db, title, "idea", 5, &rows, &r->err);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0) {
			out = page_begin(r, "Is it one of these?", "/ideas");
			out_raw(out, "<ul>");
		}
		out_put(&r->reply.body, "<li><a href=\"/idea/%s\">%s</a></li>",
			rows_text(&rows, SEARCH_REF), rows_text(&rows, SEARCH_TITLE));
	}
	if (n < 0 || !count)
		return n;
	out = &r->reply.body;
	out_raw(out, "</ul>\n<p>If it is, vote for it there. If not:</p>"
		     "<form method=\"post\" action=\"/ideas\">");
	page_token(r);
	for (size_t i = 0; i < r->form.n; i++)
		if (strcmp(r->form.list[i].name, "token") != 0)
			out_put(out, "<input type=\"hidden\" name=\"%s\" value=\"%s\"/>",
				r->form.list[i].name, r->form.list[i].value);
	(void)body;
	out_raw(out,
		"<button name=\"sure\" value=\"1\">It is another one: submit it</button></form>\n");
	return page_end(r) < 0 ? -ENOMEM : 1;
}

/* Somebody without an account, who says how to be reached: is it true? 1 when a link was mailed. */
static int ask_whose(struct request *r, struct db *db, int64_t id, const char *contact)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	struct proof proof = { .purpose = PROOF_IDEA, .ref = id };
	char secret[ACCOUNT_SECRET];
	int n;

	if (r->who.user || !tell_can_mail(r->site) || address_clean(contact, proof.email) < 0)
		return 0;
	n = db_begin(db, &r->err);
	if (n < 0)
		return n;
	undo = db;
	n = address_set_idea(db, id, proof.email, &r->err);
	if (n >= 0)
		n = proof_make(db, &proof, r->now, secret, &r->err);
	/* Then it waits without a proof. */
	if (n == -EAGAIN)
		return 0;
	if (n >= 0)
		n = tell_mail_link(r->site, db, proof.email, "[hotproof] Is this address yours?",
				   "Somebody submitted an idea to hotproof and gave this address. "
				   "If that was you, say so here, within three days:",
				   "/proof/", secret, r->now, &r->err);
	if (n >= 0)
		n = db_commit(db, &r->err);
	if (n < 0)
		return n;
	undo = NULL;
	tell_wake(r->site);
	return 1;
}

int page_idea_submit(struct request *r)
{
	struct idea_new idea = {
		.title = request_form(r, "title"),
		.body = request_form(r, "body"),
		.kind = request_form(r, "kind"),
		.author = r->who.user ? r->who.name : request_form(r, "author"),
		.contact = request_form(r, "contact"),
		.user = r->who.user,
		.is_trusted = r->who.role >= ACCOUNT_SUBMITTER,
	};
	struct db *db;
	int64_t id = 0;
	int n = page_check_token(r);

	if (n >= 0 && *request_form(r, "website"))
		n = error_set(&r->err, EINVAL, "the field that was to be left empty was not");
	if (n >= 0)
		n = put_alike(r, idea.title, idea.body);
	if (n != 0)
		return n < 0 ? n : 0;
	n = page_may_post(r);
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = idea_add(db, &idea, r->now, &id, &r->err);
	if (n < 0)
		return n;
	if (idea.is_trusted)
		return request_see(r, "/idea/%" PRId64, id);
	n = ask_whose(r, db, id, idea.contact);
	if (n < 0)
		return n;
	page_begin(r, "Thank you", "/ideas");
	if (n == 1)
		out_raw(&r->reply.body, "<p>A link was mailed to you: with it you say that the "
					"address is yours.</p>\n");
	out_raw(&r->reply.body,
		"<p>It waits for a maintainer now. <a href=\"/ideas\">Other ideas</a></p>\n");
	return page_end(r);
}

/* One vote a person; of those without an account, one an address, which is not kept as such. */
static void make_voter(struct request *r, char voter[64])
{
	unsigned char hash[16];

	if (r->who.user) {
		snprintf(voter, 64, "user:%" PRId64, r->who.user);
		return;
	}
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)r->address,
			   strlen(r->address), (const unsigned char *)"hotproof voter key", 18);
	strcpy(voter, "anon:");
	sodium_bin2hex(voter + 5, 59, hash, sizeof(hash));
}

int page_idea_vote(struct request *r)
{
	char voter[64];
	struct db *db;
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = page_check_token(r);
	if (n >= 0)
		n = page_may_post(r);
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	make_voter(r, voter);
	n = idea_vote(db, id, voter, request_form(r, "kind"), !*request_form(r, "back"), r->now,
		      &r->err);
	return n < 0 ? n : request_see(r, "/idea/%" PRId64, id);
}

int page_idea_moderate(struct request *r)
{
	struct db *db;
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = page_check_token(r);
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = idea_set_state(db, &id, 1, request_form(r, "state"), request_form(r, "note"),
			   request_form(r, "covered_by"), r->now, &r->err);
	if (n >= 0)
		n = account_audit(db, r->now, r->who.name, "idea", r->parts[0], &r->err);
	return n < 0 ? n : request_see(r, "/idea/%" PRId64, id);
}
