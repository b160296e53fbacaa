// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel modules of the running box, loaded and unloaded by their system calls with what depmod(8)
 * wrote. Aliases, options and blacklists of modprobe(8) are not heeded. A scripted root has none.
 */
#pragma once

#include "box/box.h"

/* 1: its file is there, or it is built in or loaded; 0: it is not. */
bool module_is_there(struct box *box, const char *name);

/* With all that it needs; "" for no parameters. 0, also when it is loaded already; or -errno. */
_must_check_ int module_load(struct box *box, const char *name, const char *params);

/* Only itself; -ENOENT when it is not loaded. Never waits for users: -EWOULDBLOCK. */
_must_check_ int module_unload(const char *name);
