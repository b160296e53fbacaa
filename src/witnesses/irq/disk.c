// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single direct reads, one after the other, with a short pause between so that the CPU is left to
 * others. By a process of their own: a read that never ends can neither be waited for nor killed,
 * and would keep the whole scenario from ending. Judges nothing.
 */
#include "witnesses/irq/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "base/wait.h"

#define BLOCK 4096
#define STRIDE (17 * BLOCK) /* away from what was read just now, so that no layer merges it */
#define PERIOD_NS (2 * NS_PER_MS)
#define FOREVER_NS (3600 * NS_PER_S)
#define END_NS (2 * NS_PER_S)

/* Shared with the reading process. */
struct orders {
	atomic_int cpu;     /* as told */
	atomic_uint number; /* the same CPU told again is bound again: the kernel unbinds when it
			       goes */
	atomic_ullong done;
	atomic_int error;
};

struct disk {
	int fd, wake;
	off_t size;
	void *block;
	struct orders *orders;
	pid_t reader;
};

/* Disks whose reads cost nothing real, or something (a drive that must load a disc first). */
static bool is_disk(const char *name)
{
	static const char *const others[] = {
		"loop", "ram", "zram", "sr", "fd", "nbd", "md", "dm-"
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (text_starts(name, others[i]))
			return false;
	return true;
}

/* sys/block/vda/mq/K/cpu_list: "0, 2" with blanks, unlike any other list. */
static bool serves_only(struct box *box, const char *disk, const char *queue, int cpu)
{
	_cleanup_free_ char *list = NULL;
	int only;

	return box_readf(box, &list, "sys/block/%s/mq/%s/cpu_list", disk, queue) == 0 &&
	       text_to_int(text_strip(list), &only) == 0 && only == cpu;
}

int disk_find(struct box *box, int cpu, char **ret_name)
{
	_cleanup_names_ char **disks = NULL;
	int r = box_list(box, "sys/block", &disks);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (char **d = disks; *d; d++) {
		_cleanup_free_ char *path = text_printf("sys/block/%s/mq", *d);
		_cleanup_names_ char **queues = NULL;
		_cleanup_free_ char *sectors = NULL;

		/* An empty drive is a disk too; it has no block to read. */
		if (!is_disk(*d) || !path ||
		    box_readf(box, &sectors, "sys/block/%s/size", *d) < 0 ||
		    strcmp(sectors, "0") == 0)
			continue;
		if (box_list(box, path, &queues) < 0)
			continue;
		for (char **q = queues; *q; q++) {
			if (!serves_only(box, *d, *q, cpu))
				continue;
			*ret_name = strdup(*d);
			return *ret_name ? 1 : -ENOMEM;
		}
	}
	return 0;
}

static void read_one(struct disk *d, uint64_t n)
{
	off_t blocks = d->size / BLOCK;
	off_t at = (off_t)(n * STRIDE / BLOCK % (uint64_t)blocks) * BLOCK;

	if (pread(d->fd, d->block, BLOCK, at) < 0)
		atomic_store(&d->orders->error, errno);
	else
		atomic_fetch_add(&d->orders->done, 1);
}

static void bind_to(struct disk *d, int cpu)
{
	struct cpulist one = cpulist_of(cpu);
	cpu_set_t set;

	cpulist_to_cpu_set(&one, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		atomic_store(&d->orders->error, errno);
}

/* Ended by SIGKILL only. After a fork in a process with threads: nothing here may take a lock. */
static _Noreturn void read_on(struct disk *d)
{
	unsigned int followed = 0;

	prctl(PR_SET_NAME, "hp-disk");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The journal's port and the parent's pipes: whoever waits for their end must not wait for
	 * us. */
	d->fd = dup2(d->fd, 0);
	d->wake = dup2(d->wake, 1);
	syscall(SYS_close_range, 2U, ~0U, 0U);
	for (uint64_t n = 0;; n++) {
		unsigned int order = atomic_load(&d->orders->number);
		int cpu = atomic_load(&d->orders->cpu);
		uint64_t told;

		if (order != followed && cpu != DISK_QUIET)
			bind_to(d, cpu);
		followed = order;
		if (cpu != DISK_QUIET)
			read_one(d, n);
		if (wait_readable(d->wake,
				  wait_now_ns() + (cpu == DISK_QUIET ? FOREVER_NS : PERIOD_NS)) > 0)
			(void)!read(d->wake, &told, sizeof(told));
	}
}

static void disk_free(struct disk *d)
{
	cleanup_close(&d->fd);
	cleanup_close(&d->wake);
	if (d->orders)
		munmap(d->orders, sizeof(*d->orders));
	free(d->block);
	free(d);
}

static int disk_prepare(struct disk *d, const char *name)
{
	_cleanup_free_ char *path = text_printf("/dev/%s", name);
	void *shared = mmap(NULL, sizeof(*d->orders), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED || !path || posix_memalign(&d->block, BLOCK, BLOCK) != 0)
		return -ENOMEM;
	d->orders = shared;
	atomic_store(&d->orders->cpu, DISK_QUIET);
	d->fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->fd < 0 || d->wake < 0)
		return -errno;
	d->size = lseek(d->fd, 0, SEEK_END);
	if (d->size < BLOCK)
		return d->size < 0 ? -errno : -ENODATA;
	d->reader = fork();
	if (d->reader == 0)
		read_on(d);
	return d->reader < 0 ? -errno : 0;
}

int disk_open(const char *name, struct disk **ret)
{
	struct disk *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->fd = d->wake = -1;
	r = disk_prepare(d, name);
	if (r < 0) {
		disk_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void disk_read_on(struct disk *d, int cpu)
{
	atomic_store(&d->orders->error, 0);
	atomic_store(&d->orders->cpu, cpu);
	atomic_fetch_add(&d->orders->number, 1);
	(void)!write(d->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

struct disk_count disk_count(struct disk *d)
{
	return (struct disk_count){ .done = atomic_load(&d->orders->done),
				    .error = atomic_load(&d->orders->error) };
}

static bool has_ended(void *arg)
{
	const struct disk *d = arg;

	return waitpid(d->reader, NULL, WNOHANG) != 0;
}

void disk_close(struct disk *d)
{
	if (!d)
		return;
	kill(d->reader, SIGKILL);
	(void)!wait_until(has_ended, d, wait_now_ns() + wait_scaled(END_NS));
	disk_free(d);
}
