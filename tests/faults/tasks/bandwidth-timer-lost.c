// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates "hrtimers: Push pending hrtimers away from outgoing CPU earlier": the timer that gives a
 * throttled group new CPU time stays behind on the dead CPU. It is started again after `ms`, for
 * the writer who is to bring the CPU back may be in that group.
 */
#include <linux/hrtimer.h>
#include <linux/workqueue.h>

#include "fault.h"

static unsigned int ms = 13000;
module_param(ms, uint, 0444);

static struct hrtimer *lost;
static bool is_over;
static struct delayed_work again;

static notrace enum hrtimer_restart stay_behind(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static int on_timer(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int cpu = fault_cpu();

	if (cpu >= nr_cpu_ids || cpu_online(cpu) || is_over)
		return 0;
	lost = (struct hrtimer *)regs_get_kernel_argument(regs, 0);
	return fault_replace(regs, stay_behind);
}

static void restart(struct work_struct *work)
{
	struct hrtimer *timer = lost;

	is_over = true;
	if (!timer)
		return;
	hrtimer_forward_now(timer, ms_to_ktime(50));
	hrtimer_start_expires(timer, HRTIMER_MODE_ABS_PINNED);
}

/* Before it can be lost: the timer may end between "not online" and "dead". */
static int forget(unsigned int cpu)
{
	is_over = false;
	lost = NULL;
	return 0;
}

static void start(unsigned int cpu)
{
	schedule_delayed_work(&again, msecs_to_jiffies(ms));
}

static void stop(unsigned int cpu)
{
	if (cancel_delayed_work_sync(&again))
		restart(NULL);
}

static int setup(void)
{
	INIT_DELAYED_WORK(&again, restart);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "sched_cfs_period_timer",
	.pre_handler = on_timer,
};

static const struct fault fault = {
	.leaving = forget,
	.dead = start,
	.coming = stop,
	.probes = (struct kprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, setup);
