// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads out of the run what the pictures need, into sorted arrays: datagrams, heartbeat gaps, the
 * kernel log, the CPUs. It draws nothing. What is missing or odd is left out: a report of half a
 * run is better than none.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "report/html/html.h"

static int by_sent(const void *a, const void *b)
{
	int64_t x = ((const struct html_packet *)a)->sent,
		y = ((const struct html_packet *)b)->sent;

	return x < y ? -1 : x > y;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = ((const struct html_log *)a)->t, y = ((const struct html_log *)b)->t;

	return x < y ? -1 : x > y;
}

static int load_packets(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, p->rec, .type = "datagram", .tries = RECORD_ANY_TRY) n++;
	p->packets = calloc(n + 1, sizeof(*p->packets));
	if (!p->packets)
		return -ENOMEM;
	record_foreach(line, p->rec, .type = "datagram", .tries = RECORD_ANY_TRY)
	{
		struct html_packet *packet = &p->packets[p->n_packets++];

		packet->sent = record_int(line, "sent");
		packet->back = json_is_integer(json_object_get(line->json, "back"))
				       ? record_int(line, "back")
				       : -1;
		packet->copies = (int)record_int(line, "copies");
	}
	qsort(p->packets, p->n_packets, sizeof(*p->packets), by_sent);
	return 0;
}

static int load_gaps(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, p->rec, .what = "heartbeat.gap", .tries = RECORD_ANY_TRY) n++;
	p->gaps = calloc(n + 1, sizeof(*p->gaps));
	if (!p->gaps)
		return -ENOMEM;
	record_foreach(line, p->rec, .what = "heartbeat.gap", .tries = RECORD_ANY_TRY)
	{
		struct html_gap gap = { .act = (int)record_int(line, "act") };
		const json_t *data = record_data(line);

		gap.cpu = (int)record_get_int(data, "cpu");
		gap.from = record_get_int(data, "from");
		gap.to = record_get_int(data, "to");
		if (gap.to > gap.from && gap.from > 0)
			p->gaps[p->n_gaps++] = gap;
	}
	return 0;
}

static int load_arrivals(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, p->rec, .what = "irq.arrivals", .tries = RECORD_ANY_TRY) n++;
	p->arrivals = calloc(n + 1, sizeof(const struct record_line *));
	if (!p->arrivals)
		return -ENOMEM;
	record_foreach(line, p->rec, .what = "irq.arrivals", .tries = RECORD_ANY_TRY)
		p->arrivals[p->n_arrivals++] = line;
	return 0;
}

/* Turns the log's own "\x0a" back into what it stands for. */
static void unescape(char *s)
{
	char *to = s;
	unsigned int c;

	while (*s) {
		if (s[0] == '\\' && s[1] == 'x' && sscanf(s + 2, "%2x", &c) == 1 && c) {
			*to++ = (char)c;
			s += 4;
			continue;
		}
		*to++ = *s++;
	}
	*to = '\0';
}

/* "priority,number,microseconds,flags[,...];text", as Documentation/ABI/testing/dev-kmsg has it. */
static bool parse_log(char *line, struct html_log *ret)
{
	char *text = strchr(line, ';');
	long priority, number, us;

	if (!text || sscanf(line, "%ld,%ld,%ld,", &priority, &number, &us) != 3)
		return false;
	ret->level = (int)(priority & 7);
	ret->t = us * NS_PER_US;
	unescape(text + 1);
	ret->text = strdup(text + 1);
	return ret->text != NULL;
}

static int load_logs(struct html_page *p)
{
	_cleanup_free_ char *path = text_printf("%s/kmsg.txt", p->rec->dir), *text = NULL;
	char *cursor, *line;
	size_t n = 1;

	if (!path)
		return -ENOMEM;
	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return 0;
	for (const char *s = text; *s; s++)
		n += *s == '\n';
	p->logs = calloc(n, sizeof(*p->logs));
	if (!p->logs)
		return -ENOMEM;
	cursor = text;
	while ((line = text_next_line(&cursor)) && p->n_logs < n)
		if (*line != ' ' && parse_log(line, &p->logs[p->n_logs]))
			p->n_logs++;
	qsort(p->logs, p->n_logs, sizeof(*p->logs), by_time);
	return 0;
}

/* What was read after the act; false when nothing was. */
static bool mask_after(const struct record_act *act, struct cpulist *ret)
{
	return act->online && *act->online && cpulist_parse(act->online, ret) == 0;
}

/* All CPUs that are named anywhere, and those online before the first act: its mask afterwards with
 * its own doing undone. */
