// SPDX-License-Identifier: GPL-2.0-or-later
/* Turns what witnesses say into journal lines. Chooses no verdict. */
#include "stage/expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "stage/internal.h"

long observe(struct stage *s, const struct act *act, const char *what, json_t *data)
{
	json_t *o = json_pack("{s:s, s:i, s:s}", "witness", s->speaker, "act", act ? act->id : 0,
			      "what", what);

	json_object_set_new(o, "data", data ? data : json_object());
	return journal_write(s->setup.journal, "observe", o);
}

static void record(struct stage *s, const struct act *act, const struct claim *claim,
		   const char *result, json_t *data, const char *fmt, va_list ap)
{
	int i = stage_claim_index(s, claim);
	_cleanup_free_ char *text = NULL;
	json_t *o;

	if (i < 0) {
		json_decref(data);
		return;
	}
	s->spoke[i] = SPOKE_NOW | SPOKE_EVER;
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	o = json_pack("{s:s, s:s, s:i, s:s}", "witness", s->speaker, "claim", claim->id, "act",
		      act ? act->id : 0, "result", result);
	json_object_set_new(o, "text", json_string(text ? text : ""));
	json_object_set_new(o, "data", data ? data : json_object());
	journal_write(s->setup.journal, "expect", o);
}

void expect(struct stage *s, const struct act *act, const struct claim *claim, bool is_met,
	    json_t *data, const char *text_fmt, ...)
{
	int i = stage_claim_index(s, claim);
	va_list ap;

	if (!is_met && i >= 0) {
		atomic_fetch_add(&s->setup.shared->unmet[i], 1);
		if (known_find(&s->setup.known, claim->id, data))
			atomic_fetch_add(&s->setup.shared->explained[i], 1);
	}
	va_start(ap, text_fmt);
	record(s, act, claim, is_met ? "met" : "unmet", data, text_fmt, ap);
	va_end(ap);
}

void expect_unexercised(struct stage *s, const struct act *act, const struct claim *claim,
			json_t *data, const char *why_fmt, ...)
{
	va_list ap;

	va_start(ap, why_fmt);
	record(s, act, claim, "unexercised", data, why_fmt, ap);
	va_end(ap);
}

void expect_limit(struct stage *s, const struct act *act, const struct claim *claim, json_t *data,
		  const char *proof_fmt, ...)
{
	va_list ap;

	va_start(ap, proof_fmt);
	record(s, act, claim, "limit", data, proof_fmt, ap);
	va_end(ap);
}

void expect_error(struct stage *s, const struct act *act, const struct claim *claim, json_t *data,
		  const char *why_fmt, ...)
{
	va_list ap;

	va_start(ap, why_fmt);
	record(s, act, claim, "error", data, why_fmt, ap);
	va_end(ap);
}

void expect_note(struct stage *s, const char *what, json_t *data, const char *text_fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	json_t *o;

	va_start(ap, text_fmt);
	if (vasprintf(&text, text_fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	o = json_pack("{s:s, s:s}", "what", what, "text", text ? text : "");
	json_object_set_new(o, "data", data ? data : json_object());
	journal_write(s->setup.journal, "note", o);
}
