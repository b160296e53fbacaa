// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What sysfs tells of a CPU and of its relatives: gone with it, and back as it was. The online
 * masks are masks.c, hotplug/state is state.c; what udev makes of it is nobody's here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "witnesses/finding.h"
#include "witnesses/sysfs/sets.h"
#include "witnesses/sysfs/tree.h"
#include "witnesses/witnesses.h"

#define CPU_DIR "sys/devices/system/cpu"
#define NODE_DIR "sys/devices/system/node"
#define SETTLE_NS (2 * NS_PER_S) /* some drivers come back a little after the write */
#define TOLD_MAX 5

static const struct claim tree_comes_back = {
	.id = "sysfs.tree-comes-back",
	.summary = "cpuN/ and the nodes show the same after a return as before it left",
	.explain =
		"All names below `cpuN/`, and the values that belong to the CPU (topology ids; id, level, size and type of its caches; "
		"crash_notes; identification registers), and the names in each node's folder, before a CPU goes and once it is back. Left out are what is in "
		"`cpufreq/`, `cpuidle/` and `acpi_cppc/`, memory blocks, and all other values, which may change by themselves. "
		"A failure means that a driver's or the architecture's bring-up callback did less than its teardown: a file is missing, is new, or tells another thing of the same CPU.",
	.refs = REFS("Documentation/ABI/testing/sysfs-devices-system-cpu",
		     "drivers/base: cacheinfo: Update cpu_map_populated during CPU Hotplug"),
	.faults = FAULTS("kmod:sysfs-file-lost", "kmod:plug-file-lost", "root:tree-gains-file",
			 "root:tree-value-changes", "root:node-gains-name"),
};

static const struct claim topology_follows = {
	.id = "sysfs.topology-follows",
	.summary = "Topology and cache lists of the others drop a CPU and regain it",
	.explain =
		"Who shares the core, the package and the last cache (`core_cpus_list`, `package_cpus_list`, `shared_cpu_list`), as two or three CPUs beside the one that goes show it: the lists name online CPUs only, name the same relatives as before among "
		"those that are online both times, and after the return each list says the same as its map. Only where they named the CPU before is its leaving judged. "
		"Programs size their pools and bind their threads by these lists. A failure means that "
		"the architecture's or the cache code's map kept a dead CPU or lost a living one. On s390 the topology itself may change. "
		"The cache is left out where lists and ids of caches contradict each other from the start, as QEMU's AMD CPUs do.",
	.refs = REFS(
		"Documentation/admin-guide/cputopology.rst",
		"drivers: base: cacheinfo: Fix shared_cpu_map changes in event of CPU hotplug"),
	.faults = FAULTS("kmod:cache-map-stale", "kmod:package-map-stale", "root:topology-stale",
			 "root:cache-stale", "root:map-differs"),
};

/* What one CPU showed when it was first looked at. */
struct view {
	json_t *tree; /* NULL: not read */
	bool has_sets;
	struct sets sets;
};

struct sysfs {
	struct finding_voice voice;
	struct view *views[CPULIST_MAX];
	bool has_caches;       /* and they make sense */
	json_t *nodes;         /* "node0": its names */
	struct cpulist beside; /* those whose lists are looked at in this cycle */
};

static struct view *view_of(struct sysfs *y, int cpu)
{
	if (!y->views[cpu])
		y->views[cpu] = calloc(1, sizeof(struct view));
	return y->views[cpu];
}

static int read_tree(struct box *box, int cpu, json_t **ret)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d", cpu);

	return path ? tree_read(box, path, ret) : -ENOMEM;
}

static int read_nodes(struct box *box, json_t **ret)
{
	_cleanup_names_ char **names = NULL;
	json_t *nodes = json_object();
	int r = box_list(box, NODE_DIR, &names);

	for (char **n = names; r == 0 && *n; n++) {
		_cleanup_free_ char *path = text_printf(NODE_DIR "/%s", *n);
		json_t *node;

		if (!text_glob("node[0-9]*", *n))
			continue;
		r = path ? tree_read_names(box, path, &node) : -ENOMEM;
		if (r == 0)
			json_object_set_new(nodes, *n, node);
	}
	if (r < 0 && r != -ENOENT) {
		json_decref(nodes);
		return r;
	}
	*ret = nodes;
	return 0;
}

/* A few are enough, or the cost would grow with the square of the CPUs: neighbours by number, and a
 * sibling thread, which may have a number far away. */
