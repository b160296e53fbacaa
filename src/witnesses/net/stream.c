// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The traffic over loopback. Few datagrams are on the way at any time, so that no queue is ever
 * full, and there are pauses, so that the CPU is left to others. Judges nothing.
 */
#include "witnesses/net/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/wait.h"

#define BURST 6
#define ON_THE_WAY_MAX 48 /* below any backlog limit */
#define WINDOW 1024       /* numbers whose answers are told apart */
#define CHUNK 512
#define PAUSE_NS (3 * NS_PER_MS)
#define STOPPED_NS (10 * NS_PER_S) /* without one more answer or byte: nothing comes any more */

struct stream {
	struct lo lo;
	struct worker sender, receiver;
	int cpu;                       /* of the sender, -1: any */
	uint8_t answered_once[WINDOW]; /* the sender's own */
	_Atomic int64_t give_up_ns;
	_Atomic uint64_t forgiven; /* answers that nobody waits for any more */
	_Atomic uint64_t rounds, on_cpu, sent, answered, refused, written, read, spoilt;
	atomic_int error;
};

/* What byte `n` of the stream is: no two places near each other look alike. */
static uint8_t byte_at(uint64_t n)
{
	return (uint8_t)(n * 31 + (n >> 8) * 17 + (n >> 16));
}

static void note_error(struct stream *t, int error)
{
	if (error != EAGAIN && error != EINTR)
		atomic_store(&t->error, error);
}

static uint64_t missing(const struct stream *t)
{
	uint64_t here = atomic_load(&t->answered) + atomic_load(&t->forgiven),
		 sent = atomic_load(&t->sent);

	return sent > here ? sent - here : 0;
}

static void send_datagrams(struct stream *t)
{
	for (int i = 0; i < BURST && missing(t) < ON_THE_WAY_MAX; i++) {
		uint64_t n = atomic_load(&t->sent);

		t->answered_once[n % WINDOW] = 0;
		/* Counted first: the answer may be here before the call returns. */
		atomic_fetch_add(&t->sent, 1);
		if (send(t->lo.udp_send, &n, sizeof(n), 0) == (ssize_t)sizeof(n))
			continue;
		atomic_fetch_sub(&t->sent, 1);
		atomic_fetch_add(&t->refused, 1);
		return;
	}
}

static void send_bytes(struct stream *t)
{
	uint64_t at = atomic_load(&t->written);
	uint8_t chunk[CHUNK];
	ssize_t n;

	for (size_t i = 0; i < sizeof(chunk); i++)
		chunk[i] = byte_at(at + i);
	n = send(t->lo.tcp_send, chunk, sizeof(chunk), MSG_NOSIGNAL);
	if (n < 0)
		note_error(t, errno);
	else
		atomic_fetch_add(&t->written, n);
}

static void take_answers(struct stream *t)
{
	uint64_t n;

	while (recv(t->lo.udp_send, &n, sizeof(n), 0) == (ssize_t)sizeof(n)) {
		if (n >= atomic_load(&t->sent) || t->answered_once[n % WINDOW]++)
			continue;
		atomic_fetch_add(&t->answered, 1);
	}
}

static void one_round(struct stream *t)
{
	int at = worker_getcpu();

	atomic_store(&t->sender.cpu, at);
	send_datagrams(t);
	send_bytes(t);
	if (at == t->cpu && worker_getcpu() == at)
		atomic_fetch_add(&t->on_cpu, 1);
	atomic_fetch_add(&t->rounds, 1);
	(void)!wait_readable(t->lo.udp_send, wait_now_ns() + PAUSE_NS);
	take_answers(t);
	wait_pause(PAUSE_NS);
}

static bool is_all_here(struct stream *t)
{
	return missing(t) == 0 &&
	       (atomic_load(&t->read) == atomic_load(&t->written) || atomic_load(&t->error));
}

static void run_sender(struct worker *w)
{
	struct stream *t = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		while (atomic_load(&w->is_spinning))
			one_round(t);
		take_answers(t);
		while (!is_all_here(t) && wait_now_ns() < atomic_load(&t->give_up_ns)) {
			(void)!wait_readable(t->lo.udp_send, wait_now_ns() + PAUSE_NS);
			take_answers(t);
			if (missing(t) == 0)
				wait_pause(PAUSE_NS);
		}
		worker_answer(w, asks);
	}
}

static void answer_datagrams(struct stream *t)
{
	uint64_t n;

	while (recv(t->lo.udp_receive, &n, sizeof(n), 0) == (ssize_t)sizeof(n))
		(void)!send(t->lo.udp_receive, &n, sizeof(n), 0);
}

