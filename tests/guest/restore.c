// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs in a lab guest in the place of `hotproof run` and kills runs of it: the child, the parent,
 * both, and the guardian too. Each time the box must be as it was: CPUs, traps, affinities of tasks
 * and interrupts, cpusets. What it finds goes to the lab's port as the stream tools/restore. Never
 * for a real box.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"

#define CPU_DIR "sys/devices/system/cpu"
#define GROUP "sys/fs/cgroup/restore-test"
#define STATE_FILE "/run/hotproof/snapshot.json"
#define VICTIM 2 /* of a guest with four CPUs */

static struct box *box;
static int port = -1, n_passed, n_failed;
static pid_t bound; /* a task that is bound to the victim, and wakes all the time */
static char *irq;   /* that is steered to the victim, or NULL */
static struct cpulist all;

static void say(const char *fmt, ...) _printf_(1, 2);

static void say(const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	line = text_printf("tools/restore %s\n", text);
	if (file_write_all(port, line, strlen(line)) < 0)
		_exit(3);
}

static void check(bool ok, const char *what, const char *in)
{
	n_passed += ok;
	n_failed += !ok;
	if (!ok)
		say("not ok - %s: %s", in, what);
}

/* ---- what must be as it was */

static void spin_bound(void)
{
	struct cpulist only = cpulist_of(VICTIM);
	cpu_set_t set;

	cpulist_to_cpu_set(&only, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		_exit(1);
	for (;;)
		wait_pause(NS_PER_MS);
}

static bool is_bound(void *arg)
{
	struct cpulist only = cpulist_of(VICTIM), now;
	cpu_set_t set;

	(void)arg;
	if (sched_getaffinity(bound, sizeof(set), &set) < 0)
		return false;
	now = cpulist_from_cpu_set(&set);
	return cpulist_equal(&only, &now);
}

/* The first one that may be written. */
static void steer_an_irq(void)
{
	_cleanup_names_ char **names = NULL;

	if (box_list(box, "proc/irq", &names) < 0)
		return;
	for (char **n = names; *n && !irq; n++)
		if (isdigit((unsigned char)**n) && atoi(*n) > 15 &&
		    box_writef(box, "2", "proc/irq/%s/smp_affinity_list", *n) == 0)
			irq = strdup(*n);
}

static bool make_cpuset(void)
{
	return box_write(box, "sys/fs/cgroup/cgroup.subtree_control", "+cpuset") == 0 &&
	       mkdir("/" GROUP, 0755) == 0 && box_write(box, GROUP "/cpuset.cpus", "2") == 0;
}

static int prepare(void)
{
	int r = box_open("/", &box, NULL);

	if (r == 0)
		r = cpu_online_read(box, &all);
	if (r < 0 || cpulist_count(&all) < 4)
		return -ENODEV;
	bound = fork();
	if (bound == 0)
		spin_bound();
	if (wait_until(is_bound, NULL, wait_now_ns() + 10 * NS_PER_S) != 1)
		return -ETIMEDOUT;
	steer_an_irq();
	if (!make_cpuset())
		say("note: no cpuset on this kernel");
	return 0;
}

static bool reads(const char *want, const char *path)
{
	_cleanup_free_ char *now = NULL;

	return box_readf(box, &now, "%s", path) == 0 && strcmp(now, want) == 0;
}

static void check_whole(const char *in)
{
	_cleanup_free_ char *irq_path = irq ? text_printf("proc/irq/%s/smp_affinity_list", irq)
					    : NULL;
	struct cpulist online = {};

	check(cpu_online_read(box, &online) == 0 && cpulist_equal(&online, &all),
	      "every CPU is online", in);
	cpulist_foreach(cpu, &all) {
		_cleanup_free_ char *fail = text_printf(CPU_DIR "/cpu%d/hotplug/fail", cpu);

		/* The target of the CPU that booted is 0 on old kernels, and it is none of ours. */
		check(!box_has(box, CPU_DIR "/cpu%d/online", cpu) || cpu_is_fully_online(box, cpu),
		      "state and target say online", in);
		check(reads("-1", fail), "no trap is armed", in);
	}
	check(is_bound(NULL), "the bound task is bound to its CPU", in);
	if (irq_path)
		check(reads("2", irq_path), "the interrupt's affinity is as before", in);
	if (box_has(box, GROUP "/cpuset.cpus"))
		check(reads("2", GROUP "/cpuset.cpus"), "the cpuset is as before", in);
	check(access(STATE_FILE, F_OK) < 0, "nothing is left to be done", in);
}

/* ---- a run, and its processes */

static int start_run(const char *out, const char *scenario, struct process *ret)
{
	const char *argv[] = { "/proc/1/exe", "run",    "--go",      "--no-retry", "--out", out,
			       "--scenario",  scenario, "--witness", "state",      NULL };
	struct error err = {};
	int r = process_start(argv, -1, -1, -1, ret, &err);

	if (r < 0)
		say("note: %s", err.text);
	return r;
}

/* The child of `parent` whose name is (not) the guardian's; 0: none. */
static pid_t find_child(pid_t parent, bool is_guardian)
{
	_cleanup_names_ char **pids = NULL;

	if (box_list(box, "proc", &pids) < 0)
		return 0;
	for (char **p = pids; *p; p++) {
		_cleanup_free_ char *stat = NULL;
		char *end, state;
		int ppid;

		if (!isdigit((unsigned char)**p) || box_readf(box, &stat, "proc/%s/stat", *p) < 0)
			continue;
		end = strrchr(stat, ')');
		if (!end || sscanf(end + 1, " %c %d", &state, &ppid) != 2 || ppid != parent ||
		    state == 'Z')
			continue;
		if ((strstr(stat, "(hp-guardian)") != NULL) == is_guardian)
			return atoi(*p);
	}
	return 0;
}

static bool is_victim_away(void *arg)
{
	struct cpulist online;

	(void)arg;
	return cpu_online_read(box, &online) == 0 && !cpulist_has(&online, VICTIM);
}

static bool is_all_done(void *arg)
{
	struct cpulist online;

	(void)arg;
	return access(STATE_FILE, F_OK) < 0 && cpu_online_read(box, &online) == 0 &&
	       cpulist_equal(&online, &all);
}

/* Any state that may be armed while its CPU is up will do: it is there to be cleared. */
static bool arm_trap(int cpu)
{
	for (int state = 200; state > 20; state--) {
		char text[16];

		snprintf(text, sizeof(text), "%d", state);
		if (box_writef(box, text, CPU_DIR "/cpu%d/hotplug/fail", cpu) == 0)
			return true;
	}
	return false;
}

enum { KILL_CHILD = 1, KILL_PARENT = 2, KILL_GUARDIAN = 4, TERMINATE = 8 };

static void kill_some(struct process *run, int whom)
{
	pid_t child = find_child(run->pid, false), guardian = find_child(run->pid, true);

	/* Stopped first, all of them: who is killed first must not be seen by the others. */
	if (whom & KILL_PARENT)
		kill(run->pid, SIGSTOP);
	if (whom & KILL_CHILD && child)
		kill(child, SIGSTOP);
	if (whom & KILL_GUARDIAN && guardian)
		kill(guardian, SIGKILL);
	if (whom & KILL_CHILD && child)
		kill(child, SIGKILL);
	if (whom & KILL_PARENT)
		kill(run->pid, SIGKILL);
	if (whom & TERMINATE)
		kill(run->pid, SIGTERM);
}

static bool says(const char *dir, const char *text)
{
	_cleanup_free_ char *path = text_printf("%s/journal.jsonl", dir), *journal = NULL;

	return file_read(AT_FDCWD, path, &journal, NULL) == 0 && strstr(journal, text) != NULL;
}

/* Starts a run, waits until the victim is away, kills. The run has ended afterwards; *ret_status is
 * as of waitpid(). */
static bool play_and_kill(const char *name, const char *dir, int whom, bool has_trap,
			  int *ret_status)
{
	_cleanup_process_ struct process run = PROCESS_NONE;

	if (start_run(dir, "cpu.all-but-one", &run) < 0)
		return false;
	if (wait_until(is_victim_away, NULL, wait_now_ns() + 60 * NS_PER_S) != 1) {
		check(false, "the CPU went away at all", name);
		return false;
	}
	kill_some(&run, whom);
	check(is_victim_away(NULL), "it was killed while the CPU was away", name);
	if (has_trap)
		check(arm_trap(1) || arm_trap(0), "a trap could be armed", name);
	if (process_wait(&run, wait_now_ns() + 60 * NS_PER_S, ret_status) == 1)
		return true;
	check(false, "the run ended", name);
	return false;
}

static void try_kill(const char *name, int whom, const char *restored_by)
{
	_cleanup_free_ char *dir = text_printf("/tmp/%s", name),
			    *line = text_printf("\"by\":\"%s\",\"ok\":true", restored_by);
	int status, failed = n_failed;

	if (!play_and_kill(name, dir, whom, whom & KILL_PARENT, &status))
		return;
	check(wait_until(is_all_done, NULL, wait_now_ns() + 60 * NS_PER_S) == 1,
	      "the box was put back in time", name);
	check_whole(name);
	check(says(dir, line), line, name);
	if (!(whom & KILL_PARENT))
		check(WIFEXITED(status) && WEXITSTATUS(status) == 1 + (whom == TERMINATE ? 98 : 0),
		      "the exit code is right", name);
	say("%s - %s, put back by the %s", n_failed == failed ? "ok" : "not ok", name, restored_by);
}

/* Nobody is left who could: the next start must. */
static void try_next_start(void)
{
	const char *name = "all-killed", *dir = "/tmp/all-killed", *next = "/tmp/next-start";
	_cleanup_process_ struct process run = PROCESS_NONE;
	int status, failed = n_failed;

	if (!play_and_kill(name, dir, KILL_CHILD | KILL_PARENT | KILL_GUARDIAN, true, &status))
		return;
	check(is_victim_away(NULL) && access(STATE_FILE, F_OK) == 0, "nobody put it back", name);
	if (start_run(next, "cpu.bad-input", &run) < 0)
		return;
	check(process_wait(&run, wait_now_ns() + 120 * NS_PER_S, &status) == 1 &&
		      WIFEXITED(status) && WEXITSTATUS(status) == 0,
	      "the next run passed", name);
	check(says(next, "\"by\":\"start\",\"ok\":true"), "it says what it put back", name);
	check_whole(name);
	say("%s - %s, put back by the next start", n_failed == failed ? "ok" : "not ok", name);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !text_starts(argv[1], "--port-fd=") || getppid() != 1)
		return 2;
	port = atoi(argv[1] + strlen("--port-fd="));
	if (prepare() < 0) {
		say("not ok - the guest is not as it must be: four CPUs, a task bound to one");
		say("0 passed, 1 failed, 0 skipped");
		return 1;
	}
	try_kill("child", KILL_CHILD, "parent");
	try_kill("parent", KILL_PARENT, "guardian");
	try_kill("child-and-parent", KILL_CHILD | KILL_PARENT, "guardian");
	try_kill("terminated", TERMINATE, "parent");
	try_next_start();
	kill(bound, SIGKILL);
	say("%d passed, %d failed, 0 skipped", n_passed, n_failed);
	return n_failed > 0;
}
