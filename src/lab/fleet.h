// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs the cells of a matrix, some at once, each as a process of its own with a guest of its own.
 * A cell whose guest gave no verdict is tried again; what has ended is not touched. It prints
 * nothing. A guest is only started when there is room for it (lab/room.h).
 */
#pragma once

#include "lab/matrix.h"
#include "lab/room.h"

enum fleet_event {
	FLEET_STARTED,
	FLEET_HELD, /* no room for it now; text: what is short. Told once until one is started */
	FLEET_ENDED,
	FLEET_AGAIN, /* text: why, or NULL */
	FLEET_ABSENT,
	FLEET_TICK,
};

struct fleet_setup {
	struct matrix *matrix;
	const char *program; /* argv[0] of `PROGRAM run ...` */
	int jobs;            /* at once */
	int tries;           /* for a cell without a verdict */
	int signal_fd;       /* readable: end all and come back; -1: none */
	/* What a cell takes and is not here, one line owned by the caller; NULL: nothing is
	 * missing. */
	char *(*missing)(const struct matrix_cell *cell);
	void (*host)(struct room_host *ret); /* NULL: this one */
	int64_t room_ns; /* how long to wait for memory when no guest runs; 0: a minute */
	void (*watch)(void *ctx, enum fleet_event what, const struct matrix_cell *cell,
		      const char *text);
	void *watch_ctx;
};

/* 1: all cells have ended or are absent; 0: ended by the signal; -errno. */
_must_check_ int fleet_run(const struct fleet_setup *setup, struct error *err);

/* For fleet_setup.missing: kernel, guest program and QEMU of the cell's machine. */
char *fleet_missing(const struct matrix_cell *c);

/* The wall clock, as matrix_cell.began_ms counts. */
int64_t fleet_unix_ms(void);

/* For other executors of a matrix. False: the guest was lost, and nothing is known of the kernel,
 * so that another one may be tried. */
bool fleet_is_verdict(int exit_code);

/* Removes a file or a folder with all that is in it. */
void fleet_forget(const char *path);
