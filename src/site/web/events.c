// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Server-sent events: whoever watches is told what the database's events say, from one shared list.
 * A thread looks for new ones and wakes those who wait; a client that does not read holds nothing
 * but its place in the list, and the library closes its connection when nothing moves any more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "site/web/internal.h"
#include "store/people/event.h"

#define LOOK_MS 250 /* how often is looked, and so how often the same client is woken at most */

struct watcher {
	struct site *site;
	struct MHD_Connection *connection;
	int64_t last;      /* the event that it has */
	struct out ready;  /* what is on its way to it */
	size_t sent;       /* of that */
	bool is_suspended; /* its connection is */
	bool is_due;       /* a heartbeat */
	struct watcher *next;
};

static struct told *find_after(struct site *s, int64_t last)
{
	size_t first = s->events.n < EVENT_KEPT ? 0 : s->events.n - EVENT_KEPT;

	for (size_t i = s->events.n; i > first; i--) {
		struct told *t = &s->events.ring[(i - 1) % EVENT_KEPT];

		if (t->id <= last)
			return i == s->events.n ? NULL : &s->events.ring[i % EVENT_KEPT];
	}
	return s->events.n > first ? &s->events.ring[first % EVENT_KEPT] : NULL;
}

/* Under the lock: what it has not had yet, a piece at a time. */
static void fill(struct watcher *w)
{
	struct site *s = w->site;
	struct told *t;

	w->ready.len = w->sent = 0;
	/* It was away for longer than is remembered: only the page itself can tell. */
	if (w->last < s->events.forgotten) {
		w->last = s->events.forgotten;
		out_put(&w->ready, "event: missed\nid: %lld\ndata: {}\n\n", (long long)w->last);
	}
	t = find_after(s, w->last);
	for (; t && w->ready.len < 4096; t = find_after(s, w->last)) {
		out_put(&w->ready, "id: %lld\nevent: ", (long long)t->id);
		out_raw(&w->ready, t->text);
		w->last = t->id;
	}
	if (w->ready.len == 0 && w->is_due)
		out_raw(&w->ready, ": still here\n\n");
	w->is_due = false;
}

static ssize_t read_events(void *arg, uint64_t pos, char *to, size_t size)
{
	struct watcher *w = arg;
	struct site *s = w->site;
	size_t n;

	(void)pos;
	pthread_mutex_lock(&s->events.lock);
	if (w->sent == w->ready.len)
		fill(w);
	n = w->ready.len - w->sent;
	if (s->events.is_stopping || w->ready.is_short) {
		pthread_mutex_unlock(&s->events.lock);
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	if (n == 0) {
		w->is_suspended = true;
		MHD_suspend_connection(w->connection);
	}
	n = n < size ? n : size;
	if (n > 0)
		memcpy(to, w->ready.text + w->sent, n);
	w->sent += n;
	pthread_mutex_unlock(&s->events.lock);
	return (ssize_t)n;
}

static void forget(void *arg)
{
	struct watcher *w = arg;
	struct site *s = w->site;

	pthread_mutex_lock(&s->events.lock);
	for (struct watcher **at = &s->events.watchers; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			s->events.n_watchers--;
			break;
		}
	pthread_mutex_unlock(&s->events.lock);
	out_free(&w->ready);
	free(w);
}

/* From the last one that the client says it had; else from now on. */
static int64_t start_of(struct exchange *x)
{
	const char *header =
		MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Last-Event-ID");
	struct site *s = x->request->site;
	int64_t last = -1;

	if (!header)
		header = request_query(x->request, "after");
	if (text_to_i64(header, &last) == 0 && last >= 0 && last <= s->events.last)
		return last;
	return s->events.last;
}

int events_watch(struct exchange *x, struct MHD_Response **ret)
{
	struct site *s = x->request->site;
	struct watcher *w = calloc(1, sizeof(*w));
	bool has_room;

	if (!w)
		return -ENOMEM;
	w->site = s;
	w->connection = x->connection;
	w->is_due = true; /* so that the client knows at once that it is connected */
	*ret = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, read_events, w, forget);
	if (!*ret) {
		free(w);
		return -ENOMEM;
	}
	pthread_mutex_lock(&s->events.lock);
	w->last = start_of(x);
	has_room = s->events.n_watchers < LIMITS_WATCHERS && !s->events.is_stopping;
	if (has_room) {
		w->next = s->events.watchers;
		s->events.watchers = w;
		s->events.n_watchers++;
	}
	pthread_mutex_unlock(&s->events.lock);
	if (has_room)
		return 0;
	MHD_destroy_response(*ret); /* forgets the watcher too */
	return -EBUSY;
}

