// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request's head: what no honest client sends is refused here, before anything is done. Then who
 * it is, from where, and which route. The library lets much of this through by itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "site/web/internal.h"

struct counts {
	int length, encoding, host;
};

static enum MHD_Result count(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct counts *c = arg;

	(void)kind, (void)value;
	c->length += strcasecmp(key, "Content-Length") == 0;
	c->encoding += strcasecmp(key, "Transfer-Encoding") == 0;
	c->host += strcasecmp(key, "Host") == 0;
	return MHD_YES;
}

/* What a proxy and this server could understand differently: request smuggling. */
static const char *find_smuggling(struct MHD_Connection *connection, const char *version)
{
	struct counts c = { 0 };

	MHD_get_connection_values(connection, MHD_HEADER_KIND, count, &c);
	if (c.length > 1 || c.encoding > 1 || (c.length && c.encoding))
		return "the length of the body is given in more than one way";
	if (c.host > 1 || (c.host == 0 && strcmp(version, "HTTP/1.1") == 0))
		return "there must be exactly one Host";
	return NULL;
}

static char *header(struct exchange *x, const char *name)
{
	const char *value = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);

	return value ? strdup(value) : NULL;
}

static void find_address(struct exchange *x)
{
	struct request *r = x->request;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	_cleanup_free_ char *forwarded = header(x, "X-Forwarded-For");
	const struct sockaddr *sa = info ? info->client_addr : NULL;

	strcpy(r->address, "?");
	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, r->address,
			  sizeof(r->address));
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)sa)->sin6_addr, r->address,
			  sizeof(r->address));
	/* The last one is what the proxy itself saw; those before it are anybody's. */
	if (forwarded && r->site->setup.has_proxy) {
		const char *last = strrchr(forwarded, ',');

		snprintf(r->address, sizeof(r->address), "%s",
			 text_strip((char *)(last ? last + 1 : forwarded)));
	}
}

/* A page of another site may send a browser here, with its cookies; the browser tells. */
static bool is_same_origin(struct exchange *x)
{
	const char *site = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
						       "Sec-Fetch-Site"),
		   *origin = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Origin");

	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	if (!origin)
		return true;
	if (text_starts(origin, "http://"))
		origin += 7;
	else if (text_starts(origin, "https://"))
		origin += 8;
	return x->request->host && strcasecmp(origin, x->request->host) == 0;
}

static int find_account(struct exchange *x)
{
	struct request *r = x->request;
	const char *bearer =
		MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Authorization");
	const char *cookie =
		MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, ACCOUNT_COOKIE);
	struct db *db;

	/* Before all else: what else comes with it may be the proxy's own. */
	if (proxy_says(x))
		return proxy_find_account(x);
	if (bearer && text_starts(bearer, "Bearer ")) {
		r->is_by_token = true;
		db = request_db(r);
		return db ? account_by_token(db, bearer + 7, &r->who, &r->err) : -r->err.code;
	}
	if (!cookie || strlen(cookie) >= ACCOUNT_SECRET)
		return 0;
	db = request_db(r);
	if (!db)
		return -r->err.code;
	snprintf(r->session, sizeof(r->session), "%s", cookie);
	return account_by_session(db, r->session, r->now, &r->who, &r->err);
}

/* Of a private site: what leads in, and links that were mailed. */
static bool is_open(const char *path)
{
	static const char *const paths[] = { "/login", "/style.css", "/forgot", "/proof/",
					     "/unsubscribe/" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (text_ends(paths[i], "/") ? text_starts(path, paths[i])
					     : strcmp(path, paths[i]) == 0)
			return true;
	return false;
}

static int may(struct request *r)
{
	const struct route *route = r->route;
	enum account_role least = route->role;

	if (least == ACCOUNT_NOBODY && r->site->setup.is_private && !is_open(r->path))
		least = ACCOUNT_READER;
	if (r->who.role < least)
		return error_set(&r->err, r->who.user ? EACCES : EPERM,
				 r->who.user ? "your role may not do this" : "log in to do this");
	if (r->is_by_token && route->scope && !(r->who.scopes & route->scope))
		return error_set(&r->err, EACCES, "the token has not the scope for this");
	if (strcmp(route->method, "GET") != 0 && !r->is_by_token && !r->is_same_origin)
		return error_set(&r->err, EACCES, "this was sent by a page of another site");
	return 0;
}

/* The query of the URI, as the library kept it. */
static enum MHD_Result add_query(void *arg, enum MHD_ValueKind kind, const char *key,
				 const char *value)
{
	struct request *r = arg;
	struct field *f;

	(void)kind;
	if (r->query.n == LIMITS_FIELDS)
		return MHD_NO;
	f = &r->query.list[r->query.n++];
	f->name = (char *)key;
	f->value = (char *)(value ? value : "");
	return MHD_YES;
}

static size_t body_most(const struct route *route)
{
	switch (route->body) {
	case ROUTE_NONE: return 0;
	case ROUTE_UPLOAD: return LIMITS_UPLOAD_MAX;
	default: return LIMITS_FORM_MAX;
	}
}

/* False, with the answer made, when the body is said to be longer than this route takes. */
static bool check_length(struct exchange *x)
{
	const char *length =
		MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
	int64_t n = 0;

	if (length && (text_to_i64(length, &n) < 0 || n < 0)) {
		answer_error(x->request, MHD_HTTP_BAD_REQUEST, "Content-Length is no number");
		return false;
	}
	if ((size_t)n <= x->body_most)
		return true;
	answer_error(x->request, MHD_HTTP_CONTENT_TOO_LARGE,
		     "the body is longer than is taken here");
	return false;
}

static bool find_route(struct exchange *x)
{
	struct request *r = x->request;
	bool is_method;

	r->route = route_find(r, &is_method);
	if (!r->route) {
		answer_error(r, is_method ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
			     is_method ? "this is not done with that method"
				       : "there is no such page");
		return false;
	}
	x->body_most = body_most(r->route);
	return true;
}

bool head_is_honest(struct exchange *x, const char *method, const char *version)
{
	struct request *r = x->request;
	const char *wrong = find_smuggling(x->connection, version);

	r->method = method;
	r->now = time(NULL);
	if (!x->is_bad_uri && !wrong)
		return true;
	answer_error(r, MHD_HTTP_BAD_REQUEST,
		     wrong ? wrong : "the address holds what no address does");
	return false;
}

bool head_read(struct exchange *x, const char *url)
{
	struct request *r = x->request;

	r->path = strdup(url);
	r->host = header(x, "Host");
	r->etag = header(x, "If-None-Match");
	r->signature = header(x, "Hotproof-Signature");
	if (!r->path) {
		error_set(&r->err, ENOMEM, "out of memory for a request");
		answer_error(r, 0, NULL);
		return false;
	}
	MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, add_query, r);
	find_address(x);
	r->is_same_origin = is_same_origin(x);
	if (!find_route(x))
		return false;
	if (find_account(x) < 0 || may(r) < 0) {
		answer_error(r, 0, NULL);
		return false;
	}
	return check_length(x);
}
