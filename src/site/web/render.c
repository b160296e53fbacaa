// SPDX-License-Identifier: GPL-2.0-or-later
/* A page without a client: what nobody in particular would see. Nothing listens for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "site/web/internal.h"

static int make(struct request *r, const char *uri, struct out *ret, struct error *err)
{
	const char *query = strchr(uri, '?');
	bool is_method;

	r->path = strndup(uri, query ? (size_t)(query - uri) : strlen(uri));
	if (!r->path || (query && request_split(strdup(query + 1), &r->query) < 0) ||
	    request_unescape(r->path, false) < 0)
		return error_set(err, EINVAL, "\"%.200s\" cannot be a page", uri);
	r->route = route_find(r, &is_method);
	if (!r->route || !r->route->is_shared || r->route->role != ACCOUNT_NOBODY)
		return 0;
	answer_make(r);
	if (r->reply.status != 200)
		return r->reply.status < 500 ? 0
					     : error_set(err, EIO, "the page \"%.200s\" fails: %s",
							 uri, r->err.text);
	*ret = r->reply.body;
	r->reply.body = (struct out){ 0 };
	return 1;
}

int site_render(struct site *s, const char *uri, struct out *ret, struct error *err)
{
	struct request *r = calloc(1, sizeof(*r));
	int n;

	if (!r)
		return error_set(err, ENOMEM, "out of memory for a page");
	r->site = s;
	r->upload = -1;
	r->method = "GET";
	r->now = time(NULL);
	n = make(r, uri, ret, err);
	request_free(r);
	return n;
}
