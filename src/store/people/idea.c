// SPDX-License-Identifier: GPL-2.0-or-later
/* Ideas and votes in the database. Who may do what is the routes' business. */
#include "store/people/idea.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/limits.h"
#include "store/people/search.h"

const char *const idea_states[] = { "waiting",        "rejected", "proposed", "accepted",
				    "needs-resource", "in-work",  "covered",  NULL };
const char *const idea_kinds[] = { "edge-case", "feature", "platform", NULL };
const char *const idea_votes[] = { "want", "hardware", "implement", NULL };

#define VISIBLE "state NOT IN ('waiting','rejected')"

static bool is_one_of(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static int check_new(const struct idea_new *idea, struct error *err)
{
	if (!*idea->title || strlen(idea->title) > LIMITS_TITLE)
		return error_set(err, EINVAL, "an idea needs a title of at most %d bytes",
				 LIMITS_TITLE);
	if (strlen(idea->body) > LIMITS_MARKDOWN)
		return error_set(err, EINVAL, "the text is longer than %d bytes", LIMITS_MARKDOWN);
	if (strlen(idea->author) > LIMITS_NAME || strlen(idea->contact) > LIMITS_NAME)
		return error_set(err, EINVAL, "a name or an address is longer than %d bytes",
				 LIMITS_NAME);
	if (!is_one_of(idea_kinds, idea->kind))
		return error_set(err, EINVAL, "\"%.40s\" is no kind of idea", idea->kind);
	return 0;
}

static int index_idea(struct db *db, int64_t id, struct error *err)
{
	_cleanup_free_ char *ref = text_printf("%" PRId64, id);
	int r = ref ? search_remove(db, "idea", ref, err) : -ENOMEM;

	if (r < 0)
		return r;
	return db_run(
		db, err,
		"INSERT INTO search(kind,ref,title,body) SELECT 'idea',?2,title,body FROM idea"
		" WHERE id=?1 AND " VISIBLE,
		"is", id, ref);
}

int idea_add(struct db *db, const struct idea_new *idea, int64_t now, int64_t *ret,
	     struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int64_t id = 0;
	int r = check_new(idea, err);

	if (r >= 0)
		r = db_begin(db, err);
	if (r < 0)
		return r;
	undo = db;
	r = db_number(
		db, &id, err,
		"INSERT INTO idea(title,body,kind,state,author,contact,user,added_at,changed_at)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?8) RETURNING id",
		"ssssssii", idea->title, idea->body, idea->kind,
		idea->is_trusted ? "proposed" : "waiting", idea->author, idea->contact, idea->user,
		now);
	if (r >= 0)
		r = index_idea(db, id, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		return r;
	undo = NULL;
	*ret = id;
	return 0;
}

static int set_state(struct db *db, int64_t id, const char *state, const char *note,
		     const char *covered_by, int64_t now, struct error *err)
{
	int r = db_run(db, err,
		       "UPDATE idea SET state=?2,note=?3,covered_by=?4,changed_at=?5 WHERE id=?1",
		       "isssi", id, state, note, covered_by, now);

	if (r >= 0 && db_changes(db) == 0)
		return error_set(err, ENOENT, "there is no idea %" PRId64, id);
	return r < 0 ? r : index_idea(db, id, err);
}

int idea_set_state(struct db *db, const int64_t *ids, size_t n, const char *state, const char *note,
		   const char *covered_by, int64_t now, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int64_t is_there = 0;
	int r;

	if (!is_one_of(idea_states, state))
		return error_set(err, EINVAL, "\"%.40s\" is no state of an idea", state);
	if (strcmp(state, "covered") == 0) {
		r = db_number(db, &is_there, err, "SELECT 1 FROM claim WHERE name=?1", "s",
			      covered_by);
		if (r < 0)
			return r;
		if (!is_there)
			return error_set(
				err, EINVAL,
				"say what covers it: \"%.80s\" is no claim of the catalogue",
				covered_by);
	}
	r = db_begin(db, err);
	if (r < 0)
		return r;
	undo = db;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = set_state(db, ids[i], state, note, covered_by, now, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r >= 0)
		undo = NULL;
	return r;
}

int idea_vote(struct db *db, int64_t id, const char *voter, const char *kind, bool is_given,
	      int64_t now, struct error *err)
{
	int64_t is_there = 0;
	int r;

	if (!is_one_of(idea_votes, kind))
		return error_set(err, EINVAL, "\"%.40s\" is no vote", kind);
	r = db_number(db, &is_there, err, "SELECT 1 FROM idea WHERE id=?1 AND " VISIBLE, "i", id);
	if (r == 0)
		return error_set(err, ENOENT, "there is no idea %" PRId64, id);
	if (r < 0)
		return r;
	return is_given ? db_run(db, err,
				 "INSERT INTO vote(idea,voter,kind,at) VALUES(?1,?2,?3,?4)"
				 " ON CONFLICT(idea,voter,kind) DO NOTHING",
				 "issi", id, voter, kind, now)
			: db_run(db, err, "DELETE FROM vote WHERE idea=?1 AND voter=?2 AND kind=?3",
				 "iss", id, voter, kind);
}

#define COLUMNS                                                                             \
	"i.id,i.title,i.kind,i.state,i.author,i.added_at,i.changed_at,i.covered_by,i.note," \
	"(SELECT count(*) FROM vote WHERE idea=i.id AND kind='want') AS votes,"             \
	"(SELECT count(*) FROM vote WHERE idea=i.id AND kind='hardware'),"                  \
	"(SELECT count(*) FROM vote WHERE idea=i.id AND kind='implement')"

int idea_list(struct db *db, const char *state, int64_t after_votes, int64_t after_id,
	      int64_t limit, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 "SELECT * FROM (SELECT " COLUMNS " FROM idea i WHERE CASE WHEN ?1 IS NULL"
			 " THEN " VISIBLE " ELSE state=?1 END) i WHERE ?2<0 OR (votes,-id)<(?2,-?3)"
			 " ORDER BY votes DESC,id LIMIT ?4",
			 "siii", state, after_votes, after_id, limit);
}

int idea_read(struct db *db, int64_t id, bool is_maintainer, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 "SELECT " COLUMNS ",i.body,i.contact FROM idea i WHERE i.id=?1"
			 " AND (?2=1 OR " VISIBLE ")",
			 "ii", id, (int64_t)is_maintainer);
}
