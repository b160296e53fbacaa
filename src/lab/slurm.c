// SPDX-License-Identifier: GPL-2.0-or-later
/* One loop that compares three things: the matrix, Slurm's queue, and what the tries have left. */
#include "lab/slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "evidence/verdict.h"
#include "lab/slurm_queue.h"

#define POLL_NS (2 * NS_PER_S)
/* A network file system shows a file that another host has written only after a while. */
#define GRACE_NS (10 * NS_PER_S)
/* After scancel, until the tasks have gone. */
#define END_NS (30 * NS_PER_S)
#define LOST_MAX 5
/* CPUs of a guest that one of the node plays: fewer than room.c allows, since Slurm fills nodes. */
#define CPUS_PER_CPU 2

struct task {
	char job[24];    /* "": not submitted */
	int lost;        /* tries that vanished with their node */
	int64_t gone_ns; /* since when neither the queue nor a file knows it; 0: known */
};

struct slurm {
	const struct fleet_setup *setup;
	const struct slurm_setup *how;
	struct matrix *matrix;
	struct task *tasks;
	char *dir, *name;
	bool is_mute; /* that the queue does not answer has been told */
};

static void tell(const struct slurm *s, enum fleet_event what, const struct matrix_cell *c,
		 const char *text)
{
	if (s->setup->watch)
		s->setup->watch(s->setup->watch_ctx, what, c, text);
}

/* The same for the same folder, whoever asks: FNV-1a of its path. */
static char *name_of(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *c = dir; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	return text_printf("hotproof-%.40s-%08x", slash ? slash + 1 : dir,
			   (unsigned int)(hash ^ hash >> 32));
}

static const struct slurm_task *find(const struct slurm_queue *q, const char *job, size_t index)
{
	for (size_t i = 0; i < q->n; i++)
		if ((size_t)q->tasks[i].index == index && strcmp(q->tasks[i].job, job) == 0)
			return &q->tasks[i];
	return NULL;
}

/* A task that somebody before us has submitted and that still waits or runs is ours. */
static void adopt(struct slurm *s, const struct slurm_queue *q)
{
	for (size_t i = 0; i < q->n; i++) {
		const struct slurm_task *t = &q->tasks[i];

		if (!t->is_alive || t->index < 0 || (size_t)t->index >= s->matrix->n_cells ||
		    s->matrix->cells[t->index].state != MATRIX_WAITING)
			continue;
		snprintf(s->tasks[t->index].job, sizeof(s->tasks[0].job), "%s", t->job);
		s->matrix->cells[t->index].tries = 1;
	}
}

static char *try_path(const struct slurm *s, const char *job, const struct matrix_cell *c,
		      const char *suffix)
{
	return text_printf("%s/.tries/%s/%s%s", s->dir, job, c->id, suffix);
}

/* From the try's folder to the matrix's; what an earlier try left there has no verdict. */
static int move(const struct slurm *s, const char *job, const struct matrix_cell *c,
		const char *suffix)
{
	_cleanup_free_ char *from = try_path(s, job, c, suffix),
			    *to = matrix_path(s->matrix, c, suffix);

	if (!from || !to)
		return -ENOMEM;
	fleet_forget(to);
	return rename(from, to) < 0 && errno != ENOENT ? -errno : 0;
}

static void take_text(const json_t *doc, const char *key, char **to)
{
	const char *text = json_string_value(json_object_get(doc, key));

	free(*to);
	*to = text ? strdup(text) : NULL;
}

static int settle(struct slurm *s, struct matrix_cell *c, int code)
{
	int r = matrix_settle(s->matrix, c, code);

	tell(s, FLEET_ENDED, c, NULL);
	return r;
}

/* 1: the try has ended, and the cell says how; 0: it has not. */
static int collect(struct slurm *s, size_t index)
{
	struct matrix_cell *c = &s->matrix->cells[index];
	struct task *t = &s->tasks[index];
	_cleanup_free_ char *path = try_path(s, t->job, c, ".json");
	json_t *end = path ? json_load_file(path, 0, NULL) : NULL;
	int code = (int)json_integer_value(json_object_get(end, "exit")), r = 0;

	if (!json_is_integer(json_object_get(end, "exit"))) {
		json_decref(end);
		return path ? 0 : -ENOMEM;
	}
	c->began_ms = json_integer_value(json_object_get(end, "began"));
	c->ms = json_integer_value(json_object_get(end, "ms"));
	take_text(end, "node", &c->node);
	if (json_is_true(json_object_get(end, "absent"))) {
		take_text(end, "why", &c->why);
		c->state = MATRIX_ABSENT;
		tell(s, FLEET_ABSENT, c, NULL);
	} else if (fleet_is_verdict(code) || c->tries >= s->setup->tries + t->lost) {
		r = move(s, t->job, c, "");
		if (r == 0)
			r = move(s, t->job, c, ".log");
		if (r == 0)
			r = settle(s, c, code);
	} else {
		c->state = MATRIX_WAITING;
		tell(s, FLEET_AGAIN, c, NULL);
	}
	json_decref(end);
	t->job[0] = '\0';
	return r < 0 ? r : 1;
}

