// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTML report over all recorded runs: each page must be well-formed, load nothing, have each of
 * its ids once and no link to nowhere, a picture for each act, and show hostile text as text. How
 * it looks is for eyes.
 */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "evidence/record.h"
#include "evidence/verdict.h"
#include "report/html/html.h"

#define DEPTH_MAX 64

struct page {
	char *text;
	size_t n_acts;
};

/* False when the run cannot be judged: others look at that. */
static bool make_page(const char *run, struct page *ret)
{
	_cleanup_free_ char *dir = text_printf("%s/%s", RUNS, run);
	_cleanup_(cleanup_record) struct record *record = NULL;
	json_t *results = NULL;
	size_t len;
	FILE *out;

	if (record_open(dir, &record, NULL) < 0 || verdict_judge(dir, &results, NULL) < 0)
		return false;
	out = open_memstream(&ret->text, &len);
	assert_int_equal(report_html(record, results, out, NULL), 0);
	fclose(out);
	assert_int_equal(strlen(ret->text), len);
	ret->n_acts = record->n_acts;
	json_decref(results);
	return true;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

/* After the name of a tag: attributes NAME="VALUE" until > or />; returns what follows, NULL when
 * it is not so. */
static const char *skip_attributes(const char *s, bool *ret_is_empty)
{
	for (;;) {
		while (isspace((unsigned char)*s))
			s++;
		*ret_is_empty = *s == '/';
		if (*s == '>' || (*s == '/' && s[1] == '>'))
			return s + 1 + *ret_is_empty;
		while (isalpha((unsigned char)*s) || *s == '-' || *s == ':')
			s++;
		if (*s++ != '=' || *s++ != '"')
			return NULL;
		s += strcspn(s, "\"<");
		if (*s++ != '"')
			return NULL;
	}
}

static bool is_entity(const char *s)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (text_starts(s, known[i]))
			return true;
	return false;
}

/* Every tag is closed by its own name, every attribute is quoted, every & is an entity: so it is
 * also XML. */
static void check_well_formed(const char *run, const char *text)
{
	char open[DEPTH_MAX][16];
	size_t depth = 0;
	const char *s = strstr(text, "<html");

	while (s && *s) {
		char name[16];
		bool is_end, is_empty;
		size_t n;

		s += strcspn(s, "<&");
		if (*s == '\0')
			break;
		if (*s == '&') {
			if (!is_entity(s))
				fail_msg("%s: no entity: %.60s", run, s);
			s++;
			continue;
		}
		is_end = s[1] == '/';
		n = strspn(s + 1 + is_end, "abcdefghijklmnopqrstuvwxyz123456");
		if (n == 0 || n >= sizeof(name))
			fail_msg("%s: no tag: %.60s", run, s);
		snprintf(name, sizeof(name), "%.*s", (int)n, s + 1 + is_end);
		if (is_end) {
			if (depth == 0 || strcmp(open[--depth], name))
				fail_msg("%s: closes what is not open: %.60s", run, s);
			s += n + 2;
			continue;
		}
		text = s;
		s = skip_attributes(s + 1 + n, &is_empty);
		if (!s || depth == DEPTH_MAX)
			fail_msg("%s: attributes: %.90s", run, text);
		if (!is_empty)
			memcpy(open[depth++], name, sizeof(name));
	}
	assert_int_equal(depth, 0);
}

/* What would make a browser fetch something: none of it may be there. */
static void check_no_loads(const char *run, const char *text)
{
	static const char *const loads[] = {
		" src=\"", "<link",    "<img",    "<iframe", "<object", "<embed",
		"@import", "url(http", "srcset=", "<base",   "<form",   "fetch(",
		"XMLHttp", "<audio",   "<video",  "xlink:",  "<use",    "javascript:"
	};

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		if (strstr(text, loads[i]))
			fail_msg("%s: '%s' is in the page", run, loads[i]);
	assert_int_equal(count(text, "<script"), 1);
	for (const char *s = text; (s = strstr(s, "http")); s += 4)
		if (text_starts(s, "http-equiv") || text_starts(s, "http://www.w3.org/2000/svg"))
			continue;
		else if (text_starts(s - 6, "href=\""))
			assert_true(text_starts(s - 23, "rel=\"noreferrer\" "));
}

/* Ids are there once, and each link within the page leads to one. */
static void check_links(const char *run, const char *text)
{
	for (const char *s = text; (s = strstr(s, " id=\"")); s += 5) {
		_cleanup_free_ char *id = strndup(s, strcspn(s + 5, "\"") + 6);

		if (count(text, id) != 1)
			fail_msg("%s: there twice: %s", run, id);
	}
	for (const char *s = text; (s = strstr(s, "href=\"#")); s += 7) {
		_cleanup_free_ char *id =
			text_printf(" id=\"%.*s\"", (int)strcspn(s + 7, "\""), s + 7);

		if (!strstr(text, id))
			fail_msg("%s: leads nowhere: %s", run, id);
	}
}

