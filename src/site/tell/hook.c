// SPDX-License-Identifier: GPL-2.0-or-later
/* One POST by libcurl, which may go only to where guard.c lets it, looked at when it is connected:
 * what a name meant a moment ago proves nothing. No redirection, no proxy, no cookie. */
#include "site/tell/hook.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "site/tell/guard.h"
#include "site/tell/tell.h"
#include "store/limits.h"

int hook_check_url(const char *url, struct error *err)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *user = NULL, *host = NULL;
	bool is_good = parts && strlen(url) <= LIMITS_HOOK_URL && !strpbrk(url, " \t\r\n\"<>") &&
		       curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		       curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		       curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK && *host &&
		       (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
		       curl_url_get(parts, CURLUPART_USER, &user, 0) != CURLUE_OK;

	curl_free(scheme);
	curl_free(user);
	curl_free(host);
	curl_url_cleanup(parts);
	return is_good ? 0
		       : error_set(
				 err, EINVAL,
				 "\"%.200s\" cannot be a hook; it begins with https:// or http://, "
				 "and holds no name and password",
				 url);
}

void hook_sign(const char *secret, int64_t now, const char *body, char ret[HOOK_SIGNATURE])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	char time[24], hex[sizeof(mac) * 2 + 1];

	snprintf(time, sizeof(time), "%" PRId64, now);
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, strlen(time));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	snprintf(ret, HOOK_SIGNATURE, "t=%s,v1=%s", time, hex);
}

/* What a try knows beside what libcurl does. */
struct attempt {
	const struct hook *hook;
	size_t answered;
	bool is_refused;
};

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct attempt *t = arg;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!t->hook->may_be_private && !guard_is_public(&address->addr))) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Nobody reads what it says, and nobody has to take a gigabyte of it. */
static size_t drop(char *data, size_t size, size_t n, void *arg)
{
	struct attempt *t = arg;

	(void)data;
	t->answered += size * n;
	return t->answered > LIMITS_HOOK_ANSWER ? 0 : size * n;
}

static int look_up(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct attempt *t = arg;

	(void)a, (void)b, (void)c, (void)d;
	return t->hook->site && tell_is_stopping(t->hook->site);
}

static struct curl_slist *make_headers(const struct hook *h)
{
	char signature[HOOK_SIGNATURE];
	struct curl_slist *list = NULL, *more;
	char *lines[5];

	hook_sign(h->secret, h->now, h->body, signature);
	lines[0] = strdup("Content-Type: application/json");
	lines[1] = text_printf("Hotproof-Hook-Signature: %s", signature);
	lines[2] = text_printf("Hotproof-Hook-Id: %s", h->id);
	lines[3] = strdup("User-Agent: hotproof/" HOTPROOF_VERSION);
	lines[4] = strdup("Expect:");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		more = lines[i] ? curl_slist_append(list, lines[i]) : NULL;
		free(lines[i]);
		if (more) {
			list = more;
			continue;
		}
		curl_slist_free_all(list);
		list = NULL;
	}
	return list;
}

static void set_up(CURL *c, struct attempt *t, struct curl_slist *headers)
{
	const struct hook *h = t->hook;

	curl_easy_setopt(c, CURLOPT_URL, h->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* Its thread that asks for the name is not waited for when the server stops. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)LIMITS_HOOK_S);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(h->body));
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, h->body);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static int judge(CURL *c, CURLcode code, const struct attempt *t, struct error *err)
{
	long status = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (t->is_refused)
		return error_set(err, EACCES,
				 "its address is not on the public internet, and hooks may not go "
				 "elsewhere here");
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return error_set(err, ECANCELED, "the server stopped");
	/* With too long an answer it has taken what was sent all the same. */
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && status))
		return error_set(err, EIO, "%s", curl_easy_strerror(code));
	if (status == 410)
		return error_set(err, EOWNERDEAD, "it answers 410: it is gone for good");
	if (status < 200 || status > 299)
		return error_set(err, EIO, "it answers %ld", status);
	return 0;
}

int hook_send(const struct hook *hook, struct error *err)
{
	struct attempt t = { .hook = hook };
	int r = hook_check_url(hook->url, err);
	struct curl_slist *headers = NULL;
	CURL *c;

	if (r < 0)
		return r;
	c = curl_easy_init();
	headers = c ? make_headers(hook) : NULL;
	if (headers) {
		set_up(c, &t, headers);
		r = judge(c, curl_easy_perform(c), &t, err);
	} else {
		r = error_set(err, ENOMEM, "out of memory for a hook");
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return r;
}
