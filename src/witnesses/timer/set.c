// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks a set's thread, waits for what must fire and looks at what did. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "witnesses/timer/set_internal.h"

#define STUCK_LIMIT_NS NS_PER_S

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
	r = worker_start(&t->worker, "hp-timer", set_thread_run, t);
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
