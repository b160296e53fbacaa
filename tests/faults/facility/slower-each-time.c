// SPDX-License-Identifier: GPL-2.0-or-later
/* Imitates a teardown callback that walks a list to which every cycle adds: 15 ms more each time.
 */
#include <linux/delay.h>

#include "fault.h"

static int walk(unsigned int cpu)
{
	static unsigned int entries;

	msleep(15 * entries++);
	return 0;
}

static const struct fault fault = { .leaving = walk };

FAULT_MODULE(fault, NULL);
