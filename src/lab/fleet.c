// SPDX-License-Identifier: GPL-2.0-or-later
/* One loop over the children's pidfds. Memory is counted, so that many jobs do not make each other
 * fail. */
#include "lab/fleet.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "evidence/verdict.h"
#include "lab/cache.h"
#include "lab/guest_program.h"
#include "lab/image.h"
#include "lab/machine.h"
#include "lab/qemu.h"

#define TICK_NS (NS_PER_S / 2)
/* A child that is told to end records that it was: it gets this long. */
#define END_NS (20 * NS_PER_S)
#define JOBS_MAX 64
/* Memory that others hold may come back: so long is waited for it when no guest runs. */
#define ROOM_NS (60 * NS_PER_S)

struct job {
	struct matrix_cell *cell;
	struct process process;
	int64_t began_ns;
	struct room room;
};

struct fleet {
	const struct fleet_setup *setup;
	struct job jobs[JOBS_MAX];
	struct room running;
	int64_t held_ns; /* since when a cell waits for room while no guest runs; 0: none does */
	char held[ROOM_HELD_MAX];
	int ep;
};

static void tell(const struct fleet *f, enum fleet_event what, const struct matrix_cell *cell,
		 const char *text)
{
	if (f->setup->watch)
		f->setup->watch(f->setup->watch_ctx, what, cell, text);
}

static void account(struct room *sum, const struct room *one, int sign)
{
	sum->mem_mib += sign * one->mem_mib;
	sum->cpus += sign * one->cpus;
	sum->guests += sign * one->guests;
}

char *fleet_missing(const struct matrix_cell *c)
{
	_cleanup_(cleanup_machine) struct machine *m = NULL;
	_cleanup_free_ char *kernel = NULL, *modules = NULL, *program = NULL, *version = NULL;
	struct error err = {};
	int r = machine_load(c->machine, &m, &err);

	if (r == 0)
		r = qemu_version(m->isa->qemu, &version, &err);
	if (r == 0)
		r = cache_kernel(m->isa, c->kernel ? c->kernel : m->kernel, &kernel, &modules,
				 &err);
	if (r == 0) {
		program = guest_program_find(m->isa);
		r = program ? image_check_program(program, m->isa, &err) : -ENOMEM;
	}
	if (r == 0)
		return NULL;
	return strdup(err.code ? err.text : strerror(-r));
}

int64_t fleet_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / NS_PER_MS;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

/* Whatever an earlier try has left: it has no verdict. */
void fleet_forget(const char *dir)
{
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		errno = 0;
}

/* argv: PROGRAM run --out DIR/CELL [--kernel K] [--append A] WORDS... MACHINE */
static int launch(struct fleet *f, struct job *job, struct error *err)
{
	const struct matrix *m = f->setup->matrix;
	const struct matrix_cell *c = job->cell;
	_cleanup_free_ char *out = matrix_path(m, c, ""), *log = matrix_path(m, c, ".log");
	_cleanup_free_ const char **argv = NULL;
	_cleanup_close_ int fd = -1;
	size_t n = 0, words = 0;

	while (m->words[words])
		words++;
	argv = calloc(words + 16, sizeof(*argv));
	if (!argv || !out || !log)
		return -ENOMEM;
	argv[n++] = f->setup->program;
	argv[n++] = "run";
	argv[n++] = "--out";
	argv[n++] = out;
	if (c->kernel) {
		argv[n++] = "--kernel";
		argv[n++] = c->kernel;
	}
	if (c->append) {
		argv[n++] = "--append";
		argv[n++] = c->append;
	}
	if (c->cpu_model) {
		argv[n++] = "--cpu-model";
		argv[n++] = c->cpu_model;
	}
	for (size_t i = 0; i < words; i++)
		argv[n++] = m->words[i];
	argv[n++] = c->machine;
	fleet_forget(out);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, errno, "cannot create \"%s\": %s", log, strerror(errno));
	return process_start(argv, -1, fd, fd, &job->process, err);
}

static int start(struct fleet *f, struct matrix_cell *c, struct error *err)
{
	struct job *job = f->jobs;
	struct epoll_event ev = { .events = EPOLLIN };
	int r;

	while (job->cell)
		job++;
	*job = (struct job){ .cell = c, .process = PROCESS_NONE, .began_ns = wait_now_ns() };
	job->room = room_of(c);
	r = launch(f, job, err);
	if (r < 0) {
		job->cell = NULL;
		return r;
	}
	ev.data.ptr = job;
	if (epoll_ctl(f->ep, EPOLL_CTL_ADD, job->process.pidfd, &ev) < 0)
		return -errno;
	c->state = MATRIX_RUNNING;
	c->began_ms = fleet_unix_ms();
	c->tries++;
	account(&f->running, &job->room, 1);
	tell(f, FLEET_STARTED, c, NULL);
	return 0;
}

static struct matrix_cell *next_waiting(const struct matrix *m)
{
	for (size_t i = 0; i < m->n_cells; i++)
		if (m->cells[i].state == MATRIX_WAITING)
			return &m->cells[i];
	return NULL;
}

