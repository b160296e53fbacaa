// SPDX-License-Identifier: GPL-2.0-or-later
/* The lesser parts of the text report: known defects, what was skipped, grouped by its reason, and
 * how much the acts disturbed. */
#include "report/text_internal.h"

#include <string.h>

#define WORST_SHOWN 5
#define CLAIMS_SHOWN 4

char *text_claims(const struct text *t, const char *scenario,
		  bool (*is_wanted)(const json_t *result, const void *arg), const void *arg)
{
	json_t *result;
	char *list = NULL;
	size_t len, i, n = 0;
	FILE *f = open_memstream(&list, &len);

	if (!f)
		return NULL;
	json_array_foreach(t->list, i, result) {
		if (strcmp(record_get_str(result, "scenario"), scenario) != 0 ||
		    !is_wanted(result, arg))
			continue;
		if (n < CLAIMS_SHOWN)
			fprintf(f, "%s%s", n ? ", " : "", record_get_str(result, "claim"));
		n++;
	}
	if (n > CLAIMS_SHOWN)
		fprintf(f, " and %zu more", n - CLAIMS_SHOWN);
	fclose(f);
	if (n == 0) {
		free(list);
		return NULL;
	}
	return list;
}

bool text_is_known(const json_t *result)
{
	return json_is_object(json_object_get(result, "known"));
}

static bool is_first_of_defect(const struct text *t, size_t at)
{
	const json_t *result = json_array_get(t->list, at);

	for (size_t i = 0; i < at; i++)
		if (json_equal(json_object_get(json_array_get(t->list, i), "known"),
			       json_object_get(result, "known")))
			return false;
	return true;
}

void text_put_defect(const struct text *t, const json_t *result)
{
	const json_t *known = json_object_get(result, "known");

	text_field(t, "defect", record_get_str(known, "summary"));
	text_field(t, "see", record_get_str(known, "reference"));
}

/* One defect, and in which scenarios it was met. A crash is told where the other crashes are. */
static void put_defect(const struct text *t, const json_t *first)
{
	const json_t *known = json_object_get(first, "known");
	const char *claim = record_get_str(first, "claim");
	json_t *result;
	size_t i, n = 0;

	text_heading(t, TEXT_WARN, "KNOWN DEFECT %s", claim);
	text_put_defect(t, first);
	json_array_foreach(t->list, i, result) {
		if (!json_equal(json_object_get(result, "known"), known))
			continue;
		text_fieldf(t, n++ ? "" : "seen", "%s: %lld of %lld times; %s",
			    record_get_str(result, "scenario"),
			    (long long)record_get_int(result, "unmet"),
			    (long long)record_get_int(result, "exercised"),
			    record_get_str(result, "why"));
	}
	text_fieldf(t, "explain", "hotproof explain %s", claim);
}

void text_known(const struct text *t)
{
	json_t *result;
	size_t i;

	json_array_foreach(t->list, i, result) {
		if (text_is_known(result) &&
		    strcmp(record_get_str(result, "verdict"), "fail") == 0 &&
		    is_first_of_defect(t, i))
			put_defect(t, result);
	}
}

static bool is_skip(const json_t *result)
{
	return strcmp(record_get_str(result, "verdict"), "skip") == 0;
}

int text_count(const struct text *t, const char *scenario,
	       bool (*is_wanted)(const json_t *result, const void *arg), const void *arg)
{
	json_t *result;
	size_t i;
	int n = 0;

	json_array_foreach(t->list, i, result)
		n += (!scenario || strcmp(record_get_str(result, "scenario"), scenario) == 0) &&
		     (!is_wanted || is_wanted(result, arg));
	return n;
}

static bool is_any_skip(const json_t *result, const void *arg)
{
	return is_skip(result);
}

bool text_is_untried(const struct text *t, const char *scenario)
{
	int n = text_count(t, scenario, NULL, NULL);

	return n > 0 && text_count(t, scenario, is_any_skip, NULL) == n;
}

static bool has_same_reason(const json_t *a, const json_t *b)
{
	return strcmp(record_get_str(a, "kind"), record_get_str(b, "kind")) == 0 &&
	       strcmp(record_get_str(a, "why"), record_get_str(b, "why")) == 0;
}

static bool is_first_of_reason(const struct text *t, size_t at)
{
	const json_t *result = json_array_get(t->list, at);

	for (size_t i = 0; i < at; i++)
		if (is_skip(json_array_get(t->list, i)) &&
		    has_same_reason(json_array_get(t->list, i), result))
			return false;
	return true;
}

static const char *kind_label(const char *kind)
{
	if (strcmp(kind, "need") == 0)
		return "missing";
	return strcmp(kind, "limit") == 0 ? "limit" : "untried";
}

