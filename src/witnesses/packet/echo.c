// SPDX-License-Identifier: GPL-2.0-or-later
/* Datagrams in, stamped datagrams out, by a thread that is bound to no CPU. Counts, and judges
 * nothing. */
#include "witnesses/packet/echo.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/ping.h"
#include "base/wait.h"

#define RCVBUF (8 << 20) /* seconds of the prober's traffic: what is lost is not lost here */

struct echo {
	int fd, end;
	atomic_ullong count;
	atomic_llong since;
	pthread_t thread;
};

static void answer_all(struct echo *e)
{
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		struct ping ping;
		int64_t now;
		ssize_t n = recvfrom(e->fd, &ping, sizeof(ping), MSG_DONTWAIT | MSG_TRUNC,
				     (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		if (!ping_is_valid(&ping, (size_t)n))
			continue;
		now = wait_now_ns();
		ping_stamp(&ping, now);
		if (atomic_load(&e->since) == 0)
			atomic_store(&e->since, now);
		/* A full send queue would look like a lost packet: this may block instead, for a
		 * time. */
		if (sendto(e->fd, &ping, sizeof(ping), 0, (struct sockaddr *)&from, len) ==
		    sizeof(ping))
			atomic_fetch_add(&e->count, 1);
	}
}

static void *run(void *arg)
{
	struct echo *e = arg;
	struct pollfd fds[] = { { .fd = e->fd, .events = POLLIN },
				{ .fd = e->end, .events = POLLIN } };

	prctl(PR_SET_NAME, "hp-echo");
	while (!fds[1].revents) {
		if (poll(fds, 2, -1) > 0 && fds[0].revents)
			answer_all(e);
	}
	return NULL;
}

static int open_port(int port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec =
					    1 }; /* a device that sends no more must not hold us */
	int size = RCVBUF;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;
	return take_fd(&fd);
}

int echo_new(int port, struct echo **ret)
{
	struct echo *e = calloc(1, sizeof(*e));
	int r = 0;

	if (!e)
		return -ENOMEM;
	e->end = -1;
	e->fd = open_port(port);
	if (e->fd < 0)
		r = e->fd;
	if (r == 0) {
		e->end = eventfd(0, EFD_CLOEXEC);
		r = e->end < 0 ? -errno : -pthread_create(&e->thread, NULL, run, e);
	}
	if (r < 0) {
		cleanup_close(&e->fd);
		cleanup_close(&e->end);
		free(e);
		return r;
	}
	*ret = e;
	return 0;
}

void echo_free(struct echo *e)
{
	if (!e)
		return;
	(void)!write(e->end, &(uint64_t){ 1 }, sizeof(uint64_t));
	pthread_join(e->thread, NULL);
	close(e->fd);
	close(e->end);
	free(e);
}

uint64_t echo_count(struct echo *e)
{
	return atomic_load(&e->count);
}

int64_t echo_since(struct echo *e)
{
	return atomic_load(&e->since);
}
