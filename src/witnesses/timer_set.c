// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arms and reads timers. timerfd and POSIX timers are armed again only when they are read: the
 * thread that reads them is bound to the CPU, so until the CPU goes, they wait on it.
 */
#include "witnesses/timer_set.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "witnesses/timer_clock.h"

/* 20 ms apart while a pair of acts takes its usual time, then 100 ms apart up to 4 s. */
#define SHOTS_DENSE 60
#define SHOTS_WIDE 28
#define SHOTS (SHOTS_DENSE + SHOTS_WIDE)
#define DENSE_NS (20 * NS_PER_MS)
#define WIDE_NS (100 * NS_PER_MS)

#define TIMERFD_NS (5 * NS_PER_MS)
#define POSIX_NS (7 * NS_PER_MS)
/*
 * A periodic timer waits on no queue from its expiry until it is read. On a loaded host the short
 * ones are hardly ever armed as their CPU goes, and a mistake in the move spares them: this one is.
 */
#define SLOW_NS (60 * NS_PER_MS)
#define SIGNAL (SIGRTMIN + 6) /* blocked in the only thread that it is sent to */

#define STUCK_LIMIT_NS NS_PER_S

enum { SERIES_TIMERFD, SERIES_POSIX, SERIES_SLOW };
enum command { COMMAND_ARM, COMMAND_DISARM, COMMAND_NOTHING };

struct shot {
	int fd;
	int64_t expiry_ns;
	_Atomic int64_t fired_ns; /* 0: not yet */
};

struct series {
	int64_t period_ns;
	_Atomic uint64_t counted, missing, surplus;
};

struct timer_set {
	struct worker worker;
	int epoll_fd, periodic_fd, slow_fd, signal_fd;
	timer_t posix;
	bool has_posix;
	atomic_int setup_error;
	_Atomic enum command command;
	atomic_int armed_before, armed_after; /* CPUs that the thread read around the arming */
	bool is_armed;
	int64_t start_ns; /* CLOCK_MONOTONIC: periods count from here */
	int64_t shift_ns;
	struct shot shots[SHOTS];
	struct series series[TIMER_SERIES];
};

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

static void run(struct worker *w)
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

int timer_set_new(struct timer_set **ret)
{
	struct timer_set *t = calloc(1, sizeof(*t));
	int r, stopped;

	if (!t)
		return -ENOMEM;
	t->epoll_fd = t->periodic_fd = t->slow_fd = t->signal_fd = -1;
	for (int i = 0; i < SHOTS; i++)
		t->shots[i].fd = -1;
	t->series[SERIES_TIMERFD].period_ns = TIMERFD_NS;
	t->series[SERIES_POSIX].period_ns = POSIX_NS;
	t->series[SERIES_SLOW].period_ns = SLOW_NS;
	atomic_store(&t->command, COMMAND_DISARM);
	r = worker_start(&t->worker, "hp-timer", run, t);
	if (r == 0) {
		worker_ask(&t->worker);
		r = worker_await(&t->worker, worker_deadline(WORKER_LIMIT_NS));
		r = r == 0 ? -ETIMEDOUT : r < 0 ? r : -atomic_load(&t->setup_error);
	}
	if (r < 0) {
		stopped = timer_set_free(t);
		return stopped < 0 ? stopped : r;
	}
	*ret = t;
	return 0;
}

int timer_set_free(struct timer_set *t)
{
	int r;

	if (!t)
		return 0;
	r = worker_stop(&t->worker);
	if (r < 0)
		return r;
	if (t->has_posix)
		timer_delete(t->posix);
	for (int i = 0; i < SHOTS; i++)
		cleanup_close(&t->shots[i].fd);
	cleanup_close(&t->periodic_fd);
	cleanup_close(&t->slow_fd);
	cleanup_close(&t->signal_fd);
	cleanup_close(&t->epoll_fd);
	free(t);
	return 0;
}

static bool command(struct timer_set *t, enum command what, int64_t deadline_ns)
{
	if (worker_await(&t->worker, deadline_ns) <= 0)
		return false;
	atomic_store(&t->command, what);
	worker_ask(&t->worker);
	return worker_await(&t->worker, deadline_ns) > 0;
}

