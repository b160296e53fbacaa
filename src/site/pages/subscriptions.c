// SPDX-License-Identifier: GPL-2.0-or-later
/* Making, ending and resuming subscriptions; those by mail also by the link that stands in each. */
#include <errno.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/tell/hook.h"
#include "site/tell/news.h"
#include "site/tell/tell.h"
#include "store/tell/address.h"
#include "store/tell/saved.h"

static int must_have_address(struct request *r, struct db *db)
{
	char email[ADDRESS_MAX + 1];
	int64_t proved_at = 0;
	int n;

	if (!tell_can_mail(r->site))
		return error_set(&r->err, EINVAL, "mail is not set up here");
	n = address_of(db, r->who.user, email, &proved_at, &r->err);
	if (n >= 0 && !proved_at)
		return error_set(&r->err, EINVAL,
				 "say first where your mail goes, and prove that it is yours");
	return n;
}

/* What is there now is no news: it begins with what comes next. */
static int begin_now(struct request *r, struct db *db, const struct rows *saved,
		     struct subscription_new *n, char secret[ACCOUNT_SECRET], int64_t *ret)
{
	struct news news _cleanup_news_ = { 0 };
	const char *kind = rows_text(saved, SAVED_KIND);
	int e = news_read(db,
			  &(struct news_ask){ .kind = kind,
					      .query = rows_text(saved, SAVED_QUERY),
					      .after = INT64_MAX,
					      .now = r->now,
					      .limit = LIMITS_TOLD },
			  &news, &r->err);

	n->seen = news.upto;
	if (e >= 0)
		e = subscription_add(db, n, r->now, secret, ret, &r->err);
	for (size_t i = 0; e >= 0 && !news_has_numbers(kind) && i < news.n; i++)
		e = subscription_told(db, *ret, news.list[i].ref, &r->err);
	return e;
}

static int subscribe(struct request *r, struct db *db, struct subscription_new *n,
		     char secret[ACCOUNT_SECRET], int64_t *ret)
{
	_cleanup_rows_ struct rows saved = { 0 };
	int e = db_begin(db, &r->err);

	if (e >= 0)
		e = saved_read(db, r->who.user, n->saved, &saved, &r->err);
	if (e >= 0)
		e = rows_next(&saved, &r->err);
	if (e == 0)
		e = error_set(&r->err, ENOENT, "you have no such saved search");
	if (e >= 0)
		e = begin_now(r, db, &saved, n, secret, ret);
	rows_close(&saved);
	return e < 0 ? e : db_commit(db, &r->err);
}

int page_subscribe_to(struct request *r, struct subscription_new *new, char secret[ACCOUNT_SECRET],
		      int64_t *ret)
{
	bool is_hook = strcmp(new->way, "hook") == 0;
	struct db *db = request_writer(r);
	int e = db ? 0 : -r->err.code;

	if (e >= 0 && is_hook)
		e = hook_check_url(new->url, &r->err);
	else if (e >= 0)
		e = must_have_address(r, db);
	if (!is_hook)
		new->url = "";
	if (e >= 0)
		e = subscribe(r, db, new, secret, ret);
	return e < 0 ? e
		     : account_audit(db, r->now, r->who.name, "subscription",
				     is_hook ? new->url : "mail", &r->err);
}

int page_subscribe(struct request *r)
{
	struct subscription_new n = { .way = request_form(r, "way"),
				      .period = request_form(r, "period"),
				      .url = request_form(r, "url") };
	bool is_hook = strcmp(n.way, "hook") == 0;
	char secret[ACCOUNT_SECRET] = "";
	int64_t id = 0;
	int e = page_check_token(r) < 0 || request_id(r, 0, &n.saved) < 0
			? -r->err.code
			: page_subscribe_to(r, &n, secret, &id);

	if (e < 0 || !is_hook)
		return e < 0 ? e : request_see(r, "/saved#s%lld", (long long)n.saved);
	page_begin(r, "A new hook", "");
	out_put(&r->reply.body,
		"<p>What is posted there carries <code>Hotproof-Hook-Signature: t=TIME,v1=HEX</code>, the "
		"HMAC-SHA256 of <code>TIME.BODY</code> with this secret, which is shown this once:</p>"
		"<pre tabindex=\"0\">%s</pre><p><a href=\"/saved\">Back</a></p>\n",
		secret);
	return page_end(r);
}

int page_subscription_change(struct request *r, int64_t id, bool is_resumed)
{
	struct db *db = request_writer(r);
	int n = db ? db_begin(db, &r->err) : -r->err.code;

	if (n >= 0)
		n = is_resumed ? subscription_resume(db, r->who.user, id, r->now, &r->err)
			       : subscription_remove(db, r->who.user, id, &r->err);
	if (n >= 0)
		n = db_commit(db, &r->err);
	if (n >= 0)
		tell_wake(r->site);
	return n;
}

static int change(struct request *r, bool is_resumed)
{
	int64_t id = 0;
	int n = page_check_token(r) < 0 || request_id(r, 0, &id) < 0
			? -r->err.code
			: page_subscription_change(r, id, is_resumed);

	return n < 0 ? n : request_see(r, "/saved");
}

int page_subscription_remove(struct request *r)
{
	return change(r, false);
}

int page_subscription_resume(struct request *r)
{
	return change(r, true);
}

/* Programs follow links in mails: only the button ends it. */
int page_unsubscribe(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out;
	int n = request_db(r) ? subscription_find(r->db, r->parts[0], &rows, &r->err)
			      : -r->err.code;

	if (n <= 0)
		return n < 0 ? n : error_set(&r->err, ENOENT, "that subscription has ended");
	out = page_begin(r, "No more mail?", "");
	out_put(out, "<p>Of what is new in %s.</p>\n<form method=\"post\" action=\"/unsubscribe/",
		rows_text(&rows, 1));
	out_url(out, r->parts[0]);
	out_raw(out, "\"><button>No more of these mails</button></form>\n");
	return page_end(r);
}

/* The secret in the address is all that is asked for: mail programs send this (RFC 8058). */
int page_unsubscribe_do(struct request *r)
{
	struct db *db = request_writer(r);
	int n = db ? db_begin(db, &r->err) : -r->err.code;

	if (n >= 0)
		n = subscription_end(db, r->parts[0], &r->err);
	if (n >= 0)
		n = db_commit(db, &r->err);
	if (n < 0)
		return n;
	page_begin(r, "No more of these mails", "");
	out_raw(&r->reply.body, "<p>That subscription has ended.</p>\n");
	return page_end(r);
}
