// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of the server share and no route sees. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "site/web/request.h"
#include "site/web/route.h"
#include "site/web/site.h"
#include "store/people/event.h"

/* MHD 0.9.75 has no word for it. */
#ifndef MHD_HTTP_CONTENT_TOO_LARGE
#define MHD_HTTP_CONTENT_TOO_LARGE 413
#endif

#define POOL_MAX 64
#define THROTTLE_SLOTS 4096

/* One event as it is sent, but for its number. */
struct told {
	int64_t id;
	char *text;
};

#define CACHE_SLOTS 1021
#define CACHE_ENTRY_BYTES (LIMITS_CACHE / 4)

struct cached {
	char *key, *etag; /* key NULL: the slot is empty */
	int64_t version;
	struct MHD_Response *response, *unchanged;
	size_t bytes;
};

struct throttle_slot {
	unsigned char key[16];
	int64_t began;
	int n;
};

/* A request with its way through MHD: it is called several times for each. */
struct exchange {
	struct request *request;
	struct MHD_Connection *connection;
	bool is_bad_uri, has_begun, is_answered, is_queued;
	bool has_upload_slot;
	size_t body_size, body_most, body_dropped;
	char *uri;       /* as it came */
	char *cache_key; /* NULL: not to be kept */
	int64_t cache_version;
	struct exchange *next; /* in the workers' queue */
};

#define SENDER_IDLE (-1)

/* One that sends; `subscription`: of what it is sending, SENDER_IDLE: of none, or nothing. */
struct sender {
	struct site *site;
	pthread_t thread;
	int64_t subscription;
};

struct site {
	struct site_setup setup;
	struct MHD_Daemon *daemon;
	int port;
	struct cube *cube;
	struct { /* pool.c */
		pthread_mutex_t lock;
		struct db *idle[POOL_MAX];
		int n;
		pthread_mutex_t writing, watching;
		struct db *writer, *watcher;
	} pool;
	struct { /* cache.c */
		pthread_mutex_t lock;
		struct cached slots[CACHE_SLOTS];
		size_t bytes, hand;
	} cache;
	struct { /* work.c */
		pthread_mutex_t lock;
		pthread_cond_t wake, wake_keeper;
		pthread_t threads[LIMITS_WORKERS], keeper;
		int n_threads;
		bool has_keeper;
		struct exchange *first, *last;
		int n_waiting;
		bool is_stopping;
	} work;
	struct { /* throttle.c */
		pthread_mutex_t lock;
		struct throttle_slot slots[THROTTLE_SLOTS];
	} throttle;
	struct { /* events.c */
		pthread_mutex_t lock;
		pthread_cond_t stop;
		pthread_t thread;
		bool is_running, is_stopping;
		struct told ring[EVENT_KEPT];
		size_t n;                /* ever put into it */
		int64_t last, forgotten; /* of the events' numbers: the newest, and the newest
					    that the ring has no more */
		struct watcher *watchers;
		int n_watchers;
	} events;
	struct { /* tell/tell.c */
		pthread_mutex_t lock;
		pthread_cond_t wake;
		pthread_t thread;
		bool is_running;
		atomic_bool is_stopping;
		char *url; /* when nobody said one */
	} tell;
	struct { /* tell/sender.c */
		pthread_mutex_t lock, picking;
		pthread_cond_t wake;
		struct sender list[LIMITS_SENDERS];
		int n;
		bool is_wanted;
	} senders;
	unsigned char proxy_key[32];
	atomic_int uploads;
};

int listen_open(struct site *s, int *ret, struct error *err);
void listen_close(struct site *s);

int pool_open(struct site *s, struct error *err);
void pool_close(struct site *s);

/* A number that changes with every commit, of whichever process; -1: it cannot be told. */
int64_t site_version(struct site *s);

void cache_open(struct site *s);
void cache_close(struct site *s);
/* Answers what was answered before. Else the request goes its way, and cache_wants() says whether
 * its answer is one to keep; then cache_keep() takes both over. */
enum MHD_Result cache_answer(struct exchange *x, const char *method, bool *ret_is_found);
bool cache_wants(const struct exchange *x);
void cache_keep(struct exchange *x, struct MHD_Response *response, struct MHD_Response *unchanged,
		size_t len);

int events_start(struct site *s, struct error *err);
/* Sends all watchers away; before the library is stopped. */
void events_stop(struct site *s);
/* After it. */
void events_clear(struct site *s);
/* The endless answer for one who watches. -EBUSY: there are too many. */
int events_watch(struct exchange *x, struct MHD_Response **ret);

int work_start(struct site *s, struct error *err);
void work_stop(struct site *s);
/* False: the queue is full. The connection is suspended until it is done. */
bool work_add(struct site *s, struct exchange *x);

/* answer.c: runs the route, or makes the answer of its error. */
void answer_make(struct request *r);
/* An answer without a route: what the server itself says. */
void answer_error(struct request *r, int status, const char *text);
enum MHD_Result answer_queue(struct exchange *x);
/* Events until one side has enough. */
enum MHD_Result answer_stream(struct exchange *x);

/* proxy.c: whether the proxy names somebody, and whom; -EINVAL, -EACCES. */
bool proxy_says(struct exchange *x);
int proxy_find_account(struct exchange *x);

/* head.c: what a request's head says. False: the answer is made already. First whether it is one
 * that no proxy can misunderstand, then rights, cookies, origin and route. */
bool head_is_honest(struct exchange *x, const char *method, const char *version);
bool head_read(struct exchange *x, const char *url);
