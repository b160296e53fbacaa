// SPDX-License-Identifier: GPL-2.0-or-later
/* The two places a run's evidence can go to: files in a directory, or named lines on the lab's
 * port. */
#include "evidence/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"

#define ACK_TIMEOUT_NS (10 * NS_PER_S)
#define STREAMS_MAX 16
#define HELD_MAX 8192

struct stream {
	char name[32];
	int fd;
};

struct rundir {
	char *path; /* NULL: a port */
	int dirfd;
	int port;
	pthread_mutex_t lock;
	struct stream streams[STREAMS_MAX];
	size_t n_streams;
	char ack[128]; /* bytes of answers read so far */
	size_t ack_len;
	char held[HELD_MAX]; /* lines for the port that wait */
	size_t held_len;
	bool is_holding;
};

static struct rundir *rundir_alloc(void)
{
	struct rundir *rd = calloc(1, sizeof(*rd));

	if (rd) {
		rd->dirfd = rd->port = -1;
		pthread_mutex_init(&rd->lock, NULL);
	}
	return rd;
}

int rundir_create(const char *path, struct rundir **ret, struct error *err)
{
	_cleanup_(cleanup_rundir) struct rundir *rd = rundir_alloc();
	int r;

	if (!rd)
		return -ENOMEM;
	r = file_mkdirs(path, 0755);
	if (r < 0)
		return error_set(err, -r, "cannot create the run directory \"%s\": %s", path,
				 strerror(-r));
	rd->path = strdup(path);
	rd->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!rd->path || rd->dirfd < 0)
		return error_set(err, errno, "cannot open the run directory \"%s\": %s", path,
				 strerror(errno));
	if (faccessat(rd->dirfd, "journal.jsonl", F_OK, 0) == 0)
		return error_set(
			err, EEXIST,
			"\"%s\" already holds a journal; a run is never overwritten, name another",
			path);
	if (mkdirat(rd->dirfd, "tools", 0755) < 0 && errno != EEXIST)
		return error_set(err, errno, "cannot create \"%s/tools\": %s", path,
				 strerror(errno));
	*ret = take_ptr(rd);
	return 0;
}

int rundir_on_port(int fd, struct rundir **ret)
{
	struct rundir *rd = rundir_alloc();

	if (!rd)
		return -ENOMEM;
	rd->port = fd;
	*ret = rd;
	return 0;
}

void rundir_free(struct rundir *rd)
{
	if (!rd)
		return;
	for (size_t i = 0; i < rd->n_streams; i++)
		close(rd->streams[i].fd);
	cleanup_close(&rd->dirfd);
	cleanup_close(&rd->port);
	pthread_mutex_destroy(&rd->lock);
	free(rd->path);
	free(rd);
}

const char *rundir_path(const struct rundir *rd)
{
	return rd->path;
}

