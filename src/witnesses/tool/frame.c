// SPDX-License-Identifier: GPL-2.0-or-later
/* Cuts the output of top and sysstat into frames and says which frames cannot be true. */
#include "witnesses/tool/frame.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"

/*
 * top divides by a sum that holds the change of iowait, which may be negative (proc.rst), so that
 * healthy boxes show 110 % now and then. This is what a counter that wrapped around looks like.
 */
#define PERCENT_WRAPPED 1e6

static void check_value(struct frame *f, int cpu, const char *word, double v)
{
	if (f->problem[0] || (isfinite(v) && v >= 0 && v < PERCENT_WRAPPED))
		return;
	snprintf(f->problem, sizeof(f->problem),
		 "row of cpu%d shows \"%.20s\", which can be no share of time", cpu, word);
}

/* "%Cpu0  :  0.0 us,100.0 id, ..." several abreast. */
static void parse_top_row(struct frame *f, const char *line)
{
	for (const char *p = line; (p = strstr(p, "%Cpu")); p++) {
		const char *v;
		char *end;
		int cpu;

		if (!isdigit((unsigned char)p[4]))
			continue;
		cpu = (int)strtol(p + 4, &end, 10);
		v = strchr(end, ':');
		cpulist_add(&f->rows, cpu);
		for (int i = 0; v && i < 8; i++) {
			double value = strtod(v + 1, &end);

			if (end == v + 1) {
				snprintf(f->problem, sizeof(f->problem),
					 "row of cpu%d cannot be parsed: \"%.40s\"", cpu, p);
				break;
			}
			check_value(f, cpu, v + 1, value);
			v = strchr(end, ',');
			if (!v || (strstr(end, "%Cpu") && strstr(end, "%Cpu") < v))
				break;
		}
	}
}

static int find_cpu_word(const char *line)
{
	_cleanup_free_ char *copy = strdup(line);
	char *cursor = copy, *word;

	for (int i = 0; (word = text_next_word(&cursor)); i++)
		if (strcmp(word, "CPU") == 0)
			return i;
	return -1;
}

/* A row begins with the second at which sadc began its sample: it lies no earlier than that. */
static void stamp_frame(struct frame_parser *p, const char *word, const struct frame_line *came)
{
	const int64_t day_ns = 24 * 3600 * NS_PER_S;
	int hour, minute, second;
	int64_t since_ns;

	if (sscanf(word, "%2d:%2d:%2d", &hour, &minute, &second) != 3)
		return;
	since_ns = came->day_ns - ((hour * 60 + minute) * 60 + second) * NS_PER_S;
	since_ns = came->read_ns - (since_ns < 0 ? since_ns + day_ns : since_ns);
	if (since_ns > p->now.since_ns)
		p->now.since_ns = since_ns;
}

static void parse_table_row(struct frame_parser *p, char *line, const struct frame_line *came)
{
	char *cursor = line, *word;
	int cpu = -1;

	for (int i = 0; (word = text_next_word(&cursor)); i++) {
		char *end;
		double v;

		if (i == 0 && p->format == FRAME_SAR)
			stamp_frame(p, word, came);
		if (i < p->cpu_word)
			continue;
		if (i == p->cpu_word) {
			if (strcmp(word, "all") == 0)
				continue;
			if (text_to_int(word, &cpu) < 0) {
				snprintf(p->now.problem, sizeof(p->now.problem),
					 "\"%.20s\" where a CPU number should be", word);
				return;
			}
			cpulist_add(&p->now.rows, cpu);
			continue;
		}
		v = strtod(word, &end);
		check_value(&p->now, cpu, word, *end ? (double)NAN : v);
	}
}

static void open_frame(struct frame_parser *p, int64_t read_ns)
{
	/* What sar has printed does not bound what sadc samples; the sample before does. */
	p->now =
		(struct frame){ .since_ns = p->format == FRAME_SAR ? p->prev_since_ns : p->since_ns,
				.prev_since_ns = p->prev_since_ns,
				.until_ns = read_ns };
	p->is_open = true;
}

