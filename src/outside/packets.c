// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judgement of packet windows. A false "lost" is the worst that it could say, so every other
 * explanation is looked at first: not sent yet, the echo had ended, the box or this host counted a
 * drop, this host was starved.
 */
#include "outside/packets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "outside/line.h"

#define NONE_LOST "packet.none-lost"
#define NONE_DUPLICATED "packet.none-duplicated"
/* A window in which fewer came back proves nothing. */
#define ENOUGH 3
/* The echo may end right after a window: what was sent so shortly before its end may rightly be
 * unanswered. */
#define TAIL_NS (500 * NS_PER_MS)
#define STARVED_NS (250 * NS_PER_MS)
#define NAMED_MAX 20
/* So long on its way in a flow that stopped: what comes only when the CPU is back came too late. */
#define STUCK_NS NS_PER_S

struct window {
	const json_t *line;
	int64_t from, to; /* box clock */
	int64_t since;    /* the echo has answered since then; 0: not said */
	bool is_exercised;
	bool is_stopped; /* nothing came any more after the act */
	const char *why;
	/* what was found */
	size_t sent, back, lost, stuck, extra_copies;
	json_t *lost_ns, *copied_ns;
	int64_t median_ns, worst_ns, gap_ns, late_ns;
	long box_drops, prober_drops, forwarder_drops;
};

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static long counter(const json_t *drops, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(drops, name));

	return n > 0 ? (long)n : 0;
}

static long larger(long a, long b)
{
	return a > b ? a : b;
}

/* One datagram may show in several counters of a layer: then it explains one loss, not two. */
static long sum_drops(const json_t *drops)
{
	long device = counter(drops, "rx_missed") +
		      larger(counter(drops, "rx_dropped"), counter(drops, "softnet"));
	long udp = larger(counter(drops, "udp_in_errors"),
			  larger(counter(drops, "udp_rcvbuf"), counter(drops, "socket")));

	return device + udp + counter(drops, "udp_no_ports");
}

/* Drops of this host's sockets between the last sample before the window and the first one after
 * it. */
static void host_drops(const struct packets *p, const struct packets_clock *clock, struct window *w)
{
	const struct packets_drops *first = NULL, *last = NULL;

	for (size_t i = 0; i < p->n_drops; i++) {
		int64_t t = packets_clock_to_box(clock, p->drops[i].at_ns);

		if (t <= w->from - PACKETS_LEAD_NS || !first)
			first = &p->drops[i];
		last = &p->drops[i];
		if (t >= w->to + TAIL_NS)
			break;
	}
	if (!first)
		return;
	w->prober_drops = last->prober - first->prober;
	w->forwarder_drops = last->forwarder - first->forwarder;
}

/* Number of the last datagram that came back at all: what was sent before it had every chance. */
static size_t last_answered(const struct packets *p)
{
	size_t i = p->n_datagrams;

	while (i > 0 && !p->datagrams[i - 1].back_ns)
		i--;
	return i;
}

static void name_one(json_t *list, size_t n)
{
	if (json_array_size(list) < NAMED_MAX)
		json_array_append_new(list, json_integer((json_int_t)n));
}

static void take_answered(struct window *w, size_t n, const struct packets_datagram *d,
			  int64_t *trips)
{
	trips[w->back++] = d->back_ns - d->sent_ns;
	if (d->copies > 1) {
		w->extra_copies += d->copies - 1;
		name_one(w->copied_ns, n);
	}
}

/* over which the echoes' stamps are spread: the longest time in the window in which the box
 * answered nothing */
static void note_gap(struct window *w, int64_t *last, int64_t t)
{
	if (t < w->from || t > w->to)
		return;
	if (t - *last > w->gap_ns)
		w->gap_ns = t - *last;
	*last = t;
}

static void count(const struct packets *p, const struct packets_clock *clock, struct window *w,
		  int64_t *trips)
{
	size_t answered = last_answered(p);
	int64_t last_box = w->from, lead = w->from - PACKETS_LEAD_NS;

	/* Between two scenarios nobody listens. */
	if (lead < w->since + packets_clock_error(clock))
		lead = w->since + packets_clock_error(clock);

	for (size_t i = 0; i < p->n_datagrams; i++) {
		const struct packets_datagram *d = &p->datagrams[i];
		int64_t sent = packets_clock_to_box(clock, d->sent_ns);

		if (sent > w->to)
			break;
		if (d->back_ns ? d->box_ns < w->from : sent < lead)
			continue;
		w->sent++;
		if (d->late_ns > w->late_ns)
			w->late_ns = d->late_ns;
		if (d->back_ns) {
			take_answered(w, i + 1, d, trips);
			note_gap(w, &last_box, d->box_ns);
			if (w->is_stopped && d->box_ns > w->to && sent < w->to - STUCK_NS) {
				w->stuck++;
				name_one(w->lost_ns, i + 1);
			}
		} else if (i < answered || sent < w->to - TAIL_NS) {
			w->lost++;
			name_one(w->lost_ns, i + 1);
		}
	}
	note_gap(w, &last_box, w->to);
	if (w->back > 0) {
		qsort(trips, w->back, sizeof(*trips), compare);
		w->median_ns = trips[w->back / 2];
		w->worst_ns = trips[w->back - 1];
	}
}

