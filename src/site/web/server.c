// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libmicrohttpd with all its limits set: how bytes become a request, and its answer bytes. What a
 * request means is head.c's and the routes' business.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "base/file.h"
#include "base/text.h"
#include "site/tell/tell.h"
#include "site/web/internal.h"
#include "store/cells/cube.h"

static bool has_nul(const char *uri)
{
	for (const char *at = strchr(uri, '%'); at; at = strchr(at + 1, '%'))
		if (at[1] == '0' && at[2] == '0')
			return true;
	return false;
}

/* Called with the raw address, before all else: makes the exchange. */
static void *begin(void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct request *r = calloc(1, sizeof(*r));

	if (!x || !r) {
		free(x);
		free(r);
		return NULL;
	}
	r->site = arg;
	r->upload = -1;
	x->request = r;
	x->connection = connection;
	x->is_bad_uri = strlen(uri) > LIMITS_URL || has_nul(uri);
	x->uri = x->is_bad_uri ? NULL : strdup(uri);
	return x;
}

static void end(void *arg, struct MHD_Connection *connection, void **state,
		enum MHD_RequestTerminationCode why)
{
	struct site *s = arg;
	struct exchange *x = *state;

	(void)connection, (void)why;
	if (!x)
		return;
	if (x->has_upload_slot)
		atomic_fetch_sub(&s->uploads, 1);
	request_free(x->request);
	free(x->uri);
	free(x->cache_key);
	free(x);
	*state = NULL;
}

/* In the library's own memory; a %00 was refused before, a broken escape stays as it is. */
static size_t unescape(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg, (void)connection;
	return MHD_http_unescape(text);
}

static bool is_json(struct exchange *x)
{
	const char *type =
		MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Type");

	return type && text_starts(type, "application/json");
}

static bool begin_upload(struct exchange *x)
{
	struct request *r = x->request;

	if (atomic_fetch_add(&r->site->uploads, 1) >= LIMITS_UPLOADS_AT_ONCE) {
		atomic_fetch_sub(&r->site->uploads, 1);
		r->reply.retry_s = 5;
		answer_error(r, MHD_HTTP_SERVICE_UNAVAILABLE,
			     "too many uploads at once; come again");
		return false;
	}
	x->has_upload_slot = true;
	r->upload = open(getenv("TMPDIR") ?: "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (r->upload >= 0)
		return true;
	error_set(&r->err, errno, "cannot keep an upload: %s", strerror(errno));
	answer_error(r, 0, NULL);
	return false;
}

static bool take_bytes(struct exchange *x, const char *data, size_t len)
{
	struct request *r = x->request;

	if (x->body_size + len > x->body_most) {
		answer_error(r, MHD_HTTP_CONTENT_TOO_LARGE,
			     "the body is longer than is taken here");
		return false;
	}
	x->body_size += len;
	if (r->upload >= 0) {
		int n = file_write_all(r->upload, data, len);

		r->upload_len += len;
		if (n < 0) {
			error_set(&r->err, -n, "cannot keep an upload: %s", strerror(-n));
			answer_error(r, 0, NULL);
		}
		return n >= 0;
	}
	char *more = realloc(r->body, r->body_len + len + 1);

	if (!more) {
		error_set(&r->err, ENOMEM, "out of memory for a request");
		answer_error(r, 0, NULL);
		return false;
	}
	r->body = more;
	memcpy(r->body + r->body_len, data, len);
	r->body_len += len;
	r->body[r->body_len] = '\0';
	return true;
}

/* Forms are split here, so that no route sees one that is malformed. */
static bool finish_body(struct exchange *x)
{
	struct request *r = x->request;

	if (r->route->body == ROUTE_JSON && r->body && !is_json(x)) {
		answer_error(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			     "Content-Type must be application/json");
		return false;
	}
	if (r->route->body != ROUTE_FORM || !r->body)
		return true;
	if (strlen(r->body) != r->body_len || request_split(take_ptr(r->body), &r->form) < 0) {
		answer_error(r, MHD_HTTP_BAD_REQUEST,
			     "the form is malformed, or has too many fields");
		return false;
	}
	return true;
}

static enum MHD_Result on_head(struct exchange *x, const char *url, const char *method,
			       const char *version)
{
	enum MHD_Result result;
	bool is_good, is_found = false;

	x->has_begun = true;
	is_good = head_is_honest(x, method, version);
	if (is_good) {
		result = cache_answer(x, method, &is_found);
		if (is_found)
			return result;
		is_good = head_read(x, url);
	}
	if (is_good && x->request->route->body == ROUTE_UPLOAD)
		is_good = begin_upload(x);
	return is_good ? MHD_YES : answer_queue(x);
}

static enum MHD_Result on_end(struct exchange *x)
{
	struct request *r = x->request;

	if (!x->is_answered && !finish_body(x))
		x->is_answered = true;
	if (!x->is_answered && r->route->is_stream)
		return answer_stream(x);
	if (!x->is_answered && r->route->is_slow) {
		if (work_add(r->site, x))
			return MHD_YES;
		r->reply.retry_s = 2;
		answer_error(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too much to do; come again");
		x->is_answered = true;
	}
	if (!x->is_answered)
		answer_make(r);
	return answer_queue(x);
}

/* Several times for each request: for its head, for pieces of its body, at its end, and once more
 * after a worker had it. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	struct exchange *x = *state;

	(void)arg, (void)connection;
	if (!x)
		return MHD_NO; /* out of memory in begin() */
	if (!x->has_begun)
		return on_head(x, url, method, version);
	if (*len > 0) {
		/* An answer may not be given in the middle: the rest is read and dropped, but not
		 * for ever. */
		if (x->is_answered)
			x->body_dropped += *len;
		else if (!take_bytes(x, data, *len))
			x->is_answered = true;
		*len = 0;
		return x->body_dropped > LIMITS_UPLOAD_MAX ? MHD_NO : MHD_YES;
	}
	return x->is_queued ? MHD_YES : x->is_answered ? answer_queue(x) : on_end(x);
}

/* How long a connection on which nothing moves is kept; a test makes it shorter. */
static int64_t idle_s(struct site *s)
{
	struct error err = { 0 };
	struct db *db = NULL;
	int64_t n = LIMITS_IDLE_S;

	if (site_reader(s, &db, &err) < 0)
		return n;
	if (db_number(db, &n, &err, "SELECT CAST(value AS INTEGER) FROM setting WHERE key='idle_s'",
		      NULL) < 0 ||
	    n < 1 || n > LIMITS_IDLE_S)
		n = LIMITS_IDLE_S;
	site_return(s, db);
	return n;
}

static int start_daemon(struct site *s, struct error *err)
{
	unsigned int pool = (unsigned int)get_nprocs() * 2 > 4 ? (unsigned int)get_nprocs() * 2 : 4;
	int fd = -1, r = listen_open(s, &fd, err);

	/* Before the first request, and once the port is known. */
	if (r >= 0)
		r = tell_start(s, err);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return r;
	}
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
				     NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_THREAD_POOL_SIZE,
				     pool, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)idle_s(s),
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)LIMITS_CONNECTIONS,
				     MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				     (unsigned int)LIMITS_CONNECTIONS_PER_IP,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, LIMITS_CONNECTION_MEMORY,
				     MHD_OPTION_URI_LOG_CALLBACK, begin, s,
				     MHD_OPTION_UNESCAPE_CALLBACK, unescape, s,
				     MHD_OPTION_NOTIFY_COMPLETED, end, s, MHD_OPTION_END);
	if (s->daemon)
		return 0;
	close(fd);
	return error_set(err, EIO, "cannot start the HTTP server");
}

