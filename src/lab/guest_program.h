// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the static hotproof for a guest is. It looks at names only: image_check_program() looks
 * into the file. */
#pragma once

#include "lab/arch.h"

/* The one beside this program, as `hotproof lab` found us; owned by the caller. */
char *guest_program_own(void);

/*
 * For a guest of an architecture: of our own beside this program, of another beside it as
 * "hotproof-arm64" or in a build folder beside ours. Where it is or should be; owned by the caller.
 */
char *guest_program_find(const struct arch *arch);
