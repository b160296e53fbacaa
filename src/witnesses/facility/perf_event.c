// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens and reads software events. What they must do is perf.c's and ring.c's. */
#include "witnesses/facility/perf_event.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

int perf_event_new(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long fd;

	attr->type = PERF_TYPE_SOFTWARE;
	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int perf_event_clock(uint64_t config, pid_t pid, int cpu)
{
	struct perf_event_attr attr = { .config = config };

	return perf_event_new(&attr, pid, cpu);
}

int perf_event_read(int fd, int64_t *ret)
{
	uint64_t value;
	ssize_t n = read(fd, &value, sizeof(value));

	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(value))
		return -EBADMSG;
	*ret = (int64_t)value;
	return 0;
}

static int probe_perf(struct box *box, char **ret_why)
{
	int fd = perf_event_clock(PERF_COUNT_SW_CPU_CLOCK, -1, 0);

	(void)box;
	if (fd < 0 && fd != -ENODEV) {
		*ret_why = text_printf(
			"perf_event_open() of a CPU says %s: not in this kernel, or kernel.perf_event_paranoid forbids it",
			error_name(fd));
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return 1;
}

const struct need need_perf = {
	.id = "box.perf-events",
	.summary = "perf events of a whole CPU, for this user",
	.probe = probe_perf,
};
