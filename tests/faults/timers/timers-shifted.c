// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a mistake in moving the dying CPU's timers to another one: the user's timers (timerfd,
 * POSIX) that wait on it are queued again with a wrong expiry. `shift_ms` later: a periodic timer
 * loses what lies between; earlier (negative): it fires too often and too soon. 0: they are taken
 * out and never queued again. Those of setitimer() and alarm() are spared: sar and mpstat live by
 * them and would fail too whenever theirs waits on that CPU.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/timerqueue.h>

#include "fault.h"

static int shift_ms;
module_param(shift_ms, int, 0444);

static struct hrtimer_cpu_base __percpu *bases;
static void *user_timers[2];

static bool is_users(const struct hrtimer *timer)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(user_timers); i++)
		if (user_timers[i] && timer->function == user_timers[i])
			return true;
	return false;
}

static unsigned int shift(struct hrtimer_clock_base *base)
{
	struct timerqueue_node *node, *next;
	struct hrtimer *found[64];
	unsigned int i, n = 0;

	for (node = timerqueue_getnext(&base->active); node && n < ARRAY_SIZE(found); node = next) {
		next = timerqueue_iterate_next(node);
		found[n] = container_of(node, struct hrtimer, node);
		if (is_users(found[n]))
			n++;
	}
	for (i = 0; i < n; i++) {
		timerqueue_del(&base->active, &found[i]->node);
		if (shift_ms) {
			hrtimer_add_expires_ns(found[i], (s64)shift_ms * NSEC_PER_MSEC);
			timerqueue_add(&base->active, &found[i]->node);
		} else {
			found[i]->state = HRTIMER_STATE_INACTIVE;
		}
	}
	return n;
}

/* Before the offline begins: the timers that somebody armed on the CPU are all still there. */
static void move_wrongly(unsigned int cpu)
{
	struct hrtimer_cpu_base *base = per_cpu_ptr(bases, cpu);
	unsigned int i, n = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&base->lock, flags);
	for (i = 0; i < HRTIMER_MAX_CLOCK_BASES; i++)
		n += shift(&base->clock_base[i]);
	raw_spin_unlock_irqrestore(&base->lock, flags);
	pr_info("seeded fault: %u timers of CPU%u shifted\n", n, cpu);
}

static int setup(void)
{
	bases = (void __percpu *)fault_symbol("hrtimer_bases");
	user_timers[0] = fault_symbol("timerfd_tmrproc");
	user_timers[1] = fault_symbol("posix_timer_fn");
	return bases && user_timers[0] ? 0 : -ENOENT;
}

static const struct fault fault = { .before = move_wrongly };

FAULT_MODULE(fault, setup);
