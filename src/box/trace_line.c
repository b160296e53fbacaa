// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes one line of a trace apart: "     cpuhp/3-27  [003] .....  61.301042: cpuhp_enter: cpu:
 * ...". The task's name may hold anything, so that the line is read from a " [CPU] " on.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/trace.h"

bool trace_says_lost(const char *line)
{
	/* "CPU:2 [LOST 12 EVENTS]", or "[LOST EVENTS]" where the number is not known. */
	return text_starts(line, "CPU:") && strstr(line, " [LOST ");
}

/* " [003] " after the task; NULL: there is none. */
static const char *find_cpu(const char *line)
{
	for (const char *p = strstr(line, " ["); p; p = strstr(p + 1, " [")) {
		size_t digits = strspn(p + 2, "0123456789");

		if (digits >= 3 && p[2 + digits] == ']' && p[3 + digits] == ' ')
			return p;
	}
	return NULL;
}

/* "  comm with spaces-123   " up to `end`. */
static bool parse_task(const char *line, const char *end, struct trace_line *ret)
{
	const char *dash;

	while (end > line && end[-1] == ' ')
		end--;
	for (dash = end; dash > line && isdigit((unsigned char)dash[-1]); dash--)
		;
	if (dash == end || dash <= line || dash[-1] != '-')
		return false;
	ret->pid = atoi(dash);
	while (*line == ' ' && line < dash - 1)
		line++;
	snprintf(ret->comm, sizeof(ret->comm), "%.*s", (int)(dash - 1 - line), line);
	return true;
}

/* "12.345678: " */
static const char *parse_time(const char *p, struct trace_line *ret)
{
	char *end;
	long long s = strtoll(p, &end, 10), us;
	const char *fraction = end + 1;

	if (end == p || *end != '.')
		return NULL;
	us = strtoll(fraction, &end, 10);
	if (end - fraction != 6 || end[0] != ':' || end[1] != ' ')
		return NULL;
	ret->ns = s * NS_PER_S + us * NS_PER_US;
	return end + 2;
}

/* What follows " [CPU] ": flags, time, event. */
static bool parse_rest(const char *p, struct trace_line *l)
{
	size_t name;

	p += strspn(p, " ");
	/* The flags ("d..1."), unless the option irq-info is off; none begins with a digit. */
	if (!isdigit((unsigned char)*p)) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	p = parse_time(p, l);
	if (!p)
		return false;
	name = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (name > 0 && name < sizeof(l->event) && p[name] == ':' && p[name + 1] == ' ') {
		snprintf(l->event, sizeof(l->event), "%.*s", (int)name, p);
		p += name + 2;
	}
	l->text = p;
	return true;
}

bool trace_parse(const char *line, struct trace_line *ret)
{
	for (const char *cpu = find_cpu(line); cpu; cpu = find_cpu(cpu + 1)) {
		struct trace_line l = { .cpu = atoi(cpu + 2) };

		if (parse_task(line, cpu, &l) && parse_rest(strchr(cpu, ']') + 1, &l)) {
			*ret = l;
			return true;
		}
	}
	return false;
}
