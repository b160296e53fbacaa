// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own word: no warning in its log, no new taint. What counts as trouble is in
 * box/kmsg.c. Boot-time warnings and taints that were there before do not count: the box is
 * compared with itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "box/kmsg.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

#define LINES_MAX 40 /* of trouble and what follows it, as evidence */

static const struct claim no_warning = {
	.id = "log.no-warning",
	.summary = "The kernel logs no warning, stall, lockup or oops meanwhile",
	.explain =
		"Half of all CPU hotplug defects are noticed by the kernel itself: a `WARN` in a callback, a stalled grace period, a "
		"CPU that does not report alive. The lines, with those after them, are the evidence. Noise that "
		"healthy kernels make is not counted (see `src/box/kmsg.c`).",
	.refs = REFS("Documentation/admin-guide/bug-hunting.rst"),
	.faults = FAULTS("kmod:warn-in-callback", "kmod:bug-line", "kmod:race-warns",
			 "kmod:suspend-loses-cpu", "root:kmsg-warning"),
};

static const struct claim no_taint = {
	.id = "log.no-taint",
	.summary = "No taint flag is gained meanwhile",
	.explain =
		"A taint flag tells of an oops, a warning or a machine check even when its message was lost. A run stops after "
		"one, since what a tainted kernel does afterwards proves nothing.",
	.refs = REFS("Documentation/admin-guide/tainted-kernels.rst"),
	.faults = FAULTS("kmod:taint-quietly", "kmod:warn-in-callback", "kmod:race-warns",
			 "root:new-taint"),
};

struct kernel_log {
	int fd;
	char *taint; /* as text: it has more bits than an int */
	int trouble; /* lines since before(); those that follow one are kept as context */
	json_t *lines;
	json_t *kinds; /* of trouble, each once: what a known defect is known by */
	bool is_lossy;
};

static int plant(struct stage *s, void **ret_state)
{
	struct kernel_log *log = calloc(1, sizeof(*log));
	int r;

	if (!log)
		return -ENOMEM;
	log->lines = json_array();
	log->kinds = json_array();
	log->fd = r = box_open_stream(stage_box(s), "kmsg");
	if (r >= 0)
		r = box_readf(stage_box(s), &log->taint, "proc/sys/kernel/tainted");
	if (r < 0) {
		cleanup_close(&log->fd);
		json_decref(log->lines);
		json_decref(log->kinds);
		free(log);
		return r;
	}
	*ret_state = log;
	return 0;
}

static void note_trouble(struct kernel_log *log, const char *kind)
{
	json_t *known;
	size_t i;

	if (!kind)
		return;
	log->trouble++;
	json_array_foreach(log->kinds, i, known)
		if (strcmp(json_string_value(known), kind) == 0)
			return;
	json_array_append_new(log->kinds, json_string(kind));
}

static int drain(struct kernel_log *log)
{
	struct kmsg_record rec;
	int r;

	while ((r = kmsg_next(log->fd, &rec)) != 0) {
		if (r == -EPIPE) {
			log->is_lossy = true;
			continue;
		}
		if (r < 0)
			return r;
		note_trouble(log, kmsg_trouble(rec.text));
		if (log->trouble > 0 && json_array_size(log->lines) < LINES_MAX)
			json_array_append_new(log->lines,
					      json_pack("{s:I, s:I, s:s}", "seq",
							(json_int_t)rec.seq, "us",
							(json_int_t)rec.t_us, "text", rec.text));
	}
	return 0;
}

static void judge_log(struct stage *s, const struct act *act, struct kernel_log *log)
{
	const char *first = "";
	json_t *o;
	size_t i;

	json_array_foreach(log->lines, i, o) {
		first = json_string_value(json_object_get(o, "text"));
		break;
	}
	if (log->trouble > 0)
		expect(s, act, &no_warning, false,
		       json_pack("{s:o, s:o, s:i}", "kinds", json_copy(log->kinds), "lines",
				 json_copy(log->lines), "cpu", act ? act->cpu : -1),
		       "the kernel logged %d line%s of trouble, first: \"%s\"", log->trouble,
		       log->trouble == 1 ? "" : "s", first ? first : "");
	else if (log->is_lossy)
		expect_unexercised(s, act, &no_warning, NULL,
				   "kernel log lines were overwritten before they could be read");
	else
		expect(s, act, &no_warning, true, NULL, "no line of trouble in the kernel log");
	json_array_clear(log->lines);
	json_array_clear(log->kinds);
	log->trouble = 0;
	log->is_lossy = false;
}

static int judge_taint(struct stage *s, const struct act *act, struct kernel_log *log)
{
	_cleanup_free_ char *now = NULL;
	bool same;
	int r = box_readf(stage_box(s), &now, "proc/sys/kernel/tainted");

	if (r < 0)
		return r;
	same = strcmp(now, log->taint) == 0;
	expect(s, act, &no_taint, same, json_pack("{s:s, s:s}", "before", log->taint, "now", now),
	       "/proc/sys/kernel/tainted is %s and was %s", now, log->taint);
	if (!same) {
		/* Told once, at the act that brought it. */
		free(log->taint);
		log->taint = take_ptr(now);
	}
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct kernel_log *log = state;
	int r = drain(log);

	if (r < 0)
		return r;
	judge_log(s, act, log);
	return judge_taint(s, act, log);
}

static int uproot(struct stage *s, void *state)
{
	struct kernel_log *log = state;
	int r = after(s, state, NULL);

	close(log->fd);
	json_decref(log->lines);
	json_decref(log->kinds);
	free(log->taint);
	free(log);
	return r;
}

const struct witness witness_kernel_log = {
	.id = "kernel-log",
	.summary = "/dev/kmsg and /proc/sys/kernel/tainted",
	.explain =
		"Reads every record that the kernel logged from the moment the witness was planted.",
	.keeps_pace = true,
	.claims = CLAIMS(&no_warning, &no_taint),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
