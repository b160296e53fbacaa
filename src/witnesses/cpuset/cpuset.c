// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For each CPU that goes off, two cpusets of cgroup v2: one with that CPU only, one with another
 * CPU too; a sleeping process in each. No partitions: those take CPUs away from everybody else's
 * tasks, and have a scenario of their own (cpu.partition). Not for cpusets of cgroup v1.
 */
#include "witnesses/cpuset/cpuset.h"

#include <errno.h>
#include <stdlib.h>

#include "base/puppet.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cgroup.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/cpuset/internal.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define PROOF_LIMIT_NS (5 * NS_PER_S)

static int probe(struct box *box, char **ret_why)
{
	return cgroup_probe(box, "cpuset", ret_why);
}

static const struct need need_cpuset = {
	.id = "box.cpuset",
	.summary = "cgroup v2 with cpusets",
	.probe = probe,
};

struct group {
	char *dir;
	struct puppet *puppet;
	struct cpulist wanted;
	bool is_proven; /* for the CPU that is about to go */
};

/* What is used for one CPU from before it goes until it is back; as many as are away at once. */
struct slot {
	int cpu; /* -1: free */
	bool is_off;
	struct group groups[2];
	struct slot *next;
};

struct cpusets {
	struct finding_voice voice;
	struct slot *slots;
	int n_slots;
	bool has_turned_on;
};

static int make_group(struct group *g, const char *name)
{
	_cleanup_close_ int fd = -1;
	int r = cgroup_make(name, &g->dir);

	if (r < 0)
		return r;
	fd = cgroup_open(g->dir);
	return fd < 0 ? fd : puppet_start("hp-cpuset", fd, &g->puppet);
}

static void free_slot(struct slot *slot)
{
	for (size_t i = 0; i < ARRAY_SIZE(slot->groups); i++)
		puppet_end(slot->groups[i].puppet);
	for (size_t i = 0; i < ARRAY_SIZE(slot->groups); i++) {
		cgroup_remove(slot->groups[i].dir);
		free(slot->groups[i].dir);
	}
	free(slot);
}

static int add_slot(struct cpusets *c)
{
	static const char *const names[] = { "one", "pair" };
	struct slot *slot = calloc(1, sizeof(*slot));
	int r = slot ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		_cleanup_free_ char *name = text_printf("%s%d", names[i], c->n_slots);

		r = name ? make_group(&slot->groups[i], name) : -ENOMEM;
	}
	if (r < 0) {
		if (slot)
			free_slot(slot);
		return r;
	}
	slot->cpu = -1;
	slot->next = c->slots;
	c->slots = slot;
	c->n_slots++;
	return 0;
}

static struct slot *slot_of(struct cpusets *c, int cpu)
{
	for (struct slot *slot = c->slots; slot; slot = slot->next)
		if (slot->cpu == cpu)
			return slot;
	return NULL;
}

static int read_list(struct box *box, const char *dir, const char *file, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = box_readf(box, &text, "%s/%s", dir, file);

	return r < 0 ? r : cpulist_parse(text, ret);
}

/* NULL: the process is in the cpuset, has its CPUs, ran on one, and sleeps. */
static const char *lay_down(struct stage *s, struct group *g)
{
	int64_t deadline = worker_deadline(PROOF_LIMIT_NS);
	struct cpulist effective, affinity;

	if (box_writef(stage_box(s), cpulist_str(&g->wanted), "%s/cpuset.cpus", g->dir) < 0)
		return "could not be given its CPUs";
	if (read_list(stage_box(s), g->dir, "cpuset.cpus.effective", &effective) < 0 ||
	    !cpulist_equal(&effective, &g->wanted))
		return "did not get its CPUs";
	puppet_ask(g->puppet);
	if (puppet_await(g->puppet, deadline) <= 0 ||
	    !cpulist_has(&g->wanted, puppet_cpu(g->puppet)))
		return "has a process that did not run on its CPUs in time";
	if (puppet_affinity(g->puppet, &affinity) < 0 || !cpulist_equal(&affinity, &g->wanted))
		return "has a process that did not get its CPUs";
	return NULL;
}

/* Somebody's partitions are legal, and take CPUs from the top cpuset: then ours follow other rules.
 */
static bool is_undivided(struct stage *s, const struct cpulist *online)
{
	struct cpulist all;

	return read_list(stage_box(s), CGROUP_TOP, "cpuset.cpus.effective", &all) == 0 &&
	       cpulist_equal(&all, online);
}

static const char *prepare(struct stage *s, struct slot *slot, const struct act *act)
{
	struct cpulist others = cpulist_minus(&act->online_before, &(struct cpulist){});
	const char *why = NULL;

	cpulist_del(&others, act->cpu);
	if (!is_undivided(s, &act->online_before))
		return "is below a top cpuset that does not have all online CPUs";
	slot->groups[0].wanted = slot->groups[1].wanted = cpulist_of(act->cpu);
	/* The first one: it is the least likely to go off too. */
	cpulist_add(&slot->groups[1].wanted, cpulist_next(&others, 0));
	for (size_t i = 0; i < ARRAY_SIZE(slot->groups) && !why; i++)
		why = lay_down(s, &slot->groups[i]);
	return why;
}

