// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * By which number the hardware's own description knows a CPU: kernels number CPUs as they please.
 * Not what the kernel calls a package or a core.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"

static int number(const char *line, const char *name)
{
	const char *colon = strchr(line, ':');

	if (!text_starts(line, name) || !colon)
		return -1;
	return (int)strtol(colon + 1, NULL, 10);
}

/* x86 has it nowhere else, and only while the CPU is online. */
static int id_of_apic(struct box *box, int cpu)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int now = -1;

	if (box_read(box, "proc/cpuinfo", &text) < 0)
		return -1;
	for (cursor = text; (line = text_next_line(&cursor));) {
		if (number(line, "processor") >= 0)
			now = number(line, "processor");
		else if (now == cpu && number(line, "apicid") >= 0)
			return number(line, "apicid");
	}
	return -1;
}

/* "OF_FULLNAME=/cpus/cpu@1": the address is the device tree's, in hexadecimal. */
static int id_of_node(struct box *box, int cpu)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (box_readf(box, &text, "sys/devices/system/cpu/cpu%d/uevent", cpu) < 0)
		return -1;
	for (cursor = text; (line = text_next_line(&cursor));) {
		const char *at = text_starts(line, "OF_FULLNAME=") ? strrchr(line, '@') : NULL;

		if (at)
			return (int)strtol(at + 1, NULL, 16);
	}
	return -1;
}

int cpu_hardware_id(struct box *box, int cpu)
{
	int id;

	/* s390x; ppc64, whose device tree names cores and not threads; all others with one. */
	if (box_read_int(box, &id, "sys/devices/system/cpu/cpu%d/address", cpu) == 0 ||
	    box_read_int(box, &id, "sys/devices/system/cpu/cpu%d/physical_id", cpu) == 0)
		return id;
	id = id_of_node(box, cpu);
	return id >= 0 ? id : id_of_apic(box, cpu);
}
