// SPDX-License-Identifier: GPL-2.0-or-later
/* What account.c and account_token.c share: how a secret is kept. */
#pragma once

#include "store/people/account.h"

#define ACCOUNT_HASH 32

void account_hash(const char *secret, unsigned char hash[ACCOUNT_HASH]);

/* A row of id, name, role, scopes: 1, or 0 when there is none. */
_must_check_ int account_read(struct rows *rows, struct account *ret, struct error *err);