static int on_lost(struct slurm *s, size_t index, const struct slurm_task *seen)
{
	struct matrix_cell *c = &s->matrix->cells[index];
	struct task *t = &s->tasks[index];
	_cleanup_free_ char *why =
		text_printf("Slurm lost it: %s%s%s", seen ? seen->state : "not in the queue",
			    seen && *seen->node ? " on " : "", seen ? seen->node : "");

	t->job[0] = '\0';
	t->gone_ns = 0;
	c->state = MATRIX_WAITING;
	if (++t->lost < LOST_MAX) {
		tell(s, FLEET_AGAIN, c, why);
		return 0;
	}
	c->exit = VERDICT_EXIT_NOT_JUDGED;
	c->state = MATRIX_ENDED;
	free(c->why);
	c->why = take_ptr(why);
	tell(s, FLEET_ENDED, c, NULL);
	return 0;
}

static int follow(struct slurm *s, const struct slurm_queue *q, size_t index)
{
	struct matrix_cell *c = &s->matrix->cells[index];
	struct task *t = &s->tasks[index];
	const struct slurm_task *seen = find(q, t->job, index);
	int r = collect(s, index);

	if (r != 0)
		return r;
	if (seen && seen->is_alive) {
		t->gone_ns = 0;
		if (seen->is_running && c->state != MATRIX_RUNNING) {
			c->state = MATRIX_RUNNING;
			c->began_ms = fleet_unix_ms();
			free(c->node);
			c->node = strdup(seen->node);
			tell(s, FLEET_STARTED, c, NULL);
		}
		return 0;
	}
	t->gone_ns = t->gone_ns ? t->gone_ns : wait_now_ns();
	return wait_now_ns() - t->gone_ns > GRACE_NS ? on_lost(s, index, seen) : 0;
}

static char *command_of(const struct slurm *s)
{
	const char *plain[] = { s->how->program, "cell", s->dir, NULL };
	const char *stood_in[] = { s->how->program,  "cell", "--program",
				   s->how->stand_in, s->dir, NULL };
	_cleanup_free_ char *words = text_quoted_words(s->how->stand_in ? stood_in : plain);

	/* The numbers are for the shell of the job to fill in. */
	return words ? text_printf("exec %s \"$SLURM_ARRAY_TASK_ID\" \"$SLURM_ARRAY_JOB_ID\"",
				   words)
		     : NULL;
}

/* All cells that nobody has, as one array. */
static int submit(struct slurm *s, struct error *err)
{
	_cleanup_free_ char *array = NULL, *command = command_of(s), *job = NULL;
	struct room most = {};
	struct slurm_submission what = {
		.name = s->name, .folder = s->dir, .command = command, .options = s->how->options
	};
	size_t len, n = 0;
	FILE *f = open_memstream(&array, &len);
	int r;

	if (!f || !command)
		return -ENOMEM;
	for (size_t i = 0; i < s->matrix->n_cells; i++) {
		struct room one = room_of(&s->matrix->cells[i]);

		if (s->matrix->cells[i].state != MATRIX_WAITING || s->tasks[i].job[0])
			continue;
		most.cpus = one.cpus > most.cpus ? one.cpus : most.cpus;
		most.mem_mib = one.mem_mib > most.mem_mib ? one.mem_mib : most.mem_mib;
		fprintf(f, "%s%zu", n++ ? "," : "", i);
	}
	if (s->setup->jobs > 0)
		fprintf(f, "%%%d", s->setup->jobs);
	fclose(f);
	if (n == 0)
		return 0;
	what.array = array;
	what.cpus = (most.cpus + CPUS_PER_CPU - 1) / CPUS_PER_CPU;
	what.mem_mib = most.mem_mib;
	r = slurm_queue_submit(&what, &job, err);
	for (size_t i = 0; r == 0 && i < s->matrix->n_cells; i++) {
		struct task *t = &s->tasks[i];

		if (s->matrix->cells[i].state != MATRIX_WAITING || t->job[0])
			continue;
		snprintf(t->job, sizeof(t->job), "%s", job);
		/* Until the queue has it. */
		t->gone_ns = wait_now_ns();
		s->matrix->cells[i].tries++;
	}
	return r;
}

