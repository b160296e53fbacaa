// SPDX-License-Identifier: GPL-2.0-or-later
/* /machines: the inventory; /machine/NAME: one of them, and the form to change it. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "site/pages/page.h"
#include "site/pages/runs.h"
#include "site/web/site.h"
#include "store/cells/list.h"
#include "store/cells/machine.h"
#include "store/people/event.h"
#include "store/take/signature.h"

enum {
	ID,
	NAME,
	ARCH,
	SUMMARY,
	PLATFORM,
	CAPABILITIES,
	OWNER,
	PLACE,
	LENT_TO,
	LENT_UNTIL,
	HEALTH,
	HEALTH_WHY,
	CONSOLE,
	EVERY_DAYS,
	KEY,
	KERNELS,
	LAST
};

#define COLUMNS                                                                                    \
	"SELECT m.id,m.name,m.arch,m.summary,m.platform,m.capabilities,m.owner,m.place,m.lent_to," \
	"m.lent_until,m.health,m.health_why,m.console,m.every_days,m.signing_key,"                 \
	"(SELECT count(DISTINCT kernel) FROM target WHERE machine=m.id),"                          \
	"(SELECT coalesce(max(last_at),0) FROM target WHERE machine=m.id) FROM machine m"

static const char *const healths[] = { "good", "degraded", "does-not-boot", "maintenance",
				       "retired" };

static void put_health(struct out *out, const char *health)
{
	out_put(out, "<span class=\"state h-%s\">%s</span>", health, health);
}

static void put_row(struct out *out, const struct rows *m, const struct matrix_count *count)
{
	out_raw(out, "<tr><td class=\"id\">");
	page_link(out, "machine", rows_text(m, NAME));
	out_put(out, "<br/><small>%s</small></td><td>%s</td><td>", rows_text(m, SUMMARY),
		rows_text(m, ARCH));
	put_health(out, rows_text(m, HEALTH));
	out_put(out, " <small>%s</small></td><td>%s</td><td>%s</td><td class=\"num\">%lld</td><td>",
		rows_text(m, HEALTH_WHY), rows_text(m, OWNER), rows_text(m, PLACE),
		(long long)rows_int(m, KERNELS));
	out_time(out, rows_int(m, LAST));
	out_put(out, "</td><td class=\"num\">%d%%</td><td>",
		count && matrix_coverage(count) > 0 ? matrix_coverage(count) : 0);
	if (count && count->n[CELL_BLOCKED])
		out_put(out, "repairing it unlocks %d cells", count->n[CELL_BLOCKED]);
	out_raw(out, "</td></tr>\n");
}

int page_machines(struct request *r)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	struct db *db = request_db(r);
	struct out *out;
	int n = db ? db_select(db, &rows, &r->err, COLUMNS " ORDER BY m.name", NULL) : -r->err.code;

	if (n >= 0)
		n = matrix_by(site_cube(r->site), db, MATRIX_MACHINE, &(struct filter){ 0 }, &m,
			      &r->err);
	if (n < 0)
		return n;
	out = page_begin(r, "Machines", "/machines");
	out_raw(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Machines\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">Machine</th><th scope=\"col\">Arch</th>"
		"<th scope=\"col\">Health</th><th scope=\"col\">Owner</th><th scope=\"col\">Place</th>"
		"<th scope=\"col\">Kernels</th><th scope=\"col\">Last heard of</th><th scope=\"col\">Proved"
		"</th><th scope=\"col\">To do</th></tr></thead>\n<tbody>");
	while ((n = rows_next(&rows, &r->err)) == 1)
		put_row(out, &rows, matrix_find(m, rows_text(&rows, NAME)));
	out_raw(out,
		"</tbody></table></div>\n<p class=\"note\">A run from a machine that is not known "
		"registers it. <a href=\"/dates.ics\">Calendar</a> of lendings and of the days on which "
		"they are to be heard of.</p>\n");
	page_follow(r, "machines", &(struct filter){ 0 });
	return n < 0 ? n : page_end(r);
}

static void put_fact(struct out *out, const char *name, const char *value)
{
	if (*value)
		out_put(out, "<div><dt>%s</dt><dd>%s</dd></div>", name, value);
}

/* "" when it has none. */
static void read_key(const struct rows *m, char text[SIGNATURE_KEY_TEXT])
{
	size_t len;
	const void *key = rows_blob(m, KEY, &len);

	*text = '\0';
	if (key && len == SIGNATURE_KEY)
		signature_key_text(key, text);
}

