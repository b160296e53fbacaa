// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Affinities of all user tasks. The kernel widens the mask of a running task that is bound to a CPU
 * which goes away, and does not narrow it again when the CPU is back: that is legal, and ours to
 * undo. Kernel threads are the kernel's, and a mask that somebody changed to something else is
 * theirs.
 */
#include "box/snapshot_internal.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "box/cpu.h"

#define PF_KTHREAD 0x00200000UL

/* Field 9 (flags) and field 22 (start time) of /proc/.../stat; the name in field 2 may hold
 * anything, so count from its last parenthesis. */
static int stat_read(struct box *box, const char *dir, unsigned long *ret_flags,
		     unsigned long long *ret_start)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *word = NULL;
	int r = box_readf(box, &text, "%s/stat", dir);

	if (r < 0)
		return r;
	cursor = strrchr(text, ')');
	if (!cursor)
		return -EBADMSG;
	cursor++;
	for (int field = 3; field <= 22 && (word = text_next_word(&cursor)); field++)
		if (field == 9)
			*ret_flags = strtoul(word, NULL, 10);
	if (!word)
		return -EBADMSG;
	*ret_start = strtoull(word, NULL, 10);
	return 0;
}

static int mask_read(struct box *box, const char *dir, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;
	char *line;
	int r = box_readf(box, &text, "%s/status", dir);

	if (r < 0)
		return r;
	line = strstr(text, "\nCpus_allowed_list:");
	if (!line)
		return -ENODATA;
	line += strlen("\nCpus_allowed_list:");
	line[strcspn(line, "\n")] = '\0';
	return cpulist_parse(text_strip(line), ret);
}

static void take_task(struct box *box, const char *pid, const char *tid, json_t *all)
{
	_cleanup_free_ char *dir = text_printf("proc/%s/task/%s", pid, tid), *comm = NULL;
	unsigned long long start = 0;
	unsigned long flags = 0;
	struct cpulist mask;
	char list[CPULIST_TEXT];

	if (!dir || stat_read(box, dir, &flags, &start) < 0 || mask_read(box, dir, &mask) < 0)
		return;
	if (box_readf(box, &comm, "%s/comm", dir) < 0)
		comm = NULL;
	json_array_append_new(all, json_pack("{s:s, s:s, s:I, s:s, s:s}", "pid", pid, "tid", tid,
					     "start", (json_int_t)start, "comm", comm ? comm : "",
					     "cpus", cpulist_format(&mask, list, sizeof(list))));
}

json_t *snapshot_take_tasks(struct box *box)
{
	_cleanup_names_ char **pids = NULL;
	json_t *all = json_array();

	if (!box_is_real(box) || box_list(box, "proc", &pids) < 0)
		return all;
	for (char **pid = pids; *pid; pid++) {
		_cleanup_names_ char **tids = NULL;
		_cleanup_free_ char *dir = text_printf("proc/%s", *pid),
				    *task = text_printf("proc/%s/task", *pid);
		unsigned long long start = 0;
		unsigned long flags = 0;

		if (!isdigit((unsigned char)**pid) || !dir || !task ||
		    stat_read(box, dir, &flags, &start) < 0 || flags & PF_KTHREAD ||
		    box_list(box, task, &tids) < 0)
			continue;
		for (char **tid = tids; *tid; tid++)
			take_task(box, *pid, *tid, all);
	}
	return all;
}

static const char *field(const json_t *task, const char *key)
{
	const char *s = json_string_value(json_object_get(task, key));

	return s ? s : "";
}

static bool restore_task(struct box *box, const json_t *task, json_t *items)
{
	_cleanup_free_ char *dir =
		text_printf("proc/%s/task/%s", field(task, "pid"), field(task, "tid"));
	_cleanup_free_ char *what = NULL;
	struct cpulist was, now, online;
	unsigned long long start = 0;
	unsigned long flags = 0;
	cpu_set_t set;
	int r, tid;

	if (!dir || stat_read(box, dir, &flags, &start) < 0 ||
	    (json_int_t)start != json_integer_value(json_object_get(task, "start")) ||
	    mask_read(box, dir, &now) < 0 || cpulist_parse(field(task, "cpus"), &was) < 0 ||
	    text_to_int(field(task, "tid"), &tid) < 0)
		return true; /* gone, and perhaps another has its number */
	if (cpulist_equal(&was, &now) || !cpulist_is_subset(&was, &now))
		return true;
	if (cpu_online_read(box, &online) < 0 || !cpulist_intersects(&was, &online))
		return true;
	cpulist_to_cpu_set(&was, &set);
	r = sched_setaffinity(tid, sizeof(set), &set) < 0 ? -errno : 0;
	if (r == -ESRCH)
		return true;
	what = text_printf("affinity of thread %d (%s)", tid, field(task, "comm"));
	/* EINVAL: its cpuset no longer has these CPUs; then the mask it has is the right one. */
	if (r == -EINVAL) {
		snapshot_add_item(items, what, field(task, "cpus"), cpulist_str(&now), true,
				  "its cpuset has none of these CPUs now");
		return true;
	}
	if (r == 0 && mask_read(box, dir, &now) < 0)
		return true;
	r = r == 0 && cpulist_is_subset(&now, &was);
	snapshot_add_item(items, what, field(task, "cpus"), cpulist_str(&now), r, NULL);
	return r;
}

bool snapshot_restore_tasks(struct box *box, const json_t *saved, json_t *items)
{
	bool all_ok = true;
	json_t *task;
	size_t i;

	if (!box_is_real(box))
		return true;
	json_array_foreach((json_t *)saved, i, task) {
		bool ok = restore_task(box, task, items);

		all_ok = all_ok && ok;
	}
	return all_ok;
}
