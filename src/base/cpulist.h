// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set of CPU numbers in the kernel's list format ("0-2,5"), as a plain value that may be copied.
 * Format: Documentation/admin-guide/cputopology.rst.
 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CPULIST_MAX 1024 /* CPUs 0 .. CPULIST_MAX-1 */

struct cpulist {
	uint64_t bits[CPULIST_MAX / 64];
};

static inline bool cpulist_has(const struct cpulist *l, int cpu)
{
	return cpu >= 0 && cpu < CPULIST_MAX && (l->bits[cpu / 64] >> (cpu % 64)) & 1;
}

static inline void cpulist_add(struct cpulist *l, int cpu)
{
	if (cpu >= 0 && cpu < CPULIST_MAX)
		l->bits[cpu / 64] |= (uint64_t)1 << (cpu % 64);
}

static inline void cpulist_del(struct cpulist *l, int cpu)
{
	if (cpu >= 0 && cpu < CPULIST_MAX)
		l->bits[cpu / 64] &= ~((uint64_t)1 << (cpu % 64));
}

/* "" and "\n" are the empty set. -EINVAL: not a list; -ERANGE: a CPU above CPULIST_MAX. */
_must_check_ int cpulist_parse(const char *s, struct cpulist *ret);

/* Hexadecimal mask with commas ("ff,00000003"), as in smp_affinity. */
_must_check_ int cpulist_parse_mask(const char *s, struct cpulist *ret);

/* Writes "0-2,5" and a NUL; cut to size. Returns buf. Use CPULIST_TEXT for a buffer that always
 * fits small boxes. */
#define CPULIST_TEXT 256
const char *cpulist_format(const struct cpulist *l, char *buf, size_t size);

/* The same in a buffer owned by the calling thread; the next 8 calls leave it alone. For messages.
 */
const char *cpulist_str(const struct cpulist *l);

int cpulist_count(const struct cpulist *l);
bool cpulist_equal(const struct cpulist *a, const struct cpulist *b);
bool cpulist_is_subset(const struct cpulist *part, const struct cpulist *whole);
bool cpulist_intersects(const struct cpulist *a, const struct cpulist *b);
struct cpulist cpulist_and(const struct cpulist *a, const struct cpulist *b);
struct cpulist cpulist_or(const struct cpulist *a, const struct cpulist *b);
struct cpulist cpulist_minus(const struct cpulist *a, const struct cpulist *b);
struct cpulist cpulist_of(int cpu);

/* The first CPU of the set that is >= cpu, or -1. */
int cpulist_next(const struct cpulist *l, int cpu);

#define cpulist_foreach(cpu, l) \
	for (int cpu = cpulist_next((l), 0); cpu >= 0; cpu = cpulist_next((l), cpu + 1))

/* To and from the C library's form (for sched_setaffinity). */
void cpulist_to_cpu_set(const struct cpulist *l, cpu_set_t *ret);
struct cpulist cpulist_from_cpu_set(const cpu_set_t *set);
