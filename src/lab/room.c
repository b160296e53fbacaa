// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts memory and CPUs: the host's, those of the cgroups that this process is in, and the
 * guests'. */
#include "lab/room.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "lab/machine.h"

#define CGROUPS "/sys/fs/cgroup"
/* QEMU, the image twice, translated code. */
#define OVERHEAD_MIB 400
/* CPUs of guests that one CPU of the host plays: they mostly wait. With more, timers fire so late
 * that healthy kernels look slow. */
#define CPUS_PER_CPU 4

struct room room_of(const struct matrix_cell *c)
{
	_cleanup_(cleanup_machine) struct machine *m = NULL;
	struct room need = { .mem_mib = 1024, .cpus = 4, .guests = 1 };

	if (machine_load(c->machine, &m, NULL) == 0) {
		need.mem_mib = m->mem_mib;
		need.cpus = m->cpus;
	}
	need.mem_mib += OVERHEAD_MIB;
	return need;
}

/* MiB of a "Name:   123 kB" line; INT32_MAX: not there. */
static int meminfo(const char *text, const char *name)
{
	const char *at = text ? strstr(text, name) : NULL;
	long kib;

	if (!at || sscanf(at + strlen(name), ": %ld", &kib) != 1)
		return INT32_MAX;
	return (int)(kib >> 10);
}

/* The number in a file of a cgroup; -1: none, or "max". */
static int64_t cgroup_number(const char *cgroup, const char *file)
{
	_cleanup_free_ char *path = text_printf(CGROUPS "%s/%s", cgroup, file), *text = NULL;
	long long n;

	if (!path || file_read(AT_FDCWD, path, &text, NULL) < 0 || sscanf(text, "%lld", &n) != 1)
		return -1;
	return n;
}

static int64_t cgroup_reclaimable(const char *cgroup)
{
	_cleanup_free_ char *path = text_printf(CGROUPS "%s/memory.stat", cgroup), *text = NULL;
	const char *at;
	long long n;

	if (!path || file_read(AT_FDCWD, path, &text, NULL) < 0)
		return 0;
	at = strstr(text, "\ninactive_file ");
	return at && sscanf(at, "\ninactive_file %lld", &n) == 1 ? n : 0;
}

static void limit_by(struct room_host *h, const char *cgroup)
{
	_cleanup_free_ char *path = text_printf(CGROUPS "%s/cpu.max", cgroup), *text = NULL;
	int64_t max = cgroup_number(cgroup, "memory.max"),
		used = cgroup_number(cgroup, "memory.current");
	long long quota, period;

	if (max >= 0 && used >= 0) {
		int64_t left = (max - used + cgroup_reclaimable(cgroup)) >> 20;

		h->free_mib = left < h->free_mib ? (int)(left < 0 ? 0 : left) : h->free_mib;
		h->total_mib = max >> 20 < h->total_mib ? (int)(max >> 20) : h->total_mib;
	}
	if (path && file_read(AT_FDCWD, path, &text, NULL) == 0 &&
	    sscanf(text, "%lld %lld", &quota, &period) == 2 && period > 0) {
		int cpus = (int)((quota + period - 1) / period);

		h->cpus = cpus < h->cpus ? cpus : h->cpus;
	}
}

/* Its own cgroup and all above it. */
static void limit_by_cgroups(struct room_host *h)
{
	_cleanup_free_ char *text = NULL;
	char *line, *cursor, *slash;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", &text, NULL) < 0)
		return;
	for (cursor = text; (line = text_next_line(&cursor));) {
		if (!text_starts(line, "0::/"))
			continue;
		line += strlen("0::");
		while (line[1]) {
			limit_by(h, line);
			slash = strrchr(line, '/');
			slash[slash == line ? 1 : 0] = '\0';
		}
	}
}

void room_host_read(struct room_host *ret)
{
	_cleanup_free_ char *text = NULL;
	cpu_set_t *set = CPU_ALLOC(8192);
	size_t size = CPU_ALLOC_SIZE(8192);

	if (file_read(AT_FDCWD, "/proc/meminfo", &text, NULL) < 0)
		text = NULL;
	ret->free_mib = meminfo(text, "MemAvailable");
	ret->total_mib = meminfo(text, "MemTotal");
	ret->cpus = set && sched_getaffinity(0, size, set) == 0
			    ? CPU_COUNT_S(size, set)
			    : (int)sysconf(_SC_NPROCESSORS_ONLN);
	CPU_FREE(set);
	limit_by_cgroups(ret);
	ret->cpus = ret->cpus < 1 ? 1 : ret->cpus;
}

bool room_fits(const struct room_host *host, const struct room *running, const struct room *need,
	       char *ret_why)
{
	/* What a guest has been given and not touched yet still counts as free. */
	int mem = running->mem_mib + need->mem_mib, cpus = running->cpus + need->cpus;

	if (mem > host->free_mib) {
		snprintf(
			ret_why, ROOM_HELD_MAX,
			running->guests
				? "memory: %d MiB are free here, and with the %d guest%s that run it takes %d MiB"
				: "memory: %d MiB are free here, and with %d guest%s before it takes %d MiB",
			host->free_mib, running->guests, running->guests == 1 ? "" : "s", mem);
		return false;
	}
	if (running->guests > 0 && cpus > host->cpus * CPUS_PER_CPU) {
		snprintf(
			ret_why, ROOM_HELD_MAX,
			"CPUs: %d of this host play at most %d of guests, and with the %d guest%s that run it would be %d",
			host->cpus, host->cpus * CPUS_PER_CPU, running->guests,
			running->guests == 1 ? "" : "s", cpus);
		return false;
	}
	return true;
}
