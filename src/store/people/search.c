// SPDX-License-Identifier: GPL-2.0-or-later
/* Words into a query, each quoted: an unquoted quote or NEAR would be a syntax error. In whose
 * signs says db_search(). */
#include "store/people/search.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "store/limits.h"

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

static void put_query(FILE *out, const struct db_search *in, const char *words, const char *between,
		      size_t shortest)
{
	int n = 0;

	while (*words && n < LIMITS_SEARCH_WORDS) {
		size_t len = 0;

		while (*words && !is_word_byte(*words))
			words++;
		while (words[len] && is_word_byte(words[len]))
			len++;
		if (len >= shortest)
			fprintf(out, "%s%s%.*s%s%s", n++ ? between : "", in->quote, (int)len, words,
				in->quote, words[len] ? "" : in->prefix);
		words += len;
	}
}

static char *query(const struct db_search *in, const char *words, const char *between,
		   size_t shortest)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_query(out, in, words, between, shortest);
	return fclose(out) == 0 ? text : NULL;
}

static int find(struct db *db, const char *sql, const char *words, const char *between,
		size_t shortest, const char *kind, int64_t limit, struct rows *ret,
		struct error *err)
{
	const struct db_search *in = db_search(db);
	_cleanup_free_ char *match = query(in, words, between, shortest);

	/* The query holds letters, digits, blanks and the signs of db_search() only. */
	if (!match)
		return error_set(err, ENOMEM, "out of memory for a search");
	return db_select(db, ret, err, sql, "sit", kind, limit, *match ? match : in->nothing);
}

int search_find(struct db *db, const char *words, const char *kind, int64_t limit, struct rows *ret,
		struct error *err)
{
	return find(db, db_search(db)->sql, words, db_search(db)->and, 1, kind, limit, ret, err);
}

int search_newest(struct db *db, const char *words, int64_t limit, struct rows *ret,
		  struct error *err)
{
	return find(db, db_search(db)->newest, words, db_search(db)->and, 1, NULL, limit, ret, err);
}

int search_alike(struct db *db, const char *words, const char *kind, int64_t limit,
		 struct rows *ret, struct error *err)
{
	return find(db, db_search(db)->sql, words, db_search(db)->or, 4, kind, limit, ret, err);
}

int search_remove(struct db *db, const char *kind, const char *ref, struct error *err)
{
	return db_run(db, err, "DELETE FROM search WHERE kind=?1 AND ref=?2", "ss", kind, ref);
}

int search_put(struct db *db, const char *kind, const char *ref, const char *title,
	       const char *body, struct error *err)
{
	int r = search_remove(db, kind, ref, err);

	return r < 0 ? r
		     : db_run(db, err,
			      "INSERT INTO search(kind,ref,title,body) VALUES(?1,?2,?3,?4)", "ssss",
			      kind, ref, title, body);
}
