// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread beside the CPU: asks the kernel for what that CPU has to answer. */
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "witnesses/facility/perf_event.h"
#include "witnesses/rollback/probe_internal.h"

static void use_ipi(struct probe *p)
{
	probe_step_begins(p, PROBE_IPI);
	if (!p->has_membarrier)
		probe_step_ended(p, PROBE_IPI, PROBE_ABSENT, 0);
	else if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) < 0)
		probe_step_ended(p, PROBE_IPI, PROBE_BAD, errno);
	else
		probe_step_ended(p, PROBE_IPI, PROBE_GOOD, 0);
}

struct count_wait {
	int fd;
	uint64_t was;
	int error;
};

static bool has_counted(void *arg)
{
	struct count_wait *c = arg;
	uint64_t now = 0;

	if (read(c->fd, &now, sizeof(now)) != sizeof(now))
		c->error = errno ? errno : EIO;
	return c->error || now > c->was;
}

static void use_perf(struct probe *p)
{
	struct count_wait wait = {};
	_cleanup_close_ int fd = -1;

	probe_step_begins(p, PROBE_PERF);
	fd = perf_event_clock(PERF_COUNT_SW_CPU_CLOCK, -1, p->cpu);
	if (fd < 0) {
		bool is_denied = fd == -EACCES || fd == -EPERM || fd == -ENOSYS;

		probe_step_ended(p, PROBE_PERF, is_denied ? PROBE_ABSENT : PROBE_BAD, -fd);
		return;
	}
	wait.fd = fd;
	if (read(fd, &wait.was, sizeof(wait.was)) != sizeof(wait.was))
		wait.error = errno ? errno : EIO;
	else if (wait_until(has_counted, &wait, worker_deadline(WORKER_LIMIT_NS / 2)) == 0)
		wait.error = ETIMEDOUT;
	probe_step_ended(p, PROBE_PERF, wait.error ? PROBE_BAD : PROBE_GOOD, wait.error);
}

/* The bound thread runs, so that only that CPU's stopper can move it. */
static void use_move(struct probe *p)
{
	if (cpulist_count(&p->others) == 0) {
		probe_step_ended(p, PROBE_MOVE, PROBE_ABSENT, 0);
		return;
	}
	probe_step_begins(p, PROBE_MOVE);
	if (worker_pin(&p->bound, &p->others, worker_deadline(WORKER_LIMIT_NS / 2)) < 0)
		probe_step_ended(p, PROBE_MOVE, PROBE_BAD, 0);
	else
		probe_step_ended(p, PROBE_MOVE, PROBE_GOOD, 0);
}

static void use_work(struct probe *p)
{
	int r;

	probe_step_begins(p, PROBE_WORK);
	r = box_write(p->box, "proc/sys/vm/stat_refresh", "1");
	/* EINVAL: a counter is negative, after the work was done. That is not judged here. */
	probe_step_ended(p, PROBE_WORK, r == -ENOENT || r == -EACCES ? PROBE_ABSENT : PROBE_GOOD,
			 0);
}

static bool is_held(void *arg)
{
	struct probe *p = arg;

	return atomic_load(&p->is_held) || atomic_load(&p->beside.is_stopping);
}

void probe_run_beside(struct worker *w)
{
	struct probe *p = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		if (wait_until(is_held, p, worker_deadline(WORKER_LIMIT_NS)) > 0) {
			use_ipi(p);
			use_perf(p);
			use_move(p);
		}
		atomic_store(&p->is_released, true);
		if (atomic_load(&p->results[PROBE_MOVE]) != PROBE_NOT_REACHED)
			use_work(p);
		worker_answer(w, asks);
	}
}
