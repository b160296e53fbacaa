// SPDX-License-Identifier: GPL-2.0-or-later
/* What `hotproof run` would do here, in words: nothing is changed by asking. */
#pragma once

#include "base/error.h"
#include "run/run.h"

/* On stdout. -ENOENT with a text: a glob chooses nothing. */
_must_check_ int plan_print(const struct run_setup *setup, const char *out_dir, struct error *err);
