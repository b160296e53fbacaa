// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work that is asked for after an act and looked at before the next one: nobody waits for it who
 * need not, and it is judged as of the act that it was asked for. And what a thread saw of itself
 * before an act, read after it. No judging.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "stage/stage.h"
#include "stage/act.h"

struct pending {
	struct act act; /* after which it was asked for */
	int64_t asked_ns;
	bool is_set;
};

/* In after(): now it is asked for. */
void pending_begin(struct pending *p, const struct act *act);

/* Until when it must be there: 10 s (scaled) after it was asked for. */
int64_t pending_deadline(const struct pending *p);

/* In before() and uproot(): true once for each begin. */
_must_check_ bool pending_take(struct pending *p);

/* In before() and uproot(): the CPU is as the act left it, and was so all the time. */
bool pending_is_window_closed(const struct pending *p, struct stage *s);

/* When a thread was where it had to be, for the first time; may lie in memory that processes share.
 */
struct presence {
	atomic_int cpu; /* -1: anywhere */
	_Atomic int64_t since_ns;
};

/* The witness's side, while the thread rests. */
void presence_want(struct presence *p, int cpu);

/* The thread's side: notes it if it is there. Takes no lock. */
void presence_note(struct presence *p);

/* In after(): it was there before the write began. */
bool presence_is_proved(struct presence *p, const struct act *act);
