// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the sources of the online mask, each by its own file, none derived from another. */
#include "box/sources.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "box/cpu.h"

const char *sources_name(enum source source)
{
	static const char *const names[] = {
		[SOURCE_STATE] = "hotplug/state",   [SOURCE_MASK] = "cpu/online",
		[SOURCE_STAT] = "/proc/stat",       [SOURCE_INTERRUPTS] = "/proc/interrupts",
		[SOURCE_CPUINFO] = "/proc/cpuinfo", [SOURCE_NODES] = "node*/cpulist",
	};

	return source < SOURCE_COUNT ? names[source] : "?";
}

/* `ret_silent`: those that have no state to read, as CPUs that were added after boot. */
static int read_states(struct box *box, struct cpulist *ret, struct cpulist *ret_silent,
		       bool *ret_has)
{
	struct cpulist present;
	int online, state, r = cpu_state_online_read(box, &online);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = cpu_present_read(box, &present);
	if (r < 0)
		return r;
	cpulist_foreach(cpu, &present) {
		r = cpu_state_only_read(box, cpu, &state);
		if (r == -ENOENT)
			cpulist_add(ret_silent, cpu);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		if (state == online)
			cpulist_add(ret, cpu);
	}
	*ret_has = true;
	return 0;
}

/* "cpu3 ..." rows; the line "cpu " is their sum. */
static int read_stat(struct box *box, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int cpu, r = box_read(box, "proc/stat", &text);

	if (r < 0)
		return r;
	for (cursor = text; (line = text_next_line(&cursor));)
		/* scanf skips blanks before a number: "cpu  900 ..." is the total, not CPU 900. */
		if (text_starts(line, "cpu") && isdigit((unsigned char)line[3]) &&
		    sscanf(line + 3, "%d", &cpu) == 1)
			cpulist_add(ret, cpu);
	return 0;
}

static int read_interrupts(struct box *box, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line, *word;
	int cpu, r = box_read(box, "proc/interrupts", &text);

	if (r < 0)
		return r;
	cursor = text;
	line = text_next_line(&cursor);
	while (line && (word = text_next_word(&line)))
		if (sscanf(word, "CPU%d", &cpu) == 1)
			cpulist_add(ret, cpu);
	return 0;
}

/* "processor : 3" on most architectures, "processor 3: ..." on s390x. */
static int read_cpuinfo(struct box *box, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int cpu, r = box_read(box, "proc/cpuinfo", &text);

	if (r < 0)
		return r;
	for (cursor = text; (line = text_next_line(&cursor));)
		if (sscanf(line, "processor : %d", &cpu) == 1 ||
		    sscanf(line, "processor %d:", &cpu) == 1)
			cpulist_add(ret, cpu);
	return 0;
}

static int read_nodes(struct box *box, struct cpulist *ret, bool *ret_has)
{
	_cleanup_free_ char *online = NULL;
	struct cpulist nodes;
	int r = box_readf(box, &online, "sys/devices/system/node/online");

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = cpulist_parse(online, &nodes);
	if (r < 0)
		return r;
	cpulist_foreach(node, &nodes) {
		_cleanup_free_ char *text = NULL;
		struct cpulist cpus;

		r = box_readf(box, &text, "sys/devices/system/node/node%d/cpulist", node);
		if (r == 0)
			r = cpulist_parse(text, &cpus);
		if (r < 0)
			return r;
		*ret = cpulist_or(ret, &cpus);
	}
	*ret_has = true;
	return 0;
}

int sources_read(struct box *box, struct sources *ret)
{
	struct sources so = { .sysconf_online = -1 };
	struct cpulist silent = {};
	int r = read_states(box, &so.cpus[SOURCE_STATE], &silent, &so.has[SOURCE_STATE]);

	if (r == 0)
		r = cpu_online_read(box, &so.cpus[SOURCE_MASK]);
	/* What a source does not speak of it does not contradict. */
	silent = cpulist_and(&silent, &so.cpus[SOURCE_MASK]);
	so.cpus[SOURCE_STATE] = cpulist_or(&so.cpus[SOURCE_STATE], &silent);
	if (r == 0)
		r = read_stat(box, &so.cpus[SOURCE_STAT]);
	if (r == 0)
		r = read_interrupts(box, &so.cpus[SOURCE_INTERRUPTS]);
	if (r == 0)
		r = read_cpuinfo(box, &so.cpus[SOURCE_CPUINFO]);
	if (r == 0)
		r = read_nodes(box, &so.cpus[SOURCE_NODES], &so.has[SOURCE_NODES]);
	if (r < 0)
		return r;
	so.has[SOURCE_MASK] = so.has[SOURCE_STAT] = so.has[SOURCE_INTERRUPTS] =
		so.has[SOURCE_CPUINFO] = true;
	if (box_is_real(box))
		so.sysconf_online = (int)sysconf(_SC_NPROCESSORS_ONLN);
	*ret = so;
	return 0;
}

bool sources_agree(const struct sources *so)
{
	for (int i = 0; i < SOURCE_COUNT; i++)
		if (so->has[i] && !cpulist_equal(&so->cpus[i], &so->cpus[SOURCE_MASK]))
			return false;
	return so->sysconf_online < 0 ||
	       so->sysconf_online == cpulist_count(&so->cpus[SOURCE_MASK]);
}
