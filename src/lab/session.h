// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run in one guest: image, QEMU, channel, prober, and what becomes of it all: the run
 * directory. It survives a guest that panics, hangs, vanishes or never boots, and leaves nothing
 * behind but the run directory. It prints nothing and judges no claim but those of packets, whose
 * witness is outside.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "lab/machine.h"

enum session_event {
	SESSION_STARTED,     /* text: accelerator and why */
	SESSION_BOOT_FAILED, /* QEMU itself died; it is tried again. text: how */
	SESSION_WAS_LOST,    /* for whoever tries again. text: how */
	SESSION_BOOTED,      /* the first line has come */
	SESSION_LINE,        /* a line of the journal */
	SESSION_TICK,        /* nothing new for a while; for the display's clock */
};

struct session_setup {
	const struct machine *machine;
	const char *kernel, *modules; /* file; folder .../RELEASE */
	const char *hotproof;         /* the static binary for the guest */
	const char *userland;         /* NULL: none */
	const char *append;           /* NULL: none */
	const char *const *insmod, *const *add;
	const char *const *plan_argv; /* what PID 1 runs */
	const char *const *suite;     /* folders of another suite; NULL: none */
	const char *suite_dir;        /* the user's folder of it; NULL: none */
	const char *race_plan;        /* file for run --plan; NULL: none */
	const char *baseline;         /* text for run --baseline; NULL: none */
	const char *out;              /* the run directory, made here */
	int signal_fd;                /* readable: stop at once (a signalfd); -1: none */
	bool want_dump;               /* of its memory, when it panics or hangs */
	int n_lost;                   /* guests that were lost before this one */
	int want_kvm;                 /* enum kvm_want */
	void (*watch)(void *ctx, enum session_event what, const json_t *line, const char *text);
	void *watch_ctx;
};

enum session_end {
	SESSION_DONE,       /* the guest's run went to its end */
	SESSION_NOT_BOOTED, /* not one line came from the guest */
	SESSION_NOT_BEGUN,  /* it booted, but no run began: its own error, in `text` */
	SESSION_CRASHED,    /* panic, reset, off, vanished: recorded as a crash line */
	SESSION_SILENT,     /* it hung: recorded as a timeout line */
	SESSION_LOST,       /* QEMU was killed or died of itself: says nothing of the kernel */
	SESSION_STOPPED,    /* by the caller's signal */
	SESSION_ERROR,      /* the lab itself could not go on (a full disk) */
};

struct session_outcome {
	enum session_end end;
	int guest_status;     /* SESSION_NOT_BEGUN: exit code of the run in the guest */
	bool has_rundir;      /* the run directory exists */
	char text[496];       /* one sentence for ends other than SESSION_DONE */
	int64_t boot_ns;      /* from starting QEMU to the first line */
	int64_t prepare_ns;   /* from the beginning to starting QEMU */
	int64_t first_act_ns; /* from the beginning to the first act; 0: none */
};

/* 0 with *ret filled in; -errno when nothing was started (bad kernel, module, ...): then there is
 * no run directory. */
_must_check_ int session_run(const struct session_setup *setup, struct session_outcome *ret,
			     struct error *err);
