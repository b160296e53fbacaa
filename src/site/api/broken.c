// SPDX-License-Identifier: GPL-2.0-or-later
/* /broken.atom: runs that broke a promise, for feed readers. */
#include <stdio.h>
#include <time.h>

#include "site/api/api.h"
#include "site/pages/page.h"
#include "site/web/site.h"
#include "store/cells/list.h"

static void put_base(struct request *r)
{
	out_raw(&r->reply.body, site_setup_of(r->site)->is_https ? "https://" : "http://");
	out_put(&r->reply.body, "%s", r->host ? r->host : "localhost");
}

static void put_entry(struct request *r, const struct rows *run)
{
	struct out *out = &r->reply.body;
	int64_t bad = rows_int(run, LIST_RUN_FAIL) + rows_int(run, LIST_RUN_CRASH) +
		      rows_int(run, LIST_RUN_TIMEOUT);

	out_put(out,
		"<entry><title>%lld broken on %s, %s</title><id>urn:hotproof:run:", (long long)bad,
		rows_text(run, LIST_RUN_MACHINE), rows_text(run, LIST_RUN_KERNEL));
	out_url(out, rows_text(run, LIST_RUN_NAME));
	out_raw(out, "</id><link href=\"");
	put_base(r);
	out_raw(out, "/run/");
	out_url(out, rows_text(run, LIST_RUN_NAME));
	out_raw(out, "\"/><updated>");
	time_t t = (time_t)rows_int(run, LIST_RUN_RECEIVED);
	char stamp[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	out_put(out, "%s</updated></entry>\n", stamp);
}

/* Runs that broke a promise; of a machine, an architecture or a kernel with the filter's fields. */
int api_atom(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	struct filter filter;
	char stamp[32] = "1970-01-01T00:00:00Z";
	struct tm tm;
	time_t now = (time_t)r->now / 3600 * 3600;
	int n;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	n = list_runs(r->db, &filter, (struct list_run_key){ 0 }, LIMITS_PAGE_ROWS, &rows, &r->err);
	if (gmtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	r->reply.type = "application/atom+xml; charset=utf-8";
	out_put(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">"
		"<title>hotproof: runs that broke a promise</title><id>urn:hotproof:broken</id>"
		"<author><name>hotproof</name></author><updated>%s</updated>\n",
		stamp);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		if (rows_int(&rows, LIST_RUN_FAIL) || rows_int(&rows, LIST_RUN_CRASH) ||
		    rows_int(&rows, LIST_RUN_TIMEOUT))
			put_entry(r, &rows);
	out_raw(out, "</feed>\n");
	return n;
}
