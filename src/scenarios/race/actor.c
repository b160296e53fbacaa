// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of an actor: waits for the start, goes through its list until the time is over, and
 * writes each operation into the shared ring before and after. Judges nothing but whether an errno
 * is legal. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/wait.h"
#include "scenarios/race/plan.h"
#include "scenarios/race/race.h"

#define WAIT_US 20000

static int act_wait(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	wait_pause(op->arg * NS_PER_US);
	return 0;
}

const struct race_verb race_wait = { .name = "wait", .args = WAIT_US, .act = act_wait };

void race_wrong(struct race_actor *a, const char *fmt, ...)
{
	va_list ap;

	if (*a->slot->wrong)
		return;
	va_start(ap, fmt);
	vsnprintf(a->slot->wrong, sizeof(a->slot->wrong), fmt, ap);
	va_end(ap);
}

bool race_is_over(const struct race_actor *a)
{
	return atomic_load(&a->shared->is_over);
}

static bool is_in(const int *list, int result)
{
	for (; list && *list >= 0; list++)
		if (*list == result)
			return true;
	return false;
}

static bool is_legal(const struct race_actor *a, const struct race_verb *verb, int result)
{
	if (!verb->legal || is_in(verb->legal, result))
		return true;
	for (const int *const *may = a->may; verb->is_toggle && *may; may++)
		if (is_in(*may, result))
			return true;
	return false;
}

/* A box that dies of the operation says which one it was on its console. */
static void mark(const struct race_actor *a, const struct race_op *op, unsigned int n)
{
	char text[64], line[160];
	int len;

	if (!op->verb->is_marked || a->mark_fd < 0)
		return;
	len = snprintf(line, sizeof(line), "<6>hotproof: %s %s #%u: %s\n", a->scenario,
		       a->part->name, n, race_plan_op_text(op, text, sizeof(text)));
	/* The kernel may drop it: there are limits to how much a program may log. */
	if (write(a->mark_fd, line, len) < 0)
		errno = 0;
}

static void do_op(struct race_actor *a, unsigned int at)
{
	const struct race_op *op = &a->part->ops[at];
	struct race_slot *slot = a->slot;
	unsigned int n = atomic_fetch_add(&slot->begun, 1) + 1;
	struct race_entry *e = &slot->ring[(n - 1) % RACE_RING];
	int r;

	mark(a, op, n);
	*e = (struct race_entry){ .n = n, .op = at, .result = -1, .began_ns = wait_now_ns() };
	atomic_store(&slot->since_ns, e->began_ns);
	r = op->verb->act(a, op);
	e->ended_ns = wait_now_ns();
	e->result = r < 0 ? -r : 0;
	atomic_store(&slot->since_ns, 0);
	if (e->ended_ns - e->began_ns > slot->slowest_ns)
		slot->slowest_ns = e->ended_ns - e->began_ns;
	if (e->result)
		atomic_fetch_add(&slot->failed, 1);
	if (!is_legal(a, op->verb, e->result) && atomic_fetch_add(&slot->illegal, 1) == 0)
		slot->first_illegal = *e;
	atomic_fetch_add(&slot->ended, 1);
}

static void get_ready(const struct race_actor *a)
{
	char name[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "hp-%.12s", a->part->name);
	prctl(PR_SET_NAME, name);
}

void race_actor_live(struct race_actor *a, int start_fd)
{
	const struct race_kind *kind = a->part->kind;
	char byte;
	int r;

	get_ready(a);
	r = kind->begin ? kind->begin(a) : 0;
	atomic_store(&a->slot->begin_result, r);
	if (r < 0)
		_exit(0);
	atomic_store(&a->slot->has_begun, true);
	/* The other end is closed when all are ready. */
	while (read(start_fd, &byte, 1) < 0 && errno == EINTR)
		;
	while (!race_is_over(a))
		for (unsigned int i = 0; i < a->part->n_ops && !race_is_over(a); i++)
			do_op(a, i);
	if (kind->end)
		kind->end(a);
	_exit(0);
}
