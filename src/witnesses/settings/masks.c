// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Masks that the owner set for the whole box: where new interrupts and unbound work go, and what
 * the lockup detector watches. They name CPUs that may be off, and no offline or online may rewrite
 * them: what is written here outlives the CPU. What they do is not judged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

static const struct claim irq_default_mask_kept = {
	.id = "irq.default-mask-kept",
	.summary = "The mask for new interrupts is what it was",
	.explain =
		"`/proc/irq/default_smp_affinity` before and after each act. It is what a driver's interrupt starts with, online or not; a mask that loses the CPU "
		"for good keeps every interrupt that is set up later away from it.",
	.refs = REFS("Documentation/core-api/irq/irq-affinity.rst"),
	.faults = FAULTS("kmod:irq-default-mask-changes", "root:irq-default-mask-changes"),
};

static const struct claim wq_mask_kept = {
	.id = "wq.mask-kept",
	.summary = "The mask of unbound work queues is what it was",
	.explain =
		"`/sys/devices/virtual/workqueue/cpumask` before and after each act. The kernel leaves CPUs that are off out of the pools and not out of the "
		"mask, so that they are used again after their return. Isolated cpuset partitions take CPUs out of it and lose "
		"them with an offline (6.8 and later): where there is one, nothing is judged.",
	.refs = REFS("Documentation/core-api/workqueue.rst",
		     "kernel/workqueue.c: wq_unbound_cpumask"),
	.faults = FAULTS("kmod:wq-mask-changes", "root:wq-mask-changes"),
};

static const struct claim watchdog_mask_kept = {
	.id = "watchdog.mask-kept",
	.summary = "The mask of the lockup detector is what it was",
	.explain =
		"`/proc/sys/kernel/watchdog_cpumask` before and after each act. A CPU that falls out of it is never again watched for lockups, and "
		"nobody hears of the next one.",
	.refs = REFS("Documentation/admin-guide/lockup-watchdogs.rst",
		     "Documentation/admin-guide/sysctl/kernel.rst: watchdog_cpumask"),
	.faults = FAULTS("kmod:watchdog-mask-changes", "root:watchdog-mask-changes"),
};

#define ISOLATED "sys/fs/cgroup/cpuset.cpus.isolated"

static const struct {
	const struct claim *claim;
	const char *path;
	bool yields_to_partitions;
} settings[] = {
	{ &irq_default_mask_kept, "proc/irq/default_smp_affinity", false },
	{ &wq_mask_kept, "sys/devices/virtual/workqueue/cpumask", true },
	{ &watchdog_mask_kept, "proc/sys/kernel/watchdog_cpumask", false },
};

struct masks {
	char *was[ARRAY_SIZE(settings)]; /* NULL: there is no such file */
	bool has_partition;              /* before the act: the act may end it */
	bool is_told[ARRAY_SIZE(settings)];
};

static void forget(struct masks *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		free(m->was[i]);
		m->was[i] = NULL;
	}
}

static bool has_partition(struct box *box)
{
	_cleanup_free_ char *text = NULL;

	return box_read(box, ISOLATED, &text) == 0 && *text_strip(text);
}

static int plant(struct stage *s, void **ret_state)
{
	struct masks *m = calloc(1, sizeof(*m));

	(void)s;
	if (!m)
		return -ENOMEM;
	*ret_state = m;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct masks *m = state;

	forget(m);
	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		int r = box_read(stage_box(s), settings[i].path, &m->was[i]);

		if (r < 0 && r != -ENOENT)
			return r;
	}
	m->has_partition = has_partition(stage_box(s));
	return 0;
}

static int judge(struct stage *s, struct masks *m, const struct act *act, size_t i)
{
	_cleanup_free_ char *now = NULL;
	const struct claim *claim = settings[i].claim;
	int r = box_read(stage_box(s), settings[i].path, &now);

	if (r < 0)
		return r;
	text_strip(m->was[i]);
	text_strip(now);
	m->is_told[i] = true;
	if (settings[i].yields_to_partitions && (m->has_partition || has_partition(stage_box(s))))
		expect_unexercised(s, act, claim, NULL,
				   "an isolated cpuset partition changes /%s with its CPUs",
				   settings[i].path);
	else
		expect(s, act, claim, strcmp(now, m->was[i]) == 0,
		       json_pack("{s:s, s:s, s:s}", "file", settings[i].path, "was", m->was[i],
				 "now", now),
		       "/%s is \"%s\", and was \"%s\" before", settings[i].path, now, m->was[i]);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct masks *m = state;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(settings) && act->is_done; i++)
		if (m->was[i])
			r = judge(s, m, act, i);
	return r;
}

static int uproot(struct stage *s, void *state)
{
	struct masks *m = state;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (!m->is_told[i])
			expect_unexercised(s, NULL, settings[i].claim, NULL,
					   "no CPU went or came while there was a /%s",
					   settings[i].path);
	forget(m);
	free(m);
	return 0;
}

const struct witness witness_settings = {
	.id = "settings",
	.summary = "masks that the owner set for the whole box",
	.explain =
		"Reads the masks for new interrupts, for unbound work and of the lockup detector before and after each act.",
	.claims = CLAIMS(&irq_default_mask_kept, &wq_mask_kept, &watchdog_mask_kept),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
