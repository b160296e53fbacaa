// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a tool, judges its frames. The reading is done in reader.c.
 *
 * When is an act exercised? When a frame came that shows the new set of CPUs, or one that was
 * surely sampled after the act. Only where CPUs have just gone and are about to come back is such a
 * frame waited for: that is the moment which would be over otherwise.
 */
#include "witnesses/tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/tool/reader.h"

#define FRAME_NS (15 * NS_PER_S) /* a frame comes each second; a loaded host may take several */
#define CHANGES_MAX 512

struct tool {
	const struct tool_spec *spec;
	struct process process;
	struct reader *reader;
	struct cpulist start;
	struct mask_change changes[CHANGES_MAX];
	size_t n_changes;
	struct act acts[CHANGES_MAX]; /* those that changed the mask, beside changes[] */
	struct cpulist now;
	size_t judged;  /* frames judged so far */
	bool is_judged; /* something was said about its frames */
	bool is_dead;   /* said already */
};

const char *tool_find(struct box *box, const char *program)
{
	static const char *const dirs[] = { "/usr/bin", "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (box_has(box, "%s/%s", dirs[i] + 1, program))
			return dirs[i];
	return NULL;
}

static int start(struct tool *t, struct stage *s)
{
	const char *dir = tool_find(stage_box(s), t->spec->argv[0]);
	const char *argv[16] = {};
	_cleanup_free_ char *path = NULL;
	struct error err = {};
	int fds[2], r;

	if (!dir)
		return -ENOENT;
	path = text_printf("%s/%s", dir, t->spec->argv[0]);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(argv) && t->spec->argv[i]; i++)
		argv[i] = t->spec->argv[i];
	argv[0] = path;
	if (!path || pipe2(fds, O_CLOEXEC) < 0)
		return -ENOMEM;
	/* The tools' columns and clocks follow the locale. */
	setenv("LC_ALL", "C", 1);
	setenv("TERM", "dumb", 1);
	r = process_start(argv, -1, fds[1], fds[1], &t->process, &err);
	close(fds[1]);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	return reader_start(fds[0], t->spec->format, s, t->spec->name, &t->reader);
}

/*
 * All three print a line once they have taken their first sample; what they show from then on is
 * held against the masks, however soon the first act comes.
 */
static bool has_begun(void *arg)
{
	struct tool *t = arg;

	return reader_has_begun(t->reader) || reader_is_at_end(t->reader);
}

static void tool_free(struct tool *t)
{
	process_end(&t->process, 200 * NS_PER_MS);
	reader_stop(t->reader);
	free(t);
}

int tool_plant(struct stage *s, const struct tool_spec *spec, void **ret_state)
{
	struct tool *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->spec = spec;
	t->process = PROCESS_NONE;
	t->start = t->now = *stage_online(s);
	r = start(t, s);
	if (r < 0) {
		tool_free(t);
		return r;
	}
	*ret_state = t;
	return 0;
}

static void judge_alive(struct stage *s, struct tool *t, const struct act *act)
{
	bool alive = !reader_is_at_end(t->reader);

	if (t->is_dead)
		return;
	t->is_dead = !alive;
	expect(s, act, t->spec->alive, alive, NULL, alive ? "%s runs" : "%s has ended by itself",
	       t->spec->name);
}

/* The last act that changed the mask; NULL: none yet. */
static const struct act *last_act(const struct tool *t)
{
	return t->n_changes > 0 ? &t->acts[t->n_changes - 1] : NULL;
}

static bool shows_last_act(const struct tool *t, const struct frame *f)
{
	const struct act *last = last_act(t);

	return f->since_ns >= last->ended_ns ||
	       (f->until_ns >= last->ended_ns && cpulist_equal(&f->rows, &t->now));
}

/*
 * A frame that shows what holds now, or one sampled after the last change for sure. One that is
 * still being printed will do: it is judged when it is whole.
 */
static bool is_exercised(void *arg)
{
	struct tool *t = arg;
	size_t n = reader_count(t->reader);
	struct frame f;

	for (size_t i = t->judged; i < n; i++) {
		reader_get(t->reader, i, &f);
		if (shows_last_act(t, &f))
			return true;
	}
	if (reader_peek(t->reader, &f) && cpulist_equal(&f.rows, &t->now) && shows_last_act(t, &f))
		return true;
	return reader_is_at_end(t->reader);
}

/* The act after which the frame was shown. */
static size_t act_of(const struct tool *t, const struct frame *f)
{
	size_t i = t->n_changes;

	while (i > 0 && t->acts[i - 1].ended_ns > f->until_ns)
		i--;
	return i; /* 0: before the first; else acts[i - 1] */
}

