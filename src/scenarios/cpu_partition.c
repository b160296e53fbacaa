// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.partition: the only CPU of a cpuset partition goes off and comes back. A scenario of its own,
 * with few witnesses: to make a partition takes its CPU from everybody else and rewrites the
 * affinity of all other tasks, so that nothing could be bound to that CPU. Cpusets without
 * partitions are a witness (cpuset).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/puppet.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cgroup.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define FOLLOWS_NS (10 * NS_PER_S)

static const struct claim invalid_and_back = {
	.id = "cpuset.partition-invalid-and-back",
	.summary = "A partition without a CPU is invalid, and valid once the CPU is back",
	.explain =
		"A partition root whose only CPU goes off must say so (`root invalid (why)`, `isolated invalid (why)`), its tasks run on the "
		"parent's CPUs, and once the CPU is back it must be valid again by itself, with its tasks bound to the CPU. "
		"The process in it is proved to run on the CPU before. A failure means that an isolated workload loses its isolation for good after one "
		"cycle, which nobody sees.",
	.refs = REFS("Documentation/admin-guide/cgroup-v2.rst",
		     "commit: cgroup/cpuset: Fix a partition error with CPU hotplug"),
	.faults = FAULTS("kmod:partition-stays-invalid"),
};

/* Isolated partitions came with 6.1 (and with its backports), and with them what a partition
 * without CPUs says and does: before, no promise was made. An empty group takes no CPU from
 * anybody. */
static bool has_isolated(struct box *box)
{
	_cleanup_free_ char *dir = NULL;
	int r = cgroup_turn_on(box, "cpuset"), written = -1;

	if (r >= 0 && cgroup_make("kinds", &dir) >= 0)
		written = box_writef(box, "isolated", "%s/cpuset.cpus.partition", dir);
	cgroup_remove(dir);
	if (r > 0)
		cgroup_turn_off(box, "cpuset");
	return written >= 0;
}

static int probe(struct box *box, char **ret_why)
{
	_cleanup_free_ char *all = NULL;
	struct cpulist online, effective;
	int r = cgroup_probe(box, "cpuset", ret_why);

	if (r <= 0)
		return r;
	if (!has_isolated(box)) {
		*ret_why = strdup("this kernel takes no \"isolated\" in cpuset.cpus.partition");
		return 0;
	}
	if (box_readf(box, &all, CGROUP_TOP "/cpuset.cpus.effective") < 0 ||
	    cpu_online_read(box, &online) < 0 || cpulist_parse(all, &effective) < 0 ||
	    cpulist_equal(&online, &effective))
		return 1;
	*ret_why = text_printf("the top cpuset has CPUs \"%s\" of \"%s\": there are partitions",
			       all, cpulist_str(&online));
	return 0;
}

static const struct need need_partitions = {
	.id = "box.cpuset-partitions",
	.summary =
		"cgroup v2 with cpusets that may be isolated (6.1), and nobody's partition among them",
	.probe = probe,
};

struct partition {
	struct stage *stage;
	int cpu;
	const char *kind; /* "root", "isolated" */
	char *dir, *path;
	struct puppet *puppet;
	bool has_turned_on;
	/* what is waited for, and what was seen */
	bool is_valid_wanted;
	char seen[160];
	struct cpulist affinity;
};

static void read_state(struct partition *p)
{
	_cleanup_free_ char *text = NULL;

	if (box_readf(stage_box(p->stage), &text, "%s", p->path) < 0 ||
	    puppet_affinity(p->puppet, &p->affinity) < 0)
		p->seen[0] = '\0';
	else
		snprintf(p->seen, sizeof(p->seen), "%s", text);
}

static bool is_as_wanted(void *arg)
{
	struct partition *p = arg;
	struct cpulist own = cpulist_of(p->cpu);
	size_t n = strlen(p->kind);

	read_state(p);
	if (p->is_valid_wanted)
		return strcmp(p->seen, p->kind) == 0 && cpulist_equal(&p->affinity, &own);
	return strncmp(p->seen, p->kind, n) == 0 && text_starts(p->seen + n, " invalid") &&
	       cpulist_count(&p->affinity) > 0 && !cpulist_has(&p->affinity, p->cpu);
}

static bool runs(struct partition *p)
{
	puppet_ask(p->puppet);
	return puppet_await(p->puppet, wait_now_ns() + wait_scaled(FOLLOWS_NS)) > 0;
}

static int write_kind(struct partition *p, const char *kind)
{
	return act_play(p->stage,
			&(struct act_spec){ .verb = ACT_WRITE,
					    .cpu = -1,
					    .path = p->path,
					    .value = kind,
					    .allow = ACT_ALLOW(0) },
			NULL);
}

/* NULL: the partition is valid and its process runs on its CPU. */
static const char *set_up(struct partition *p)
{
	struct box *box = stage_box(p->stage);
	_cleanup_close_ int fd = -1;
	struct cpulist own = cpulist_of(p->cpu);
	int r = cgroup_turn_on(box, "cpuset");

	p->has_turned_on = r > 0;
	if (r < 0 || cgroup_make(p->kind, &p->dir) < 0)
		return "could not be made";
	p->path = text_printf("%s/cpuset.cpus.partition", p->dir);
	fd = cgroup_open(p->dir);
	if (!p->path || fd < 0 || puppet_start("hp-partition", fd, &p->puppet) < 0)
		return "could not be given a process";
	if (box_writef(box, cpulist_str(&own), "%s/cpuset.cpus", p->dir) < 0 ||
	    write_kind(p, p->kind) < 0)
		return "could not be made a partition";
	p->is_valid_wanted = true;
	if (wait_until(is_as_wanted, p, wait_now_ns() + wait_scaled(FOLLOWS_NS)) <= 0)
		return "did not become valid";
	return runs(p) && puppet_cpu(p->puppet) == p->cpu ? NULL
							  : "has a process that did not run there";
}

