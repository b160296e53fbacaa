// SPDX-License-Identifier: GPL-2.0-or-later
/* Plays scenarios on scripted roots and counts what the witnesses expected. Judges nothing by
 * itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/text.h"
#include "scripted.h"
#include "stage/stage.h"

static void count_line(json_t *counts, const char *line)
{
	json_t *o = json_loads(line, 0, NULL), *c;
	const char *type = json_string_value(json_object_get(o, "type"));

	if (type && strcmp(type, "expect") == 0) {
		const char *claim = json_string_value(json_object_get(o, "claim"));
		const char *result = json_string_value(json_object_get(o, "result"));

		c = json_object_get(counts, claim);
		if (!c) {
			c = json_object();
			json_object_set_new(counts, claim, c);
		}
		json_object_set_new(
			c, result,
			json_integer(json_integer_value(json_object_get(c, result)) + 1));
		if (strcmp(result, "unmet") == 0 || strcmp(result, "error") == 0)
			fprintf(stderr, "    %s %s: %s\n", claim, result,
				json_string_value(json_object_get(o, "text")));
	}
	json_decref(o);
}

static int play_in(const char *dir, struct box *box, const struct scenario *scenario,
		   const struct witness *const *witnesses)
{
	_cleanup_(cleanup_rundir) struct rundir *rd = NULL;
	_cleanup_(cleanup_journal) struct journal *j = NULL;
	_cleanup_(cleanup_stage) struct stage *s = NULL;
	struct stage_shared *shared = calloc(1, sizeof(*shared));
	struct error err = {};
	int r = rundir_create(dir, &rd, &err);

	if (r == 0)
		r = journal_new(rd, &j);
	if (r == 0)
		r = stage_new(&(struct stage_setup){ .box = box,
						     .journal = j,
						     .shared = shared,
						     .scenario = scenario,
						     .witnesses = witnesses },
			      &s);
	/* A scenario that stops early is for the expectations to show: not our failure. */
	if (r == 0 && stage_play(s) < 0)
		fprintf(stderr, "    the scenario stopped early\n");
	if (r < 0)
		fprintf(stderr, "cannot play: %s %s\n", strerror(-r), err.text);
	stage_free(take_ptr(s));
	free(shared);
	return r;
}

json_t *scripted_play_on(struct box *box, const struct scenario *scenario,
			 const struct witness *const *witnesses)
{
	char dir[] = "/tmp/hotproof-play-XXXXXX";
	_cleanup_free_ char *text = NULL, *path = NULL, *rm = NULL;
	json_t *counts = NULL;
	char *cursor, *line;

	if (!mkdtemp(dir) || play_in(dir, box, scenario, witnesses) < 0)
		return NULL;
	path = text_printf("%s/journal.jsonl", dir);
	if (file_read(AT_FDCWD, path, &text, NULL) == 0) {
		counts = json_object();
		for (cursor = text; (line = text_next_line(&cursor));)
			count_line(counts, line);
	}
	rm = text_printf("rm -r '%s'", dir);
	return system(rm) == 0 ? counts : NULL;
}

json_t *scripted_play(const char *root, const struct scenario *scenario,
		      const struct witness *const *witnesses)
{
	_cleanup_(cleanup_box) struct box *box = NULL;
	struct error err = {};

	if (scripted_open(root, &box, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return NULL;
	}
	return scripted_play_on(box, scenario, witnesses);
}

int scripted_count(const json_t *played, const char *claim, const char *result)
{
	return (int)json_integer_value(json_object_get(json_object_get(played, claim), result));
}

static bool is_named(const char *claim, const char *names)
{
	_cleanup_free_ char *copy = strdup(names);
	char *cursor = copy, *word;

	while ((word = text_next_word(&cursor)))
		if (strcmp(word, claim) == 0)
			return true;
	return false;
}

int scripted_check(const char *root, const struct scenario *scenario,
		   const struct witness *const *witnesses, const char *failing)
{
	json_t *good = scripted_play("good", scenario, witnesses),
	       *bad = scripted_play(root, scenario, witnesses), *c;
	const char *claim;
	int wrong = good && bad ? 0 : -1;

	json_object_foreach(good, claim, c) {
		bool should = is_named(claim, failing);

		if ((scripted_count(bad, claim, "unmet") > 0) != should ||
		    scripted_count(bad, claim, "error") > 0 ||
		    (!should && scripted_count(good, claim, "met") > 0 &&
		     scripted_count(bad, claim, "met") == 0)) {
			fprintf(stderr, "root \"%s\": claim %s should %s: %s\n", root, claim,
				should ? "fail" : "hold",
				json_dumps(json_object_get(bad, claim), 0));
			wrong = -1;
		}
	}
	json_decref(good);
	json_decref(bad);
	return wrong;
}