static void put_facts(struct out *out, const struct rows *m, int blocked)
{
	char key[SIGNATURE_KEY_TEXT];

	out_raw(out, "<p class=\"verdict\">");
	put_health(out, rows_text(m, HEALTH));
	out_put(out, " %s</p>\n<dl class=\"facts\">", rows_text(m, HEALTH_WHY));
	put_fact(out, "Architecture", rows_text(m, ARCH));
	put_fact(out, "Platform", rows_text(m, PLATFORM));
	put_fact(out, "Capabilities", rows_text(m, CAPABILITIES));
	put_fact(out, "Owner", rows_text(m, OWNER));
	put_fact(out, "Place", rows_text(m, PLACE));
	put_fact(out, "Lent to", rows_text(m, LENT_TO));
	put_fact(out, "Until", rows_text(m, LENT_UNTIL));
	read_key(m, key);
	put_fact(out, "Signs its runs", *key ? "yes, and must" : "no");
	put_fact(out, "Key", key);
	out_raw(out, "<div><dt>Last heard of</dt><dd>");
	out_time(out, rows_int(m, LAST));
	out_raw(out, "</dd></div></dl>\n");
	if (blocked)
		out_put(out, "<p>Repairing it unlocks %d cells.</p>\n", blocked);
	if (*rows_text(m, CONSOLE))
		out_put(out, "<h2>Last of its console</h2>\n<pre tabindex=\"0\">%s</pre>\n",
			rows_text(m, CONSOLE));
}

static void put_input(struct out *out, const char *name, const char *label, const char *value)
{
	out_put(out, "<label>%s <input name=\"%s\" maxlength=\"500\" value=\"%s\"/></label>", label,
		name, value);
}

static void put_form(struct request *r, const struct rows *m)
{
	struct out *out = &r->reply.body;
	char key[SIGNATURE_KEY_TEXT];

	if (r->who.role < ACCOUNT_MAINTAINER)
		return;
	read_key(m, key);
	out_raw(out,
		"<details><summary>Change it</summary><form method=\"post\" class=\"column\" action=\"/machine/");
	out_url(out, rows_text(m, NAME));
	out_raw(out, "\">");
	page_token(r);
	out_raw(out, "<label>Health <select name=\"health\">");
	for (size_t i = 0; i < ARRAY_SIZE(healths); i++)
		out_put(out, "<option%s>%s</option>",
			strcmp(healths[i], rows_text(m, HEALTH)) == 0 ? " selected" : "",
			healths[i]);
	out_raw(out, "</select></label>");
	put_input(out, "health_why", "Why", rows_text(m, HEALTH_WHY));
	put_input(out, "summary", "Summary", rows_text(m, SUMMARY));
	put_input(out, "platform", "Platform", rows_text(m, PLATFORM));
	put_input(out, "capabilities", "Capabilities", rows_text(m, CAPABILITIES));
	put_input(out, "owner", "Owner", rows_text(m, OWNER));
	put_input(out, "place", "Place", rows_text(m, PLACE));
	put_input(out, "lent_to", "Lent to", rows_text(m, LENT_TO));
	out_put(out,
		"<label>Lent until <input name=\"lent_until\" type=\"date\" value=\"%s\"/></label>",
		rows_text(m, LENT_UNTIL));
	put_input(out, "key", "Key that it signs with (what 'hotproof tracker key' printed)", key);
	out_put(out,
		"<label>Expected every N days (0: no schedule) <input name=\"every_days\" "
		"type=\"number\" min=\"0\" max=\"3650\" value=\"%lld\"/></label>",
		(long long)rows_int(m, EVERY_DAYS));
	out_put(out,
		"<label>Last of its console <textarea name=\"console\" rows=\"4\">%s</textarea></label>",
		rows_text(m, CONSOLE));
	out_raw(out, "<button>Save</button></form></details>\n");
}

