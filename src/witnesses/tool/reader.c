// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a program's output in a thread of its own. The time at which the pipe was last seen empty
 * is as important as that at which a line was read: between the two the program wrote it.
 */
#include "witnesses/tool/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/text.h"
#include "base/wait.h"

#define FRAMES_MAX 4096

struct reader {
	int fd;
	struct stage *stage;
	char stream[32];
	struct frame_parser parser;
	pthread_t thread;
	pthread_mutex_t lock;
	struct frame *frames;
	size_t n_frames;
	atomic_bool stop, has_begun, is_at_end;
	char line[4096];
	size_t len;
};

/* What sysstat prints in front of a row: the local time of the day. */
static int64_t time_of_day_ns(void)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	return ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * NS_PER_S + now.tv_nsec;
}

static void take_line(struct reader *r, int64_t empty_ns)
{
	struct frame_line came = { .empty_ns = empty_ns, .read_ns = wait_now_ns() };
	struct frame f;

	came.day_ns = time_of_day_ns();
	r->line[r->len] = '\0';
	atomic_store(&r->has_begun, true);
	r->len = 0;
	/* Evidence only: a run that cannot be written stops at its next act. */
	if (stage_keep(r->stage, r->stream, r->line) < 0)
		return;
	pthread_mutex_lock(&r->lock);
	if (frame_feed(&r->parser, r->line, &came, &f) && r->n_frames < FRAMES_MAX)
		r->frames[r->n_frames++] = f;
	pthread_mutex_unlock(&r->lock);
}

static void *read_all(void *arg)
{
	struct reader *r = arg;
	int64_t empty_ns = wait_now_ns();
	char buf[4096];

	prctl(PR_SET_NAME, "hp-tool");
	while (!atomic_load(&r->stop)) {
		int64_t asked_ns = wait_now_ns();
		ssize_t n = read(r->fd, buf, sizeof(buf));

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			struct pollfd p = { .fd = r->fd, .events = POLLIN };

			empty_ns = asked_ns;
			poll(&p, 1, 50);
			continue;
		}
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n')
				take_line(r, empty_ns);
			else if (r->len + 1 < sizeof(r->line))
				r->line[r->len++] = buf[i];
		}
	}
	atomic_store(&r->is_at_end, !atomic_load(&r->stop));
	return NULL;
}

int reader_start(int fd, enum frame_format format, struct stage *s, const char *name,
		 struct reader **ret)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r || !(r->frames = calloc(FRAMES_MAX, sizeof(*r->frames)))) {
		free(r);
		close(fd);
		return -ENOMEM;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	r->fd = fd;
	r->stage = s;
	r->parser.format = format;
	r->parser.since_ns = r->parser.prev_since_ns = wait_now_ns();
	snprintf(r->stream, sizeof(r->stream), "tools/%s", name);
	pthread_mutex_init(&r->lock, NULL);
	if (pthread_create(&r->thread, NULL, read_all, r) != 0) {
		free(r->frames);
		free(r);
		close(fd);
		return -EAGAIN;
	}
	*ret = r;
	return 0;
}

void reader_stop(struct reader *r)
{
	if (!r)
		return;
	atomic_store(&r->stop, true);
	pthread_join(r->thread, NULL);
	pthread_mutex_destroy(&r->lock);
	close(r->fd);
	free(r->frames);
	free(r);
}

size_t reader_count(struct reader *r)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->n_frames;
	pthread_mutex_unlock(&r->lock);
	return n;
}

void reader_get(struct reader *r, size_t i, struct frame *ret)
{
	pthread_mutex_lock(&r->lock);
	*ret = r->frames[i];
	pthread_mutex_unlock(&r->lock);
}

bool reader_peek(struct reader *r, struct frame *ret)
{
	bool is_open;

	pthread_mutex_lock(&r->lock);
	is_open = r->parser.is_open;
	if (is_open)
		*ret = r->parser.now;
	pthread_mutex_unlock(&r->lock);
	return is_open;
}

bool reader_has_begun(struct reader *r)
{
	return atomic_load(&r->has_begun);
}

bool reader_is_at_end(struct reader *r)
{
	return atomic_load(&r->is_at_end);
}
