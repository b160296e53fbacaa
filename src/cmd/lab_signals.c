// SPDX-License-Identifier: GPL-2.0-or-later
/* How the lab is told to stop: it ends its guests and writes down what it has before it goes, so
 * nothing of it may be killed by these. What each does then is its own affair. */
#include <signal.h>
#include <sys/signalfd.h>

#include "cmd/lab.h"

int lab_open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}
