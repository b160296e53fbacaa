// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that are asked and answer. Every wait has a deadline, or ends by worker_stop(). */
#include "stage/worker.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"

#define STACK_SIZE (256 * 1024)

static void ring(int fd)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then the other side has been rung already. */
	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static uint64_t take_rings(int fd)
{
	uint64_t n = 0;

	while (read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
	return n;
}

static void *thread_main(void *arg)
{
	struct worker *w = arg;

	prctl(PR_SET_NAME, w->name);
	atomic_store(&w->tid, (int)syscall(SYS_gettid));
	ring(w->answer_fd);
	w->run(w);
	return NULL;
}

/* Signals are for the thread that plays the scenario; a worker that one interrupts would look
 * disturbed. */
static int create_thread(struct worker *w)
{
	sigset_t all, old;
	pthread_attr_t attr;
	int r;

	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, &attr, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

int worker_start(struct worker *w, const char *name, void (*run)(struct worker *w), void *arg)
{
	int r;

	snprintf(w->name, sizeof(w->name), "%s", name);
	w->run = run;
	w->arg = arg;
	atomic_store(&w->cpu, -1);
	w->ask_fd = eventfd(0, EFD_CLOEXEC);
	w->answer_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->ask_fd < 0 || w->answer_fd < 0)
		r = -errno;
	else
		r = create_thread(w);
	if (r < 0) {
		cleanup_close(&w->ask_fd);
		cleanup_close(&w->answer_fd);
		return r;
	}
	w->is_started = true;
	r = wait_readable(w->answer_fd, worker_deadline(WORKER_LIMIT_NS));
	if (r > 0)
		return 0;
	/* Started and never scheduled: worker_stop() leaves it alone if it does not come. */
	return r < 0 ? r : -ETIMEDOUT;
}

int worker_stop(struct worker *w)
{
	int64_t until = wait_monotonic_ns() + wait_scaled(WORKER_LIMIT_NS);
	struct timespec ts = { until / NS_PER_S, until % NS_PER_S };

	if (!w->is_started)
		return 0;
	atomic_store(&w->is_spinning, false);
	atomic_store(&w->is_stopping, true);
	ring(w->ask_fd);
	if (pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC, &ts) != 0)
		return -ETIMEDOUT;
	w->is_started = false;
	close(w->ask_fd);
	close(w->answer_fd);
	return 0;
}

int worker_getcpu(void)
{
	unsigned int cpu;

	return syscall(SYS_getcpu, &cpu, NULL, NULL) < 0 ? -1 : (int)cpu;
}

int64_t worker_deadline(int64_t ns)
{
	return wait_now_ns() + wait_scaled(ns);
}

void worker_ask(struct worker *w)
{
	w->asked++;
	ring(w->ask_fd);
}

bool worker_is_idle(const struct worker *w)
{
	return atomic_load(&w->answers) >= w->asked;
}

int worker_await(struct worker *w, int64_t deadline_ns)
{
	while (!worker_is_idle(w)) {
		int r = wait_readable(w->answer_fd, deadline_ns);

		if (r <= 0)
			return r < 0 ? r : worker_is_idle(w);
		take_rings(w->answer_fd);
	}
	return 1;
}

struct pin_try {
	int tid, error;
	cpu_set_t set;
};

static bool is_pinned(void *arg)
{
	struct pin_try *t = arg;

	t->error = sched_setaffinity(t->tid, sizeof(t->set), &t->set) < 0 ? errno : 0;
	return t->error != EINVAL;
}

int worker_pin(struct worker *w, const struct cpulist *cpus, int64_t deadline_ns)
{
	struct pin_try t = { .tid = atomic_load(&w->tid) };
	int r;

	cpulist_to_cpu_set(cpus, &t.set);
	r = wait_until(is_pinned, &t, deadline_ns);
	return r < 0 ? r : -t.error;
}

