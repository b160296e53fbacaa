// SPDX-License-Identifier: GPL-2.0-or-later
/* A child process on strings: one shared page and two eventfds. Judges nothing. */
#include "base/puppet.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"

#define START_NS (10 * NS_PER_S)
#define END_NS (2 * NS_PER_S)

/* Shared with the child. */
struct strings {
	_Atomic uint64_t answers, turns;
	atomic_int cpu;
	atomic_bool is_spinning;
};

struct puppet {
	pid_t pid;
	int ask_fd, answer_fd;
	uint64_t asked;
	struct strings *strings;
};

static int get_cpu(void)
{
	unsigned int cpu;

	return syscall(SYS_getcpu, &cpu, NULL, NULL) < 0 ? -1 : (int)cpu;
}

static void ring(int fd)
{
	(void)!write(fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

/* After a fork in a process with threads: nothing here may take a lock. Ended by SIGKILL only. */
static _Noreturn void obey(struct puppet *p, const char *name, int64_t (*turn)(void *arg),
			   void *arg)
{
	struct strings *s = p->strings;
	sigset_t none;
	uint64_t n;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What it inherited is not its own: whoever waits for the end of a pipe must not wait for
	 * it. The numbers below are free to be taken over. */
	p->ask_fd = dup2(p->ask_fd, 0);
	p->answer_fd = dup2(p->answer_fd, 1);
	syscall(SYS_close_range, 2U, ~0U, 0U);
	for (;;) {
		while (read(p->ask_fd, &n, sizeof(n)) < 0 && errno == EINTR)
			;
		atomic_store(&s->cpu, get_cpu());
		atomic_fetch_add(&s->answers, n);
		ring(p->answer_fd);
		while (atomic_load(&s->is_spinning)) {
			int64_t pause = turn ? turn(arg) : 0;

			atomic_store(&s->cpu, get_cpu());
			atomic_fetch_add(&s->turns, 1);
			if (pause > 0 && wait_readable(p->ask_fd, wait_now_ns() + pause) > 0)
				break; /* to answer */
		}
	}
}

static void puppet_free(struct puppet *p)
{
	cleanup_close(&p->ask_fd);
	cleanup_close(&p->answer_fd);
	if (p->strings)
		munmap(p->strings, sizeof(*p->strings));
	free(p);
}

/*
 * A fork that may end in another group: to be born there costs nothing, to be moved there a grace
 * period. The C library has no function for it and does not learn of the child, which calls none
 * of it that would mind.
 */
static pid_t fork_into(int group_fd)
{
	struct clone_args args = {
		.flags = group_fd >= 0 ? CLONE_INTO_CGROUP : 0,
		.exit_signal = SIGCHLD,
		.cgroup = group_fd >= 0 ? (uint64_t)group_fd : 0,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int prepare(struct puppet *p, const char *name, int group_fd, int64_t (*turn)(void *arg),
		   void *arg)
{
	void *shared = mmap(NULL, sizeof(*p->strings), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -errno;
	p->strings = shared;
	atomic_store(&p->strings->cpu, -1);
	p->ask_fd = eventfd(0, 0);
	p->answer_fd = eventfd(0, EFD_NONBLOCK);
	if (p->ask_fd < 2 || p->answer_fd < 2)
		return p->ask_fd < 0 || p->answer_fd < 0 ? -errno : -EBADF;
	p->pid = fork_into(group_fd);
	if (p->pid == 0)
		obey(p, name, turn, arg);
	return p->pid < 0 ? -errno : 0;
}

int puppet_start_turning(const char *name, int group_fd, int64_t (*turn)(void *arg), void *arg,
			 struct puppet **ret)
{
	struct puppet *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->ask_fd = p->answer_fd = -1;
	r = prepare(p, name, group_fd, turn, arg);
	if (r < 0) {
		puppet_free(p);
		return r;
	}
	puppet_ask(p);
	r = puppet_await(p, wait_now_ns() + wait_scaled(START_NS));
	if (r <= 0) {
		puppet_end(p);
		return r < 0 ? r : -ETIMEDOUT;
	}
	*ret = p;
	return 0;
}

int puppet_start(const char *name, int group_fd, struct puppet **ret)
{
	return puppet_start_turning(name, group_fd, NULL, NULL, ret);
}

static bool has_ended(void *arg)
{
	const struct puppet *p = arg;

	return waitpid(p->pid, NULL, WNOHANG) != 0;
}

void puppet_end(struct puppet *p)
{
	if (!p)
		return;
	kill(p->pid, SIGKILL);
	(void)!wait_until(has_ended, p, wait_now_ns() + wait_scaled(END_NS));
	puppet_free(p);
}

pid_t puppet_pid(const struct puppet *p)
{
	return p->pid;
}

void puppet_ask(struct puppet *p)
{
	p->asked++;
	ring(p->ask_fd);
}

int puppet_await(struct puppet *p, int64_t deadline_ns)
{
	while (atomic_load(&p->strings->answers) < p->asked) {
		int r = wait_readable(p->answer_fd, deadline_ns);
		uint64_t n;

		if (r <= 0)
			return r < 0 ? r : atomic_load(&p->strings->answers) >= p->asked;
		(void)!read(p->answer_fd, &n, sizeof(n));
	}
	return 1;
}

void puppet_spin(struct puppet *p, bool on)
{
	if (atomic_exchange(&p->strings->is_spinning, on) != on && on)
		puppet_ask(p);
}

uint64_t puppet_turns(const struct puppet *p)
{
	return atomic_load(&p->strings->turns);
}

struct turns_wait {
	struct puppet *puppet;
	uint64_t want;
	int cpu;
};

static bool has_turned(void *arg)
{
	struct turns_wait *w = arg;

	return puppet_turns(w->puppet) >= w->want &&
	       (w->cpu < 0 || puppet_cpu(w->puppet) == w->cpu);
}

int puppet_await_turns(struct puppet *p, uint64_t more, int cpu, int64_t deadline_ns)
{
	struct turns_wait w = { .puppet = p, .want = puppet_turns(p) + more, .cpu = cpu };

	return wait_until(has_turned, &w, deadline_ns);
}

int puppet_cpu(const struct puppet *p)
{
	return atomic_load(&p->strings->cpu);
}

int puppet_pin(struct puppet *p, const struct cpulist *cpus)
{
	cpu_set_t set;

	cpulist_to_cpu_set(cpus, &set);
	return sched_setaffinity(p->pid, sizeof(set), &set) < 0 ? -errno : 0;
}

int puppet_affinity(const struct puppet *p, struct cpulist *ret)
{
	cpu_set_t set;

	if (sched_getaffinity(p->pid, sizeof(set), &set) < 0)
		return -errno;
	*ret = cpulist_from_cpu_set(&set);
	return 0;
}
