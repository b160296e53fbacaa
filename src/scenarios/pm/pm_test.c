// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.pm-test: all CPUs but one go and come with frozen tasks, as in a suspend, which does not
 * happen. First with one CPU off, which must stay so; then with all online. Real suspend and its
 * firmware are not its matter.
 */
#include <errno.h>
#include <string.h>

#include "base/puppet.h"
#include "box/cpu.h"
#include "box/kmsg.h"
#include "scenarios/pm/pm.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define TASKS_MAX 64
#define WENT "Disabling non-boot CPUs"

static const struct claim cpus_come_back = {
	.id = "pm.cpus-come-back",
	.summary = "After a suspend that ends at the CPUs the same CPUs are online",
	.explain =
		"On its way to sleep the kernel takes off all CPUs but one by itself and notes which, and on its way back it brings those again. "
		"A CPU that is missing afterwards, or is half way, was given up with one line in the log: whoever wakes a laptop has fewer CPUs.",
	.refs = REFS("Documentation/power/basic-pm-debugging.rst",
		     "kernel/cpu.c: freeze_secondary_cpus(), thaw_secondary_cpus()"),
	.faults = FAULTS("kmod:suspend-loses-cpu"),
};

static const struct claim offline_kept = {
	.id = "pm.offline-kept",
	.summary = "A CPU that was off before a suspend is off after it",
	.explain =
		"Only the CPUs that the suspend took off may come back with it. One that an administrator took off before must stay off: it may be broken, "
		"or somebody else's.",
	.refs = REFS("Documentation/power/suspend-and-cpuhotplug.rst"),
	.faults = FAULTS("kmod:suspend-brings-all"),
};

static const struct claim affinity_kept = {
	.id = "pm.affinity-kept",
	.summary = "Tasks bound to a CPU are bound to it after a suspend as before",
	.explain =
		"While tasks are frozen a CPU that goes comes back before any of them can run, so none needs another one: affinities and cpusets are "
		"left alone, other than in an offline. A failure means that each suspend undoes what was bound.",
	.refs = REFS("Documentation/power/suspend-and-cpuhotplug.rst",
		     "kernel/cgroup/cpuset.c: cpuset_force_rebuild()"),
	.faults = FAULTS("kmod:suspend-unbinds"),
};

static const struct claim *const own_claims[] = { &cpus_come_back, &offline_kept, &affinity_kept };

struct bound {
	struct puppet *task;
	int cpu;
};

struct crowd_of_bound {
	struct bound list[TASKS_MAX];
	size_t n;
};

static int bind_tasks(struct stage *s, struct crowd_of_bound *c)
{
	struct cpulist can;
	int r = stage_can_leave(s, &can);

	cpulist_foreach(cpu, &can) {
		struct cpulist one = cpulist_of(cpu);
		struct puppet *p;

		if (r < 0 || c->n == TASKS_MAX)
			break;
		r = puppet_start("hp-bound", -1, &p);
		if (r < 0)
			break;
		c->list[c->n++] = (struct bound){ p, cpu };
		r = puppet_pin(p, &one);
	}
	return r;
}

static void end_tasks(struct crowd_of_bound *c)
{
	while (c->n > 0)
		puppet_end(c->list[--c->n].task);
}

static void judge_tasks(struct stage *s, const struct act *act, const struct crowd_of_bound *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct bound *b = &c->list[i];
		struct cpulist now, one = cpulist_of(b->cpu);

		/* The freezer wakes all tasks: one whose CPU is off is moved, as at any wake-up. */
		if (!cpulist_has(&act->online_before, b->cpu) || !cpulist_has(&act->online, b->cpu))
			continue;
		if (puppet_affinity(b->task, &now) < 0) {
			expect_error(s, act, &affinity_kept, NULL, "a bound task is gone");
			return;
		}
		expect(s, act, &affinity_kept, cpulist_equal(&now, &one),
		       json_pack("{s:i, s:s}", "cpu", b->cpu, "mask", cpulist_str(&now)),
		       "a task that was bound to cpu%d may run on CPU \"%s\" after the suspend",
		       b->cpu, cpulist_str(&now));
	}
}

/* The log of the write says whether CPUs were taken off at all. */
static bool cpus_went(int kmsg_fd)
{
	struct kmsg_record record;
	bool went = false;
	int r;

	/* EPIPE: a part is lost. */
	while (kmsg_fd >= 0 && ((r = kmsg_next(kmsg_fd, &record)) == 1 || r == -EPIPE))
		went |= r == 1 && strstr(record.text, WENT);
	return went;
}

