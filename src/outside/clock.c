// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Matches two clocks by round trips: the box stamped its time somewhere between sending and
 * receiving, so half of the quickest trip bounds the error. The clocks of a guest and its host
 * drift apart, hence a point for every second or so.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/wait.h"
#include "outside/packets.h"

#define SPAN_NS NS_PER_S

struct point {
	int64_t at_ns, offset_ns, error_ns;
};

struct packets_clock {
	struct point *points;
	size_t n_points;
};

void packets_clock_free(struct packets_clock *c)
{
	if (!c)
		return;
	free(c->points);
	free(c);
}

static int64_t trip(const struct packets_datagram *d)
{
	return d->back_ns - d->sent_ns;
}

/* The quickest round trip of each span becomes a point. */
static void collect(const struct packets *p, struct packets_clock *c)
{
	struct point *at = NULL;
	int64_t span_end = 0;

	for (size_t i = 0; i < p->n_datagrams; i++) {
		const struct packets_datagram *d = &p->datagrams[i];

		if (!d->back_ns || !d->box_ns)
			continue;
		if (!at || d->sent_ns >= span_end) {
			at = &c->points[c->n_points++];
			at->error_ns = INT64_MAX;
			span_end = d->sent_ns + SPAN_NS;
		}
		if (trip(d) / 2 < at->error_ns) {
			at->at_ns = d->sent_ns + trip(d) / 2;
			at->offset_ns = d->box_ns - at->at_ns;
			at->error_ns = trip(d) / 2;
		}
	}
}

/* A span in which every trip was slow says less than its neighbours do: it is left out. */
static void drop_bad_points(struct packets_clock *c)
{
	int64_t best = INT64_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < c->n_points; i++)
		if (c->points[i].error_ns < best)
			best = c->points[i].error_ns;
	for (size_t i = 0; i < c->n_points; i++)
		if (c->points[i].error_ns <= 4 * best + 2 * NS_PER_MS)
			c->points[kept++] = c->points[i];
	c->n_points = kept;
}

int packets_clock_new(const struct packets *p, struct packets_clock **ret)
{
	_cleanup_(cleanup_packets_clock) struct packets_clock *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->points = calloc(p->n_datagrams + 1, sizeof(*c->points));
	if (!c->points)
		return -ENOMEM;
	collect(p, c);
	if (c->n_points == 0)
		return -ENODATA;
	drop_bad_points(c);
	*ret = take_ptr(c);
	return 0;
}

int64_t packets_clock_to_box(const struct packets_clock *c, int64_t t)
{
	size_t i = 0;
	double share;

	while (i + 1 < c->n_points && c->points[i + 1].at_ns <= t)
		i++;
	if (i + 1 == c->n_points || t <= c->points[i].at_ns)
		return t + c->points[i].offset_ns;
	share = (double)(t - c->points[i].at_ns) /
		(double)(c->points[i + 1].at_ns - c->points[i].at_ns);
	return t + c->points[i].offset_ns +
	       (int64_t)(share * (double)(c->points[i + 1].offset_ns - c->points[i].offset_ns));
}

int64_t packets_clock_error(const struct packets_clock *c)
{
	int64_t worst = 0;

	for (size_t i = 0; i < c->n_points; i++)
		if (c->points[i].error_ns > worst)
			worst = c->points[i].error_ns;
	return worst;
}

json_t *packets_clock_lines(const struct packets_clock *c)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < c->n_points; i++) {
		const struct point *p = &c->points[i];

		json_array_append_new(lines,
				      json_pack("{s:I, s:s, s:I, s:I}", "t",
						(json_int_t)(p->at_ns + p->offset_ns), "type",
						"clock", "offset", (json_int_t)p->offset_ns,
						"error", (json_int_t)p->error_ns));
	}
	return lines;
}
