// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first thing to look at: a row for each thing that broke, in the order of the acts that broke
 * it, since the first is often the cause of the others. The same claim in several scenarios is one
 * row, and so is a scenario that crashed with all its claims.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/html/html.h"

enum { LEAST_BAD = 3 }; /* of html_rank(): known defects and worse */

static bool is_whole(const json_t *result)
{
	const char *verdict = record_get_str(result, "verdict");

	return strcmp(verdict, "crash") == 0 || strcmp(verdict, "timeout") == 0;
}

static bool has_same(const json_t *a, const json_t *b, const char *key)
{
	return strcmp(record_get_str(a, key), record_get_str(b, key)) == 0;
}

static bool is_same_trouble(const json_t *a, const json_t *b)
{
	if (html_rank(a) != html_rank(b) || !has_same(a, b, "verdict"))
		return false;
	if (strcmp(record_get_str(a, "verdict"), "fail") == 0)
		return has_same(a, b, "claim");
	return has_same(a, b, "scenario") && (is_whole(a) || has_same(a, b, "why"));
}

static int first_act(const json_t *result)
{
	const json_t *acts = json_object_get(result, "acts");

	return json_array_size(acts) > 0 ? (int)json_integer_value(json_array_get(acts, 0))
					 : INT32_MAX;
}

static int by_trouble(const void *x, const void *y)
{
	const json_t *a = *(const json_t *const *)x, *b = *(const json_t *const *)y;
	int order = html_rank(b) - html_rank(a);

	if (order == 0)
		order = (first_act(a) > first_act(b)) - (first_act(a) < first_act(b));
	/* So that the page is the same with any qsort. */
	return order ? order : strcmp(record_get_str(a, "claim"), record_get_str(b, "claim"));
}

/* The first act, as a link to its picture, and how many more broke it. */
static void put_when(struct html_page *p, const json_t *result)
{
	struct html_act *act = html_act_find(p, first_act(result));
	size_t more = 0, i;
	json_t *other;

	json_array_foreach((json_t *)p->list, i, other)
		if (is_same_trouble(result, other))
			more += json_array_size(json_object_get(other, "acts"));
	fputs("<td>", p->out);
	if (act) {
		html_put(p->out, "<a href=\"#act-%d\">act %d, ", act->rec->id, act->rec->id);
		html_act_name(p->out, act->rec);
		html_put(p->out, "</a> at +%.2f s", (double)(act->began - p->began) / 1e9);
	}
	if (act && more > 1 && !is_whole(result))
		html_put(p->out, " and %zu more", more - 1);
	fputs("</td>", p->out);
}

/* Each scenario in which it broke, as a link. */
static void put_where(struct html_page *p, const json_t *result)
{
	const char *claim = record_get_str(result, "claim");
	size_t i;
	json_t *other;

	html_put(p->out, "%s<small>", claim);
	json_array_foreach((json_t *)p->list, i, other) {
		const char *scenario = record_get_str(other, "scenario");

		if (!is_same_trouble(result, other) ||
		    strcmp(record_get_str(other, "claim"), claim))
			continue;
		html_anchor(p->out, " <a href=\"#f-", scenario, claim);
		html_put(p->out, "\">%s</a>", scenario);
	}
	fputs("</small>", p->out);
}

static void put_row(struct html_page *p, const json_t *result)
{
	const char *scenario = record_get_str(result, "scenario");
	struct html_mark mark = html_mark_of(result);

	html_put(p->out, "<tr><td><span class=\"tag %s\">%s %s</span></td><th scope=\"row\">",
		 mark.css, mark.symbol, mark.word);
	if (is_whole(result)) {
		html_anchor(p->out, "<a href=\"#x-", scenario, NULL);
		html_put(p->out, "\">%s</a>", scenario);
	} else {
		put_where(p, result);
	}
	fputs("</th>", p->out);
	put_when(p, result);
	html_put(p->out, "<td>%s</td></tr>\n", record_get_str(result, "why"));
}

void html_broken(struct html_page *p)
{
	size_t size = json_array_size(p->list), n = 0, i;
	_cleanup_free_ const json_t **rows = calloc(size + 1, sizeof(*rows));
	json_t *result;

	if (!rows)
		return;
	json_array_foreach((json_t *)p->list, i, result)
		if (html_rank(result) >= LEAST_BAD)
			rows[n++] = result;
	if (n == 0)
		return;
	qsort(rows, n, sizeof(*rows), by_trouble);
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"What broke\"><table class=\"broken\"><tbody>\n",
	      p->out);
	for (i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && !is_same_trouble(rows[k], rows[i]))
			k++;
		if (k == i)
			put_row(p, rows[i]);
	}
	fputs("</tbody></table></div>\n", p->out);
}
