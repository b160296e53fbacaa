// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each act cost: the figures under its picture and of the table of disruption, and the window
 * of time that its picture shows. Facts only: whether any of it is a defect is said by
 * expectations.
 */
#include <errno.h>
#include <string.h>

#include "base/wait.h"
#include "report/html/html.h"

#define BEFORE_NS (120 * NS_PER_MS)
#define AFTER_NS (220 * NS_PER_MS)
#define MARGIN_MAX_NS NS_PER_S
#define REACH_NS (2 * NS_PER_S) /* how far a window is widened for what is worth seeing */

struct html_act *html_act_find(struct html_page *p, int id)
{
	for (size_t i = 0; i < p->n_acts; i++)
		if (p->acts[i].rec->id == id)
			return &p->acts[i];
	return NULL;
}

static void widen(struct html_act *a, int64_t from, int64_t to)
{
	int64_t margin = 10 * NS_PER_MS;

	if (from - margin < a->from && from > a->began - REACH_NS)
		a->from = from - margin;
	if (to + margin > a->to && to < a->ended + REACH_NS)
		a->to = to + margin;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* The window: around the write, in proportion to it, widened to hold this act's gaps and the
 * packets lost on it whole. */
static void choose_window(const struct html_page *p, struct html_act *a, int64_t next_began)
{
	int64_t length = a->ended - a->began, limit;

	a->from = a->began - clamp(length / 2, BEFORE_NS, MARGIN_MAX_NS);
	a->to = a->ended + clamp(length, AFTER_NS, MARGIN_MAX_NS);
	for (size_t i = 0; i < p->n_gaps; i++) {
		const struct html_gap *gap = &p->gaps[i];

		if (gap->act != a->rec->id)
			continue;
		if (!a->worst_gap || gap->to - gap->from > a->worst_gap->to - a->worst_gap->from)
			a->worst_gap = gap;
	}
	if (a->worst_gap)
		widen(a, a->worst_gap->from, a->worst_gap->to);
	limit = next_began > 0 && next_began < a->ended + REACH_NS ? next_began
								   : a->ended + REACH_NS;
	for (size_t i = html_packet_at(p, a->began); i < p->n_packets && p->packets[i].sent < limit;
	     i++)
		if (p->packets[i].back < 0)
			widen(a, p->packets[i].sent, p->packets[i].sent);
	a->first_packet = html_packet_at(p, a->from);
	a->n_packets = html_packet_at(p, a->to) - a->first_packet;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * The longest time in which something was under way and no answer came. When nothing was sent there
 * is nothing to answer: a pause of the prober is no silence of the box.
 */
static int64_t find_silence(const struct html_page *p, const struct html_act *a)
{
	int64_t longest = 0, answered = -1,
		waiting = -1; /* since when the oldest that has no answer waits */

	for (size_t i = 0; i < a->n_packets; i++) {
		const struct html_packet *packet = &p->packets[a->first_packet + i];
		int64_t from;

		if (packet->back >= 0 && packet->back <= answered)
			continue;
		if (waiting < 0)
			waiting = packet->sent;
		if (packet->back < 0)
			continue;
		from = waiting > answered ? waiting : answered;
		if (packet->back > a->began && packet->back - from > longest)
			longest = packet->back - from;
		answered = packet->back;
		waiting = -1;
	}
	if (waiting >= 0 && a->to - waiting > longest)
		longest = a->to - waiting;
	return longest;
}

static int measure_packets(const struct html_page *p, struct html_act *a)
{
	int64_t *rtt = calloc(a->n_packets + 1, sizeof(*rtt));
	size_t n = 0;

	a->rtt_median = a->rtt_max = -1;
	if (!rtt)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_packets; i++) {
		const struct html_packet *packet = &p->packets[a->first_packet + i];

		/* What was on its way when the write began is touched by it. */
		if (packet->back >= 0 && packet->back < a->began)
			continue;
		if (packet->back < 0 && packet->sent < a->began)
			continue;
		a->n_sent++;
		a->n_lost += packet->back < 0;
		a->n_twice += packet->copies > 1;
		if (packet->back >= 0)
			rtt[n++] = packet->back - packet->sent;
	}
	if (n > 0) {
		qsort(rtt, n, sizeof(*rtt), by_value);
		a->rtt_median = rtt[n / 2];
		a->rtt_max = rtt[n - 1];
	}
	free(rtt);
	a->silence_ns = find_silence(p, a);
	return 0;
}

/*
 * What witnesses took: from the last word about anything else to the write, and from the write to
 * the last word about this act.
 */
static void measure_witnesses(const struct html_page *p, struct html_act *a)
{
	const struct record_line *begin = a->rec->line, *end = p->rec->lines + p->rec->n_journal;
	const struct record_line *first = begin, *last = a->rec->done;
	int64_t before;

	while (first > p->rec->lines && record_int(first - 1, "act") == a->rec->id)
		first--;
	before = first > p->rec->lines ? begin->t - first[-1].t : 0;
	if (!last) {
		a->witnesses_ns = before;
		return;
	}
	for (const struct record_line *line = last; line < end && strcmp(line->type, "act"); line++)
		if (record_int(line, "act") == a->rec->id && strcmp(line->type, "crash"))
			last = line;
	a->witnesses_ns = before + last->t - a->ended;
}

static bool is_known(const struct html_page *p, const struct record_line *line)
{
	const json_t *result =
		line->scenario ? html_result_find(p, line->scenario, record_str(line, "claim"))
			       : NULL;

	return strcmp(record_get_str(result, "kind"), "known") == 0;
}

static void count_unmet(struct html_page *p)
{
	record_foreach(line, &p->expects, .type = "expect", .tries = RECORD_ANY_TRY) {
		struct html_act *a;

		if (strcmp(record_str(line, "result"), "unmet"))
			continue;
		a = html_act_find(p, (int)record_int(line, "act"));
		if (!a)
			continue;
		a->n_unmet++;
		a->n_known += is_known(p, line);
	}
}

/* The write of an act that never returned lasts, as far as anybody knows, until the last line of
 * its scenario. */
static int64_t end_of(const struct html_page *p, const struct record_act *act)
{
	int64_t last = act->began;

	if (act->done)
		return act->ended;
	for (size_t i = 0; i < p->rec->n_journal; i++) {
		const struct record_line *line = &p->rec->lines[i];

		if (line > act->line && line->scenario && act->scenario &&
		    strcmp(line->scenario, act->scenario) == 0 && line->t > last)
			last = line->t;
	}
	for (size_t i = html_packet_at(p, act->began); i < p->n_packets; i++)
		if (p->packets[i].back > last && p->packets[i].sent < act->began + REACH_NS)
			last = p->packets[i].back;
	return last > act->began ? last : act->began + 1;
}

int html_acts_load(struct html_page *p)
{
	p->n_acts = p->rec->n_acts;
	p->acts = calloc(p->n_acts + 1, sizeof(*p->acts));
	if (!p->acts)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_acts; i++) {
		struct html_act *a = &p->acts[i];
		int r;

		a->rec = &p->rec->acts[i];
		a->began = a->rec->began;
		a->ended = end_of(p, a->rec);
		choose_window(p, a, i + 1 < p->n_acts ? p->rec->acts[i + 1].began : 0);
		r = measure_packets(p, a);
		if (r < 0)
			return r;
		measure_witnesses(p, a);
	}
	count_unmet(p);
	return 0;
}
