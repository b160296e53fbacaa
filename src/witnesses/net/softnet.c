// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads softnet_stat. Rows are of online CPUs; which one's, the 13th column says (since
 * Linux 5.10). */
#include "witnesses/net/softnet.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"

#define COLUMNS_MIN 9 /* what the oldest kernels have */
#define COLUMNS_MAX 32
#define COLUMN_DROPPED 1
#define COLUMN_STEERED 9
#define COLUMN_QUEUED 11
#define COLUMN_CPU 12

static int parse_row(char *line, uint64_t *columns)
{
	char *word, *end;
	int n = 0;

	while ((word = text_next_word(&line)) && n < COLUMNS_MAX) {
		columns[n++] = strtoull(word, &end, 16);
		if (*end)
			return -EBADMSG;
	}
	return n;
}

int softnet_parse(char *text, int cpu, struct softnet *ret)
{
	struct softnet s = {};
	char *line;
	int rows = 0;

	while ((line = text_next_line(&text))) {
		uint64_t columns[COLUMNS_MAX];
		int n = *line ? parse_row(line, columns) : 0;

		if (n == 0)
			continue;
		if (n < COLUMNS_MIN)
			return -EBADMSG;
		rows++;
		s.dropped += columns[COLUMN_DROPPED];
		if (n > COLUMN_CPU && (int)columns[COLUMN_CPU] == cpu) {
			s.steered = columns[COLUMN_STEERED];
			s.has_steered = true;
			s.queued = columns[COLUMN_QUEUED];
		}
	}
	if (rows == 0)
		return -EBADMSG;
	*ret = s;
	return 0;
}

int softnet_read(struct box *box, int cpu, struct softnet *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = box_read(box, "proc/net/softnet_stat", &text);

	return r < 0 ? r : softnet_parse(text, cpu, ret);
}