static bool close_frame(struct frame_parser *p, struct frame *ret)
{
	bool had = p->is_open;

	if (had)
		*ret = p->now;
	p->is_open = false;
	return had;
}

static bool feed_top(struct frame_parser *p, char *line, int64_t read_ns, struct frame *ret)
{
	if (text_starts(line, "top - "))
		open_frame(p, read_ns);
	else if (p->is_open && text_starts(line, "%Cpu"))
		parse_top_row(&p->now, line);
	else if (p->is_open && (text_starts(line, "MiB Mem") || text_starts(line, "KiB Mem")))
		return close_frame(p, ret);
	return false;
}

/* A table ends where the next begins: with an empty line. */
static bool feed_sysstat(struct frame_parser *p, char *line, const struct frame_line *came,
			 struct frame *ret)
{
	int cpu_word;

	if (!*text_strip(line) || text_starts(line, "Average:"))
		return close_frame(p, ret);
	if (text_starts(line, "Linux "))
		return false;
	cpu_word = find_cpu_word(line);
	if (cpu_word >= 0) {
		bool had = close_frame(p, ret);

		p->cpu_word = cpu_word;
		open_frame(p, came->read_ns);
		return had;
	}
	if (p->is_open)
		parse_table_row(p, line, came);
	return false;
}

bool frame_feed(struct frame_parser *p, char *line, const struct frame_line *came,
		struct frame *ret)
{
	bool done;

	done = p->format == FRAME_TOP ? feed_top(p, line, came->read_ns, ret)
				      : feed_sysstat(p, line, came, ret);
	/* A row of sar may have moved it, so not only when the frame opens. */
	if (p->is_open)
		p->prev_since_ns = p->now.since_ns;
	/*
	 * The next sample is taken after the last line of this frame was written, which was after
	 * the pipe was seen empty. sysstat's empty line is written after the next sample already:
	 * it moves nothing.
	 */
	if (p->is_open || (done && p->format == FRAME_TOP))
		p->since_ns = came->empty_ns;
	return done;
}

struct seen {
	struct cpulist always, ever;
};

/* Online all the time, and at any time, within [from, to]. */
static struct seen masks_within(int64_t from, int64_t to, const struct mask_change *c, size_t n,
				const struct cpulist *start)
{
	struct cpulist now = *start;
	struct seen seen;
	size_t i = 0;

	for (; i < n && c[i].to_ns <= from; i++)
		now = c[i].after;
	seen.always = seen.ever = now;
	for (; i < n && c[i].from_ns <= to; i++) {
		struct cpulist both = cpulist_and(&c[i].before, &c[i].after);
		struct cpulist any = cpulist_or(&c[i].before, &c[i].after);

		seen.always = cpulist_and(&seen.always, &both);
		seen.ever = cpulist_or(&seen.ever, &any);
	}
	return seen;
}

char *frame_contradiction(const struct frame *f, const struct mask_change *changes, size_t n,
			  const struct cpulist *start, bool needs_two)
{
	struct seen at = masks_within(f->since_ns, f->until_ns, changes, n, start);
	struct seen both = masks_within(f->prev_since_ns, f->until_ns, changes, n, start);
	struct cpulist extra = cpulist_minus(&f->rows, &at.ever);
	struct cpulist missing = cpulist_minus(needs_two ? &both.always : &at.always, &f->rows);

	if (f->problem[0])
		return text_printf("%s", f->problem);
	if (cpulist_count(&extra) > 0)
		return text_printf(
			"it shows rows \"%s\" while only \"%s\" were online: \"%s\" too many",
			cpulist_str(&f->rows), cpulist_str(&at.ever), cpulist_str(&extra));
	if (cpulist_count(&missing) > 0)
		return text_printf("it shows rows \"%s\" while \"%s\" were online: \"%s\" missing",
				   cpulist_str(&f->rows), cpulist_str(&at.always),
				   cpulist_str(&missing));
	return NULL;
}
