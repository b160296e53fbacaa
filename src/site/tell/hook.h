// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A web hook: JSON is posted to a URL, signed with a secret that the owner has. What it answers is
 * read only for its status. Which hooks there are, and when they are tried again, is tell.c's.
 */
#pragma once

#include "base/error.h"
#include "site/web/site.h"

/* -EINVAL with a text: no http or https, a name and password in it, or too long. */
_must_check_ int hook_check_url(const char *url, struct error *err);

struct hook {
	const char *url, *secret, *body, *id;
	int64_t now;
	bool may_be_private;
	const struct site *site; /* that may be stopping; NULL: none */
};
/* 0: it was taken (2xx). -EOWNERDEAD: it is gone for good (410). Others: -errno with a text. */
_must_check_ int hook_send(const struct hook *hook, struct error *err);

/* "t=TIME,v1=HEX": HMAC-SHA256 of "TIME.BODY". */
#define HOOK_SIGNATURE 96
void hook_sign(const char *secret, int64_t now, const char *body, char ret[HOOK_SIGNATURE]);