static int put_runs(struct request *r, const char *name)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = list_runs(r->db, &(struct filter){ .machine = name }, (struct list_run_key){ 0 },
			  20, &rows, &r->err);

	out_raw(out, "<h2>Newest runs</h2>\n");
	runs_table_begin(out);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		runs_table_row(out, &rows);
	out_raw(out, "</tbody></table></div>\n");
	return n;
}

int page_machine(struct request *r)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	struct db *db = request_db(r);
	struct out *out;
	int n = db ? db_select(db, &rows, &r->err, COLUMNS " WHERE m.name=?1", "s", r->parts[0])
		   : -r->err.code;

	if (n >= 0)
		n = rows_next(&rows, &r->err);
	if (n == 0)
		return error_set(&r->err, ENOENT, "there is no machine \"%.80s\"", r->parts[0]);
	if (n >= 0)
		n = matrix_read(site_cube(r->site), db, MATRIX_MACHINE, MATRIX_KERNEL,
				&(struct filter){ .machine = r->parts[0] }, &m, &r->err);
	if (n < 0)
		return n;
	out = page_begin(r, r->parts[0], "/machines");
	out_put(out, "<p class=\"summary\">%s</p>\n", rows_text(&rows, SUMMARY));
	put_facts(out, &rows, m->all.n[CELL_BLOCKED]);
	page_coverage(out, &m->all);
	out_raw(out, "<p><a href=\"/matrix?rows=subject&amp;columns=kernel&amp;machine=");
	out_url(out, r->parts[0]);
	out_raw(out, "\">Its matrix</a> · <a href=\"/trends?machine=");
	out_url(out, r->parts[0]);
	out_raw(out, "\">its trends</a></p>\n");
	put_form(r, &rows);
	n = put_runs(r, r->parts[0]);
	return n < 0 ? n : page_end(r);
}

static const char *given(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->form.n; i++)
		if (strcmp(r->form.list[i].name, name) == 0)
			return r->form.list[i].value;
	return NULL;
}

int page_machine_change(struct request *r, const char *const *names, size_t n_names,
			const struct machine_change *change)
{
	struct db *db = request_writer(r);
	int n = db ? machine_set_all(db, names, n_names, change, r->now, &r->err) : -r->err.code;

	for (size_t i = 0; n >= 0 && i < n_names; i++) {
		n = account_audit(db, r->now, r->who.name, "machine", names[i], &r->err);
		if (n >= 0)
			n = event_add(db, r->now, "machine", names[i], "{}", &r->err);
	}
	return n;
}

int page_machine_save(struct request *r)
{
	struct machine_change change = {
		.summary = given(r, "summary"),
		.platform = given(r, "platform"),
		.capabilities = given(r, "capabilities"),
		.owner = given(r, "owner"),
		.place = given(r, "place"),
		.lent_to = given(r, "lent_to"),
		.lent_until = given(r, "lent_until"),
		.health = given(r, "health"),
		.health_why = given(r, "health_why"),
		.console = given(r, "console"),
		.key = given(r, "key"),
		.every_days = -1,
	};
	const char *days = request_form(r, "every_days");
	struct out url = { 0 };
	int n = page_check_token(r);

	if (n >= 0 && *days &&
	    (text_to_int(days, &change.every_days) < 0 || change.every_days > 3650))
		n = error_set(&r->err, EINVAL, "\"%.20s\" is no number of days", days);
	if (n >= 0)
		n = page_machine_change(r, &r->parts[0], 1, &change);
	out_url(&url, r->parts[0]);
	if (n >= 0)
		n = request_see(r, "/machine/%s", url.text ? url.text : "");
	out_free(&url);
	return n;
}
