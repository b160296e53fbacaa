// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates code that silences a CPU's events for the time of a teardown and lifts that too late:
 * user space never hears that the CPU has gone. The event of its return is there.
 */
#include "fault.h"

static int silence(unsigned int cpu)
{
	dev_set_uevent_suppress(get_cpu_device(cpu), 1);
	return 0;
}

static void speak(unsigned int cpu)
{
	dev_set_uevent_suppress(get_cpu_device(cpu), 0);
}

static const struct fault fault = { .leaving = silence, .coming = speak };

FAULT_MODULE(fault, NULL);
