// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A route is one declaration: the method and path, who may use it, what it takes, and the function
 * that answers. Dispatch, rights, and the API's description (openapi.json) come from the tables.
 */
#pragma once

#include "site/web/request.h"

enum route_body { ROUTE_NONE, ROUTE_FORM, ROUTE_JSON, ROUTE_UPLOAD };

struct route {
	const char *method, *path; /* "GET", "/runs/{name}" */
	/* 0, or -errno with the request's error set: then the answer is made of that. */
	int (*answer)(struct request *r);
	enum account_role role; /* the least that is needed */
	int scope;              /* that a token must have, with the API */
	enum route_body body;
	bool is_shared;      /* for nobody it depends on host, path, query and database only */
	bool is_slow;        /* done by a worker, not by the thread that serves others */
	bool is_stream;      /* events, not an answer; `answer` is not called */
	const char *summary; /* API only: one line for its description */
	const char *query;   /* API only: names of what may be asked, "limit after state" */
	const char *returns; /* API only: what of openapi's schemas comes back */
};

/* Tables, each ended by an entry without a method. */
extern const struct route pages_routes[], pages_people_routes[], api_routes[];
extern const struct route *const route_tables[]; /* ended by NULL */

/*
 * The route of a request, its parts filled in. NULL: no such path, or (*ret_is_method) another
 * method is wanted.
 */
const struct route *route_find(struct request *r, bool *ret_is_method);

/* True for paths of the API: errors are JSON then. */
bool route_is_api(const struct request *r);
