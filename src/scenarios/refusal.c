// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks a CPU to go that must stay, and compares state, target and mask. */
#include "scenarios/refusal.h"

#include <errno.h>

#include "box/cpu.h"
#include "stage/expect.h"
#include "stage/stage.h"

int refusal_try(struct stage *s, int cpu, const struct claim *claim, bool must)
{
	struct act_spec spec = { .verb = ACT_OFFLINE,
				 .cpu = cpu,
				 .allow = must ? ACT_ALLOW(EBUSY) : ACT_ALLOW(0, EBUSY),
				 .claim = must ? claim : NULL };
	int state = -1, target = -1, r;
	struct act act = {};

	/* Compared with before, not with "online": the target of the CPU that booted is 0 on
	 * kernels before 6.2. */
	if (cpu_state_read(stage_box(s), cpu, &state, &target) < 0)
		state = target = -1;
	r = act_play(s, &spec, &act);
	if (act.id == 0)
		return r < 0 ? r : -EIO;
	if (act.result == 0)
		return 0;
	expect(s, &act, claim,
	       act.state == state && cpu_target_fits(act.state, act.target, target) &&
		       cpulist_equal(&act.online, &act.online_before),
	       json_pack("{s:i, s:i, s:i, s:s}", "cpu", cpu, "state", act.state, "target",
			 act.target, "online", cpulist_str(&act.online)),
	       "after the refusal cpu%d is at state %d (was %d) with target %d (was %d), and CPUs \"%s\" are online (were \"%s\")",
	       cpu, act.state, state, act.target, target, cpulist_str(&act.online),
	       cpulist_str(&act.online_before));
	return act.result == EBUSY;
}
