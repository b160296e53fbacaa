// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/plan: needs against what machines provide, on a toy catalogue. No guest is started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/plan.h"

static const char catalog_text[] =
	"{\"needs\":[{\"id\":\"box.root\"},{\"id\":\"box.smt\"},{\"id\":\"box.prober\"},{\"id\":\"box.new\"}],"
	"\"claims\":[{\"id\":\"act.ok\",\"by\":\"stage\"},{\"id\":\"w.plain\",\"by\":\"witness:w\"},"
	"{\"id\":\"p.net\",\"by\":\"witness:p\"},{\"id\":\"n.new\",\"by\":\"witness:n\"},"
	"{\"id\":\"s.smt\",\"by\":\"scenario:smt\"},{\"id\":\"x.gone\",\"by\":\"scenario:none\"}],"
	"\"witnesses\":[{\"id\":\"w\",\"needs\":[\"box.root\"]},{\"id\":\"p\",\"needs\":[\"box.prober\"]},"
	"{\"id\":\"n\",\"needs\":[\"box.root\",\"box.new\"]}],"
	"\"scenarios\":[{\"id\":\"cycle\",\"needs\":[\"box.root\"],\"claims\":[],\"watched_by\":null},"
	"{\"id\":\"smt\",\"needs\":[\"box.root\",\"box.smt\"],\"claims\":[\"s.smt\"],\"watched_by\":[\"w\"]}]}";

#define SHAPE \
	"\"arch\":\"amd64\",\"cpu_model\":\"max\",\"kernel\":\"6.1\",\"mem_mib\":512,\"cpus\":2,\"sockets\":1,\"cores\":2,\"threads\":1"

struct world {
	json_t *catalog;
	struct machine *machines[3];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->catalog = json_loads(catalog_text, 0, NULL);
	if (!w->catalog || machine_parse("plain", "{" SHAPE "}", &w->machines[0], NULL) < 0 ||
	    machine_parse("smt",
			  "{" SHAPE ",\"nic\":\"virtio-net-pci\",\"provides\":[\"box.smt\"]}",
			  &w->machines[1], NULL) < 0)
		return -1;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	machine_free(w->machines[0]);
	machine_free(w->machines[1]);
	json_decref(w->catalog);
	free(w);
	return 0;
}

static json_t *make(struct world *w, size_t n)
{
	const struct machine *list[3] = { w->machines[0], n > 1 ? w->machines[1] : NULL, NULL };
	json_t *plan = NULL;

	assert_int_equal(plan_make(w->catalog, list, &plan), 0);
	return plan;
}

static const char *untried(const json_t *plan, const char *claim)
{
	return json_string_value(json_object_get(json_object_get(plan, "untried"), claim));
}

static void a_claim_is_tried_where_its_needs_are_met(void **state)
{
	struct world *w = *state;
	const json_t *cycle = json_array_get(json_object_get(w->catalog, "scenarios"), 0);
	const json_t *smt = json_array_get(json_object_get(w->catalog, "scenarios"), 1);

	assert_true(plan_tries(w->catalog, cycle, "act.ok", w->machines[0]));
	assert_true(plan_tries(w->catalog, cycle, "w.plain", w->machines[0]));
	assert_false(plan_tries(w->catalog, cycle, "p.net", w->machines[0]));
	assert_true(plan_tries(w->catalog, cycle, "p.net", w->machines[1]));
	/* The scenario lets only w watch. */
	assert_false(plan_tries(w->catalog, smt, "p.net", w->machines[1]));
	assert_false(plan_tries(w->catalog, cycle, "s.smt", w->machines[1]));
	assert_true(plan_tries(w->catalog, smt, "s.smt", w->machines[1]));
	assert_false(plan_tries(w->catalog, smt, "w.plain", w->machines[0]));
}

static void the_first_unmet_need_is_named(void **state)
{
	struct world *w = *state;
	json_t *plan = make(w, 1);

	assert_string_equal(untried(plan, "p.net"), "box.prober");
	assert_string_equal(untried(plan, "s.smt"), "box.smt");
	assert_string_equal(untried(plan, "n.new"), "box.new");
	assert_string_equal(untried(plan, "x.gone"), "no-scenario");
	assert_null(untried(plan, "w.plain"));
	json_decref(plan);
	plan = make(w, 2);
	assert_null(untried(plan, "p.net"));
	assert_null(untried(plan, "s.smt"));
	assert_string_equal(untried(plan, "n.new"), "box.new");
	json_decref(plan);
}

static void growth_and_repair_are_told(void **state)
{
	json_t *plan = make(*state, 2);
	char *grown, *gone;

	assert_int_equal(
		plan_compare(plan, "# why\nn.new box.new\nx.gone no-scenario\n", &grown, &gone), 0);
	assert_string_equal(grown, "");
	assert_string_equal(gone, "");
	free(grown);
	free(gone);
	assert_int_equal(plan_compare(plan, "n.new box.other\ns.smt box.smt\n", &grown, &gone), 0);
	assert_string_equal(grown, "n.new box.new\nx.gone no-scenario\n");
	assert_string_equal(gone, "n.new box.other\ns.smt box.smt\n");
	free(grown);
	free(gone);
	json_decref(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_is_tried_where_its_needs_are_met),
		cmocka_unit_test(the_first_unmet_need_is_named),
		cmocka_unit_test(growth_and_repair_are_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
