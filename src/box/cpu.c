// SPDX-License-Identifier: GPL-2.0-or-later
/* CPUs as the kernel's files show them: reads only. Refusals are explained in cpu_refusal.c. */
#include "box/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CPU_DIR "sys/devices/system/cpu"

static int mask_read(struct box *box, const char *name, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = box_readf(box, &text, CPU_DIR "/%s", name);

	return r < 0 ? r : cpulist_parse(text, ret);
}

int cpu_online_read(struct box *box, struct cpulist *ret)
{
	return mask_read(box, "online", ret);
}

int cpu_masks_read(struct box *box, struct cpu_masks *ret)
{
	struct cpu_masks m;
	int r;

	r = mask_read(box, "possible", &m.possible);
	if (r == 0)
		r = mask_read(box, "present", &m.present);
	if (r == 0)
		r = mask_read(box, "online", &m.online);
	if (r == 0)
		r = mask_read(box, "offline", &m.offline);
	if (r == 0)
		*ret = m;
	return r;
}

int cpu_present_read(struct box *box, struct cpulist *ret)
{
	return mask_read(box, "present", ret);
}

int cpu_hotpluggable_read(struct box *box, struct cpulist *ret)
{
	struct cpulist present, l = {};
	int r = mask_read(box, "present", &present);

	if (r < 0)
		return r;
	cpulist_foreach(cpu, &present)
		if (box_has(box, CPU_DIR "/cpu%d/online", cpu))
			cpulist_add(&l, cpu);
	*ret = l;
	return 0;
}

int cpu_state_only_read(struct box *box, int cpu, int *ret_state)
{
	return box_read_int(box, ret_state, CPU_DIR "/cpu%d/hotplug/state", cpu);
}

int cpu_state_read(struct box *box, int cpu, int *ret_state, int *ret_target)
{
	int state, target, r;

	r = cpu_state_only_read(box, cpu, &state);
	if (r < 0)
		return r;
	r = box_read_int(box, &target, CPU_DIR "/cpu%d/hotplug/target", cpu);
	if (r < 0)
		return r;
	*ret_state = state;
	*ret_target = target;
	return 0;
}

bool cpu_target_fits(int state, int target, int was_target)
{
	return target == state || target == was_target;
}

int cpu_state_online_read(struct box *box, int *ret_state)
{
	struct box_memo *memo = box_memo(box);
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	/* It is asked for several times an act, and stands at the end of some 250 lines. */
	if (memo->state_online > 0 && box_is_real(box)) {
		*ret_state = memo->state_online;
		return 0;
	}
	r = box_read(box, CPU_DIR "/hotplug/states", &text);
	if (r < 0)
		return r;
	cursor = text;
	while ((line = text_next_line(&cursor))) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon = '\0';
		if (strcmp(text_strip(colon + 1), "online") != 0)
			continue;
		r = text_to_int(text_strip(line), &memo->state_online);
		if (r == 0)
			*ret_state = memo->state_online;
		return r;
	}
	return -ENODATA;
}

bool cpu_is_fully_offline(struct box *box, int cpu)
{
	int state, target;

	return cpu_state_read(box, cpu, &state, &target) == 0 && state == CPU_STATE_OFFLINE &&
	       target == CPU_STATE_OFFLINE;
}

bool cpu_is_fully_online(struct box *box, int cpu)
{
	int state, target, online;

	return cpu_state_online_read(box, &online) == 0 &&
	       cpu_state_read(box, cpu, &state, &target) == 0 && state == online &&
	       target == online;
}

bool cpu_trap_can_be_cleared(struct box *box, int cpu)
{
	_cleanup_free_ char *path = text_printf("sys/devices/system/cpu/cpu%d/hotplug/fail", cpu),
			    *now = NULL;

	return path && box_readf(box, &now, "%s", path) == 0 &&
	       (strcmp(now, "-1") != 0 || box_write(box, path, "-1") == 0);
}
