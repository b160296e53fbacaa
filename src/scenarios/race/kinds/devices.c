// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Actors that make block devices, use them and take them away: loop devices over memory, and zram.
 * Both come as modules, which are loaded for the race and unloaded after it where they were not
 * there. Each actor has devices of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/module.h"
#include "scenarios/race/kinds/kinds.h"

#define SLOTS 2
#define SIZE (1 << 20)
#define BLOCK 4096
#define GONE_NS (5 * NS_PER_S)
#define LOOP_FIRST 200 /* above those that a box has */
#define ZRAM_CONTROL "sys/class/zram-control"

struct devices {
	int control;        /* loop: /dev/loop-control */
	int numbers[SLOTS]; /* -1: not there */
	bool is_up[SLOTS];  /* has a backing, or a size */
	unsigned int round;
};

static int probe_device(struct box *box, const char *module, char **ret_why)
{
	if (module_is_there(box, module))
		return 1;
	*ret_why = text_printf("there is no module \"%s\"", module);
	return 0;
}

static int probe_loop(struct box *box, char **ret_why)
{
	return probe_device(box, "loop", ret_why);
}

static int probe_zram(struct box *box, char **ret_why)
{
	return probe_device(box, "zram", ret_why);
}

const struct need race_need_loop = {
	.id = "box.loop-devices",
	.summary = "loop devices, or the module for them",
	.probe = probe_loop,
};

static const struct need need_zram = {
	.id = "box.zram-devices",
	.summary = "zram devices, or the module for them",
	.probe = probe_zram,
};

static int new_devices(struct race_actor *a)
{
	struct devices *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->control = -1;
	for (int i = 0; i < SLOTS; i++)
		d->numbers[i] = -1;
	a->state = d;
	return 0;
}

/* A block in and out again past the cache: whatever comes back must be what was written. */
static int use(struct race_actor *a, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	struct devices *d = a->state;
	_cleanup_free_ char *out = NULL;
	void *in = NULL;
	int r = 0;

	if (fd < 0)
		return -errno;
	errno = 0;
	if (posix_memalign((void **)&out, BLOCK, 2 * BLOCK) != 0)
		return -ENOMEM;
	in = out + BLOCK;
	memset(out, (int)(++d->round & 0xff), BLOCK);
	snprintf(out, BLOCK, "%s %d %u", path, (int)getpid(), d->round);
	if (pwrite(fd, out, BLOCK, 0) != BLOCK || pread(fd, in, BLOCK, 0) != BLOCK)
		r = errno ? -errno : -EIO;
	else if (memcmp(in, out, BLOCK) != 0)
		race_wrong(a, "a block of \"%s\" came back as another one than was written", path);
	return r;
}

static const char *path_of(const char *name, int number, char *buf)
{
	snprintf(buf, 32, "/dev/%s%d", name, number);
	return buf;
}

static int begin_loop(struct race_actor *a)
{
	int r = new_devices(a);

	if (r < 0)
		return r;
	((struct devices *)a->state)->control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	return ((struct devices *)a->state)->control < 0 ? -errno : 0;
}

/* Numbers that are free for everybody else: each actor its own, by its process. */
static int loop_make(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	int number = LOOP_FIRST + (int)(getpid() % 4096) * SLOTS + op->arg;

	if (d->numbers[op->arg] >= 0)
		return 0;
	if (ioctl(d->control, LOOP_CTL_ADD, number) < 0)
		return -errno;
	d->numbers[op->arg] = number;
	return 0;
}

static int loop_attach(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	_cleanup_close_ int backing = -1, fd = -1;
	char path[32];

	if (d->numbers[op->arg] < 0 || d->is_up[op->arg])
		return 0;
	backing = memfd_create("hp-loop", MFD_CLOEXEC);
	if (backing < 0 || ftruncate(backing, SIZE) < 0)
		return -errno;
	fd = open(path_of("loop", d->numbers[op->arg], path), O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_SET_FD, backing) < 0)
		return -errno;
	d->is_up[op->arg] = true;
	return 0;
}

static int loop_use(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	char path[32];

	return d->is_up[op->arg] ? use(a, path_of("loop", d->numbers[op->arg], path)) : 0;
}

static int loop_detach(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	_cleanup_close_ int fd = -1;
	char path[32];

	if (!d->is_up[op->arg])
		return 0;
	fd = open(path_of("loop", d->numbers[op->arg], path), O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CLR_FD, 0) < 0)
		return -errno;
	d->is_up[op->arg] = false;
	return 0;
}

static int loop_remove(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	int r = loop_detach(a, op);

	if (r < 0 || d->numbers[op->arg] < 0)
		return r;
	if (ioctl(d->control, LOOP_CTL_REMOVE, d->numbers[op->arg]) < 0)
		return -errno;
	d->numbers[op->arg] = -1;
	return 0;
}

/* Each switch takes the queues down and sets them up anew. */
static int loop_elevator(struct race_actor *a, const struct race_op *op)
{
	static const char *const words[] = { "none", "mq-deadline" };
	struct devices *d = a->state;

	if (d->numbers[op->arg] < 0)
		return 0;
	return kinds_write(words[d->round++ % 2], "/sys/block/loop%d/queue/scheduler",
			   d->numbers[op->arg]);
}

