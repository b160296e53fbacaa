// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers that were made already, for whoever is nobody in particular: kept by host, path and query
 * as they came, under the state of the database that they were made from. Any commit, of this
 * process or another, makes all of them old. What somebody with a cookie or a token sees never
 * comes here, and is never served from here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "site/web/internal.h"

void cache_open(struct site *s)
{
	pthread_mutex_init(&s->cache.lock, NULL);
}

static void clear(struct site *s, struct cached *c)
{
	if (!c->key)
		return;
	MHD_destroy_response(c->response);
	MHD_destroy_response(c->unchanged);
	free(c->key);
	free(c->etag);
	s->cache.bytes -= c->bytes;
	*c = (struct cached){ 0 };
}

void cache_close(struct site *s)
{
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		clear(s, &s->cache.slots[i]);
	pthread_mutex_destroy(&s->cache.lock);
}

static size_t hash_of(const char *text)
{
	size_t hash = 14695981039346656037u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash ^ hash >> 32;
}

static const char *header(struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* A plain question of nobody. Whether its answer is the same for all is the route's to say. */
static bool is_plain(struct exchange *x, const char *method)
{
	return (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
	       !x->request->site->setup.is_private && !header(x, "Authorization") &&
	       !proxy_says(x) && !header(x, "Content-Length") && !header(x, "Transfer-Encoding") &&
	       !MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, ACCOUNT_COOKIE);
}

enum MHD_Result cache_answer(struct exchange *x, const char *method, bool *ret_is_found)
{
	struct site *s = x->request->site;
	const char *host = header(x, "Host"), *etag = header(x, "If-None-Match");
	enum MHD_Result result = MHD_NO;
	struct cached *c;

	*ret_is_found = false;
	if (!x->uri || !is_plain(x, method))
		return MHD_NO;
	x->cache_key = text_printf("%s %s", host ? host : "", x->uri);
	x->cache_version = site_version(s);
	if (!x->cache_key || x->cache_version < 0)
		return MHD_NO;
	c = &s->cache.slots[hash_of(x->cache_key) % CACHE_SLOTS];
	pthread_mutex_lock(&s->cache.lock);
	if (c->key && c->version == x->cache_version && strcmp(c->key, x->cache_key) == 0) {
		bool is_known = etag && strstr(etag, c->etag);

		*ret_is_found = true;
		result = MHD_queue_response(x->connection, is_known ? 304 : 200,
					    is_known ? c->unchanged : c->response);
	}
	pthread_mutex_unlock(&s->cache.lock);
	return result;
}

bool cache_wants(const struct exchange *x)
{
	const struct request *r = x->request;

	return x->cache_key && x->cache_version >= 0 && r->route && r->route->is_shared &&
	       r->who.role == ACCOUNT_NOBODY && r->reply.status == 200 && !r->reply.cookie &&
	       r->reply.etag && r->reply.body.len <= CACHE_ENTRY_BYTES;
}

void cache_keep(struct exchange *x, struct MHD_Response *response, struct MHD_Response *unchanged,
		size_t len)
{
	struct site *s = x->request->site;
	size_t at = hash_of(x->cache_key) % CACHE_SLOTS;
	struct cached *c = &s->cache.slots[at];
	char *etag = strdup(x->request->reply.etag);

	if (!etag) {
		MHD_destroy_response(response);
		MHD_destroy_response(unchanged);
		return;
	}
	pthread_mutex_lock(&s->cache.lock);
	clear(s, c);
	c->key = x->cache_key;
	x->cache_key = NULL;
	c->etag = etag;
	c->version = x->cache_version;
	c->response = response;
	c->unchanged = unchanged;
	c->bytes = len;
	s->cache.bytes += len;
	/* The others in turn, until there is room. */
	for (size_t i = 0; i < CACHE_SLOTS && s->cache.bytes > LIMITS_CACHE; i++) {
		s->cache.hand = (s->cache.hand + 1) % CACHE_SLOTS;
		if (s->cache.hand != at)
			clear(s, &s->cache.slots[s->cache.hand]);
	}
	pthread_mutex_unlock(&s->cache.lock);
}
