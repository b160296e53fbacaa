// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The site as files: pages are made as for nobody in particular, link by link from the first one
 * on, then their links are turned to files beside them. What needs a server (forms, the script, the
 * API) is left out.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "site/export/export.h"
#include "site/web/site.h"

struct snapshot {
	struct site *site;
	const char *dir;
	json_t *urls;  /* array: in the order in which they were met */
	json_t *files; /* url: file; null: it is not there */
	size_t most;
};

static const char *const kinds[] = { "matrix",    "cells",   "cell",     "runs",
				     "run",       "changes", "machine",  "machines",
				     "catalogue", "claim",   "scenario", "ideas",
				     "idea",      "help",    "trends",   "rules" };

static bool is_kind(const char *path, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == len && strncmp(kinds[i], path, len) == 0)
			return true;
	return false;
}

static bool is_plain(const char *name)
{
	return isalnum((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       strlen(name) &&
	       strlen(name) < 200;
}

/* "kind/name.html"; names that no file should have become a number. NULL: not to be kept. */
static char *file_of(const char *url)
{
	size_t len = strcspn(url + 1, "/?");
	const char *rest = url + 1 + len;
	unsigned char hash[16];
	char hex[sizeof(hash) * 2 + 1];

	if (strcmp(url, "/") == 0)
		return strdup("index.html");
	if (text_starts(url, "/style.css"))
		return strdup("style.css");
	if (!is_kind(url + 1, len))
		return NULL;
	if (*rest == '/' && (strchr(rest + 1, '/') || strcmp(rest, "/new") == 0))
		return NULL;
	if (!*rest)
		return text_printf("%.*s/index.html", (int)len, url + 1);
	if (*rest == '/' && is_plain(rest + 1))
		return text_printf("%.*s/%s.html", (int)len, url + 1, rest + 1);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)url, strlen(url), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return text_printf("%.*s/_%s.html", (int)len, url + 1, hex);
}

/* The address in href="...", without its escapes and its #place; owned by the caller. */
static char *url_of(const char *at, size_t len)
{
	char *url = strndup(at, len), *from, *to;

	if (!url)
		return NULL;
	for (from = to = url; *from && *from != '#'; from++) {
		*to++ = *from;
		if (text_starts(from, "&amp;"))
			from += 4;
	}
	*to = '\0';
	return url;
}

/* Whether there is a file for it, which is promised now if there is room. */
static const char *promise(struct snapshot *s, const char *url)
{
	json_t *had = json_object_get(s->files, url);
	_cleanup_free_ char *file = NULL;

	if (had)
		return json_string_value(had);
	file = json_array_size(s->urls) < s->most ? file_of(url) : NULL;
	if (!file)
		return NULL;
	json_object_set_new(s->files, url, json_string(file));
	json_array_append_new(s->urls, json_string(url));
	return json_string_value(json_object_get(s->files, url));
}

/* What stands between two marks goes; the text is changed in place. */
static void cut(char *text, const char *from, const char *to)
{
	char *at = text, *end;

	while ((at = strstr(at, from)) && (end = strstr(at, to)))
		memmove(at, end + strlen(to), strlen(end + strlen(to)) + 1);
}

static void cut_server(char *text)
{
	cut(text, "<form ", "</form>");
	cut(text, "<script ", "</script>");
	cut(text, "<link rel=\"alternate\"", "/>");
	cut(text, "<div class=\"follow\">", "</div>");
	cut(text, "<details><summary>Filter</summary>", "</details>");
}

/* With is_last the links as they will stand; before that, pages that are linked are promised. */
static void turn_links(struct snapshot *s, const char *text, bool is_inner, struct out *to)
{
	const char *at;

	while ((at = strstr(text, " href=\""))) {
		const char *link = at + strlen(" href=\""), *end = strchr(link, '"');
		const char *place = end ? memchr(link, '#', (size_t)(end - link)) : NULL;
		_cleanup_free_ char *url = end ? url_of(link, (size_t)(end - link)) : NULL;
		const char *file = url && *url == '/' ? promise(s, url) : NULL;

		if (!url)
			break;
		out_bytes(to, text, (size_t)(at - text));
		if (file) {
			out_raw(to, " href=\"");
			out_raw(to, is_inner ? "../" : "");
			out_raw(to, file);
			out_bytes(to, place ? place : "", place ? (size_t)(end - place) : 0);
			out_raw(to, "\"");
		} else if (*url != '/') {
			out_bytes(to, at, (size_t)(end + 1 - at));
		}
		text = end + 1;
	}
	out_raw(to, text);
}

static int write_file(struct snapshot *s, const char *file, const struct out *out,
		      struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/%s", s->dir, file);
	const char *slash = strchr(file, '/');
	int r = path && !out->is_short ? 0 : -ENOMEM;

	if (r == 0 && slash) {
		char *end = path + strlen(s->dir) + 1 + (slash - file);

		*end = '\0';
		r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
		*end = '/';
	}
	if (r == 0)
		r = file_replace(AT_FDCWD, path, out->text ? out->text : "", out->len);
	return r < 0 ? error_set(err, -r, "cannot write \"%s\": %s", path ? path : s->dir,
				 strerror(-r))
		     : 0;
}

/* 1: it is there; 0: the site has no such page. */
static int write_page(struct snapshot *s, const char *url, const char *file, struct error *err)
{
	struct out page = { 0 }, turned = { 0 };
	int r = site_render(s->site, url, &page, err);

	if (r == 1 && text_starts(file, "style.css")) {
		r = write_file(s, file, &page, err);
	} else if (r == 1 && page.text) {
		cut_server(page.text);
		turn_links(s, page.text, strchr(file, '/') != NULL, &turned);
		r = write_file(s, file, &turned, err);
	} else if (r == 0) {
		out_raw(&turned, "<!DOCTYPE html>\n<title>Not here</title><p>Not here.</p>\n");
		r = write_file(s, file, &turned, err);
	}
	out_free(&page);
	out_free(&turned);
	return r < 0 ? r : 1;
}

int export_site(struct site *site, const char *dir, int pages, struct error *err)
{
	struct snapshot s = { .site = site,
			      .dir = dir,
			      .urls = json_array(),
			      .files = json_object(),
			      .most = (size_t)pages };
	int r = 0;

	if (mkdir(dir, 0755) < 0)
		return error_set(err, errno, "cannot make the folder \"%s\": %s", dir,
				 strerror(errno));
	(void)promise(&s, "/");
	for (size_t i = 0; r >= 0 && i < json_array_size(s.urls); i++) {
		const char *url = json_string_value(json_array_get(s.urls, i));

		r = write_page(&s, url, json_string_value(json_object_get(s.files, url)), err);
	}
	r = r < 0 ? r : (int)json_array_size(s.urls);
	json_decref(s.urls);
	json_decref(s.files);
	return r;
}