static json_t *facts(const struct window *w)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:O, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"from", (json_int_t)w->from, "to", (json_int_t)w->to, "sent", (json_int_t)w->sent,
		"back", (json_int_t)w->back, "lost", (json_int_t)w->lost, "stuck",
		(json_int_t)w->stuck, "lost_n", w->lost_ns, "copied_n", w->copied_ns,
		"round_trip_median_ns", (json_int_t)w->median_ns, "round_trip_max_ns",
		(json_int_t)w->worst_ns, "gap_ns", (json_int_t)w->gap_ns, "prober_late_ns",
		(json_int_t)w->late_ns, "box_drops", (json_int_t)w->box_drops, "prober_drops",
		(json_int_t)w->prober_drops, "forwarder_drops", (json_int_t)w->forwarder_drops);
}

static json_t *expectation(const struct window *w, const char *claim, const char *result,
			   char *text)
{
	return line_expect(w->line, "packet", w->to, claim, result, text, facts(w));
}

/* Why nothing can be said of this window, owned by the caller; NULL: it can be judged. */
static char *why_not_judged(const struct packets *p, const struct packets_clock *clock,
			    const struct window *w)
{
	const struct packets_datagram *last = p->n_datagrams ? &p->datagrams[p->n_datagrams - 1]
							     : NULL;

	if (!w->is_exercised)
		return strdup(w->why && *w->why ? w->why : "the window was not exercised");
	if (!clock)
		return text_printf("no datagram of %zu ever came back from the box",
				   p->n_datagrams);
	if (packets_clock_to_box(clock, last->sent_ns) < w->from)
		return strdup("the prober had ended before this window");
	if (w->back + w->lost < ENOUGH)
		return text_printf("the prober sent only %zu datagrams in this window%s", w->sent,
				   w->late_ns > STARVED_NS ? ": the host gave it no CPU time" : "");
	return NULL;
}

static json_t *judge_lost(const struct window *w)
{
	/* Where the flow stopped for good, this host's queues overflow because of that: they
	 * explain nothing. */
	long host = w->is_stopped ? 0 : w->prober_drops + w->forwarder_drops;
	long explained = w->box_drops + host;
	const char *starved = w->late_ns > STARVED_NS ? "; the host starved the prober meanwhile"
						      : "";

	if (w->stuck >= ENOUGH)
		return expectation(
			w, NONE_LOST, "unmet",
			text_printf(
				"the flow stopped: %zu of %zu datagrams from outside had not arrived after "
				"%lld ms and more, %zu were lost%s",
				w->stuck, w->sent, STUCK_NS / NS_PER_MS, w->lost, starved));
	if (w->lost == 0)
		return expectation(
			w, NONE_LOST, "met",
			text_printf("%zu datagrams from outside came back, none was lost%s",
				    w->back, starved));
	if ((long)w->lost <= explained)
		return expectation(
			w, NONE_LOST, "limit",
			text_printf(
				"%zu of %zu datagrams are missing, and as many were dropped for want of room: %ld by "
				"the box's own counters, %ld by the host's sockets",
				w->lost, w->sent, w->box_drops, host));
	return expectation(
		w, NONE_LOST, "unmet",
		text_printf(
			"%zu of %zu datagrams from outside were lost (drop counters explain %ld)%s",
			w->lost, w->sent, explained, starved));
}

static json_t *judge_duplicated(const struct window *w)
{
	if (w->extra_copies == 0)
		return expectation(w, NONE_DUPLICATED, "met",
				   text_printf("none of %zu datagrams came back twice", w->back));
	return expectation(w, NONE_DUPLICATED, "unmet",
			   text_printf("%zu of %zu datagrams came back more than once",
				       json_array_size(w->copied_ns), w->back));
}

static void read_window(const json_t *line, struct window *w)
{
	json_t *data = json_object_get(line, "data");

	w->line = line;
	w->from = json_integer_value(json_object_get(data, "from"));
	w->to = json_integer_value(json_object_get(data, "to"));
	w->is_exercised = json_is_true(json_object_get(data, "exercised"));
	w->since = json_integer_value(json_object_get(data, "since"));
	w->is_stopped = json_is_false(json_object_get(data, "resumed"));
	w->why = json_string_value(json_object_get(data, "why"));
	w->box_drops = sum_drops(json_object_get(data, "drops"));
	w->lost_ns = json_array();
	w->copied_ns = json_array();
}

json_t *packets_judge(const struct packets *p, const struct packets_clock *clock,
		      const json_t *line)
{
	_cleanup_free_ int64_t *trips = calloc(p->n_datagrams + 1, sizeof(*trips));
	_cleanup_free_ char *why = NULL;
	json_t *lines = json_array();
	struct window w = {};

	read_window(line, &w);
	if (clock && trips) {
		count(p, clock, &w, trips);
		host_drops(p, clock, &w);
	}
	json_array_append_new(lines, line_about(w.line, "packet", w.to, "observe",
						json_pack("{s:s, s:o}", "what", "packet.seen",
							  "data", facts(&w))));
	why = trips ? why_not_judged(p, clock, &w) : strdup("memory is short");
	if (why) {
		json_array_append_new(lines,
				      expectation(&w, NONE_LOST, "unexercised", strdup(why)));
		json_array_append_new(lines,
				      expectation(&w, NONE_DUPLICATED, "unexercised", strdup(why)));
	} else {
		json_array_append_new(lines, judge_lost(&w));
		json_array_append_new(lines, judge_duplicated(&w));
	}
	json_decref(w.lost_ns);
	json_decref(w.copied_ns);
	return lines;
}
