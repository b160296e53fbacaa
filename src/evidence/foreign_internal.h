// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parsers of foreign results share: a list of results under construction. */
#pragma once

#include <jansson.h>

#include "evidence/foreign.h"

struct foreign_list {
	const char *suite;
	json_t *results, *by_name;
	const char *stopped; /* NULL, or why it did not come to its end: a literal */
};

enum foreign_verdict { FOREIGN_PASS, FOREIGN_FAIL, FOREIGN_SKIP, FOREIGN_KNOWN, FOREIGN_ERROR };

/* A test of that name; again: the worse of them counts. Beyond FOREIGN_RESULTS it is dropped. */
void foreign_add(struct foreign_list *l, const char *name, enum foreign_verdict verdict,
		 const char *why);

/* `text` is writable. */
void foreign_ktap(struct foreign_list *l, char *text);
void foreign_junit(struct foreign_list *l, char *text);
void foreign_ltp(struct foreign_list *l, char *text);
void foreign_stress_ng(struct foreign_list *l, char *text);