/* EBUSY: who watches for new devices has it open. */
static const struct race_verb loop_verbs[] = {
	{ .name = "make",
	  .args = SLOTS,
	  .weight = 2,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0),
	  .act = loop_make },
	{ .name = "attach",
	  .args = SLOTS,
	  .weight = 2,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = loop_attach },
	{ .name = "use", .args = SLOTS, .weight = 4, .legal = RACE_LEGAL(0), .act = loop_use },
	{ .name = "elevator", .args = SLOTS, .weight = 1, .act = loop_elevator },
	{ .name = "detach",
	  .args = SLOTS,
	  .weight = 1,
	  .legal = RACE_LEGAL(0),
	  .act = loop_detach },
	{ .name = "remove",
	  .args = SLOTS,
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = loop_remove },
	{},
};

struct ending {
	struct race_actor *actor;
	struct race_op op;
	int (*remove)(struct race_actor *a, const struct race_op *op);
};

static bool is_removed(void *arg)
{
	const struct ending *e = arg;

	return e->remove(e->actor, &e->op) == 0;
}

static void end_all(struct race_actor *a,
		    int (*remove)(struct race_actor *a, const struct race_op *op))
{
	for (int i = 0; i < SLOTS; i++) {
		struct ending e = { a, { .cpu = -1, .arg = i }, remove };

		if (wait_until(is_removed, &e, wait_now_ns() + wait_scaled(GONE_NS)) != 1)
			race_wrong(a, "device %d of %d cannot be removed", i + 1, SLOTS);
	}
}

static void end_loop(struct race_actor *a)
{
	end_all(a, loop_remove);
}

static int zram_make(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;

	/* Reading it makes one and says which. */
	return d->numbers[op->arg] >= 0
		       ? 0
		       : box_read_int(a->box, &d->numbers[op->arg], ZRAM_CONTROL "/hot_add");
}

static int zram_size(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	int r;

	if (d->numbers[op->arg] < 0 || d->is_up[op->arg])
		return 0;
	r = kinds_write("1M", "/sys/block/zram%d/disksize", d->numbers[op->arg]);
	d->is_up[op->arg] = r == 0;
	return r;
}

static int zram_use(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	char path[32];

	return d->is_up[op->arg] ? use(a, path_of("zram", d->numbers[op->arg], path)) : 0;
}

static int zram_reset(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	int r;

	if (!d->is_up[op->arg])
		return 0;
	r = kinds_write("1", "/sys/block/zram%d/reset", d->numbers[op->arg]);
	d->is_up[op->arg] = r < 0;
	return r;
}

static int zram_remove(struct race_actor *a, const struct race_op *op)
{
	struct devices *d = a->state;
	char number[16];
	int r;

	if (d->numbers[op->arg] < 0)
		return 0;
	snprintf(number, sizeof(number), "%d", d->numbers[op->arg]);
	r = kinds_write(number, "/" ZRAM_CONTROL "/hot_remove");
	if (r == 0) {
		d->numbers[op->arg] = -1;
		d->is_up[op->arg] = false;
	}
	return r;
}

static const struct race_verb zram_verbs[] = {
	{ .name = "make",
	  .args = SLOTS,
	  .weight = 2,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0),
	  .act = zram_make },
	{ .name = "size", .args = SLOTS, .weight = 2, .legal = RACE_LEGAL(0), .act = zram_size },
	{ .name = "use", .args = SLOTS, .weight = 4, .legal = RACE_LEGAL(0), .act = zram_use },
	{ .name = "reset",
	  .args = SLOTS,
	  .weight = 1,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = zram_reset },
	{ .name = "remove",
	  .args = SLOTS,
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = zram_remove },
	{},
};

static void end_zram(struct race_actor *a)
{
	end_all(a, zram_remove);
}

static bool is_unloaded(void *arg)
{
	int r = module_unload(arg);

	return r == 0 || r == -ENOENT;
}

/* The module is there for all actors of the kind, and gone again if it was not before. */
static bool check_module(struct box *box, bool is_after, void **state, const char *module,
			 const char *params, char **ret_why)
{
	static char was_absent;

	if (!is_after && !box_has(box, "sys/module/%s", module) &&
	    module_load(box, module, params) == 0)
		*state = &was_absent;
	if (is_after && *state &&
	    wait_until(is_unloaded, (void *)module, wait_now_ns() + wait_scaled(GONE_NS)) != 1) {
		*ret_why = text_printf("the module \"%s\" cannot be unloaded", module);
		return false;
	}
	*ret_why = text_printf("no device of \"%s\" is left", module);
	return true;
}

static bool check_loop(struct box *box, bool is_after, void **state, char **ret_why)
{
	return check_module(box, is_after, state, "loop", "max_loop=0", ret_why);
}

/* A box without modprobe has to be given what zram packs with (lzo-rle before 6.12). */
static bool check_zram(struct box *box, bool is_after, void **state, char **ret_why)
{
	if (!is_after && module_load(box, "lzo-rle", "") < 0)
		errno = 0;
	return check_module(box, is_after, state, "zram", "num_devices=0", ret_why);
}

const struct race_kind race_loop = {
	.name = "loop",
	.summary = "makes loop devices, reads and writes them, switches their schedulers",
	.need = &race_need_loop,
	.verbs = loop_verbs,
	.begin = begin_loop,
	.end = end_loop,
	.check = check_loop,
};

const struct race_kind race_zram = {
	.name = "zram",
	.summary = "makes zram devices, reads and writes them, resets and removes them",
	.need = &need_zram,
	.verbs = zram_verbs,
	.begin = new_devices,
	.end = end_zram,
	.check = check_zram,
};
