// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.plug: the platform takes a CPU out and puts another one in, as an operator does with
 * hardware. The kernel's own offline and online around it are acts as ever. What the platform did,
 * and whether the kernel followed, is judged outside.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "evidence/journal.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define ROUNDS 2
#define AUTO_NS (5 * NS_PER_S)
#define FOLLOW_NS (30 * NS_PER_S)

static const struct claim leaves = {
	.id = "plug.cpu-leaves",
	.summary = "A CPU that the platform takes out leaves the kernel and the platform",
	.explain =
		"The CPU is off, and the platform takes it (`device_del` of QEMU: an ACPI eject request, or the event of another architecture). Within 30 s `cpuN` must "
		"be gone from `/sys/devices/system/cpu` and from `present`, and the platform must have got it back. A failure means that the kernel never let go: "
		"look for a refused eject in its log.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("unit:cpu-never-ejected"),
};

static const struct claim arrives = {
	.id = "plug.cpu-arrives",
	.summary = "A CPU that the platform puts in appears in the kernel",
	.explain =
		"The platform puts a CPU into the slot again (`device_add`). Within 30 s `cpuN` must be there and `present`. Whether it can be brought online, and "
		"runs what is bound to it, is what all other claims about a return say.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("unit:cpu-never-arrives"),
};

static const struct claim works = {
	.id = "plug.cpu-works",
	.summary = "A CPU that was put in comes online and runs what is bound to it",
	.explain =
		"The new CPU is brought online, and a thread is bound to it and must find itself there. A failure means that the kernel counts a CPU that no task can use: "
		"look at the scheduler domains and at the masks that `sched_setaffinity()` checks.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:plug-bind-refused"),
};

static const struct claim whole = {
	.id = "plug.interface-whole",
	.summary = "A CPU that was put in has the control files that the old one had",
	.explain =
		"The names in `cpuN/` of the CPU that was put in are compared with those before it was taken out, both times while it is online. A failure means that something sets "
		"its files up at boot only, for the CPUs of that time: whoever steers or watches CPUs by them is blind for the new one.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu"),
	.faults = FAULTS("kmod:plug-file-lost"),
};

struct follow {
	struct box *box;
	int cpu;
	bool is_add;
	bool has_all_folders; /* CPUs that are not there have a folder too */
};

/* The file `online` is the last thing that a new CPU gets. */
static bool has_followed(void *arg)
{
	const struct follow *f = arg;
	struct cpu_masks masks;
	bool has = box_has(f->box, "sys/devices/system/cpu/cpu%d/online", f->cpu);

	if (cpu_masks_read(f->box, &masks) < 0)
		return false;
	return (f->has_all_folders || has == f->is_add) &&
	       cpulist_has(&masks.present, f->cpu) == f->is_add;
}

/* The file and not the mask: reading it waits until who brings the CPU has told all of it. */
static bool is_on(struct box *box, int cpu)
{
	_cleanup_free_ char *text = NULL;
	struct cpulist online;

	return box_readf(box, &text, "sys/devices/system/cpu/cpu%d/online", cpu) == 0 &&
	       strcmp(text_strip(text), "1") == 0 && cpu_online_read(box, &online) == 0 &&
	       cpulist_has(&online, cpu);
}

static bool is_online(void *arg)
{
	const struct follow *f = arg;

	return is_on(f->box, f->cpu);
}

/* pseries makes the folders of all possible CPUs at boot. */
static bool has_all_folders(struct box *box)
{
	struct cpu_masks masks;

	if (cpu_masks_read(box, &masks) < 0)
		return false;
	cpulist_foreach(cpu, &masks.possible)
		if (!cpulist_has(&masks.present, cpu) &&
		    box_has(box, "sys/devices/system/cpu/cpu%d", cpu))
			return true;
	return false;
}

static int say(struct stage *s, const char *what, json_t *data)
{
	long seq = journal_write_sync(stage_journal(s), "observe",
				      json_pack("{s:s, s:i, s:s, s:o}", "witness", "stage", "act",
						0, "what", what, "data", data));

	return seq < 0 ? (int)seq : 0;
}

/* 1: the kernel followed, 0: it did not, or the platform would not. */
static int plug(struct stage *s, int cpu, int id, bool is_add)
{
	struct follow f = { stage_box(s), cpu, is_add, has_all_folders(stage_box(s)) };
	const char *name = is_add ? "add" : "remove";
	int64_t began = wait_now_ns();
	int r = say(s, "plug.ask", json_pack("{s:s, s:i, s:i}", "do", name, "cpu", cpu, "id", id));
	bool has;

	if (r < 0)
		return r;
	has = wait_until(has_followed, &f, began + wait_scaled(FOLLOW_NS)) == 1;
	/* Where the kernel brings it online by itself, it does so a moment later. */
	if (has && is_add && f.has_all_folders)
		(void)!wait_until(is_online, &f, wait_now_ns() + wait_scaled(AUTO_NS));
	stage_is_alive(s);
	r = say(s, "plug.seen",
		json_pack("{s:s, s:i, s:b, s:I}", "do", name, "cpu", cpu, "reached", has, "ms",
			  (json_int_t)((wait_now_ns() - began) / NS_PER_MS)));
	return r < 0 ? r : has;
}