/* Under the lock. */
static void wake(struct site *s, bool is_heartbeat)
{
	for (struct watcher *w = s->events.watchers; w; w = w->next) {
		w->is_due |= is_heartbeat;
		if (!w->is_suspended)
			continue;
		w->is_suspended = false;
		MHD_resume_connection(w->connection);
	}
}

/* Under the lock. */
static void remember(struct site *s, const struct rows *rows)
{
	struct told *t = &s->events.ring[s->events.n % EVENT_KEPT];
	struct out text = { 0 };

	out_put(&text, "%s\ndata: {\"ref\":", rows_text(rows, EVENT_KIND));
	out_json(&text, rows_text(rows, EVENT_REF));
	out_raw(&text, ",\"detail\":");
	out_raw(&text, rows_text(rows, EVENT_DETAIL)); /* JSON of one line, made by this program */
	out_raw(&text, "}\n\n");
	if (text.is_short) {
		out_free(&text);
		return;
	}
	if (s->events.n == 0)
		s->events.forgotten = rows_int(rows, EVENT_ID) - 1;
	else if (t->text)
		s->events.forgotten = t->id;
	free(t->text);
	*t = (struct told){ rows_int(rows, EVENT_ID), text.text };
	s->events.n++;
	s->events.last = t->id;
}

/* What is new since the last time; the first time, all that is remembered. */
static void look(struct site *s)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct db *db = NULL;
	struct error err = { 0 };
	bool is_new = false;
	int r = site_reader(s, &db, &err);

	if (r >= 0)
		r = event_list(db, s->events.last, &rows, &err);
	pthread_mutex_lock(&s->events.lock);
	while (r >= 0 && (r = rows_next(&rows, &err)) == 1) {
		remember(s, &rows);
		is_new = true;
	}
	if (is_new)
		wake(s, false);
	pthread_mutex_unlock(&s->events.lock);
	rows_close(&rows);
	if (db)
		site_return(s, db);
}

static void *run(void *arg)
{
	struct site *s = arg;
	int64_t version = -1;
	time_t beat = time(NULL);
	struct timespec until;

	pthread_mutex_lock(&s->events.lock);
	while (!s->events.is_stopping) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		(void)pthread_cond_timedwait(&s->events.stop, &s->events.lock, &until);
		if (s->events.is_stopping)
			break;
		if (until.tv_sec - beat >= LIMITS_HEARTBEAT_S || until.tv_sec < beat) {
			beat = until.tv_sec;
			wake(s, true);
		}
		pthread_mutex_unlock(&s->events.lock);
		int64_t now = site_version(s);

		if (now != version)
			look(s);
		version = now;
		pthread_mutex_lock(&s->events.lock);
	}
	pthread_mutex_unlock(&s->events.lock);
	return NULL;
}

int events_start(struct site *s, struct error *err)
{
	int r;

	pthread_mutex_init(&s->events.lock, NULL);
	pthread_cond_init(&s->events.stop, NULL);
	look(s);
	r = pthread_create(&s->events.thread, NULL, run, s);
	s->events.is_running = r == 0;
	return r ? error_set(err, r, "cannot start a thread: %s", strerror(r)) : 0;
}

void events_stop(struct site *s)
{
	if (!s->events.is_running)
		return;
	pthread_mutex_lock(&s->events.lock);
	s->events.is_stopping = true;
	pthread_cond_signal(&s->events.stop);
	/* The library must not be stopped while connections are suspended. */
	wake(s, false);
	pthread_mutex_unlock(&s->events.lock);
	pthread_join(s->events.thread, NULL);
}

void events_clear(struct site *s)
{
	for (size_t i = 0; i < EVENT_KEPT; i++)
		free(s->events.ring[i].text);
	pthread_mutex_destroy(&s->events.lock);
	pthread_cond_destroy(&s->events.stop);
}
