// SPDX-License-Identifier: GPL-2.0-or-later
/* Does acts: record, make safe, write, read back, compare. The only file that changes the state of
 * the box under test. */
#include "stage/act.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "box/kmsg.h"
#include "stage/expect.h"
#include "stage/internal.h"

#define ONLINE_RETRY_NS \
	NS_PER_S /* 6.12 retries EBUSY itself for 0.6 s, 6.1 does not: catalogue 2.1 */

const struct claim act_as_expected = {
	.id = "act.as-expected",
	.summary = "Each act ends as the scenario says: done, or refused with this errno",
	.explain =
		"A write to `cpuN/online` succeeded although it had to be refused, or was refused without a legal cause, or "
		"said success while `hotplug/state` and `target` say otherwise.\n\n"
		"Legal causes are shown with their proof and reported as a limit. Anything else is a callback that "
		"said no when it had no reason to: look at the kernel log and at `cpuhp:*` events for the state whose callback "
		"returned the error.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:refuse-offline", "kmod:refuse-online",
			 "kmod:failed-offline-looks-done", "kmod:bring-up-stops-short",
			 "kmod:never-comes-back", "kmod:rollback-skips"),
};

const char *act_verb_name(enum act_verb verb)
{
	switch (verb) {
	case ACT_OFFLINE: return "offline";
	case ACT_ONLINE: return "online";
	case ACT_WRITE: break;
	}
	return "write";
}

static json_t *allow_names(const int *allow)
{
	json_t *names = json_array();

	for (; *allow >= 0; allow++)
		json_array_append_new(names, json_string(error_name(*allow)));
	return names;
}

/* The write itself, by a helper process when it must be done as somebody else: setuid in threads is
 * a trap. */
static int write_as(struct stage *s, const struct act_spec *spec, const char *path,
		    const char *value)
{
	int status;
	pid_t pid;

	if (spec->as_uid == 0 && !spec->in_group)
		return box_write(s->setup.box, path, value);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int r;

		if (spec->in_group &&
		    box_writef(s->setup.box, "0", "%s/cgroup.procs", spec->in_group) < 0)
			_exit(255);
		if (setresgid(spec->as_uid, spec->as_uid, spec->as_uid) < 0 ||
		    setresuid(spec->as_uid, spec->as_uid, spec->as_uid) < 0)
			_exit(255);
		r = box_write(s->setup.box, path, value);
		_exit(r < 0 ? -r : 0);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 255)
		return -ECHILD;
	return -WEXITSTATUS(status);
}

/* Returns positive errno or 0; counts the tries. */
static int do_write(struct stage *s, const struct act_spec *spec, struct act *act,
		    int *ret_attempts)
{
	struct stage_shared *shared = s->setup.shared;
	int64_t give_up;
	int r, n = 0;

	atomic_store(&shared->act_cpu, act->cpu);
	atomic_store(&shared->writer_tid, (int)syscall(SYS_gettid));
	act->began_ns = wait_now_ns();
	give_up = act->began_ns + wait_scaled(ONLINE_RETRY_NS);
	atomic_store(&shared->act_began_ns, act->began_ns);
	atomic_store(&shared->act, act->id);
	for (;;) {
		r = write_as(s, spec, act->path, act->value);
		n++;
		if (r != -EBUSY || act->verb != ACT_ONLINE || wait_now_ns() > give_up)
			break;
		wait_pause(20 * NS_PER_MS);
	}
	act->ended_ns = wait_now_ns();
	atomic_store(&shared->act, 0);
	atomic_store(&shared->progress_ns, act->ended_ns);
	*ret_attempts = n;
	return -r;
}

static void read_back(struct stage *s, struct act *act)
{
	if (act->cpu < 0 || cpu_state_read(s->setup.box, act->cpu, &act->state, &act->target) < 0)
		act->state = act->target = -1;
	if (cpu_online_read(s->setup.box, &act->online) < 0)
		act->online = (struct cpulist){};
	s->online = act->online;
}

/* State numbers are the kernel's; where there is no hotplug/ directory the mask must do. */
static bool is_where_it_should_be(struct stage *s, const struct act *act)
{
	int online;

	if (act->verb == ACT_WRITE)
		return true;
	if (act->state < 0)
		return cpulist_has(&act->online, act->cpu) == (act->verb == ACT_ONLINE);
	if (act->verb == ACT_OFFLINE)
		return act->state == CPU_STATE_OFFLINE && act->target == CPU_STATE_OFFLINE;
	return cpu_state_online_read(s->setup.box, &online) == 0 && act->state == online &&
	       act->target == online;
}

static bool is_allowed(const int *allow, int result)
{
	for (; *allow >= 0; allow++)
		if (*allow == result)
			return true;
	return false;
}

/*
 * What the kernel logged since the stream was opened, a line each; NULL: nothing. Only a real box:
 * there several may listen to the log.
 */
static char *read_kmsg(int fd)
{
	struct kmsg_record record;
	char *all = NULL;

	while (fd >= 0 && kmsg_next(fd, &record) == 1) {
		char *longer = text_printf("%s%s\n", all ? all : "", record.text);

		if (!longer)
			break;
		free(all);
		all = longer;
	}
	return all;
}

