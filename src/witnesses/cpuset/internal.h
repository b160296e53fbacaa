// SPDX-License-Identifier: GPL-2.0-or-later
/* The claims that the two files of the cpuset witness share. */
#pragma once

#include "stage/claim.h"

extern const struct claim cpuset_effective_follows, cpuset_tasks_follow;
