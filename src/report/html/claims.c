// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every claim with what was compared for it, folded: where the verdict table's cells lead to.
 * Failures have their own section.
 */
#include <string.h>

#include "report/html/html.h"

#define SENTENCES_MAX 24 /* of one claim in one scenario; the rest is in the journal */

static const char *sign_of(const char *result)
{
	return strcmp(result, "met") == 0     ? "✓"
	       : strcmp(result, "unmet") == 0 ? "✗"
	       : strcmp(result, "error") == 0 ? "?"
					      : "–";
}

static void put_sentence(struct html_page *p, const struct record_line *line)
{
	const char *result = record_str(line, "result");
	struct html_act *act = html_act_find(p, (int)record_int(line, "act"));

	html_put(p->out, "<li class=\"%s\"><span aria-hidden=\"true\">%s</span> ",
		 strcmp(result, "unmet") ? "" : "bad", sign_of(result));
	if (act) {
		html_put(p->out, "<a href=\"#act-%d\">act %d, ", act->rec->id, act->rec->id);
		html_act_name(p->out, act->rec);
		fputs("</a>: ", p->out);
	}
	if (strcmp(result, "met") && strcmp(result, "unmet"))
		html_put(p->out, "<i>%s</i>: ", result);
	html_put(p->out, "%s</li>\n", record_str(line, "text"));
}

/* What did not go well first: it must not be lost among many that did. */
static void put_sentences(struct html_page *p, const char *scenario, const char *claim)
{
	size_t n = 0;

	fputs("<ul class=\"told\">\n", p->out);
	for (int is_met = 0; is_met < 2; is_met++) {
		record_foreach(line, &p->expects, .type = "expect", .scenario = scenario,
			       .claim = claim) {
			if (is_met != (strcmp(record_str(line, "result"), "met") == 0))
				continue;
			if (n++ < SENTENCES_MAX)
				put_sentence(p, line);
		}
	}
	if (n > SENTENCES_MAX)
		html_put(p->out, "<li>%zu more in the journal</li>\n", n - SENTENCES_MAX);
	fputs("</ul>\n", p->out);
}

static void put_result(struct html_page *p, const json_t *result)
{
	const char *scenario = record_get_str(result, "scenario"),
		   *claim = record_get_str(result, "claim");
	struct html_mark mark = html_mark_of(result);

	html_anchor(p->out, "<h3 id=\"r-", scenario, claim);
	html_put(p->out, "\"><span class=\"tag %s\">%s %s</span> in %s</h3>\n", mark.css,
		 mark.symbol, mark.word, scenario);
	if (strcmp(mark.css, "pass"))
		html_put(p->out, "<p>%s</p>\n", record_get_str(result, "why"));
	put_sentences(p, scenario, claim);
}

static void put_refs(FILE *out, const json_t *declared)
{
	const json_t *refs = json_object_get(declared, "refs");
	size_t i;
	json_t *ref;

	if (json_array_size(refs) == 0)
		return;
	fputs("<p class=\"refs\">The rule comes from: ", out);
	json_array_foreach((json_t *)refs, i, ref) {
		const char *text = json_string_value(ref);

		if (i > 0)
			fputs("; ", out);
		if (text && (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0))
			html_put(out, "<a rel=\"noreferrer\" href=\"%s\">%s</a>", text, text);
		else
			html_put(out, "<code>%s</code>", text);
	}
	fputs("</p>\n", out);
}

void html_claim_explain(struct html_page *p, const char *claim)
{
	const json_t *declared = record_declared(p->rec, "claims", claim);

	fputs("<div class=\"explain\">", p->out);
	html_markdown(p->out, record_get_str(declared, "explain"));
	put_refs(p->out, declared);
	fputs("</div>\n", p->out);
}

void html_claims(struct html_page *p)
{
	size_t i, k;
	json_t *result, *other;

	fputs("<section id=\"claims\"><h2>Every promise, and what was compared</h2>\n", p->out);
	json_array_foreach((json_t *)p->list, i, result) {
		const char *claim = record_get_str(result, "claim");

		if (!html_claim_is_first(p, i))
			continue;
		html_anchor(p->out, "<details class=\"claim\" id=\"c-", claim, NULL);
		html_put(p->out, "\"><summary><b>%s</b> %s</summary>\n", claim,
			 html_claim_summary(p, claim));
		html_claim_explain(p, claim);
		json_array_foreach((json_t *)p->list, k, other)
			if (strcmp(record_get_str(other, "claim"), claim) == 0)
				put_result(p, other);
		fputs("</details>\n", p->out);
	}
	fputs("</section>\n", p->out);
}
