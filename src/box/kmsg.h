// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of the kernel log (Documentation/ABI/testing/dev-kmsg), and which of them mean trouble.
 */
#pragma once

#include <stdint.h>

#include "box/box.h"

struct kmsg_record {
	int level; /* 0 emergency .. 7 debug */
	uint64_t seq;
	int64_t t_us; /* printk's clock */
	char text[1024];
};

/*
 * The next record of a stream of box_open_stream("kmsg"): 1, or 0 when there is none now. -EPIPE:
 * records were overwritten before they were read, so that silence means nothing; the next call goes
 * on after the gap.
 */
_must_check_ int kmsg_next(int fd, struct kmsg_record *ret);

/*
 * What kind of trouble a line tells of ("No irq handler for vector"), one of a fixed few words;
 * NULL for a line that healthy kernels log too while CPUs come and go (catalogue 4.13, less the
 * noise of 2.6).
 */
const char *kmsg_trouble(const char *text);