/* Binds this very thread: one that cannot run there must not go on. */
static void judge_use(struct stage *s, int cpu)
{
	cpu_set_t before, one;
	char name[16] = "";
	unsigned int at = UINT_MAX;
	int r;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	prctl(PR_GET_NAME, name);
	prctl(PR_SET_NAME, "hp-plug");
	sched_getaffinity(0, sizeof(before), &before);
	r = sched_setaffinity(0, sizeof(one), &one) < 0 ? errno : 0;
	if (r == 0)
		syscall(SYS_getcpu, &at, NULL, NULL);
	sched_setaffinity(0, sizeof(before), &before);
	prctl(PR_SET_NAME, name);
	expect(s, NULL, &works, r == 0 && at == (unsigned int)cpu,
	       json_pack("{s:i, s:s, s:i}", "cpu", cpu, "bound", error_name(r), "ran_on",
			 r == 0 ? (int)at : -1),
	       r ? "nothing can be bound to cpu%d, which was put in: %s"
		 : "cpu%d was put in, and what is bound to it runs%s",
	       cpu,
	       r                         ? error_name(r)
	       : at == (unsigned int)cpu ? " there"
					 : " elsewhere");
}

/* Those of `before` that are not in `now`, with a space between: owned by the caller. */
static char *missing_names(char *const *before, char *const *now)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool has_any = false;

	if (!f)
		return NULL;
	for (; *before; before++) {
		char *const *other = now;

		while (*other && strcmp(*other, *before) != 0)
			other++;
		if (!*other)
			fprintf(f, "%s%s", has_any ? " " : "", *before);
		has_any |= !*other;
	}
	fclose(f);
	return text;
}

static int list_files(struct stage *s, int cpu, char ***ret)
{
	_cleanup_free_ char *path = text_printf("sys/devices/system/cpu/cpu%d", cpu);

	return path ? box_list_kinds(stage_box(s), path, ret) : -ENOMEM;
}

static int judge_files(struct stage *s, int cpu, char *const *before)
{
	_cleanup_names_ char **now = NULL;
	_cleanup_free_ char *missing = NULL;
	int r = list_files(s, cpu, &now);

	missing = r == 0 ? missing_names(before, now) : NULL;
	if (r == 0 && !missing)
		r = -ENOMEM;
	if (r < 0)
		return r;
	expect(s, NULL, &whole, !*missing, json_pack("{s:i, s:s}", "cpu", cpu, "missing", missing),
	       *missing ? "cpu%d was put in and lacks what it had before: %s"
			: "cpu%d was put in and has all that it had before%s",
	       cpu, missing);
	return 0;
}

static int round_of(struct stage *s, int cpu, int id, char *const *files)
{
	int r = act_offline(s, cpu), out;

	/* Not hotplug/state: a CPU that was added before may have none. */
	if (is_on(stage_box(s), cpu))
		return r < 0 ? r : -EBUSY;
	out = plug(s, cpu, id, false);
	r = out == 1 ? plug(s, cpu, id, true) : out;
	if (r < 0)
		return r;
	/* A box that did not get its CPU back cannot bring it, and that was said. */
	if (!box_has(stage_box(s), "sys/devices/system/cpu/cpu%d/online", cpu))
		return -ENODEV;
	r = act_online(s, cpu);
	if (r == 0 && out == 1) {
		judge_use(s, cpu);
		r = judge_files(s, cpu, files);
	}
	return r < 0 ? r : out;
}

static void tell_none(struct stage *s, bool is_asked, const char *why)
{
	/* Of what was asked for, the lab tells. */
	if (!is_asked)
		expect_unexercised(s, NULL, &leaves, NULL, "%s", why);
	expect_unexercised(s, NULL, &arrives, NULL, "%s", why);
	expect_unexercised(s, NULL, &works, NULL, "%s", why);
	expect_unexercised(s, NULL, &whole, NULL, "%s", why);
}

static int play(struct stage *s)
{
	_cleanup_names_ char **files = NULL;
	struct cpulist can;
	int r = stage_can_leave(s, &can), cpu = -1, id;

	if (r < 0)
		return r;
	cpulist_foreach(one, &can)
		cpu = one;
	id = cpu < 0 ? -1 : cpu_hardware_id(stage_box(s), cpu);
	if (id < 0) {
		tell_none(s, false, "no CPU is known to the hardware too");
		return 0;
	}
	r = list_files(s, cpu, &files) < 0 ? -EIO : 1;
	for (int i = 0; r == 1 && i < ROUNDS; i++)
		r = round_of(s, cpu, id, files);
	if (r == -EBUSY)
		tell_none(s, false, "the kernel did not take the CPU off");
	else if (r != 1)
		tell_none(s, true, "the CPU was not taken out, or no other one came");
	return r < 0 && r != -EBUSY ? r : 0;
}

const struct scenario scenario_cpu_plug = {
	.id = "cpu.plug",
	.summary = "The platform takes a CPU out and puts another one in, twice",
	.explain =
		"An operator pulls a CPU, or a hypervisor shrinks and grows a guest: more than an offline, since the kernel forgets the CPU and learns it anew. "
		"Observation `plug.ask` asks the lab for it, `plug.seen` says whether the kernel followed.",
	.claims = CLAIMS(&leaves, &arrives, &works, &whole),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_platform),
	.cost = { 20000, 0 },
	.is_deep = true,
	.play = play,
};