static void tear_down(struct partition *p)
{
	/* A partition that still holds a CPU would keep it from everybody: member first. */
	if (p->path && p->puppet)
		(void)!write_kind(p, "member");
	puppet_end(p->puppet);
	cgroup_remove(p->dir);
	if (p->has_turned_on)
		cgroup_turn_off(stage_box(p->stage), "cpuset");
	free(p->path);
	free(p->dir);
}

static void judge(struct partition *p, const struct act *act, bool is_valid_wanted)
{
	int64_t began = wait_now_ns();
	bool is_right, has_run, is_there;
	int ran_on;

	p->is_valid_wanted = is_valid_wanted;
	is_right = wait_until(is_as_wanted, p, began + wait_scaled(FOLLOWS_NS)) > 0;
	has_run = runs(p);
	ran_on = puppet_cpu(p->puppet);
	is_there = is_valid_wanted ? ran_on == p->cpu : cpulist_has(&act->online, ran_on);
	if (is_valid_wanted ? !cpu_is_fully_online(stage_box(p->stage), p->cpu)
			    : !cpu_is_fully_offline(stage_box(p->stage), p->cpu)) {
		expect_unexercised(p->stage, act, &invalid_and_back, NULL,
				   "cpu%d did not stay as it was while the partition was watched",
				   p->cpu);
		return;
	}
	expect(p->stage, act, &invalid_and_back, is_right && has_run && is_there,
	       json_pack("{s:s, s:s, s:s, s:i, s:f}", "kind", p->kind, "partition", p->seen,
			 "affinity", cpulist_str(&p->affinity), "ran_on", has_run ? ran_on : -1,
			 "waited_ms", (double)(wait_now_ns() - began) / NS_PER_MS),
	       "cpu%d is %s: the partition with nothing else says \"%s\", its task has affinity \"%s\" and %s on cpu%d",
	       p->cpu, is_valid_wanted ? "back" : "off", p->seen, cpulist_str(&p->affinity),
	       has_run ? "ran" : "did not run, last", ran_on);
}

static int cycle(struct partition *p)
{
	/*
	 * 6.12.95 refuses to take the only CPU of a "root" partition (an "isolated" one it takes):
	 * dl_bw_deactivate() wants to leave a CPU to a domain with deadline bandwidth, and counts
	 * its own deadline servers. No promise says that it may not.
	 */
	bool may_refuse = strcmp(p->kind, "root") == 0;
	struct act_spec off = { .verb = ACT_OFFLINE,
				.cpu = p->cpu,
				.allow = may_refuse ? ACT_ALLOW(0, EBUSY) : ACT_ALLOW(0) };
	struct act_spec on = { .verb = ACT_ONLINE, .cpu = p->cpu, .allow = ACT_ALLOW(0) };
	struct act act = {};
	int r = act_play(p->stage, &off, &act);

	if (act.is_done) {
		judge(p, &act, false);
	} else if (cpu_is_fully_online(stage_box(p->stage), p->cpu)) {
		if (may_refuse && act.result == EBUSY)
			expect_limit(
				p->stage, &act, &invalid_and_back, NULL,
				"the kernel keeps the only CPU of a partition \"%s\" (EBUSY): dl_bw_deactivate()",
				p->kind);
		return r;
	}
	r = act_play(p->stage, &on, &act);
	if (act.is_done)
		judge(p, &act, true);
	return r;
}

static int play(struct stage *s)
{
	static const char *const kinds[] = { "root", "isolated" };
	struct cpulist can;
	int r = stage_can_leave(s, &can), cpu;

	if (r < 0)
		return r;
	cpu = cpulist_next(&can, cpulist_next(stage_online(s), 0) + 1); /* the first one stays */
	if (cpu < 0)
		cpu = cpulist_next(&can, 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && r >= 0 && cpu >= 0; i++) {
		struct partition p = { .stage = s, .cpu = cpu, .kind = kinds[i] };
		const char *why = set_up(&p);

		if (why)
			expect_unexercised(s, NULL, &invalid_and_back, NULL,
					   "a cpuset for cpu%d as \"%s\" %s: \"%s\"", cpu, kinds[i],
					   why, p.seen);
		else
			r = cycle(&p);
		tear_down(&p);
	}
	return r;
}

const struct scenario scenario_cpu_partition = {
	.id = "cpu.partition",
	.summary = "The only CPU of a cpuset partition goes off and comes back",
	.explain =
		"A cpuset of cgroup v2 with one CPU and one process is made a partition root, then an isolated one; its CPU is taken off and brought back. "
		"Few witnesses watch: a partition rewrites the affinity of all other tasks.",
	.claims = CLAIMS(&invalid_and_back),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_partitions),
	.cost = { 1100, 0 },
	.rank = 15,
	.witnesses = GLOBS("state", "masks", "uevents", "kernel-log", "hung"),
	.play = play,
};