static void check_bytes(struct stream *t)
{
	uint8_t chunk[8 * CHUNK];
	ssize_t n = recv(t->lo.tcp_receive, chunk, sizeof(chunk), 0);
	uint64_t at = atomic_load(&t->read), spoilt = 0;

	if (n <= 0) {
		note_error(t, n == 0 ? ECONNRESET : errno);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		spoilt += chunk[i] != byte_at(at + i);
	atomic_fetch_add(&t->spoilt, spoilt);
	atomic_fetch_add(&t->read, n);
}

static void run_receiver(struct worker *w)
{
	struct stream *t = w->arg;

	for (;;) {
		struct pollfd fds[] = { { .fd = w->ask_fd, .events = POLLIN },
					{ .fd = t->lo.udp_receive, .events = POLLIN },
					{ .fd = t->lo.tcp_receive, .events = POLLIN } };

		/* A connection that broke is readable for ever. */
		if (poll(fds, atomic_load(&t->error) ? 2 : 3, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && worker_wait(w) == 0)
			return;
		if (fds[1].revents)
			answer_datagrams(t);
		if (fds[2].revents)
			check_bytes(t);
	}
}

int stream_new(struct stream **ret)
{
	struct stream *t = calloc(1, sizeof(*t));
	int r = t ? lo_open(&t->lo) : -ENOMEM;

	if (r < 0) {
		free(t);
		return r;
	}
	r = worker_start(&t->receiver, "hp-lo-receive", run_receiver, t);
	if (r == 0)
		r = worker_start(&t->sender, "hp-lo-send", run_sender, t);
	if (r < 0)
		return stream_free(t) < 0 ? -ETIMEDOUT : r;
	*ret = t;
	return 0;
}

int stream_free(struct stream *t)
{
	int r, r2;

	if (!t)
		return 0;
	atomic_store(&t->give_up_ns, 0);
	r = worker_stop(&t->sender);
	r2 = worker_stop(&t->receiver);
	if (r < 0 || r2 < 0)
		return -ETIMEDOUT;
	lo_close(&t->lo);
	free(t);
	return 0;
}

struct lo *stream_lo(struct stream *t)
{
	return &t->lo;
}

int stream_start(struct stream *t, int cpu, const struct cpulist *others, int64_t deadline_ns)
{
	struct cpulist own = cpulist_of(cpu);
	int r;

	if (worker_await(&t->sender, deadline_ns) <= 0)
		return -ETIMEDOUT;
	r = worker_pin(&t->receiver, others, deadline_ns);
	if (r == 0)
		r = worker_pin(&t->sender, cpu < 0 ? others : &own, deadline_ns);
	if (r < 0)
		return r;
	t->cpu = cpu;
	atomic_store(&t->give_up_ns, INT64_MAX);
	atomic_store(&t->sender.is_spinning, true);
	worker_ask(&t->sender);
	return 0;
}

void stream_give_up(struct stream *t)
{
	atomic_store(&t->give_up_ns, 0);
	atomic_store(&t->sender.is_spinning, false);
	(void)!worker_await(&t->sender, worker_deadline(NS_PER_S));
}

void stream_stop(struct stream *t)
{
	struct stream_count was, now = stream_count(t);

	atomic_store(&t->give_up_ns, INT64_MAX);
	atomic_store(&t->sender.is_spinning, false);
	do {
		was = now;
		if (worker_await(&t->sender, worker_deadline(STOPPED_NS)) > 0)
			return;
		now = stream_count(t);
	} while (now.answered > was.answered || now.read > was.read);
	stream_give_up(t);
}

bool stream_waits(const struct stream *t)
{
	return missing(t) > 0;
}

uint64_t stream_forgive(struct stream *t)
{
	uint64_t n = missing(t);

	atomic_fetch_add(&t->forgiven, n);
	return n;
}

struct stream_count stream_count(const struct stream *t)
{
	/* What was answered is read before what was sent: they may only seem to be on the way. */
	struct stream_count c = { .answered = atomic_load(&t->answered),
				  .read = atomic_load(&t->read) };

	c.rounds = atomic_load(&t->rounds);
	c.on_cpu = atomic_load(&t->on_cpu);
	c.sent = atomic_load(&t->sent);
	c.refused = atomic_load(&t->refused);
	c.written = atomic_load(&t->written);
	c.spoilt = atomic_load(&t->spoilt);
	c.error = atomic_load(&t->error);
	return c;
}
