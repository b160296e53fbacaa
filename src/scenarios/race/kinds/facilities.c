// SPDX-License-Identifier: GPL-2.0-or-later
/* Actors that set up and tear down what the kernel keeps per CPU: perf events, io_uring threads,
 * network namespaces, mounts; and one that reads all that shows CPUs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "scenarios/race/kinds/kinds.h"

#define SLOTS 4

/* An event that only counts time; opened on the CPU for all tasks. */
static int act_perf(struct race_actor *a, const struct race_op *op)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.disabled = 1 };
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, op->cpu, -1, PERF_FLAG_FD_CLOEXEC);
	uint64_t count;
	int r = 0;

	(void)a;
	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0 || read(fd, &count, sizeof(count)) < 0 ||
	    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) < 0)
		r = -errno;
	close(fd);
	return r;
}

static const struct race_verb perf_verbs[] = {
	{ .name = "count",
	  .has_cpu = true,
	  .weight = 1,
	  .legal = RACE_LEGAL(0, ENODEV),
	  .act = act_perf },
	{},
};

const struct race_kind race_perf = {
	.name = "perf",
	.summary = "opens, reads and closes perf events on CPUs",
	.verbs = perf_verbs,
};

/* Its thread is bound to the CPU that comes and goes. */
static int act_ring(struct race_actor *a, const struct race_op *op)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF,
				     .sq_thread_cpu = op->cpu,
				     .sq_thread_idle = 1 };
	int fd = (int)syscall(SYS_io_uring_setup, 4, &p);

	(void)a;
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int probe_uring(struct box *box, char **ret_why)
{
	struct io_uring_params p = {};
	int fd = (int)syscall(SYS_io_uring_setup, 1, &p);

	(void)box;
	if (fd >= 0) {
		close(fd);
		return 1;
	}
	*ret_why = text_printf("io_uring_setup(2) gives %s", error_name(errno));
	return 0;
}

const struct need race_need_uring = {
	.id = "box.io-uring-setup",
	.summary = "io_uring can be used",
	.probe = probe_uring,
};

static const struct race_verb uring_verbs[] = {
	/* EINVAL: the CPU is off just now. */
	{ .name = "ring",
	  .has_cpu = true,
	  .weight = 1,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_ring },
	{},
};

const struct race_kind race_uring = {
	.name = "uring",
	.summary = "sets up io_uring with a thread bound to a CPU, and closes it",
	.need = &race_need_uring,
	.verbs = uring_verbs,
};

/* Made and gone with a child. */
static int in_child(int flags)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(unshare(flags) < 0 ? errno : 0);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

static int act_netns(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	(void)op;
	return in_child(CLONE_NEWNET);
}

static const struct race_verb netns_verbs[] = {
	/* ENOSPC, EUSERS: the kernel removes old ones later than we make new ones. */
	{ .name = "netns", .weight = 1, .legal = RACE_LEGAL(0, ENOSPC, EUSERS), .act = act_netns },
	{},
};

static int probe_netns(struct box *box, char **ret_why)
{
	if (box_has(box, "proc/self/ns/net"))
		return 1;
	*ret_why = text_printf("the kernel has no network namespaces: no /proc/self/ns/net");
	return 0;
}

const struct need race_need_netns = {
	.id = "box.network-namespaces",
	.summary = "network namespaces can be made",
	.probe = probe_netns,
};

const struct race_kind race_netns = {
	.name = "netns",
	.summary = "makes and leaves network namespaces",
	.need = &race_need_netns,
	.verbs = netns_verbs,
};

/* In a mount namespace of its own: nobody else sees it, and it is gone with the actor. */
static int begin_mount(struct race_actor *a)
{
	_cleanup_free_ char *dir = text_printf("/tmp/hotproof-race-%d", (int)getpid());

	if (!dir || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	if (mkdir(dir, 0700) < 0 || mount("tmpfs", dir, "tmpfs", 0, NULL) < 0)
		return -errno;
	a->state = take_ptr(dir);
	for (int i = 0; i < SLOTS; i++) {
		_cleanup_free_ char *slot = text_printf("%s/%d", (char *)a->state, i);

		if (!slot || mkdir(slot, 0700) < 0)
			return -errno;
	}
	return 0;
}

static int act_mount(struct race_actor *a, const struct race_op *op)
{
	_cleanup_free_ char *dir = text_printf("%s/%d", (char *)a->state, op->arg);
	_cleanup_free_ char *file = text_printf("%s/file", dir ? dir : "");
	int fd;

	if (!dir || !file || mount("tmpfs", dir, "tmpfs", 0, "size=64k") < 0)
		return -errno;
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int act_umount(struct race_actor *a, const struct race_op *op)
{
	_cleanup_free_ char *dir = text_printf("%s/%d", (char *)a->state, op->arg);

	return dir && umount2(dir, 0) == 0 ? 0 : -errno;
}

static const struct race_verb mount_verbs[] = {
	{ .name = "mount", .args = SLOTS, .weight = 1, .legal = RACE_LEGAL(0), .act = act_mount },
	/* EINVAL: nothing is mounted there. */
	{ .name = "umount",
	  .args = SLOTS,
	  .weight = 2,
	  .legal = RACE_LEGAL(0, EINVAL),
	  .act = act_umount },
	{},
};

static void end_mount(struct race_actor *a)
{
	const char *dir = a->state;

	if (umount2(dir, MNT_DETACH) < 0 || rmdir(dir) < 0)
		race_wrong(a, "\"%s\" cannot be taken away: %s", dir, error_name(errno));
}

const struct race_kind race_mount = {
	.name = "mount",
	.summary = "mounts and unmounts memory file systems",
	.verbs = mount_verbs,
	.begin = begin_mount,
	.end = end_mount,
};

static const char *const shown[] = {
	"/proc/stat",      "/proc/interrupts", "/proc/softirqs",
	"/proc/schedstat", "/proc/zoneinfo",   "/proc/timer_list",
	"/proc/cpuinfo",   "/proc/vmstat",     "/proc/sched_debug",
	"/proc/slabinfo",  "/proc/buddyinfo",  "/sys/devices/system/cpu/online",
};

/* All of it, and forgotten: what it says is the witnesses' matter. */
static int read_all(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return n < 0 ? -errno : 0;
}

static int act_proc(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	return read_all(shown[op->arg]);
}

static void read_tree(struct race_actor *a, const char *dir, int depth)
{
	_cleanup_names_ char **names = NULL;

	if (race_is_over(a) || box_list(a->box, dir, &names) < 0)
		return;
	for (char **n = names; *n; n++) {
		_cleanup_free_ char *path = text_printf("/%s/%s", dir, *n);
		struct stat st;

		if (!path || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 0)
			read_tree(a, path + 1, depth - 1);
		else if (S_ISREG(st.st_mode) && read_all(path) < 0)
			errno = 0; /* gone with its CPU, or for writing only */
	}
}

static int act_tree(struct race_actor *a, const struct race_op *op)
{
	_cleanup_free_ char *dir = text_printf("sys/devices/system/cpu/cpu%d", op->cpu);

	if (!dir)
		return -ENOMEM;
	read_tree(a, dir, 3);
	return 0;
}

static const struct race_verb read_verbs[] = {
	{ .name = "proc", .args = ARRAY_SIZE(shown), .weight = 2, .act = act_proc },
	{ .name = "tree", .has_cpu = true, .weight = 1, .legal = RACE_LEGAL(0), .act = act_tree },
	{},
};

const struct race_kind race_read = {
	.name = "read",
	.summary = "reads every file below cpuN/ and what shows CPUs in /proc",
	.verbs = read_verbs,
};
