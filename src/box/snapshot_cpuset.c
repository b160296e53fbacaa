// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cpusets of cgroup v2: cpuset.cpus and the kind of partition of every group
 * (Documentation/admin-guide/cgroup-v2.rst). The kernel follows hotplug with a delay, by a work
 * item; what it puts right itself in time is not ours to write. Not for cgroup v1.
 */
#include "box/snapshot_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"

#define TOP "sys/fs/cgroup"
#define DEPTH_MAX 16
#define FOLLOWS_NS (2 * NS_PER_S)

static void take_group(struct box *box, const char *dir, int depth, json_t *all)
{
	_cleanup_free_ char *cpus = NULL, *partition = NULL;
	_cleanup_names_ char **names = NULL;

	if (box_readf(box, &cpus, "%s/cpuset.cpus", dir) == 0) {
		json_t *group = json_pack("{s:s}", "cpus", cpus);

		if (box_readf(box, &partition, "%s/cpuset.cpus.partition", dir) == 0)
			json_object_set_new(group, "partition", json_string(partition));
		json_object_set_new(all, dir, group);
	}
	if (depth == DEPTH_MAX || box_list(box, dir, &names) < 0)
		return;
	for (char **n = names; *n; n++) {
		_cleanup_free_ char *below = text_printf("%s/%s", dir, *n);

		/* Files of a group have a dot in their names, groups made by people may have too.
		 */
		if (below && !text_starts(*n, "cgroup.") && box_has(box, "%s/cgroup.procs", below))
			take_group(box, below, depth + 1, all);
	}
}

json_t *snapshot_take_cpusets(struct box *box)
{
	json_t *all = json_object();

	if (box_has(box, TOP "/cgroup.controllers"))
		take_group(box, TOP, 0, all);
	return all;
}

struct awaited {
	struct box *box;
	const char *path, *was;
	char now[256];
	bool is_gone;
};

static bool is_as_it_was(void *arg)
{
	_cleanup_free_ char *now = NULL;
	struct awaited *a = arg;

	if (box_readf(a->box, &now, "%s", a->path) < 0) {
		a->is_gone = true;
		return true;
	}
	snprintf(a->now, sizeof(a->now), "%s", now);
	return strcmp(now, a->was) == 0;
}

/* False when it could not be put back. */
static bool restore_file(struct box *box, const char *dir, const char *file, const char *was,
			 json_t *items)
{
	_cleanup_free_ char *path = text_printf("%s/%s", dir, file),
			    *value = was ? strdup(was) : NULL;
	struct awaited a = { .box = box, .path = path, .was = was };
	char *space;
	int r;

	if (!path || !value ||
	    wait_until(is_as_it_was, &a, wait_now_ns() + wait_scaled(FOLLOWS_NS)) != 0)
		return true;
	/* "isolated invalid (why)": only the word is ours to write; that it was invalid before was
	 * not our doing. */
	space = strchr(value, ' ');
	if (space)
		*space = '\0';
	/* The newline is the empty list: a write of no bytes would not reach the kernel. */
	r = box_write(box, path, *value ? value : "\n");
	if (wait_until(is_as_it_was, &a, wait_now_ns() + wait_scaled(FOLLOWS_NS)) == 0)
		r = space ? 0 : r < 0 ? r : -1;
	if (a.is_gone)
		return true;
	snapshot_add_item(items, path, was, a.now, r == 0, r < -1 ? error_name(r) : NULL);
	return r == 0;
}

bool snapshot_restore_cpusets(struct box *box, const json_t *saved, json_t *items)
{
	bool all_ok = true;
	const char *dir;
	json_t *group;

	json_object_foreach((json_t *)saved, dir, group) {
		bool ok = restore_file(box, dir, "cpuset.cpus",
				       json_string_value(json_object_get(group, "cpus")), items);

		ok &= restore_file(box, dir, "cpuset.cpus.partition",
				   json_string_value(json_object_get(group, "partition")), items);
		all_ok = all_ok && ok;
	}
	return all_ok;
}