static void find_cpus(struct html_page *p)
{
	struct cpulist mask;

	record_foreach(line, p->rec, .what = "cpu.online", .tries = RECORD_ANY_TRY)
	{
		if (cpulist_parse(record_get_str(record_data(line), "mask"), &mask) < 0)
			continue;
		if (cpulist_count(&p->first_online) == 0 &&
		    (p->rec->n_acts == 0 || line < p->rec->acts[0].line))
			p->first_online = mask;
		p->cpus = cpulist_or(&p->cpus, &mask);
	}
	for (size_t i = 0; i < p->rec->n_acts; i++) {
		const struct record_act *act = &p->rec->acts[i];

		if (act->cpu >= 0)
			cpulist_add(&p->cpus, act->cpu);
		if (!mask_after(act, &mask))
			continue;
		p->cpus = cpulist_or(&p->cpus, &mask);
		if (cpulist_count(&p->first_online) > 0)
			continue;
		p->first_online = mask;
		if (act->is_noop || strcmp(act->result, "OK"))
			continue;
		if (strcmp(act->verb, "offline") == 0)
			cpulist_add(&p->first_online, act->cpu);
		else if (strcmp(act->verb, "online") == 0)
			cpulist_del(&p->first_online, act->cpu);
	}
	/* No act returned, or there was none: then nothing is known to be off. */
	if (cpulist_count(&p->first_online) == 0)
		p->first_online = p->cpus;
}

static void find_time(struct html_page *p)
{
	for (size_t i = 0; i < p->rec->n_journal; i++) {
		int64_t t = p->rec->lines[i].t;

		if (t <= 0)
			continue;
		if (p->began == 0 || t < p->began)
			p->began = t;
		if (t > p->ended)
			p->ended = t;
	}
	if (p->ended <= p->began)
		p->ended = p->began + 1;
}

int html_page_load(struct html_page *p)
{
	static int (*const loads[])(struct html_page *) = { load_packets, load_gaps, load_arrivals,
							    load_logs, html_acts_load };

	p->list = json_object_get(p->results, "results");
	find_time(p);
	find_cpus(p);
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		int r = loads[i](p);

		if (r < 0)
			return r;
	}
	return 0;
}

void html_page_free(struct html_page *p)
{
	for (size_t i = 0; i < p->n_logs; i++)
		free(p->logs[i].text);
	free(p->logs);
	free(p->packets);
	free(p->gaps);
	free(p->arrivals);
	free(p->acts);
}

size_t html_packet_at(const struct html_page *p, int64_t t)
{
	size_t low = 0, high = p->n_packets;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->packets[middle].sent < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* State of the CPU before act number i of the run counted from 0, as the masks say. */
static bool is_online_before(const struct html_page *p, int cpu, size_t i)
{
	struct cpulist mask;

	while (i-- > 0)
		if (mask_after(&p->rec->acts[i], &mask))
			return cpulist_has(&mask, cpu);
	return cpulist_has(&p->first_online, cpu);
}

/*
 * *cursor counts two places an act: 2i + 1 is the time of its write, 2i the quiet time before it.
 */
bool html_cpu_next(const struct html_page *p, int cpu, size_t *cursor, struct html_span *span)
{
	size_t i = *cursor / 2;
	bool was = is_online_before(p, cpu, i);

	if (*cursor > 2 * p->n_acts)
		return false;
	if (*cursor % 2 == 1) {
		const struct html_act *act = &p->acts[i];

		span->from = act->began;
		span->to = act->rec->done ? act->ended : INT64_MAX;
		span->state = was ? HTML_GOING : HTML_COMING;
		*cursor = act->rec->done ? *cursor + 1 : 2 * p->n_acts + 1;
		return true;
	}
	span->from = i > 0 ? p->acts[i - 1].ended : 0;
	span->state = was ? HTML_ONLINE : HTML_OFFLINE;
	span->to = INT64_MAX;
	/* On to the next act that moves this CPU, or after which it is not where it was. */
	for (; i < p->n_acts; i++) {
		const struct record_act *act = p->acts[i].rec;
		bool is_mover = act->cpu == cpu && !act->is_noop && strcmp(act->verb, "write") &&
				was == (strcmp(act->verb, "offline") == 0);

		if (is_mover && (!act->done || is_online_before(p, cpu, i + 1) != was)) {
			span->to = p->acts[i].began;
			*cursor = 2 * i + 1;
			return true;
		}
		if (is_online_before(p, cpu, i + 1) != was) {
			span->to = p->acts[i].ended;
			*cursor = 2 * (i + 1);
			return true;
		}
	}
	*cursor = 2 * p->n_acts + 1;
	return true;
}
