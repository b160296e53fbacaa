// SPDX-License-Identifier: GPL-2.0-or-later
/* Fields of requests and other small helpers; no socket and no page. */
#include "site/web/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "site/web/site.h"

static const char *find(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->list[i].name, name) == 0)
			return f->list[i].value;
	return "";
}

const char *request_query(const struct request *r, const char *name)
{
	return find(&r->query, name);
}

const char *request_form(const struct request *r, const char *name)
{
	return find(&r->form, name);
}

const char *request_query_or_null(const struct request *r, const char *name)
{
	const char *value = find(&r->query, name);

	return *value ? value : NULL;
}

int64_t request_number(const struct request *r, const char *name, int64_t fallback)
{
	const char *text = find(&r->query, name);
	int64_t n;

	if (!*text)
		return fallback;
	return text_to_i64(text, &n) < 0 || n < 0 ? -1 : n;
}

int request_id(struct request *r, int part, int64_t *ret)
{
	int64_t id;

	if (text_to_i64(r->parts[part], &id) < 0 || id <= 0)
		return error_set(&r->err, ENOENT, "\"%.40s\" is no number of one", r->parts[part]);
	*ret = id;
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int request_unescape(char *text, bool is_form)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '%') {
			int high = hex(from[1]), low = high < 0 ? -1 : hex(from[2]);

			if (low < 0 || (high == 0 && low == 0))
				return -EINVAL;
			*to++ = (char)(high << 4 | low);
			from += 2;
		} else {
			*to++ = is_form && *from == '+' ? ' ' : *from;
		}
	}
	*to = '\0';
	return 0;
}

int request_split(char *text, struct fields *ret)
{
	ret->text = text;
	while (text && *text) {
		char *next = strchr(text, '&'), *equal;

		if (next)
			*next++ = '\0';
		if (*text) {
			struct field *f = &ret->list[ret->n];

			if (ret->n == LIMITS_FIELDS)
				return -EINVAL;
			equal = strchr(text, '=');
			if (equal)
				*equal++ = '\0';
			f->name = text;
			f->value = equal ? equal : text + strlen(text);
			if (request_unescape(f->name, true) < 0 ||
			    request_unescape(f->value, true) < 0)
				return -EINVAL;
			ret->n++;
		}
		text = next;
	}
	return 0;
}

struct db *request_db(struct request *r)
{
	if (!r->db && site_reader(r->site, &r->db, &r->err) < 0)
		return NULL;
	return r->db;
}

struct db *request_writer(struct request *r)
{
	/* A read transaction would see the past, and could not be made a writing one. */
	if (r->db && r->db != site_writer(r->site)) {
		site_return(r->site, r->db);
		r->db = NULL;
	}
	if (!r->db && site_take_writer(r->site, &r->db, &r->err) < 0)
		return NULL;
	return r->db;
}

json_t *request_json(struct request *r)
{
	json_error_t e;
	json_t *doc = NULL;

	if (r->body)
		doc = json_loadb(r->body, r->body_len, JSON_REJECT_DUPLICATES, &e);
	if (!r->body)
		error_set(&r->err, EINVAL,
			  "the body must be JSON, with Content-Type: application/json");
	else if (!doc)
		error_set(&r->err, EINVAL, "the body is no JSON, line %d: %.100s", e.line, e.text);
	return doc;
}

int request_see(struct request *r, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&r->reply.location, fmt, ap);
	va_end(ap);
	if (n < 0) {
		r->reply.location = NULL;
		return error_set(&r->err, ENOMEM, "out of memory for an answer");
	}
	r->reply.status = 303;
	return 0;
}

void request_free(struct request *r)
{
	if (!r)
		return;
	if (r->db)
		site_return(r->site, r->db);
	if (r->upload >= 0)
		close(r->upload);
	free(r->path);
	free(r->parts_text);
	free(r->query.text);
	free(r->form.text);
	free(r->body);
	free(r->host);
	free(r->etag);
	free(r->signature);
	out_free(&r->reply.body);
	free(r->reply.location);
	free(r->reply.cookie);
	free(r->reply.etag);
	free(r->reply.filename);
	free(r);
}
