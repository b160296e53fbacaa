// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parent's side of a scenario: waits for the child, the clock, the kernel log and signals at
 * once. It judges time only, and it is the one who ends the child. What the child does is not
 * looked into: only the shared page says where it is.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "base/wait.h"
#include "run/internal.h"
#include "stage/expect.h"

#define TICK_MS 50
#define DIES_NS (5 * NS_PER_S) /* a killed child that still lives then is stuck in the kernel */

int run_signals_take(struct run *run)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? -errno : 0;
}

void run_signals_restore(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The signal that came, or 0. */
static int take_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (run->signal_fd < 0 || read(run->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

struct child {
	pid_t pid;
	int pidfd;
	int64_t began_ns;
	int noted_act; /* whose slowness has been said */
};

/* True when it is gone and reaped. */
static bool end_child(struct child *c)
{
	struct process p = { .pid = c->pid, .pidfd = c->pidfd };

	/* Its own group: the programs that witnesses started are in it too. */
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	return process_wait(&p, wait_now_ns() + wait_scaled(DIES_NS), NULL) == 1;
}

static void note_if_stuck(struct run *run, struct child *c)
{
	if (end_child(c))
		return;
	close(c->pidfd);
	run->is_stuck = true;
	journal_write(run->journal, "note",
		      json_pack("{s:s, s:s, s:{s:i}}", "what", "child.stuck", "text",
				"the child does not die: it is stuck in the kernel", "data", "pid",
				(int)c->pid));
}

static enum run_end time_out(struct run *run, struct child *c, int act, int64_t after_ns,
			     const char *text)
{
	int tid = act ? atomic_load(&run->shared->writer_tid) : 0;
	json_t *stacks = run_stacks(run->setup->box, c->pid, tid);

	/* Into the kernel log, and so into the record: what every blocked task waits for. */
	if (box_is_real(run->setup->box) &&
	    box_write(run->setup->box, "proc/sysrq-trigger", "w") == 0)
		run_pump_kmsg(run);
	note_if_stuck(run, c);
	journal_write(run->journal, "timeout",
		      json_pack("{s:i, s:I, s:s, s:o}", "act", act, "after_ms",
				(json_int_t)(after_ns / NS_PER_MS), "text", text, "stacks",
				stacks));
	return RUN_TIMED_OUT;
}

static void note_slow(struct run *run, struct child *c, int act, int64_t for_ns)
{
	int cpu = atomic_load(&run->shared->act_cpu);

	if (c->noted_act == act)
		return;
	c->noted_act = act;
	journal_write(run->journal, "note",
		      json_pack("{s:s, s:o, s:{s:i, s:i, s:I}}", "what", "act.slow", "text",
				json_sprintf("act %d (cpu%d) has been in flight for over %lld ms",
					     act, cpu,
					     (long long)(run->limits.act_soft_ns / NS_PER_MS)),
				"data", "act", act, "cpu", cpu, "after_ms",
				(json_int_t)(for_ns / NS_PER_MS)));
}

/* RUN_ENDED: all is well so far. */
static enum run_end check_clocks(struct run *run, struct child *c)
{
	int64_t now = wait_now_ns(), life, act_ns;
	int act = atomic_load(&run->shared->act);

	if (now - c->began_ns > run->limits.scenario_ns)
		return time_out(run, c, act, now - c->began_ns,
				"the scenario as a whole did not end in time");
	if (act) {
		act_ns = now - atomic_load(&run->shared->act_began_ns);
		if (act_ns > run->limits.act_hard_ns)
			return time_out(run, c, act, act_ns, "the write did not return in time");
		if (act_ns > run->limits.act_soft_ns)
			note_slow(run, c, act, act_ns);
		return RUN_ENDED;
	}
	life = atomic_load(&run->shared->progress_ns);
	if (life < c->began_ns)
		life = c->began_ns;
	if (now - life > run->limits.idle_ns)
		return time_out(run, c, 0, now - life,
				"no sign of life outside of acts: a witness or the scenario hangs");
	return RUN_ENDED;
}

static void show_progress(struct run *run)
{
	int act = atomic_load(&run->shared->act);
	struct run_progress p = {
		.scenario = run->scenarios[run->index]->id,
		.index = run->index,
		.count = run->n_scenarios,
		.alone = run->alone,
		.act = act,
		.act_cpu = act ? atomic_load(&run->shared->act_cpu) : -1,
		.act_for_ns = act ? wait_now_ns() - atomic_load(&run->shared->act_began_ns) : 0,
	};

	if (run->setup->progress)
		run->setup->progress(run->setup->progress_arg, &p);
}

static enum run_end judge_end(struct run *run, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return RUN_ENDED;
	if (WIFSIGNALED(status))
		journal_write(
			run->journal, "crash",
			json_pack("{s:o, s:i}", "text",
				  json_sprintf(
					  "the child of the scenario was killed by signal %d (%s)",
					  WTERMSIG(status), strsignal(WTERMSIG(status))),
				  "signal", WTERMSIG(status)));
	else
		journal_write(
			run->journal, "crash",
			json_pack("{s:o, s:i}", "text",
				  json_sprintf("the child of the scenario ended with status %d",
					       WEXITSTATUS(status)),
				  "status", WEXITSTATUS(status)));
	return RUN_CRASHED;
}

static enum run_end interrupted(struct run *run, struct child *c, int signal)
{
	note_if_stuck(run, c);
	journal_write(run->journal, "note",
		      json_pack("{s:s, s:o, s:{s:i}}", "what", "interrupted", "text",
				json_sprintf("interrupted by %s", strsignal(signal)), "data",
				"signal", signal));
	/* Not a crash: nothing is known of what had not been judged yet. */
	journal_write(run->journal, "end", json_pack("{s:s}", "of", "scenario"));
	return RUN_INTERRUPTED;
}

enum run_end run_watch(struct run *run, pid_t pid, int pidfd)
{
	struct child c = { .pid = pid, .pidfd = pidfd, .began_ns = wait_now_ns() };
	enum run_end end;
	int status, signal;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = run->kmsg_fd, .events = POLLIN },
			{ .fd = run->signal_fd, .events = POLLIN },
		};

		if (poll(fds, 3, TICK_MS) < 0 && errno != EINTR)
			return time_out(run, &c, 0, 0, "the run cannot wait for its child");
		run_pump_kmsg(run);
		if (fds[0].revents) {
			struct process p = { .pid = pid, .pidfd = pidfd };

			if (process_wait(&p, wait_now_ns(), &status) == 1)
				return judge_end(run, status);
		}
		signal = take_signal(run);
		if (signal)
			return interrupted(run, &c, signal);
		end = check_clocks(run, &c);
		if (end != RUN_ENDED)
			return end;
		show_progress(run);
	}
}
