// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second half of cpu.bad-input: what cpuN/hotplug/fail and target refuse. Only of a CPU that
 * has an `online` file: target of another one works all the same, and takes away what cannot be
 * brought back. No value here is one that any kernel takes, and no trap is ever armed.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/cpu_bad_input.h"
#include "stage/expect.h"
#include "stage/stage.h"

#define CPU_DIR "sys/devices/system/cpu"

const struct claim bad_input_fail_values = {
	.id = "input.fail-values-refused",
	.summary = "hotplug/fail refuses what is no state that can fail, arming nothing",
	.explain =
		"`cpuN/hotplug/fail` arms a trap at a state. Below -1, above the last state, and in the section in which nothing may fail "
		"(`sched:starting`) it must answer EINVAL, and read -1 as before. Older kernels read outside of their table of states, or "
		"took a CPU half way down. A failure means that the next offline dies, or does something that nobody asked for.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "cpu/hotplug: Fix out-of-bounds read when setting fail state",
		     "cpu/hotplug: Do not bail-out in DYING/STARTING sections"),
	.faults = FAULTS("kmod:fail-takes-anything", "root:fail-takes-anything"),
};

const struct claim bad_input_target_values = {
	.id = "input.target-values-refused",
	.summary = "hotplug/target refuses wrong states, and the same state changes nothing",
	.explain =
		"`cpuN/hotplug/target` takes the first and the last state (others only with CONFIG_CPU_HOTPLUG_STATE_CONTROL). Values that no kernel takes "
		"must give EINVAL. Asking for the state that the CPU is in must succeed and change nothing, and the CPU must be usable: "
		"before 6.2 that marked the CPU as dying for ever, so it is not tried there.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "cpu/hotplug: Make target_store() a nop when target == state"),
	.faults = FAULTS("kmod:target-takes-anything", "root:target-takes-anything",
			 "root:target-moves"),
};

/* "153: cpu:teardown", a line each. 1, or 0 when this kernel has no such state. */
static int find_state(struct box *box, const char *name, int *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = box_read(box, CPU_DIR "/hotplug/states", &text);

	if (r < 0)
		return r;
	for (cursor = text; (line = text_next_line(&cursor));) {
		char *colon = strchr(line, ':');

		if (!colon || strcmp(text_strip(colon + 1), name) != 0)
			continue;
		*colon = '\0';
		return text_to_int(text_strip(line), ret) < 0 ? -EBADMSG : 1;
	}
	return 0;
}

static void try_value(struct stage *s, int cpu, const struct claim *claim, const char *file,
		      const char *value)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d/hotplug/%s", cpu, file);

	if (path)
		bad_input_without_effect(s, &(struct act_spec){ .verb = ACT_WRITE,
								.cpu = cpu,
								.path = path,
								.value = value,
								.allow = ACT_ALLOW(EINVAL),
								.claim = claim });
}

/* A state whose number differs by kernel. */
static void try_state(struct stage *s, int cpu, const struct claim *claim, const char *file,
		      const char *name)
{
	_cleanup_free_ char *value = NULL;
	int state, r = find_state(stage_box(s), name, &state);

	if (r > 0)
		value = text_printf("%d", state);
	if (value)
		try_value(s, cpu, claim, file, value);
	else
		expect_note(s, "input.no-such-state", NULL, "no state is called \"%s\" here", name);
}

static void judge_trap(struct stage *s, int cpu)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d/hotplug/fail", cpu), *now = NULL;
	struct act_spec clear = { .verb = ACT_WRITE,
				  .cpu = cpu,
				  .path = path,
				  .value = "-1",
				  .allow = ACT_ALLOW(0),
				  .claim = &bad_input_fail_values };

	if (!path || box_readf(stage_box(s), &now, "%s", path) < 0)
		return;
	expect(s, NULL, &bad_input_fail_values, strcmp(now, "-1") == 0,
	       json_pack("{s:i, s:s}", "cpu", cpu, "fail", now),
	       "after the wrong values cpu%d/hotplug/fail reads \"%s\"", cpu, now);
	if (strcmp(now, "-1") != 0)
		(void)!act_play(s, &clear, NULL);
}