static int judge_outcome(struct stage *s, const struct act_spec *spec, const struct act *act,
			 const char *kmsg)
{
	const struct claim *claim = spec->claim ? spec->claim : &act_as_expected;
	_cleanup_free_ char *proof = NULL;
	bool is_there = is_where_it_should_be(s, act);

	if (is_allowed(spec->allow, act->result)) {
		bool ok = act->result != 0 || is_there;

		expect(s, act, claim, ok, NULL, "writing \"%s\" to \"%s\" gave %s%s", act->value,
		       act->path, error_name(act->result),
		       ok ? "" : ", but hotplug/state and target say otherwise");
		return ok ? 0 : -EIO;
	}
	if (act->cpu >= 0 && act->result &&
	    cpu_explain_refusal(s->setup.box, act->cpu, act->result, kmsg, &proof) == 1) {
		expect_limit(s, act, claim, NULL, "writing \"%s\" to \"%s\" gave %s: %s",
			     act->value, act->path, error_name(act->result), proof);
		return 0;
	}
	expect(s, act, claim, false,
	       json_pack("{s:s, s:b}", "result", error_name(act->result), "only_isolated",
			 act->cpu >= 0 && cpu_is_only_isolated(s->setup.box, act->cpu)),
	       "writing \"%s\" to \"%s\" gave %s, which has no legal cause here", act->value,
	       act->path, error_name(act->result));
	return act->result ? -act->result : -EIO;
}

static void record_done(struct stage *s, const struct act *act, int attempts)
{
	journal_write(s->setup.journal, "done",
		      json_pack("{s:i, s:s, s:I, s:I, s:i, s:b, s:i, s:i, s:s}", "act", act->id,
				"result", error_name(act->result), "began",
				(json_int_t)act->began_ns, "ended", (json_int_t)act->ended_ns,
				"attempts", attempts, "noop", act->is_noop, "state", act->state,
				"target", act->target, "online", cpulist_str(&act->online)));
}

/* Windows are closed before the write that brings a CPU back, and only if nobody else did it before
 * us. */
static void close_window(struct stage *s, const struct act *act)
{
	if (act->cpu < 0 || !stage_cpu_is_dead(s, act->cpu))
		return;
	if (!cpu_is_fully_offline(s->setup.box, act->cpu)) {
		cpulist_add(&s->broken_windows, act->cpu);
		expect_note(
			s, "window.broken", json_pack("{s:i}", "cpu", act->cpu),
			"cpu%d came back without an act of ours: somebody else brings CPUs online on this box",
			act->cpu);
	}
}

int act_play(struct stage *s, const struct act_spec *spec, struct act *ret)
{
	struct act act = { .verb = spec->verb, .cpu = spec->cpu, .value = spec->value };
	_cleanup_free_ char *path = NULL, *kmsg = NULL;
	_cleanup_close_ int kmsg_fd = -1;
	int attempts = 0, r;
	bool was_dead;
	long seq;

	if (journal_error(s->setup.journal) < 0)
		return journal_error(s->setup.journal);
	path = spec->path ? strdup(spec->path)
			  : text_printf("sys/devices/system/cpu/cpu%d/online", spec->cpu);
	if (!path)
		return -ENOMEM;
	act.path = path;
	if (!act.value)
		act.value = spec->verb == ACT_ONLINE ? "1" : "0";
	act.id = journal_next_act(s->setup.journal);
	r = cpu_online_read(s->setup.box, &act.online_before);
	if (r < 0)
		return r;
	if (spec->verb != ACT_WRITE)
		act.is_noop = cpulist_has(&act.online_before, act.cpu) ==
			      (spec->verb == ACT_ONLINE);
	close_window(s, &act);
	stage_call_before(s, &act);
	seq = journal_write_sync(s->setup.journal, "act",
				 json_pack("{s:i, s:s, s:i, s:s, s:s, s:o}", "act", act.id, "verb",
					   act_verb_name(act.verb), "cpu", act.cpu, "path",
					   act.path, "value", act.value, "allow",
					   allow_names(spec->allow)));
	if (seq < 0)
		return (int)seq;
	was_dead = stage_cpu_is_dead(s, act.cpu);
	stage_set_dead(s, act.cpu, false);
	kmsg_fd = box_is_real(s->setup.box) ? box_open_stream(s->setup.box, "kmsg") : -1;
	act.result = do_write(s, spec, &act, &attempts);
	kmsg = act.result ? read_kmsg(kmsg_fd) : NULL;
	read_back(s, &act);
	act.is_done = spec->verb != ACT_WRITE && act.result == 0 && !act.is_noop &&
		      is_where_it_should_be(s, &act);
	if (act.is_done && act.verb == ACT_OFFLINE)
		cpulist_del(&s->broken_windows, act.cpu);
	if (spec->verb != ACT_WRITE && !act.is_done && !act.is_noop)
		s->is_act_in_vain = true;
	/* A refused or idempotent write leaves the window as it was. */
	if (act.state == CPU_STATE_OFFLINE && act.target == CPU_STATE_OFFLINE &&
	    (act.is_done || was_dead))
		stage_set_dead(s, act.cpu, true);
	if (s->is_brisk)
		journal_hold(s->setup.journal);
	record_done(s, &act, attempts);
	r = judge_outcome(s, spec, &act, kmsg);
	stage_call_after(s, &act);
	journal_release(s->setup.journal);
	if (ret)
		*ret = act;
	return r;
}

int act_offline(struct stage *s, int cpu)
{
	return act_play(
		s, &(struct act_spec){ .verb = ACT_OFFLINE, .cpu = cpu, .allow = ACT_ALLOW(0) },
		NULL);
}

int act_online(struct stage *s, int cpu)
{
	return act_play(s,
			&(struct act_spec){ .verb = ACT_ONLINE, .cpu = cpu, .allow = ACT_ALLOW(0) },
			NULL);
}

int act_cycle(struct stage *s, const struct cpulist *cpus)
{
	cpulist_foreach(cpu, cpus) {
		int r;

		if (act_offline(s, cpu) < 0 && cpu_is_fully_online(s->setup.box, cpu))
			continue;
		r = act_online(s, cpu);
		if (r < 0)
			return r;
	}
	return 0;
}
