// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The box's side of the looks at its virtual CPUs: it says when a CPU is off, still off, and back,
 * and goes on once somebody outside has looked. What was seen is judged there: the expectations of
 * these claims come from the lab.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "evidence/journal.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

static const struct claim returned = {
	.id = "fw.returned-to-firmware",
	.summary = "A CPU that was taken off rests in its firmware, seen from outside",
	.explain =
		"The kernel can only say that it let the CPU go. Whether it rests where its firmware parks it is seen from outside alone: the lab "
		"reads the virtual CPU's registers when it is off and once more right before it is brought back, and its thread must have stood still "
		"in between. What parked means differs: halted with interrupts off on x86, in PSCI CPU_OFF on arm64, in OpenSBI on riscv64, in RTAS "
		"stop-self on ppc64, state stopped on s390x.\n\nA failure means that the CPU still executes something that no kernel knows of: it "
		"burns power, and memory that the kernel frees under its feet is still its own. Look at `play_dead()`, `cpu_die()` and the "
		"architecture's `cpu_ops`.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst", "arch/x86/kernel/smpboot.c"),
	.faults = FAULTS("kmod:dead-cpu-spins"),
};

static const struct claim comes_back = {
	.id = "fw.comes-back",
	.summary = "A CPU that came back from its firmware really runs, seen from outside",
	.explain =
		"After each return the lab looks again: the virtual CPU must have left the place where it rested, and its thread must have run since. "
		"A failure means that the kernel counts a CPU as online that the firmware never started.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("unit:vcpu-stays-away"),
};

struct firmware {
	int id[CPULIST_MAX];          /* the hardware's number of each CPU; -1: not known */
	bool is_open[CPULIST_MAX];    /* it was looked at when it went, and is not back yet */
	bool has_rested[CPULIST_MAX]; /* and again before it came back */
	bool has_mwait;
	bool has_told_rest, has_told_return;
};

/* A CPU that does not call itself AMD's waits in MWAIT once it is dead, if it has that. */
static bool may_wait_in_mwait(struct box *box)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	bool is_amd = false, has_mwait = false;

	if (box_read(box, "proc/cpuinfo", &text) < 0)
		return false;
	for (cursor = text; (line = text_next_line(&cursor));) {
		if (text_starts(line, "vendor_id"))
			is_amd = strstr(line, "AuthenticAMD") || strstr(line, "HygonGenuine");
		else if (text_starts(line, "flags"))
			has_mwait = strstr(line, " monitor");
	}
	return has_mwait && !is_amd;
}

static int plant(struct stage *s, void **ret_state)
{
	struct firmware *f = calloc(1, sizeof(*f));
	const struct cpulist *online = stage_online(s);

	if (!f)
		return -ENOMEM;
	memset(f->id, -1, sizeof(f->id));
	f->has_mwait = may_wait_in_mwait(stage_box(s));
	for (int cpu = cpulist_next(online, 0); cpu >= 0; cpu = cpulist_next(online, cpu + 1))
		f->id[cpu] = cpu_hardware_id(stage_box(s), cpu);
	*ret_state = f;
	return 0;
}

/* Returns once the lab has looked: it answers the line only then. */
static int look(struct stage *s, const struct firmware *f, const struct act *act, const char *phase)
{
	long seq = journal_write_sync(
		stage_journal(s), "observe",
		json_pack("{s:s, s:i, s:s, s:{s:i, s:i, s:s, s:b}}", "witness", "firmware", "act",
			  act->id, "what", "firmware.look", "data", "cpu", act->cpu, "id",
			  f->id[act->cpu], "phase", phase, "mwait", f->has_mwait));

	return seq < 0 ? (int)seq : 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct firmware *f = state;
	int r;

	if (act->verb != ACT_ONLINE || act->is_noop || !f->is_open[act->cpu])
		return 0;
	f->is_open[act->cpu] = false;
	if (!stage_window_is_intact(s, act->cpu))
		return 0;
	r = look(s, f, act, "still-off");
	f->has_rested[act->cpu] = r == 0;
	f->has_told_rest |= r == 0;
	return r;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct firmware *f = state;
	int r;

	if (act->verb == ACT_WRITE || !act->is_done || act->cpu < 0 || f->id[act->cpu] < 0)
		return 0;
	if (act->verb == ACT_OFFLINE) {
		f->has_rested[act->cpu] = false;
		r = look(s, f, act, "off");
		f->is_open[act->cpu] = r == 0;
		return r;
	}
	if (!f->has_rested[act->cpu])
		return 0;
	f->has_rested[act->cpu] = false;
	r = look(s, f, act, "on");
	f->has_told_return |= r == 0;
	return r;
}

static int uproot(struct stage *s, void *state)
{
	struct firmware *f = state;
	int cpu = cpulist_next(stage_online(s), 0);
	const char *why = cpu >= 0 && f->id[cpu] < 0
				  ? "the kernel does not say which virtual CPU is which"
				  : "no CPU went and came back here";

	if (!f->has_told_rest)
		expect_unexercised(s, NULL, &returned, NULL, "%s", why);
	if (!f->has_told_return)
		expect_unexercised(s, NULL, &comes_back, NULL, "%s", why);
	free(f);
	return 0;
}

const struct witness witness_firmware = {
	.id = "firmware",
	.summary = "The virtual CPU of the one that goes, looked at from outside",
	.explain =
		"Observation `firmware.look` asks the lab to look at the virtual CPU with the hardware number `id` now: when the CPU is off, right before it is "
		"brought back (`still-off`), and when it is `on` again. The lab answers each look only once it is done, with `firmware.seen` in outside.jsonl: "
		"`at` away or here, `shows` the registers that tell, and since the look before: `ran_ns` for how long the virtual CPU's thread ran, `waited_ns` how long "
		"the host made it wait, of `whole_ns` in all. A window in which the thread could run for less than 100 ms proves nothing.",
	.claims = CLAIMS(&returned, &comes_back),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_lookout),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
