// SPDX-License-Identifier: GPL-2.0-or-later
/* /rules: what is expected: rules that take cells away, and kernels that wait for their first run.
 */
#include <errno.h>
#include <string.h>

#include "base/wait.h"
#include "site/pages/page.h"
#include "site/web/site.h"
#include "store/cells/rule.h"
#include "store/people/event.h"

#define SHOWN 300

static void put_pattern(struct out *out, const char *name, const char *value)
{
	if (*value)
		out_put(out, "%s <code>%s</code> ", name, value);
}

/* A form of one button; `what` is said to those who do not see the row. */
static void put_button(struct request *r, const char *path, int64_t id, const char *word,
		       const char *what)
{
	struct out *out = &r->reply.body;

	if (r->who.role < ACCOUNT_MAINTAINER)
		return;
	out_put(out, "<form method=\"post\" action=\"%s/%lld\">", path, (long long)id);
	page_token(r);
	out_put(out, "<button>%s<span class=\"h\"> %s</span></button></form>", word, what);
}

static int put_rules(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = rule_list(r->db, &rows, &r->err);

	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			out_raw(out,
				"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rules\">"
				"<table class=\"list\"><thead><tr><th scope=\"col\">Where</th>"
				"<th scope=\"col\">Why it does not apply</th><th scope=\"col\">By</th>"
				"</tr></thead>\n<tbody>");
		out_raw(out, "<tr><td>");
		put_pattern(out, "scenario", rows_text(&rows, RULE_SCENARIO));
		put_pattern(out, "claim", rows_text(&rows, RULE_CLAIM));
		put_pattern(out, "architecture", rows_text(&rows, RULE_ARCH));
		put_pattern(out, "machine", rows_text(&rows, RULE_MACHINE));
		put_pattern(out, "kernels from", rows_text(&rows, RULE_FROM));
		put_pattern(out, "kernels before", rows_text(&rows, RULE_BEFORE));
		out_put(out, "</td><td class=\"why\">%s</td><td>%s<br/><small>",
			rows_text(&rows, RULE_REASON), rows_text(&rows, RULE_BY));
		out_time(out, rows_int(&rows, RULE_AT));
		out_raw(out, "</small>");
		put_button(r, "/rules", rows_int(&rows, RULE_ID), "Remove", "this rule");
		out_raw(out, "</td></tr>\n");
	}
	out_raw(out, count ? "</tbody></table></div>\n"
			   : "<p>There is none: every claim is expected of every target.</p>\n");
	return n;
}

static int put_wanted(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = wanted_list(r->db, SHOWN, &rows, &r->err);

	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			out_raw(out,
				"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Wanted\">"
				"<table class=\"list\"><thead><tr><th scope=\"col\">Kernel</th>"
				"<th scope=\"col\">Machine</th><th scope=\"col\">Options</th>"
				"<th scope=\"col\">Since</th></tr></thead>\n<tbody>");
		out_put(out, "<tr><td>%s</td><td>", rows_text(&rows, WANTED_KERNEL));
		page_link(out, "machine", rows_text(&rows, WANTED_MACHINE));
		out_put(out, "</td><td>%s</td><td>", rows_text(&rows, WANTED_OPTIONS));
		out_time(out, rows_int(&rows, WANTED_SINCE));
		put_button(r, "/wanted", rows_int(&rows, WANTED_ID), "Not wanted", "any more");
		out_raw(out, "</td></tr>\n");
	}
	out_raw(out, count ? "</tbody></table></div>\n"
			   : "<p>None: each kernel was tried at least once on each machine that it "
			     "is wanted on. <a href=\"/cells?state=never-tried\">Which claims were "
			     "never tried there</a>.</p>\n");
	return n;
}

static void put_field(struct out *out, const char *name, const char *label, bool is_required)
{
	out_put(out, "<label>%s <input name=\"%s\" maxlength=\"500\"%s/></label>", label, name,
		is_required ? " required" : "");
}

static int put_wanted_form(struct request *r)
{
	struct out *out = &r->reply.body;
	int n;

	if (r->who.role < ACCOUNT_MAINTAINER)
		return 0;
	out_raw(out, "<form method=\"post\" class=\"row\" action=\"/wanted\">");
	page_token(r);
	put_field(out, "kernel", "Kernel (as uname -r says it)", true);
	n = page_menu(r, "machine", "on machine", NULL);
	put_field(out, "options", "with options", false);
	out_raw(out, "<button>Expect it</button></form>\n");
	return n;
}

