// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message on its way: taken from the outbox for a while, given to the mail program or the hook,
 * and removed when that has it. A crash in between sends it once more, with the same Message-ID.
 */
#include "site/tell/post.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "site/tell/hook.h"
#include "site/tell/message.h"
#include "site/tell/sender.h"
#include "site/tell/tell.h"
#include "site/web/internal.h"
#include "store/limits.h"
#include "store/tell/outbox.h"

static_assert(LIMITS_SENDERS == OUTBOX_BUSY, "each may be sending of one");

#define LEASE_S (LIMITS_MAIL_S + LIMITS_HOOK_S + 30) /* until another process may try */
#define SLICE_MS 200                                 /* how long the end of the server waits */
#define LONGEST_WAIT_S (12 * 3600)

/* A row of the outbox, copied: the connection is not held while it is sent. */
struct parcel {
	int64_t id, subscription, added_at, due_at, tries;
	char *recipient, *subject, *body, *message_id, *secret, *name;
	bool is_hook, may_go;
};

static void parcel_clear(struct parcel *p)
{
	free(p->recipient);
	free(p->subject);
	free(p->body);
	free(p->message_id);
	free(p->secret);
	free(p->name);
}

static int read_next(struct site *s, int64_t now, struct parcel *p, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int64_t busy[OUTBOX_BUSY];
	struct db *db = NULL;
	int r = site_reader(s, &db, err);

	if (r < 0)
		return r;
	for (int i = 0; i < OUTBOX_BUSY; i++)
		busy[i] = s->senders.list[i].subscription;
	r = outbox_next(db, now, tell_can_mail(s), busy, &rows, err);
	if (r == 1)
		*p = (struct parcel){
			.id = rows_int(&rows, OUTBOX_ID),
			.subscription = rows_int(&rows, OUTBOX_SUBSCRIPTION),
			.added_at = rows_int(&rows, OUTBOX_ADDED),
			.due_at = rows_int(&rows, OUTBOX_DUE),
			.tries = rows_int(&rows, OUTBOX_TRIES),
			.recipient = strdup(rows_text(&rows, OUTBOX_RECIPIENT)),
			.subject = strdup(rows_text(&rows, OUTBOX_SUBJECT)),
			.body = strdup(rows_text(&rows, OUTBOX_BODY)),
			.message_id = strdup(rows_text(&rows, OUTBOX_MESSAGE_ID)),
			.secret = strdup(rows_text(&rows, OUTBOX_SECRET)),
			.name = strdup(rows_text(&rows, OUTBOX_NAME)),
			.is_hook = strcmp(rows_text(&rows, OUTBOX_WAY), "hook") == 0,
			.may_go = rows_int(&rows, OUTBOX_MAY) != 0,
		};
	rows_close(&rows);
	site_return(s, db);
	if (r == 1 &&
	    (!p->recipient || !p->subject || !p->body || !p->message_id || !p->secret || !p->name))
		return error_set(err, ENOMEM, "out of memory for a message");
	return r;
}

/* The first line of what the program said. */
static void read_complaint(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
}

static int await(struct site *s, struct process *p, int *ret_status, struct error *err)
{
	int64_t deadline = wait_now_ns() + LIMITS_MAIL_S * NS_PER_S;
	int r = 0;

	while (r == 0 && wait_now_ns() < deadline && !tell_is_stopping(s))
		r = process_wait(p, wait_now_ns() + SLICE_MS * NS_PER_MS, ret_status);
	if (r == 1)
		return 0;
	if (r < 0)
		return error_set(err, -r, "the mail program is lost: %s", strerror(-r));
	return error_set(err, tell_is_stopping(s) ? ECANCELED : ETIMEDOUT,
			 "the mail program did not end within %d seconds", LIMITS_MAIL_S);
}

static int give_to_program(struct site *s, const char *text, size_t len, struct error *err)
{
	_cleanup_close_ int in = memfd_create("message", MFD_CLOEXEC);
	_cleanup_close_ int out = memfd_create("complaint", MFD_CLOEXEC);
	_cleanup_process_ struct process p = PROCESS_NONE;
	char complaint[160];
	int status = 0, r;

	if (in < 0 || out < 0 || file_write_all(in, text, len) < 0 || lseek(in, 0, SEEK_SET) < 0)
		return error_set(err, errno, "cannot keep a message: %s", strerror(errno));
	r = process_start(site_setup_of(s)->sendmail, in, -1, out, &p, err);
	if (r >= 0)
		r = await(s, &p, &status, err);
	if (r < 0)
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	read_complaint(out, complaint, sizeof(complaint));
	return error_set(err, EIO, "the mail program ended with %d: %s",
			 WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), complaint);
}

