// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is sent: addresses, messages, signatures, where hooks may go, calendars, when digests are
 * due, and the outbox. That it really goes out is tests/site/told.py.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "site/export/export.h"
#include "site/tell/guard.h"
#include "site/tell/hook.h"
#include "site/tell/message.h"
#include "site/web/out.h"
#include "store/take/bundle.h"
#include "store/tell/address.h"
#include "store/tell/outbox.h"
#include "store/tell/saved.h"

static void only_plain_addresses_are_taken(void **state)
{
	static const char *const good[] = { "a@example.org", "a.b+c@sub.example.org",
					    "x_y=z@example.org", "a@1-2.example" };
	static const char *const bad[] = {
		"",
		"a",
		"@example.org",
		"a@",
		"a@b",
		"a@.org",
		"a@example..org",
		"a@example.org.",
		".a@b.org",
		"a.@b.org",
		"a..b@example.org",
		"a@-example.org",
		"a@b@c.org",
		"a b@c.org",
		"\"a b\"@example.org",
		"a@example.org\n",
		"a\n@b.org",
		"<a@b.org>",
		"a@b.org,c@d.org",
		"a@[127.0.0.1]",
		"a@ex_m.org",
		"\xc3\xa4@example.org",
		"a(b)@example.org",
		"-a@example.org",
	};
	char clean[ADDRESS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(address_clean(good[i], clean), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(address_clean(bad[i], clean), -EINVAL);
	assert_int_equal(address_clean("Ann@EXAMPLE.org", clean), 0);
	assert_string_equal(clean, "Ann@example.org");
}

/* How many lines before the empty one begin with that name. */
static int count_header(const char *text, const char *name)
{
	int n = 0;

	for (; *text && *text != '\n'; text = strchr(text, '\n') + 1)
		n += strncasecmp(text, name, strlen(name)) == 0;
	return n;
}

static void no_value_becomes_a_header(void **state)
{
	static const char *const evil =
		"x\r\nBcc: victim@example.org\r\n\r\nbody \xc3\xa9\xff \x7f";
	struct message m = { .from = "tracker@example.org",
			     .to = "ann@example.org",
			     .subject = evil,
			     .body = "Line\n.\nBcc: in the text\n",
			     .id = "<1@example.org>\nBcc: victim@example.org",
			     .unsubscribe = "https://example.org/x>\r\nBcc: victim@example.org",
			     .list = evil,
			     .date = 1795430000 };
	struct error err = { 0 };
	char *text = NULL;
	size_t len = 0;

	(void)state;
	message_init();
	assert_int_equal(message_make(&m, &text, &len, &err), 0);
	assert_int_equal(count_header(text, "Bcc"), 0);
	assert_int_equal(count_header(text, "To:"), 1);
	assert_int_equal(count_header(text, "From:"), 1);
	assert_int_equal(count_header(text, "Subject:"), 1);
	assert_int_equal(count_header(text, "Date:"), 1);
	assert_int_equal(count_header(text, "Message-Id: <1@example.org>"), 1);
	assert_int_equal(count_header(text, "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
			 1);
	assert_int_equal(count_header(text, "Auto-Submitted: auto-generated"), 1);
	assert_null(strchr(text, '\r'));
	for (const char *line = text; line; line = strchr(line, '\n'), line += line ? 1 : 0)
		assert_true(strcspn(line, "\n") <= 998);
	free(text);
	m.to = "ann@example.org\nBcc: victim@example.org";
	assert_int_equal(message_make(&m, &text, &len, &err), -EINVAL);
}

static bool is_public(const char *text)
{
	struct sockaddr_in six_not = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &six_not.sin_addr) == 1)
		return guard_is_public((const struct sockaddr *)&six_not);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return guard_is_public((const struct sockaddr *)&six);
}

static void hooks_stay_outside(void **state)
{
	static const char *const inside[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"100.64.0.1",
		"127.0.0.1",
		"127.255.255.1",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.9.9",
		"192.168.1.1",
		"198.18.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"192.0.0.1",
		"::",
		"::1",
		"fe80::1",
		"fc00::1",
		"fd12::1",
		"ff02::1",
		"::ffff:127.0.0.1",
		"::ffff:10.1.1.1",
		"64:ff9b::7f00:1",
		"2002:7f00:1::",
		"2001::1",
		"2001:db8::1",
		"::127.0.0.1",
		"fec0::1",
	};
	static const char *const outside[] = { "1.1.1.1",       "172.32.0.1",   "100.128.0.1",
					       "9.255.255.255", "2606:4700::1", "2a00::1",
					       "::ffff:1.1.1.1" };
	struct sockaddr other = { .sa_family = AF_UNIX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (is_public(inside[i]))
			fail_msg("%s is taken for public", inside[i]);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		if (!is_public(outside[i]))
			fail_msg("%s is not taken for public", outside[i]);
	assert_false(guard_is_public(&other));
}

static void hooks_are_signed(void **state)
{
	char signature[HOOK_SIGNATURE];

	(void)state;
	/* printf %s '1795430000.{}' | openssl dgst -sha256 -hmac key */
	hook_sign("key", 1795430000, "{}", signature);
	assert_string_equal(
		signature,
		"t=1795430000,v1=95e834b1de9110eaac936c0bf093a1dc156ca607a8932fbccd1dd44c730a6e00");
}

static void calendars_are_folded(void **state)
{
	struct out out = { 0 };
	const char *line;

	(void)state;
	export_calendar_line(
		&out, "SUMMARY",
		"a;b,c\\d\ne\r\x01\xff \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
		"\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
		"\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
	assert_non_null(strstr(out.text, "SUMMARY:a\\;b\\,c\\\\d\\ne\xef\xbf\xbd \xc3\xa4"));
	assert_true(text_ends(out.text, "\xc3\xa4\r\n"));
	line = strstr(out.text, "\r\n ");
	assert_non_null(line);
	assert_true(line - out.text <= 75 && line - out.text > 70);
	/* A character is not torn. */
	assert_int_equal((unsigned char)line[3], 0xc3);
	out_free(&out);
}

static void digests_come_in_the_morning(void **state)
{
	/* 2026-11-23 is a Monday; 1795392000 is its midnight. */
	const int64_t monday = 1795392000, six = 6 * 3600, day = 86400;

	(void)state;
	assert_int_equal(subscription_next("daily", monday), monday + six);
	assert_int_equal(subscription_next("daily", monday + six), monday + day + six);
	assert_int_equal(subscription_next("weekly", monday), monday + six);
	assert_int_equal(subscription_next("weekly", monday + six), monday + 7 * day + six);
	assert_int_equal(subscription_next("weekly", monday + 3 * day), monday + 7 * day + six);
	assert_true(subscription_next("at-once", monday) > monday);
}

struct box {
	char dir[BUNDLE_PATH];
	struct db *db;
	struct error err;
};

static int open_box(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	_cleanup_free_ char *path = NULL;

	*state = b;
	if (!b || bundle_make_dir(b->dir, &b->err) < 0)
		return -1;
	path = text_printf("%s/t.db", b->dir);
	return db_open(path, DB_CREATE, &b->db, &b->err) < 0 ||
			       account_add(b->db, "ann", "a good password", ACCOUNT_READER, 1,
					   &b->err) < 0
		       ? -1
		       : 0;
}

static int close_box(void **state)
{
	struct box *b = *state;

	db_close(b->db);
	bundle_remove(b->dir);
	free(b);
	return 0;
}

static void a_proof_is_used_once(void **state)
{
	struct box *b = *state;
	struct proof proof = { .purpose = PROOF_ADDRESS, .ref = 1 }, back;
	char secret[ACCOUNT_SECRET], email[ADDRESS_MAX + 1];
	int64_t at = 0, account = 0;

	strcpy(proof.email, "ann@example.org");
	assert_int_equal(address_set(b->db, 1, proof.email, &b->err), 0);
	assert_int_equal(address_find_account(b->db, "ann", &account, &b->err), 0);
	assert_int_equal(proof_make(b->db, &proof, 1000, secret, &b->err), 0);
	assert_int_equal(proof_read(b->db, secret, 1001, &back, &b->err), 0);
	assert_int_equal(proof_read(b->db, secret, 1000 + LIMITS_PROOF_S, &back, &b->err), -ENOENT);
	assert_int_equal(proof_use(b->db, secret, 1001, &back, &b->err), 0);
	assert_int_equal(proof_use(b->db, secret, 1001, &back, &b->err), -ENOENT);
	assert_int_equal(address_of(b->db, 1, email, &at, &b->err), 1);
	assert_int_equal(at, 1001);
	assert_int_equal(address_find_account(b->db, "ann@EXAMPLE.org", &account, &b->err), 1);
	/* The same address again stays proved, another one is not, and an old link proves nothing.
	 */
	assert_int_equal(address_set(b->db, 1, "ann@example.org", &b->err), 0);
	assert_int_equal(address_find_account(b->db, "ann", &account, &b->err), 1);
	assert_int_equal(proof_make(b->db, &proof, 1002, secret, &b->err), 0);
	assert_int_equal(address_set(b->db, 1, "other@example.org", &b->err), 0);
	assert_int_equal(proof_use(b->db, secret, 1003, &back, &b->err), -ENOENT);
	assert_int_equal(address_find_account(b->db, "ann", &account, &b->err), 0);
	for (int i = 2; i < LIMITS_PROOFS; i++)
		assert_int_equal(proof_make(b->db, &proof, 1004, secret, &b->err), 0);
	assert_int_equal(proof_make(b->db, &proof, 1004, secret, &b->err), -EAGAIN);
	assert_int_equal(proof_make(b->db, &proof, 1005 + 86400, secret, &b->err), 0);
}

static void one_of_two_takes_a_message(void **state)
{
	const int64_t nobody[OUTBOX_BUSY] = { -1, -1, -1, -1 };
	struct box *b = *state;
	_cleanup_rows_ struct rows rows = { 0 };
	struct outbox_new n = {
		.recipient = "ann@example.org", .subject = "s", .body = "b", .host = "example.org"
	};
	_cleanup_free_ char *id = NULL;
	int64_t left = -1;

	assert_int_equal(outbox_add(b->db, &n, 1000, &b->err), 0);
	assert_int_equal(outbox_next(b->db, 1000, false, nobody, &rows, &b->err), 0);
	rows_close(&rows);
	assert_int_equal(outbox_next(b->db, 1000, true, nobody, &rows, &b->err), 1);
	id = strdup(rows_text(&rows, OUTBOX_MESSAGE_ID));
	rows_close(&rows);
	assert_int_equal(outbox_take(b->db, 1, 1000, 1001, 60, &b->err), 1);
	assert_int_equal(outbox_take(b->db, 1, 1000, 1001, 60, &b->err), 0);
	assert_int_equal(outbox_next(b->db, 1060, true, nobody, &rows, &b->err), 0);
	rows_close(&rows);
	/* Whoever had it is gone: it comes again, the same. */
	assert_int_equal(outbox_next(b->db, 1061, true, nobody, &rows, &b->err), 1);
	assert_string_equal(rows_text(&rows, OUTBOX_MESSAGE_ID), id);
	assert_int_equal(rows_int(&rows, OUTBOX_TRIES), 1);
	rows_close(&rows);
	assert_int_equal(outbox_failed(b->db, 1, 0, "why", 2000, 0, 1061, &b->err), 0);
	assert_int_equal(outbox_next(b->db, 1999, true, nobody, &rows, &b->err), 0);
	rows_close(&rows);
	assert_int_equal(outbox_done(b->db, 1, 0, &b->err), 0);
	assert_int_equal(db_number(b->db, &left, &b->err, "SELECT count(*) FROM outbox", NULL), 1);
	assert_int_equal(left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_addresses_are_taken),
		cmocka_unit_test(no_value_becomes_a_header),
		cmocka_unit_test(hooks_stay_outside),
		cmocka_unit_test(hooks_are_signed),
		cmocka_unit_test(calendars_are_folded),
		cmocka_unit_test(digests_come_in_the_morning),
		cmocka_unit_test_setup_teardown(a_proof_is_used_once, open_box, close_box),
		cmocka_unit_test_setup_teardown(one_of_two_takes_a_message, open_box, close_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
