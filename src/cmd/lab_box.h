// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab run --box`: the same run on a real box over ssh, instead of in a guest. */
#pragma once

#include "cmd/lab_args.h"

/* Plays and reports; the exit code. `out` is the run directory, `repeat` the command for the
 * record. */
int lab_box_play(struct lab_request *q, const char *out, int signal_fd, const char *repeat);
