// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the route of a path. Who may use it is server.c's to ask. */
#include "site/web/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct route *const route_tables[] = { pages_routes, pages_people_routes, api_routes, NULL };

bool route_is_api(const struct request *r)
{
	return text_starts(r->path, "/api/v1/");
}

/* Segments must be equal, or stand in {...}; those are cut out of `path`, in place. */
static bool match(const char *pattern, char *path, const char *parts[REQUEST_PARTS])
{
	int n = 0;

	for (;;) {
		size_t want = strcspn(pattern, "/"), len = strcspn(path, "/");
		bool is_last = !path[len];

		if (*pattern == '{') {
			if (len == 0 || n == REQUEST_PARTS)
				return false;
			parts[n++] = path;
		} else if (want != len || strncmp(pattern, path, len) != 0) {
			return false;
		}
		if (is_last || !pattern[want])
			return is_last && !pattern[want];
		path[len] = '\0';
		pattern += want + 1;
		path += len + 1;
	}
}

/* The same without cutting: most routes are not it, and a copy for each would cost more than that.
 */
static bool may_match(const char *pattern, const char *path)
{
	for (; *pattern && *pattern != '{'; pattern++, path++)
		if (*pattern != *path)
			return false;
	return *pattern || !*path;
}

const struct route *route_find(struct request *r, bool *ret_is_method)
{
	*ret_is_method = false;
	for (const struct route *const *table = route_tables; *table; table++)
		for (const struct route *route = *table; route->method; route++) {
			const char *parts[REQUEST_PARTS] = { 0 };
			_cleanup_free_ char *copy =
				may_match(route->path, r->path) ? strdup(r->path) : NULL;

			if (!copy || !match(route->path, copy, parts))
				continue;
			if (strcmp(route->method, r->method) != 0 &&
			    !(strcmp(r->method, "HEAD") == 0 &&
			      strcmp(route->method, "GET") == 0)) {
				*ret_is_method = true;
				continue;
			}
			memcpy(r->parts, parts, sizeof(parts));
			r->parts_text = take_ptr(copy);
			return route;
		}
	return NULL;
}
