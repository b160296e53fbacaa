// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Observations and expectations: what witnesses and scenarios write into the journal. `data` is a
 * jansson object whose reference is taken (json_pack("{s:i}", ...); NULL: none). Call from the
 * stage's own thread. None of these chooses a verdict, and none of them fails: a journal that
 * cannot be written stops the next act.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "stage/act.h"
#include "stage/claim.h"

/* A fact. `act` may be NULL. Returns its seq, so that an expectation may name it as evidence. */
long observe(struct stage *s, const struct act *act, const char *what, json_t *data);

/*
 * A comparison that was really made. `text`: one sentence of this very case, true of what was seen
 * in either outcome ("irq 25 (virtio0-input.0) is effective on cpu 3, which is offline").
 */
void expect(struct stage *s, const struct act *act, const struct claim *claim, bool is_met,
	    json_t *data, const char *text_fmt, ...) _printf_(6, 7);

/* The precondition could not be had: nothing was compared. Say what was missing. */
void expect_unexercised(struct stage *s, const struct act *act, const struct claim *claim,
			json_t *data, const char *why_fmt, ...) _printf_(5, 6);

/* A legal refusal or limit, with the proof in `data` or in the text. */
void expect_limit(struct stage *s, const struct act *act, const struct claim *claim, json_t *data,
		  const char *proof_fmt, ...) _printf_(5, 6);

/* The witness itself could not do its work. */
void expect_error(struct stage *s, const struct act *act, const struct claim *claim, json_t *data,
		  const char *why_fmt, ...) _printf_(5, 6);

/* For the reader; changes no verdict. */
void expect_note(struct stage *s, const char *what, json_t *data, const char *text_fmt, ...)
	_printf_(4, 5);
