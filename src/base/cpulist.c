// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of CPU numbers. Knows the kernel's two text forms, and nothing of what the numbers mean. */
#include "base/cpulist.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_number(const char **s, long *ret)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	v = strtol(*s, &end, 10);
	if (v >= CPULIST_MAX)
		return -ERANGE;
	*s = end;
	*ret = v;
	return 0;
}

int cpulist_parse(const char *s, struct cpulist *ret)
{
	struct cpulist l = {};

	while (isspace((unsigned char)*s))
		s++;
	while (*s && !isspace((unsigned char)*s)) {
		long from, to;
		int r = parse_number(&s, &from);

		if (r < 0)
			return r;
		to = from;
		if (*s == '-') {
			s++;
			r = parse_number(&s, &to);
			if (r < 0)
				return r;
		}
		if (to < from)
			return -EINVAL;
		for (long i = from; i <= to; i++)
			cpulist_add(&l, (int)i);
		if (*s == ',')
			s++;
		else if (*s && !isspace((unsigned char)*s))
			return -EINVAL;
	}
	while (isspace((unsigned char)*s))
		s++;
	if (*s)
		return -EINVAL;
	*ret = l;
	return 0;
}

int cpulist_parse_mask(const char *s, struct cpulist *ret)
{
	struct cpulist l = {};
	size_t n = strcspn(s, "\n");
	int bit = 0;

	if (n == 0)
		return -EINVAL;
	while (n-- > 0) {
		int c = tolower((unsigned char)s[n]), v;

		if (c == ',')
			continue;
		if (!isxdigit(c))
			return -EINVAL;
		v = isdigit(c) ? c - '0' : c - 'a' + 10;
		for (int i = 0; i < 4; i++, bit++) {
			if (!((v >> i) & 1))
				continue;
			if (bit >= CPULIST_MAX)
				return -ERANGE;
			cpulist_add(&l, bit);
		}
	}
	*ret = l;
	return 0;
}

int cpulist_next(const struct cpulist *l, int cpu)
{
	for (int i = cpu < 0 ? 0 : cpu; i < CPULIST_MAX; i++) {
		uint64_t rest = l->bits[i / 64] >> (i % 64);

		if (!rest) {
			i |= 63;
			continue;
		}
		return i + __builtin_ctzll(rest);
	}
	return -1;
}

const char *cpulist_format(const struct cpulist *l, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = cpulist_next(l, 0); i >= 0 && used < size;) {
		int last = i, n;

		while (cpulist_has(l, last + 1))
			last++;
		if (last > i)
			n = snprintf(buf + used, size - used, "%s%d-%d", used ? "," : "", i, last);
		else
			n = snprintf(buf + used, size - used, "%s%d", used ? "," : "", i);
		used += n;
		i = cpulist_next(l, last + 1);
	}
	return buf;
}

const char *cpulist_str(const struct cpulist *l)
{
	static __thread char ring[8][CPULIST_TEXT];
	static __thread unsigned int turn;

	return cpulist_format(l, ring[turn++ % 8], CPULIST_TEXT);
}

int cpulist_count(const struct cpulist *l)
{
	int n = 0;

	for (size_t i = 0; i < CPULIST_MAX / 64; i++)
		n += __builtin_popcountll(l->bits[i]);
	return n;
}

bool cpulist_equal(const struct cpulist *a, const struct cpulist *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

struct cpulist cpulist_and(const struct cpulist *a, const struct cpulist *b)
{
	struct cpulist l;

	for (size_t i = 0; i < CPULIST_MAX / 64; i++)
		l.bits[i] = a->bits[i] & b->bits[i];
	return l;
}

struct cpulist cpulist_or(const struct cpulist *a, const struct cpulist *b)
{
	struct cpulist l;

	for (size_t i = 0; i < CPULIST_MAX / 64; i++)
		l.bits[i] = a->bits[i] | b->bits[i];
	return l;
}

struct cpulist cpulist_minus(const struct cpulist *a, const struct cpulist *b)
{
	struct cpulist l;

	for (size_t i = 0; i < CPULIST_MAX / 64; i++)
		l.bits[i] = a->bits[i] & ~b->bits[i];
	return l;
}

struct cpulist cpulist_of(int cpu)
{
	struct cpulist l = {};

	cpulist_add(&l, cpu);
	return l;
}

bool cpulist_is_subset(const struct cpulist *part, const struct cpulist *whole)
{
	struct cpulist rest = cpulist_minus(part, whole);

	return cpulist_count(&rest) == 0;
}

bool cpulist_intersects(const struct cpulist *a, const struct cpulist *b)
{
	struct cpulist both = cpulist_and(a, b);

	return cpulist_count(&both) > 0;
}

void cpulist_to_cpu_set(const struct cpulist *l, cpu_set_t *ret)
{
	CPU_ZERO(ret);
	cpulist_foreach(cpu, l)
		CPU_SET(cpu, ret);
}

struct cpulist cpulist_from_cpu_set(const cpu_set_t *set)
{
	struct cpulist l = {};

	for (int i = 0; i < CPU_SETSIZE && i < CPULIST_MAX; i++)
		if (CPU_ISSET(i, set))
			cpulist_add(&l, i);
	return l;
}
