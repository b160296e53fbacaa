// SPDX-License-Identifier: GPL-2.0-or-later
/* The frame of every page: head, menu, foot, and the page of an error. */
#include "site/pages/page.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "site/web/site.h"

/* Made by the build of style.css and live.js. */
extern const char style_text[], script_text[];
extern const size_t style_text_size, script_text_size;
extern const char style_text_sha256[], script_text_sha256[];

static const struct {
	const char *path, *title;
} menu_entries[] = {
	{ "/changes", "What broke" },  { "/matrix", "Matrix" },  { "/runs", "Runs" },
	{ "/compare", "Compare" },     { "/rules", "Expected" }, { "/machines", "Machines" },
	{ "/catalogue", "Catalogue" }, { "/ideas", "Ideas" },
};

int page_style(struct request *r)
{
	r->reply.type = "text/css; charset=utf-8";
	r->reply.is_cacheable = true;
	out_bytes(&r->reply.body, style_text, style_text_size);
	return 0;
}

int page_script(struct request *r)
{
	r->reply.type = "text/javascript; charset=utf-8";
	r->reply.is_cacheable = true;
	out_bytes(&r->reply.body, script_text, script_text_size);
	return 0;
}

static void put_menu(struct request *r, struct out *out, const char *menu)
{
	out_raw(out, "<nav aria-label=\"Main\"><ul>");
	for (size_t i = 0; i < ARRAY_SIZE(menu_entries); i++)
		out_put(out, "<li><a href=\"%s\"%s>%s</a></li>", menu_entries[i].path,
			strcmp(menu, menu_entries[i].path) == 0 ? " aria-current=page" : "",
			menu_entries[i].title);
	out_raw(out, "</ul></nav><form class=\"find\" role=\"search\" action=\"/search\">"
		     "<input type=\"search\" name=\"q\" aria-label=\"Search everything\" "
		     "placeholder=\"Search\" maxlength=\"200\" value=\"");
	out_put(out, "%s\"/></form><p class=\"who\">", request_query(r, "q"));
	if (r->who.user)
		out_put(out, "<a href=\"/account\">%s</a>", r->who.name);
	else
		out_raw(out, "<a href=\"/login\">Log in</a>");
	out_raw(out, "</p>");
}

struct out *page_begin(struct request *r, const char *title, const char *menu)
{
	struct out *out = &r->reply.body;

	out_put(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
		"<title>%s · hotproof</title>"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
		"<meta name=\"color-scheme\" content=\"light dark\"/>"
		"<link rel=\"stylesheet\" href=\"/style.css?",
		title);
	out_url(out, style_text_sha256);
	out_raw(out, "\"/><script src=\"/live.js?");
	out_url(out, script_text_sha256);
	out_raw(out,
		"\" defer></script><link rel=\"alternate\" type=\"application/atom+xml\" title=\"Runs that broke "
		"a promise\" href=\"/broken.atom\"/></head>\n<body><a class=\"skip-link\" "
		"href=\"#main\">Skip to the content</a>\n<header><a class=\"brand\" href=\"/\">"
		"hotproof</a>");
	put_menu(r, out, menu);
	out_put(out, "</header>\n<main id=\"main\"><h1>%s</h1>\n", title);
	return out;
}

int page_end(struct request *r)
{
	out_raw(&r->reply.body,
		"</main>\n<footer><a href=\"/help\">What the states mean</a> · "
		"<a href=\"/api/v1/openapi.json\">API</a> · hotproof " HOTPROOF_VERSION
		"</footer></body></html>\n");
	return 0;
}

void page_error(struct request *r, int status, const char *text)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {
		{ 400, "That cannot be understood" },
		{ 401, "Log in first" },
		{ 403, "Not for you" },
		{ 404, "Not here" },
		{ 405, "Not like this" },
		{ 409, "It is there already" },
		{ 413, "Too large" },
		{ 422, "That is not what it should be" },
		{ 429, "Too often" },
		{ 503, "Too busy" },
		{ 507, "The disk is full" },
	};
	const char *title = "Something went wrong here";
	struct out *out;

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (titles[i].status == status)
			title = titles[i].title;
	r->reply.type = NULL;
	out = page_begin(r, title, "");
	out_put(out, "<p class=\"error\">%s</p>", text);
	if (status == 401)
		out_raw(out, "<p><a href=\"/login\">Log in</a></p>");
	if (page_end(r) < 0)
		return;
}

/* Bound to the session, so that a page of another site cannot know it. */
static void make_token(const struct request *r, char hex[33])
{
	unsigned char hash[16];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)r->session,
			   strlen(r->session), (const unsigned char *)"hotproof form key", 17);
	sodium_bin2hex(hex, 33, hash, sizeof(hash));
}

void page_token(struct request *r)
{
	char hex[33];

	if (!r->who.user)
		return;
	make_token(r, hex);
	out_put(&r->reply.body, "<input type=\"hidden\" name=\"token\" value=\"%s\"/>", hex);
}

int page_check_token(struct request *r)
{
	char hex[33];

	if (!r->who.user || r->is_by_token)
		return 0;
	make_token(r, hex);
	if (strcmp(request_form(r, "token"), hex) != 0)
		return error_set(
			&r->err, EACCES,
			"the form is not of this session; go back, load the page anew, and "
			"send it again");
	return 0;
}
