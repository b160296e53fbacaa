// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network namespace belongs to the thread that asks for it, so a thread that lives only for that
 * makes the sockets and ends. The sysfs of that network is not the one that the box shows: it is
 * mounted where nobody else sees it, for as long as it takes to open one file.
 */
#include "witnesses/net/lo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/wait.h"

#define UDP_BUFFER (1 << 20)
#define RPS_FILE "/sys/class/net/lo/queues/rx-0/rps_cpus"
#define HANDSHAKE_NS (2 * NS_PER_S)
#define FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static int bring_up(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return -errno;
	return 0;
}

/* Only in a mount namespace of our own. */
static int open_rps(void)
{
	int fd;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	fd = open(RPS_FILE, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int bind_lo(int fd, struct sockaddr_in *ret)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return -errno;
	*ret = at;
	return 0;
}

static int open_udp(struct lo *lo)
{
	struct sockaddr_in a, b;
	int size = UDP_BUFFER, r;

	lo->udp_send = socket(AF_INET, SOCK_DGRAM | FLAGS, 0);
	lo->udp_receive = socket(AF_INET, SOCK_DGRAM | FLAGS, 0);
	if (lo->udp_send < 0 || lo->udp_receive < 0)
		return -errno;
	/* Never full: no more than a few dozen are on the way. Who may not force it has enough too.
	 */
	(void)setsockopt(lo->udp_receive, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(lo->udp_send, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	r = bind_lo(lo->udp_send, &a);
	if (r == 0)
		r = bind_lo(lo->udp_receive, &b);
	if (r < 0)
		return r;
	if (connect(lo->udp_send, (struct sockaddr *)&b, sizeof(b)) < 0 ||
	    connect(lo->udp_receive, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	return 0;
}

/* Where a CPU's backlog stands still, a handshake may take minutes. -ETIMEDOUT: it did not end. */
static int connect_in_time(struct lo *lo, int listener, const struct sockaddr_in *at)
{
	struct timeval limit = { .tv_sec = wait_scaled(HANDSHAKE_NS) / NS_PER_S };

	if (setsockopt(lo->tcp_send, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	if (connect(lo->tcp_send, (const struct sockaddr *)at, sizeof(*at)) < 0)
		return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	lo->tcp_receive = accept4(listener, NULL, NULL, FLAGS);
	if (lo->tcp_receive < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return fcntl(lo->tcp_send, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int open_tcp(struct lo *lo)
{
	_cleanup_close_ int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at;
	int r;

	if (listener < 0)
		return -errno;
	r = bind_lo(listener, &at);
	if (r < 0)
		return r;
	lo->tcp_send = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (lo->tcp_send < 0 || listen(listener, 1) < 0)
		return -errno;
	return connect_in_time(lo, listener, &at);
}

struct making {
	struct lo lo;
	int r;
};

static void *make(void *arg)
{
	struct making *m = arg;
	bool is_own = unshare(CLONE_NEWNET | CLONE_NEWNS) == 0;

	m->r = is_own ? bring_up() : 0;
	if (m->r == 0)
		m->r = open_udp(&m->lo);
	if (m->r == 0)
		m->r = open_tcp(&m->lo);
	if (m->r == 0 && is_own)
		m->lo.rps = open_rps();
	if (m->lo.rps < 0)
		m->lo.rps = -1;
	return NULL;
}

int lo_open(struct lo *ret)
{
	struct making m = { .lo = { -1, -1, -1, -1, -1 } };
	pthread_t thread;
	int r = pthread_create(&thread, NULL, make, &m);

	if (r)
		return -r;
	pthread_join(thread, NULL);
	if (m.r < 0) {
		lo_close(&m.lo);
		return m.r;
	}
	*ret = m.lo;
	return 0;
}

void lo_close(struct lo *lo)
{
	cleanup_close(&lo->udp_send);
	cleanup_close(&lo->udp_receive);
	cleanup_close(&lo->tcp_send);
	cleanup_close(&lo->tcp_receive);
	cleanup_close(&lo->rps);
	*lo = (struct lo){ -1, -1, -1, -1, -1 };
}

int lo_steer(struct lo *lo, const struct cpulist *cpus)
{
	char text[CPULIST_MAX / 32 * 9 + 2], *at = text;
	bool has_begun = false;

	for (int word = CPULIST_MAX / 32 - 1; word >= 0; word--) {
		uint32_t bits = (uint32_t)(cpus->bits[word / 2] >> (word % 2 * 32));

		if (!has_begun && bits == 0 && word > 0)
			continue;
		at += sprintf(at, has_begun ? ",%08x" : "%x", bits);
		has_begun = true;
	}
	*at++ = '\n';
	return pwrite(lo->rps, text, at - text, 0) < 0 ? -errno : 0;
}

int lo_steered(struct lo *lo, struct cpulist *ret)
{
	char text[4096];
	ssize_t n = pread(lo->rps, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return cpulist_parse_mask(text, ret);
}

static uint64_t drops_of(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ? 0 : info[SK_MEMINFO_DROPS];
}

uint64_t lo_drops(const struct lo *lo)
{
	return drops_of(lo->udp_send) + drops_of(lo->udp_receive);
}
