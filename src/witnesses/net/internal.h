// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two halves of the loopback witness share: loopback.c lets packets flow around an act,
 * judge.c says what became of them. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"
#include "witnesses/net/softnet.h"
#include "witnesses/net/stream.h"
#include "stage/worker.h"

extern const struct claim loopback_none_lost, loopback_tcp_intact, loopback_rps_follows,
	loopback_backlog_drains;

struct loopback {
	struct finding_voice voice;
	struct stream *stream;
	struct worker there;  /* proves that the CPU that returned runs tasks */
	int cpu;              /* of this act; -1: nothing flows */
	bool is_steered;      /* packets were seen to be steered to `off` before it went */
	int off;              /* went off with packets on it; -1: none */
	bool is_tcp_broken;   /* told once */
	struct cpulist stuck; /* packets stand still in the backlogs of these */
	struct stream_count start;
	struct softnet softnet;
	uint64_t drops;
};

/* Packets of other CPUs are announced to this one from now on: its row counts them. */
bool loopback_await_steering(struct stage *s, int cpu, const struct softnet *was, int64_t limit_ns);

/* After the act. `flowed`: more went back and forth since. Stops the stream. */
void loopback_judge(struct stage *s, struct loopback *l, const struct act *act, bool flowed,
		    struct findings *ret);

/* Backlogs that stand still from the start, since an earlier scenario or before the run. */
void loopback_find_stuck(struct stage *s, struct loopback *l);

/* Nothing flows: what is on the way is not waited for any more, and
 * where packets are in the CPU's backlog nothing is sent from now on. */
void loopback_leave_alone(struct stage *s, struct loopback *l, int cpu);
