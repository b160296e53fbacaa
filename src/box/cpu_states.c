// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the list of states. The rule of what may be armed is fail_store()'s in kernel/cpu.c. */
#include "box/cpu_states.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int add(struct cpu_states *states, int number, const char *name)
{
	struct cpu_state *longer = realloc(states->list, (states->n + 1) * sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	states->list = longer;
	longer += states->n++;
	longer->number = number;
	snprintf(longer->name, sizeof(longer->name), "%s", name);
	return 0;
}

int cpu_states_read(struct box *box, struct cpu_states *ret)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_cpu_states_ struct cpu_states states = {};
	char *cursor, *line;
	int r = box_read(box, "sys/devices/system/cpu/hotplug/states", &text);

	if (r < 0)
		return r;
	cursor = text;
	while ((line = text_next_line(&cursor))) {
		char *colon = strchr(line, ':');
		int number;

		if (!colon)
			continue;
		*colon = '\0';
		if (text_to_int(text_strip(line), &number) < 0)
			return -EBADMSG;
		r = add(&states, number, text_strip(colon + 1));
		if (r < 0)
			return r;
	}
	if (states.n == 0)
		return -ENODATA;
	*ret = states;
	states = (struct cpu_states){};
	return 0;
}

void cpu_states_clear(struct cpu_states *states)
{
	free(states->list);
	*states = (struct cpu_states){};
}

int cpu_states_find(const struct cpu_states *states, const char *name)
{
	for (size_t i = 0; i < states->n; i++)
		if (strcmp(states->list[i].name, name) == 0)
			return states->list[i].number;
	return -1;
}

const char *cpu_states_name(const struct cpu_states *states, int number)
{
	for (size_t i = 0; i < states->n; i++)
		if (states->list[i].number == number)
			return states->list[i].name;
	return "?";
}

bool cpu_states_must_refuse(const struct cpu_states *states, int number, bool is_online)
{
	int dead = cpu_states_find(states, "idle:dead"),
	    alive = cpu_states_find(states, "ap:online"),
	    bringup = cpu_states_find(states, "cpu:bringup");

	if (dead >= 0 && alive >= 0 && number >= dead && number < alive)
		return true;
	return is_online && bringup >= 0 && number <= bringup;
}
