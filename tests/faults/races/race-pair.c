// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates what was only ever tried with one CPU away at a time: all is well until a CPU goes while
 * another one is away. Then, by `how`: "refuse" says no, "warn" complains, "kill" loses a task by
 * killing it, "hang" lets callers of sched_setaffinity() wait for a wake-up that does not come, and
 * "forget" knows no CPU any more that a task could be bound to.
 */
#include "fault_tasks.h"

static char *how = "refuse";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "refuse, warn, kill, hang or forget");

static int other = -1;
module_param(other, int, 0444);
MODULE_PARM_DESC(other, "only while this CPU is away (-1: any)");

static bool is_spoilt;
static struct fault_tasks victims;
static DECLARE_WAIT_QUEUE_HEAD(never);

static bool is_pair(unsigned int cpu)
{
	if (other >= 0)
		return other != (int)cpu && !cpu_online(other);
	return num_online_cpus() < num_present_cpus();
}

static bool is_victim(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task);
}

static void kill_victims(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&victims, cpu, is_victim);
	for (i = 0; i < victims.n; i++)
		send_sig(SIGKILL, victims.task[i], 1);
	fault_tasks_drop(&victims);
}

static int leave(unsigned int cpu)
{
	if (!is_pair(cpu))
		return 0;
	WRITE_ONCE(is_spoilt, true);
	if (!strcmp(how, "refuse"))
		return -EIO;
	if (!strcmp(how, "warn"))
		WARN(1, "seeded fault: CPU%u goes while another one is away\n", cpu);
	if (!strcmp(how, "kill"))
		kill_victims(cpu);
	return 0;
}

/* Until a signal, so that the box can be put in order. */
static long hang(const struct pt_regs *regs)
{
	wait_event_interruptible(never, false);
	return -EINTR;
}

static long forget(const struct pt_regs *regs)
{
	return -EINVAL;
}

static int set_affinity(struct kprobe *probe, struct pt_regs *regs)
{
	if (!READ_ONCE(is_spoilt))
		return 0;
	if (!strcmp(how, "hang") && fault_is_named(current))
		return fault_replace(regs, hang);
	/* Not those who race: they take a refusal for an answer. */
	if (!strcmp(how, "forget") && !fault_is_named(current))
		return fault_replace(regs, forget);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "__x64_sys_sched_setaffinity",
	.pre_handler = set_affinity,
};

static const struct fault fault = { .leaving = leave,
				    .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
