// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Strangers' Markdown: md4c parses, this writes. No HTML of theirs gets through, links only to
 * where a reader may go without harm, and no input grows beyond a bound: 60 KB of reference links
 * would become 150 MB otherwise.
 */
#include <md4c.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "site/pages/page.h"

struct writing {
	struct out *out;
	size_t most;  /* bytes in the buffer at which it ends */
	int in_image; /* then only the text is wanted */
	bool is_link_dropped;
};

static int check(const struct writing *w)
{
	return w->out->len > w->most || w->out->is_short ? -1 : 0;
}

/* A scheme that only shows something; or none: a path of this site, or a place in this page. */
static bool is_safe_link(const char *href, size_t len)
{
	static const char *const schemes[] = { "http://", "https://", "mailto:" };
	size_t colon = 0;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (len >= strlen(schemes[i]) &&
		    strncasecmp(href, schemes[i], strlen(schemes[i])) == 0)
			return true;
	while (colon < len && !strchr(":/?#", href[colon]))
		colon++;
	return (colon == len || href[colon] != ':') && !memchr(href, '\\', len) &&
	       !(len >= 2 && href[0] == '/' && href[1] == '/');
}

static void put_attribute(struct out *out, const MD_ATTRIBUTE *a)
{
	out_text(out, a->text, a->size);
}

static void open_list(struct writing *w, const MD_BLOCK_OL_DETAIL *ol)
{
	if (ol->start > 1 && ol->start < 1000000)
		out_put(w->out, "<ol start=\"%d\">", (int)ol->start);
	else
		out_raw(w->out, "<ol>");
}

static void cell_or_row(struct writing *w, const char *tag, bool is_open)
{
	out_put(w->out, is_open ? "<%s>" : "</%s>", tag);
}

static const char *block_tag(MD_BLOCKTYPE type)
{
	switch (type) {
	case MD_BLOCK_QUOTE: return "blockquote";
	case MD_BLOCK_UL: return "ul";
	case MD_BLOCK_OL: return "ol";
	case MD_BLOCK_LI: return "li";
	case MD_BLOCK_P: return "p";
	case MD_BLOCK_TABLE: return "table";
	case MD_BLOCK_THEAD: return "thead";
	case MD_BLOCK_TBODY: return "tbody";
	case MD_BLOCK_TR: return "tr";
	case MD_BLOCK_TH: return "th";
	case MD_BLOCK_TD: return "td";
	default: return NULL;
	}
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct writing *w = arg;

	if (type == MD_BLOCK_H) /* of one level below the page's own: none is left out */
		out_raw(w->out, "<h2>");
	else if (type == MD_BLOCK_CODE)
		out_raw(w->out, "<pre tabindex=\"0\"><code>");
	else if (type == MD_BLOCK_HR)
		out_raw(w->out, "<hr/>");
	else if (type == MD_BLOCK_OL)
		open_list(w, detail);
	else if (block_tag(type))
		cell_or_row(w, block_tag(type), true);
	return check(w);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct writing *w = arg;

	(void)detail;
	if (type == MD_BLOCK_H)
		out_raw(w->out, "</h2>");
	else if (type == MD_BLOCK_CODE)
		out_raw(w->out, "</code></pre>");
	else if (block_tag(type))
		cell_or_row(w, block_tag(type), false);
	return check(w);
}

static void open_link(struct writing *w, const MD_SPAN_A_DETAIL *a)
{
	w->is_link_dropped = !is_safe_link(a->href.text, a->href.size);
	if (w->is_link_dropped)
		return;
	out_raw(w->out, "<a rel=\"nofollow noreferrer ugc\" href=\"");
	put_attribute(w->out, &a->href);
	out_raw(w->out, "\">");
}

static int span(MD_SPANTYPE type, void *detail, struct writing *w, bool is_open)
{
	if (type == MD_SPAN_EM)
		cell_or_row(w, "em", is_open);
	else if (type == MD_SPAN_STRONG)
		cell_or_row(w, "strong", is_open);
	else if (type == MD_SPAN_CODE)
		cell_or_row(w, "code", is_open);
	else if (type == MD_SPAN_DEL)
		cell_or_row(w, "del", is_open);
	else if (type == MD_SPAN_A && is_open)
		open_link(w, detail);
	else if (type == MD_SPAN_A && !w->is_link_dropped)
		out_raw(w->out, "</a>");
	return check(w);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
	return span(type, detail, arg, true);
}

static int leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	return span(type, detail, arg, false);
}

static int text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE len, void *arg)
{
	struct writing *w = arg;

	if (type == MD_TEXT_BR)
		out_raw(w->out, "<br/>");
	else if (type == MD_TEXT_SOFTBR)
		out_raw(w->out, "\n");
	else if (type != MD_TEXT_NULLCHAR)
		out_text(w->out, s, len);
	return check(w);
}

void page_markdown(struct out *out, const char *markdown)
{
	const MD_PARSER parser = {
		.flags = MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH |
			 MD_FLAG_PERMISSIVEURLAUTOLINKS | MD_FLAG_COLLAPSEWHITESPACE,
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = text,
	};
	size_t len = strlen(markdown), from = out->len;
	struct writing w = { .out = out, .most = from + len * LIMITS_MARKDOWN_GROWTH + 65536 };

	if (len > LIMITS_MARKDOWN)
		len = LIMITS_MARKDOWN;
	if (md_parse(markdown, (MD_SIZE)len, &parser, &w) == 0)
		return;
	/* It broke off, with open tags: the text as it came is better than a broken page. */
	if (out->text) {
		out->len = from;
		out->text[from] = '\0';
	}
	out_raw(out,
		"<p class=\"note\">Shown as it came, since it grows too much.</p><pre tabindex=\"0\">");
	out_text(out, markdown, len);
	out_raw(out, "</pre>");
}
