// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of JSON in both directions; one thread only. */
#include "lab/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/wait.h"

/* Answers of HMP may be long, but QEMU does not go on for ever. */
#define LINE_MAX_BYTES ((size_t)16 << 20)

struct qmp {
	int fd;
	int next_id;
	char *buffer;
	size_t used, size;
	json_t *events; /* array */
	char version[32];
};

void qmp_free(struct qmp *q)
{
	if (!q)
		return;
	cleanup_close(&q->fd);
	json_decref(q->events);
	free(q->buffer);
	free(q);
}

int qmp_fd(const struct qmp *q)
{
	return q->fd;
}

const char *qmp_version(const struct qmp *q)
{
	return q->version;
}

/* Reads what is there without waiting: > 0, 0: nothing there, -EPIPE: the other end is gone. */
static int fill(struct qmp *q)
{
	ssize_t n;

	if (q->used == q->size) {
		size_t size = q->size ? q->size * 2 : 4096;
		char *bigger = size <= LINE_MAX_BYTES ? realloc(q->buffer, size) : NULL;

		if (!bigger)
			return -EMSGSIZE;
		q->buffer = bigger;
		q->size = size;
	}
	n = recv(q->fd, q->buffer + q->used, q->size - q->used, MSG_DONTWAIT);
	if (n > 0) {
		q->used += n;
		return (int)n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return -EPIPE;
}

/* The next whole line that is a JSON object, or NULL when there is none yet. */
static json_t *next_object(struct qmp *q)
{
	for (;;) {
		char *nl = q->used ? memchr(q->buffer, '\n', q->used) : NULL;
		size_t len;
		json_t *doc;

		if (!nl)
			return NULL;
		len = nl - q->buffer;
		doc = json_loadb(q->buffer, len, 0, NULL);
		q->used -= len + 1;
		memmove(q->buffer, nl + 1, q->used);
		if (json_is_object(doc))
			return doc;
		json_decref(doc);
	}
}

/* 1 and the next object that is no event, 0: none yet. */
static int next_answer(struct qmp *q, json_t **ret)
{
	json_t *doc;

	while ((doc = next_object(q))) {
		if (!json_object_get(doc, "event")) {
			*ret = doc;
			return 1;
		}
		json_array_append_new(q->events, doc);
	}
	return 0;
}

static int await_answer(struct qmp *q, int64_t deadline_ns, json_t **ret)
{
	for (;;) {
		int r = next_answer(q, ret);

		if (r != 0)
			return r;
		r = wait_readable(q->fd, deadline_ns);
		if (r == 0)
			return -ETIMEDOUT;
		if (r > 0)
			r = fill(q);
		if (r < 0)
			return r;
	}
}

static int send_all(struct qmp *q, const char *text, int64_t deadline_ns)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(q->fd, text, left, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -EPIPE;
		if (wait_now_ns() > deadline_ns)
			return -ETIMEDOUT;
		text += n;
		left -= n;
	}
	return 0;
}

static const char *why(int r)
{
	return r == -ETIMEDOUT ? "QEMU did not answer in time"
	       : r == -EPIPE   ? "QEMU is gone"
			       : strerror(-r);
}

/* Answers to commands that had timed out before carry another id and are passed over. */
static int exchange(struct qmp *q, json_t *command, int64_t deadline_ns, json_t **ret)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	int id = ++q->next_id, r;

	json_object_set_new(command, "id", json_integer(id));
	text = json_dumps(command, JSON_COMPACT);
	line = text ? text_printf("%s\n", text) : NULL;
	if (!line)
		return -ENOMEM;
	r = send_all(q, line, deadline_ns);
	while (r == 0) {
		json_t *doc = NULL;

		r = await_answer(q, deadline_ns, &doc);
		if (r < 0)
			return r;
		if (json_integer_value(json_object_get(doc, "id")) == id) {
			*ret = doc;
			return 0;
		}
		json_decref(doc);
		r = 0;
	}
	return r;
}

int qmp_command(struct qmp *q, const char *name, json_t *args, int64_t deadline_ns, json_t **ret,
		struct error *err)
{
	json_t *command = json_pack("{s:s}", "execute", name), *answer = NULL, *value;
	int r;

	if (args)
		json_object_set_new(command, "arguments", args);
	r = exchange(q, command, deadline_ns, &answer);
	json_decref(command);
	if (r < 0)
		return error_set(err, -r, "QMP \"%s\": %s", name, why(r));
	value = json_object_get(answer, "return");
	if (!value) {
		const char *desc = json_string_value(
			json_object_get(json_object_get(answer, "error"), "desc"));

		r = error_set(err, EREMOTEIO, "QMP \"%s\": %s", name,
			      desc ? desc : "no answer in it");
	} else if (ret) {
		*ret = json_incref(value);
	}
	json_decref(answer);
	return r;
}

int qmp_hmp(struct qmp *q, const char *line, int64_t deadline_ns, char **ret_text,
	    struct error *err)
{
	json_t *value = NULL;
	char *text;
	int r = qmp_command(q, "human-monitor-command", json_pack("{s:s}", "command-line", line),
			    deadline_ns, &value, err);

	if (r < 0)
		return r;
	text = strdup(json_is_string(value) ? json_string_value(value) : "");
	json_decref(value);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

int qmp_event(struct qmp *q, json_t **ret)
{
	for (;;) {
		json_t *stray = NULL;
		int r;

		if (json_array_size(q->events) > 0) {
			*ret = json_incref(json_array_get(q->events, 0));
			json_array_remove(q->events, 0);
			return 1;
		}
		r = next_answer(q, &stray);
		json_decref(stray);
		if (json_array_size(q->events) > 0 || r > 0)
			continue;
		r = fill(q);
		if (r <= 0)
			return r;
	}
}

static void keep_version(struct qmp *q, json_t *greeting)
{
	json_t *v = json_object_get(json_object_get(json_object_get(greeting, "QMP"), "version"),
				    "qemu");

	snprintf(q->version, sizeof(q->version), "%d.%d.%d",
		 (int)json_integer_value(json_object_get(v, "major")),
		 (int)json_integer_value(json_object_get(v, "minor")),
		 (int)json_integer_value(json_object_get(v, "micro")));
}

int qmp_open(int fd, int64_t deadline_ns, struct qmp **ret, struct error *err)
{
	_cleanup_(cleanup_qmp) struct qmp *q = calloc(1, sizeof(*q));
	json_t *doc = NULL;
	bool has_greeted = false;
	int r = 0;

	if (!q) {
		close(fd);
		return -ENOMEM;
	}
	q->fd = fd;
	q->events = json_array();
	while (!has_greeted) {
		r = await_answer(q, deadline_ns, &doc);
		if (r < 0)
			return error_set(err, -r, "no QMP greeting: %s", why(r));
		has_greeted = json_object_get(doc, "QMP") != NULL;
		if (has_greeted)
			keep_version(q, doc);
		json_decref(doc);
	}
	r = qmp_command(q, "qmp_capabilities", NULL, deadline_ns, NULL, err);
	if (r < 0)
		return r;
	*ret = take_ptr(q);
	return 0;
}