static void set_absent(struct fleet *f, struct matrix_cell *c, char *why)
{
	free(c->why);
	c->why = why;
	c->state = MATRIX_ABSENT;
	tell(f, FLEET_ABSENT, c, NULL);
}

/*
 * True: there is room. What holds a cell up is told once, and not for ever waited for: 0 guests run
 * and the memory does not come back, then the cell is left out.
 */
static bool has_room(struct fleet *f, struct matrix_cell *c)
{
	char why[ROOM_HELD_MAX] = "";
	struct room need = room_of(c);
	struct room_host host;

	if (f->setup->host)
		f->setup->host(&host);
	else
		room_host_read(&host);
	if (room_fits(&host, &f->running, &need, why)) {
		f->held_ns = 0;
		f->held[0] = '\0';
		return true;
	}
	if (!f->held[0])
		tell(f, FLEET_HELD, c, why);
	snprintf(f->held, sizeof(f->held), "%s", why);
	if (f->running.guests > 0) {
		f->held_ns = 0;
		return false;
	}
	f->held_ns = f->held_ns ? f->held_ns : wait_now_ns();
	if (need.mem_mib > host.total_mib ||
	    wait_now_ns() - f->held_ns >
		    wait_scaled(f->setup->room_ns ? f->setup->room_ns : ROOM_NS)) {
		set_absent(f, c, strdup(why));
		f->held_ns = 0;
		f->held[0] = '\0';
	}
	return false;
}

static int fill_up(struct fleet *f, struct error *err)
{
	struct matrix_cell *c;
	int r = 0;

	while (r == 0 && f->running.guests < f->setup->jobs &&
	       (c = next_waiting(f->setup->matrix))) {
		char *missing = f->setup->missing ? f->setup->missing(c) : NULL;

		if (missing) {
			set_absent(f, c, missing);
			continue;
		}
		if (has_room(f, c))
			r = start(f, c, err);
		else if (c->state == MATRIX_WAITING)
			break;
	}
	return r;
}

bool fleet_is_verdict(int code)
{
	return code == VERDICT_EXIT_PASSED || code == VERDICT_EXIT_FAILED ||
	       code == VERDICT_EXIT_USAGE || code == VERDICT_EXIT_NOT_TRIED;
}

static int reap(struct fleet *f, struct job *job)
{
	struct matrix_cell *c = job->cell;
	int status = 0, code, r = process_wait(&job->process, wait_now_ns() + NS_PER_S, &status);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	code = WIFEXITED(status) ? WEXITSTATUS(status) : VERDICT_EXIT_NOT_JUDGED;
	c->ms = (wait_now_ns() - job->began_ns) / NS_PER_MS;
	account(&f->running, &job->room, -1);
	job->cell = NULL;
	if (!fleet_is_verdict(code) && c->tries < f->setup->tries) {
		c->state = MATRIX_WAITING;
		tell(f, FLEET_AGAIN, c, NULL);
		return 0;
	}
	r = matrix_settle(f->setup->matrix, c, code);
	tell(f, FLEET_ENDED, c, NULL);
	return r;
}

/* 1: go on, 0: the signal came. */
static int turn(struct fleet *f)
{
	struct epoll_event events[8];
	int n, r = wait_readable(f->ep, wait_now_ns() + TICK_NS);

	if (r <= 0) {
		tell(f, FLEET_TICK, NULL, NULL);
		return r < 0 ? r : 1;
	}
	n = epoll_wait(f->ep, events, 8, 0);
	for (int i = 0; i < n; i++) {
		if (!events[i].data.ptr)
			return 0;
		r = reap(f, events[i].data.ptr);
		if (r < 0)
			return r;
	}
	return 1;
}

/* All are told first, so that they end at the same time. */
static void end_all(struct fleet *f)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (f->jobs[i].cell)
			kill(f->jobs[i].process.pid, SIGTERM);
	for (size_t i = 0; i < JOBS_MAX; i++) {
		if (!f->jobs[i].cell)
			continue;
		process_end(&f->jobs[i].process, END_NS);
		f->jobs[i].cell->state = MATRIX_WAITING;
	}
}

int fleet_run(const struct fleet_setup *setup, struct error *err)
{
	struct fleet f = { .setup = setup };
	_cleanup_close_ int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN };
	int r = 0;

	if (ep < 0)
		return -errno;
	f.ep = ep;
	if (setup->jobs < 1 || setup->jobs > JOBS_MAX)
		return error_set(err, EINVAL, "%d guests at once are not from 1 to %d", setup->jobs,
				 JOBS_MAX);
	if (setup->signal_fd >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, setup->signal_fd, &ev) < 0)
		return -errno;
	do {
		r = fill_up(&f, err);
		if (r == 0 && f.running.guests == 0 && !f.held[0])
			return 1;
		if (r == 0)
			r = turn(&f);
	} while (r == 1);
	end_all(&f);
	return r;
}
