// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What CPU hotplug promises, kept or not yet looked at here: the map of the field, so that a gap is
 * seen. Data in promises.json, one object a promise:
 *   id, group, promise  one sentence that must hold
 *   rank                1 to 40: what finds most for least; absent: none
 *   claims, scenarios   that look at it; absent: nothing does
 *   missing             what is not looked at, and why; must be there where nothing looks at it
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* All of them, in the order of the field; those that nothing looks at only when is_planned. Owned
 * by the caller; NULL when memory is short. */
json_t *promises_json(bool is_planned);

/* For people. */
void promises_print(bool is_planned);
