// SPDX-License-Identifier: GPL-2.0-or-later
/* /login, /logout, /account, /audit. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "site/pages/page.h"
#include "site/tell/tell.h"
#include "site/web/site.h"
#include "store/tell/address.h"

int page_login(struct request *r)
{
	struct out *out = page_begin(r, "Log in", "");

	out_raw(out,
		"<form method=\"post\" action=\"/login\" class=\"column narrow\"><label>Name "
		"<input name=\"name\" required autocomplete=\"username\" maxlength=\"128\"/></label>"
		"<label>Password <input name=\"password\" type=\"password\" required "
		"autocomplete=\"current-password\" maxlength=\"256\"/></label><button>Log in</button>"
		"</form>\n");
	if (tell_can_mail(r->site))
		out_raw(out, "<p><a href=\"/forgot\">I forgot my password</a></p>\n");
	out_raw(out, "<p class=\"note\">Reading, and submitting ideas, needs no account.</p>\n");
	return page_end(r);
}

static int set_cookie(struct request *r, const char *session, int64_t age)
{
	r->reply.cookie = text_printf(ACCOUNT_COOKIE
				      "=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%" PRId64 "%s",
				      session, age,
				      site_setup_of(r->site)->is_https ? "; Secure" : "");
	return r->reply.cookie ? 0 : -ENOMEM;
}

/* Guessing is slow for an address, and for a name from wherever. */
static bool is_throttled(struct request *r, const char *name)
{
	return site_is_throttled(r->site, "login-address", r->address, r->now, LIMITS_LOGIN_TRIES,
				 LIMITS_LOGIN_WINDOW_S) ||
	       site_is_throttled(r->site, "login-name", name, r->now, LIMITS_LOGIN_TRIES * 4,
				 LIMITS_LOGIN_WINDOW_S);
}

static int refuse_login(struct request *r, const char *name)
{
	struct db *db = request_writer(r);

	(void)site_may(r->site, "login-address", r->address, r->now, LIMITS_LOGIN_TRIES,
		       LIMITS_LOGIN_WINDOW_S);
	(void)site_may(r->site, "login-name", name, r->now, LIMITS_LOGIN_TRIES,
		       LIMITS_LOGIN_WINDOW_S);
	if (!db || account_audit(db, r->now, r->address, "login failed", name, &r->err) < 0)
		return -r->err.code;
	return error_set(&r->err, EACCES, "no such name and password");
}

int page_login_do(struct request *r)
{
	const char *name = request_form(r, "name");
	char session[ACCOUNT_SECRET] = "";
	int64_t user = 0;
	struct db *db;
	int n;

	if (is_throttled(r, name)) {
		r->reply.retry_s = LIMITS_LOGIN_WINDOW_S;
		return error_set(&r->err, EAGAIN, "too many tries; come again in ten minutes");
	}
	/* Others write while the password is looked at. */
	db = request_db(r);
	n = db ? account_verify(db, name, request_form(r, "password"), &user, &r->err)
	       : -r->err.code;
	if (n == -EACCES)
		return refuse_login(r, name);
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = account_begin_session(db, user, r->now, session, &r->err);
	if (n >= 0)
		n = set_cookie(r, session, LIMITS_SESSION_S);
	return n < 0 ? n : request_see(r, "/account");
}

int page_logout(struct request *r)
{
	struct db *db;
	int n = page_check_token(r);

	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = account_logout(db, r->session, &r->err);
	if (n >= 0)
		n = set_cookie(r, "", 0);
	return n < 0 ? n : request_see(r, "/");
}

static int put_tokens(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = db_select(r->db, &rows, &r->err,
			  "SELECT id,name,scopes,added_at FROM token WHERE user=?1 ORDER BY id",
			  "i", r->who.user);

	out_raw(out, "<h2>Tokens for programs</h2>\n<ul class=\"plain\">");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		out_put(out,
			"<li><form method=\"post\" action=\"/account/token/%lld\" class=\"row\">",
			(long long)rows_int(&rows, 0));
		page_token(r);
		out_put(out, "<b>%s</b> %s, since ", rows_text(&rows, 1), rows_text(&rows, 2));
		out_time(out, rows_int(&rows, 3));
		out_put(out, " <button aria-label=\"Remove token %s\">Remove</button></form></li>",
			rows_text(&rows, 1));
	}
	out_raw(out,
		"</ul>\n<form method=\"post\" action=\"/account/token\" class=\"column narrow\">");
	page_token(r);
	out_raw(out,
		"<label>What it is for <input name=\"name\" required maxlength=\"100\"/></label>"
		"<label>Scopes <select name=\"scopes\"><option>runs</option><option>read</option>"
		"<option>ideas</option><option>machines</option><option>rules</option><option>saved</option><option>" ACCOUNT_SCOPES
		"</option>"
		"</select></label><button>Make a token</button></form>\n");
	return n;
}

