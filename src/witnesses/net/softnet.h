// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/net/softnet_stat: what each CPU's packet backlog counted. Format: net/core/net-procfs.c. */
#pragma once

#include <stdint.h>

#include "box/box.h"

struct softnet {
	uint64_t dropped; /* of all online CPUs: their backlog was full */
	uint64_t steered; /* on one CPU: how often another CPU's packets were announced to it */
	bool has_steered; /* that CPU has a row that says so */
	uint64_t queued;  /* on that CPU: packets that wait in its backlog */
};

/* -EBADMSG: a row is not what it has to be. */
_must_check_ int softnet_parse(char *text, int cpu, struct softnet *ret);
_must_check_ int softnet_read(struct box *box, int cpu, struct softnet *ret);
