// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections to the database: some for reading, checked out and in by requests, and one for
 * writing. Which queries there are is not known here. */
#include <errno.h>

#include "site/web/internal.h"

int pool_open(struct site *s, struct error *err)
{
	int r;

	pthread_mutex_init(&s->pool.lock, NULL);
	pthread_mutex_init(&s->pool.writing, NULL);
	pthread_mutex_init(&s->pool.watching, NULL);
	r = db_open(s->setup.db, DB_WRITE, &s->pool.writer, err);
	return r < 0 ? r : db_open(s->setup.db, DB_READ, &s->pool.watcher, err);
}

void pool_close(struct site *s)
{
	for (int i = 0; i < s->pool.n; i++)
		db_close(s->pool.idle[i]);
	db_close(s->pool.writer);
	db_close(s->pool.watcher);
	pthread_mutex_destroy(&s->pool.watching);
	pthread_mutex_destroy(&s->pool.lock);
	pthread_mutex_destroy(&s->pool.writing);
}

static struct db *take_idle(struct site *s)
{
	struct db *db = NULL;

	pthread_mutex_lock(&s->pool.lock);
	if (s->pool.n > 0)
		db = s->pool.idle[--s->pool.n];
	pthread_mutex_unlock(&s->pool.lock);
	return db;
}

int site_reader(struct site *s, struct db **ret, struct error *err)
{
	struct db *db = take_idle(s);
	int r = db ? 0 : db_open(s->setup.db, DB_READ, &db, err);

	if (r >= 0)
		r = db_begin_read(db, err);
	if (r < 0) {
		db_close(db);
		return r;
	}
	*ret = db;
	return 0;
}

/* SQLite tells a connection of the commits of all others; so this one never writes. */
int64_t site_version(struct site *s)
{
	int64_t version = -1;

	pthread_mutex_lock(&s->pool.watching);
	if (db_version(s->pool.watcher, &version) < 0)
		version = -1;
	pthread_mutex_unlock(&s->pool.watching);
	return version;
}

struct db *site_writer(struct site *s)
{
	return s->pool.writer;
}

int site_take_writer(struct site *s, struct db **ret, struct error *err)
{
	(void)err;
	pthread_mutex_lock(&s->pool.writing);
	*ret = s->pool.writer;
	return 0;
}

void site_return(struct site *s, struct db *db)
{
	db_rollback(db);
	if (db == s->pool.writer) {
		pthread_mutex_unlock(&s->pool.writing);
		return;
	}
	pthread_mutex_lock(&s->pool.lock);
	if (s->pool.n < POOL_MAX) {
		s->pool.idle[s->pool.n++] = db;
		db = NULL;
	}
	pthread_mutex_unlock(&s->pool.lock);
	db_close(db);
}