static struct cpulist choose_beside(const struct cpulist *online, const struct sets *own, int cpu)
{
	struct cpulist others = *online, chosen = {};
	int next, previous = -1;

	cpulist_del(&others, cpu);
	next = cpulist_next(&others, cpu);
	cpulist_add(&chosen, next >= 0 ? next : cpulist_next(&others, 0));
	cpulist_foreach(other, &others) {
		if (other < cpu || previous < 0 || previous > cpu)
			previous = other;
	}
	cpulist_add(&chosen, previous);
	for (size_t i = 0; i < own->n; i++) {
		struct cpulist kin = cpulist_and(&own->list[i].cpus, &others);

		if (text_starts(own->list[i].name, "topology/"))
			cpulist_add(&chosen, cpulist_next(&kin, 0));
	}
	return chosen;
}

static int look_first(struct box *box, struct sysfs *y, int cpu, bool with_tree)
{
	struct view *v = view_of(y, cpu);
	int r = 0;

	if (!v)
		return -ENOMEM;
	if (with_tree && !v->tree)
		r = read_tree(box, cpu, &v->tree);
	if (r == 0 && !v->has_sets) {
		r = sets_read(box, cpu, y->has_caches, false, &v->sets);
		v->has_sets = r == 0;
	}
	return r == -ENOENT ? 0 : r;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct sysfs *y = state;
	int r;

	if (act->verb != ACT_OFFLINE || act->is_noop || act->cpu < 0)
		return 0;
	r = look_first(stage_box(s), y, act->cpu, true);
	if (r == 0 && !y->nodes)
		r = read_nodes(stage_box(s), &y->nodes);
	if (r < 0)
		return r;
	y->beside = choose_beside(&act->online_before, &y->views[act->cpu]->sets, act->cpu);
	cpulist_foreach(cpu, &y->beside) {
		if (r == 0)
			r = look_first(stage_box(s), y, cpu, false);
	}
	return r;
}

struct tree_look {
	struct box *box;
	const struct sysfs *sysfs;
	int cpu, r;
	json_t *differs;
};

static bool is_as_before(void *arg)
{
	struct tree_look *l = arg;
	json_t *tree = NULL, *nodes = NULL, *more;

	json_decref(l->differs);
	l->differs = NULL;
	l->r = read_tree(l->box, l->cpu, &tree);
	if (l->r == 0)
		l->r = read_nodes(l->box, &nodes);
	if (l->r == 0) {
		l->differs = tree_compare(l->sysfs->views[l->cpu]->tree, tree, TOLD_MAX);
		more = tree_compare(l->sysfs->nodes, nodes, TOLD_MAX);
		json_array_extend(l->differs, more);
		json_decref(more);
	}
	json_decref(tree);
	json_decref(nodes);
	return l->r < 0 || json_array_size(l->differs) == 0;
}

static int judge_tree(struct stage *s, struct sysfs *y, int cpu, struct findings *ret)
{
	struct tree_look l = { .box = stage_box(s), .sysfs = y, .cpu = cpu };
	int names = (int)json_object_size(y->views[cpu]->tree);
	const char *first;

	(void)!wait_until(is_as_before, &l, wait_now_ns() + wait_scaled(SETTLE_NS));
	if (l.r < 0)
		return l.r;
	first = json_string_value(json_object_get(json_array_get(l.differs, 0), "path"));
	if (first)
		finding_add(
			ret, &tree_comes_back, FINDING_UNMET,
			json_pack("{s:i, s:O}", "cpu", cpu, "differs", l.differs),
			"cpu%d came back and its sysfs folder or a node's differs from before, first at \"%s\"",
			cpu, first);
	else
		finding_add(ret, &tree_comes_back, FINDING_MET,
			    json_pack("{s:i, s:i}", "cpu", cpu, "names", names),
			    "cpu%d came back with the same %d names and values in sysfs", cpu,
			    names);
	json_decref(l.differs);
	return 0;
}

struct sets_look {
	struct box *box;
	const struct sysfs *sysfs;
	struct cpulist cpus; /* whose sets */
	int cpu, r;          /* the one that came or went */
	bool is_return;
	struct sets now;         /* of `at` */
	const struct set *wrong; /* in now; NULL: none, but now.mismatch may tell */
	int at;
};

