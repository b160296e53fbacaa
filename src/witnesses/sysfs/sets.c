// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads a CPU's sets of relatives, and compares two readings of different online masks. */
#include "witnesses/sysfs/sets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"

#define CACHES_MAX 5 /* index0 to index4 */
#define SANE_TRIES 4
#define CPU_DIR "sys/devices/system/cpu"

static int add_set(struct sets *sets, struct box *box, int cpu, const char *name, const char *map)
{
	_cleanup_free_ char *list_text = NULL, *map_text = NULL;
	struct set *set = &sets->list[sets->n];
	struct cpulist mapped;
	int r;

	if (sets->n == SETS_MAX)
		return 0;
	r = box_readf(box, &list_text, CPU_DIR "/cpu%d/%s", cpu, name);
	if (r == 0)
		r = cpulist_parse(list_text, &set->cpus);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	snprintf(set->name, sizeof(set->name), "%s", name);
	sets->n++;
	if (!map || box_readf(box, &map_text, CPU_DIR "/cpu%d/%s", cpu, map) < 0)
		return 0;
	if (cpulist_parse_mask(map_text, &mapped) < 0 || !cpulist_equal(&mapped, &set->cpus))
		snprintf(sets->mismatch, sizeof(sets->mismatch),
			 "cpu%d/%s is \"%.40s\" and %s is \"%.40s\"", cpu, name, list_text, map,
			 map_text);
	return 0;
}

/* The old name stands for the new one where a kernel has only that. */
static int add_either(struct sets *sets, struct box *box, int cpu, const char *name,
		      const char *old_name, bool with_maps)
{
	const char *const names[] = { name, old_name };
	size_t had = sets->n;
	int r = 0;

	for (int i = 0; i < 2 && r == 0 && sets->n == had; i++) {
		_cleanup_free_ char *list = text_printf("topology/%s_list", names[i]);
		_cleanup_free_ char *map = text_printf("topology/%s", names[i]);

		r = list && map ? add_set(sets, box, cpu, list, with_maps ? map : NULL) : -ENOMEM;
	}
	return r;
}

/* The last level is the one that is shared the most. Returns its index, or -1. */
static int add_last_cache(struct sets *sets, struct box *box, int cpu, bool with_maps)
{
	for (int index = CACHES_MAX - 1; index >= 0; index--) {
		_cleanup_free_ char *list = text_printf("cache/index%d/shared_cpu_list", index);
		_cleanup_free_ char *map = text_printf("cache/index%d/shared_cpu_map", index);
		size_t had = sets->n;
		int r = list && map ? add_set(sets, box, cpu, list, with_maps ? map : NULL)
				    : -ENOMEM;

		if (r < 0 || sets->n > had)
			return r < 0 ? r : index;
	}
	return -1;
}

bool sets_caches_are_sane(struct box *box)
{
	struct sets sets = {};
	int cpu, index, first = -1, left = SANE_TRIES;

	if (cpu_online_read(box, &sets.online) < 0)
		return false;
	cpu = cpulist_next(&sets.online, 0);
	index = add_last_cache(&sets, box, cpu, false);
	if (index < 0)
		return false;
	cpulist_foreach(kin, &sets.list[0].cpus) {
		int id;

		if (left-- <= 0 ||
		    box_read_int(box, &id, CPU_DIR "/cpu%d/cache/index%d/id", kin, index) < 0)
			break;
		if (first < 0)
			first = id;
		if (id != first)
			return false;
	}
	return true;
}

int sets_read(struct box *box, int cpu, bool with_caches, bool with_maps, struct sets *ret)
{
	struct sets sets = {};
	int r = cpu_online_read(box, &sets.online);

	if (r == 0)
		r = add_either(&sets, box, cpu, "core_cpus", "thread_siblings", with_maps);
	if (r == 0)
		r = add_either(&sets, box, cpu, "package_cpus", "core_siblings", with_maps);
	if (r == 0 && sets.n == 0)
		r = -ENOENT;
	if (r == 0 && with_caches && add_last_cache(&sets, box, cpu, with_maps) == -ENOMEM)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret = sets;
	return 0;
}

static const struct set *find(const struct sets *sets, const char *name)
{
	for (size_t i = 0; i < sets->n; i++)
		if (strcmp(sets->list[i].name, name) == 0)
			return &sets->list[i];
	return NULL;
}

const struct set *sets_find_wrong(const struct sets *was, const struct sets *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct set *set = &now->list[i], *other = find(was, set->name);
		struct cpulist a, b;

		if (!cpulist_is_subset(&set->cpus, &now->online))
			return set;
		if (!other)
			continue;
		a = cpulist_and(&set->cpus, &was->online);
		b = cpulist_and(&other->cpus, &now->online);
		if (!cpulist_equal(&a, &b))
			return set;
	}
	return NULL;
}

bool sets_name(const struct sets *sets, int cpu)
{
	for (size_t i = 0; i < sets->n; i++)
		if (cpulist_has(&sets->list[i].cpus, cpu))
			return true;
	return false;
}
