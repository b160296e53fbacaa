// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server: a database, its connections, and what listens. Strict about HTTP; slow work is done
 * by workers, so that no request waits for another's argon2id or archive.
 */
#pragma once

#include "site/web/out.h"
#include "store/db/db.h"
#include "store/people/account.h"

struct cube;
struct site;
struct request;

/* What a group that a proxy names may do. */
struct site_group {
	const char *group;
	enum account_role role;
};

struct site_setup {
	const char *db;      /* must be there and of this version */
	const char *address; /* "127.0.0.1", "::1" */
	int port;            /* 0: any */
	const char *socket;  /* instead of address and port: a unix socket's path */
	/* Headers that are believed there, and there only: who it is, and (NULL: not asked) their
	 * groups with commas between. */
	const char *trust_header, *trust_groups;
	const struct site_group *groups;
	size_t n_groups;
	bool is_https;   /* behind a proxy that speaks it: cookies are for https only */
	bool is_private; /* nothing is shown to nobody */
	bool is_signed;  /* only runs that are signed by their machine's key are taken */
	bool is_still;   /* nothing listens: only site_render() */
	/* What is sent: a program with its words that takes a message (NULL: no mail), whom it is
	 * from, and what links in it begin with ("https://tracker.example.org"). */
	const char *const *sendmail;
	const char *mail_from, *url;
	bool is_url_guessed;   /* nobody said what links begin with */
	bool may_hook_private; /* hooks may be on this machine and its networks */
	bool has_proxy;        /* X-Forwarded-For of the one proxy before it is believed */
};

_must_check_ int site_start(const struct site_setup *setup, struct site **ret, struct error *err);
/* Requests under way are finished, connections closed. */
void site_stop(struct site *s);
CLEANUP_DEFINE(struct site, site, site_stop)

int site_port(const struct site *s);
const struct site_setup *site_setup_of(const struct site *s);

/* A page as nobody in particular sees it. 1; 0: there is no such page. */
_must_check_ int site_render(struct site *s, const char *uri, struct out *ret, struct error *err);

/* The states of all cells, for the matrix. */
struct cube *site_cube(struct site *s);

/* pool.c: connections. site_return() takes any of them back. */
_must_check_ int site_reader(struct site *s, struct db **ret, struct error *err);
_must_check_ int site_take_writer(struct site *s, struct db **ret, struct error *err);
struct db *site_writer(struct site *s);
void site_return(struct site *s, struct db *db);

/* work.c: after a change of rules: plans targets anew, each step a transaction, until it is done
 * (0) or the time is over (1; then the keeper goes on). The caller holds no connection. */
_must_check_ int work_replan(struct site *s, int64_t until_ns, int64_t now, struct error *err);

/* throttle.c: counts one more of `what` by `who`; false when there were too many in that time. */
bool site_may(struct site *s, const char *what, const char *who, int64_t now, int most,
	      int64_t window_s);
/* How many there were, without counting. */
bool site_is_throttled(struct site *s, const char *what, const char *who, int64_t now, int most,
		       int64_t window_s);
