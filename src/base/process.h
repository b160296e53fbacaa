// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Child programs: started with their streams where the caller wants them, waited for by pidfd with
 * a deadline, ended for sure. They get SIGKILL when the starting thread dies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct process {
	pid_t pid; /* 0: none */
	int pidfd; /* readable when it has ended */
};

#define PROCESS_NONE ((struct process){ .pid = 0, .pidfd = -1 })

/*
 * argv[0] is looked for in PATH. stdin_fd/stdout_fd/stderr_fd: -1 means /dev/null; they stay the
 * caller's. Error: -ENOENT with a text that names the program, when it cannot be started.
 */
_must_check_ int process_start(const char *const argv[], int stdin_fd, int stdout_fd, int stderr_fd,
			       struct process *ret, struct error *err);

/*
 * Until it ended, or the deadline (CLOCK_BOOTTIME ns): 1 with *ret_status as from waitpid(2) (the
 * process is then PROCESS_NONE), or 0 on time-out.
 */
_must_check_ int process_wait(struct process *p, int64_t deadline_ns, int *ret_status);

/* SIGTERM, up to grace_ns, SIGKILL, reap. Safe on PROCESS_NONE. For use with _cleanup_ too. */
void process_end(struct process *p, int64_t grace_ns);
void process_cleanup(struct process *p); /* process_end with 200 ms */
#define _cleanup_process_ _cleanup_(process_cleanup)

/* Runs it to its end and returns its stdout (owned by the caller) and exit status; stderr goes to
 * /dev/null. */
_must_check_ int process_capture(const char *const argv[], int64_t deadline_ns, char **ret_out,
				 int *ret_status, struct error *err);
