// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run on a real box over the system's ssh: copies the static program there, runs the plan, lets
 * the prober talk to it from here, and brings the evidence back as it is written. A connection that
 * is lost is no crash of the box: it is asked again, and what it says is recorded.
 */
#pragma once

#include "lab/session.h"

struct remote_setup {
	const char *url;                /* "ssh://root@host:22" */
	const char *const *ssh_options; /* as for ssh, "-i", "FILE"; may be NULL */
	/* The program for a box of this `uname -m`, owned by the caller; NULL: there is none. */
	char *(*program)(const char *uname);
	const char *const *plan_argv; /* words of the run there */
	const char *out;
	int prober_port; /* UDP on the box, the same from here; 0: no prober */
	int signal_fd;   /* readable: stop at once; -1: none */
	void (*watch)(void *ctx, enum session_event what, const json_t *line, const char *text);
	void *watch_ctx;
};

/* As session_run(); SESSION_STOPPED also when the connection was lost. -EINVAL: the URL is none. */
_must_check_ int remote_run(const struct remote_setup *setup, struct session_outcome *ret,
			    struct error *err);
