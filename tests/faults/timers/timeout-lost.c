// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates timers that stay behind on the dead CPU's queues (fixed more than once: "hrtimers: Force
 * migrate away hrtimers queued after CPUHP_AP_HRTIMERS_DYING"): who slept on that CPU with a
 * timeout, by nanosleep or inside a socket call, is not woken before the CPU is back.
 */
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "fault_tasks.h"

/* As in kernel/time/timer.c, which keeps it to itself. */
struct process_timer {
	struct timer_list timer;
	struct task_struct *task;
};

static struct fault_tasks asleep;
static unsigned int home = UINT_MAX;

static bool is_asleep(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task) && task_cpu(task) == cpu && !task_is_running(task);
}

static bool is_lost(const struct task_struct *task)
{
	return fault_cpu() < nr_cpu_ids && fault_tasks_has(&asleep, task);
}

static notrace enum hrtimer_restart lose_hrtimer(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static notrace void lose_timer(struct timer_list *timer)
{
}

static int on_hrtimer(struct kprobe *probe, struct pt_regs *regs)
{
	struct hrtimer *timer = (struct hrtimer *)regs_get_kernel_argument(regs, 0);
	struct hrtimer_sleeper *sleeper = container_of(timer, struct hrtimer_sleeper, timer);

	return is_lost(sleeper->task) ? fault_replace(regs, lose_hrtimer) : 0;
}

static int on_timer(struct kprobe *probe, struct pt_regs *regs)
{
	struct timer_list *timer = (struct timer_list *)regs_get_kernel_argument(regs, 0);
	struct process_timer *sleeper = container_of(timer, struct process_timer, timer);

	return is_lost(sleeper->task) ? fault_replace(regs, lose_timer) : 0;
}

static void note(unsigned int cpu)
{
	/* With several CPUs away at once, only the first one's sleepers are lost. */
	if (home < nr_cpu_ids)
		return;
	home = cpu;
	fault_tasks_find(&asleep, cpu, is_asleep);
}

static int wake_sleepers(unsigned int cpu)
{
	unsigned int i, n = asleep.n;

	if (home != cpu)
		return 0;

	asleep.n = 0;
	smp_wmb(); /* From here on nothing is lost, so that waking them is for good. */
	for (i = 0; i < n; i++) {
		wake_up_process(asleep.task[i]);
		put_task_struct(asleep.task[i]);
	}
	home = UINT_MAX;
	return 0;
}

static struct kprobe hrtimer_probe = {
	.symbol_name = "hrtimer_wakeup",
	.pre_handler = on_hrtimer,
};

static struct kprobe timer_probe = {
	.symbol_name = "process_timeout",
	.pre_handler = on_timer,
};

static const struct fault fault = {
	.before = note,
	.back = wake_sleepers,
	.probes = (struct kprobe *[]){ &hrtimer_probe, &timer_probe, NULL },
};

FAULT_MODULE(fault, NULL);