static int put_address(struct request *r)
{
	char email[ADDRESS_MAX + 1] = "";
	struct out *out = &r->reply.body;
	int64_t proved_at = 0;
	int n = address_of(r->db, r->who.user, email, &proved_at, &r->err);

	if (n < 0 || !tell_can_mail(r->site))
		return n;
	out_raw(out, "<h2>E-mail</h2>\n");
	if (n == 1)
		out_put(out, "<p>%s, %s</p>\n", email,
			proved_at ? "which is yours"
				  : "to which a link was mailed; until it is used nothing else is");
	out_raw(out, "<form method=\"post\" action=\"/account/address\" class=\"column narrow\">");
	page_token(r);
	out_put(out,
		"<label>Address; empty: none <input name=\"email\" type=\"email\" maxlength=\"%d\" "
		"value=\"%s\" autocomplete=\"email\"/></label><button>Mail me a link</button></form>\n",
		ADDRESS_MAX, email);
	return 0;
}

static void put_password(struct request *r)
{
	struct out *out = &r->reply.body;

	out_raw(out,
		"<h2>Password</h2>\n<form method=\"post\" action=\"/account/password\" class=\"column "
		"narrow\">");
	page_token(r);
	out_put(out,
		"<label>The new one <input name=\"password\" type=\"password\" required minlength=\"%d\" "
		"maxlength=\"%d\" autocomplete=\"new-password\"/></label><button>Change it</button></form>\n",
		LIMITS_PASSWORD_MIN, LIMITS_PASSWORD_MAX);
}

int page_account(struct request *r)
{
	struct out *out;
	int n;

	if (!request_db(r))
		return -r->err.code;
	out = page_begin(r, r->who.name, "");
	out_put(out, "<p>You are %s.</p>\n", account_role_word(r->who.role));
	if (!r->is_by_proxy) {
		out_raw(out, "<form method=\"post\" action=\"/logout\">");
		page_token(r);
		out_raw(out, "<button>Log out</button></form>\n");
	}
	out_raw(out, "<p><a href=\"/saved\">Saved searches</a></p>\n");
	n = put_address(r);
	if (n >= 0)
		n = put_tokens(r);
	if (!r->is_by_proxy)
		put_password(r);
	if (r->who.role >= ACCOUNT_MAINTAINER)
		out_raw(out, "<p><a href=\"/ideas?state=waiting\">Ideas that wait</a> · "
			     "<a href=\"/audit\">Audit log</a></p>\n");
	return n < 0 ? n : page_end(r);
}

int page_account_token(struct request *r)
{
	char token[ACCOUNT_SECRET] = "";
	struct db *db;
	int n = page_check_token(r);

	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = account_add_token(db, r->who.name, request_form(r, "name"), request_form(r, "scopes"),
			      r->now, token, &r->err);
	if (n >= 0)
		n = account_audit(db, r->now, r->who.name, "token", request_form(r, "name"),
				  &r->err);
	if (n < 0)
		return n;
	page_begin(r, "A new token", "");
	out_put(&r->reply.body,
		"<p>It is shown this once:</p><pre tabindex=\"0\">%s</pre>"
		"<p><a href=\"/account\">Back</a></p>\n",
		token);
	return page_end(r);
}

int page_account_token_remove(struct request *r)
{
	struct db *db;
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = page_check_token(r);
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = account_remove_token(db, r->who.user, id, &r->err);
	return n < 0 ? n : request_see(r, "/account");
}

int page_account_password(struct request *r)
{
	struct db *db;
	int n = page_check_token(r);

	if (n >= 0 && r->is_by_proxy)
		n = error_set(&r->err, EACCES, "your password is not kept here");
	db = n < 0 ? NULL : request_writer(r);
	if (!db)
		return -r->err.code;
	n = account_set_password(db, r->who.name, request_form(r, "password"), &r->err);
	return n < 0 ? n : request_see(r, "/login");
}

int page_audit(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct db *db = request_db(r);
	struct out *out;
	int n = db ? db_select(db, &rows, &r->err,
			       "SELECT at,who,what,detail FROM audit ORDER BY id DESC LIMIT 500",
			       NULL)
		   : -r->err.code;

	if (n < 0)
		return n;
	out = page_begin(r, "Audit log", "");
	out_raw(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Audit log\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">When</th><th scope=\"col\">Who</th>"
		"<th scope=\"col\">What</th><th scope=\"col\">On what</th></tr></thead>\n<tbody>");
	while ((n = rows_next(&rows, &r->err)) == 1) {
		out_raw(out, "<tr><td>");
		out_time(out, rows_int(&rows, 0));
		out_put(out, "</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", rows_text(&rows, 1),
			rows_text(&rows, 2), rows_text(&rows, 3));
	}
	out_raw(out, "</tbody></table></div>\n");
	return n < 0 ? n : page_end(r);
}