/* What GMime says of threads is little, and making a message takes no time: one after the other. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static int send_mail(struct site *s, const struct parcel *p, struct error *err)
{
	const struct site_setup *setup = site_setup_of(s);
	_cleanup_free_ char *unsubscribe = NULL, *list = NULL, *text = NULL;
	struct message m = { .from = setup->mail_from,
			     .to = p->recipient,
			     .subject = p->subject,
			     .body = p->body,
			     .id = p->message_id,
			     .date = p->added_at };
	size_t len = 0;
	int r;

	if (p->subscription) {
		unsubscribe = text_printf("%s/unsubscribe/%s", setup->url, p->secret);
		list = text_printf("saved-%" PRId64 ".%s", p->subscription,
				   strchr(setup->mail_from, '@') + 1);
		if (!unsubscribe || !list)
			return error_set(err, ENOMEM, "out of memory for a message");
		m.unsubscribe = unsubscribe;
		m.list = list;
	}
	pthread_mutex_lock(&making);
	r = message_make(&m, &text, &len, err);
	pthread_mutex_unlock(&making);
	return r < 0 ? r : give_to_program(s, text, len, err);
}

static int deliver(struct site *s, const struct parcel *p, int64_t now, struct error *err)
{
	if (!p->is_hook)
		return send_mail(s, p, err);
	return hook_send(&(struct hook){ .url = p->recipient,
					 .secret = p->secret,
					 .body = p->body,
					 .id = p->message_id,
					 .now = now,
					 .may_be_private = site_setup_of(s)->may_hook_private,
					 .site = s },
			 err);
}

/* Longer each time; a test sets the first one shorter. */
static int64_t wait_s(struct db *db, int64_t tries)
{
	int64_t s = 60;

	if (db_number(db, &s, NULL,
		      "SELECT CAST(value AS INTEGER) FROM setting WHERE key='tell_retry_s'",
		      NULL) < 0)
		s = 60;
	for (; tries > 0 && s < LONGEST_WAIT_S; tries--)
		s *= 4;
	return s < LONGEST_WAIT_S ? s : LONGEST_WAIT_S;
}

static int settle(struct db *db, const struct parcel *p, int r, const struct error *why,
		  int64_t now, struct error *err)
{
	bool is_last = !p->is_hook && p->tries + 1 >= LIMITS_MAIL_TRIES;

	if (r >= 0)
		return outbox_done(db, p->id, p->subscription, err);
	if (r == -ECANCELED) /* not its fault: after the next start */
		return db_run(db, err, "UPDATE outbox SET due_at=?2,tries=tries-1 WHERE id=?1",
			      "ii", p->id, now);
	return outbox_failed(db, p->id, p->subscription, why->text,
			     is_last ? 0 : now + wait_s(db, p->tries),
			     p->is_hook ? (r == -EOWNERDEAD ? 1 : LIMITS_HOOK_FAILURES) : 0, now,
			     err);
}

/* 1: it is this process's to send. */
static int claim(struct site *s, const struct parcel *p, int64_t now, struct error *err)
{
	struct db *db = NULL;
	int r = site_take_writer(s, &db, err);

	if (r < 0)
		return r;
	if (p->may_go)
		r = outbox_take(db, p->id, p->due_at, now, LEASE_S, err);
	else
		r = outbox_done(db, p->id, 0, err);
	site_return(s, db);
	return r;
}

/* 1: it is `me` who sends it; 0: there is none, 2: it need not be sent. Only one at a time looks:
 * what it takes the next one sees. */
static int pick(struct site *s, struct sender *me, int64_t now, struct parcel *p)
{
	struct error err = { 0 };
	int r;

	pthread_mutex_lock(&s->senders.picking);
	r = read_next(s, now, p, &err);
	if (r == 1) {
		r = claim(s, p, now, &err);
		if (r == 0 || (r > 0 && !p->may_go))
			r = 2;
	}
	if (r == 1 && p->subscription)
		me->subscription = p->subscription;
	pthread_mutex_unlock(&s->senders.picking);
	return r;
}

static void put_down(struct site *s, struct sender *me)
{
	pthread_mutex_lock(&s->senders.picking);
	me->subscription = SENDER_IDLE;
	pthread_mutex_unlock(&s->senders.picking);
}

bool post_send_next(struct site *s, struct sender *me, int64_t now)
{
	struct parcel p _cleanup_(parcel_clear) = { 0 };
	struct error err = { 0 }, why = { 0 };
	struct db *db = NULL;
	int r = pick(s, me, now, &p);

	if (r != 1)
		return r == 2;
	sender_wake(s); /* there may be more, and this one may take its time */
	r = deliver(s, &p, now, &why);
	/* What cannot be noted is sent again when the lease is over. */
	if (site_take_writer(s, &db, &err) >= 0) {
		r = settle(db, &p, r, &why, now, &err);
		site_return(s, db);
	}
	put_down(s, me);
	return r >= 0;
}
