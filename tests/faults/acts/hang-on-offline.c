// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a teardown callback that waits for a completion that nobody will give: the writer of
 * "offline" never comes back and no signal helps. The guest is otherwise alive; only powering it
 * off ends this.
 */
#include <linux/completion.h>

#include "fault.h"

static DECLARE_COMPLETION(never);

static int wait_for_ever(unsigned int cpu)
{
	wait_for_completion(&never);
	return 0;
}

static const struct fault fault = { .leaving = wait_for_ever };

FAULT_MODULE(fault, NULL);
