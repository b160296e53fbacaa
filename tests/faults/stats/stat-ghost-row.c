// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a /proc/stat that loops over the CPUs of the start: the dead CPU's row stays, with
 * frozen figures. With `comm` only the programs of that name read it, so that their own
 * understanding of the rows is what is tested.
 */
#include <linux/kernel_stat.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/tick.h>

#include "fault_tasks.h"

static int note_file(struct kretprobe_instance *call, struct pt_regs *regs)
{
	*(struct seq_file **)call->data = (struct seq_file *)regs_get_kernel_argument(regs, 0);
	return 0;
}

/* The text is a buffer of seq_file, not a string: it ends at count. */
static char *find_line_after(struct seq_file *file, unsigned int cpu)
{
	char *at = file->buf, *end = file->buf + file->count;

	while (at < end) {
		char *next = memchr(at, '\n', end - at);
		unsigned int row = 0;
		char *digit;

		if (strncmp(at, "cpu", 3))
			return at;
		for (digit = at + 3; digit < end && *digit >= '0' && *digit <= '9'; digit++)
			row = row * 10 + *digit - '0';
		if (digit > at + 3 && row > cpu)
			return at;
		if (!next)
			return NULL;
		at = next + 1;
	}
	return NULL;
}

static DEFINE_PER_CPU(u64, idle_us);
static DEFINE_PER_CPU(u64, iowait_us);

/* /proc/stat takes these from elsewhere while a CPU is online: the row would go back, which is not
 * meant. */
static int note_idle(unsigned int cpu)
{
	per_cpu(idle_us, cpu) = get_cpu_idle_time_us(cpu, NULL);
	per_cpu(iowait_us, cpu) = get_cpu_iowait_time_us(cpu, NULL);
	return 0;
}

static unsigned long long us_ticks(u64 us)
{
	return div_u64(us, USEC_PER_SEC / USER_HZ);
}

static unsigned long long ticks(unsigned int cpu, enum cpu_usage_stat which)
{
	return div_u64(kcpustat_cpu(cpu).cpustat[which], NSEC_PER_SEC / USER_HZ);
}

static int add_row(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct seq_file *file = *(struct seq_file **)call->data;
	unsigned int cpu = fault_cpu();
	char row[160], *at;
	size_t n;

	if (cpu >= nr_cpu_ids || cpu_online(cpu) || !fault_is_user(current) ||
	    file->count >= file->size)
		return 0;

	n = scnprintf(row, sizeof(row), "cpu%u %llu %llu %llu %llu %llu %llu %llu 0 0 0\n", cpu,
		      ticks(cpu, CPUTIME_USER), ticks(cpu, CPUTIME_NICE),
		      ticks(cpu, CPUTIME_SYSTEM), us_ticks(per_cpu(idle_us, cpu)),
		      us_ticks(per_cpu(iowait_us, cpu)), ticks(cpu, CPUTIME_IRQ),
		      ticks(cpu, CPUTIME_SOFTIRQ));
	at = find_line_after(file, cpu);
	if (!at || file->count + n >= file->size)
		return 0;
	memmove(at + n, at, file->buf + file->count - at);
	memcpy(at, row, n);
	file->count += n;
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "show_stat",
	.entry_handler = note_file,
	.handler = add_row,
	.data_size = sizeof(struct seq_file *),
};

static const struct fault fault = { .leaving = note_idle,
				    .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