const char *timer_set_arm(struct timer_set *t, int cpu, int64_t deadline_ns)
{
	struct cpulist own = cpulist_of(cpu), now;

	t->is_armed = false;
	if (worker_pin(&t->worker, &own, deadline_ns) < 0)
		return "could not be bound to it";
	if (!command(t, COMMAND_ARM, deadline_ns))
		return "did not run in time";
	t->is_armed = true;
	if (atomic_load(&t->armed_before) == cpu && atomic_load(&t->armed_after) == cpu &&
	    worker_affinity(&t->worker, &now) == 0 && cpulist_equal(&now, &own))
		return NULL;
	timer_set_disarm(t, deadline_ns);
	return "was not on it all the time";
}

bool timer_set_is_armed(const struct timer_set *t)
{
	return t->is_armed;
}

void timer_set_disarm(struct timer_set *t, int64_t deadline_ns)
{
	/* If the thread does not answer now, arming waits for it and begins anew anyway. */
	if (t->is_armed)
		(void)!command(t, COMMAND_DISARM, deadline_ns);
	t->is_armed = false;
}

struct fire_wait {
	struct timer_set *set;
	int64_t due_ns;
};

static bool has_fired(void *arg)
{
	struct fire_wait *w = arg;

	for (int i = 0; i < SHOTS; i++)
		if (w->set->shots[i].expiry_ns <= w->due_ns &&
		    !atomic_load(&w->set->shots[i].fired_ns))
			return false;
	for (int i = 0; i < TIMER_SERIES; i++) {
		struct series *series = &w->set->series[i];
		uint64_t expected = (uint64_t)((w->due_ns - w->set->start_ns) / series->period_ns);

		/* What a read proved to be lost is not waited for. */
		if (atomic_load(&series->counted) + 1 < expected &&
		    atomic_load(&series->missing) <= 1)
			return false;
	}
	return true;
}

/* The expiry of the `more`th shot after now, or now: there is none left. */
static int64_t due_time(const struct timer_set *t, int more)
{
	int64_t now = wait_monotonic_ns(), due = now;

	for (int i = 0; i < SHOTS && more > 0; i++)
		if (t->shots[i].expiry_ns > now) {
			due = t->shots[i].expiry_ns;
			more--;
		}
	return due;
}

/* The timer did fire, says its file: whoever should have read it did not run. */
static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static void look_at_shot(const struct shot *shot, const struct fire_wait *w, int64_t ended_ns,
			 struct timer_shots_seen *seen)
{
	int64_t fired_ns = atomic_load(&shot->fired_ns);

	seen->pending++;
	if (fired_ns && fired_ns < shot->expiry_ns) {
		seen->early++;
		if (shot->expiry_ns - fired_ns > seen->worst_early_ns)
			seen->worst_early_ns = shot->expiry_ns - fired_ns;
	}
	if (shot->expiry_ns > w->due_ns)
		return;
	seen->due++;
	seen->due_after += shot->expiry_ns > ended_ns;
	if (fired_ns) {
		seen->fired++;
		if (fired_ns - shot->expiry_ns > seen->worst_late_ns)
			seen->worst_late_ns = fired_ns - shot->expiry_ns;
	} else if (is_readable(shot->fd)) {
		seen->stuck++;
	} else if (!seen->lost_expiry_ns) {
		seen->lost_expiry_ns = shot->expiry_ns;
	}
}

void timer_set_look(struct timer_set *t, int more, int64_t began_ns, int64_t ended_ns,
		    int64_t limit_ns, struct timer_seen *seen)
{
	static const char *const names[TIMER_SERIES] = { "timerfd", "POSIX timer", "slow timerfd" };
	struct fire_wait w = { .set = t, .due_ns = due_time(t, more) };
	int64_t left_ns = w.due_ns - wait_monotonic_ns() + limit_ns;
	bool is_complete = wait_until(has_fired, &w, wait_now_ns() + left_ns) > 0;
	/* An answer proves that the thread runs: what it has not read then is not there. */
	bool is_stuck = !is_complete &&
			!command(t, COMMAND_NOTHING, worker_deadline(STUCK_LIMIT_NS));

	for (int i = 0; i < SHOTS; i++)
		if (t->shots[i].expiry_ns > began_ns)
			look_at_shot(&t->shots[i], &w, ended_ns, &seen->shots);
	for (int i = 0; i < TIMER_SERIES; i++) {
		struct series *series = &t->series[i];

		seen->series[i] = (struct timer_series_seen){
			.name = names[i],
			.period_ns = series->period_ns,
			.elapsed_ns = w.due_ns - t->start_ns,
			.expected = (uint64_t)((w.due_ns - t->start_ns) / series->period_ns),
			.counted = atomic_load(&series->counted),
			.missing = atomic_load(&series->missing),
			.surplus = atomic_load(&series->surplus),
			.is_stuck = is_stuck,
		};
	}
}
