// SPDX-License-Identifier: GPL-2.0-or-later
/* outside/: what became of a CPU that the platform took or gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "outside/plug.h"

static void check_seen(const char *what, bool is_reached, struct plug_facts facts,
		       const char *claim, const char *result)
{
	json_t *seen = json_pack("{s:i, s:i, s:s, s:i, s:{s:s, s:i, s:b}}", "seq", 9, "t", 77,
				 "scenario", "cpu.plug", "act", 0, "data", "do", what, "cpu", 3,
				 "reached", is_reached);
	json_t *lines = plug_judge(seen, &facts), *line = json_array_get(lines, 0);

	assert_int_equal(json_array_size(lines), 1);
	assert_string_equal(json_string_value(json_object_get(line, "claim")), claim);
	assert_string_equal(json_string_value(json_object_get(line, "result")), result);
	assert_string_equal(json_string_value(json_object_get(line, "scenario")), "cpu.plug");
	json_decref(lines);
	json_decref(seen);
}

static void removal_is_judged(void **state)
{
	const char *claim = "plug.cpu-leaves";

	(void)state;
	check_seen("remove", true, (struct plug_facts){ .has_it = false }, claim, "met");
	check_seen("remove", false, (struct plug_facts){ .has_it = true }, claim, "unmet");
	/* cpu-never-ejected */
	check_seen("remove", true, (struct plug_facts){ .has_it = true }, claim, "unmet");
	check_seen("remove", false, (struct plug_facts){ "cannot be unplugged", true }, claim,
		   "unexercised");
	/* A platform that says nothing has not got it back. */
	check_seen("remove", true, (struct plug_facts){ .unknown = "no answer in time" }, claim,
		   "unexercised");
}

static void addition_is_judged(void **state)
{
	const char *claim = "plug.cpu-arrives";

	(void)state;
	check_seen("add", true, (struct plug_facts){ .has_it = true }, claim, "met");
	/* cpu-never-arrives */
	check_seen("add", false, (struct plug_facts){ .has_it = true }, claim, "unmet");
	check_seen("add", false, (struct plug_facts){ "no slot", false }, claim, "unexercised");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removal_is_judged),
		cmocka_unit_test(addition_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
