// SPDX-License-Identifier: GPL-2.0-or-later
/* What session.c (the loop), session_boot.c (making the guest), session_end.c (what its end means)
 * and session_record.c (what the lab adds to the evidence) share. */
#pragma once

#include "evidence/rundir.h"
#include "lab/channel.h"
#include "lab/plug.h"
#include "lab/qemu.h"
#include "lab/session.h"
#include "lab/vcpu.h"
#include "outside/prober.h"

/* Before the lab itself takes silence for a hang. */
#define SESSION_WATCHDOG_NS (100 * NS_PER_S)
#define SESSION_DUMP "vmcore.kdump"

struct session {
	const struct session_setup *setup;
	struct rundir *rd;
	struct qemu *qemu;
	struct channel *channel;
	struct prober *prober; /* NULL: none (yet) */
	struct vcpus *vcpus;   /* NULL: nobody asked for a look (yet) */
	struct plug *plug;     /* NULL: no CPU was asked for (yet) */
	long outside_seq;      /* of outside.jsonl */
	json_t *windows;       /* packet.window lines of the journal */
	char *console;         /* path of console.txt */
	char *kvm_why;
	int image_fd;
	int n_failed_boots;
	bool use_kvm;
	int64_t began_ns, started_ns, booted_ns, heard_ns;
	/* from the journal */
	bool has_begun, has_ended;
	bool has_exited; /* the guest's last word has come */
	int exit_status; /* of its run: an exit code, or -signal */
	char *scenario;  /* the open one, or NULL */
	json_t *alone;
	json_t *act;                  /* the last act line, or NULL */
	bool is_in_flight;            /* ... and it has not returned */
	json_t *last;                 /* the journal's last line, or NULL */
	bool has_panicked, has_reset; /* as QMP said */
	bool has_bitten;              /* the watchdog */
	char shutdown[32];            /* QMP's reason, "" */
	struct session_outcome *outcome;
};

/* The image, the accelerator and the run directory, once. */
_must_check_ int session_prepare(struct session *s, struct error *err);

/* QEMU with the guest in it; session_unboot() ends it and all that hangs on it. */
_must_check_ int session_boot(struct session *s, struct error *err);
void session_unboot(struct session *s);

/* The record, and all that was kept of the journal. */
void session_forget(struct session *s);

/* channel_line_fn: keeps account of where the run is. */
void session_on_line(void *ctx, const json_t *line);

/* lab.json: how the guest was made. */
_must_check_ int session_record_lab(struct session *s);

/* True when the line's field is this text. */
bool session_is_text(const json_t *line, const char *key, const char *want);

/*
 * The ends: 0 with the outcome filled in and written down, -errno. gone: QEMU is, or the guest will
 * do nothing any more. overdue: 1 when nothing is.
 */
_must_check_ int session_end_gone(struct session *s);
_must_check_ int session_end_stopped(struct session *s);
_must_check_ int session_end_hung(struct session *s, const char *what);
_must_check_ int session_end_overdue(struct session *s);

/*
 * Lets a guest that panicked go on until it resets, for some seconds: pvpanic stops it before it
 * has written the reason, when another CPU held the console (kernel/panic.c: the notifiers come
 * before console_flush_on_panic()). Whoever wants its registers or memory takes them before.
 */
void session_hear_out(struct session *s);

/* The guest is dead: a crash line that names the last act. `how`: panic, reset, off, vanished. */
_must_check_ int session_record_crash(struct session *s, const char *how, const char *what);

/* The user ended it: what was proved until then stays, and the run says that it is not complete. */
_must_check_ int session_record_interrupted(struct session *s);

/* QEMU is gone, and not by the guest's deed: no verdict on what had not been judged yet. */
_must_check_ int session_record_lost(struct session *s, const char *why);

/* The guest hangs: a timeout line, while QEMU is still there. */
_must_check_ int session_record_hang(struct session *s, const char *what, int64_t after_ns);

/* The box asks for a look at one of its CPUs, and waits until it was taken. */
_must_check_ int session_record_look(struct session *s, const json_t *look);

/* The box asks its platform for a CPU, or tells what it saw of one. */
_must_check_ int session_record_plug(struct session *s, const json_t *line);

/* outside.jsonl: the clocks, every datagram, and the judgement of every window. The prober has
 * ended. */
_must_check_ int session_record_outside(struct session *s);
