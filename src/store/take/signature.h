// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A box's key and what it signs: the digest of a run's evidence, so that a signature stays good
 * whatever archive the evidence was sent in. It knows no database; whose key it is is asked there.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "store/take/bundle.h"

#define SIGNATURE_KEY 32
#define SIGNATURE_SECRET 64
#define SIGNATURE_BYTES 64
#define SIGNATURE_KEY_TEXT 48 /* a public key as base64, with its NUL */

struct signature {
	unsigned char key[SIGNATURE_KEY], bytes[SIGNATURE_BYTES];
};

/* "ed25519 KEY SIGNATURE", both base64: the header of an upload. -EINVAL: it is not like that. */
_must_check_ int signature_parse(const char *text, struct signature *ret, struct error *err);
bool signature_fits(const struct signature *s, const unsigned char digest[BUNDLE_DIGEST]);

void signature_key_text(const unsigned char key[SIGNATURE_KEY], char text[SIGNATURE_KEY_TEXT]);
/* -EINVAL: no base64 of a key. */
_must_check_ int signature_key_parse(const char *text, unsigned char key[SIGNATURE_KEY]);

/* A new key in a new file that nobody else may read; the public half as text. -EEXIST: the file is
 * there. */
_must_check_ int signature_key_make(const char *path, char text[SIGNATURE_KEY_TEXT],
				    struct error *err);
/* The header of an upload of that digest, with the key in that file; owned by the caller. */
_must_check_ int signature_make(const char *path, const unsigned char digest[BUNDLE_DIGEST],
				char **ret, struct error *err);
