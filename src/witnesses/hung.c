// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks that got stuck: in uninterruptible sleep for longer than a limit without having run once.
 * The kernel's own detector waits two minutes and may be off; this one compares context switch
 * counts.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

#define LIMIT_NS (5 * NS_PER_S)
#define TASKS_MAX 256

static const struct claim no_hung_task = {
	.id = "log.no-hung-task",
	.summary = "No task is stuck in uninterruptible sleep",
	.explain =
		"A task in state D that does not run once in 5 s (scaled), and was not there when the scenario began, waits for something "
		"that does not come: a work item on a dead CPU, an I/O completion that was lost, a lock held by a stuck "
		"hotplug callback. `wchan` and `stack` are in the evidence.",
	.refs = REFS("kernel/hung_task.c"),
	.faults = FAULTS("kmod:thread-stuck", "root:hung-task"),
};

struct stuck {
	int pid;
	unsigned long switches;
	int64_t since_ns;
};

struct hung {
	struct stage *stage;
	struct stuck now[TASKS_MAX];
	size_t n;
	int before[TASKS_MAX]; /* pids in D when planted: not ours to judge */
	size_t n_before;
	int r;
};

static unsigned long count_switches(struct box *box, int pid)
{
	_cleanup_free_ char *text = NULL;
	unsigned long n, sum = 0;
	char *cursor, *line;

	if (box_readf(box, &text, "proc/%d/status", pid) < 0)
		return 0;
	for (cursor = text; (line = text_next_line(&cursor));)
		if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %lu", &n) == 1)
			sum += n;
	return sum;
}

static bool is_in_d(struct box *box, int pid)
{
	_cleanup_free_ char *text = NULL;
	char *paren;

	if (box_readf(box, &text, "proc/%d/stat", pid) < 0)
		return false;
	paren = strrchr(text, ')'); /* the name before it may hold anything */
	return paren && paren[1] == ' ' && paren[2] == 'D';
}

static bool was_there(const struct hung *h, int pid)
{
	for (size_t i = 0; i < h->n_before; i++)
		if (h->before[i] == pid)
			return true;
	return false;
}

static const struct stuck *find(const struct hung *h, int pid, unsigned long switches)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->now[i].pid == pid && h->now[i].switches == switches)
			return &h->now[i];
	return NULL;
}

/* Renews the list of tasks in D; those that did not run since they were first seen keep their time.
 */
static int look(struct hung *h, struct box *box)
{
	_cleanup_names_ char **names = NULL;
	struct stuck next[TASKS_MAX];
	size_t n = 0;
	int r = box_list(box, "proc", &names);

	if (r < 0)
		return r;
	for (char **name = names; *name && n < TASKS_MAX; name++) {
		const struct stuck *known;
		int pid;

		if (!isdigit((unsigned char)**name) || text_to_int(*name, &pid) < 0 ||
		    was_there(h, pid) || !is_in_d(box, pid))
			continue;
		next[n] = (struct stuck){ pid, count_switches(box, pid), wait_now_ns() };
		known = find(h, pid, next[n].switches);
		if (known)
			next[n].since_ns = known->since_ns;
		n++;
	}
	memcpy(h->now, next, n * sizeof(*next));
	h->n = n;
	return 0;
}

static int plant(struct stage *s, void **ret_state)
{
	struct hung *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->stage = s;
	r = look(h, stage_box(s));
	if (r < 0) {
		free(h);
		return r;
	}
	for (size_t i = 0; i < h->n; i++)
		h->before[h->n_before++] = h->now[i].pid;
	h->n = 0;
	*ret_state = h;
	return 0;
}

/* Nobody is in D any more, or somebody has been there for too long. */
static bool is_decided(void *arg)
{
	struct hung *h = arg;
	int64_t now = wait_now_ns();

	h->r = look(h, stage_box(h->stage));
	if (h->r < 0 || h->n == 0)
		return true;
	for (size_t i = 0; i < h->n; i++)
		if (now - h->now[i].since_ns < wait_scaled(LIMIT_NS))
			return false;
	return true;
}

static json_t *describe(struct box *box, const struct stuck *t)
{
	_cleanup_free_ char *stat = NULL, *wchan = NULL, *stack = NULL;

	if (box_readf(box, &stat, "proc/%d/stat", t->pid) < 0)
		stat = strdup("");
	if (box_readf(box, &wchan, "proc/%d/wchan", t->pid) < 0)
		wchan = strdup("");
	if (box_readf(box, &stack, "proc/%d/stack", t->pid) < 0)
		stack = strdup("");
	return json_pack("{s:i, s:s, s:s, s:s, s:I}", "pid", t->pid, "stat", stat, "wchan", wchan,
			 "stack", stack, "ms",
			 (json_int_t)((wait_now_ns() - t->since_ns) / NS_PER_MS));
}

static int uproot(struct stage *s, void *state)
{
	struct hung *h = state;
	json_t *tasks = json_array();
	int64_t now, limit = wait_scaled(LIMIT_NS);
	int r, n = 0;

	/* Twice the limit: a task that went to sleep just now is given the whole of it. */
	r = wait_until(is_decided, h, wait_now_ns() + 2 * limit);
	if (r >= 0)
		r = h->r;
	now = wait_now_ns();
	for (size_t i = 0; r >= 0 && i < h->n; i++) {
		if (now - h->now[i].since_ns < limit)
			continue;
		json_array_append_new(tasks, describe(stage_box(s), &h->now[i]));
		n++;
	}
	if (r >= 0)
		expect(s, NULL, &no_hung_task, n == 0, json_pack("{s:O}", "tasks", tasks),
		       "%d task%s in uninterruptible sleep for over %lld ms without running", n,
		       n == 1 ? "" : "s", (long long)(limit / NS_PER_MS));
	json_decref(tasks);
	free(h);
	return r < 0 ? r : 0;
}

const struct witness witness_hung = {
	.id = "hung",
	.summary = "Tasks in uninterruptible sleep",
	.explain =
		"Looks at every task when the acts are over (a look costs as much as some acts do), and waits until nobody is in state D or somebody "
		"has been there for too long.",
	.claims = CLAIMS(&no_hung_task),
	.plant = plant,
	.uproot = uproot,
};
