// SPDX-License-Identifier: GPL-2.0-or-later
/* The box and all verdicts in one document, for programs. What a claim means is in the catalogue:
 * it is not repeated here. */
#include "report/report.h"

#include <errno.h>

int report_json(const struct record *run, const json_t *results, FILE *out,
		const struct report_options *options)
{
	json_t *doc = json_pack("{s:i, s:O, s:O}", "format", 1, "meta", run->meta, "results",
				(json_t *)results);
	int r;

	(void)options;
	if (!doc)
		return -ENOMEM;
	r = json_dumpf(doc, out, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(doc);
	fputc('\n', out);
	return r < 0 ? -EIO : 0;
}
