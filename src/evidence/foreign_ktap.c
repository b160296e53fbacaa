// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KTAP and TAP: "ok 1 name # SKIP why", with subtests indented before the line that sums them up.
 * Only leaves become results; a line that sums up is one only when its subtests do not explain it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "evidence/foreign_internal.h"

#define DEPTH 8

struct ktap {
	struct foreign_list *list;
	char names[DEPTH][64]; /* of the subtests that are open */
	int children[DEPTH];   /* results one level below, since the last line of this level */
	int failed[DEPTH];     /* of them */
	long planned, met;     /* of the top level */
};

static int depth_of(const char *line)
{
	int n = 0;

	while (line[n] == ' ')
		n++;
	n /= 2; /* TAP 13 indents by 4, KTAP by 2: what counts is deeper or not */
	return n < DEPTH ? n : DEPTH - 1;
}

/* "ok 12 - name # SKIP why" behind the ok: cuts it apart in place. */
static char *split(char *rest, char **ret_directive)
{
	char *hash;

	while (*rest == ' ')
		rest++;
	while (isdigit((unsigned char)*rest))
		rest++;
	while (*rest == ' ' || *rest == '-')
		rest++;
	hash = strstr(rest, " # ");
	if (!hash && *rest == '#')
		hash = rest;
	*ret_directive = hash ? hash + (*hash == ' ' ? 3 : 1) : rest + strlen(rest);
	if (hash)
		*hash = '\0';
	return text_strip(rest);
}

static enum foreign_verdict verdict_of(bool is_ok, const char *directive)
{
	if (strncasecmp(directive, "SKIP", 4) == 0 || strncasecmp(directive, "XFAIL", 5) == 0)
		return FOREIGN_SKIP;
	if (strncasecmp(directive, "TODO", 4) == 0)
		return is_ok ? FOREIGN_SKIP : FOREIGN_KNOWN;
	return is_ok ? FOREIGN_PASS : FOREIGN_FAIL;
}

static void add_result(struct ktap *k, int depth, bool is_ok, char *rest)
{
	char full[FOREIGN_NAME + 1] = "", *directive, *name = split(rest, &directive);
	bool is_sum = false, has_failed_below = false;
	size_t at = 0;

	for (int d = depth + 1; d < DEPTH; d++) {
		is_sum |= k->children[d] > 0;
		has_failed_below |= k->failed[d] > 0;
		k->children[d] = k->failed[d] = 0;
		k->names[d][0] = '\0';
	}
	k->children[depth]++;
	k->failed[depth] += !is_ok;
	k->met += depth == 0;
	if (is_sum && (is_ok || has_failed_below))
		return;
	for (int d = 0; d <= depth && at < sizeof(full); d++)
		if (k->names[d][0])
			at += (size_t)snprintf(full + at, sizeof(full) - at, "%s/", k->names[d]);
	if (at < sizeof(full))
		snprintf(full + at, sizeof(full) - at, "%s", *name ? name : "unnamed");
	foreign_add(k->list, full, verdict_of(is_ok, directive),
		    *directive ? directive
		    : is_ok    ? "ok"
			       : "not ok");
}

static void read_line(struct ktap *k, char *line)
{
	int depth = depth_of(line);
	char *s = text_strip(line);

	if (text_starts(s, "# Subtest: "))
		snprintf(k->names[depth], sizeof(k->names[depth]), "%s", s + 11);
	else if (text_starts(s, "ok ") || strcmp(s, "ok") == 0)
		add_result(k, depth, true, s + 2);
	else if (text_starts(s, "not ok ") || strcmp(s, "not ok") == 0)
		add_result(k, depth, false, s + 6);
	else if (text_starts(s, "Bail out!"))
		k->list->stopped = "it bailed out";
	else if (depth == 0 && text_starts(s, "1.."))
		(void)sscanf(s + 3, "%8ld", &k->planned);
}

void foreign_ktap(struct foreign_list *l, char *text)
{
	struct ktap k = { .list = l };
	char *line;

	while ((line = text_next_line(&text)))
		read_line(&k, line);
	/* A suite that dies in the middle must not look like one that passed. */
	if (k.planned > k.met && k.met > 0) {
		_cleanup_free_ char *why =
			text_printf("%ld were planned and %ld came", k.planned, k.met);

		foreign_add(l, "all that was planned", FOREIGN_ERROR, why ? why : "");
		l->stopped = "it did not come to the end of its plan";
	}
}