static void judge_frames(struct stage *s, struct tool *t)
{
	size_t n = reader_count(t->reader);
	int seen[CHANGES_MAX + 1] = {};

	for (; t->judged < n; t->judged++) {
		_cleanup_free_ char *why = NULL;
		struct frame f;
		size_t i;

		reader_get(t->reader, t->judged, &f);
		i = act_of(t, &f);
		why = frame_contradiction(&f, t->changes, t->n_changes, &t->start,
					  t->spec->needs_two);
		seen[i] += why == NULL;
		t->is_judged = t->is_judged || why || i > 0;
		if (why)
			expect(s, i ? &t->acts[i - 1] : NULL, t->spec->agrees, false,
			       json_pack("{s:s, s:I, s:I, s:s}", "rows", cpulist_str(&f.rows),
					 "since", (json_int_t)f.since_ns, "until",
					 (json_int_t)f.until_ns, "why", why),
			       "%s: %s", t->spec->name, why);
	}
	for (size_t i = 1; i <= t->n_changes; i++)
		if (seen[i] > 0)
			expect(s, &t->acts[i - 1], t->spec->agrees, true,
			       json_pack("{s:i}", "frames", seen[i]),
			       "%d frame%s of %s after the act agree with the online CPUs", seen[i],
			       seen[i] == 1 ? "" : "s", t->spec->name);
}

static int settle(struct stage *s, struct tool *t, bool is_worth_waiting)
{
	int r = 1;

	if (is_worth_waiting && last_act(t))
		r = wait_until(is_exercised, t, wait_now_ns() + wait_scaled(FRAME_NS));
	if (r < 0)
		return r;
	if (r == 0) {
		t->is_judged = true;
		expect_unexercised(s, last_act(t), t->spec->agrees, NULL,
				   "%s showed no frame within %lld s", t->spec->name,
				   (long long)(wait_scaled(FRAME_NS) / NS_PER_S));
		expect(s, last_act(t), t->spec->alive, !is_worth_waiting, NULL,
		       "%s showed nothing for %lld s", t->spec->name,
		       (long long)(wait_scaled(FRAME_NS) / NS_PER_S));
	}
	judge_frames(s, t);
	return 0;
}

static bool took_cpus_away(const struct act *act)
{
	struct cpulist went = {};

	if (act)
		went = cpulist_minus(&act->online_before, &act->online);
	return cpulist_count(&went) > 0;
}

static void take_change(struct tool *t, const struct act *act)
{
	if (cpulist_equal(&act->online_before, &act->online) || t->n_changes == CHANGES_MAX)
		return;
	t->acts[t->n_changes] = *act;
	t->acts[t->n_changes].path = t->acts[t->n_changes].value = NULL; /* theirs */
	t->changes[t->n_changes++] = (struct mask_change){ act->began_ns, act->ended_ns,
							   act->online_before, act->online };
	t->now = act->online;
}

/* CPUs that came or went by no act of ours did so at any time since the last one. */
static void take_foreign_change(struct tool *t, const struct act *act)
{
	const struct act *last = last_act(t);
	struct act foreign;

	if (!last) {
		t->start = t->now = act->online_before;
		return;
	}
	foreign = *last;
	foreign.began_ns = last->ended_ns;
	foreign.ended_ns = wait_now_ns();
	foreign.online_before = t->now;
	foreign.online = act->online_before;
	take_change(t, &foreign);
}

int tool_before(struct stage *s, void *state, const struct act *act)
{
	struct tool *t = state;

	/* It must be there and sampling before anything happens, or it could not be said to have
	 * lived through it. */
	if (t->n_changes == 0 &&
	    wait_until(has_begun, t, wait_now_ns() + wait_scaled(FRAME_NS)) <= 0)
		return -ETIMEDOUT;
	/* busybox has a top too, which does not know our options. */
	if (t->n_changes == 0 && !t->is_dead && reader_is_at_end(t->reader)) {
		t->is_dead = true;
		expect_unexercised(s, NULL, t->spec->alive, NULL,
				   "%s ended before the first act: is it another one?",
				   t->spec->name);
	}
	take_foreign_change(t, act);
	return settle(s, t, took_cpus_away(last_act(t)) && act->verb != ACT_OFFLINE);
}

int tool_after(struct stage *s, void *state, const struct act *act)
{
	struct tool *t = state;

	take_change(t, act);
	judge_alive(s, t, act);
	return 0;
}

int tool_uproot(struct stage *s, void *state)
{
	struct tool *t = state;
	struct act now = {};
	int r;

	if (cpu_online_read(stage_box(s), &now.online_before) == 0)
		take_foreign_change(t, &now);
	r = settle(s, t, true);

	if (r >= 0 && !t->is_judged)
		expect_unexercised(s, NULL, t->spec->agrees, NULL,
				   t->n_changes ? "%s ended before it showed a frame after an act"
						: "%s ran, but no CPU went or came",
				   t->spec->name);
	judge_alive(s, t, NULL);
	tool_free(t);
	return r;
}
