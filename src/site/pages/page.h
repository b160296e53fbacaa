// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands around every page, and the parts that several pages show. */
#pragma once

#include "site/web/request.h"
#include "site/web/route.h"
#include "store/cells/cell.h"
#include "store/cells/filter.h"
#include "store/cells/matrix.h"

/* Begins the page with its head and menu; `menu` is the entry that it belongs to, or "". */
struct out *page_begin(struct request *r, const char *title, const char *menu);
/* Ends it. Returns 0, for `return page_end(r)`. */
int page_end(struct request *r);

/* A whole page that says what went wrong. */
void page_error(struct request *r, int status, const char *text);

/* A state as a small mark with its word; never by colour alone. */
void page_state(struct out *out, enum cell_state state);
void page_look(struct out *out, struct matrix_look look);
/* The newest results as letters, the newest first, each with its colour. */
void page_recent(struct out *out, const char *recent);

/* <a href="/claim/ID">ID</a> and the like; `kind`: claim, scenario, machine, run. */
void page_link(struct out *out, const char *kind, const char *name);

/* "kernel=...&arch=..." of what is set, each with a leading '&'; without `but` (may be NULL). */
void page_filter_url(struct out *out, const struct filter *filter, const char *but);
void page_filter_read(const struct request *r, struct filter *ret);
/* The filter as a form with menus; `hidden` fields go along ("rows cols"), read from the query. */
_must_check_ int page_filter_form(struct request *r, const struct filter *filter,
				  const char *action, const char *hidden);

/* A menu of names of `what`, with what is chosen; "" is any. */
_must_check_ int page_menu(struct request *r, const char *what, const char *label,
			   const char *chosen);

/* Coverage as a bar with its numbers in words. */
void page_coverage(struct out *out, const struct matrix_count *count);
void page_bar(struct out *out, const struct matrix_count *count);

/* The hidden field that a form of somebody who is logged in must carry, and whether it did:
 * -EACCES.
 */
void page_token(struct request *r);
_must_check_ int page_check_token(struct request *r);

/* Changes machines, all or none, with the note of who did it and the word to watchers. */
struct machine_change;
_must_check_ int page_machine_change(struct request *r, const char *const *names, size_t n,
				     const struct machine_change *change);

/* markdown.c: a stranger's text as HTML; what it may hold is bounded in size and kind. */
void page_markdown(struct out *out, const char *text);

/* saved.c: how to be told of what is new in this search: a feed, and a form to save it. */
void page_follow(struct request *r, const char *kind, const struct filter *filter);

/* Whether somebody without an account sent too much of late: -EAGAIN. */
_must_check_ int page_may_post(struct request *r);

/* The next page of a list, as a link. `key` is put behind "after=". */
void page_next(struct out *out, const char *path, const char *query, const char *key);

/* The pages, each in the file of its name. */
#define PAGE(name) int page_##name(struct request *r)
PAGE(home);
PAGE(matrix);
PAGE(cells);
PAGE(cell);
PAGE(cell_owner);
PAGE(runs);
PAGE(run);
PAGE(run_report);
PAGE(run_evidence);
PAGE(compare);
PAGE(changes);
/* The form of /changes, for the first page too. */
_must_check_ int page_changes_form(struct request *r, const char *since,
				   const struct filter *filter);
PAGE(machines);
PAGE(machine);
PAGE(machine_save);
PAGE(catalogue);
PAGE(claim);
PAGE(scenario);
PAGE(rules);
PAGE(rule_add);
PAGE(rule_remove);
/* 1: not yet, the server goes on with it. */
PAGE(rules_replan);
PAGE(wanted_add);
PAGE(wanted_remove);
PAGE(trends);
PAGE(search);
PAGE(ideas);
PAGE(idea);
PAGE(idea_new);
PAGE(idea_submit);
PAGE(idea_vote);
PAGE(idea_moderate);
PAGE(login);
PAGE(login_do);
PAGE(logout);
PAGE(account);
PAGE(account_token);
PAGE(account_token_remove);
PAGE(account_password);
PAGE(audit);
PAGE(saved);
PAGE(saved_add);
PAGE(saved_remove);
/* What of it the API does as well, for whoever asks: with what a form or a document has of a search
 * (`get` says one of its fields, "" for none). */
typedef const char *page_saved_value(const void *from, const char *field);
void page_saved_query(page_saved_value *get, const void *from, struct out *out);
bool page_is_saved_field(const char *field);
struct subscription_new;
_must_check_ int page_save(struct request *r, const char *name, const char *kind,
			   const struct out *query, int64_t *ret);
_must_check_ int page_saved_drop(struct request *r, int64_t id);
_must_check_ int page_subscribe_to(struct request *r, struct subscription_new *new,
				   char secret[ACCOUNT_SECRET], int64_t *ret);
_must_check_ int page_subscription_change(struct request *r, int64_t id, bool is_resumed);
PAGE(subscribe);
PAGE(subscription_remove);
PAGE(subscription_resume);
PAGE(unsubscribe);
PAGE(unsubscribe_do);
PAGE(address);
PAGE(proof);
PAGE(proof_do);
PAGE(forgot);
PAGE(forgot_do);
PAGE(help);
PAGE(style);
PAGE(script);
