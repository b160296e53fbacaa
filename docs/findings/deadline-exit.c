// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kills Linux (seen: docs/findings/README.md): a SCHED_DEADLINE task ends, and its CPU goes offline
 * before its "0-lag time". The timer that gives back the task's bandwidth then divides by the
 * number of active CPUs in the root domain of the CPU that is off, which is none.
 *
 * cc -static -o deadline-exit deadline-exit.c; run it as root on a box that nobody needs, or as
 * the init of a guest. It says "alive" in the end on a kernel that is well.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU 1
#define MS 1000000ULL

static const struct {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
} deadline = { 48, 6, 0, 0, 0, 500 * MS, 4000 * MS, 4000 * MS };

static void put(const char *text)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY);

	if (fd < 0 || write(fd, text, 1) != 1)
		perror("cpu1/online");
	close(fd);
}

int main(void)
{
	cpu_set_t one, all;
	pid_t pid;

	if (getpid() == 1)
		mount("sys", "/sys", "sysfs", 0, NULL);
	CPU_ZERO(&one);
	CPU_SET(CPU, &one);
	sched_getaffinity(0, sizeof(all), &all);
	pid = fork();
	if (pid == 0) {
		/* Onto the CPU first: a deadline task may not be bound to it. */
		sched_setaffinity(0, sizeof(one), &one);
		sched_setaffinity(0, sizeof(all), &all);
		if (syscall(SYS_sched_setattr, 0, &deadline, 0) < 0)
			perror("sched_setattr");
		for (;;)
			;
	}
	usleep(250000); /* half of its runtime: its 0-lag time is 7 * 250 ms away */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	put("0");
	sleep(5);
	put("1");
	printf("alive\n");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
