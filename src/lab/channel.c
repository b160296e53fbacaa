// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sorts the guest's lines into files. A guest that is going to pieces may send anything: what is
 * not a line of a known stream is kept apart, and never becomes evidence.
 */
#include "lab/channel.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

#define STRAY "stray"
#define LINE_LIMIT ((size_t)4 << 20)

struct channel {
	int fd;
	struct rundir *rd;
	channel_line_fn on_line;
	void *ctx;
	char *buffer;
	size_t used, size;
	bool is_skipping; /* the rest of a line that is over the limit */
	struct channel_counts counts;
};

int channel_new(int fd, struct rundir *rd, channel_line_fn on_line, void *ctx, struct channel **ret)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fd = fd;
	c->rd = rd;
	c->on_line = on_line;
	c->ctx = ctx;
	*ret = c;
	return 0;
}

void channel_free(struct channel *c)
{
	if (!c)
		return;
	free(c->buffer);
	free(c);
}

const struct channel_counts *channel_counts(const struct channel *c)
{
	return &c->counts;
}

void channel_count_own(struct channel *c)
{
	c->counts.last_seq++;
}

static int keep_stray(struct channel *c, const char *line)
{
	c->counts.stray++;
	return rundir_append(c->rd, STRAY, line);
}

static int answer(struct channel *c, long seq)
{
	char text[48];
	int len = snprintf(text, sizeof(text), "ack %ld\n", seq);

	/* A guest that is gone needs no answer; that it is gone is seen when reading. */
	if (send(c->fd, text, len, MSG_NOSIGNAL) != len)
		return 0;
	return 0;
}

static int take_journal(struct channel *c, const char *text, bool is_sync)
{
	json_t *doc = json_loads(text, 0, NULL);
	json_int_t seq = json_integer_value(json_object_get(doc, "seq"));
	json_int_t t = json_integer_value(json_object_get(doc, "t"));
	int r;

	if (!json_is_object(doc) || seq <= 0) {
		json_decref(doc);
		return keep_stray(c, text);
	}
	r = is_sync ? rundir_append_sync(c->rd, text, seq)
		    : rundir_append(c->rd, RUNDIR_JOURNAL, text);
	if (r == 0) {
		c->counts.journal++;
		if (seq > c->counts.last_seq)
			c->counts.last_seq = seq;
		if (t > c->counts.last_t)
			c->counts.last_t = t;
		/* Before the answer: what is to be seen while the guest waits is seen now. */
		if (c->on_line)
			c->on_line(c->ctx, doc);
		if (is_sync)
			r = answer(c, seq);
	}
	json_decref(doc);
	return r;
}

/* The guest's last word: how its run ended. It is for the lab only, and has no file. */
static int take_guest(struct channel *c, const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);
	int r = json_is_object(doc)
			? answer(c, (long)json_integer_value(json_object_get(doc, "seq")))
			: keep_stray(c, text);

	if (json_is_object(doc) && c->on_line)
		c->on_line(c->ctx, doc);
	json_decref(doc);
	return r;
}

static int take_document(struct channel *c, const char *stream, const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);
	int r = json_is_object(doc) ? rundir_put(c->rd, stream, doc) : keep_stray(c, text);

	json_decref(doc);
	return r;
}

/* Names of text streams; nothing that could leave the run directory. */
static bool is_text_stream(const char *name)
{
	const char *rest = text_starts(name, "tools/") ? name + 6 : name;

	if (strcmp(name, RUNDIR_KMSG) == 0 || strcmp(name, RUNDIR_PLAN) == 0)
		return true;
	if (rest == name || !*rest || strlen(rest) > 20)
		return false;
	for (; *rest; rest++)
		if (!isalnum((unsigned char)*rest) && *rest != '-' && *rest != '_')
			return false;
	return true;
}

/* "STREAM[!] TEXT" */
static int take_line(struct channel *c, char *line)
{
	char *space = strchr(line, ' '), *text;
	size_t n;
	bool is_sync;
	int r;

	c->counts.lines++;
	if (!space || space == line)
		return keep_stray(c, line);
	n = space - line;
	is_sync = line[n - 1] == '!';
	*space = '\0';
	text = space + 1;
	if (is_sync)
		line[n - 1] = '\0';
	if (strcmp(line, RUNDIR_JOURNAL) == 0)
		return take_journal(c, text, is_sync);
	if (is_sync && strcmp(line, "guest") == 0)
		return take_guest(c, text);
	if (!is_sync && (strcmp(line, RUNDIR_META) == 0 || strcmp(line, RUNDIR_CATALOG) == 0))
		return take_document(c, line, text);
	if (!is_sync && is_text_stream(line)) {
		r = rundir_append(c->rd, line, text);
		return r == -EINVAL ? keep_stray(c, text) : r;
	}
	line[n - is_sync] = is_sync ? '!' : ' ';
	*space = ' ';
	return keep_stray(c, line);
}

static int take_lines(struct channel *c, struct error *err)
{
	char *start = c->buffer, *end = c->buffer + c->used;
	int r = 0;

	while (start < end) {
		char *nl = memchr(start, '\n', end - start);

		if (!nl)
			break;
		*nl = '\0';
		/* NULs within a line would hide its rest. */
		for (char *p = start; p < nl; p++)
			if (!*p)
				*p = '?';
		if (!c->is_skipping && *start)
			r = take_line(c, start);
		c->is_skipping = false;
		start = nl + 1;
		if (r < 0)
			break;
	}
	c->used = end - start;
	memmove(c->buffer, start, c->used);
	if (r < 0)
		return error_set(err, -r, "cannot write to the run directory \"%s\": %s",
				 rundir_path(c->rd), strerror(-r));
	return 0;
}

static int make_room(struct channel *c)
{
	size_t size = c->size ? c->size * 2 : (size_t)64 << 10;
	char *bigger;

	if (c->used < c->size)
		return 0;
	if (size > LINE_LIMIT) {
		c->counts.stray++;
		c->is_skipping = true;
		c->used = 0;
		return 0;
	}
	bigger = realloc(c->buffer, size);
	if (!bigger)
		return -ENOMEM;
	c->buffer = bigger;
	c->size = size;
	return 0;
}

int channel_read(struct channel *c, struct error *err)
{
	ssize_t n;
	int r = make_room(c);

	if (r < 0)
		return r;
	n = recv(c->fd, c->buffer + c->used, c->size - c->used, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : 0;
	if (n == 0)
		return 0;
	c->used += n;
	r = take_lines(c, err);
	return r < 0 ? r : 1;
}

int channel_finish(struct channel *c, struct error *err)
{
	int r = 1;

	while (r == 1) {
		size_t before = c->used;
		long lines = c->counts.lines;

		r = channel_read(c, err);
		if (r == 1 && c->used == before && c->counts.lines == lines)
			break;
	}
	if (r < 0)
		return r;
	if (c->used > 0 && !c->is_skipping) {
		_cleanup_free_ char *rest = strndup(c->buffer, c->used);

		c->used = 0;
		if (rest)
			return keep_stray(c, rest);
	}
	return 0;
}
