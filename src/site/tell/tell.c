// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread: which subscriptions have news, and when it looks. Sending is sender.c's. */
#include "site/tell/tell.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "site/tell/letter.h"
#include "site/tell/message.h"
#include "site/tell/news.h"
#include "site/tell/sender.h"
#include "site/web/internal.h"
#include "store/tell/outbox.h"
#include "store/tell/saved.h"

#define LOOK_S 1
#define AT_A_TIME 20

/* A subscription that is due, copied. */
struct due {
	int64_t id, saved, seen, next_at;
	char *way, *period, *url, *secret, *name, *kind, *query, *email;
};

static void due_clear(struct due *d)
{
	free(d->way);
	free(d->period);
	free(d->url);
	free(d->secret);
	free(d->name);
	free(d->kind);
	free(d->query);
	free(d->email);
}

bool tell_is_stopping(const struct site *s)
{
	return s->tell.is_stopping;
}

bool tell_can_mail(const struct site *s)
{
	return s->setup.sendmail != NULL;
}

static const char *host_of(const struct site *s)
{
	const char *at = s->setup.mail_from ? strchr(s->setup.mail_from, '@') : NULL;

	return at ? at + 1 : "hotproof.invalid";
}

int tell_mail_link(struct site *s, struct db *db, const char *email, const char *subject,
		   const char *text, const char *path, const char *secret, int64_t now,
		   struct error *err)
{
	_cleanup_free_ char *body = text_printf(
		"%s\n\n%s%s%s\n\nIf you know nothing of this, do nothing: then nothing happens.\n",
		text, s->setup.url, path, secret);

	if (!body)
		return error_set(err, ENOMEM, "out of memory for a message");
	return outbox_add(
		db,
		&(struct outbox_new){
			.recipient = email, .subject = subject, .body = body, .host = host_of(s) },
		now, err);
}

/* One letter of it; the search was looked at in another transaction, on a connection that reads. */
static int put_letter(struct site *s, struct db *db, const struct due *d, const struct news *news,
		      int64_t now, struct error *err)
{
	bool is_hook = strcmp(d->way, "hook") == 0;
	struct letter l = { .url = s->setup.url,
			    .name = d->name,
			    .kind = d->kind,
			    .query = d->query,
			    .unsubscribe = d->secret,
			    .saved = d->saved };
	_cleanup_free_ char *subject = letter_subject(&l, news);
	_cleanup_free_ char *body = is_hook ? letter_json(&l, news) : letter_text(&l, news);

	if (!subject || !body)
		return error_set(err, ENOMEM, "out of memory for a message");
	return outbox_add(db,
			  &(struct outbox_new){ .subscription = d->id,
						.recipient = is_hook ? d->url : d->email,
						.subject = subject,
						.body = body,
						.host = host_of(s) },
			  now, err);
}

static int note(struct site *s, struct db *db, const struct due *d, const struct news *news,
		int64_t now, struct error *err)
{
	bool is_at_once = strcmp(d->period, "at-once") == 0;
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int64_t next = subscription_next(d->period, now);
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	undo = db;
	if (is_at_once && (news->n == 0 || strcmp(d->way, "hook") == 0))
		next = now;
	r = subscription_seen(db, d->id, d->seen, d->next_at,
			      news_has_numbers(d->kind) ? news->upto : d->seen + 1, next, err);
	if (r == 0)
		return 0; /* another process told of it */
	if (r >= 0 && news->n > 0)
		r = put_letter(s, db, d, news, now, err);
	for (size_t i = 0; r >= 0 && i < news->n && !news_has_numbers(d->kind); i++)
		r = subscription_told(db, d->id, news->list[i].ref, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r >= 0)
		undo = NULL;
	return r;
}

/* Mail without a proved address is not made: it waits until there is one. */
static bool may_tell(const struct site *s, const struct due *d)
{
	return strcmp(d->way, "hook") == 0 || (tell_can_mail(s) && *d->email);
}

static void look_at(struct site *s, const struct due *d, int64_t now)
{
	struct news news _cleanup_news_ = { 0 };
	struct error err = { 0 };
	struct db *db = NULL;
	int r = may_tell(s, d) ? site_reader(s, &db, &err) : -EACCES;

	if (r < 0)
		return;
	r = news_read(db,
		      &(struct news_ask){ .kind = d->kind,
					  .query = d->query,
					  .after = d->seen,
					  .subscription = d->id,
					  .now = now,
					  .limit = LIMITS_NEWS },
		      &news, &err);
	site_return(s, db);
	/* Nothing new at once is nothing to write; nor is what has only moved on elsewhere. */
	if (r < 0 || (news.n == 0 && strcmp(d->period, "at-once") == 0))
		return;
	if (site_take_writer(s, &db, &err) < 0)
		return;
	/* What fails is told of the next time. */
	if (note(s, db, d, &news, now, &err) < 0)
		db_rollback(db);
	site_return(s, db);
}

