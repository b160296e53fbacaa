// SPDX-License-Identifier: GPL-2.0-or-later
/* Needs that several scenarios and witnesses share. A need that only one file has is declared in
 * that file. */
#pragma once

#include "stage/claim.h"

extern const struct need need_root; /* effective uid 0 (a scripted root counts as met) */
extern const struct need
	need_hotpluggable_cpu; /* at least one CPU with an online file, and one other online CPU */
extern const struct need
	need_real_box; /* threads can be bound and programs run: not a scripted root */
extern const struct need need_tracefs; /* tracefs is there, or can be mounted, and is not locked */
/* A prober outside sends datagrams to the box. The stage answers it itself (stage_prober_port()):
 * a box cannot know; asked of a box alone it is unmet. */
extern const struct need need_prober;
/* Somebody outside looks at the box's virtual CPUs when it asks. The stage answers it too. */
extern const struct need need_lookout;
/* A platform that takes CPUs out and puts them in when asked. The stage answers it too. */
extern const struct need need_platform;
/* Nobody would miss the box: a guest of the lab, or one that its owner gave up for this run
 * (`--expendable`). The stage answers it too; a scripted root counts as expendable. */
extern const struct need need_expendable;
