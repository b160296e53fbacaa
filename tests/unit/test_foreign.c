// SPDX-License-Identifier: GPL-2.0-or-later
/* Results of other suites: what each line becomes, and that a suite that breaks off is no pass. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "evidence/foreign.h"
#include "evidence/record.h"

static const char ktap[] =
	"KTAP version 1\n1..3\n"
	"  KTAP version 1\n  # Subtest: hotplug\n  1..2\n"
	"    ok 1 offline\n  not ok 2 online # cpu2 did not come\n"
	"not ok 1 hotplug\n"
	"ok 2 - selftests: cpu-hotplug: cpu-on-off-test.sh # SKIP no CPU to offline\n"
	"# a remark: not ok 9 nothing\n"
	"not ok 3 later # TODO not yet\n";

static const char junit[] =
	"<?xml version=\"1.0\"?><testsuites><testsuite name=\"s\">"
	"<!-- <testcase name=\"no\"/> -->"
	"<testcase classname=\"a.b\" name=\"x &lt;1&gt;\"/>"
	"<testcase name='y'><failure message=\"1 > 2 &amp; so\">text <![CDATA[<error/>]]></failure></testcase>"
	"<testcase name=\"z\"><skipped/></testcase></testsuite></testsuites>";

static const char ltp[] =
	"Test Start Time: Mon\n-----\nTestcase    Result   Exit Value\n"
	"cpuhotplug02   PASS   0\ncpuhotplug03   FAIL   1\ncpuhotplug04   CONF   32\n"
	"cpuhotplug06 1 TINFO: PASS 0\n"
	"cpuhotplug06 1 TBROK: CPU1 cannot be onlined\n"
	"cpuhotplug06   BROK   2 1230\n";

static json_t *parse(const char *format, const char *text, int want)
{
	struct foreign f = {
		.format = format, .suite = "suite", .text = text, .len = strlen(text)
	};
	struct error err = { 0 };
	json_t *doc = NULL;

	assert_int_equal(foreign_parse(&f, &doc, &err), want);
	return doc;
}

static void expect(const json_t *doc, const char *name, const char *verdict)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doc, "results"), i, one)
		if (strcmp(record_get_str(one, "claim"), name) == 0) {
			assert_string_equal(record_get_str(one, "verdict"), verdict);
			return;
		}
	fail_msg("there is no \"%s\"", name);
}

struct want {
	const char *name, *verdict;
};

/* These results and no others; the document is the caller's. */
static json_t *parse_to(const char *format, const char *text, const struct want *wants)
{
	json_t *doc = parse(format, text, 0);
	size_t n = 0;

	for (; wants[n].name; n++)
		expect(doc, wants[n].name, wants[n].verdict);
	assert_int_equal(json_array_size(json_object_get(doc, "results")), n);
	return doc;
}

static void ktap_has_leaves(void **state)
{
	static const struct want wants[] = {
		{ "hotplug/offline", "pass" },
		{ "hotplug/online", "fail" },
		{ "selftests: cpu-hotplug: cpu-on-off-test.sh", "skip" },
		{ "later", "fail" },
		{},
	};
	json_t *doc = parse_to("ktap", ktap, wants);

	(void)state;
	assert_int_equal(record_get_int(json_object_get(doc, "counts"), "known"), 1);
	assert_true(json_is_true(json_object_get(doc, "complete")));
	json_decref(doc);
}

static void a_plan_that_breaks_off_is_no_pass(void **state)
{
	json_t *doc = parse("ktap", "1..5\nok 1 a\nok 2 b\n", 0);

	(void)state;
	expect(doc, "all that was planned", "error");
	assert_false(json_is_true(json_object_get(doc, "complete")));
	json_decref(doc);
}

static void junit_has_cases(void **state)
{
	static const struct want wants[] = {
		{ "a.b/x <1>", "pass" }, { "y", "fail" }, { "z", "skip" }, {}
	};

	(void)state;
	json_decref(parse_to("junit", junit, wants));
}

static void stress_ng_has_stressors(void **state)
{
	static const char text[] =
		"stress-ng: info:  [1] disabled 'cpu-online' as it may hang (--pathological)\n"
		"stress-ng: fail:  [2] vm: page lost\n"
		"stress-ng: metrc: [1] stressor       bogo ops real time\n"
		"stress-ng: metrc: [1]                           (secs)\n"
		"stress-ng: metrc: [1] cpu                1057     20.28\n"
		"stress-ng: metrc: [1] vm                 3     20.28\n"
		"stress-ng: info:  [1] skipped: 1: hdd (2)\n";
	static const struct want wants[] = {
		{ "cpu-online", "skip" }, { "cpu", "pass" }, { "vm", "fail" }, { "hdd", "skip" }, {}
	};

	(void)state;
	json_decref(parse_to("stress-ng", text, wants));
}

static void ltp_has_lines(void **state)
{
	static const struct want wants[] = { { "cpuhotplug02", "pass" },
					     { "cpuhotplug03", "fail" },
					     { "cpuhotplug04", "skip" },
					     { "cpuhotplug06", "error" },
					     {} };
	json_t *doc = parse_to("ltp", ltp, wants);

	(void)state;
	assert_string_equal(record_get_str(json_array_get(json_object_get(doc, "results"), 3),
					   "why"),
			    "BROK, exit code 2, after 1230 ms: TBROK: CPU1 cannot be onlined");
	assert_string_equal(record_get_str(json_array_get(json_object_get(doc, "results"), 2),
					   "why"),
			    "CONF, exit code 32");
	json_decref(doc);
}

static void garbage_is_refused(void **state)
{
	static const char *const bad[] = {
		"",   "hello\n",    "<<<<<<", "<testcase", "<testcase name=\"",
		"ok", "\xff\xfe\n", "1..3\n"
	};
	static const char *const formats[] = { "ktap", "junit", "ltp" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (size_t k = 0; k < ARRAY_SIZE(formats); k++)
			if (strcmp(bad[i], "ok") != 0 || k != 0)
				assert_null(parse(formats[k], bad[i], -EBADMSG));
	assert_null(parse("xml", "x", -EINVAL));
	/* Names that are no text are told as such. */
	json_decref(parse("ktap", "ok 1 \xff\xfe\nnot ok 2 \xff\n", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ktap_has_leaves),
		cmocka_unit_test(a_plan_that_breaks_off_is_no_pass),
		cmocka_unit_test(junit_has_cases),
		cmocka_unit_test(stress_ng_has_stressors),
		cmocka_unit_test(ltp_has_lines),
		cmocka_unit_test(garbage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
