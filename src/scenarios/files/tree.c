// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations on a few small files, and the memory of what they must hold. No judging. */
#include "scenarios/files/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"

#define NAME_SIZE 16

/* xorshift64: the same seed gives the same operations. */
static uint32_t draw(struct tree *t, uint32_t below)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (uint32_t)(t->random >> 32) % below;
}

static const char *name_of(int file, char *buf)
{
	snprintf(buf, NAME_SIZE, "file-%d", file);
	return buf;
}

static void fill(uint8_t *block, uint32_t from)
{
	for (size_t i = 0; i < TREE_BLOCK; i++) {
		from = from * 1664525 + 1013904223;
		block[i] = (uint8_t)(from >> 24);
	}
}

static void note_error(struct tree *t, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&t->error, &none, error);
}

static int open_file(struct tree *t, int file, int flags)
{
	char name[NAME_SIZE];

	return openat(t->dir, name_of(file, name), flags | O_CLOEXEC, 0600);
}

/* One more block at the end, or another one in its place. */
static int write_block(struct tree *t, int file)
{
	_cleanup_close_ int fd = open_file(t, file, O_WRONLY | O_CREAT);
	uint32_t from = draw(t, UINT32_MAX - 1) + 1;
	uint8_t block[TREE_BLOCK];
	int n = 0, at;

	if (fd < 0)
		return -errno;
	while (n < TREE_BLOCKS && t->blocks[file][n])
		n++;
	at = (int)draw(t, n < TREE_BLOCKS ? n + 1 : n);
	fill(block, from);
	if (pwrite(fd, block, sizeof(block), (off_t)at * TREE_BLOCK) != (ssize_t)sizeof(block))
		return errno ? -errno : -EIO;
	t->blocks[file][at] = from;
	return 0;
}

static int cut(struct tree *t, int file)
{
	_cleanup_close_ int fd = open_file(t, file, O_WRONLY);
	int to = (int)draw(t, TREE_BLOCKS / 2);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!t->blocks[file][to])
		return 0; /* it is no longer than that */
	if (ftruncate(fd, (off_t)to * TREE_BLOCK) < 0)
		return -errno;
	memset(&t->blocks[file][to], 0, (TREE_BLOCKS - to) * sizeof(t->blocks[file][0]));
	return 0;
}

static bool is_there(const struct tree *t, int file)
{
	char name[NAME_SIZE];

	return faccessat(t->dir, name_of(file, name), F_OK, 0) == 0;
}

static int rename_file(struct tree *t, int file)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	int other = (int)draw(t, TREE_FILES);

	if (other == file || !is_there(t, file))
		return 0;
	if (renameat(t->dir, name_of(file, from), t->dir, name_of(other, to)) < 0)
		return -errno;
	memcpy(t->blocks[other], t->blocks[file], sizeof(t->blocks[file]));
	memset(t->blocks[file], 0, sizeof(t->blocks[file]));
	return 0;
}

static int remove_file(struct tree *t, int file)
{
	char name[NAME_SIZE];

	if (unlinkat(t->dir, name_of(file, name), 0) < 0 && errno != ENOENT)
		return -errno;
	memset(t->blocks[file], 0, sizeof(t->blocks[file]));
	return 0;
}

static int check(struct tree *t, int file)
{
	_cleanup_close_ int fd = open_file(t, file, O_RDONLY);
	uint8_t is[TREE_BLOCK], wanted[TREE_BLOCK];
	bool has_blocks = t->blocks[file][0] != 0;
	struct stat st;
	int n = 0;

	if (fd < 0) {
		if (errno == ENOENT && has_blocks)
			atomic_fetch_add(&t->spoilt, 1);
		return errno == ENOENT ? 0 : -errno;
	}
	for (; n < TREE_BLOCKS && t->blocks[file][n]; n++) {
		fill(wanted, t->blocks[file][n]);
		if (pread(fd, is, sizeof(is), (off_t)n * TREE_BLOCK) == (ssize_t)sizeof(is) &&
		    memcmp(is, wanted, sizeof(is)) == 0)
			continue;
		atomic_fetch_add(&t->spoilt, 1);
		return 0;
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	atomic_fetch_add(&t->spoilt, st.st_size != (off_t)n * TREE_BLOCK);
	return 0;
}

static void one_op(struct tree *t)
{
	static int (*const ops[])(struct tree * t, int file) = {
		write_block, write_block, write_block, write_block,
		check,       rename_file, cut,         remove_file,
	};
	int cpu = worker_getcpu(), r;

	errno = 0;
	r = ops[draw(t, ARRAY_SIZE(ops))](t, (int)draw(t, TREE_FILES));
	if (r < 0)
		note_error(t, -r);
	if (cpu == atomic_load(&t->cpu) && worker_getcpu() == cpu)
		atomic_fetch_add(&t->on_cpu, 1);
	atomic_fetch_add(&t->ops, 1);
}

static void run(struct worker *w)
{
	struct tree *t = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		while (atomic_load(&w->is_spinning))
			one_op(t);
		worker_answer(w, asks);
	}
}

int tree_start(struct tree *t, int at, const char *name, uint64_t seed)
{
	*t = (struct tree){ .dir = -1, .random = seed * 0x9e3779b97f4a7c15 + 1 };
	atomic_store(&t->cpu, -1);
	if (mkdirat(at, name, 0700) < 0)
		return -errno;
	t->dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return -errno;
	return worker_start(&t->worker, "hp-files", run, t);
}

int tree_end(struct tree *t)
{
	int r;

	atomic_store(&t->worker.is_spinning, false);
	r = worker_stop(&t->worker);
	if (r == 0)
		cleanup_close(&t->dir);
	return r;
}

void tree_go(struct tree *t)
{
	atomic_store(&t->worker.is_spinning, true);
	worker_ask(&t->worker);
}

int tree_pause(struct tree *t, int64_t deadline_ns)
{
	atomic_store(&t->worker.is_spinning, false);
	return worker_await(&t->worker, deadline_ns) > 0 ? 0 : -ETIMEDOUT;
}

void tree_check_and_clear(struct tree *t)
{
	for (int file = 0; file < TREE_FILES; file++) {
		int r = check(t, file);

		if (r == 0)
			r = remove_file(t, file);
		if (r < 0)
			note_error(t, -r);
	}
}
