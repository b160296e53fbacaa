// SPDX-License-Identifier: GPL-2.0-or-later
/* Single direct reads, one after the other, with a short pause between so that the CPU is left to
 * others. Judges nothing. */
#include "witnesses/irq/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "base/wait.h"

#define BLOCK 4096
#define STRIDE (17 * BLOCK) /* away from what was read just now, so that no layer merges it */
#define PERIOD_NS (2 * NS_PER_MS)
#define FOREVER_NS (3600 * NS_PER_S)
#define END_NS (2 * NS_PER_S)

struct disk {
	int fd, wake, ended;
	off_t size;
	void *block;
	atomic_int cpu;     /* as told */
	atomic_uint orders; /* the same CPU told again is bound again: the kernel unbinds when it
			       goes */
	atomic_bool is_ending;
	atomic_ullong done;
	atomic_int error;
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
		atomic_store(&d->error, errno);
	else
		atomic_fetch_add(&d->done, 1);
}

static void bind_to(struct disk *d, int cpu)
{
	struct cpulist one = cpulist_of(cpu);
	cpu_set_t set;

	cpulist_to_cpu_set(&one, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		atomic_store(&d->error, errno);
}

static void *run(void *arg)
{
	struct disk *d = arg;
	unsigned int followed = 0;

	prctl(PR_SET_NAME, "hp-disk");
	for (uint64_t n = 0; !atomic_load(&d->is_ending); n++) {
		unsigned int order = atomic_load(&d->orders);
		int cpu = atomic_load(&d->cpu);
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
	(void)!write(d->ended, &(uint64_t){ 1 }, sizeof(uint64_t));
	return NULL;
}

static void tell(struct disk *d)
{
	(void)!write(d->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

static void disk_free(struct disk *d)
{
	cleanup_close(&d->fd);
	cleanup_close(&d->wake);
	cleanup_close(&d->ended);
	free(d->block);
	free(d);
}

static int disk_prepare(struct disk *d, const char *name)
{
	_cleanup_free_ char *path = text_printf("/dev/%s", name);
	pthread_attr_t detached;
	pthread_t thread;
	int r;

	if (!path || posix_memalign(&d->block, BLOCK, BLOCK) != 0)
		return -ENOMEM;
	d->fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->fd < 0 || d->wake < 0 || d->ended < 0)
		return -errno;
	d->size = lseek(d->fd, 0, SEEK_END);
	if (d->size < BLOCK)
		return d->size < 0 ? -errno : -ENODATA;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	r = -pthread_create(&thread, &detached, run, d);
	pthread_attr_destroy(&detached);
	return r;
}

int disk_open(const char *name, struct disk **ret)
{
	struct disk *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->fd = d->wake = d->ended = -1;
	atomic_store(&d->cpu, DISK_QUIET);
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
	atomic_store(&d->error, 0);
	atomic_store(&d->cpu, cpu);
	atomic_fetch_add(&d->orders, 1);
	tell(d);
}

struct disk_count disk_count(struct disk *d)
{
	return (struct disk_count){ .done = atomic_load(&d->done),
				    .error = atomic_load(&d->error) };
}

void disk_close(struct disk *d)
{
	if (!d)
		return;
	atomic_store(&d->is_ending, true);
	tell(d);
	if (wait_readable(d->ended, wait_now_ns() + wait_scaled(END_NS)) > 0)
		disk_free(d);
}