struct cube *site_cube(struct site *s)
{
	return s->cube;
}

int site_port(const struct site *s)
{
	return s->port;
}

const struct site_setup *site_setup_of(const struct site *s)
{
	return &s->setup;
}

static void free_site(struct site *s)
{
	free(s->tell.url);
	cache_close(s);
	pool_close(s);
	cube_free(s->cube);
	pthread_mutex_destroy(&s->throttle.lock);
	free(s);
}

int site_start(const struct site_setup *setup, struct site **ret, struct error *err)
{
	struct site *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return error_set(err, ENOMEM, "out of memory for the server");
	s->setup = *setup;
	pthread_mutex_init(&s->throttle.lock, NULL);
	randombytes_buf(s->proxy_key, sizeof(s->proxy_key));
	cache_open(s);
	r = cube_new(&s->cube, err);
	if (r >= 0)
		r = pool_open(s, err);
	if (r < 0) {
		free_site(s);
		return r;
	}
	if (setup->is_still) {
		*ret = s;
		return 0;
	}
	r = events_start(s, err);
	if (r >= 0) {
		r = work_start(s, err);
		if (r >= 0)
			r = start_daemon(s, err);
		if (r < 0) {
			tell_stop(s);
			work_stop(s);
		}
	}
	if (r < 0) {
		events_stop(s);
		events_clear(s);
		free_site(s);
		return r;
	}
	*ret = s;
	return 0;
}

void site_stop(struct site *s)
{
	if (!s)
		return;
	if (s->setup.is_still) {
		free_site(s);
		return;
	}
	/* Workers first: the daemon must not be stopped while connections are suspended. */
	work_stop(s);
	tell_stop(s);
	events_stop(s);
	MHD_stop_daemon(s->daemon);
	listen_close(s);
	events_clear(s);
	free_site(s);
}
