// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.smt-control: the second threads of all cores off and on again by one write. "forceoff" is
 * never written: it lasts until the next boot. What the scheduler makes of it is not its matter.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define SMT_DIR "sys/devices/system/cpu/smt"
#define CONTROL SMT_DIR "/control"

static const struct claim bad_word_refused = {
	.id = "smt.bad-word-refused",
	.summary = "smt/control refuses a word that it does not know, changing nothing",
	.explain =
		"\"perhaps\" must give EINVAL, and control, active and the online mask must be as before. A failure means that "
		"a typing error in a boot script changes which CPUs a box has.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu"),
	.faults = FAULTS("kmod:smt-takes-anything"),
};

static const struct claim off_leaves_one = {
	.id = "smt.off-leaves-one-thread",
	.summary = "SMT off leaves one thread of each core online, and says so",
	.explain =
		"After \"off\" the online mask is the one before without the second threads of each core, `smt/control` reads \"off\" and `smt/active` 0. "
		"Administrators write it against leaks between threads: a sibling that stays is a hole. A failure means that one of the offlines "
		"was refused or forgotten.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu",
		     "Documentation/admin-guide/hw-vuln/l1tf.rst"),
	.faults = FAULTS("kmod:smt-off-stops"),
};

static const struct claim sibling_refused = {
	.id = "smt.sibling-refused",
	.summary = "With SMT off a sibling thread is refused with EPERM, and stays off",
	.explain =
		"Writing 1 to `cpuN/online` of a second thread must give EPERM as long as SMT is off, and nothing may change. A failure means that "
		"anything that brings CPUs online undoes what the administrator wrote.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu"),
	.faults = FAULTS("kmod:smt-wrong-errno"),
};

static const struct claim on_restores = {
	.id = "smt.on-restores",
	.summary = "SMT on brings back the CPUs that SMT off had taken",
	.explain =
		"After \"on\" the online mask is the one before \"off\", `smt/control` reads \"on\" and `smt/active` 1. A failure means that a sibling's bring-up failed, "
		"or that its core was taken for one that is off.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu",
		     "cpu/SMT: Enable SMT only if a core is online"),
	.faults = FAULTS("kmod:smt-on-stops"),
};

static int probe_smt(struct box *box, char **ret_why)
{
	_cleanup_free_ char *control = NULL, *active = NULL;

	if (box_readf(box, &control, CONTROL) < 0 ||
	    box_readf(box, &active, SMT_DIR "/active") < 0) {
		*ret_why = text_printf("there is no %s", CONTROL);
		return 0;
	}
	if (strcmp(control, "on") == 0 && strcmp(active, "1") == 0)
		return 1;
	*ret_why = text_printf("smt/control is \"%s\" and smt/active %s", control, active);
	return 0;
}

static const struct need need_smt = {
	.id = "box.smt",
	.summary = "cores with two threads, and smt/control \"on\"",
	.probe = probe_smt,
};

/* All but the first thread of each core. */
static int find_siblings(struct stage *s, struct cpulist *ret)
{
	struct cpulist found = {}, online = *stage_online(s);

	cpulist_foreach(cpu, &online) {
		_cleanup_free_ char *text = NULL;
		struct cpulist threads;
		int r = box_readf(stage_box(s), &text,
				  "sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
				  cpu);

		if (r == 0)
			r = cpulist_parse(text, &threads);
		if (r < 0)
			return r;
		if (cpulist_next(&threads, 0) != cpu)
			cpulist_add(&found, cpu);
	}
	*ret = found;
	return 0;
}

static void expect_smt(struct stage *s, const struct act *act, const struct claim *claim,
		       const char *control, const struct cpulist *online)
{
	_cleanup_free_ char *now = NULL, *active = NULL;
	struct cpulist mask = {};
	bool ok;

	if (cpu_online_read(stage_box(s), &mask) < 0 ||
	    box_readf(stage_box(s), &now, CONTROL) < 0 ||
	    box_readf(stage_box(s), &active, SMT_DIR "/active") < 0) {
		expect_error(s, act, claim, NULL, "smt/ cannot be read");
		return;
	}
	ok = cpulist_equal(&mask, online) && strcmp(now, control) == 0 &&
	     strcmp(active, strcmp(control, "on") == 0 ? "1" : "0") == 0;
	expect(s, act, claim, ok,
	       json_pack("{s:s, s:s, s:s, s:s}", "online", cpulist_str(&mask), "wanted",
			 cpulist_str(online), "control", now, "active", active),
	       "after \"%s\" CPUs %s are online (%s wanted), smt/control is \"%s\", smt/active %s",
	       act->value, cpulist_str(&mask), cpulist_str(online), now, active);
}

/* True when the write had the outcome that was wanted. */
static bool write_control(struct stage *s, const char *word, const int *allow,
			  const struct claim *claim, struct act *ret)
{
	struct act_spec spec = { .verb = ACT_WRITE,
				 .cpu = -1,
				 .path = CONTROL,
				 .value = word,
				 .allow = allow,
				 .claim = claim };

	return act_play(s, &spec, ret) == 0;
}

static void try_sibling(struct stage *s, const struct cpulist *siblings, const struct cpulist *left)
{
	int cpu = cpulist_next(siblings, 0);
	struct act_spec spec = {
		.verb = ACT_ONLINE, .cpu = cpu, .allow = ACT_ALLOW(EPERM), .claim = &sibling_refused
	};
	struct act act = {};

	if (act_play(s, &spec, &act) < 0 && act.id == 0)
		return;
	expect_smt(s, &act, &sibling_refused, "off", left);
	/* One that came all the same goes again, so that "on" has all of them to bring back. */
	if (cpulist_has(stage_online(s), cpu))
		(void)!act_offline(s, cpu);
}

static int play(struct stage *s)
{
	struct cpulist all = *stage_online(s), siblings, left;
	struct act act = {};
	int r = find_siblings(s, &siblings);

	if (r < 0)
		return r;
	if (cpulist_count(&siblings) == 0)
		return -ENODEV;
	left = cpulist_minus(&all, &siblings);
	write_control(s, "perhaps", ACT_ALLOW(EINVAL), &bad_word_refused, &act);
	expect_smt(s, &act, &bad_word_refused, "on", &all);
	if (write_control(s, "off", ACT_ALLOW(0), &off_leaves_one, &act)) {
		expect_smt(s, &act, &off_leaves_one, "off", &left);
		try_sibling(s, &siblings, &left);
	} else {
		expect_unexercised(s, &act, &sibling_refused, NULL, "SMT could not be set to off");
	}
	if (write_control(s, "on", ACT_ALLOW(0), &on_restores, &act))
		expect_smt(s, &act, &on_restores, "on", &all);
	/* A sibling that came back so must go and come as any other CPU. */
	r = act_offline(s, cpulist_next(&siblings, 0));
	return r < 0 ? r : act_online(s, cpulist_next(&siblings, 0));
}

const struct scenario scenario_cpu_smt_control = {
	.id = "cpu.smt-control",
	.summary = "SMT is set to off and on again; a sibling is asked for in between",
	.explain =
		"A wrong word, then \"off\": all second threads must go. One of them is asked to come back, which must be refused. Then \"on\": all come back. "
		"Watched by those witnesses who ask what changed and not what an act was for.",
	.claims = CLAIMS(&bad_word_refused, &off_leaves_one, &sibling_refused, &on_restores),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_smt),
	.rank = 33,
	.witnesses = GLOBS("masks", "uevents", "kernel-log", "hung"),
	.play = play,
};
