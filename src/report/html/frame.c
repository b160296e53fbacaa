// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands around the sections: the document's head with its style and script (html.css,
 * html.js, embedded), and its foot. The policy in the head forbids every load, so that hostile text
 * in a run could not call home even if it got past html_put.
 */
#include "report/html/html.h"

/* Made of html.css and html.js by the build; the policy lets no script run but this one. */
extern const char html_css_text[], html_js_text[], html_js_text_sha256[];

void html_begin(struct html_page *p)
{
	FILE *out = p->out;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
	      "'sha256-",
	      out);
	fputs(html_js_text_sha256, out);
	fputs("'; base-uri 'none'; form-action 'none'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"referrer\" content=\"no-referrer\"/>\n",
	      out);
	html_put(out, "<title>hotproof: %s, %s</title>\n<style>",
		 record_get_str(p->results, "kernel"), record_get_str(p->results, "run"));
	fputs(html_css_text, out);
	fputs("</style></head>\n<body>\n<svg class=\"defs\" aria-hidden=\"true\"><defs>"
	      "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	      "<rect width=\"7\" height=\"7\"/><path d=\"M1.5 0V7\"/></pattern></defs></svg>\n<main>\n",
	      out);
}

void html_end(struct html_page *p)
{
	html_put(
		p->out,
		"</main>\n<footer>Made by hotproof from %s alone. Times are the box's own, since its boot.</footer>\n<script>",
		record_get_str(p->results, "run"));
	fputs(html_js_text, p->out);
	fputs("</script>\n</body></html>\n", p->out);
}