static int plant(struct stage *s, void **ret_state)
{
	struct cpusets *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->voice.witness = &witness_cpuset;
	r = cgroup_turn_on(stage_box(s), "cpuset");
	c->has_turned_on = r > 0;
	if (r >= 0)
		r = add_slot(c);
	if (r < 0) {
		if (c->has_turned_on)
			cgroup_turn_off(stage_box(s), "cpuset");
		free(c);
		return r;
	}
	*ret_state = c;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct cpusets *c = state;
	struct slot *slot;
	const char *why;
	int r;

	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	slot = slot_of(c, act->cpu);
	if (!slot)
		slot = slot_of(c, -1);
	if (!slot) {
		r = add_slot(c);
		if (r < 0)
			return r;
		slot = c->slots;
	}
	why = prepare(s, slot, act);
	slot->cpu = why ? -1 : act->cpu;
	slot->is_off = false;
	if (!why)
		return 0;
	for (const struct claim *const *claim = witness_cpuset.claims; *claim; claim++)
		finding_add(&f, *claim, FINDING_UNEXERCISED, NULL, "a cpuset for cpu%d %s",
			    act->cpu, why);
	finding_tell(&c->voice, s, act, &f);
	return 0;
}

struct look {
	struct box *box;
	struct group *group;
	struct cpuset_seen *seen;
	struct cpulist expected;
};

static bool has_followed(void *arg)
{
	struct look *l = arg;
	struct cpuset_seen *seen = l->seen;
	int r = read_list(l->box, l->group->dir, "cpuset.cpus", &seen->cpus);

	if (r == 0)
		r = read_list(l->box, l->group->dir, "cpuset.cpus.effective", &seen->effective);
	if (r == 0)
		r = puppet_affinity(l->group->puppet, &seen->affinity);
	seen->read_error = -r;
	return r < 0 || (cpulist_equal(&seen->effective, &l->expected) &&
			 cpulist_equal(&seen->affinity, &l->expected));
}

static void look_at(struct stage *s, struct group *g, const struct act *act, struct findings *f)
{
	struct cpuset_seen seen = {
		.cpu = act->cpu,
		.is_back = act->verb == ACT_ONLINE,
		.online = act->online,
		.wanted = g->wanted,
	};
	struct look look = { .box = stage_box(s), .group = g, .seen = &seen };
	int64_t began = wait_now_ns();
	int ran_on_before;
	char state = '?';

	look.expected = cpuset_expected(&seen.wanted, &seen.online);
	(void)!wait_until(has_followed, &look, worker_deadline(WORKER_LIMIT_NS));
	seen.waited_ns = wait_now_ns() - began;
	seen.is_asleep = worker_stat_at(stage_box(s), &state, &ran_on_before, "proc/%d",
					(int)puppet_pid(g->puppet)) == 0 &&
			 state == 'S';
	puppet_ask(g->puppet);
	seen.has_run = puppet_await(g->puppet, worker_deadline(WORKER_LIMIT_NS)) > 0;
	seen.ran_on = puppet_cpu(g->puppet);
	seen.is_window_closed = seen.is_back ? cpu_is_fully_online(stage_box(s), act->cpu)
					     : cpu_is_fully_offline(stage_box(s), act->cpu);
	cpuset_judge(&seen, f);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct cpusets *c = state;
	struct slot *slot = act->cpu >= 0 && act->verb != ACT_WRITE ? slot_of(c, act->cpu) : NULL;
	bool is_to_judge;

	if (!slot || act->is_noop)
		return 0;
	if (act->verb == ACT_OFFLINE)
		is_to_judge = slot->is_off = act->is_done && stage_cpu_is_dead(s, act->cpu);
	else
		is_to_judge = slot->is_off && act->is_done;
	for (size_t i = 0; i < ARRAY_SIZE(slot->groups) && is_to_judge; i++)
		look_at(s, &slot->groups[i], act, &f);
	if (act->verb == ACT_ONLINE || !is_to_judge)
		slot->cpu = -1;
	finding_tell(&c->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct cpusets *c = state;
	struct slot *next;

	finding_tell_silent(&c->voice, s, "no CPU of a cpuset went off in this scenario");
	for (struct slot *slot = c->slots; slot; slot = next) {
		next = slot->next;
		free_slot(slot);
	}
	if (c->has_turned_on)
		cgroup_turn_off(stage_box(s), "cpuset");
	free(c);
	return 0;
}

const struct witness witness_cpuset = {
	.id = "cpuset",
	.summary = "two cpusets of cgroup v2 with the dying CPU, a sleeping process in each",
	.explain =
		"One cpuset has only the CPU that goes off, the other one has a second CPU. Their files, and the affinities of their processes, are read while the CPU is "
		"off and once it is back.",
	.claims = CLAIMS(&cpuset_effective_follows, &cpuset_tasks_follow),
	.needs = NEEDS(&need_real_box, &need_root, &need_cpuset),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
