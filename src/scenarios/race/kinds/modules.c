// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An actor that loads and unloads kernel modules which set up something for each CPU: hotplug
 * states (msr, cpuid) or a device (dummy). Only such as are not loaded on the box.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/module.h"
#include "scenarios/race/kinds/kinds.h"

#define GONE_NS (5 * NS_PER_S)

static const char *const names[] = { "msr", "cpuid", "dummy" };

static int probe_modules(struct box *box, char **ret_why)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (box_has(box, "sys/module/%s", names[i])) {
			*ret_why = text_printf("the module \"%s\" is in use on this box", names[i]);
			return 0;
		}
		if (!module_is_there(box, names[i])) {
			*ret_why = text_printf(
				"the kernel has no module \"%s\", or its files are not in /lib/modules",
				names[i]);
			return 0;
		}
	}
	return 1;
}

const struct need race_need_modules = {
	.id = "box.spare-modules",
	.summary = "the modules msr, cpuid and dummy, none of them loaded",
	.probe = probe_modules,
};

static int act_load(struct race_actor *a, const struct race_op *op)
{
	return module_load(a->box, names[op->arg], "");
}

static int act_unload(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return module_unload(names[op->arg]);
}

/* EBUSY: another actor is loading or unloading it; EAGAIN: it is in use for a moment. */
static const struct race_verb module_verbs[] = {
	{ .name = "load",
	  .args = ARRAY_SIZE(names),
	  .weight = 3,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = act_load },
	{ .name = "unload",
	  .args = ARRAY_SIZE(names),
	  .weight = 3,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, ENOENT, EBUSY, EAGAIN),
	  .act = act_unload },
	{},
};

struct going {
	struct box *box;
	const char *name;
};

static bool is_gone(void *arg)
{
	const struct going *g = arg;
	int r = module_unload(g->name);

	return r == 0 || r == -ENOENT;
}

/* Afterwards, by whoever comes after all actors: none of the modules stays. */
static bool check_modules(struct box *box, bool is_after, void **state, char **ret_why)
{
	(void)state;
	for (size_t i = 0; is_after && i < ARRAY_SIZE(names); i++) {
		struct going g = { box, names[i] };

		if (wait_until(is_gone, &g, wait_now_ns() + wait_scaled(GONE_NS)) == 1)
			continue;
		*ret_why = text_printf("the module \"%s\" cannot be unloaded", names[i]);
		return false;
	}
	*ret_why = strdup("all modules could be unloaded");
	return true;
}

const struct race_kind race_module = {
	.name = "module",
	.summary = "loads and unloads modules that set up something for each CPU",
	.need = &race_need_modules,
	.verbs = module_verbs,
	.check = check_modules,
};
