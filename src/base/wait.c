// SPDX-License-Identifier: GPL-2.0-or-later
/* Clocks, deadlines, and the only pauses in the program. */
#include "base/wait.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

static double scale = 1.0;

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t wait_now_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

int64_t wait_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t wait_thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int wait_readable(int fd, int64_t deadline_ns)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_ns - wait_now_ns();
		struct timespec ts;
		int r;

		if (left < 0)
			left = 0;
		ts = (struct timespec){ left / NS_PER_S, left % NS_PER_S };
		r = ppoll(&p, 1, &ts, NULL);
		if (r > 0)
			return 1;
		if (r == 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

void wait_pause(int64_t ns)
{
	struct timespec ts = { ns / NS_PER_S, ns % NS_PER_S };

	ppoll(NULL, 0, &ts, NULL);
}

int wait_until(bool (*is_true)(void *arg), void *arg, int64_t deadline_ns)
{
	int64_t pause = NS_PER_MS;

	while (!is_true(arg)) {
		if (wait_now_ns() >= deadline_ns)
			return 0;
		wait_pause(pause);
		if (pause < 20 * NS_PER_MS)
			pause += pause / 2;
	}
	return 1;
}

void wait_set_scale(double s)
{
	scale = s > 0 ? s : 1.0;
}

double wait_scale(void)
{
	return scale;
}

int64_t wait_scaled(int64_t ns)
{
	return (int64_t)((double)ns * scale);
}
