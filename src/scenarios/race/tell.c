// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of the actors of a race: their operations, what was illegal, who did not come back.
 * What the race left of the box is verify.c's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "base/wait.h"
#include "scenarios/race/engine.h"
#include "stage/expect.h"

#define TAIL 12         /* operations shown of an actor with whom something is wrong */
#define KEEP_OTHERS 100 /* last ones of an actor that is no toggler: some do 10,000 in a second */
#define STACK_MAX 1500

const struct claim race_writes_legal = {
	.id = "race.writes-legal",
	.summary = "Each write to cpuN/online in a race succeeds, or has a legal cause",
	.explain =
		"Writers of `cpuN/online` wait for each other, and for whoever else needs the same locks. So each one must "
		"succeed, however many there are and whatever else goes on. An errno is legal only where one of the other "
		"actors causes it: EBUSY beside deadline tasks and suspend, EPERM beside SMT control, EAGAIN beside traps in "
		"`hotplug/fail`. Of the other actors' operations, those errnos count that their kind calls legal.",
	.refs = REFS("drivers/base/core.c: lock_device_hotplug_sysfs()",
		     "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:race-refused"),
};

const struct claim race_all_return = {
	.id = "race.all-return",
	.summary = "Each operation of a race returns",
	.explain =
		"No operation of an actor, be it a write to `cpuN/online` or what it races with, may take longer than 60 s (scaled): "
		"that is no slowness, it is a deadlock or a lost wake-up. The stacks of who is stuck are in the evidence, and the last "
		"operations of all actors in `tools/race-ops.txt`.",
	.refs = REFS("commit \"cpu/hotplug: Prevent self deadlock on CPU hot-unplug\"",
		     "commit \"cgroup,freezer: hold cpu_hotplug_lock before freezer_mutex\""),
	.faults = FAULTS("kmod:race-hangs"),
};

const struct claim race_actors_exact = {
	.id = "race.actors-exact",
	.summary = "Each actor of a race ends by itself and with its exact counts",
	.explain =
		"A task must not notice that CPUs come and go. Each actor must end by itself, each operation that it began must have "
		"ended, each child that it made must be reaped once and with its own exit status, and each thing that it set must be "
		"as it was set last.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:race-kills"),
};

static json_t *entry_json(const struct race_part *part, const struct race_entry *e)
{
	char text[64];

	return json_pack("{s:I, s:s, s:i, s:s, s:s, s:I}", "t", (json_int_t)e->began_ns, "actor",
			 part->name, "n", (int)e->n, "op",
			 race_plan_op_text(&part->ops[e->op], text, sizeof(text)), "result",
			 e->result < 0 ? "in flight" : error_name(e->result), "us",
			 e->result < 0 ? (json_int_t)0
				       : (json_int_t)((e->ended_ns - e->began_ns) / NS_PER_US));
}

static int by_time(const void *a, const void *b)
{
	const struct race_entry *const *x = a, *const *y = b;

	return (*x)->began_ns < (*y)->began_ns ? -1 : (*x)->began_ns > (*y)->began_ns;
}

/* The last operations of one actor, oldest first. */
static json_t *tail(const struct race *race, size_t i)
{
	const struct race_slot *slot = &race->shared->slots[i];
	unsigned int begun = atomic_load(&slot->begun);
	json_t *all = json_array();

	for (unsigned int n = begun > TAIL ? begun - TAIL : 0; n < begun; n++)
		json_array_append_new(all, entry_json(&race->plan->parts[i],
						      &slot->ring[n % RACE_RING]));
	return all;
}

static bool is_toggler(const struct race_part *part)
{
	return part->kind->verbs[0].is_toggle;
}

void race_keep_ops(struct race *race)
{
	size_t size = race->plan->n_parts * RACE_RING, n = 0;
	_cleanup_free_ const struct race_entry **list = calloc(size, sizeof(*list));

	for (size_t i = 0; list && i < race->plan->n_parts; i++) {
		const struct race_slot *slot = &race->shared->slots[i];
		unsigned int begun = atomic_load(&slot->begun);
		unsigned int most = is_toggler(&race->plan->parts[i]) ? RACE_RING : KEEP_OTHERS;

		for (unsigned int k = begun > most ? begun - most : 0; k < begun; k++)
			list[n++] = &slot->ring[k % RACE_RING];
	}
	if (list)
		qsort(list, n, sizeof(*list), by_time);
	for (size_t k = 0; k < n; k++) {
		/* Whose ring it lies in says whose it is. */
		size_t i = ((const char *)list[k] - (const char *)race->shared->slots) /
			   sizeof(race->shared->slots[0]);
		json_t *line = entry_json(&race->plan->parts[i], list[k]);
		_cleanup_free_ char *text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);

		json_decref(line);
		if (text && stage_keep(race->stage, "tools/race-ops", text) < 0)
			return;
	}
}

