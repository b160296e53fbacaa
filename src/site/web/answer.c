// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers on their way to the library: headers that all of them carry, errors as pages or JSON, and
 * what a client has already.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "site/pages/page.h"
#include "site/web/internal.h"

/* Nothing from elsewhere, no script but the site's own file, no frame around it. */
#define POLICY                                                                                  \
	"default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src " \
	"'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

static int status_of(int code)
{
	switch (code) {
	case ENOENT: return 404;
	case EINVAL: return 400;
	case EBADMSG: return 422;
	case EPERM: return 401;
	case EACCES: return 403;
	case EEXIST: return 409;
	case EFBIG: return 413;
	case EAGAIN: return 429;
	case ENOTCONN:
	case EBUSY: return 503;
	case ENOSPC:
	case EDQUOT: return 507;
	default: return 500;
	}
}

void answer_error(struct request *r, int status, const char *text)
{
	if (!status)
		status = status_of(r->err.code);
	/* Where its server is is nobody's business who only reads. */
	if (!text && r->err.code == ENOTCONN)
		text = "the database cannot be reached just now; try again in a moment";
	if (!text)
		text = r->err.text;
	out_free(&r->reply.body);
	free(r->reply.location);
	r->reply.location = NULL;
	r->reply.status = status;
	r->reply.policy = NULL;
	free(r->reply.filename);
	r->reply.filename = NULL;
	if (r->db) {
		site_return(r->site, r->db);
		r->db = NULL;
	}
	if (r->path && route_is_api(r)) {
		r->reply.type = "application/json";
		out_put(&r->reply.body, "{\"status\":%d,\"error\":", status);
		out_json(&r->reply.body, text);
		out_raw(&r->reply.body, "}\n");
		return;
	}
	page_error(r, status, text);
}

void answer_make(struct request *r)
{
	int n = r->route->answer(r);

	if (n < 0 && !r->err.code)
		error_set(&r->err, -n, "this failed: %s", strerror(-n));
	if (n < 0)
		answer_error(r, 0, NULL);
	if (r->db) {
		site_return(r->site, r->db);
		r->db = NULL;
	}
	if (!r->reply.status)
		r->reply.status = 200;
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
	/* Only a value with a line feed in it is refused; then it is better left out. */
	if (value)
		(void)MHD_add_response_header(response, name, value);
}

/* Of what is shown to nobody in particular: the same page need not be sent twice. */
static bool is_the_same(struct request *r)
{
	unsigned char hash[16];
	char hex[sizeof(hash) * 2 + 1];

	if (strcmp(r->route ? r->route->method : "", "GET") != 0 || r->reply.status != 200)
		return false;
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)r->reply.body.text,
			   r->reply.body.len, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	r->reply.etag = text_printf("\"%s\"", hex);
	return r->reply.etag && r->etag && strstr(r->etag, r->reply.etag);
}

static void add_headers(struct request *r, struct MHD_Response *response)
{
	_cleanup_free_ char *retry = NULL, *disposition = NULL;

	add(response, "Content-Type", r->reply.type ? r->reply.type : "text/html; charset=utf-8");
	add(response, "Content-Security-Policy", r->reply.policy ? r->reply.policy : POLICY);
	add(response, "X-Content-Type-Options", "nosniff");
	add(response, "Referrer-Policy", "same-origin");
	add(response, "Cross-Origin-Opener-Policy", "same-origin");
	add(response, "Cache-Control",
	    r->reply.is_cacheable ? "public, max-age=86400" : "no-cache");
	add(response, "Vary", "Cookie, Authorization");
	add(response, "Location", r->reply.location);
	add(response, "Set-Cookie", r->reply.cookie);
	add(response, "ETag", r->reply.etag);
	if (r->reply.status == 401)
		add(response, "WWW-Authenticate", "Bearer");
	if (r->reply.retry_s > 0 && (retry = text_printf("%d", r->reply.retry_s)))
		add(response, "Retry-After", retry);
	if (r->reply.filename &&
	    (disposition = text_printf("attachment; filename=\"%s\"", r->reply.filename)))
		add(response, "Content-Disposition", disposition);
	/* What the library would still read of it could be taken for another request. */
	if (r->reply.status == 400 || r->reply.status == 413)
		add(response, "Connection", "close");
}

static struct MHD_Response *make_response(struct request *r, bool is_empty)
{
	struct out *body = &r->reply.body;
	struct MHD_Response *response;
	char *text;

	if (is_empty || !body->text) {
		response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	} else {
		/* It may live long: what the buffer has to spare is given back. */
		text = realloc(body->text, body->len + 1);
		body->text = text ? text : body->text;
		response = MHD_create_response_from_buffer(body->len, body->text,
							   MHD_RESPMEM_MUST_FREE);
		if (response)
			*body = (struct out){ 0 }; /* the library's now */
	}
	if (response)
		add_headers(r, response);
	return response;
}

enum MHD_Result answer_queue(struct exchange *x)
{
	struct request *r = x->request;
	struct MHD_Response *response, *unchanged = NULL;
	size_t len = r->reply.body.size;
	enum MHD_Result result;
	bool is_same, is_kept;

	x->is_answered = x->is_queued = true;
	if (r->reply.body.is_short) {
		error_set(&r->err, ENOMEM, "out of memory for an answer");
		answer_error(r, 0, NULL);
	}
	is_same = is_the_same(r);
	is_kept = cache_wants(x);
	if (is_same || is_kept)
		unchanged = make_response(r, true);
	response = is_same && !is_kept ? NULL : make_response(r, false);
	if ((is_same && !unchanged) || (!is_same && !response))
		return MHD_NO;
	result = MHD_queue_response(x->connection, is_same ? 304 : (unsigned int)r->reply.status,
				    is_same ? unchanged : response);
	if (is_kept && response && unchanged) {
		cache_keep(x, response, unchanged, len);
		return result;
	}
	if (response)
		MHD_destroy_response(response);
	if (unchanged)
		MHD_destroy_response(unchanged);
	return result;
}

enum MHD_Result answer_stream(struct exchange *x)
{
	struct request *r = x->request;
	struct MHD_Response *response = NULL;
	enum MHD_Result result;
	int n = events_watch(x, &response);

	x->is_answered = x->is_queued = true;
	if (n < 0) {
		r->reply.retry_s = 30;
		answer_error(r, n == -EBUSY ? MHD_HTTP_SERVICE_UNAVAILABLE : 500,
			     "too many watch already; come again");
		return answer_queue(x);
	}
	if (r->db) {
		site_return(r->site, r->db);
		r->db = NULL;
	}
	r->reply.status = 200;
	r->reply.type = "text/event-stream";
	add_headers(r, response);
	add(response, "X-Accel-Buffering", "no"); /* or nginx keeps them for itself */
	result = MHD_queue_response(x->connection, 200, response);
	MHD_destroy_response(response);
	return result;
}
