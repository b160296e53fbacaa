// SPDX-License-Identifier: GPL-2.0-or-later
/* What the acts took, and which states of the hotplug state machine took most of it. The picture of
 * it is in the HTML report. */
#include "report/text_internal.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/latency.h"

#define STATES_SHOWN 3
#define SHARE_SHOWN 0.01 /* of the time of all acts */

static const char *ms(int64_t us, char *buf, size_t size)
{
	if (us >= 1000)
		return report_ms(us * 1000, buf, size);
	snprintf(buf, size, "%d us", (int)us);
	return buf;
}

static void put_whole(const struct text *t, const char *label, const struct latency_state *act,
		      const struct latency_state *before)
{
	char p50[24], p95[24], max[24], old[24];

	text_fieldf(t, label, "%zu act%s: half within %s, 95 %% within %s, the slowest %s%s%s%s",
		    act->n, act->n == 1 ? "" : "s", ms(latency_at(act, 0.5), p50, sizeof(p50)),
		    ms(latency_at(act, 0.95), p95, sizeof(p95)),
		    ms(latency_at(act, 1), max, sizeof(max)),
		    before ? " (before: half within " : "",
		    before ? ms(latency_at(before, 0.5), old, sizeof(old)) : "", before ? ")" : "");
}

static void put_state(const struct text *t, const struct latency_way *way,
		      const struct latency_state *s, const struct latency_state *before)
{
	char p50[24], p95[24], old[24];

	text_fieldf(t, "", "%3.0f %% %s: half within %s, 95 %% within %s%s%s%s",
		    100.0 * (double)s->sum / (double)(way->act.sum ? way->act.sum : 1),
		    *s->name ? s->name : "outside of any state",
		    ms(latency_at(s, 0.5), p50, sizeof(p50)),
		    ms(latency_at(s, 0.95), p95, sizeof(p95)), before ? " (before: " : "",
		    before ? ms(latency_at(before, 0.5), old, sizeof(old)) : "", before ? ")" : "");
}

static void put_way(const struct text *t, const char *label, const struct latency_way *way,
		    const struct latency_way *before)
{
	_cleanup_free_ size_t *order = calloc(way->n_states + 1, sizeof(*order));
	size_t shown = 0;

	if (!order || way->act.n == 0)
		return;
	latency_order(way, order);
	put_whole(t, label, &way->act, before && before->act.n ? &before->act : NULL);
	for (; shown < way->n_states && shown < STATES_SHOWN; shown++) {
		const struct latency_state *s = &way->states[order[shown]];

		if ((double)s->sum < SHARE_SHOWN * (double)way->act.sum)
			break;
		put_state(t, way, s, before ? latency_find(before, s->name) : NULL);
	}
	put_state(t, way, &way->rest, before && before->rest.n ? &before->rest : NULL);
	if (way->n_states > shown)
		text_fieldf(t, "", "and less in %zu more", way->n_states - shown);
}

void text_cost(const struct text *t)
{
	_cleanup_latency_ struct latency_table table = {};
	const struct latency_table *before = t->before;

	if (latency_read(t->run, &table) < 0 ||
	    table.way[LATENCY_DOWN].act.n + table.way[LATENCY_UP].act.n == 0)
		return;
	text_heading(t, TEXT_BOLD, "COST");
	put_way(t, "offline", &table.way[LATENCY_DOWN], before ? &before->way[LATENCY_DOWN] : NULL);
	put_way(t, "online", &table.way[LATENCY_UP], before ? &before->way[LATENCY_UP] : NULL);
}
