// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two threads that use a CPU. The one that is bound to it ("hp-probe") may get stuck at any step
 * where the CPU is broken, and so may the one beside it ("hp-beside"), whose calls the kernel ends
 * only when that CPU answers: neither is the thread that plays the scenario.
 */
#include "witnesses/rollback/probe.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "stage/worker.h"

#define TICKS 4                        /* of the timer of 1 ms */
#define SHORT_NS (300 * NS_PER_US)     /* a sleep that only a high-resolution timer can keep */
#define GOOD_ENOUGH_NS (2 * NS_PER_MS) /* see COARSE_NS in function.c */
#define SLEEPS_MAX 200                 /* before it is believed that none is short */
#define SLEEPS_LIMIT_NS (2 * NS_PER_S) /* far below what makes a thread count as stuck */
#define WHEEL_US 1000

/* What the bound thread is asked for: everything, or one thing alone. */
enum task { TASK_ALL, TASK_SHORT_SLEEP, TASK_SOFTIRQ };

struct probe {
	struct box *box;
	struct worker bound, beside;
	int cpu; /* valid while both work */
	struct cpulist others;
	int udp_fd, wheel_fds[2];
	bool has_membarrier;
	_Atomic int results[PROBE_STEPS], errors[PROBE_STEPS];
	_Atomic int64_t best_sleep_ns, ended_ns[PROBE_STEPS];
	atomic_int ran_on;
	atomic_bool is_held, is_released; /* the bound thread runs until it is released */
	_Atomic enum task task;           /* that the next ask is for */
};

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

static void ended(struct probe *p, enum probe_step step, enum probe_result result, int error)
{
	atomic_store(&p->errors[step], error);
	atomic_store(&p->ended_ns[step], wait_now_ns());
	atomic_store(&p->results[step], result);
}

/* A step is stuck until it says otherwise. */
static void begins(struct probe *p, enum probe_step step)
{
	atomic_store(&p->results[step], PROBE_STUCK);
}

static void use_timer(struct probe *p)
{
	const struct itimerspec ms = { { 0, NS_PER_MS }, { 0, NS_PER_MS } };
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t n, sum = 0;

	begins(p, PROBE_TIMER);
	if (fd < 0 || timerfd_settime(fd, 0, &ms, NULL) < 0) {
		ended(p, PROBE_TIMER, PROBE_ABSENT, errno);
		return;
	}
	while (sum < TICKS && read(fd, &n, sizeof(n)) == sizeof(n))
		sum += n;
	ended(p, PROBE_TIMER, sum < TICKS ? PROBE_BAD : PROBE_GOOD, 0);
}

/* Ends with the first that was short: a loaded host makes any of them long. */
static void use_short_sleep(struct probe *p)
{
	int64_t best = INT64_MAX, until = wait_monotonic_ns() + wait_scaled(SLEEPS_LIMIT_NS);

	begins(p, PROBE_PRECISE);
	for (int i = 0; i < SLEEPS_MAX && best > GOOD_ENOUGH_NS; i++) {
		int64_t began = wait_monotonic_ns(), took;

		if (i > 0 && began > until)
			break;

		wait_pause(SHORT_NS); /* sanctioned: it is what is tested */
		took = wait_monotonic_ns() - began;
		if (took < best)
			best = took;
	}
	atomic_store(&p->best_sleep_ns, best);
	ended(p, PROBE_PRECISE, PROBE_GOOD, 0); /* how long is for function_judge() */
}

static void use_wheel(struct probe *p)
{
	char byte;
	bool ok;

	begins(p, PROBE_WHEEL);
	ok = recv(p->wheel_fds[0], &byte, 1, 0) < 0 && errno == EAGAIN;
	ended(p, PROBE_WHEEL, ok ? PROBE_GOOD : PROBE_BAD, ok ? 0 : errno);
}

/* To itself: what is sent over the loopback device is received by the softirq of the CPU that sent
 * it. */
static void use_softirq(struct probe *p)
{
	char byte = 'x';

	begins(p, PROBE_SOFTIRQ);
	if (p->udp_fd < 0 || send(p->udp_fd, &byte, 1, 0) != 1) {
		ended(p, PROBE_SOFTIRQ, PROBE_ABSENT, p->udp_fd < 0 ? 0 : errno);
		return;
	}
	if (recv(p->udp_fd, &byte, 1, 0) == 1)
		ended(p, PROBE_SOFTIRQ, PROBE_GOOD, 0);
	else
		ended(p, PROBE_SOFTIRQ, PROBE_BAD, errno == EAGAIN ? ETIMEDOUT : errno);
}

