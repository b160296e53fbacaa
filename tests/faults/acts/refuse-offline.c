// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver whose teardown callback takes "queue not empty yet" for an error: it refuses an
 * offline that nothing forbids, and the next attempt works. Not the kernel's own, legal, EBUSY.
 */
#include "fault.h"

static int refuse(unsigned int cpu)
{
	return -EBUSY;
}

static const struct fault fault = { .leaving = refuse };

FAULT_MODULE(fault, NULL);
