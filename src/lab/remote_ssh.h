// SPDX-License-Identifier: GPL-2.0-or-later
/* A box at the other end of ssh: commands there, and a program with a channel to it. It knows
 * nothing of runs. */
#pragma once

#include "base/cleanup.h"
#include "base/cpulist.h"
#include "base/process.h"

struct remote_ssh {
	char *target, *host, *port; /* root@host, host, "22" */
	const char *const *options;
};

/* What the box says of itself. */
struct remote_facts {
	char uname[32], boot_id[64], online[256], folder[128], kernel[128];
	int uid;
};

/* -EINVAL: no such URL. */
_must_check_ int remote_ssh_open(const char *url, const char *const *options,
				 struct remote_ssh *ret);
void remote_ssh_close(struct remote_ssh *s);

/* Asks; with_folder: also makes one there, for the program. */
_must_check_ int remote_ssh_ask(const struct remote_ssh *s, bool with_folder, int64_t deadline_ns,
				struct remote_facts *ret, struct error *err);

/* FOLDER/hotproof there. */
_must_check_ int remote_ssh_copy(const struct remote_ssh *s, const char *program,
				 const char *folder, struct error *err);

/* For a program that was never started: else it removes itself. */
void remote_ssh_remove(const struct remote_ssh *s, const char *folder);

/* *ret_fd is both ends of its standard streams; what it complains of goes to complaint_fd. */
_must_check_ int remote_ssh_start(const struct remote_ssh *s, const char *const *argv,
				  int complaint_fd, struct process *ret, int *ret_fd,
				  struct error *err);

/* The IPv4 address of the host as this machine resolves it, owned by the caller; NULL: none. */
char *remote_ssh_address(const struct remote_ssh *s);
