// SPDX-License-Identifier: GPL-2.0-or-later
/* Remembers for which act something was asked, and when a thread was where. Waits for nothing. */
#include "witnesses/sync/pending.h"

#include "base/wait.h"
#include "box/cpu.h"
#include "stage/worker.h"

void pending_begin(struct pending *p, const struct act *act)
{
	*p = (struct pending){ .act = *act, .asked_ns = wait_now_ns(), .is_set = true };
	/* These live as long as the act is played. */
	p->act.path = p->act.value = NULL;
}

int64_t pending_deadline(const struct pending *p)
{
	return p->asked_ns + wait_scaled(WORKER_LIMIT_NS);
}

bool pending_take(struct pending *p)
{
	bool was = p->is_set;

	p->is_set = false;
	return was;
}

bool pending_is_window_closed(const struct pending *p, struct stage *s)
{
	if (p->act.verb == ACT_ONLINE)
		return cpu_is_fully_online(stage_box(s), p->act.cpu);
	return stage_window_is_intact(s, p->act.cpu) &&
	       cpu_is_fully_offline(stage_box(s), p->act.cpu);
}

void presence_want(struct presence *p, int cpu)
{
	atomic_store(&p->cpu, cpu);
	atomic_store(&p->since_ns, 0);
}

void presence_note(struct presence *p)
{
	int cpu = atomic_load(&p->cpu);

	if (atomic_load(&p->since_ns) == 0 && (cpu < 0 || worker_getcpu() == cpu))
		atomic_store(&p->since_ns, wait_now_ns());
}

bool presence_is_proved(struct presence *p, const struct act *act)
{
	int64_t since = atomic_load(&p->since_ns);

	return since > 0 && since < act->began_ns;
}
