// SPDX-License-Identifier: GPL-2.0-or-later
/* Inside of the scripted root only: the model that scripted.c shows as files and scripted_kernel.c
 * changes when they are written to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cpulist.h"

#define FILES_MAX 256

enum when { ALWAYS, WHILE_OFF, AFTER_RETURN };

struct entry {
	char *path; /* may hold {N} */
	char *text; /* a template */
	enum when when;
};

struct deviation {
	char *when; /* on-offline, on-online, on-last, on-again, on-fixed, or a value */
	char *what, *arg;
};

struct model {
	struct cpulist present, online, hotpluggable, returned;
	struct cpulist half; /* stopped half way down, and yet online */
	int online_state;
	int state_off, state_on; /* what hotplug/state shows after a transition */
	struct entry files[FILES_MAX];
	size_t n_files;
	struct deviation deviations[16];
	size_t n_deviations;
	int trap[CPULIST_MAX];  /* the state at which hotplug/fail makes the next transition fail;
				   -1: none */
	int kmsg_fd, uevent_fd; /* our ends */
	unsigned int seqnum, reads;
};

/* A write to cpuN/online: what the kernel would do and answer. */
int scripted_kernel_online(struct model *m, int cpu, const char *text);

/* A write to cpuN/hotplug/fail or cpuN/hotplug/target. */
int scripted_kernel_fail(struct model *m, int cpu, const char *text);
int scripted_kernel_target(struct model *m, int cpu, const char *text);