/* What ended while nobody watched: the newest complete try of each waiting cell. */
static int collect_left(struct slurm *s)
{
	_cleanup_free_ char *path = text_printf("%s/.tries", s->dir);
	_cleanup_closedir_ DIR *d = path ? opendir(path) : NULL;
	struct dirent *e;
	int r = 0;

	while (d && r >= 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.' || strspn(e->d_name, "0123456789") != strlen(e->d_name))
			continue;
		for (size_t i = 0; r >= 0 && i < s->matrix->n_cells; i++) {
			if (s->matrix->cells[i].state != MATRIX_WAITING || s->tasks[i].job[0])
				continue;
			snprintf(s->tasks[i].job, sizeof(s->tasks[i].job), "%s", e->d_name);
			s->matrix->cells[i].tries = 1;
			r = collect(s, i);
			s->tasks[i].job[0] = '\0';
			if (s->matrix->cells[i].state != MATRIX_ENDED) {
				s->matrix->cells[i].state = MATRIX_WAITING;
				s->matrix->cells[i].tries = 0;
			}
		}
	}
	return r < 0 ? r : 0;
}

static bool is_over(const struct slurm *s)
{
	for (size_t i = 0; i < s->matrix->n_cells; i++)
		if (s->matrix->cells[i].state == MATRIX_WAITING ||
		    s->matrix->cells[i].state == MATRIX_RUNNING)
			return false;
	return true;
}

/* A controller that restarts is no reason to give up what runs on the nodes. */
static int read_queue(struct slurm *s, struct slurm_queue *q)
{
	struct error err = {};
	int r = slurm_queue_read(s->name, q, &err);

	if (r < 0 && !s->is_mute)
		for (size_t i = 0; i < s->matrix->n_cells; i++)
			if (s->tasks[i].job[0]) {
				tell(s, FLEET_HELD, &s->matrix->cells[i], err.text);
				break;
			}
	s->is_mute = r < 0;
	return r;
}

static bool has_tasks(const struct slurm *s)
{
	for (size_t i = 0; i < s->matrix->n_cells; i++)
		if (s->tasks[i].job[0])
			return true;
	return false;
}

static int turn(struct slurm *s, struct error *err)
{
	struct slurm_queue q = {};
	int r = 0;

	if (read_queue(s, &q) < 0)
		return 0;
	for (size_t i = 0; r >= 0 && i < s->matrix->n_cells; i++)
		if (s->tasks[i].job[0])
			r = follow(s, &q, i);
	slurm_queue_clear(&q);
	if (r < 0)
		return r;
	r = submit(s, err);
	/* What runs goes on; this is tried again. */
	return r < 0 && has_tasks(s) ? 0 : r;
}

/* The user ends it: nothing shall run on for nobody. */
static void cancel(struct slurm *s)
{
	int64_t deadline = wait_now_ns() + END_NS;
	bool is_busy = slurm_queue_cancel(s->name, NULL) == 0;

	while (is_busy && wait_now_ns() < deadline) {
		struct slurm_queue q = {};

		is_busy = false;
		if (slurm_queue_read(s->name, &q, NULL) == 0)
			for (size_t i = 0; i < q.n; i++)
				is_busy |= q.tasks[i].is_alive;
		slurm_queue_clear(&q);
		if (is_busy)
			wait_pause(NS_PER_S / 2);
	}
}

static int play(struct slurm *s, struct error *err)
{
	struct slurm_queue q = {};
	int r = slurm_queue_read(s->name, &q, err);

	if (r < 0)
		return r;
	adopt(s, &q);
	slurm_queue_clear(&q);
	r = collect_left(s);
	while (r == 0) {
		r = turn(s, err);
		if (r < 0 || is_over(s))
			break;
		tell(s, FLEET_TICK, NULL, NULL);
		if (s->setup->signal_fd < 0)
			wait_pause(POLL_NS);
		else
			r = wait_readable(s->setup->signal_fd, wait_now_ns() + POLL_NS);
	}
	if (r != 0)
		cancel(s);
	return r < 0 ? r : r == 0;
}

int slurm_run(const struct fleet_setup *setup, const struct slurm_setup *slurm, struct error *err)
{
	_cleanup_free_ char *tries = text_printf("%s/.tries", setup->matrix->dir);
	struct slurm s = { .setup = setup, .how = slurm, .matrix = setup->matrix };
	int r = tries ? file_mkdirs(tries, 0755) : -ENOMEM;

	s.tasks = calloc(s.matrix->n_cells + 1, sizeof(*s.tasks));
	s.dir = realpath(s.matrix->dir, NULL);
	s.name = s.dir ? name_of(s.dir) : NULL;
	if (r == 0 && (!s.tasks || !s.name))
		r = -ENOMEM;
	if (r == 0)
		r = play(&s, err);
	free(s.tasks);
	free(s.dir);
	free(s.name);
	return r;
}

bool slurm_has_tasks(const struct matrix *m)
{
	_cleanup_free_ char *tries = text_printf("%s/.tries", m->dir),
			    *dir = realpath(m->dir, NULL), *name = dir ? name_of(dir) : NULL;
	struct slurm_queue q = {};
	bool is_busy = false;

	if (!tries || !name || access(tries, F_OK) < 0 || slurm_queue_read(name, &q, NULL) < 0)
		return false;
	for (size_t i = 0; i < q.n; i++)
		is_busy |= q.tasks[i].is_alive;
	slurm_queue_clear(&q);
	return is_busy;
}
