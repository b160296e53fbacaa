// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes steps of events. Pure: lines in, a list out. Which way a step goes is not in the events:
 * it is told by the state that the CPU is said to be in when the step ends.
 */
#include "witnesses/trace/steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/trace.h"

#define CHUNK 64

/* Steps that hand the work over to the CPU's own thread and wait for it: kernel/cpu.c. */
static bool is_wrapper(const char *callback)
{
	static const char *const names[] = { "cpuhp_kick_ap_work", "bringup_cpu",
					     "cpuhp_bringup_ap" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(callback, names[i]) == 0)
			return true;
	return false;
}

bool step_is_of_module(const struct step *step)
{
	return strchr(step->callback, '[') != NULL;
}

/*
 * The state is set ahead of the callback: to the step itself on the way up, to the one below on the
 * way down. takedown_cpu() lets the dying CPU go on counting down meanwhile. The control task of
 * older kernels (5.10) counts down after the callback: that it goes to 0 tells it there.
 */
static enum step_way way_of(const struct step *step, int state)
{
	if (strcmp(step->callback, "cpuhp_kick_ap_work") == 0 ||
	    strcmp(step->callback, "takedown_cpu") == 0)
		return STEP_DOWN;
	if (!step->is_wrapper && state == step->number && step->target == 0)
		return STEP_DOWN;
	if (step->is_wrapper || state == step->number)
		return STEP_UP;
	return state == step->number - 1 ? STEP_DOWN : STEP_OTHER;
}

static struct step *add(struct steps *s)
{
	if (s->n % CHUNK == 0) {
		struct step *more = reallocarray(s->list, s->n + CHUNK, sizeof(*more));

		if (!more)
			return NULL;
		s->list = more;
	}
	s->list[s->n] = (struct step){ .way = STEP_OTHER };
	return &s->list[s->n++];
}

/* "cpu: 0003 target: 145 step: 236 (cpuhp_kick_ap_work)" */
static int take_enter(struct steps *s, const struct trace_line *l, int cpu)
{
	const char *name = strchr(l->text, '('), *end = strrchr(l->text, ')');
	int subject, target, number;
	struct step *step;

	if (!name || !end || end < name ||
	    sscanf(l->text, "cpu: %d target: %d step: %d", &subject, &target, &number) != 3)
		return -EBADMSG;
	if (subject != cpu)
		return 0;
	step = add(s);
	if (!step)
		return -ENOMEM;
	step->cpu = cpu;
	step->number = number;
	step->target = target;
	step->is_multi = strcmp(l->event, "cpuhp_multi_enter") == 0;
	step->ran_on = l->cpu;
	step->pid = l->pid;
	step->began_ns = l->ns;
	snprintf(step->callback, sizeof(step->callback), "%.*s", (int)(end - name - 1), name + 1);
	snprintf(step->comm, sizeof(step->comm), "%s", l->comm);
	step->is_wrapper = is_wrapper(step->callback);
	return 0;
}

/* " cpu: 0003  state: 235 step: 236 ret: 0" */
static int take_exit(struct steps *s, const struct trace_line *l, int cpu)
{
	int subject, state, number, ret;

	if (sscanf(l->text, " cpu: %d state: %d step: %d ret: %d", &subject, &state, &number,
		   &ret) != 4)
		return -EBADMSG;
	for (size_t i = s->n; subject == cpu && i > 0; i--) {
		struct step *step = &s->list[i - 1];

		if (step->has_ended || step->number != number || step->pid != l->pid)
			continue;
		step->has_ended = true;
		step->ret = ret;
		step->ended_ns = l->ns;
		step->way = way_of(step, state);
		break;
	}
	return 0;
}

/* What a wrapper waited for is not its own. */
static void find_self_times(struct steps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct step *outer = &s->list[i];

		outer->self_ns = outer->has_ended ? outer->ended_ns - outer->began_ns : 0;
		for (size_t k = i + 1; outer->is_wrapper && k < s->n; k++) {
			const struct step *inner = &s->list[k];

			if (inner->has_ended && inner->ended_ns <= outer->ended_ns &&
			    inner->pid != outer->pid)
				outer->self_ns -= inner->ended_ns - inner->began_ns;
		}
	}
}

int steps_parse(char *text, int cpu, int64_t from_ns, int64_t to_ns, struct steps *ret)
{
	_cleanup_steps_ struct steps s = {};
	char *cursor = text, *line;
	struct trace_line l;
	int r = 0;

	while (r == 0 && (line = text_next_line(&cursor))) {
		s.is_lost = s.is_lost || trace_says_lost(line);
		if (!trace_parse(line, &l) || l.ns < from_ns || l.ns > to_ns)
			continue;
		if (strcmp(l.event, "cpuhp_enter") == 0 ||
		    strcmp(l.event, "cpuhp_multi_enter") == 0)
			r = take_enter(&s, &l, cpu);
		else if (strcmp(l.event, "cpuhp_exit") == 0)
			r = take_exit(&s, &l, cpu);
	}
	if (r < 0)
		return r;
	find_self_times(&s);
	*ret = s;
	s = (struct steps){};
	return 0;
}

int steps_copy(const struct steps *s, struct steps *ret)
{
	struct step *list = calloc(s->n ? s->n : 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (s->n > 0)
		memcpy(list, s->list, s->n * sizeof(*list));
	*ret = (struct steps){ .list = list, .n = s->n, .is_lost = s->is_lost };
	return 0;
}

void steps_clear(struct steps *s)
{
	free(s->list);
	*s = (struct steps){};
}
