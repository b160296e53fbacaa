// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads out of the run what the pictures need, into sorted arrays: datagrams, heartbeat gaps, the
 * kernel log, the CPUs. It draws nothing. What is missing or odd is left out: a report of half a
 * run is better than none.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "report/html/html.h"

static int by_sent(const void *a, const void *b)
{
	int64_t x = ((const struct html_packet *)a)->sent,
		y = ((const struct html_packet *)b)->sent;

	return x < y ? -1 : x > y;
}

static int load_packets(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, p->rec, .type = "datagram", .tries = RECORD_ANY_TRY)
		n++;
	p->packets = calloc(n + 1, sizeof(*p->packets));
	if (!p->packets)
		return -ENOMEM;
	record_foreach(line, p->rec, .type = "datagram", .tries = RECORD_ANY_TRY) {
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

/* A view's lines are copies: only their fields may be looked at, not where they stand. */
static int load_view(const struct record *run, const char *type, struct record *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_lines; i++)
		n += strcmp(run->lines[i].type, type) == 0;
	*ret = *run;
	ret->n_lines = 0;
	ret->lines = calloc(n + 1, sizeof(*ret->lines));
	if (!ret->lines)
		return -ENOMEM;
	for (size_t i = 0; i < run->n_lines; i++)
		if (strcmp(run->lines[i].type, type) == 0)
			ret->lines[ret->n_lines++] = run->lines[i];
	return 0;
}

static int load_views(struct html_page *p)
{
	int r = load_view(p->rec, "expect", &p->expects);

	if (r >= 0)
		r = load_view(p->rec, "observe", &p->observes);
	if (r >= 0)
		html_cpus_find(p);
	return r;
}

static int load_gaps(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, &p->observes, .what = "heartbeat.gap", .tries = RECORD_ANY_TRY)
		n++;
	p->gaps = calloc(n + 1, sizeof(*p->gaps));
	if (!p->gaps)
		return -ENOMEM;
	record_foreach(line, &p->observes, .what = "heartbeat.gap", .tries = RECORD_ANY_TRY) {
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

static void add_arrivals(struct html_page *p, const struct record_line *line)
{
	const json_t *data = record_data(line);
	const char *cpu;
	json_t *count;

	json_object_foreach((json_t *)json_object_get(data, "counts"), cpu, count) {
		struct html_arrival a = { .act = (int)record_int(line, "act"),
					  .name = record_get_str(data, "name") };

		if (text_to_int(cpu, &a.cpu) < 0 || json_integer_value(count) <= 0)
			continue;
		a.from = record_get_int(data, "from");
		a.to = record_get_int(data, "to");
		a.irq = (long)record_get_int(data, "irq");
		a.count = (long)json_integer_value(count);
		p->arrivals[p->n_arrivals++] = a;
	}
}

static int load_arrivals(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, &p->observes, .what = "irq.arrivals", .tries = RECORD_ANY_TRY)
		n += json_object_size(json_object_get(record_data(line), "counts"));
	p->arrivals = calloc(n + 1, sizeof(*p->arrivals));
	if (!p->arrivals)
		return -ENOMEM;
	record_foreach(line, &p->observes, .what = "irq.arrivals", .tries = RECORD_ANY_TRY)
		add_arrivals(p, line);
	return 0;
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
	static int (*const loads[])(struct html_page *) = { load_views,     load_packets,
							    load_gaps,      load_arrivals,
							    html_logs_load, html_acts_load };

	p->list = json_object_get(p->results, "results");
	find_time(p);
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
	free(p->expects.lines);
	free(p->observes.lines);
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