static void judge_cpus(struct stage *s, const struct act *act, int off)
{
	struct cpulist half = {};

	cpulist_foreach(cpu, &act->online)
		if (cpulist_has(&act->online_before, cpu) && cpu != cpulist_next(&act->online, 0) &&
		    !cpu_is_fully_online(stage_box(s), cpu))
			cpulist_add(&half, cpu);
	expect(s, act, &cpus_come_back,
	       cpulist_is_subset(&act->online_before, &act->online) && cpulist_count(&half) == 0,
	       json_pack("{s:s, s:s, s:s}", "before", cpulist_str(&act->online_before), "after",
			 cpulist_str(&act->online), "half", cpulist_str(&half)),
	       "CPUs \"%s\" were online, and are \"%s\" after the suspend; half way: \"%s\"",
	       cpulist_str(&act->online_before), cpulist_str(&act->online), cpulist_str(&half));
	if (off >= 0)
		expect(s, act, &offline_kept, !cpulist_has(&act->online, off),
		       json_pack("{s:i}", "cpu", off),
		       "cpu%d was off before the suspend, and is %s", off,
		       cpulist_has(&act->online, off) ? "online" : "off");
}

static int set(struct stage *s, const char *path, const char *value)
{
	struct act_spec spec = {
		.verb = ACT_WRITE, .cpu = -1, .path = path, .value = value, .allow = ACT_ALLOW(0)
	};

	return act_play(s, &spec, NULL);
}

/* EBUSY: something that wakes the box was about to. */
static int suspend(struct stage *s, int off, const struct crowd_of_bound *c)
{
	struct act_spec spec = { .verb = ACT_WRITE,
				 .cpu = -1,
				 .path = PM_STATE,
				 .value = PM_WORD,
				 .allow = ACT_ALLOW(0, EBUSY) };
	_cleanup_close_ int kmsg = box_open_stream(stage_box(s), "kmsg");
	struct act act = {};
	int r = act_play(s, &spec, &act);

	if (r < 0)
		return r;
	if (act.result || !cpus_went(kmsg)) {
		const char *why = act.result ? "the suspend was called off"
					     : "the kernel did not say that it took CPUs off";

		for (size_t i = 0; i < ARRAY_SIZE(own_claims); i++)
			expect_unexercised(s, &act, own_claims[i], NULL, "%s", why);
		return 0;
	}
	judge_cpus(s, &act, off);
	judge_tasks(s, &act, c);
	return 0;
}

static int play_set(struct stage *s, const struct crowd_of_bound *c)
{
	struct cpulist can;
	int r = stage_can_leave(s, &can), cpu = r == 0 ? cpulist_next(&can, 0) : -1;

	if (r == 0)
		r = suspend(s, -1, c);
	/* With a single other CPU there would be none for the suspend to take off. */
	if (r < 0 || cpu < 0 || cpulist_count(stage_online(s)) < 3) {
		if (r == 0)
			expect_unexercised(s, NULL, &offline_kept, NULL, "there are two CPUs only");
		return r;
	}
	r = act_offline(s, cpu);
	if (r < 0)
		return r;
	r = suspend(s, cpu, c);
	if (cpulist_has(stage_online(s), cpu))
		return r;
	return r < 0 ? r : act_online(s, cpu);
}

/* A suspend takes off all there are. */
static int are_all_chosen(struct stage *s)
{
	struct cpulist can, there;
	int r = stage_can_leave(s, &can);

	if (r == 0)
		r = cpu_hotpluggable_read(stage_box(s), &there);
	if (r < 0)
		return r;
	there = cpulist_and(&there, stage_online(s));
	return cpulist_is_subset(&there, &can);
}

static int play(struct stage *s)
{
	struct crowd_of_bound tasks = {};
	struct pm_knobs knobs;
	int r = are_all_chosen(s), back = 0;

	if (r <= 0) {
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(own_claims); i++)
			expect_unexercised(s, NULL, own_claims[i], NULL,
					   "a suspend takes off all CPUs, and some were chosen");
		return r;
	}
	r = pm_knobs_read(stage_box(s), &knobs);
	if (r == 0)
		r = bind_tasks(s, &tasks);
	for (int i = 0; i < PM_KNOBS && r == 0; i++)
		if (*knobs.knobs[i].was)
			r = set(s, knobs.knobs[i].path, knobs.knobs[i].value);
	if (r == 0)
		r = play_set(s, &tasks);
	for (int i = PM_KNOBS - 1; i >= 0; i--)
		if (*knobs.knobs[i].was && set(s, knobs.knobs[i].path, knobs.knobs[i].was) < 0)
			back = -EIO;
	end_tasks(&tasks);
	return r < 0 ? r : back;
}

const struct scenario scenario_cpu_pm_test = {
	.id = "cpu.pm-test",
	.summary = "All CPUs but one go and come as in a suspend, with frozen tasks",
	.explain =
		"`power/pm_test` is set to \"processors\" and \"mem\" written to `power/state`: tasks are frozen, devices sleep, all CPUs but one go, and all comes back "
		"without a suspend. Once with all CPUs online, once with one off. The stock cloud kernels have no pm_test: `hotproof lab run "
		"amd64-4-6.1-generic`.",
	.claims = CLAIMS(&cpus_come_back, &offline_kept, &affinity_kept),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &pm_need_test,
		       &need_expendable),
	.cost = { 4000, 500 },
	.rank = 34,
	.witnesses = GLOBS("kernel-log", "masks", "hung"),
	.play = play,
};
