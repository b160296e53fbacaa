// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two threads that use a CPU. The one that is bound to it ("hp-probe") may get stuck at any step
 * where the CPU is broken, and so may the one beside it ("hp-beside"), whose calls the kernel ends
 * only when that CPU answers: neither is the thread that plays the scenario.
 */
#include "witnesses/rollback/probe_internal.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"

#define WHEEL_US 1000

const char *probe_step_name(enum probe_step step)
{
	static const char *const names[] = {
		[PROBE_RUN] = "running a thread",
		[PROBE_TIMER] = "a periodic timer",
		[PROBE_PRECISE] = "a short sleep",
		[PROBE_WHEEL] = "a time-out",
		[PROBE_SOFTIRQ] = "a loopback datagram",
		[PROBE_IPI] = "membarrier",
		[PROBE_PERF] = "a perf event",
		[PROBE_MOVE] = "moving a running thread away",
		[PROBE_WORK] = "a work item",
	};

	return names[step];
}

void probe_step_ended(struct probe *p, enum probe_step step, enum probe_result result, int error)
{
	atomic_store(&p->errors[step], error);
	atomic_store(&p->ended_ns[step], wait_now_ns());
	atomic_store(&p->results[step], result);
}

void probe_step_begins(struct probe *p, enum probe_step step)
{
	atomic_store(&p->results[step], PROBE_STUCK);
}

/* Connected to itself. Without it that step is left out. */
static int open_udp(void)
{
	const int64_t limit_ns = wait_scaled(WORKER_LIMIT_NS / 2);
	const struct timeval limit = { limit_ns / NS_PER_S, 0 };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    connect(fd, (struct sockaddr *)&address, len) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -1;
	return take_fd(&fd);
}

static int open_wheel(int fds[2])
{
	struct timeval limit = { 0, WHEEL_US };

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	return setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ? -errno : 0;
}

int probe_new(struct box *box, struct probe **ret)
{
	struct probe *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->box = box;
	p->wheel_fds[0] = p->wheel_fds[1] = -1;
	p->has_membarrier =
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
	p->udp_fd = open_udp();
	r = open_wheel(p->wheel_fds);
	if (r == 0)
		r = worker_start(&p->bound, "hp-probe", probe_run_bound, p);
	if (r == 0)
		r = worker_start(&p->beside, "hp-beside", probe_run_beside, p);
	if (r < 0) {
		int freed = probe_free(p);

		return freed < 0 ? freed : r;
	}
	*ret = p;
	return 0;
}

int probe_free(struct probe *p)
{
	int r, r2;

	if (!p)
		return 0;
	atomic_store(&p->is_released, true);
	r = worker_stop(&p->bound);
	r2 = worker_stop(&p->beside);
	if (r < 0 || r2 < 0)
		return -ETIMEDOUT;
	cleanup_close(&p->udp_fd);
	cleanup_close(&p->wheel_fds[0]);
	cleanup_close(&p->wheel_fds[1]);
	free(p);
	return 0;
}

/* How long the same sleep takes elsewhere at its best, in the same minute on the same host. */
static int64_t measure_elsewhere(struct probe *p)
{
	int64_t deadline = worker_deadline(WORKER_LIMIT_NS);

	if (cpulist_count(&p->others) == 0 || worker_pin(&p->bound, &p->others, deadline) < 0)
		return 0;
	atomic_store(&p->task, TASK_SHORT_SLEEP);
	worker_ask(&p->bound);
	if (worker_await(&p->bound, deadline) <= 0)
		return 0;
	return atomic_load(&p->best_sleep_ns);
}

static void reset(struct probe *p, int cpu, const struct cpulist *online)
{
	p->cpu = cpu;
	p->others = *online;
	cpulist_del(&p->others, cpu);
	atomic_store(&p->task, TASK_ALL);
	atomic_store(&p->is_held, false);
	atomic_store(&p->is_released, false);
	atomic_store(&p->best_sleep_ns, 0);
	atomic_store(&p->ran_on, -1);
	for (int i = 0; i < PROBE_STEPS; i++)
		probe_step_ended(p, i, PROBE_NOT_REACHED, 0);
}

static void copy(struct probe *p, int64_t began_ns, struct probe_seen *seen)
{
	seen->cpu = p->cpu;
	seen->ran_on = atomic_load(&p->ran_on);
	seen->best_sleep_ns = atomic_load(&p->best_sleep_ns);
	for (int i = 0; i < PROBE_STEPS; i++) {
		seen->results[i] = atomic_load(&p->results[i]);
		seen->errors[i] = atomic_load(&p->errors[i]);
		seen->after_ns[i] = atomic_load(&p->ended_ns[i]) - began_ns;
	}
	seen->took_ns = wait_now_ns() - began_ns;
}

bool probe_use(struct probe *p, int cpu, const struct cpulist *online, struct probe_seen *ret)
{
	struct cpulist own = cpulist_of(cpu);
	int64_t began = wait_now_ns(), deadline = worker_deadline(WORKER_LIMIT_NS);
	int r;

	if (!worker_is_idle(&p->bound) || !worker_is_idle(&p->beside))
		return false;
	reset(p, cpu, online);
	r = worker_pin(&p->bound, &own, deadline);
	if (r == 0 && cpulist_count(&p->others) > 0)
		r = worker_pin(&p->beside, &p->others, deadline);
	*ret = (struct probe_seen){};
	if (r < 0) {
		probe_step_ended(p, PROBE_RUN, PROBE_BAD, -r);
		copy(p, began, ret);
		return true;
	}
	probe_step_begins(p, PROBE_RUN);
	worker_ask(&p->bound);
	worker_ask(&p->beside);
	ret->is_in_time = worker_await(&p->bound, deadline) > 0 &&
			  worker_await(&p->beside, deadline) > 0;
	copy(p, began, ret);
	if (ret->is_in_time && ret->best_sleep_ns > GOOD_ENOUGH_NS)
		ret->other_sleep_ns = measure_elsewhere(p);
	return true;
}

bool probe_lacks_softirq(struct probe *p, int cpu)
{
	struct cpulist own = cpulist_of(cpu);
	int64_t deadline = worker_deadline(WORKER_LIMIT_NS);

	if (!worker_is_idle(&p->bound) || worker_pin(&p->bound, &own, deadline) < 0)
		return false;
	probe_step_ended(p, PROBE_SOFTIRQ, PROBE_NOT_REACHED, 0);
	atomic_store(&p->task, TASK_SOFTIRQ);
	worker_ask(&p->bound);
	return worker_await(&p->bound, deadline) > 0 &&
	       atomic_load(&p->results[PROBE_SOFTIRQ]) == PROBE_BAD;
}
