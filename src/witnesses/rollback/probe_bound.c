// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread that is bound to the CPU: what it uses there itself. It may get stuck at any step. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "witnesses/rollback/probe_internal.h"

#define TICKS 4                        /* of the timer of 1 ms */
#define SHORT_NS (300 * NS_PER_US)     /* a sleep that only a high-resolution timer can keep */
#define SLEEPS_MAX 200                 /* before it is believed that none is short */
#define SLEEPS_LIMIT_NS (2 * NS_PER_S) /* far below what makes a thread count as stuck */

static void use_timer(struct probe *p)
{
	const struct itimerspec ms = { { 0, NS_PER_MS }, { 0, NS_PER_MS } };
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t n, sum = 0;

	probe_step_begins(p, PROBE_TIMER);
	if (fd < 0 || timerfd_settime(fd, 0, &ms, NULL) < 0) {
		probe_step_ended(p, PROBE_TIMER, PROBE_ABSENT, errno);
		return;
	}
	while (sum < TICKS && read(fd, &n, sizeof(n)) == sizeof(n))
		sum += n;
	probe_step_ended(p, PROBE_TIMER, sum < TICKS ? PROBE_BAD : PROBE_GOOD, 0);
}

/* Ends with the first that was short: a loaded host makes any of them long. */
static void use_short_sleep(struct probe *p)
{
	int64_t best = INT64_MAX, until = wait_monotonic_ns() + wait_scaled(SLEEPS_LIMIT_NS);

	probe_step_begins(p, PROBE_PRECISE);
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
	probe_step_ended(p, PROBE_PRECISE, PROBE_GOOD, 0); /* how long is for function_judge() */
}

static void use_wheel(struct probe *p)
{
	char byte;
	bool ok;

	probe_step_begins(p, PROBE_WHEEL);
	ok = recv(p->wheel_fds[0], &byte, 1, 0) < 0 && errno == EAGAIN;
	probe_step_ended(p, PROBE_WHEEL, ok ? PROBE_GOOD : PROBE_BAD, ok ? 0 : errno);
}

/* To itself: what is sent over the loopback device is received by the softirq of the CPU that sent
 * it. */
static void use_softirq(struct probe *p)
{
	char byte = 'x';

	probe_step_begins(p, PROBE_SOFTIRQ);
	if (p->udp_fd < 0 || send(p->udp_fd, &byte, 1, 0) != 1) {
		probe_step_ended(p, PROBE_SOFTIRQ, PROBE_ABSENT, p->udp_fd < 0 ? 0 : errno);
		return;
	}
	if (recv(p->udp_fd, &byte, 1, 0) == 1)
		probe_step_ended(p, PROBE_SOFTIRQ, PROBE_GOOD, 0);
	else
		probe_step_ended(p, PROBE_SOFTIRQ, PROBE_BAD, errno == EAGAIN ? ETIMEDOUT : errno);
}

void probe_run_bound(struct worker *w)
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
		probe_step_ended(p, PROBE_RUN, cpu == p->cpu ? PROBE_GOOD : PROBE_BAD, 0);
		use_timer(p);
		use_short_sleep(p);
		use_wheel(p);
		use_softirq(p);
		atomic_store(&p->is_held, true);
		while (!atomic_load(&p->is_released) && !atomic_load(&w->is_stopping))
			; /* so that it runs there while the other one wants something of that CPU
			   */
		if (atomic_load(&p->results[PROBE_MOVE]) == PROBE_GOOD && worker_getcpu() == p->cpu)
			probe_step_ended(p, PROBE_MOVE, PROBE_BAD, 0);
		worker_answer(w, asks);
	}
}
