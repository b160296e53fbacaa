// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread of a timer set: arms and reads timers. timerfd and POSIX timers are armed again only
 * when they are read: the thread that reads them is bound to the CPU, so until the CPU goes, they
 * wait on it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "witnesses/timer/clock.h"
#include "witnesses/timer/set_internal.h"

#define SIGNAL (SIGRTMIN + 6) /* blocked in the only thread that it is sent to */

static int64_t shot_offset(int i)
{
	if (i < SHOTS_DENSE)
		return (i + 1) * DENSE_NS;
	return SHOTS_DENSE * DENSE_NS + (i - SHOTS_DENSE + 1) * WIDE_NS;
}

static struct timespec to_timespec(int64_t ns)
{
	return (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
}

/* What a read at a moment between two clock readings must have brought the count to. */
static void check_series(const struct timer_set *t, struct series *series, int64_t before_ns,
			 int64_t after_ns)
{
	uint64_t counted = atomic_load(&series->counted);
	uint64_t least = (uint64_t)((before_ns - t->start_ns) / series->period_ns);
	uint64_t most = (uint64_t)((after_ns - t->start_ns) / series->period_ns);

	if (counted < least && least - counted > atomic_load(&series->missing))
		atomic_store(&series->missing, least - counted);
	if (counted > most && counted - most > atomic_load(&series->surplus))
		atomic_store(&series->surplus, counted - most);
}

static void read_shot(const struct timer_set *t, struct shot *shot)
{
	uint64_t n;

	if (read(shot->fd, &n, sizeof(n)) == sizeof(n) && n > 0)
		atomic_store(&shot->fired_ns, timer_clock_latest(t->shift_ns));
}

static void read_periodic(struct timer_set *t, int fd, struct series *series)
{
	int64_t before_ns = timer_clock_earliest(t->shift_ns);
	uint64_t n;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return;
	atomic_fetch_add(&series->counted, n);
	check_series(t, series, before_ns, timer_clock_latest(t->shift_ns));
}

static void read_signal(struct timer_set *t)
{
	struct series *series = &t->series[SERIES_POSIX];
	int64_t before_ns = timer_clock_earliest(t->shift_ns);
	struct signalfd_siginfo info;

	if (read(t->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	atomic_fetch_add(&series->counted, 1 + (uint64_t)info.ssi_overrun);
	check_series(t, series, before_ns, timer_clock_latest(t->shift_ns));
}

/* Old expirations and signals may be waiting: they do not belong to what is armed next. */
static void disarm(struct timer_set *t)
{
	struct itimerspec off = {};
	struct signalfd_siginfo info;

	for (int i = 0; i < SHOTS; i++)
		timerfd_settime(t->shots[i].fd, 0, &off, NULL);
	timerfd_settime(t->periodic_fd, 0, &off, NULL);
	timerfd_settime(t->slow_fd, 0, &off, NULL);
	timer_settime(t->posix, 0, &off, NULL);
	while (read(t->signal_fd, &info, sizeof(info)) == sizeof(info))
		;
}

/* Every period from the start on. */
static struct itimerspec periodic(const struct timer_set *t, int64_t period_ns)
{
	return (struct itimerspec){ .it_interval = to_timespec(period_ns),
				    .it_value = to_timespec(t->start_ns + period_ns) };
}

static void arm(struct timer_set *t)
{
	struct itimerspec at;

	disarm(t);
	for (int i = 0; i < TIMER_SERIES; i++) {
		atomic_store(&t->series[i].counted, 0);
		atomic_store(&t->series[i].missing, 0);
		atomic_store(&t->series[i].surplus, 0);
	}
	atomic_store(&t->armed_before, worker_getcpu());
	t->shift_ns = timer_clock_shift();
	t->start_ns = wait_monotonic_ns();
	for (int i = 0; i < SHOTS; i++) {
		struct shot *shot = &t->shots[i];

		shot->expiry_ns = t->start_ns + shot_offset(i);
		atomic_store(&shot->fired_ns, 0);
		at = (struct itimerspec){ .it_value = to_timespec(shot->expiry_ns) };
		timerfd_settime(shot->fd, TFD_TIMER_ABSTIME, &at, NULL);
	}
	at = periodic(t, SLOW_NS);
	timerfd_settime(t->slow_fd, TFD_TIMER_ABSTIME, &at, NULL);
	at = periodic(t, TIMERFD_NS);
	timerfd_settime(t->periodic_fd, TFD_TIMER_ABSTIME, &at, NULL);
	at = periodic(t, POSIX_NS);
	timer_settime(t->posix, TIMER_ABSTIME, &at, NULL);
	atomic_store(&t->armed_after, worker_getcpu());
}

static int watch(struct timer_set *t, int fd, uint64_t what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = what };

	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

enum { WHAT_ASK = SHOTS, WHAT_PERIODIC, WHAT_SLOW, WHAT_SIGNAL };

/* In the thread itself: the signal is sent to it, and only it may look for it. */
static int set_up(struct timer_set *t)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGNAL };
	sigset_t set;
	int r;

	ev._sigev_un._tid = atomic_load(&t->worker.tid);
	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	t->periodic_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	t->slow_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->epoll_fd < 0 || t->signal_fd < 0 || t->periodic_fd < 0 || t->slow_fd < 0)
		return -errno;
	if (timer_create(CLOCK_MONOTONIC, &ev, &t->posix) < 0)
		return -errno;
	t->has_posix = true;
	r = watch(t, t->worker.ask_fd, WHAT_ASK);
	if (r == 0)
		r = watch(t, t->periodic_fd, WHAT_PERIODIC);
	if (r == 0)
		r = watch(t, t->slow_fd, WHAT_SLOW);
	if (r == 0)
		r = watch(t, t->signal_fd, WHAT_SIGNAL);
	for (int i = 0; i < SHOTS && r == 0; i++) {
		t->shots[i].fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		r = t->shots[i].fd < 0 ? -errno : watch(t, t->shots[i].fd, (uint64_t)i);
	}
	return r;
}

/* False: end now. */
static bool obey(struct timer_set *t)
{
	uint64_t asks = worker_wait(&t->worker);

	if (asks == 0)
		return false;
	if (atomic_load(&t->command) == COMMAND_ARM)
		arm(t);
	else if (atomic_load(&t->command) == COMMAND_DISARM)
		disarm(t);
	worker_answer(&t->worker, asks);
	return true;
}

void set_thread_run(struct worker *w)
{
	struct timer_set *t = w->arg;
	struct epoll_event events[16];
	uint64_t asks;

	atomic_store(&t->setup_error, -set_up(t));
	if (atomic_load(&t->setup_error)) {
		while ((asks = worker_wait(w)) > 0)
			worker_answer(w, asks);
		return;
	}
	for (;;) {
		/* No time-out: a lost one of this thread's own would look like a lost timer. */
		int n = epoll_wait(t->epoll_fd, events, ARRAY_SIZE(events), -1);

		for (int i = 0; i < n; i++) {
			uint64_t what = events[i].data.u64;

			if (what < SHOTS)
				read_shot(t, &t->shots[what]);
			else if (what == WHAT_PERIODIC)
				read_periodic(t, t->periodic_fd, &t->series[SERIES_TIMERFD]);
			else if (what == WHAT_SLOW)
				read_periodic(t, t->slow_fd, &t->series[SERIES_SLOW]);
			else if (what == WHAT_SIGNAL)
				read_signal(t);
			else if (!obey(t))
				return;
		}
	}
}
