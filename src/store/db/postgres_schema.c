// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema in PostgreSQL: its number, its tables, whether references hold, and how words are
 * found. Its text is sql/'s. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "store/db/postgres.h"
#include "store/db/postgres_text.h"

const char postgres_tables[] =
	"SELECT relname::text FROM pg_class WHERE relkind='r' AND relname<>'hotproof_schema'"
	" AND relnamespace=(SELECT oid FROM pg_namespace WHERE nspname=current_schema())"
	" ORDER BY oid";

/* Without what PostgreSQL makes of others itself: the words of a search. */
const char postgres_columns[] =
	"SELECT attname::text,CASE format_type(atttypid,NULL) WHEN 'bigint' THEN 'i'"
	" WHEN 'bytea' THEN 'b' ELSE 's' END FROM pg_attribute"
	" WHERE attrelid=to_regclass(quote_ident(?1)) AND attnum>0 AND NOT attisdropped"
	" AND attgenerated='' AND attname<>'search_id' ORDER BY attname::text COLLATE \"C\"";

/* The excerpts of those only that are shown; titles weigh four times as much. */
const char postgres_search[] =
	"SELECT f.kind,f.ref,f.title,ts_headline('simple',f.body,f.query,"
	"'StartSel=\"\",StopSel=\"\",MaxWords=24,MinWords=12')"
	" FROM (SELECT s.kind,s.ref,s.title,s.body,q.query,"
	"  ts_rank('{0.25,0.25,0.25,1}',s.words,q.query) AS weight,s.search_id FROM search s"
	"  CROSS JOIN (SELECT to_tsquery('simple',?3) AS query) q"
	"  WHERE s.words @@ q.query AND (?1 IS NULL OR s.kind=?1)"
	"  ORDER BY weight DESC,s.search_id LIMIT ?2) f ORDER BY f.weight DESC,f.search_id";

const char postgres_search_newest[] =
	"SELECT f.kind,f.ref,f.title,ts_headline('simple',f.body,f.query,"
	"'StartSel=\"\",StopSel=\"\",MaxWords=24,MinWords=12')"
	" FROM (SELECT s.kind,s.ref,s.title,s.body,q.query,s.search_id FROM search s"
	"  CROSS JOIN (SELECT to_tsquery('simple',?3) AS query) q"
	"  WHERE s.words @@ q.query AND (?1 IS NULL OR s.kind=?1)"
	"  ORDER BY s.search_id DESC LIMIT ?2) f ORDER BY f.search_id DESC";

/* With DB_CREATE the first that search_path names is made when it is not there. */
int postgres_make_schema(struct db *db, enum db_mode mode, struct error *err)
{
	static const char sql[] =
		"DO $$ DECLARE name text; BEGIN"
		" name := trim(both ' \"' from split_part(current_setting('search_path'),',',1));"
		" EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', name); END $$";
	int64_t is_there = 0;
	int r = db_number(db, &is_there, err, "SELECT current_schema() IS NOT NULL", NULL);

	if (r < 0 || is_there)
		return r < 0 ? r : 0;
	return mode == DB_CREATE ? postgres_script(db, sql, err)
				 : error_set(err, ENOENT, "\"%s\" names a schema that is not there",
					     db->path);
}

static int is_strange(struct db *db, struct error *err)
{
	_cleanup_free_ char *table = NULL;
	int r = db_text(db, &table, err, postgres_tables, NULL);

	return r == 1 ? error_set(
				err, EUCLEAN,
				"\"%s\" holds tables of another program (\"%.60s\"); name another "
				"database, or a schema of it",
				db->path, table)
		      : r;
}

int postgres_schema_number(struct db *db, int64_t *ret, struct error *err)
{
	int64_t is_there = 0;
	int r = db_number(db, &is_there, err,
			  "SELECT count(*) FROM pg_class WHERE relname='hotproof_schema' AND"
			  " relnamespace=(SELECT oid FROM pg_namespace WHERE"
			  " nspname=current_schema())",
			  NULL);

	if (r < 0)
		return r;
	*ret = 0;
	if (!is_there)
		return is_strange(db, err);
	r = db_number(db, ret, err, "SELECT number FROM hotproof_schema", NULL);
	return r < 0 ? r : 0;
}

int postgres_set_schema(struct db *db, const char *text, int64_t number, struct error *err)
{
	_cleanup_free_ char *sql = postgres_schema(text);
	int r = sql ? postgres_script(db, sql, err)
		    : error_set(err, ENOMEM, "out of memory for the schema");

	if (r >= 0)
		r = postgres_script(db,
				    "CREATE TABLE IF NOT EXISTS hotproof_schema(number bigint);"
				    "DELETE FROM hotproof_schema",
				    err);
	return r < 0 ? r
		     : db_run(db, err, "INSERT INTO hotproof_schema(number) VALUES(?1)", "i",
			      number);
}

/* One reference: rows whose value is not there. PostgreSQL sees to it itself; a disk that lies,
 * or somebody with its superuser's rights, does not. */
static int check_one(struct db *db, const char *from, const char *column, const char *to,
		     const char *key, struct error *err)
{
	_cleanup_free_ char *sql =
		text_printf("SELECT count(*) FROM %s a LEFT JOIN %s b ON b.%s=a.%s"
			    " WHERE a.%s IS NOT NULL AND b.%s IS NULL",
			    from, to, key, column, column, key);
	int64_t n = 0;
	int r = sql ? db_number(db, &n, err, sql, NULL)
		    : error_set(err, ENOMEM, "out of memory for checking");

	return r < 0 || n == 0 ? r
			       : error_set(err, EUCLEAN,
					   "the database \"%s\" is damaged: %" PRId64
					   " rows of \"%s\" refer "
					   "to rows of \"%s\" that are not there",
					   db->path, n, from, to);
}

int postgres_check(struct db *db, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(
		db, &rows, err,
		"SELECT c.conrelid::regclass::text,a.attname::text,c.confrelid::regclass::text,"
		"b.attname::text FROM pg_constraint c JOIN pg_attribute a ON a.attrelid=c.conrelid"
		" AND a.attnum=c.conkey[1] JOIN pg_attribute b ON b.attrelid=c.confrelid"
		" AND b.attnum=c.confkey[1] WHERE c.contype='f' AND c.connamespace="
		"(SELECT oid FROM pg_namespace WHERE nspname=current_schema()) ORDER BY 1,2",
		NULL);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		r = check_one(db, rows_text(&rows, 0), rows_text(&rows, 1), rows_text(&rows, 2),
			      rows_text(&rows, 3), err);
	return r;
}

int postgres_set_ids(struct db *db, const char *table, struct error *err)
{
	_cleanup_free_ char *sql = NULL, *column = NULL;
	int64_t next = 0;
	int r = db_text(db, &column, err,
			"SELECT attname::text FROM pg_attribute WHERE attrelid="
			"to_regclass(quote_ident(?1)) AND attidentity<>'' AND attname<>'search_id'",
			"s", table);

	if (r <= 0)
		return r;
	sql = text_printf("SELECT setval(pg_get_serial_sequence(quote_ident(?1),?2),"
			  "greatest((SELECT max(%s) FROM \"%s\"),1),(SELECT max(%s) FROM \"%s\")"
			  " IS NOT NULL)",
			  column, table, column, table);
	if (!sql)
		return error_set(err, ENOMEM, "out of memory for ids");
	r = db_number(db, &next, err, sql, "ss", table, column);
	return r < 0 ? r : 0;
}
