// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries findings to the journal. Knows nothing of what they are about. */
#include "witnesses/finding.h"

#include <stdarg.h>
#include <stdio.h>

void finding_add(struct findings *f, const struct claim *claim, enum finding_result result,
		 json_t *data, const char *fmt, ...)
{
	struct finding *new;
	va_list ap;

	if (f->n == FINDINGS_MAX) {
		json_decref(data);
		return;
	}
	new = &f->list[f->n++];
	*new = (struct finding){ .claim = claim, .result = result, .data = data };
	va_start(ap, fmt);
	vsnprintf(new->text, sizeof(new->text), fmt, ap);
	va_end(ap);
}

const struct finding *finding_of(const struct findings *f, const struct claim *claim)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].claim == claim)
			return &f->list[i];
	return NULL;
}

void findings_clear(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		json_decref(f->list[i].data);
	f->n = 0;
}

static void tell_one(struct stage *s, const struct act *act, struct finding *f)
{
	json_t *data = f->data;

	f->data = NULL;
	switch (f->result) {
	case FINDING_MET:
	case FINDING_UNMET:
		expect(s, act, f->claim, f->result == FINDING_MET, data, "%s", f->text);
		break;
	case FINDING_UNEXERCISED: expect_unexercised(s, act, f->claim, data, "%s", f->text); break;
	case FINDING_ERROR: expect_error(s, act, f->claim, data, "%s", f->text); break;
	}
}

void finding_tell(struct finding_voice *v, struct stage *s, const struct act *act,
		  struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		tell_one(s, act, &f->list[i]);
		for (size_t c = 0; v->witness->claims[c]; c++)
			if (v->witness->claims[c] == f->list[i].claim)
				v->told |= (uint64_t)1 << c;
	}
	findings_clear(f);
}

void finding_tell_silent(struct finding_voice *v, struct stage *s, const char *why)
{
	for (size_t c = 0; v->witness->claims[c]; c++)
		if (!((v->told >> c) & 1))
			expect_unexercised(s, NULL, v->witness->claims[c], NULL, "%s", why);
}