static void each_run_gives_a_sound_page(void **state)
{
	_cleanup_closedir_ DIR *dir = opendir(RUNS);
	struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct page page = {}, again = {};

		if (entry->d_name[0] == '.' || !make_page(entry->d_name, &page))
			continue;
		n++;
		check_well_formed(entry->d_name, page.text);
		check_no_loads(entry->d_name, page.text);
		check_links(entry->d_name, page.text);
		assert_int_equal(count(page.text, "<svg class=\"tl\""), page.n_acts);
		assert_true(make_page(entry->d_name, &again));
		assert_string_equal(page.text, again.text);
		free(page.text);
		free(again.text);
	}
	assert_true(n > 10);
}

static void hostile_text_is_text(void **state)
{
	struct page page = {};

	assert_true(make_page("html-hostile", &page));
	assert_null(strstr(page.text, "<script>alert"));
	assert_null(strstr(page.text, "<img"));
	assert_null(strstr(page.text, "\x1b"));
	assert_null(strstr(page.text, "]]>"));
	assert_non_null(strstr(
		page.text,
		"&lt;script&gt;alert(1)&lt;/script&gt; &quot;quoted&quot; &#39;single&#39; &amp; \\x1b[31m"));
	assert_non_null(strstr(page.text, "&lt;img src=x onerror=alert(2)&gt;"));
	assert_non_null(strstr(page.text, "x=&quot;&lt;script&gt;alert(3)&lt;/script&gt;&quot;"));
	free(page.text);
}

static void a_failure_is_told_whole(void **state)
{
	static const char *const parts[] = {
		"kept 6 of 9 promises",
		"id=\"f-cpu.cycle--irq.rerouted\"",
		"irq 25 (virtio0-input.0) is effective on cpu2, which is offline",
		"--scenario=cpu.cycle --claim=irq.rerouted",
		"fixup_irqs()",
		"it stands alone",
		"8 lost",
		"NETDEV WATCHDOG",
	};
	struct page page = {};

	assert_true(make_page("html-hostile", &page));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strstr(page.text, parts[i]))
			fail_msg("the page does not say: %s", parts[i]);
	free(page.text);
}

static void a_crash_names_its_act(void **state)
{
	struct page page = {};

	assert_true(make_page("html-crash", &page));
	assert_non_null(strstr(page.text, "id=\"x-cpu.cycle\""));
	assert_non_null(strstr(page.text, "never returned"));
	assert_non_null(strstr(page.text, "The end of the console"));
	/* Its log is 120 ms off the box's clock, which the lines about CPUs give away. */
	assert_non_null(strstr(page.text, "The kernel log's clock is 125 ms ahead of"));
	assert_non_null(strstr(page.text, "Scenario <b>cpu.all-but-one</b> was not begun"));
	free(page.text);
}

static void a_box_that_never_booted_says_so(void **state)
{
	struct page page = {};

	assert_true(make_page("never-booted", &page));
	assert_non_null(strstr(
		page.text,
		"did not come to the end of the run: the guest panicked before hotproof began"));
	assert_null(strstr(page.text, "passed"));
	free(page.text);
}

static char *rendered(void (*render)(FILE *out, const char *text), const char *text)
{
	char *result = NULL;
	size_t len;
	FILE *out = open_memstream(&result, &len);

	render(out, text);
	fclose(out);
	return result;
}

static void markdown_is_small_and_safe(void **state)
{
	static const char *const cases[][2] = {
		{ "one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n" },
		{ "a `<b>` and **strong** *word*",
		  "<p>a <code>&lt;b&gt;</code> and <strong>strong</strong> <em>word</em></p>\n" },
		{ "2 * 3 * 4 and `open", "<p>2 * 3 * 4 and `open</p>\n" },
		{ "- one\n- two\n  more\n\nend",
		  "<ul><li>one</li>\n<li>two\nmore</li></ul>\n<p>end</p>\n" },
		{ "```\n<x> & *y*\n```\n", "<pre><code>&lt;x&gt; &amp; *y*\n</code></pre>\n" },
		{ "[k](https://a.org/\"x)",
		  "<p><a rel=\"noreferrer\" href=\"https://a.org/&quot;x\">k</a></p>\n" },
		{ "[k](javascript:alert)", "<p>[k](javascript:alert)</p>\n" },
		{ "```\nleft open", "<pre><code>left open\n</code></pre>\n" },
		{ "**", "<p>**</p>\n" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = rendered(html_markdown, cases[i][0]);

		assert_string_equal(text, cases[i][1]);
	}
}

static void put_as_text(FILE *out, const char *text)
{
	html_put(out, "[%s|%d|%ld|%.1f|%%]", text, -3, 7L, 2.25);
}

static void put_escapes_what_it_is_given(void **state)
{
	_cleanup_free_ char *text = rendered(put_as_text, "<&>\"'\x01\xff\xe2\x80\xae\xc3\xa9");

	assert_string_equal(
		text, "[&lt;&amp;&gt;&quot;&#39;\\x01\\xff\\xe2\\x80\\xae\xc3\xa9|-3|7|2.2|%]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_run_gives_a_sound_page),
		cmocka_unit_test(hostile_text_is_text),
		cmocka_unit_test(a_failure_is_told_whole),
		cmocka_unit_test(a_crash_names_its_act),
		cmocka_unit_test(a_box_that_never_booted_says_so),
		cmocka_unit_test(markdown_is_small_and_safe),
		cmocka_unit_test(put_escapes_what_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
