// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the journal's lines. Does not know what any of them means. */
#include "evidence/journal.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/wait.h"

struct shared {
	atomic_long seq;
	atomic_int act;
	atomic_int error;
};

struct journal {
	struct rundir *rd;
	struct shared *shared;
	char *scenario;
	json_t *alone;
};

int journal_new(struct rundir *rd, struct journal **ret)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->rd = rd;
	j->shared = mmap(NULL, sizeof(*j->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (j->shared == MAP_FAILED) {
		free(j);
		return -ENOMEM;
	}
	*ret = j;
	return 0;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	json_decref(j->alone);
	munmap(j->shared, sizeof(*j->shared));
	free(j->scenario);
	free(j);
}

struct rundir *journal_rundir(struct journal *j)
{
	return j->rd;
}

void journal_set_scenario(struct journal *j, const char *scenario, json_t *alone)
{
	free(j->scenario);
	j->scenario = scenario ? strdup(scenario) : NULL;
	json_decref(j->alone);
	j->alone = json_incref(alone);
}

static void remember_error(struct journal *j, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&j->shared->error, &none, error);
}

static long write_line(struct journal *j, const char *type, json_t *fields, bool sync)
{
	_cleanup_free_ char *text = NULL;
	json_t *line = json_object();
	long seq = atomic_fetch_add(&j->shared->seq, 1) + 1;
	int r = -ENOMEM;

	json_object_set_new(line, "seq", json_integer(seq));
	json_object_set_new(line, "t", json_integer(wait_now_ns()));
	json_object_set_new(line, "type", json_string(type));
	if (j->scenario)
		json_object_set_new(line, "scenario", json_string(j->scenario));
	if (j->alone)
		json_object_set(line, "alone", j->alone);
	if (fields)
		json_object_update(line, fields);
	json_decref(fields);
	text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(line);
	if (text)
		r = sync ? rundir_append_sync(j->rd, text, seq)
			 : rundir_append(j->rd, RUNDIR_JOURNAL, text);
	if (r < 0) {
		remember_error(j, r);
		return r;
	}
	return seq;
}

long journal_write(struct journal *j, const char *type, json_t *fields)
{
	return write_line(j, type, fields, false);
}

long journal_write_sync(struct journal *j, const char *type, json_t *fields)
{
	return write_line(j, type, fields, true);
}

void journal_hold(struct journal *j)
{
	rundir_hold(j->rd);
}

void journal_release(struct journal *j)
{
	int r = rundir_release(j->rd);

	if (r < 0)
		remember_error(j, r);
}

int journal_next_act(struct journal *j)
{
	return atomic_fetch_add(&j->shared->act, 1) + 1;
}

int journal_error(const struct journal *j)
{
	return atomic_load(&j->shared->error);
}
