// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The prober's thread. It must never be the cause of a loss itself, so it keeps few datagrams in
 * flight, far fewer than any queue on the way holds, and slows down when the echo does.
 */
#include "outside/prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/ping.h"
#include "base/text.h"
#include "base/wait.h"

#define FASTEST_NS (NS_PER_S / 350)
#define SLOWEST_NS (NS_PER_S / 25)
#define SILENT_NS (NS_PER_S / 20) /* pace while nothing answers */
#define FULL_NS (NS_PER_S / 10)   /* pace while too much is on its way: just enough to see it end */
#define SILENT_AFTER_NS NS_PER_S
/* What is on its way: later than the newest that has come back. Queues on the way hold hundreds. */
#define IN_FLIGHT_MAX 48
#define IN_FLIGHT_MANY 12 /* the echo does not keep up */
#define IN_FLIGHT_FEW 5
#define DROPS_EVERY_NS (NS_PER_S / 2)
#define DATAGRAMS_MAX ((size_t)4 << 20)

struct prober {
	pthread_t thread;
	bool is_running;
	atomic_bool is_ending;
	int fd, port, own_port;
	uint64_t run;
	int64_t interval_ns;
	uint64_t newest; /* number of the newest datagram that has come back */
	bool was_full;
	int64_t heard_ns; /* when the last answer came; 0: none yet */
	struct packets packets;
	size_t size, drops_size;
};

