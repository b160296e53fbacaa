// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain list of all scenarios: a new one is added here and nowhere else. */
#include "scenarios/scenarios.h"

const struct scenario *const scenarios_all[] = {
	&scenario_cpu_cycle,       &scenario_cpu_all_but_one,
	&scenario_cpu_refuse_last, &scenario_cpu_bad_input,
	&scenario_cpu_fixed,       &scenario_cpu_rollback_twice,
	&scenario_cpu_rollback,    NULL,
};
