// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each CPU was at any time, from the masks that were read after the acts. It fills no lane:
 * lanes.c does.
 */
#include <string.h>

#include "report/html/html.h"

/* What was read after the act; false when nothing was. */
static bool mask_after(const struct record_act *act, struct cpulist *ret)
{
	return act->online && *act->online && cpulist_parse(act->online, ret) == 0;
}

/* All CPUs that are named anywhere, and those online before the first act: its mask afterwards with
 * its own doing undone. */
void html_cpus_find(struct html_page *p)
{
	struct cpulist mask;

	record_foreach(line, &p->observes, .what = "cpu.online", .tries = RECORD_ANY_TRY) {
		if (cpulist_parse(record_get_str(record_data(line), "mask"), &mask) < 0)
			continue;
		if (cpulist_count(&p->first_online) == 0 &&
		    (p->rec->n_acts == 0 || line->t < p->rec->acts[0].line->t))
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
