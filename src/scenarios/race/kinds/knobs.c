// SPDX-License-Identifier: GPL-2.0-or-later
/* Actors that turn the kernel's own knobs: trace instances, traps in hotplug/fail, SMT control. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/race/kinds/kinds.h"

#define INSTANCES "/sys/kernel/tracing/instances"
#define INSTANCE "hotproof-race-"
#define SLOTS 3

static int probe_tracing(struct box *box, char **ret_why)
{
	if (box_has(box, "%s", &INSTANCES[1]))
		return 1;
	*ret_why = text_printf("no \"%s\": tracefs is not mounted there, or the kernel has none",
			       INSTANCES);
	return 0;
}

const struct need race_need_tracing = {
	.id = "box.trace-instances",
	.summary = "trace instances can be made",
	.probe = probe_tracing,
};

static char *instance(int n)
{
	return text_printf(INSTANCES "/" INSTANCE "%d-%d", (int)getpid(), n);
}

static int act_make(struct race_actor *a, const struct race_op *op)
{
	_cleanup_free_ char *dir = instance(op->arg);

	(void)a;
	return dir && mkdir(dir, 0700) == 0 ? 0 : -errno;
}

static int act_remove(struct race_actor *a, const struct race_op *op)
{
	_cleanup_free_ char *dir = instance(op->arg);

	(void)a;
	return dir && rmdir(dir) == 0 ? 0 : -errno;
}

static int set(const struct race_op *op, const char *file, const char *value)
{
	_cleanup_free_ char *dir = instance(op->arg);

	return dir ? kinds_write(value, "%s/%s", dir, file) : -ENOMEM;
}

static int act_events(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return set(op, "events/cpuhp/enable", "1");
}

static int act_quiet(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return set(op, "events/cpuhp/enable", "0");
}

static int act_grow(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return set(op, "buffer_size_kb", "256");
}

static int act_shrink(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return set(op, "buffer_size_kb", "16");
}

static int act_tracer(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return set(op, "current_tracer", "wakeup");
}

static int act_nop(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return set(op, "current_tracer", "nop");
}

/* EEXIST, ENOENT: it is there, or not, already. What the rest says depends on the kernel's tracers.
 */
static const struct race_verb tracing_verbs[] = {
	{ .name = "make",
	  .args = SLOTS,
	  .weight = 3,
	  .legal = RACE_LEGAL(0, EEXIST),
	  .act = act_make },
	{ .name = "remove",
	  .args = SLOTS,
	  .weight = 2,
	  .legal = RACE_LEGAL(0, ENOENT, EBUSY),
	  .act = act_remove },
	{ .name = "events", .args = SLOTS, .weight = 2, .act = act_events },
	{ .name = "quiet", .args = SLOTS, .weight = 1, .act = act_quiet },
	{ .name = "grow", .args = SLOTS, .weight = 2, .act = act_grow },
	{ .name = "shrink", .args = SLOTS, .weight = 2, .act = act_shrink },
	{ .name = "tracer", .args = SLOTS, .weight = 1, .act = act_tracer },
	{ .name = "nop", .args = SLOTS, .weight = 1, .act = act_nop },
	{},
};

static void end_tracing(struct race_actor *a)
{
	for (int i = 0; i < SLOTS; i++) {
		_cleanup_free_ char *dir = instance(i);

		if (dir && rmdir(dir) < 0 && errno != ENOENT)
			race_wrong(a, "\"%s\" cannot be removed: %s", dir, error_name(errno));
	}
}

const struct race_kind race_tracing = {
	.name = "tracing",
	.summary = "makes trace instances, resizes their buffers, switches events and tracers",
	.need = &race_need_tracing,
	.verbs = tracing_verbs,
	.end = end_tracing,
};

#define FAIL "/sys/devices/system/cpu/cpu%d/hotplug/fail"
#define STATES_MAX 240

static int act_arm(struct race_actor *a, const struct race_op *op)
{
	char text[16];

	(void)a;
	snprintf(text, sizeof(text), "%d", op->arg);
	return kinds_write(text, FAIL, op->cpu);
}

static int act_disarm(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return kinds_write("-1", FAIL, op->cpu);
}

/*
 * EINVAL: no state has that number, or none that can fail. For given plans only: a trap that is
 * armed below the bring-up state while its CPU is off can fire when it goes down again, where the
 * kernel cannot go back.
 */
static const struct race_verb fail_verbs[] = {
	{ .name = "arm",
	  .has_cpu = true,
	  .args = STATES_MAX,
	  .weight = 6,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_arm },
	{ .name = "disarm",
	  .has_cpu = true,
	  .weight = 1,
	  .legal = RACE_LEGAL(0),
	  .act = act_disarm },
	{},
};

static void end_fail(struct race_actor *a)
{
	cpulist_foreach(cpu, &a->cpus)
		if (kinds_write("-1", FAIL, cpu) < 0)
			race_wrong(a, "the trap of cpu%d cannot be disarmed", cpu);
}

static int probe_fail(struct box *box, char **ret_why)
{
	if (cpu_trap_can_be_cleared(box, 0))
		return 1;
	*ret_why = text_printf(
		"the kernel has no cpuN/hotplug/fail, or one from which no trap can be taken back (before 5.13)");
	return 0;
}

const struct need race_need_fail = {
	.id = "box.hotplug-traps",
	.summary = "failures can be injected with hotplug/fail",
	.probe = probe_fail,
};

const struct race_kind race_fail = {
	.name = "fail",
	.summary = "arms traps in hotplug/fail, at any state",
	.need = &race_need_fail,
	.verbs = fail_verbs,
	.togglers_may = RACE_LEGAL(EAGAIN),
	.end = end_fail,
};

#define SMT "/sys/devices/system/cpu/smt/control"

static int probe_smt(struct box *box, char **ret_why)
{
	_cleanup_free_ char *text = NULL;

	if (box_readf(box, &text, "%s", &SMT[1]) == 0 && strcmp(text, "on") == 0)
		return 1;
	*ret_why = text_printf("smt/control says \"%s\": there are no threads to turn off",
			       text ? text : "nothing");
	return 0;
}

const struct need race_need_smt = {
	.id = "box.smt-on",
	.summary = "CPUs with several threads, and SMT is on",
	.probe = probe_smt,
};

static int act_smt_off(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	(void)op;
	return kinds_write("off", SMT);
}

static int act_smt_on(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	(void)op;
	return kinds_write("on", SMT);
}

/* EBUSY: another one switches it. */
static const struct race_verb smt_verbs[] = {
	{ .name = "smt-off",
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = act_smt_off },
	{ .name = "smt-on",
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = act_smt_on },
	{},
};

static void end_smt(struct race_actor *a)
{
	if (act_smt_on(a, NULL) < 0)
		race_wrong(a, "SMT cannot be turned on again");
}

const struct race_kind race_smt = {
	.name = "smt",
	.summary = "turns SMT off and on",
	.need = &race_need_smt,
	.verbs = smt_verbs,
	.togglers_may = RACE_LEGAL(EPERM),
	.end = end_smt,
};
