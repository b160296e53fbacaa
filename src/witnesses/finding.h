// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a witness's judging part concludes from what its observing part saw. Judging is a pure
 * function from a struct of observations to findings, so that unit tests feed it with good and
 * faulty observations without a kernel. Findings become expectations in the journal here; no
 * verdict is chosen.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "stage/expect.h"
#include "stage/stage.h"

enum finding_result { FINDING_MET, FINDING_UNMET, FINDING_UNEXERCISED, FINDING_ERROR };

struct finding {
	const struct claim *claim;
	enum finding_result result;
	json_t *data; /* owned; may be NULL */
	char text[320];
};

#define FINDINGS_MAX 8

struct findings {
	struct finding list[FINDINGS_MAX];
	size_t n;
};

/* `data` is taken. More than FINDINGS_MAX are dropped: no judge makes so many. */
void finding_add(struct findings *f, const struct claim *claim, enum finding_result result,
		 json_t *data, const char *fmt, ...) _printf_(5, 6);

/* The finding about this claim, or NULL. */
const struct finding *finding_of(const struct findings *f, const struct claim *claim);

void findings_clear(struct findings *f);
#define _cleanup_findings_ _cleanup_(findings_clear)

/* Which claims of a witness have had an expectation in this scenario, by their place in its list.
 */
struct finding_voice {
	const struct witness *witness;
	uint64_t told;
};

/* Records all findings and clears them. */
void finding_tell(struct finding_voice *v, struct stage *s, const struct act *act,
		  struct findings *f);

/* For uproot(): a claim of which nothing was said is not exercised, which is no error. */
void finding_tell_silent(struct finding_voice *v, struct stage *s, const char *why);
