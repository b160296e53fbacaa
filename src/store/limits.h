// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every limit of the tracker, in one place: what strangers send is bounded by these and by nothing
 * else. Changing one is a change of behaviour that docs/tracker.md tells of.
 */
#pragma once

#include <stddef.h>

/* Uploads: as sent, as unpacked, and how many files a run directory may hold. */
#define LIMITS_UPLOAD_MAX ((size_t)64 << 20)
#define LIMITS_UNPACKED_MAX ((size_t)256 << 20)
#define LIMITS_UNPACKED_FILES 256
#define LIMITS_FOREIGN_MAX ((size_t)16 << 20) /* results of another suite */
#define LIMITS_NAME 128                       /* of a run, a machine, a kernel, a user */
#define LIMITS_OPTIONS 1024                   /* a kernel command line */
#define LIMITS_WHY 512         /* the one line that explains a result; longer ones are cut */
#define LIMITS_RESULTS 20000   /* of one run */
#define LIMITS_FORM_MAX 131072 /* bytes of a form or of JSON, but for uploads */
#define LIMITS_FIELDS 64       /* of a form or a query */
#define LIMITS_TITLE 160       /* of an idea */
#define LIMITS_MARKDOWN 65536  /* of any text that is rendered */
#define LIMITS_MARKDOWN_GROWTH 8
#define LIMITS_SEARCH_WORDS 12
#define LIMITS_PASSWORD_MIN 10
#define LIMITS_PASSWORD_MAX 256

/* Pages. */
#define LIMITS_PAGE_ROWS 100
#define LIMITS_API_ROWS 1000
#define LIMITS_BULK 1000 /* things that one request changes */
#define LIMITS_MATRIX_ROWS 400
#define LIMITS_MATRIX_COLUMNS 60
#define LIMITS_URL 4096

/* The server. */
#define LIMITS_CONNECTIONS 512
#define LIMITS_CONNECTIONS_PER_IP 128
#define LIMITS_CONNECTION_MEMORY ((size_t)32 << 10)
#define LIMITS_CACHE ((size_t)12 << 20) /* of answers that were made already */
#define LIMITS_IDLE_S 30
#define LIMITS_WATCHERS 200       /* who watch events at the same time */
#define LIMITS_HEARTBEAT_S 15     /* so that a proxy does not take them for dead */
#define LIMITS_UPLOADS_AT_ONCE 16 /* open at the same time; more are told to come again */
#define LIMITS_SLOW_QUEUE 64      /* requests that wait for a worker */
#define LIMITS_WORKERS 2
#define LIMITS_BUSY_MS 10000 /* how long a writer waits for another process's lock */

/* Accounts. */
#define LIMITS_SESSION_S (14 * 24 * 3600)
#define LIMITS_LOGIN_TRIES 8 /* failures of one name or address within ... */
#define LIMITS_LOGIN_WINDOW_S 600
#define LIMITS_POSTS 20 /* anonymous posts of one address within ... */
#define LIMITS_POSTS_WINDOW_S 3600

/* Rules. */
#define LIMITS_REPLAN_S 20 /* how long whoever changed one waits for all cells */

/* Saved searches and what is sent of them. */
#define LIMITS_SAVED 50         /* of an account */
#define LIMITS_SUBSCRIPTIONS 10 /* of a saved search */
#define LIMITS_NEWS 100         /* items of a message; of more it says that there are */
#define LIMITS_TOLD 500         /* of a search that is looked at for news: the newest */
#define LIMITS_HOOK_URL 1000
#define LIMITS_HOOK_ANSWER ((size_t)64 << 10)
#define LIMITS_HOOK_S 10       /* for one try, all of it */
#define LIMITS_HOOK_FAILURES 8 /* in a row; then it is stopped */
#define LIMITS_SENDERS 4       /* messages on their way at the same time */
#define LIMITS_MAIL_S 30       /* for the program that takes a message */
#define LIMITS_MAIL_TRIES 8
#define LIMITS_TELL_GAP_S 60 /* between two messages of one subscription */
#define LIMITS_PROOFS 5      /* links mailed to one address in a day */
#define LIMITS_PROOF_S (3 * 24 * 3600)
#define LIMITS_RESET_S 3600
