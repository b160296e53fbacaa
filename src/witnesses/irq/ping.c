// SPDX-License-Identifier: GPL-2.0-or-later
/* Echo requests to the gateway, by a thread of their own, some 250 a second while they are wanted.
 * No measuring, no judging. */
#include "witnesses/irq/ping.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/wait.h"

#define PERIOD_NS (4 * NS_PER_MS)
#define FOREVER_NS (3600 * NS_PER_S)

struct ping_source {
	struct sockaddr_in gateway;
	int fd, wake;
	atomic_bool is_on, is_ending;
	pthread_t thread;
};

int ping_source_gateway(const char *routes, uint32_t *ret_address)
{
	for (const char *line = routes; line && *line;) {
		unsigned int to, via, flags;

		/* The addresses are printed as the number that the bytes make in memory. */
		if (sscanf(line, "%*s %x %x %x", &to, &via, &flags) == 3 && to == 0 && via != 0) {
			*ret_address = via;
			return 1;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return 0;
}

static uint16_t checksum(const uint16_t *words, size_t n)
{
	uint32_t sum = 0;

	while (n-- > 0)
		sum += *words++;
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

static void send_one(struct ping_source *p, uint16_t n)
{
	union {
		struct icmphdr header;
		uint16_t words[sizeof(struct icmphdr) / 2 + 8];
	} packet = { .header = { .type = ICMP_ECHO,
				 .un.echo = { .id = htons(0x6870), .sequence = htons(n) } } };
	char answer[256];

	packet.header.checksum = checksum(packet.words, sizeof(packet) / 2);
	/* Lost requests and full queues do not matter: the next one is near. */
	(void)!sendto(p->fd, &packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&p->gateway,
		      sizeof(p->gateway));
	while (recv(p->fd, answer, sizeof(answer), MSG_DONTWAIT) >= 0)
		;
}

static void *run(void *arg)
{
	struct ping_source *p = arg;
	uint16_t n = 0;

	prctl(PR_SET_NAME, "hp-ping");
	while (!atomic_load(&p->is_ending)) {
		bool is_on = atomic_load(&p->is_on);
		uint64_t told;

		if (is_on)
			send_one(p, n++);
		if (wait_readable(p->wake, wait_now_ns() + (is_on ? PERIOD_NS : FOREVER_NS)) > 0)
			(void)!read(p->wake, &told, sizeof(told));
	}
	return NULL;
}

static void tell(struct ping_source *p)
{
	(void)!write(p->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

int ping_source_new(struct box *box, struct ping_source **ret)
{
	_cleanup_free_ char *routes = NULL;
	struct ping_source *p;
	uint32_t gateway;
	int r = box_read(box, "proc/net/route", &routes);

	if (r < 0)
		return r;
	if (!ping_source_gateway(routes, &gateway))
		return -ENETUNREACH;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->gateway = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = gateway };
	p->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = p->fd < 0 || p->wake < 0 ? -errno : 0;
	if (r == 0)
		r = -pthread_create(&p->thread, NULL, run, p);
	if (r < 0) {
		cleanup_close(&p->fd);
		cleanup_close(&p->wake);
		free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void ping_source_run(struct ping_source *p, bool is_on)
{
	if (!p || atomic_exchange(&p->is_on, is_on) == is_on)
		return;
	tell(p);
}

void ping_source_free(struct ping_source *p)
{
	if (!p)
		return;
	atomic_store(&p->is_ending, true);
	tell(p);
	pthread_join(p->thread, NULL);
	close(p->fd);
	close(p->wake);
	free(p);
}
