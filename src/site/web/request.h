// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request as a route sees it, and its answer under construction. Where the bytes come from is
 * server.c's business; a route only reads this, asks the store, and fills in the answer.
 */
#pragma once

#include <jansson.h>

#include "site/web/out.h"
#include "store/db/db.h"
#include "store/limits.h"
#include "store/people/account.h"

struct site;
struct route;

struct field {
	char *name, *value;
};

struct fields {
	struct field list[LIMITS_FIELDS];
	size_t n;
	char *text; /* what they point into */
};

#define REQUEST_PARTS 2

struct request {
	struct site *site;
	const struct route *route;
	const char *method;
	char *path;                       /* unescaped; no NUL inside */
	const char *parts[REQUEST_PARTS]; /* what stood in the route's {...} */
	char *parts_text;
	struct fields query, form;
	char *body; /* of JSON; NULL with a form or an upload */
	size_t body_len;
	int upload; /* a file with what was sent, or -1 */
	size_t upload_len;
	char address[64];
	char *host, *etag, *signature;
	char session[ACCOUNT_SECRET]; /* "" without a cookie */
	bool is_by_proxy;             /* which says who it is with each request */
	bool is_by_token;             /* then there is no cookie to be abused */
	bool is_same_origin;          /* or a program, which says nothing of origins */
	struct account who;
	int64_t now;   /* s since 1970 */
	struct db *db; /* request_db() */
	struct error err;
	struct { /* the answer */
		int status;
		const char *type;
		struct out body;
		char *location, *cookie, *etag, *filename;
		const char *policy; /* NULL: the site's */
		int retry_s;
		bool is_cacheable;
	} reply;
};

/* "" when it is not there. */
const char *request_query(const struct request *r, const char *name);
const char *request_form(const struct request *r, const char *name);
/* NULL when it is not there or empty: for filters. */
const char *request_query_or_null(const struct request *r, const char *name);
/* `fallback` when it is not there; -1: it is no number or negative. */
int64_t request_number(const struct request *r, const char *name, int64_t fallback);
/* The part of the path as a number above 0; -ENOENT with a text. */
_must_check_ int request_id(struct request *r, int part, int64_t *ret);

/* Splits "a=1&b=2" in place; takes the text, also on failure. -EINVAL: too many, or %00 or a broken
 * escape in it. */
_must_check_ int request_split(char *text, struct fields *ret);
/* Unescapes in place; -EINVAL: a broken escape, or %00. */
_must_check_ int request_unescape(char *text, bool is_form);

/* A connection for reading, all of whose queries see the same state; NULL with the error set. */
struct db *request_db(struct request *r);
/* The one for writing; it is held until request_done(). NULL with the error set. */
struct db *request_writer(struct request *r);

/* The body as JSON, owned by the caller; NULL with the error set. */
json_t *request_json(struct request *r);

/* A redirection after a form was taken. Returns 0, or -ENOMEM. */
_must_check_ int request_see(struct request *r, const char *fmt, ...) _printf_(2, 3);

void request_free(struct request *r);
