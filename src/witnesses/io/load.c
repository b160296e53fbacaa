// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that reads and writes, and the memory that it shares with the witness. */
#include "witnesses/io/load.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/cpulist.h"
#include "base/text.h"
#include "base/wait.h"

#define BLOCK 4096
#define SLOTS 64
#define STRIDE (5 * BLOCK) /* so that no layer merges them */
#define PAUSE_NS (4 * NS_PER_MS)
#define FOREVER_NS (3600 * NS_PER_S)
#define END_NS (2 * NS_PER_S)

/* Shared with the process. */
struct shared {
	atomic_int cpu;
	atomic_uint number; /* the same CPU told again is bound again */
	_Atomic uint64_t done, on_cpu, differing;
	atomic_int error;
	_Atomic int64_t worst_ns;
};

struct load {
	int fd, wake;
	bool may_write;
	off_t start;
	uint8_t *block, *back;
	struct shared *shared;
	pid_t pid;
};

static int at_cpu(void)
{
	unsigned int cpu;

	return syscall(SYS_getcpu, &cpu, NULL, NULL) < 0 ? -1 : (int)cpu;
}

static void fill(uint8_t *block, uint64_t n)
{
	for (size_t i = 0; i < BLOCK; i++)
		block[i] = (uint8_t)(n * 7 + i * 13 + (i >> 8));
}

static int do_block(struct load *l, uint64_t n)
{
	off_t at = l->start + (off_t)(n % SLOTS) * STRIDE;

	if (l->may_write) {
		fill(l->block, n);
		if (pwrite(l->fd, l->block, BLOCK, at) != BLOCK)
			return errno ? errno : EIO;
	}
	memset(l->back, 0, BLOCK);
	if (pread(l->fd, l->back, BLOCK, at) != BLOCK)
		return errno ? errno : EIO;
	if (!l->may_write)
		return 0;
	/* Anew: who spoils the block on its way spoils our copy too. */
	fill(l->block, n);
	if (memcmp(l->block, l->back, BLOCK) != 0)
		atomic_fetch_add(&l->shared->differing, 1);
	return 0;
}

static void one_block(struct load *l, uint64_t n, int cpu)
{
	int64_t began = wait_now_ns(), took;
	bool is_there = at_cpu() == cpu;
	int error;

	errno = 0;
	error = do_block(l, n);
	took = wait_now_ns() - began;
	if (error) {
		atomic_store(&l->shared->error, error);
		return;
	}
	if (took > atomic_load(&l->shared->worst_ns))
		atomic_store(&l->shared->worst_ns, took);
	if (is_there && at_cpu() == cpu)
		atomic_fetch_add(&l->shared->on_cpu, 1);
	atomic_fetch_add(&l->shared->done, 1);
}

static void bind_to(struct load *l, int cpu)
{
	struct cpulist cpus = cpulist_of(cpu);
	cpu_set_t set;

	cpulist_to_cpu_set(&cpus, &set);
	if (cpu == LOAD_ANYWHERE)
		memset(&set, 0xff, sizeof(set));
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		atomic_store(&l->shared->error, errno);
}

/* Ended by SIGKILL only. After a fork in a process with threads: nothing here may take a lock. */
static _Noreturn void go_on(struct load *l)
{
	unsigned int followed = 0;

	prctl(PR_SET_NAME, "hp-io");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The journal's port and the parent's pipes: whoever waits for their end must not wait for
	 * us. */
	l->fd = dup2(l->fd, 0);
	l->wake = dup2(l->wake, 1);
	syscall(SYS_close_range, 2U, ~0U, 0U);
	for (uint64_t n = 1;; n++) {
		unsigned int order = atomic_load(&l->shared->number);
		int cpu = atomic_load(&l->shared->cpu);
		uint64_t told;

		if (order != followed && cpu != LOAD_QUIET)
			bind_to(l, cpu);
		followed = order;
		if (cpu != LOAD_QUIET)
			one_block(l, n, cpu);
		if (wait_readable(l->wake,
				  wait_now_ns() + (cpu == LOAD_QUIET ? FOREVER_NS : PAUSE_NS)) > 0)
			(void)!read(l->wake, &told, sizeof(told));
	}
}

static void load_free(struct load *l)
{
	cleanup_close(&l->fd);
	cleanup_close(&l->wake);
	if (l->shared)
		munmap(l->shared, sizeof(*l->shared));
	free(l->block);
	free(l->back);
	free(l);
}

static int prepare(struct load *l, const char *name)
{
	_cleanup_free_ char *path = text_printf("/dev/%s", name);
	void *shared = mmap(NULL, sizeof(*l->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	off_t size;

	if (shared == MAP_FAILED || !path || posix_memalign((void **)&l->block, BLOCK, BLOCK) ||
	    posix_memalign((void **)&l->back, BLOCK, BLOCK))
		return -ENOMEM;
	l->shared = shared;
	atomic_store(&l->shared->cpu, LOAD_QUIET);
	l->fd = open(path, (l->may_write ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd < 0 || l->wake < 0)
		return -errno;
	size = lseek(l->fd, 0, SEEK_END);
	if (size < 2 * SLOTS * STRIDE)
		return size < 0 ? -errno : -ENODATA;
	l->start = size / 2 / BLOCK * BLOCK;
	l->pid = fork();
	if (l->pid == 0)
		go_on(l);
	return l->pid < 0 ? -errno : 0;
}

int load_open(const char *name, bool may_write, struct load **ret)
{
	struct load *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->fd = l->wake = -1;
	l->may_write = may_write;
	r = prepare(l, name);
	if (r < 0) {
		load_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void load_on(struct load *l, int cpu)
{
	atomic_store(&l->shared->error, 0);
	atomic_store(&l->shared->worst_ns, 0);
	atomic_store(&l->shared->cpu, cpu);
	atomic_fetch_add(&l->shared->number, 1);
	(void)!write(l->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

struct load_count load_count(struct load *l)
{
	const struct shared *s = l->shared;

	return (struct load_count){ .done = atomic_load(&s->done),
				    .on_cpu = atomic_load(&s->on_cpu),
				    .differing = atomic_load(&s->differing),
				    .error = atomic_load(&s->error),
				    .worst_ns = atomic_load(&s->worst_ns) };
}

static bool has_ended(void *arg)
{
	const struct load *l = arg;

	return waitpid(l->pid, NULL, WNOHANG) != 0;
}

void load_close(struct load *l)
{
	if (!l)
		return;
	kill(l->pid, SIGKILL);
	(void)!wait_until(has_ended, l, wait_now_ns() + wait_scaled(END_NS));
	load_free(l);
}
