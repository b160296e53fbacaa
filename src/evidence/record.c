// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes acts and scenarios of a run's lines, and finds lines. Reading the files is record_read.c's;
 * judging is verdict.c's. */
#include "evidence/record_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int compare_seqs(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static int collect_seqs(struct record *r)
{
	size_t n = 0;

	r->seqs = calloc(r->n_journal + 1, sizeof(*r->seqs));
	if (!r->seqs)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_journal; i++)
		r->seqs[i] = r->lines[i].seq;
	qsort(r->seqs, r->n_journal, sizeof(*r->seqs), compare_seqs);
	for (size_t i = 0; i < r->n_journal; i++)
		if (n == 0 || r->seqs[n - 1] != r->seqs[i])
			r->seqs[n++] = r->seqs[i];
	r->n_seqs = n;
	r->n_missing = n ? r->seqs[n - 1] - (long)n : 0;
	return 0;
}

/* Index of the first number that is >= seq. */
static size_t seq_index(const struct record *r, long seq)
{
	size_t low = 0, high = r->n_seqs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->seqs[mid] < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

long record_missing_between(const struct record *r, const struct record_line *from,
			    const struct record_line *to)
{
	if (to->seq < from->seq)
		return 0;
	return to->seq - from->seq - (long)(seq_index(r, to->seq) - seq_index(r, from->seq));
}

static int int_or(const json_t *o, const char *key, int none)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? (int)json_integer_value(v) : none;
}

static void join_done(struct record_act *act, const struct record_line *done)
{
	act->done = done;
	act->result = json_string_value(json_object_get(done->json, "result"));
	act->began = record_int(done, "began");
	act->ended = record_int(done, "ended");
	act->attempts = (int)record_int(done, "attempts");
	act->is_noop = json_is_true(json_object_get(done->json, "noop"));
	act->state = int_or(done->json, "state", -1);
	act->target = int_or(done->json, "target", -1);
	act->online = json_string_value(json_object_get(done->json, "online"));
}

static int collect_acts(struct record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_journal; i++)
		n += strcmp(r->lines[i].type, "act") == 0;
	r->acts = calloc(n + 1, sizeof(*r->acts));
	if (!r->acts)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_journal; i++) {
		const struct record_line *l = &r->lines[i];

		if (strcmp(l->type, "act") == 0) {
			r->acts[r->n_acts++] = (struct record_act){
				.id = (int)record_int(l, "act"),
				.line = l,
				.scenario = l->scenario,
				.is_alone = l->is_alone,
				.verb = record_str(l, "verb"),
				.path = record_str(l, "path"),
				.value = record_str(l, "value"),
				.cpu = int_or(l->json, "cpu", -1),
				.began = l->t,
				.state = -1,
				.target = -1,
			};
		} else if (strcmp(l->type, "done") == 0) {
			/* The act is the last one, but for lines that were lost. */
			for (size_t k = r->n_acts; k > 0 && r->n_acts - k < 8; k--) {
				if (r->acts[k - 1].id != record_int(l, "act") ||
				    r->acts[k - 1].done)
					continue;
				join_done(&r->acts[k - 1], l);
				break;
			}
		}
	}
	return 0;
}

/* Finds or makes. */
static struct record_scenario *scenario_of(struct record *r, const char *id)
{
	struct record_scenario *s = (struct record_scenario *)record_scenario(r, id);

	if (s || r->n_scenarios == RECORD_CLAIMS_MAX)
		return s;
	s = &r->scenarios[r->n_scenarios++];
	s->id = id;
	return s;
}

static int add_claim(struct record_scenario *s, const char *claim, struct error *err)
{
	if (!claim)
		return 0;
	for (size_t i = 0; i < s->n_claims; i++)
		if (strcmp(s->claims[i], claim) == 0)
			return 0;
	if (s->n_claims == RECORD_CLAIMS_MAX)
		return error_set(
			err, EFBIG,
			"scenario \"%s\" has more than %d claims: this is no run of hotproof",
			s->id, RECORD_CLAIMS_MAX);
	if (!s->claims)
		s->claims = calloc(RECORD_CLAIMS_MAX, sizeof(*s->claims));
	if (!s->claims)
		return -ENOMEM;
	s->claims[s->n_claims++] = claim;
	return 0;
}

