// SPDX-License-Identifier: GPL-2.0-or-later
/* A message as it goes to the program that sends mail: RFC 5322, made by GMime, of plain text. No
 * value can become another header. Who gets it, and when, is tell.c's. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Once, before any other. */
void message_init(void);

struct message {
	const char *from, *to, *subject, *body;
	const char *id;          /* "<...>" */
	const char *unsubscribe; /* a URL that takes a POST; NULL: it is no subscription's */
	const char *list;        /* of what it is news; with unsubscribe */
	int64_t date;
};
/* The text is the caller's; its lines end with \n alone. */
_must_check_ int message_make(const struct message *m, char **ret, size_t *ret_len,
			      struct error *err);