static json_t *stack_of(struct race *race, size_t i)
{
	_cleanup_free_ char *stack = NULL;

	if (box_readf(stage_box(race->stage), &stack, "proc/%d/stack", (int)race->runners[i].pid) <
	    0)
		return json_string("");
	if (strlen(stack) > STACK_MAX)
		stack[STACK_MAX] = '\0';
	return json_string(stack);
}

/* While they are still there. */
void race_tell_stuck(struct race *race)
{
	json_t *who = json_array();
	char op[64] = "its end";
	int64_t since = 0;

	for (size_t i = 0; race->late >= 0 && i < race->plan->n_parts; i++)
		if (!race->runners[i].has_ended)
			json_array_append_new(
				who, json_pack("{s:s, s:o, s:o}", "who", race->plan->parts[i].name,
					       "stack", stack_of(race, i), "last", tail(race, i)));
	if (race->late < 0) {
		json_decref(who);
		expect(race->stage, NULL, &race_all_return, true, NULL,
		       "each operation of %zu actors returned", race->plan->n_parts);
		return;
	}
	since = atomic_load(&race->shared->slots[race->late].since_ns);
	if (since) {
		const struct race_slot *slot = &race->shared->slots[race->late];
		unsigned int last = atomic_load(&slot->begun) - 1;

		race_plan_op_text(
			&race->plan->parts[race->late].ops[slot->ring[last % RACE_RING].op], op,
			sizeof(op));
	}
	expect(race->stage, NULL, &race_all_return, false, json_pack("{s:o}", "stuck", who),
	       "%s has been in \"%s\" for %lld ms", race->plan->parts[race->late].name, op,
	       (long long)((wait_now_ns() - (since ? since : race->began_ns)) / NS_PER_MS));
}

static void tell_legal(struct race *race, size_t i)
{
	const struct race_part *part = &race->plan->parts[i];
	struct race_slot *slot = &race->shared->slots[i];
	unsigned int ended = atomic_load(&slot->ended), illegal = atomic_load(&slot->illegal);
	char op[64];

	if (ended == 0)
		expect_unexercised(race->stage, NULL, &race_writes_legal, NULL,
				   "%s ended no operation", part->name);
	else if (illegal == 0)
		expect(race->stage, NULL, &race_writes_legal, true, NULL,
		       "%u operations of %s, %u of them refused, all legally", ended, part->name,
		       atomic_load(&slot->failed));
	else
		expect(race->stage, NULL, &race_writes_legal, false,
		       json_pack("{s:o, s:o}", "first", entry_json(part, &slot->first_illegal),
				 "last", tail(race, i)),
		       "\"%s\" of %s gave %s, which has no legal cause here (%u of %u operations)",
		       race_plan_op_text(&part->ops[slot->first_illegal.op], op, sizeof(op)),
		       part->name, error_name(slot->first_illegal.result), illegal, ended);
}

static void tell_exact(struct race *race, size_t i)
{
	const struct race_part *part = &race->plan->parts[i];
	struct race_slot *slot = &race->shared->slots[i];
	const struct race_runner *run = &race->runners[i];
	unsigned int begun = atomic_load(&slot->begun), ended = atomic_load(&slot->ended);
	bool is_good = WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0 && begun == ended &&
		       !*slot->wrong;

	if (atomic_load(&slot->begin_result) < 0)
		expect_unexercised(race->stage, NULL, &race_actors_exact, NULL,
				   "%s could not begin: %s", part->name,
				   strerror(-atomic_load(&slot->begin_result)));
	else if (!run->has_ended || race->late >= 0)
		expect_unexercised(race->stage, NULL, &race_actors_exact, NULL,
				   "%s was ended: an operation did not return", part->name);
	else
		expect(race->stage, NULL, &race_actors_exact, is_good,
		       is_good ? NULL
			       : json_pack("{s:i, s:o}", "status", run->status, "last",
					   tail(race, i)),
		       "%s ended with wait status %#x, %u of %u operations ended%s%s", part->name,
		       run->status, ended, begun, *slot->wrong ? "; " : "", slot->wrong);
}

void race_tell(struct race *race)
{
	for (size_t i = 0; i < race->plan->n_parts; i++) {
		struct race_slot *slot = &race->shared->slots[i];

		slot->wrong[sizeof(slot->wrong) - 1] = '\0';
		observe(race->stage, NULL, "race.actor",
			json_pack("{s:s, s:i, s:i, s:i, s:I}", "actor", race->plan->parts[i].name,
				  "operations", (int)atomic_load(&slot->ended), "refused",
				  (int)atomic_load(&slot->failed), "illegal",
				  (int)atomic_load(&slot->illegal), "slowest_us",
				  (json_int_t)(slot->slowest_ns / NS_PER_US)));
		tell_legal(race, i);
		tell_exact(race, i);
	}
}