static void put_rule_form(struct request *r)
{
	struct out *out = &r->reply.body;

	if (r->who.role < ACCOUNT_MAINTAINER)
		return;
	out_raw(out,
		"<h3>A new rule</h3><p class=\"note\">Patterns may hold * and ?; an empty field is any."
		"</p><form method=\"post\" class=\"column\" action=\"/rules\">");
	page_token(r);
	put_field(out, "scenario", "Scenario", false);
	put_field(out, "claim", "Claim", false);
	put_field(out, "arch", "Architecture", false);
	put_field(out, "machine", "Machine", false);
	put_field(out, "from", "Kernels from", false);
	put_field(out, "before", "Kernels before", false);
	put_field(out, "reason", "Why it does not apply there", true);
	out_raw(out, "<button>Add it</button></form>\n");
}

int page_rules(struct request *r)
{
	struct out *out;
	int n;

	if (!request_db(r))
		return -r->err.code;
	out = page_begin(r, "What is expected", "/rules");
	out_raw(out,
		"<p class=\"summary\">Every claim of the catalogue in every scenario that watches it, on every "
		"kernel and machine of a run or a wish, but for what a rule takes away.</p>\n"
		"<h2>Wanted, and never tried</h2>\n");
	n = put_wanted(r);
	if (n >= 0)
		n = put_wanted_form(r);
	out_raw(out, "<h2>Rules</h2>\n");
	if (n >= 0)
		n = put_rules(r);
	put_rule_form(r);
	return n < 0 ? n : page_end(r);
}

/* After a change: who did it, what watchers are told, and back to the page. */
static int done(struct request *r, struct db *db, const char *what, const char *detail)
{
	int n = account_audit(db, r->now, r->who.name, what, detail, &r->err);

	if (n >= 0)
		n = event_add(db, r->now, "rule", detail, "{}", &r->err);
	return n < 0 ? n : request_see(r, "/rules");
}

int page_rules_replan(struct request *r)
{
	/* Others write between the steps. */
	if (r->db) {
		site_return(r->site, r->db);
		r->db = NULL;
	}
	return work_replan(r->site, wait_monotonic_ns() + LIMITS_REPLAN_S * NS_PER_S, r->now,
			   &r->err);
}

int page_rule_add(struct request *r)
{
	const struct rule_new rule = { .scenario = request_form(r, "scenario"),
				       .claim = request_form(r, "claim"),
				       .arch = request_form(r, "arch"),
				       .machine = request_form(r, "machine"),
				       .from = request_form(r, "from"),
				       .before = request_form(r, "before"),
				       .reason = request_form(r, "reason"),
				       .by = r->who.name };
	int64_t id = 0;
	struct db *db = page_check_token(r) < 0 ? NULL : request_writer(r);

	if (!db || rule_add(db, &rule, r->now, &id, &r->err) < 0 ||
	    done(r, db, "rule", rule.reason) < 0 || page_rules_replan(r) < 0)
		return -r->err.code;
	return 0;
}

int page_rule_remove(struct request *r)
{
	int64_t id = 0;
	struct db *db = page_check_token(r) < 0 || request_id(r, 0, &id) < 0 ? NULL
									     : request_writer(r);

	if (!db || rule_remove(db, id, &r->err) < 0 ||
	    done(r, db, "rule removed", r->parts[0]) < 0 || page_rules_replan(r) < 0)
		return -r->err.code;
	return 0;
}

int page_wanted_add(struct request *r)
{
	const char *machine = request_form(r, "machine"), *kernel = request_form(r, "kernel");
	struct db *db = page_check_token(r) < 0 ? NULL : request_writer(r);

	if (!db || wanted_add(db, machine, kernel, request_form(r, "options"), r->now, &r->err) < 0)
		return -r->err.code;
	return done(r, db, "wanted", kernel);
}

int page_wanted_remove(struct request *r)
{
	int64_t id = 0;
	struct db *db = page_check_token(r) < 0 || request_id(r, 0, &id) < 0 ? NULL
									     : request_writer(r);

	if (!db || wanted_remove(db, id, r->now, &r->err) < 0)
		return -r->err.code;
	return done(r, db, "not wanted", r->parts[0]);
}
