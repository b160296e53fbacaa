// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.bad-input: what cpuN/online takes, what it refuses, from whom, and that asking for what is
 * already so changes nothing. The files of cpuN/hotplug/ are cpu_bad_input_hotplug.c. One CPU is
 * enough: the code is the same for all. A write of no bytes never reaches the kernel's parser, so a
 * lone newline stands for the empty value.
 */
#include <errno.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/cpu_bad_input.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define NOBODY 65534

static const struct claim bad_value_refused = {
	.id = "input.bad-value-refused",
	.summary = "A value that is no boolean is refused with EINVAL and changes nothing",
	.explain =
		"`cpuN/online` takes what kstrtobool() takes. Anything else must give EINVAL. A script that writes \"2\" and "
		"is told \"done\" will believe in a state that is not there.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu",
		     "drivers/base/core.c: online_store()"),
	.faults =
		FAULTS("kmod:online-takes-numbers", "root:bad-value-taken", "root:bad-value-moves"),
};

static const struct claim needs_root = {
	.id = "input.needs-root",
	.summary = "An ordinary user is refused with EACCES, and the CPU stays",
	.explain =
		"The file belongs to root and has mode 0644. Anybody who could write it could take the box down.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu"),
	.faults = FAULTS("kmod:online-world-writable"),
};

static const struct claim idempotent = {
	.id = "input.idempotent",
	.summary = "Asking for the state that the CPU is in succeeds and changes nothing",
	.explain =
		"0 on an offline CPU and 1 on an online one are successes of the kernel's own making: device_offline() and device_online() say "
		"\"already\". Masks, state and target must be as before. That no uevent is sent is state.uevent-each.",
	.refs = REFS("drivers/base/core.c: device_offline()"),
	.faults = FAULTS("kmod:online-not-idempotent", "root:not-idempotent"),
};

/* Masks, state and target, as the strongest sources show them. */
struct look {
	struct cpulist online;
	int state, target;
};

static struct look look_at(struct stage *s, int cpu)
{
	struct look l;

	if (cpu_online_read(stage_box(s), &l.online) < 0)
		l.online = (struct cpulist){};
	if (cpu_state_read(stage_box(s), cpu, &l.state, &l.target) < 0)
		l.state = l.target = -1;
	return l;
}

void bad_input_without_effect(struct stage *s, const struct act_spec *spec)
{
	struct look was = look_at(s, spec->cpu), now;
	struct act act = { .cpu = spec->cpu };

	/* Both outcomes are recorded; what counts now is what the write did. */
	if (act_play(s, spec, &act) < 0 && act.id == 0)
		return;
	now = look_at(s, spec->cpu);
	expect(s, &act, spec->claim,
	       cpulist_equal(&was.online, &now.online) && was.state == now.state &&
		       was.target == now.target,
	       json_pack("{s:s, s:s, s:i, s:i}", "was", cpulist_str(&was.online), "now",
			 cpulist_str(&now.online), "state", now.state, "target", now.target),
	       "after \"%s\" cpu%d is at state %d (was %d), the online mask is \"%s\" (was \"%s\")",
	       spec->value, spec->cpu, now.state, was.state, cpulist_str(&now.online),
	       cpulist_str(&was.online));
}

static void play_bad_values(struct stage *s, int cpu, const char *path)
{
	static const char *const values[] = { "2", "x", "\n", "-1" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		bad_input_without_effect(s, &(struct act_spec){ .verb = ACT_WRITE,
								.cpu = cpu,
								.path = path,
								.value = values[i],
								.allow = ACT_ALLOW(EINVAL),
								.claim = &bad_value_refused });
}

static void play_as_nobody(struct stage *s, int cpu, const char *path)
{
	if (!box_is_real(stage_box(s))) {
		expect_unexercised(s, NULL, &needs_root, NULL,
				   "the root is scripted: it knows no users");
		return;
	}
	bad_input_without_effect(s, &(struct act_spec){ .verb = ACT_WRITE,
							.cpu = cpu,
							.path = path,
							.value = "0",
							.allow = ACT_ALLOW(EACCES),
							.claim = &needs_root,
							.as_uid = NOBODY });
}

static void play_again(struct stage *s, int cpu, enum act_verb verb, const char *value)
{
	bad_input_without_effect(s, &(struct act_spec){ .verb = verb,
							.cpu = cpu,
							.value = value,
							.allow = ACT_ALLOW(0),
							.claim = &idempotent });
}

/* All spellings in one transition each way: "off" and "y" move the CPU, "n" and "on" must be
 * understood where they change nothing. */
static int play_spellings(struct stage *s, int cpu)
{
	struct act_spec off = {
		.verb = ACT_OFFLINE, .cpu = cpu, .value = "off", .allow = ACT_ALLOW(0)
	};
	struct act_spec on = {
		.verb = ACT_ONLINE, .cpu = cpu, .value = "y", .allow = ACT_ALLOW(0)
	};
	int r = act_play(s, &off, NULL);

	if (cpu_is_fully_online(stage_box(s), cpu))
		return r; /* refused */
	play_again(s, cpu, ACT_OFFLINE, "0");
	play_again(s, cpu, ACT_OFFLINE, "n");
	bad_input_same_target(s, cpu);
	r = act_play(s, &on, NULL);
	if (r < 0)
		return r;
	play_again(s, cpu, ACT_ONLINE, "1");
	play_again(s, cpu, ACT_ONLINE, "on");
	return 0;
}

static int play(struct stage *s)
{
	_cleanup_free_ char *path = NULL;
	struct cpulist can;
	int r = cpu_hotpluggable_read(stage_box(s), &can), cpu;

	if (r < 0)
		return r;
	can = cpulist_and(&can, stage_online(s));
	cpu = cpulist_next(&can, 1); /* not the boot CPU, where there is a choice */
	if (cpu < 0)
		cpu = cpulist_next(&can, 0);
	path = text_printf("sys/devices/system/cpu/cpu%d/online", cpu);
	if (!path)
		return -ENOMEM;
	play_bad_values(s, cpu, path);
	play_as_nobody(s, cpu, path);
	/* Whatever one of them did to the CPU, the next step begins with it online. */
	if (!cpulist_has(stage_online(s), cpu))
		r = act_online(s, cpu);
	if (r < 0)
		return r;
	bad_input_hotplug_values(s, cpu);
	if (!cpulist_has(stage_online(s), cpu))
		r = act_online(s, cpu);
	return r < 0 ? r : play_spellings(s, cpu);
}

const struct scenario scenario_cpu_bad_input = {
	.id = "cpu.bad-input",
	.summary = "Wrong values, wrong users, other spellings, and asking twice",
	.explain =
		"Values that are no boolean (\"2\", \"x\", an empty line, \"-1\") and an ordinary user must be refused; \"n\", \"y\", "
		"\"off\" and \"on\" must work; 0 on an offline CPU and 1 on an online one must succeed and change nothing. "
		"The same for wrong values of `hotplug/fail` and `hotplug/target`, and for asking target for the state that is.",
	.claims = CLAIMS(&bad_value_refused, &needs_root, &idempotent, &bad_input_fail_values,
			 &bad_input_target_values),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.cost = { 2500, 0 },
	.rank = 2,
	/* Most writes here must change nothing: what watches transitions has cpu.cycle. */
	.witnesses = GLOBS("kernel-log", "masks", "state", "steps", "sysfs", "task", "uevents"),
	.play = play,
};