static bool is_skip_like(const json_t *result, const void *reason)
{
	return is_skip(result) && has_same_reason(result, reason);
}

static void put_reason(const struct text *t, const json_t *reason)
{
	text_field(t, kind_label(record_get_str(reason, "kind")), record_get_str(reason, "why"));
	text_colour(t, TEXT_DIM);
	for (size_t i = 0; i < t->run->n_scenarios; i++) {
		const char *scenario = t->run->scenarios[i].id;
		_cleanup_free_ char *claims = text_claims(t, scenario, is_skip_like, reason);

		int n = text_count(t, scenario, is_skip_like, reason);

		if (n > 4 && text_is_untried(t, scenario))
			text_fieldf(t, "", "%s: %d of its %d claims", scenario, n,
				    text_count(t, scenario, NULL, NULL));
		else if (claims)
			text_fieldf(t, "", "%s: %s", scenario, claims);
	}
	text_colour(t, TEXT_PLAIN);
}

void text_skips(const struct text *t)
{
	bool has_any = false;
	json_t *result;
	size_t i;

	json_array_foreach(t->list, i, result) {
		if (!is_skip(result))
			continue;
		if (!has_any)
			text_heading(t, TEXT_WARN, "SKIPPED");
		has_any = true;
		if (is_first_of_reason(t, i))
			put_reason(t, result);
	}
}

struct gap {
	int64_t ns;
	int cpu, act;
};

static int compare_gaps(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;

	return (x->ns < y->ns) - (x->ns > y->ns);
}

/* The worst gap of each act that had one, the worst act first. */
static size_t find_gaps(const struct text *t, struct gap *gaps)
{
	size_t n = 0;

	record_foreach(l, t->run, .type = "observe", .what = "heartbeat.gap",
		       .tries = RECORD_ANY_TRY) {
		const json_t *data = record_data(l);
		int64_t ns = record_get_int(data, "to") - record_get_int(data, "from");
		int act = (int)record_int(l, "act");
		size_t i = 0;

		while (i < n && gaps[i].act != act)
			i++;
		if (act <= 0 || (i == n && n == t->run->n_acts))
			continue;
		if (i < n && gaps[i].ns >= ns)
			continue;
		gaps[i] = (struct gap){ .ns = ns,
					.cpu = (int)record_get_int(data, "cpu"),
					.act = act };
		n += i == n;
	}
	qsort(gaps, n, sizeof(*gaps), compare_gaps);
	return n;
}

static void put_gaps(const struct text *t)
{
	_cleanup_free_ struct gap *gaps = calloc(t->run->n_acts + 1, sizeof(*gaps));
	size_t n = gaps ? find_gaps(t, gaps) : 0;
	char ms[32];

	for (size_t i = 0; i < n && i < WORST_SHOWN; i++) {
		const struct record_act *a = record_act(t->run, gaps[i].act);
		_cleanup_free_ char *name = NULL;
		size_t len;
		FILE *f = a ? open_memstream(&name, &len) : NULL;

		if (f) {
			report_put_act(f, a);
			fclose(f);
		}
		text_fieldf(t, i ? "" : "stalls", "%s on cpu%d in act %d%s%s%s",
			    report_ms(gaps[i].ns, ms, sizeof(ms)), gaps[i].cpu, gaps[i].act,
			    name ? " (" : "", name ? name : "", name ? ")" : "");
	}
	if (n > WORST_SHOWN)
		text_fieldf(t, "", "and less in %zu more", n - WORST_SHOWN);
}

static void put_packets(const struct text *t)
{
	long sent = 0, lost = 0, twice = 0;
	int64_t worst = 0;
	char ms[32];

	record_foreach(l, t->run, .type = "datagram", .tries = RECORD_ANY_TRY) {
		const json_t *back = json_object_get(l->json, "back");
		int64_t trip = json_integer_value(back) - record_int(l, "sent");

		sent++;
		lost += !json_is_integer(back);
		twice += record_int(l, "copies") > 1;
		if (json_is_integer(back) && trip > worst)
			worst = trip;
	}
	if (sent > 0)
		text_fieldf(
			t, "packets",
			"%ld from outside: %ld unanswered, %ld duplicated, slowest answer after %s",
			sent, lost, twice, report_ms(worst, ms, sizeof(ms)));
}

static bool has_any(const struct text *t, const char *type, const char *what)
{
	return record_next(
		t->run, NULL,
		&(struct record_filter){ .type = type, .what = what, .tries = RECORD_ANY_TRY });
}

void text_disruption(const struct text *t)
{
	if (!has_any(t, "observe", "heartbeat.gap") && !has_any(t, "datagram", NULL))
		return;
	text_heading(t, TEXT_BOLD, "DISRUPTION");
	put_gaps(t);
	put_packets(t);
}
