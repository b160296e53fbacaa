// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does a CPU still work after a transition of it was aborted? At once where it stayed online; when
 * it comes back where it stayed off. An act that went through is none of its business. How the CPU
 * is used: probe.c.
 */
#include "witnesses/rollback/function.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "stage/needs.h"
#include "witnesses/witnesses.h"

static const struct claim function = {
	.id = "rollback.function",
	.summary = "A CPU whose offline or online was refused works as before",
	.explain =
		"A refusal half way runs back through all that was torn down; what one callback forgets is gone until the next full cycle, and state and "
		"masks look well. So the CPU is used: a thread is bound to it and runs, a timer of 1 ms fires, a short sleep does not wait for "
		"the tick, a time-out ends, a datagram passes the loopback device, an IPI and a perf event reach it, the running thread can be moved "
		"away, a work item runs. A failure names the step; `state` in the acts before it names the step of the state machine.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "commit 2f8dea1692ee \"hrtimers: Handle CPU state correctly on hotplug\"",
		     "commit \"sched: Use cpu_dying() to fix balance_push vs hotplug-rollback\""),
	.faults = FAULTS("kmod:abort-breaks-timers", "kmod:abort-breaks-softirq",
			 "unit:probe-step-stuck"),
};

/* A sleep of 0.3 ms that takes so long has waited for the tick (4 ms, at 250 Hz). */
#define COARSE_NS (2 * NS_PER_MS)

struct function_state {
	struct finding_voice voice;
	struct probe *probe;
	struct cpulist to_probe; /* refused to come; to be looked at once they are back */
	struct cpulist lacking;  /* on these no datagram arrived before they were to go */
};

static json_t *describe(const struct probe_seen *seen)
{
	static const char *const words[] = { "not reached", "good", "bad", "stuck", "absent" };
	json_t *after = json_array(),
	       *data = json_pack("{s:i, s:f, s:f, s:i}", "cpu", seen->cpu, "ms",
				 (double)seen->took_ns / NS_PER_MS, "best_sleep_ms",
				 (double)seen->best_sleep_ns / NS_PER_MS, "ran_on", seen->ran_on);

	if (seen->other_sleep_ns > 0)
		json_object_set_new(data, "other_sleep_ms",
				    json_real((double)seen->other_sleep_ns / NS_PER_MS));
	for (int i = 0; i < PROBE_STEPS; i++) {
		json_array_append_new(after, json_real((double)seen->after_ns[i] / NS_PER_MS));
		if (seen->results[i] != PROBE_GOOD)
			json_object_set_new(data, probe_step_name(i),
					    json_string(words[seen->results[i]]));
	}
	json_object_set_new(data, "step_ended_ms", after);
	return data;
}

void function_judge(const struct function_seen *seen, struct findings *ret)
{
	const struct probe_seen *p = &seen->probe;
	int n_good = 0;

	for (int i = 0; i < PROBE_STEPS; i++) {
		n_good += p->results[i] == PROBE_GOOD;
		if (i == PROBE_SOFTIRQ && seen->lacked_softirq)
			continue;
		if (p->results[i] != PROBE_BAD && p->results[i] != PROBE_STUCK)
			continue;
		finding_add(ret, &function, FINDING_UNMET, describe(p), "cpu%d after %s: %s %s%s%s",
			    p->cpu, seen->after, probe_step_name(i),
			    p->results[i] == PROBE_STUCK ? "does not end" : "fails",
			    p->errors[i] ? " with " : "",
			    p->errors[i] ? error_name(p->errors[i]) : "");
		return;
	}
	if (seen->lacked_softirq) {
		finding_add(ret, &function, FINDING_UNEXERCISED, describe(p),
			    "cpu%d after %s: datagrams did not arrive on it before that either",
			    p->cpu, seen->after);
		return;
	}
	if (!p->is_in_time || p->results[PROBE_RUN] != PROBE_GOOD) {
		finding_add(ret, &function, FINDING_UNEXERCISED, describe(p),
			    "cpu%d after %s: the threads that use it had no time for it", p->cpu,
			    seen->after);
		return;
	}
	if (p->best_sleep_ns > COARSE_NS && p->other_sleep_ns > 0 &&
	    p->other_sleep_ns <= COARSE_NS) {
		finding_add(
			ret, &function, FINDING_UNMET, describe(p),
			"cpu%d after %s: no sleep of 0.3 ms takes less than %.1f ms there, and %.1f ms elsewhere",
			p->cpu, seen->after, (double)p->best_sleep_ns / NS_PER_MS,
			(double)p->other_sleep_ns / NS_PER_MS);
		return;
	}
	finding_add(ret, &function, FINDING_MET, describe(p),
		    "cpu%d after %s: %d of %d uses of a CPU work, in %.0f ms", p->cpu, seen->after,
		    n_good, PROBE_STEPS, (double)p->took_ns / NS_PER_MS);
}

static int plant(struct stage *s, void **ret_state)
{
	struct function_state *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->voice.witness = &witness_function;
	r = probe_new(stage_box(s), &f->probe);
	if (r < 0) {
		free(f);
		return r;
	}
	*ret_state = f;
	return 0;
}

static void look(struct stage *s, struct function_state *f, const struct act *act,
		 const char *after)
{
	_cleanup_findings_ struct findings findings = {};
	struct function_seen seen = { .after = after,
				      .lacked_softirq = cpulist_has(&f->lacking, act->cpu) };

	if (probe_use(f->probe, act->cpu, &act->online, &seen.probe))
		function_judge(&seen, &findings);
	else
		finding_add(&findings, &function, FINDING_UNEXERCISED, NULL,
			    "the threads that use a CPU are stuck since an earlier act");
	finding_tell(&f->voice, s, act, &findings);
}

/* A backlog that stands still since before (net.backlog-drains) must not be put on the refusal. */
static int before(struct stage *s, void *state, const struct act *act)
{
	struct function_state *f = state;

	(void)s;
	if (act->verb != ACT_OFFLINE || act->is_noop)
		return 0;
	cpulist_del(&f->lacking, act->cpu);
	if (probe_lacks_softirq(f->probe, act->cpu))
		cpulist_add(&f->lacking, act->cpu);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct function_state *f = state;
	char text[64];

	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	snprintf(text, sizeof(text), "%s gave %s", act_verb_name(act->verb),
		 error_name(act->result));
	if (act->verb == ACT_ONLINE && act->result) {
		cpulist_add(&f->to_probe, act->cpu);
	} else if (act->verb == ACT_OFFLINE && act->result && cpulist_has(&act->online, act->cpu)) {
		look(s, f, act, text);
	} else if (act->is_done && act->verb == ACT_ONLINE && cpulist_has(&f->to_probe, act->cpu)) {
		cpulist_del(&f->to_probe, act->cpu);
		look(s, f, act, "it was refused to come online before");
	}
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct function_state *f = state;
	int r;

	finding_tell_silent(&f->voice, s, "no CPU was refused to go or to come in this scenario");
	r = probe_free(f->probe);
	if (r == 0)
		free(f);
	return r;
}

const struct witness witness_function = {
	.id = "function",
	.summary = "all that a CPU is used for, after it was refused to go or to come",
	.explain =
		"Binds a thread to the CPU, with timers, a datagram, an IPI, a perf event and a work item, each of which must end. It does nothing "
		"after acts that went through.",
	.claims = CLAIMS(&function),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