int worker_affinity(struct worker *w, struct cpulist *ret)
{
	cpu_set_t set;

	if (sched_getaffinity(atomic_load(&w->tid), sizeof(set), &set) < 0)
		return -errno;
	*ret = cpulist_from_cpu_set(&set);
	return 0;
}

int worker_stat_at(struct box *box, char *ret_state, int *ret_cpu, const char *dir_fmt, ...)
{
	_cleanup_free_ char *text = NULL, *dir = NULL;
	char *cursor, *word, state = '?';
	va_list ap;
	int r, cpu;

	va_start(ap, dir_fmt);
	r = vasprintf(&dir, dir_fmt, ap);
	va_end(ap);
	if (r < 0) {
		dir = NULL;
		return -ENOMEM;
	}
	r = box_readf(box, &text, "%s/stat", dir);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	cursor = strrchr(text, ')'); /* the name before it may hold anything */
	if (!cursor)
		return -EBADMSG;
	cursor++;
	/* proc(5): the state is field 3, the processor field 39. */
	for (int field = 3; (word = text_next_word(&cursor)); field++) {
		if (field == 3)
			state = word[0];
		if (field == 39)
			break;
	}
	if (!word || text_to_int(word, &cpu) < 0)
		return -EBADMSG;
	*ret_state = state;
	*ret_cpu = cpu;
	return 0;
}

int worker_stat(struct box *box, const struct worker *w, char *ret_state, int *ret_cpu)
{
	return worker_stat_at(box, ret_state, ret_cpu, "proc/self/task/%d", atomic_load(&w->tid));
}

struct sleep_check {
	struct box *box;
	const struct worker *worker;
	int cpu, error;
};

static bool is_asleep(void *arg)
{
	struct sleep_check *c = arg;
	char state = '?';
	int cpu = -1;

	c->error = worker_stat(c->box, c->worker, &state, &cpu);
	return c->error < 0 || (state == 'S' && cpu == c->cpu);
}

int worker_await_asleep(struct box *box, const struct worker *w, int cpu, int64_t deadline_ns)
{
	struct sleep_check c = { .box = box, .worker = w, .cpu = cpu };
	int r = wait_until(is_asleep, &c, deadline_ns);

	return c.error < 0 ? c.error : r;
}

uint64_t worker_wait(struct worker *w)
{
	uint64_t n = take_rings(w->ask_fd);

	return atomic_load(&w->is_stopping) ? 0 : n;
}

bool worker_wait_until(struct worker *w, int64_t deadline_ns, uint64_t *ret_asked)
{
	uint64_t n = 0;

	if (wait_readable(w->ask_fd, deadline_ns) > 0)
		n = take_rings(w->ask_fd);
	if (atomic_load(&w->is_stopping))
		return false;
	*ret_asked = n;
	return true;
}

void worker_answer(struct worker *w, uint64_t asks)
{
	atomic_fetch_add(&w->answers, asks);
	ring(w->answer_fd);
}

void worker_run_answer(struct worker *w)
{
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		atomic_store(&w->cpu, worker_getcpu());
		worker_answer(w, asks);
	}
}

void worker_run_spin(struct worker *w)
{
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		while (atomic_load(&w->is_spinning)) {
			atomic_store(&w->cpu, worker_getcpu());
			atomic_fetch_add(&w->beats, 1);
		}
		worker_answer(w, asks);
	}
}

void worker_tick(struct worker *w, int64_t pause_ns, void (*turn)(struct worker *w))
{
	bool is_on = false;
	uint64_t asks;

	while (worker_wait_until(w, wait_now_ns() + (is_on ? pause_ns : 3600 * NS_PER_S), &asks)) {
		is_on = atomic_load(&w->is_spinning);
		if (!asks && !is_on)
			continue;
		if (turn)
			turn(w);
		atomic_store(&w->cpu, worker_getcpu());
		atomic_fetch_add(&w->beats, 1);
		if (asks)
			worker_answer(w, asks);
	}
}
