// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the kernel log record by record and knows trouble from noise. */
#include "box/kmsg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

int kmsg_next(int fd, struct kmsg_record *ret)
{
	char buf[8192], *text, *nl;
	unsigned long long seq = 0;
	unsigned int prio = 0;
	long long t_us = 0;
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf) - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return 0;
	buf[n] = '\0';
	text = strchr(buf, ';');
	if (!text || sscanf(buf, "%u,%llu,%lld", &prio, &seq, &t_us) != 3)
		return -EBADMSG;
	text++;
	nl = strchr(text, '\n');
	if (nl)
		*nl = '\0';
	ret->level = (int)(prio & 7);
	ret->seq = seq;
	ret->t_us = t_us;
	snprintf(ret->text, sizeof(ret->text), "%s", text);
	return 1;
}

const char *kmsg_trouble(const char *text)
{
	static const char *const trouble[] = {
		"BUG:",
		"kernel BUG at",
		"WARNING: ",
		"Oops",
		"Call Trace:",
		"soft lockup",
		"hard LOCKUP",
		"blocked for more than",
		"detected stall",
		"self-detected stall",
		"workqueue lockup",
		"scheduling while atomic",
		"sleeping function called",
		"list_add corruption",
		"list_del corruption",
		"refcount_t: ",
		"KASAN: ",
		"UBSAN: ",
		"KCSAN: ",
		"general protection fault",
		"nable to handle",
		"failed to report alive state",
		"failed to report dead state",
		"DEAD callback error",
		"Error taking CPU",
		"Cannot disable CPU",
		"stuck in kernel",
		"is stuck",
		"may not have shut down cleanly",
		"nobody cared",
		"No irq handler for vector",
		"possible circular locking",
		"Kernel panic",
	};

	for (size_t i = 0; i < ARRAY_SIZE(trouble); i++)
		if (strstr(text, trouble[i]))
			return trouble[i];
	/* "CPU 1 UP state NAME (23) failed (-5)": links go to a "DOWN state" too, and are no CPUs.
	 */
	if (text_starts(text, "CPU ") && strstr(text, " state ") && strstr(text, " failed ("))
		return "state failed";
	return NULL;
}
