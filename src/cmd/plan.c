// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan: which scenarios, which CPUs, what is touched, who watches, how long, and what puts it
 * all back. Reads the box, changes nothing. */
#include "cmd/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wait.h"
#include "box/cpu.h"

/* True when all are met; else *ret_why names the first that is not. */
static bool are_met(struct box *box, const struct need *const *needs, char **ret_why)
{
	for (; needs && *needs; needs++) {
		_cleanup_free_ char *why = NULL;

		if ((*needs)->probe(box, &why) > 0)
			continue;
		*ret_why = why ? take_ptr(why) : strdup((*needs)->summary);
		return false;
	}
	return true;
}

static void print_scenarios(struct box *box, const struct scenario *const *scenarios)
{
	printf("It plays these scenarios:\n");
	for (const struct scenario *const *s = scenarios; *s; s++) {
		_cleanup_free_ char *why = NULL;

		printf("  %-18s %s\n", (*s)->id, (*s)->summary);
		if (!are_met(box, (*s)->needs, &why))
			printf("  %-18s not possible here: %s\n", "",
			       why ? why : "a need is unmet");
	}
}

static void print_cpus(struct box *box)
{
	struct cpulist can, online, stay;

	if (cpu_hotpluggable_read(box, &can) < 0 || cpu_online_read(box, &online) < 0)
		return;
	stay = cpulist_minus(&online, &can);
	can = cpulist_and(&can, &online);
	printf("\nIt takes off and brings back CPU %s of %s", cpulist_str(&can),
	       cpulist_str(&online));
	if (cpulist_count(&stay) > 0)
		printf(" (%s cannot leave: no online file)", cpulist_str(&stay));
	printf(", by their online files\nand never by hotplug/target. While a CPU is away:\n"
	       "  tasks bound to it are moved by the kernel; interrupts move to other CPUs;\n"
	       "  the witness \"irq\", where it watches, steers interrupts to the CPU before it goes.\n");
}

static void print_witnesses(struct box *box, const struct witness *const *witnesses)
{
	printf("\nThese watch:\n");
	for (const struct witness *const *w = witnesses; *w; w++) {
		_cleanup_free_ char *why = NULL;

		printf("  %-18s %s\n", (*w)->id, (*w)->summary);
		if (!are_met(box, (*w)->needs, &why))
			printf("  %-18s not possible here: %s\n", "",
			       why ? why : "a need is unmet");
	}
}

/* Whether what was chosen fits into the time that was given shows only while it is played. */
static int expected_s(const struct run_setup *setup, const struct scenario *const *scenarios)
{
	int64_t ns = 0;

	for (const struct scenario *const *s = scenarios; *s; s++)
		ns += run_cost_ns(setup, *s);
	if (setup->budget_ns > 0 && setup->budget_ns < ns)
		ns = setup->budget_ns;
	return (int)(ns / NS_PER_S) + 1;
}

static void print_safety(const struct run_setup *setup, const char *out_dir, int seconds)
{
	printf("\nAfterwards, and also if hotproof is killed, a guardian process puts back: CPUs, traps in\n"
	       "hotplug/fail, cpusets, interrupt and task affinities. If that is killed too, the next start\n"
	       "does it, from \"%s\".\n",
	       setup->state_path);
	printf("\nIt takes about %d s on most boxes, records into \"%s\", and gives up on a write after\n"
	       "60 s (--deadline-scale). A CPU that is away serves nobody: do not do this to a box that others\n"
	       "depend on.\n",
	       seconds, out_dir);
}

int plan_print(const struct run_setup *setup, const char *out_dir, struct error *err)
{
	const struct scenario **scenarios = NULL;
	const struct witness **witnesses = NULL;
	int r = run_choose(setup, &scenarios, &witnesses, err);

	if (r < 0)
		return r;
	printf("Nothing has been done. With --go this is what `hotproof run` does here.\n\n");
	print_scenarios(setup->box, scenarios);
	print_cpus(setup->box);
	print_witnesses(setup->box, witnesses);
	print_safety(setup, out_dir, expected_s(setup, scenarios));
	free(scenarios);
	free(witnesses);
	return 0;
}
