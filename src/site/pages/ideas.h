// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two files of the ideas' pages share. */
#pragma once

#include "site/web/request.h"

/* The form for a new one, filled with what was typed before. */
void ideas_put_form(struct request *r, const char *title, const char *body);
