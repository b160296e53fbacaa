// SPDX-License-Identifier: GPL-2.0-or-later
/* ed25519 by libsodium, and keys in files. */
#include "store/take/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

/* What is signed is never taken for something else that a key may sign one day. */
struct message {
	char purpose[16];
	unsigned char digest[BUNDLE_DIGEST];
};

static struct message message_of(const unsigned char digest[BUNDLE_DIGEST])
{
	struct message m = { .purpose = "hotproof run 1" };

	memcpy(m.digest, digest, BUNDLE_DIGEST);
	return m;
}

static bool is_base64(const char *text, size_t len, unsigned char *ret, size_t size)
{
	size_t n = 0;

	return sodium_base642bin(ret, size, text, len, NULL, &n, NULL, BASE64) == 0 && n == size;
}

int signature_parse(const char *text, struct signature *ret, struct error *err)
{
	const char *key, *bytes;

	if (text_starts(text, "ed25519 ")) {
		key = text + strlen("ed25519 ");
		bytes = strchr(key, ' ');
		if (bytes && is_base64(key, (size_t)(bytes - key), ret->key, sizeof(ret->key)) &&
		    is_base64(bytes + 1, strlen(bytes + 1), ret->bytes, sizeof(ret->bytes)))
			return 0;
	}
	return error_set(err, EINVAL,
			 "a signature is \"ed25519 KEY SIGNATURE\", both of them in base64");
}

bool signature_fits(const struct signature *s, const unsigned char digest[BUNDLE_DIGEST])
{
	struct message m = message_of(digest);

	return crypto_sign_verify_detached(s->bytes, (const unsigned char *)&m, sizeof(m),
					   s->key) == 0;
}

void signature_key_text(const unsigned char key[SIGNATURE_KEY], char text[SIGNATURE_KEY_TEXT])
{
	sodium_bin2base64(text, SIGNATURE_KEY_TEXT, key, SIGNATURE_KEY, BASE64);
}

int signature_key_parse(const char *text, unsigned char key[SIGNATURE_KEY])
{
	return is_base64(text, strlen(text), key, SIGNATURE_KEY) ? 0 : -EINVAL;
}

int signature_key_make(const char *path, char text[SIGNATURE_KEY_TEXT], struct error *err)
{
	unsigned char key[SIGNATURE_KEY], secret[SIGNATURE_SECRET];
	char line[SIGNATURE_SECRET * 2];
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_set(err, errno, "cannot make \"%s\": %s", path, strerror(errno));
	crypto_sign_keypair(key, secret);
	sodium_bin2base64(line, sizeof(line) - 1, secret, sizeof(secret), BASE64);
	strcat(line, "\n");
	r = file_write_all(fd, line, strlen(line));
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(line, sizeof(line));
	if (r < 0 || fsync(fd) < 0)
		return error_set(err, r < 0 ? -r : errno, "cannot write \"%s\"", path);
	signature_key_text(key, text);
	return 0;
}

int signature_make(const char *path, const unsigned char digest[BUNDLE_DIGEST], char **ret,
		   struct error *err)
{
	unsigned char secret[SIGNATURE_SECRET], key[SIGNATURE_KEY], bytes[SIGNATURE_BYTES];
	char key_text[SIGNATURE_KEY_TEXT], bytes_text[SIGNATURE_BYTES * 2];
	struct message m = message_of(digest);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = file_read(AT_FDCWD, path, &text, &len);

	if (r < 0)
		return error_set(err, -r, "cannot read the key \"%s\": %s", path, strerror(-r));
	if (!is_base64(text, strcspn(text, "\n"), secret, sizeof(secret)))
		return error_set(err, EINVAL,
				 "\"%s\" holds no key; 'hotproof tracker key' makes one", path);
	crypto_sign_ed25519_sk_to_pk(key, secret);
	crypto_sign_detached(bytes, NULL, (const unsigned char *)&m, sizeof(m), secret);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(text, len);
	signature_key_text(key, key_text);
	sodium_bin2base64(bytes_text, sizeof(bytes_text), bytes, sizeof(bytes), BASE64);
	*ret = text_printf("ed25519 %s %s", key_text, bytes_text);
	return *ret ? 0 : error_set(err, ENOMEM, "out of memory for a signature");
}