/* The open file of a stream; meta and catalog never come here. */
static int stream_fd(struct rundir *rd, const char *name)
{
	_cleanup_free_ char *file = NULL;
	struct stream *s;

	for (size_t i = 0; i < rd->n_streams; i++)
		if (strcmp(rd->streams[i].name, name) == 0)
			return rd->streams[i].fd;
	if (rd->n_streams == STREAMS_MAX || strlen(name) >= sizeof(s->name) || strstr(name, ".."))
		return -EINVAL;
	if (strcmp(name, RUNDIR_JOURNAL) == 0 || strcmp(name, RUNDIR_OUTSIDE) == 0)
		file = text_printf("%s.jsonl", name);
	else if (strcmp(name, RUNDIR_PLAN) == 0)
		file = text_printf("%s.json", name);
	else
		file = text_printf("%s.txt", name);
	if (!file)
		return -ENOMEM;
	s = &rd->streams[rd->n_streams];
	s->fd = openat(rd->dirfd, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (s->fd < 0)
		return -errno;
	strcpy(s->name, name);
	rd->n_streams++;
	return s->fd;
}

static int flush_locked(struct rundir *rd)
{
	int r = rd->held_len > 0 ? file_write_all(rd->port, rd->held, rd->held_len) : 0;

	rd->held_len = 0;
	return r;
}

static bool hold_locked(struct rundir *rd, const char *out, size_t len)
{
	if (!rd->is_holding || len > HELD_MAX - rd->held_len)
		return false;
	memcpy(rd->held + rd->held_len, out, len);
	rd->held_len += len;
	return true;
}

void rundir_hold(struct rundir *rd)
{
	pthread_mutex_lock(&rd->lock);
	rd->is_holding = rd->port >= 0;
	pthread_mutex_unlock(&rd->lock);
}

int rundir_release(struct rundir *rd)
{
	int r;

	pthread_mutex_lock(&rd->lock);
	rd->is_holding = false;
	r = flush_locked(rd);
	pthread_mutex_unlock(&rd->lock);
	return r;
}

/* One write(2) for the whole line: lines of threads and processes do not mix. */
static int append_locked(struct rundir *rd, const char *stream, const char *mark, const char *line,
			 int *ret_fd)
{
	_cleanup_free_ char *out = NULL;
	int fd = rd->port, r;

	if (rd->port >= 0) {
		out = text_printf("%s%s %s\n", stream, mark, line);
	} else {
		fd = stream_fd(rd, stream);
		if (fd < 0)
			return fd;
		out = text_printf("%s\n", line);
	}
	if (!out)
		return -ENOMEM;
	if (!ret_fd && hold_locked(rd, out, strlen(out)))
		return 0;
	r = flush_locked(rd);
	if (r == 0)
		r = file_write_all(fd, out, strlen(out));
	if (ret_fd && r == 0)
		*ret_fd = fd;
	return r;
}

int rundir_append(struct rundir *rd, const char *stream, const char *line)
{
	int r;

	pthread_mutex_lock(&rd->lock);
	r = append_locked(rd, stream, "", line, NULL);
	pthread_mutex_unlock(&rd->lock);
	return r;
}

int rundir_put(struct rundir *rd, const char *stream, json_t *doc)
{
	_cleanup_free_ char *text = NULL, *file = NULL;

	text = json_dumps(doc, rd->port >= 0 ? JSON_COMPACT : JSON_INDENT(1));
	if (!text)
		return -ENOMEM;
	if (rd->port >= 0)
		return rundir_append(rd, stream, text);
	file = text_printf("%s.json", stream);
	if (!file)
		return -ENOMEM;
	return file_replace(rd->dirfd, file, text, strlen(text));
}

/* Eats answers ("ack 12\n") until the one for seq has come. Answers to a dead child's lines are
 * passed over. */
static int await_ack(struct rundir *rd, long seq)
{
	int64_t deadline = wait_now_ns() + wait_scaled(ACK_TIMEOUT_NS);

	for (;;) {
		char *nl = memchr(rd->ack, '\n', rd->ack_len);
		ssize_t n;
		int r;

		if (nl) {
			long got = strncmp(rd->ack, "ack ", 4) == 0 ? atol(rd->ack + 4) : -1;
			size_t used = nl + 1 - rd->ack;

			memmove(rd->ack, rd->ack + used, rd->ack_len - used);
			rd->ack_len -= used;
			if (got == seq)
				return 0;
			continue;
		}
		if (rd->ack_len == sizeof(rd->ack))
			rd->ack_len = 0;
		r = wait_readable(rd->port, deadline);
		if (r < 0)
			return r;
		if (r == 0)
			return -ETIMEDOUT;
		n = read(rd->port, rd->ack + rd->ack_len, sizeof(rd->ack) - rd->ack_len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n == 0)
			return -EPIPE;
		if (n > 0)
			rd->ack_len += n;
	}
}

int rundir_append_sync(struct rundir *rd, const char *line, long seq)
{
	int fd = -1, r;

	pthread_mutex_lock(&rd->lock);
	r = append_locked(rd, RUNDIR_JOURNAL, "!", line, &fd);
	if (r == 0) {
		if (rd->port >= 0)
			r = await_ack(rd, seq);
		else if (fdatasync(fd) < 0)
			r = -errno;
	}
	pthread_mutex_unlock(&rd->lock);
	return r;
}
