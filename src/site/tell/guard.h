// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which addresses a hook may be sent to: those of the public internet. Whoever may make a hook must
 * not reach by it what only this machine can. Names are not known here, only what they became.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

bool guard_is_public(const struct sockaddr *address);