static int room_for_datagram(struct prober *p)
{
	struct packets_datagram *bigger;
	size_t size = p->size ? p->size * 2 : 16384;

	if (p->packets.n_datagrams < p->size)
		return 0;
	if (size > DATAGRAMS_MAX)
		return -ENOBUFS;
	bigger = reallocarray(p->packets.datagrams, size, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	p->packets.datagrams = bigger;
	p->size = size;
	return 0;
}

/* Drops of a local UDP port: the last column of /proc/net/udp. */
static long drops_of(char *table, int port)
{
	char want[16], *line;
	long drops = 0;

	snprintf(want, sizeof(want), ":%04X ", port);
	while ((line = text_next_line(&table))) {
		const char *local = strstr(line, want), *last;

		/* The address is the second column; a remote port of that number comes later. */
		if (!local || local - line >= 20)
			continue;
		last = strrchr(text_strip(line), ' ');
		drops += last ? atol(last + 1) : 0;
	}
	return drops;
}

static void sample_drops(struct prober *p, int64_t now)
{
	_cleanup_free_ char *table = NULL, *again = NULL;
	struct packets_drops *bigger;

	if (p->packets.n_drops == p->drops_size) {
		size_t size = p->drops_size ? p->drops_size * 2 : 256;

		bigger = reallocarray(p->packets.drops, size, sizeof(*bigger));
		if (!bigger)
			return;
		p->packets.drops = bigger;
		p->drops_size = size;
	}
	if (file_read(AT_FDCWD, "/proc/net/udp", &table, NULL) < 0 || !(again = strdup(table)))
		return;
	p->packets.drops[p->packets.n_drops++] = (struct packets_drops){
		.at_ns = now,
		.prober = drops_of(table, p->own_port),
		.forwarder = drops_of(again, p->port),
	};
}

static void send_one(struct prober *p, int64_t now, int64_t late_ns)
{
	struct packets_datagram *d;
	struct ping ping;

	if (room_for_datagram(p) < 0)
		return;
	ping_encode(&ping, p->run, p->packets.n_datagrams + 1, now);
	/* A full socket buffer here is not a datagram: it was never sent. */
	if (send(p->fd, &ping, sizeof(ping), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(ping))
		return;
	d = &p->packets.datagrams[p->packets.n_datagrams++];
	*d = (struct packets_datagram){ .sent_ns = now, .late_ns = late_ns };
}

static size_t in_flight(const struct prober *p)
{
	return p->packets.n_datagrams - p->newest;
}

/*
 * The pace follows what is in flight, not the round trip: on a loaded host a trip is slow for many
 * reasons, but what piles up is more than the echo can take.
 */
static void adapt(struct prober *p)
{
	if (p->interval_ns > SLOWEST_NS)
		p->interval_ns = FASTEST_NS;
	else if (in_flight(p) > IN_FLIGHT_MANY)
		p->interval_ns += p->interval_ns / 16;
	else if (in_flight(p) < IN_FLIGHT_FEW)
		p->interval_ns -= p->interval_ns / 16;
	if (p->interval_ns < FASTEST_NS)
		p->interval_ns = FASTEST_NS;
	if (p->interval_ns > SLOWEST_NS)
		p->interval_ns = SLOWEST_NS;
}

static void take_one(struct prober *p, const struct ping *ping, int64_t now)
{
	uint64_t n = ping_n(ping);
	struct packets_datagram *d;

	if (ping_run(ping) != p->run || n < 1 || n > p->packets.n_datagrams)
		return;
	d = &p->packets.datagrams[n - 1];
	if (d->copies++ > 0)
		return;
	d->back_ns = now;
	d->box_ns = ping_box_ns(ping);
	if (n > p->newest)
		p->newest = n;
	p->heard_ns = now;
	adapt(p);
}

static void take_all(struct prober *p)
{
	char data[256];
	ssize_t n;

	/* ECONNREFUSED and the like: nobody listens yet. */
	while ((n = recv(p->fd, data, sizeof(data), MSG_DONTWAIT)) >= 0 || errno == ECONNREFUSED)
		if (n >= 0 && ping_is_valid(data, n))
			take_one(p, (const struct ping *)data, wait_now_ns());
}

/* When the next one is due: 0 late if it was held back on purpose, not by the host. */
static int64_t pace(struct prober *p, int64_t due, int64_t now)
{
	int64_t late = now - due, interval = p->interval_ns;

	if (in_flight(p) >= IN_FLIGHT_MAX)
		interval = FULL_NS;
	send_one(p, now, p->was_full || late < 0 ? 0 : late);
	p->was_full = interval == FULL_NS;
	return late > interval ? now + interval : due + interval;
}

static void *main_loop(void *arg)
{
	struct prober *p = arg;
	int64_t due = wait_now_ns(), drops_due = due;

	while (!atomic_load(&p->is_ending)) {
		int64_t now = wait_now_ns();

		if (now >= drops_due) {
			sample_drops(p, now);
			drops_due = now + DROPS_EVERY_NS;
		}
		if (now - p->heard_ns > SILENT_AFTER_NS)
			p->interval_ns = SILENT_NS;
		if (now >= due)
			due = pace(p, due, now);
		if (wait_readable(p->fd, due) > 0)
			take_all(p);
	}
	take_all(p);
	sample_drops(p, wait_now_ns());
	return NULL;
}

static int open_socket(struct prober *p, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(p->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -EINVAL;
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    getsockname(p->fd, (struct sockaddr *)&to, &len) < 0)
		return -errno;
	p->own_port = ntohs(to.sin_port);
	return 0;
}

int prober_start(int port, struct prober **ret, struct error *err)
{
	return prober_start_at("127.0.0.1", port, ret, err);
}

int prober_start_at(const char *address, int port, struct prober **ret, struct error *err)
{
	_cleanup_(cleanup_prober) struct prober *p = calloc(1, sizeof(*p));
	sigset_t all, old;
	int r;

	if (!p)
		return -ENOMEM;
	p->fd = -1;
	p->port = port;
	p->interval_ns = SILENT_NS;
	if (getrandom(&p->run, sizeof(p->run), 0) != sizeof(p->run))
		p->run = wait_now_ns();
	r = open_socket(p, address);
	if (r < 0)
		return error_set(err, -r, "cannot talk to UDP port %d of %s: %s", port, address,
				 strerror(-r));
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&p->thread, NULL, main_loop, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0)
		return error_set(err, r, "cannot start the prober: %s", strerror(r));
	p->is_running = true;
	*ret = take_ptr(p);
	return 0;
}

void prober_stop(struct prober *p)
{
	if (!p || !p->is_running)
		return;
	atomic_store(&p->is_ending, true);
	pthread_join(p->thread, NULL);
	p->is_running = false;
}

void prober_free(struct prober *p)
{
	if (!p)
		return;
	prober_stop(p);
	cleanup_close(&p->fd);
	free(p->packets.datagrams);
	free(p->packets.drops);
	free(p);
}

const struct packets *prober_packets(const struct prober *p)
{
	return &p->packets;
}

json_t *prober_line(const struct prober *p, const struct packets_clock *clock, size_t i)
{
	const struct packets_datagram *d;
	int64_t sent, back;
	json_t *line;

	if (i >= p->packets.n_datagrams)
		return NULL;
	d = &p->packets.datagrams[i];
	sent = clock ? packets_clock_to_box(clock, d->sent_ns) : d->sent_ns;
	back = clock && d->back_ns ? packets_clock_to_box(clock, d->back_ns) : d->back_ns;
	line = json_pack("{s:s, s:I, s:I, s:I, s:I, s:i}", "type", "datagram", "n",
			 (json_int_t)(i + 1), "sent", (json_int_t)sent, "box",
			 (json_int_t)d->box_ns, "back", (json_int_t)back, "copies", d->copies);
	if (!d->back_ns) {
		json_object_set_new(line, "back", json_null());
		json_object_set_new(line, "box", json_null());
	}
	return line;
}
