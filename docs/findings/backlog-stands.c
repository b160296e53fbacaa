// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a CPU deaf to packets for good (seen: docs/findings/README.md): packets are steered to a
 * CPU (rps_cpus) while it goes. If the CPU that steers has put them into the backlog, and is to
 * announce them, when the other goes, the announcement is not sent and the backlog stays marked
 * as scheduled. Once the CPU is back, what is steered to it waits for ever.
 *
 * cc -static -pthread -o backlog-stands backlog-stands.c; run it as root on a box with 4 CPUs that
 * nobody needs, or as the init of a guest. It says "all 200 arrived" on a kernel that is well.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CYCLES 200
#define TRIES 100 /* of 200 ms: 20 s without one answer */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void show(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text));

	if (n > 0)
		fwrite(text, 1, n, stdout);
	close(fd);
}

static void pin(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		perror("sched_setaffinity");
}

static void connect_pair(int *from, int *to)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	*from = socket(AF_INET, SOCK_DGRAM, 0);
	*to = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(*to, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    getsockname(*to, (struct sockaddr *)&at, &len) < 0 ||
	    connect(*from, (struct sockaddr *)&at, sizeof(at)) < 0)
		perror("sockets");
}

/* Three of these a CPU: its softirqs are left to ksoftirqd, which has to wait for them. */
static void *flood(void *cpu)
{
	char packet[64] = "";
	int from, to;

	pin((long)cpu);
	if (setpriority(PRIO_PROCESS, 0, -19) < 0) /* of this thread */
		perror("setpriority");
	connect_pair(&from, &to);
	for (;;) {
		for (int i = 0; i < 16; i++)
			send(from, packet, sizeof(packet), MSG_DONTWAIT);
		while (recv(to, packet, sizeof(packet), MSG_DONTWAIT) > 0)
			;
	}
	return NULL;
}

static int arrives(int from, int to)
{
	char packet[64] = "";

	while (recv(to, packet, sizeof(packet), MSG_DONTWAIT) > 0)
		;
	for (int i = 0; i < TRIES; i++) {
		struct pollfd wait = { to, POLLIN, 0 };

		send(from, packet, sizeof(packet), MSG_DONTWAIT);
		if (poll(&wait, 1, 200) > 0 && recv(to, packet, sizeof(packet), MSG_DONTWAIT) > 0)
			return 1;
	}
	return 0;
}

int main(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int from, to, n;
	pthread_t thread;

	if (getpid() == 1) {
		mount("none", "/proc", "proc", 0, NULL);
		mount("none", "/sys", "sysfs", 0, NULL);
	}
	if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &lo) < 0)
		perror("lo");
	connect_pair(&from, &to);
	put("/sys/class/net/lo/queues/rx-0/rps_cpus", "8");
	for (long cpu = 0; cpu < 6; cpu++)
		pthread_create(&thread, NULL, flood, (void *)(1 + cpu % 2));
	pin(0);
	for (n = 1; n <= CYCLES; n++) {
		put("/sys/devices/system/cpu/cpu3/online", "0");
		put("/sys/devices/system/cpu/cpu3/online", "1");
		if (!arrives(from, to))
			break;
	}
	if (n > CYCLES) {
		printf("all %d arrived\n", CYCLES);
	} else {
		printf("cycle %d: nothing arrives over cpu3 any more; softnet_stat, column 12 is the backlog:\n",
		       n);
		show("/proc/net/softnet_stat");
		put("/sys/class/net/lo/queues/rx-0/rps_cpus", "0");
		printf("not steered to cpu3: %s\n",
		       arrives(from, to) ? "arrives" : "nothing either");
	}
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return n <= CYCLES;
}
