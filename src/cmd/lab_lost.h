// SPDX-License-Identifier: GPL-2.0-or-later
/* What a lost guest left in the run directory, put aside so that another one can be tried. */
#pragma once

#include "base/error.h"

/* Moves it into OUT/lost-N; then the run directory holds no journal. */
_must_check_ int lab_lost_put_aside(const char *out, int n, struct error *err);
