// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sets of CPUs that one CPU's topology and cache folders name: who shares its core, its
 * package, its third-level cache. Judging is a pure function from two readings. Says nothing about
 * nodes.
 */
#pragma once

#include "base/cpulist.h"
#include "box/box.h"

#define SETS_MAX 4

struct set {
	char name[48]; /* "topology/core_cpus_list", "cache/index3/shared_cpu_list" */
	struct cpulist cpus;
};

/* One CPU's sets, and the online mask with which they were read. */
struct sets {
	struct set list[SETS_MAX];
	size_t n;
	struct cpulist online;
	char mismatch[160]; /* a list and a map that differ: what they say; "" when all agree */
};

/*
 * Do those who share the first CPU's last cache, says its list, have the same cache by its `id`
 * too? Some emulators' CPUs contradict themselves, and then the kernel cannot keep the lists right.
 */
bool sets_caches_are_sane(struct box *box);

/* Who shares the core, the package and the last cache. With `with_maps` each list is compared with
 * its map. -ENOENT: the CPU shows none (it is off). */
_must_check_ int sets_read(struct box *box, int cpu, bool with_caches, bool with_maps,
			   struct sets *ret);

/* The first set that the other reading shows differently, as far as a CPU was online in both; or
 * that names a CPU that is not online. NULL when all is well. A set that the other reading lacks is
 * not looked at. */
const struct set *sets_find_wrong(const struct sets *was, const struct sets *now);

/* Does any of them name that CPU? */
bool sets_name(const struct sets *sets, int cpu);
