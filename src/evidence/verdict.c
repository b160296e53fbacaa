// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict rules of docs/run-format.md, in their order, over the lines of one claim of one
 * scenario. Pure: no clock, no kernel, no file but the run's. The document around the verdicts is
 * results.c.
 */
#include "evidence/verdict_internal.h"

#include <stdarg.h>
#include <string.h>

#include "evidence/known.h"

/* What is being found out about one claim. */
struct finding {
	const struct record *run;
	const struct record_scenario *scenario;
	const char *claim;
	int expected, met, unmet, errors, limits, unexercised;
	enum verdict verdict;
	const char *kind; /* NULL: none */
	json_t *known;    /* borrowed; NULL: none */
	char *why;
	json_t *acts, *evidence;
};

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_PASS] = "pass",   [VERDICT_FAIL] = "fail",       [VERDICT_SKIP] = "skip",
		[VERDICT_ERROR] = "error", [VERDICT_TIMEOUT] = "timeout", [VERDICT_CRASH] = "crash",
	};

	return names[v];
}

static void set_why(struct finding *f, const char *fmt, ...) _printf_(2, 3);

static void set_why(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	free(f->why);
	va_start(ap, fmt);
	if (vasprintf(&f->why, fmt, ap) < 0)
		f->why = NULL;
	va_end(ap);
	/* One line, whatever a witness quoted. */
	for (char *c = f->why; c && *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

static void add_act(struct finding *f, int id)
{
	json_t *known;
	size_t i;

	if (id <= 0)
		return;
	json_array_foreach(f->acts, i, known)
		if (json_integer_value(known) == id)
			return;
	json_array_append_new(f->acts, json_integer(id));
}

static void add_evidence(struct finding *f, const struct record_line *l)
{
	json_array_append_new(f->evidence,
			      json_pack("{s:s, s:I}", "file", l->file, "seq", (json_int_t)l->seq));
	add_act(f, (int)record_int(l, "act"));
}

static void count(struct finding *f)
{
	record_foreach(l, f->run, .type = "expect", .scenario = f->scenario->id,
		       .claim = f->claim) {
		const char *result = record_str(l, "result");

		f->expected++;
		f->met += strcmp(result, "met") == 0;
		f->unmet += strcmp(result, "unmet") == 0;
		f->errors += strcmp(result, "error") == 0;
		f->limits += strcmp(result, "limit") == 0;
		f->unexercised += strcmp(result, "unexercised") == 0;
	}
}

/* The verdict rests on the expectations with this result; the first one's text says why. */
static void rest_on(struct finding *f, const char *result, int n)
{
	const struct record_line *first = NULL;

	record_foreach(l, f->run, .type = "expect", .scenario = f->scenario->id,
		       .claim = f->claim) {
		if (strcmp(record_str(l, "result"), result) != 0)
			continue;
		first = first ? first : l;
		add_evidence(f, l);
	}
	if (n > 1)
		set_why(f, "%s (and %d more)", record_str(first, "text"), n - 1);
	else
		set_why(f, "%s", record_str(first, "text"));
}

/* What was known when it ran, and the box that it ran on. */
static struct known_scope scope_of(const struct record *run)
{
	return (struct known_scope){
		.defects = json_object_get(run->catalog, "known"),
		.kernel = record_get_str(run->meta, "kernel"),
		.arch = record_get_str(run->meta, "arch"),
	};
}

/* The one defect that explains all that was unmet, or NULL: one unexplained failure is a new one.
 */
static json_t *find_known(const struct finding *f)
{
	struct known_scope scope = scope_of(f->run);
	json_t *defect = NULL;

	record_foreach(l, f->run, .type = "expect", .scenario = f->scenario->id,
		       .claim = f->claim) {
		json_t *found;

		if (strcmp(record_str(l, "result"), "unmet") != 0)
			continue;
		found = known_find(&scope, f->claim, record_data(l));
		if (!found || (defect && found != defect))
			return NULL;
		defect = found;
	}
	return defect;
}

static bool is_open(const struct record_scenario *s)
{
	return s->n_begun > s->n_ended;
}

/* The scenario's own line of this type, or one that names none and came while the scenario was
 * open. */
static const struct record_line *find_end(const struct finding *f, const char *type)
{
	record_foreach(l, f->run, .type = type) {
		if (l->scenario && strcmp(l->scenario, f->scenario->id) == 0)
			return l;
		if (!l->scenario && is_open(f->scenario) && l > f->scenario->begin)
			return l;
	}
	return NULL;
}

/* The text and the act that it came in, unless the text names the act itself. */
static void say_where(struct finding *f, const char *text, const struct record_act *act)
{
	const char *when = act && act->done ? "after" : "in";

	if (act ? strstr(text, " act ") != NULL : strstr(text, "before its first act") != NULL)
		set_why(f, "%s", text);
	else if (!act)
		set_why(f, "%s; before its first act", text);
	else if (act->cpu >= 0)
		set_why(f, "%s; %s act %d (%s cpu%d)", text, when, act->id, act->verb, act->cpu);
	else
		set_why(f, "%s; %s act %d (%s)", text, when, act->id, act->verb);
}

/* Nothing had been done to the box when it hung: whatever was wrong, no act of ours caused it. */
static bool has_acted(const struct record *run)
{
	size_t n = 0;

	record_foreach(l, run, .type = "act", .tries = RECORD_ANY_TRY)
		n++;
	return n > 0;
}

/* Rules 3 and 4: the same for each claim of the scenario. */
static bool ended_early(struct finding *f)
{
	const struct record_line *crash = find_end(f, "crash"), *timeout = find_end(f, "timeout");
	const struct record_line *end = crash ? crash : timeout;
	const struct record_act *act = record_last_act(f->run, f->scenario->id);
	const char *text = end ? record_str(end, "text")
			       : "the journal ends in the midst of the scenario";

	if (!end && !is_open(f->scenario))
		return false;
	f->verdict = crash || !timeout ? VERDICT_CRASH : VERDICT_TIMEOUT;
	/* A lab writes down how its guest died: if it did not, it died itself. */
	if (!end && strcmp(record_get_str(f->run->meta, "recorder"), "lab") == 0) {
		f->verdict = VERDICT_ERROR;
		text = "the lab that recorded it was ended in the midst of the scenario";
	}
	if (f->verdict == VERDICT_TIMEOUT && !has_acted(f->run))
		f->verdict = VERDICT_ERROR;
	if (f->verdict == VERDICT_CRASH && crash) {
		struct known_scope scope = scope_of(f->run);

		f->known = known_find(&scope, KNOWN_CRASH, record_data(crash));
		f->kind = f->known ? "known" : NULL;
	}
	if (end)
		add_evidence(f, end);
	else if (act)
		add_evidence(f, act->line);
	if (act && json_array_size(f->acts) == 0)
		add_act(f, act->id);
	say_where(f, text, act);
	return true;
}

static long count_lost(const struct finding *f)
{
	const struct record_scenario *s = f->scenario;

	return s->begin && s->end ? record_missing_between(f->run, s->begin, s->end) : 0;
}

static bool lacks_need(struct finding *f)
{
	const struct record_line *first = NULL;

	record_foreach(l, f->run, .type = "need", .scenario = f->scenario->id, .claim = f->claim) {
		if (json_is_true(json_object_get(l->json, "met")))
			continue;
		first = first ? first : l;
		add_evidence(f, l);
	}
	if (!first)
		return false;
	set_why(f, "need %s is not met: %s", record_str(first, "need"), record_str(first, "why"));
	return true;
}

static void skip_or_error(struct finding *f)
{
	f->verdict = VERDICT_SKIP;
	if (f->limits > 0) {
		f->kind = "limit";
		rest_on(f, "limit", f->limits);
	} else if (f->unexercised > 0) {
		f->kind = "unexercised";
		rest_on(f, "unexercised", f->unexercised);
	} else if (lacks_need(f)) {
		f->kind = "need";
	} else {
		f->verdict = VERDICT_ERROR;
		set_why(f,
			"it was watched and nothing was expected: neither met, nor unmet, nor why not");
	}
}

/* The rules in their order; the first that applies decides. */
static void decide(struct finding *f)
{
	long lost = count_lost(f);

	if (f->unmet > 0) {
		f->verdict = VERDICT_FAIL;
		rest_on(f, "unmet", f->unmet);
		f->known = find_known(f);
		f->kind = f->known ? "known" : NULL;
	} else if (f->errors > 0) {
		f->verdict = VERDICT_ERROR;
		rest_on(f, "error", f->errors);
	} else if (ended_early(f)) {
		return;
	} else if (lost > 0) {
		f->verdict = VERDICT_ERROR;
		set_why(f,
			"%ld of the scenario's lines are missing in the journal; a lost line may have told of a failure",
			lost);
	} else if (f->met > 0) {
		f->verdict = VERDICT_PASS;
		set_why(f, "%d of %d exercised, all met", f->met, f->expected);
	} else {
		skip_or_error(f);
	}
}

/* What the second try of a failed claim, with its own witness only, said; NULL: there was none. */
static const char *second_try(const struct finding *f)
{
	const char *scenario = f->scenario->id;
	int begun = 0, ended = 0, met = 0, other = 0;

	record_foreach(l, f->run, .scenario = scenario, .tries = RECORD_ALONE) {
		bool is_expect = strcmp(l->type, "expect") == 0 &&
				 strcmp(record_str(l, "claim"), f->claim) == 0;
		const char *result = is_expect ? record_str(l, "result") : "";

		if (strcmp(result, "unmet") == 0)
			return "fails";
		met += strcmp(result, "met") == 0;
		other += strcmp(result, "error") == 0 || strcmp(l->type, "crash") == 0 ||
			 strcmp(l->type, "timeout") == 0;
		ended += strcmp(l->type, "end") == 0;
	}
	record_foreach(l, f->run, .type = "begin", .scenario = scenario, .claim = f->claim,
		       .tries = RECORD_ALONE)
		begun++;
	if (begun == 0)
		return NULL;
	return met > 0 && other == 0 && ended >= begun ? "passes" : "unexercised";
}

static json_t *describe(const struct finding *f)
{
	const char *alone = f->verdict == VERDICT_FAIL ? second_try(f) : NULL;

	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:i, s:i, s:i, s:O, s:O, s:s?, s:O?}",
			 "scenario", f->scenario->id, "claim", f->claim, "verdict",
			 verdict_name(f->verdict), "kind", f->kind, "why", f->why, "expected",
			 f->expected, "exercised", f->met + f->unmet, "unmet", f->unmet, "acts",
			 f->acts, "evidence", f->evidence, "alone", alone, "known", f->known);
}

json_t *verdict_of_claim(const struct record *r, const struct record_scenario *s, const char *claim)
{
	struct finding f = { .run = r, .scenario = s, .claim = claim };
	json_t *result = NULL;

	f.acts = json_array();
	f.evidence = json_array();
	if (f.acts && f.evidence) {
		count(&f);
		decide(&f);
		result = f.why ? describe(&f) : NULL;
	}
	json_decref(f.acts);
	json_decref(f.evidence);
	free(f.why);
	return result;
}