static int add_claims(struct record_scenario *s, const struct record_line *l, struct error *err)
{
	const json_t *claims = json_object_get(l->json, "claims"), *claim;
	size_t i;
	int r;

	json_array_foreach(claims, i, claim) {
		r = add_claim(s, json_string_value(claim), err);
		if (r < 0)
			return r;
	}
	return strcmp(l->type, "expect") == 0 ? add_claim(s, record_str(l, "claim"), err) : 0;
}

static bool is_of_scenario(const struct record_line *l, const char *type)
{
	return strcmp(l->type, type) == 0 && strcmp(record_str(l, "of"), "scenario") == 0;
}

static int collect_scenarios(struct record *r, struct error *err)
{
	int ret;

	r->scenarios = calloc(RECORD_CLAIMS_MAX, sizeof(*r->scenarios));
	if (!r->scenarios)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_lines; i++) {
		const struct record_line *l = &r->lines[i];
		struct record_scenario *s;

		if (l->is_alone || (!l->scenario && strcmp(l->type, "expect") != 0))
			continue;
		s = scenario_of(r, l->scenario ? l->scenario : "run");
		if (!s)
			return error_set(
				err, EFBIG,
				"\"%s\" has more than %d scenarios: this is no run of hotproof",
				r->dir, RECORD_CLAIMS_MAX);
		if (is_of_scenario(l, "begin") && s->n_begun++ == 0)
			s->begin = l;
		if (is_of_scenario(l, "end")) {
			s->end = l;
			s->n_ended++;
		}
		ret = add_claims(s, l, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_all(struct record *r, int dirfd, struct error *err)
{
	int ret = record_read_lines(r, dirfd, RUNDIR_JOURNAL, true, err);

	if (ret < 0)
		return ret;
	r->n_journal = r->n_lines;
	ret = record_read_lines(r, dirfd, RUNDIR_OUTSIDE, false, err);
	if (ret == 0)
		ret = record_read_document(r, dirfd, RUNDIR_META, &r->meta, err);
	if (ret == 0)
		ret = record_read_document(r, dirfd, RUNDIR_CATALOG, &r->catalog, err);
	if (ret == 0)
		ret = collect_seqs(r);
	if (ret == 0)
		ret = collect_acts(r);
	return ret < 0 ? ret : collect_scenarios(r, err);
}

static struct record *record_alloc(const char *dir)
{
	struct record *r = calloc(1, sizeof(*r));

	if (r)
		r->dir = strdup(dir);
	return r;
}

int record_open(const char *dir, struct record **ret, struct error *err)
{
	_cleanup_(cleanup_record) struct record *r = record_alloc(dir);
	_cleanup_close_ int dirfd = -1;
	int n;

	error_set(err, ENOMEM, "out of memory for the run in \"%s\"", dir);
	if (!r || !r->dir)
		return -ENOMEM;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0) {
		const char *what = errno == ENOTDIR
					   ? "it is a file; name the run directory that holds it"
					   : strerror(errno);

		return error_set(err, errno, "cannot open the run directory \"%s\": %s", dir, what);
	}
	n = read_all(r, dirfd, err);
	if (n < 0)
		return n;
	if (err)
		*err = (struct error){};
	*ret = take_ptr(r);
	return 0;
}

void record_free(struct record *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_lines; i++)
		json_decref(r->lines[i].json);
	for (size_t i = 0; i < r->n_scenarios; i++)
		free(r->scenarios[i].claims);
	json_decref(r->meta);
	json_decref(r->catalog);
	free(r->lines);
	free(r->acts);
	free(r->scenarios);
	free(r->seqs);
	free(r->dir);
	free(r);
}
