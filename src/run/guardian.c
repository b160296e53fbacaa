// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second guard: a process of its own that outlives the parent, ends the child and puts the box
 * back when the parent dies. It knows what to do from the state file, and does nothing while the
 * parent lives. Without it the next start does the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/wait.h"
#include "box/snapshot.h"
#include "run/internal.h"

#define CHILD_DIES_NS (10 * NS_PER_S)

struct message {
	pid_t child; /* 0: there is none; -1: go home */
};

/* Not to be caught by what kills the parent: the terminal, the session's end, a process group,
 * memory pressure. */
static void hide(void)
{
	struct sched_param param = { .sched_priority = 1 };
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_NAME, "hp-guardian");
	/* Both help, and neither must be possible: the box may be full of hogs, or we in a
	 * container. */
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) < 0)
		errno = 0;
	if (file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-1000") < 0)
		errno = 0;
}

static void end_child(int pidfd)
{
	if (pidfd < 0)
		return;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (wait_readable(pidfd, wait_now_ns() + wait_scaled(CHILD_DIES_NS)) < 0)
		errno = 0;
	close(pidfd);
}

static void restore(struct run *run)
{
	json_t *snapshot = NULL;

	if (snapshot_load(run->setup->box, run->setup->state_path, &snapshot) < 0)
		return; /* no act had begun, or all had been put back */
	journal_set_scenario(run->journal, NULL, NULL);
	if (run_restore_by(run, "guardian", snapshot, true) == 1)
		unlink(run->setup->state_path);
	json_decref(snapshot);
}

static void guard(struct run *run, int fd)
{
	struct message m = {};
	int pidfd = -1;
	ssize_t n;

	hide();
	for (;;) {
		n = recv(fd, &m, sizeof(m), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(m))
			break;
		if (m.child < 0)
			return;
		if (pidfd >= 0)
			close(pidfd);
		pidfd = m.child > 0 ? (int)syscall(SYS_pidfd_open, m.child, 0) : -1;
	}
	end_child(pidfd);
	restore(run);
}

int run_guardian_start(struct run *run)
{
	int fds[2];

	run->guardian_fd = -1;
	if (!run->setup->state_path)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	run->guardian = fork();
	if (run->guardian == 0) {
		close(fds[1]);
		if (run->signal_fd >= 0)
			close(run->signal_fd);
		guard(run, fds[0]);
		_exit(0);
	}
	close(fds[0]);
	if (run->guardian < 0) {
		int r = -errno;

		close(fds[1]);
		return r;
	}
	run->guardian_fd = fds[1];
	return 0;
}

static bool tell(struct run *run, pid_t child)
{
	struct message m = { .child = child };

	return run->guardian_fd >= 0 &&
	       send(run->guardian_fd, &m, sizeof(m), MSG_NOSIGNAL) == sizeof(m);
}

void run_guardian_tell_child(struct run *run, pid_t pid)
{
	if (!run->setup->state_path || tell(run, pid))
		return;
	/* Somebody killed it: a run without a guardian would leave the box to luck. */
	cleanup_close(&run->guardian_fd);
	if (run->guardian > 0)
		waitpid(run->guardian, NULL, WNOHANG);
	journal_write(run->journal, "note",
		      json_pack("{s:s, s:s, s:{}}", "what", "guardian.replaced", "text",
				"the guardian was gone; there is a new one", "data"));
	if (run_guardian_start(run) == 0)
		tell(run, pid);
}

void run_guardian_dismiss(struct run *run)
{
	if (tell(run, -1) && run->guardian > 0)
		waitpid(run->guardian, NULL, 0);
	cleanup_close(&run->guardian_fd);
}