void bad_input_hotplug_values(struct stage *s, int cpu)
{
	struct box *box = stage_box(s);

	if (!box_has(box, CPU_DIR "/cpu%d/online", cpu) ||
	    !box_has(box, CPU_DIR "/cpu%d/hotplug/fail", cpu)) {
		expect_unexercised(s, NULL, &bad_input_fail_values, NULL,
				   "cpu%d has no hotplug/fail", cpu);
		expect_unexercised(s, NULL, &bad_input_target_values, NULL,
				   "cpu%d has no hotplug/ that may be written", cpu);
		return;
	}
	try_value(s, cpu, &bad_input_fail_values, "fail", "-2");
	try_value(s, cpu, &bad_input_fail_values, "fail", "99999");
	try_state(s, cpu, &bad_input_fail_values, "fail", "sched:starting");
	judge_trap(s, cpu);
	/* With CONFIG_CPU_HOTPLUG_STATE_CONTROL other states are taken, but nobody may stop here.
	 */
	try_value(s, cpu, &bad_input_target_values, "target", "-1");
	try_value(s, cpu, &bad_input_target_values, "target", "77777");
	try_state(s, cpu, &bad_input_target_values, "target", "cpu:bringup");
	bad_input_same_target(s, cpu);
}

/* Before 6.2: "cpu/hotplug: Make target_store() a nop when target == state". A distribution may
 * have it earlier; that cannot be seen from here, and a wrong guess breaks the box. */
static bool may_ask_again(struct stage *s, char **ret_release)
{
	unsigned int major, minor;

	if (box_readf(stage_box(s), ret_release, "proc/sys/kernel/osrelease") < 0 ||
	    sscanf(*ret_release, "%5u.%5u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 2);
}

/* The calling thread gets onto the CPU. */
static bool is_usable(struct stage *s, int cpu)
{
	struct cpulist one = cpulist_of(cpu);
	cpu_set_t old, set;
	unsigned int at = 0;
	bool ok;

	if (!box_is_real(stage_box(s)))
		return true;
	if (sched_getaffinity(0, sizeof(old), &old) < 0)
		return false;
	cpulist_to_cpu_set(&one, &set);
	ok = sched_setaffinity(0, sizeof(set), &set) == 0 && getcpu(&at, NULL) == 0 &&
	     (int)at == cpu;
	return sched_setaffinity(0, sizeof(old), &old) == 0 && ok;
}

void bad_input_same_target(struct stage *s, int cpu)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d/hotplug/target", cpu);
	_cleanup_free_ char *value = NULL, *release = NULL;
	struct act_spec spec = { .verb = ACT_WRITE,
				 .cpu = cpu,
				 .path = path,
				 .allow = ACT_ALLOW(0),
				 .claim = &bad_input_target_values };
	int state, target;
	bool ok;

	if (!path || !box_has(stage_box(s), CPU_DIR "/cpu%d/online", cpu) ||
	    cpu_state_read(stage_box(s), cpu, &state, &target) < 0 || state != target)
		return;
	if (!may_ask_again(s, &release)) {
		expect_limit(
			s, NULL, &bad_input_target_values, NULL,
			"asking target for the state that is was not tried: kernels before 6.2 mark the CPU as dying by it, and this is \"%s\"",
			release ? release : "unknown");
		return;
	}
	value = text_printf("%d", state);
	if (!value)
		return;
	spec.value = value;
	bad_input_without_effect(s, &spec);
	if (state == CPU_STATE_OFFLINE)
		return;
	ok = is_usable(s, cpu);
	expect(s, NULL, &bad_input_target_values, ok, json_pack("{s:i}", "cpu", cpu),
	       "after asking target for the state that is, a thread %s onto cpu%d",
	       ok ? "gets" : "does not get", cpu);
}