static bool do_follow(void *arg)
{
	struct sets_look *l = arg;

	cpulist_foreach(at, &l->cpus) {
		const struct view *v = l->sysfs->views[at];

		if (!v || !v->has_sets)
			continue;
		l->at = at;
		l->r = sets_read(l->box, at, l->sysfs->has_caches, l->is_return, &l->now);
		if (l->r < 0)
			return true;
		l->wrong = sets_find_wrong(&v->sets, &l->now);
		if (l->wrong || l->now.mismatch[0])
			return false;
	}
	return true;
}

static bool named_before(const struct sysfs *y, int cpu)
{
	cpulist_foreach(at, &y->beside) {
		const struct view *v = y->views[at];

		if (v && v->has_sets && sets_name(&v->sets, cpu))
			return true;
	}
	return false;
}

static int judge_sets(struct stage *s, struct sysfs *y, const struct act *act, struct findings *ret)
{
	struct sets_look l = { .box = stage_box(s),
			       .sysfs = y,
			       .cpu = act->cpu,
			       .is_return = act->verb == ACT_ONLINE,
			       .cpus = cpulist_and(&y->beside, &act->online) };

	if (l.is_return)
		cpulist_add(&l.cpus, act->cpu);
	if (!named_before(y, act->cpu)) {
		finding_add(ret, &topology_follows, FINDING_UNEXERCISED, NULL,
			    "no list of CPUs %s named cpu%d before it went",
			    cpulist_str(&y->beside), act->cpu);
		return 0;
	}
	(void)!wait_until(do_follow, &l, wait_now_ns() + wait_scaled(SETTLE_NS));
	if (l.r < 0)
		return l.r;
	if (l.wrong)
		finding_add(ret, &topology_follows, FINDING_UNMET,
			    json_pack("{s:i, s:s, s:s, s:s}", "cpu", l.at, "list", l.wrong->name,
				      "says", cpulist_str(&l.wrong->cpus), "online",
				      cpulist_str(&l.now.online)),
			    "cpu%d %s, CPUs %s are online, and cpu%d/%s says \"%s\"", act->cpu,
			    l.is_return ? "came back" : "went off", cpulist_str(&l.now.online),
			    l.at, l.wrong->name, cpulist_str(&l.wrong->cpus));
	else if (l.now.mismatch[0])
		finding_add(ret, &topology_follows, FINDING_UNMET, json_pack("{s:i}", "cpu", l.at),
			    "cpu%d %s: %s", act->cpu, l.is_return ? "came back" : "went off",
			    l.now.mismatch);
	else
		finding_add(ret, &topology_follows, FINDING_MET,
			    json_pack("{s:s}", "beside", cpulist_str(&y->beside)),
			    "cpu%d %s, and the topology and cache lists of CPUs %s follow",
			    act->cpu, l.is_return ? "came back" : "went off", cpulist_str(&l.cpus));
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct sysfs *y = state;
	const struct view *v;
	int r = 0;

	if (!act->is_done || !y->views[act->cpu])
		return 0;
	v = y->views[act->cpu];
	if (act->verb == ACT_ONLINE && v->tree && y->nodes)
		r = judge_tree(s, y, act->cpu, &f);
	if (r == 0 && cpulist_count(&y->beside) > 0)
		r = judge_sets(s, y, act, &f);
	finding_tell(&y->voice, s, act, &f);
	return r;
}

static int plant(struct stage *s, void **ret_state)
{
	struct sysfs *y = calloc(1, sizeof(*y));

	if (!y)
		return -ENOMEM;
	y->has_caches = sets_caches_are_sane(stage_box(s));
	y->voice.witness = &witness_sysfs;
	*ret_state = y;
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct sysfs *y = state;

	finding_tell_silent(&y->voice, s, "no CPU went off and came back in this scenario");
	for (int cpu = 0; cpu < CPULIST_MAX; cpu++) {
		if (y->views[cpu])
			json_decref(y->views[cpu]->tree);
		free(y->views[cpu]);
	}
	json_decref(y->nodes);
	free(y);
	return 0;
}

const struct witness witness_sysfs = {
	.id = "sysfs",
	.summary = "cpuN/ in sysfs, and the topology and cache lists of its neighbours",
	.explain =
		"Reads the folder of a CPU before it goes and after it returned, and the lists of two or three other CPUs after each act. "
		"What differs is read again until it agrees or 2 s (scaled) have passed.",
	.claims = CLAIMS(&tree_comes_back, &topology_follows),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
