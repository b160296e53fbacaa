// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads CPU uevents from a stream of box_open_stream("uevent"). */
#include "box/uevent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static bool parse(const char *buf, size_t len, struct uevent *ret)
{
	struct uevent ev = { .cpu = -1 };
	const char *at = memchr(buf, '@', len);
	int end = 0;

	if (!at)
		return false;
	if (text_starts(buf, "online@"))
		ev.is_online = true;
	else if (!text_starts(buf, "offline@"))
		return false;
	if (sscanf(at + 1, "/devices/system/cpu/cpu%d%n", &ev.cpu, &end) != 1 ||
	    at[1 + end] != '\0')
		return false;
	for (const char *p = buf; p < buf + len; p += strlen(p) + 1)
		if (text_starts(p, "SEQNUM="))
			ev.seqnum = strtoull(p + 7, NULL, 10);
	*ret = ev;
	return true;
}

int uevent_next_cpu(int fd, struct uevent *ret)
{
	char buf[8192];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf) - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buf[n] = '\0';
		if (parse(buf, n, ret))
			return 1;
	}
}
