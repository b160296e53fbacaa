// SPDX-License-Identifier: GPL-2.0-or-later
/* Words into an FTS5 query, each quoted: an unquoted quote or NEAR would be a syntax error. */
#include "store/people/search.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "store/limits.h"

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

static void put_query(FILE *out, const char *words, const char *between, size_t shortest)
{
	int n = 0;

	while (*words && n < LIMITS_SEARCH_WORDS) {
		size_t len = 0;

		while (*words && !is_word_byte(*words))
			words++;
		while (words[len] && is_word_byte(words[len]))
			len++;
		if (len >= shortest)
			fprintf(out, "%s\"%.*s\"%s", n++ ? between : "", (int)len, words,
				words[len] ? "" : "*");
		words += len;
	}
}

static char *query(const char *words, const char *between, size_t shortest)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_query(out, words, between, shortest);
	return fclose(out) == 0 ? text : NULL;
}

static int find(struct db *db, const char *words, const char *between, size_t shortest,
		const char *kind, int64_t limit, struct rows *ret, struct error *err)
{
	_cleanup_free_ char *match = query(words, between, shortest);

	/* The query holds letters, digits, blanks, stars and double quotes only. */
	if (!match)
		return error_set(err, ENOMEM, "out of memory for a search");
	return db_select(db, ret, err,
			 "SELECT kind,ref,title,snippet(search,3,'','','…',24) FROM search"
			 " WHERE search MATCH ?3 AND (?1 IS NULL OR kind=?1)"
			 " ORDER BY bm25(search,0,0,4,1) LIMIT ?2",
			 "sit", kind, limit, *match ? match : "\"\"");
}

int search_find(struct db *db, const char *words, const char *kind, int64_t limit, struct rows *ret,
		struct error *err)
{
	return find(db, words, " ", 1, kind, limit, ret, err);
}

int search_alike(struct db *db, const char *words, const char *kind, int64_t limit,
		 struct rows *ret, struct error *err)
{
	return find(db, words, " OR ", 4, kind, limit, ret, err);
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
