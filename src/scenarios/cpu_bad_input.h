// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two halves of cpu.bad-input share: the file `online`, and the files of `hotplug/`. */
#pragma once

#include "stage/act.h"
#include "stage/claim.h"

extern const struct claim bad_input_fail_values, bad_input_target_values;

/* An act that must leave all as it is; whether its errno was right is compared by the act itself,
 * for the same claim. */
void bad_input_without_effect(struct stage *s, const struct act_spec *spec);

/* Wrong values for hotplug/fail and hotplug/target of a CPU that has an online file and is online.
 */
void bad_input_hotplug_values(struct stage *s, int cpu);

/* Asks hotplug/target for the state that the CPU is in. Nothing is written on kernels that break by
 * it. */
void bad_input_same_target(struct stage *s, int cpu);
