// SPDX-License-Identifier: GPL-2.0-or-later
/* /cell/N: what is known of one cell: its state and why, its history, where else it was tried. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "site/pages/cells.h"
#include "site/pages/page.h"
#include "store/cells/list.h"

#define HISTORY 60

static void put_fact(struct out *out, const char *name, const char *kind, const char *value)
{
	out_put(out, "<div><dt>%s</dt><dd>", name);
	if (kind)
		page_link(out, kind, value);
	else
		out_put(out, "%s", value);
	out_raw(out, "</dd></div>");
}

static void put_facts(struct out *out, const struct rows *c)
{
	out_raw(out, "<dl class=\"facts\">");
	put_fact(out, "Claim", "claim", rows_text(c, LIST_CELL_CLAIM));
	put_fact(out, "Scenario", "scenario", rows_text(c, LIST_CELL_SCENARIO));
	put_fact(out, "Machine", "machine", rows_text(c, LIST_CELL_MACHINE));
	put_fact(out, "Architecture", NULL, rows_text(c, LIST_CELL_ARCH));
	put_fact(out, "Kernel", NULL, rows_text(c, LIST_CELL_KERNEL));
	if (*rows_text(c, LIST_CELL_OPTIONS))
		put_fact(out, "Options", NULL, rows_text(c, LIST_CELL_OPTIONS));
	if (*rows_text(c, LIST_CELL_RUN))
		put_fact(out, "Newest run", "run", rows_text(c, LIST_CELL_RUN));
	if (*rows_text(c, LIST_CELL_SINCE))
		put_fact(out, "So since", "run", rows_text(c, LIST_CELL_SINCE));
	if (*rows_text(c, LIST_CELL_OWNER))
		put_fact(out, "Worked on by", NULL, rows_text(c, LIST_CELL_OWNER));
	out_raw(out, "</dl>\n");
}

static void put_state(struct out *out, const struct rows *c)
{
	enum cell_state state = (enum cell_state)rows_int(c, LIST_CELL_STATE);
	const char *rule = rows_text(c, LIST_CELL_RULE);

	out_raw(out, "<p class=\"verdict\">");
	page_state(out, state);
	out_put(out, " %s</p>\n", cell_words[state < CELL_STATES ? state : CELL_ERROR].explain);
	if (*rule)
		out_put(out, "<p>%s</p>\n", rule);
	else if (*rows_text(c, LIST_CELL_WHY))
		out_put(out, "<p class=\"why\">%s</p>\n", rows_text(c, LIST_CELL_WHY));
	if (!rows_int(c, LIST_CELL_EXPECTED))
		out_raw(out,
			"<p class=\"note\">Nobody expects it any more: the catalogue does not name it, "
			"or its machine is retired. It counts nowhere.</p>\n");
}

static int put_history(struct request *r, int64_t id)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = list_history(r->db, id, HISTORY, &rows, &r->err);

	out_raw(out, "<h2>History</h2>\n");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		const char *letter = rows_text(&rows, LIST_HISTORY_LETTER);

		if (count++ == 0)
			out_raw(out,
				"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"History\">"
				"<table class=\"list\"><thead><tr><th scope=\"col\">When</th>"
				"<th scope=\"col\">Result</th><th scope=\"col\">Run</th><th scope=\"col\">Report</th>"
				"<th scope=\"col\">Exercised</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>");
		out_raw(out, "<tr><td>");
		out_time(out, rows_int(&rows, LIST_HISTORY_AT));
		out_raw(out, "</td><td>");
		page_state(out, cell_base(letter));
		out_raw(out, "</td><td>");
		page_link(out, "run", rows_text(&rows, LIST_HISTORY_RUN));
		out_raw(out, "</td><td><a class=\"plain\" href=\"/run/");
		out_url(out, rows_text(&rows, LIST_HISTORY_RUN));
		out_raw(out, "/report\">pictures</a>");
		out_put(out,
			"</td><td class=\"num\">%lld of %lld</td><td class=\"why\">%s</td></tr>\n",
			(long long)rows_int(&rows, LIST_HISTORY_EXERCISED),
			(long long)rows_int(&rows, LIST_HISTORY_EXPECTED),
			rows_text(&rows, LIST_HISTORY_WHY));
	}
	out_raw(out, count ? "</tbody></table></div>\n" : "<p>It was never tried here.</p>\n");
	return n;
}

/* First what the same machine said with other kernels and options: that is where it changed. */
static int put_elsewhere(struct request *r, int64_t id, const char *machine)
{
	static const char *const titles[] = { "The same on this machine", "The same elsewhere" };
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int part = -1, n = list_elsewhere(r->db, id, HISTORY, &rows, &r->err);

	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		int is_other = strcmp(rows_text(&rows, LIST_CELL_MACHINE), machine) != 0;

		if (part != is_other) {
			if (part >= 0)
				cells_table_end(out);
			part = is_other;
			out_put(out, "<h2>%s</h2>\n", titles[part]);
			cells_table_begin(out, titles[part]);
		}
		cells_table_row(out, &rows);
	}
	if (part >= 0)
		cells_table_end(out);
	return n;
}

static void put_owner(struct request *r, int64_t id, const char *owner)
{
	struct out *out = &r->reply.body;

	if (r->who.role < ACCOUNT_SUBMITTER)
		return;
	out_put(out, "<form method=\"post\" action=\"/cell/%lld/owner\" class=\"row\">",
		(long long)id);
	page_token(r);
	out_put(out,
		"<label>Who works on it <input name=\"owner\" maxlength=\"100\" value=\"%s\"/></label>"
		"<button>Save</button></form>\n",
		*owner ? owner : r->who.name);
}

int page_cell(struct request *r)
{
	_cleanup_rows_ struct rows cell = { 0 };
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n < 0 || !request_db(r))
		return -r->err.code;
	n = list_cell(r->db, id, &cell, &r->err);
	if (n >= 0)
		n = rows_next(&cell, &r->err);
	if (n == 0)
		return error_set(&r->err, ENOENT, "there is no cell %" PRId64, id);
	if (n < 0)
		return n;
	page_begin(r, rows_text(&cell, LIST_CELL_CLAIM), "/matrix");
	out_put(&r->reply.body, "<p class=\"summary\">%s</p>\n",
		rows_text(&cell, LIST_CELL_SUMMARY));
	put_state(&r->reply.body, &cell);
	put_facts(&r->reply.body, &cell);
	put_owner(r, id, rows_text(&cell, LIST_CELL_OWNER));
	n = put_history(r, id);
	if (n >= 0)
		n = put_elsewhere(r, id, rows_text(&cell, LIST_CELL_MACHINE));
	return n < 0 ? n : page_end(r);
}

int page_cell_owner(struct request *r)
{
	const char *owner = request_form(r, "owner");
	int64_t id = 0;
	struct db *db;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = page_check_token(r);
	if (n >= 0 && strlen(owner) > LIMITS_NAME)
		n = error_set(&r->err, EINVAL, "that name is too long");
	if (n < 0)
		return n;
	db = request_writer(r);
	if (!db)
		return -r->err.code;
	n = db_run(db, &r->err, "UPDATE cell SET owner=?2 WHERE id=?1", "is", id, owner);
	return n < 0 ? n : request_see(r, "/cell/%" PRId64, id);
}
