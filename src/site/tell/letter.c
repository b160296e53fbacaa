// SPDX-License-Identifier: GPL-2.0-or-later
/* What a mail or a hook says of news. */
#include "site/tell/letter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static char *finish(struct out *out)
{
	if (!out->is_short)
		return out->text;
	out_free(out);
	return NULL;
}

char *letter_subject(const struct letter *l, const struct news *news)
{
	if (news->n == 1 && !news->is_more)
		return text_printf("[hotproof] %s: %s", l->name, news->list[0].title);
	return text_printf("[hotproof] %s: %s%zu new", l->name, news->is_more ? "more than " : "",
			   news->n);
}

static void put(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

static void put_lines(struct out *out, const char *first, const char *second, const char *third)
{
	put(out, first);
	put(out, second);
	put(out, third);
	put(out, "\n");
}

char *letter_text(const struct letter *l, const struct news *news)
{
	struct out out = { 0 };

	for (size_t i = 0; i < news->n; i++) {
		const struct news_item *n = &news->list[i];

		put_lines(&out, "* ", n->title, "");
		if (*n->note)
			put_lines(&out, "  ", n->note, "");
		put_lines(&out, "  ", l->url, n->path);
	}
	if (news->is_more)
		put(&out, "\nThere are more; all of them:\n");
	else
		put(&out, "\nAll that this search finds:\n");
	put(&out, l->url);
	news_put_path(&out, l->kind, l->query);
	put(&out, "\n\n-- \nYou saved this search as: ");
	put_lines(&out, l->name, "", "");
	put(&out, "No more of these: ");
	put_lines(&out, l->url, "/unsubscribe/", l->unsubscribe);
	return finish(&out);
}

static void put_member(struct out *out, const char *before, const char *key, const char *first,
		       const char *second)
{
	_cleanup_free_ char *value = text_printf("%s%s", first, second);

	put(out, before);
	out_json(out, key);
	put(out, ":");
	out_json(out, value ? value : "");
}

char *letter_json(const struct letter *l, const struct news *news)
{
	struct out out = { 0 }, path = { 0 };

	news_put_path(&path, l->kind, l->query);
	out_put(&out, "{\"search\":{\"id\":%lld", (long long)l->saved);
	put_member(&out, ",", "name", l->name, "");
	put_member(&out, ",", "kind", l->kind, "");
	put_member(&out, ",", "url", l->url, path.text ? path.text : "");
	put(&out, "},\"items\":[");
	for (size_t i = 0; i < news->n; i++) {
		const struct news_item *n = &news->list[i];

		put_member(&out, i ? ",{" : "{", "id", n->ref, "");
		put_member(&out, ",", "title", n->title, "");
		put_member(&out, ",", "why", n->note, "");
		put_member(&out, ",", "url", l->url, n->path);
		put(&out, "}");
	}
	put(&out, "],\"more\":");
	put(&out, news->is_more ? "true}\n" : "false}\n");
	out_free(&path);
	return finish(&out);
}
