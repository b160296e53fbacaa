// SPDX-License-Identifier: GPL-2.0-or-later
/* The files that a matrix leaves about itself beside its cells: results.json and matrix.html. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/lab_matrix.h"
#include "report/grid/grid.h"

static int write_page(const struct matrix *m, const json_t *doc)
{
	_cleanup_free_ char *path = text_printf("%s/matrix.html", m->dir), *page = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&page, &len);
	int r;

	if (!f)
		return -ENOMEM;
	r = grid_write(doc, m->dir, f);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0 && !path)
		r = -ENOMEM;
	return r < 0 ? r : file_replace(AT_FDCWD, path, page, len);
}

int lab_matrix_page(const struct matrix *m)
{
	_cleanup_free_ char *path = text_printf("%s/results.json", m->dir), *text = NULL;
	json_t *doc = matrix_document(m);
	int r = -ENOMEM;

	text = doc ? json_dumps(doc, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
	if (path && text)
		r = file_replace(AT_FDCWD, path, text, strlen(text));
	if (r == 0)
		r = write_page(m, doc);
	json_decref(doc);
	return r;
}
