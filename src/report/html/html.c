// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report that people look at: one self-contained HTML file. It loads nothing, reads without
 * script, and follows from the run's files alone. Here is only the order of its sections: what
 * broke comes first.
 */
#include "report/html/html.h"

int report_html(const struct record *run, const json_t *results, FILE *out,
		const struct report_options *options)
{
	struct html_page p = { .out = out,
			       .rec = run,
			       .results = results,
			       .before = options ? options->before : NULL };
	int r;

	r = html_page_load(&p);
	if (r >= 0) {
		html_begin(&p);
		html_head(&p);
		html_strip(&p);
		html_notes(&p);
		html_table(&p);
		html_failures(&p);
		html_untried(&p);
		html_act_section(&p);
		html_disruption(&p);
		html_cost(&p);
		html_claims(&p);
		html_repeat(&p);
		html_end(&p);
	}
	html_page_free(&p);
	return r;
}