static void run_bound(struct worker *w)
{
	struct probe *p = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		int cpu = worker_getcpu();

		if (atomic_load(&p->task) != TASK_ALL) {
			if (atomic_load(&p->task) == TASK_SOFTIRQ)
				use_softirq(p);
			else
				use_short_sleep(p);
			worker_answer(w, asks);
			continue;
		}
		atomic_store(&p->ran_on, cpu);
		ended(p, PROBE_RUN, cpu == p->cpu ? PROBE_GOOD : PROBE_BAD, 0);
		use_timer(p);
		use_short_sleep(p);
		use_wheel(p);
		use_softirq(p);
		atomic_store(&p->is_held, true);
		while (!atomic_load(&p->is_released) && !atomic_load(&w->is_stopping))
			; /* so that it runs there while the other one wants something of that CPU
			   */
		if (atomic_load(&p->results[PROBE_MOVE]) == PROBE_GOOD && worker_getcpu() == p->cpu)
			ended(p, PROBE_MOVE, PROBE_BAD, 0);
		worker_answer(w, asks);
	}
}

static void use_ipi(struct probe *p)
{
	begins(p, PROBE_IPI);
	if (!p->has_membarrier)
		ended(p, PROBE_IPI, PROBE_ABSENT, 0);
	else if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) < 0)
		ended(p, PROBE_IPI, PROBE_BAD, errno);
	else
		ended(p, PROBE_IPI, PROBE_GOOD, 0);
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
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK };
	struct count_wait wait = {};
	_cleanup_close_ int fd = -1;

	begins(p, PROBE_PERF);
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, p->cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0) {
		bool is_denied = errno == EACCES || errno == EPERM || errno == ENOSYS;

		ended(p, PROBE_PERF, is_denied ? PROBE_ABSENT : PROBE_BAD, errno);
		return;
	}
	wait.fd = fd;
	if (read(fd, &wait.was, sizeof(wait.was)) != sizeof(wait.was))
		wait.error = errno ? errno : EIO;
	else if (wait_until(has_counted, &wait, worker_deadline(WORKER_LIMIT_NS / 2)) == 0)
		wait.error = ETIMEDOUT;
	ended(p, PROBE_PERF, wait.error ? PROBE_BAD : PROBE_GOOD, wait.error);
}

/* The bound thread runs, so that only that CPU's stopper can move it. */
static void use_move(struct probe *p)
{
	if (cpulist_count(&p->others) == 0) {
		ended(p, PROBE_MOVE, PROBE_ABSENT, 0);
		return;
	}
	begins(p, PROBE_MOVE);
	if (worker_pin(&p->bound, &p->others, worker_deadline(WORKER_LIMIT_NS / 2)) < 0)
		ended(p, PROBE_MOVE, PROBE_BAD, 0);
	else
		ended(p, PROBE_MOVE, PROBE_GOOD, 0);
}

static void use_work(struct probe *p)
{
	int r;

	begins(p, PROBE_WORK);
	r = box_write(p->box, "proc/sys/vm/stat_refresh", "1");
	/* EINVAL: a counter is negative, after the work was done. That is not judged here. */
	ended(p, PROBE_WORK, r == -ENOENT || r == -EACCES ? PROBE_ABSENT : PROBE_GOOD, 0);
}

static bool is_held(void *arg)
{
	struct probe *p = arg;

	return atomic_load(&p->is_held) || atomic_load(&p->beside.is_stopping);
}

static void run_beside(struct worker *w)
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
		r = worker_start(&p->bound, "hp-probe", run_bound, p);
	if (r == 0)
		r = worker_start(&p->beside, "hp-beside", run_beside, p);
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
		ended(p, i, PROBE_NOT_REACHED, 0);
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
		ended(p, PROBE_RUN, PROBE_BAD, -r);
		copy(p, began, ret);
		return true;
	}
	begins(p, PROBE_RUN);
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
	ended(p, PROBE_SOFTIRQ, PROBE_NOT_REACHED, 0);
	atomic_store(&p->task, TASK_SOFTIRQ);
	worker_ask(&p->bound);
	return worker_await(&p->bound, deadline) > 0 &&
	       atomic_load(&p->results[PROBE_SOFTIRQ]) == PROBE_BAD;
}