static size_t read_due(struct site *s, int64_t now, int64_t after, struct due list[AT_A_TIME])
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct error err = { 0 };
	struct db *db = NULL;
	size_t n = 0;
	int r = site_reader(s, &db, &err);

	if (r < 0)
		return 0;
	r = subscription_due(db, now, after, AT_A_TIME, &rows, &err);
	while (r >= 0 && n < AT_A_TIME && (r = rows_next(&rows, &err)) == 1)
		list[n++] = (struct due){
			.id = rows_int(&rows, SUBSCRIPTION_ID),
			.saved = rows_int(&rows, SUBSCRIPTION_SAVED),
			.seen = rows_int(&rows, SUBSCRIPTION_SEEN),
			.next_at = rows_int(&rows, SUBSCRIPTION_NEXT),
			.way = strdup(rows_text(&rows, SUBSCRIPTION_WAY)),
			.period = strdup(rows_text(&rows, SUBSCRIPTION_PERIOD)),
			.url = strdup(rows_text(&rows, SUBSCRIPTION_URL)),
			.secret = strdup(rows_text(&rows, SUBSCRIPTION_SECRET)),
			.name = strdup(rows_text(&rows, SUBSCRIPTION_NAME)),
			.kind = strdup(rows_text(&rows, SUBSCRIPTION_KIND)),
			.query = strdup(rows_text(&rows, SUBSCRIPTION_QUERY)),
			.email = strdup(rows_text(&rows, SUBSCRIPTION_EMAIL)),
		};
	rows_close(&rows);
	site_return(s, db);
	return n;
}

static bool is_whole(const struct due *d)
{
	return d->way && d->period && d->url && d->secret && d->name && d->kind && d->query &&
	       d->email;
}

/* All that are due. Those at once are always: they have news only when something was committed, or
 * when they were kept waiting after the last. */
static void look(struct site *s, int64_t now, int64_t before, bool is_changed)
{
	struct due list[AT_A_TIME];
	int64_t after = 0;
	size_t n;

	do {
		n = read_due(s, now, after, list);
		for (size_t i = 0; i < n; i++) {
			const struct due *d = &list[i];

			after = d->id;
			if (is_whole(d) && !tell_is_stopping(s) &&
			    (is_changed || strcmp(d->period, "at-once") != 0 ||
			     d->next_at > before))
				look_at(s, d, now);
			due_clear(&list[i]);
		}
	} while (n == AT_A_TIME && !tell_is_stopping(s));
}

static void *run(void *arg)
{
	struct site *s = arg;
	int64_t version = -1, before = 0;
	struct timespec until;

	pthread_mutex_lock(&s->tell.lock);
	while (!s->tell.is_stopping) {
		pthread_mutex_unlock(&s->tell.lock);
		int64_t now = time(NULL), current = site_version(s);

		if (now != before || current != version)
			look(s, now, before, current != version);
		before = now;
		version = current;
		sender_wake(s);
		pthread_mutex_lock(&s->tell.lock);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += LOOK_S;
		if (!s->tell.is_stopping)
			(void)pthread_cond_timedwait(&s->tell.wake, &s->tell.lock, &until);
	}
	pthread_mutex_unlock(&s->tell.lock);
	return NULL;
}

int tell_start(struct site *s, struct error *err)
{
	int r;

	if (!s->setup.url) {
		s->tell.url = s->setup.socket
				      ? strdup("http://localhost")
				      : text_printf(strchr(s->setup.address, ':') ? "http://[%s]:%d"
										  : "http://%s:%d",
						    s->setup.address, s->port);
		if (!s->tell.url)
			return error_set(err, ENOMEM, "out of memory for the server");
		s->setup.url = s->tell.url;
		s->setup.is_url_guessed = true;
	}
	message_init();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, EIO, "libcurl cannot be used");
	pthread_mutex_init(&s->tell.lock, NULL);
	pthread_cond_init(&s->tell.wake, NULL);
	r = sender_start(s, err);
	if (r >= 0) {
		r = -pthread_create(&s->tell.thread, NULL, run, s);
		s->tell.is_running = r == 0;
		if (r < 0)
			error_set(err, -r, "cannot start a thread: %s", strerror(-r));
	}
	if (r < 0) {
		s->tell.is_stopping = true;
		sender_stop(s);
	}
	return r;
}

void tell_wake(struct site *s)
{
	if (!s->tell.is_running)
		return;
	pthread_mutex_lock(&s->tell.lock);
	pthread_cond_signal(&s->tell.wake);
	pthread_mutex_unlock(&s->tell.lock);
}

void tell_stop(struct site *s)
{
	if (!s->tell.is_running)
		return;
	pthread_mutex_lock(&s->tell.lock);
	s->tell.is_stopping = true;
	pthread_cond_signal(&s->tell.wake);
	pthread_mutex_unlock(&s->tell.lock);
	pthread_join(s->tell.thread, NULL);
	sender_stop(s);
	pthread_mutex_destroy(&s->tell.lock);
	pthread_cond_destroy(&s->tell.wake);
	s->tell.is_running = false;
}
