// SPDX-License-Identifier: GPL-2.0-or-later
/* News in words for a mail, and as JSON for a hook. */
#pragma once

#include "site/tell/news.h"

struct letter {
	const char *url; /* of the site */
	const char *name, *kind, *query;
	const char *unsubscribe; /* the secret of the link in a mail */
	int64_t saved;
};

/* Each is owned by the caller; NULL when memory is short. */
char *letter_subject(const struct letter *l, const struct news *news);
char *letter_text(const struct letter *l, const struct news *news);
char *letter_json(const struct letter *l, const struct news *news);
