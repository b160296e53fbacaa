// SPDX-License-Identifier: GPL-2.0-or-later
/* Text for PostgreSQL: the SQL of this program in its words. Nothing here talks to it. */
#pragma once

/* A query: ?N becomes $N, and what PostgreSQL reserves is quoted. NULL: out of memory. */
char *postgres_sql(const char *sql);

/*
 * A file of sql/: types and what follows a table are replaced, lines that end with "--sqlite" left
 * out, lines that begin with "--postgres " taken in.
 */
char *postgres_schema(const char *text);
