// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chores of a lab guest's first process: mounts, modules, network, the lab's port, power off.
 * Knows nothing of hotplug and starts no run: cmd/init.c puts these together. What goes wrong is
 * said to `complain`, and the guest goes on as well as it can.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

#define GUEST_MODULES \
	"/etc/hotproof/modules" /* one a line: path and parameters; # begins a comment */
#define GUEST_PLAN \
	"/etc/hotproof/plan.json" /* {"argv": ["--scenario", "cpu.*"], "watchdog_s": 100} */
#define GUEST_PORT "hotproof"     /* the virtio-serial port's name */

typedef void guest_complain_t(void *arg, const char *text);

struct guest {
	guest_complain_t *complain;
	void *arg;
};

/* To everybody who listens: the text is one line. */
void guest_complain(const struct guest *g, const char *fmt, ...) _printf_(2, 3);

/* proc, sysfs, devtmpfs, devpts, tmpfs on /tmp and /run, tracefs, cgroup2; opens /dev/console as 0,
 * 1 and 2. */
void guest_mount(const struct guest *g);

/* Loads what GUEST_MODULES lists, in its order; returns how many could not be loaded. */
int guest_load_modules(const struct guest *g, const char *list_path);

/* lo up; the first ethernet: 10.0.2.15/24, default route by 10.0.2.2. */
void guest_network(const struct guest *g);

/* Waits for the port and opens it; -ENODEV when it does not come in time. */
_must_check_ int guest_open_port(const char *name, int64_t deadline_ns);

/* The plan's argv (owned by the caller) and for how long the watchdog waits (0: there shall be
 * none); -errno with a text. */
_must_check_ int guest_read_plan(const char *path, json_t **ret_argv, int *ret_watchdog_s,
				 struct error *err);

/* The watchdog device, which from now on wants to be served; -1: there is none. */
int guest_watchdog_open(int seconds);
void guest_watchdog_serve(int fd);
void guest_watchdog_close(int fd);

/* Says on the port how the run ended, and waits until the lab has it ("ack 0") or the deadline is
 * over. */
void guest_say_exit(int port_fd, int status, int64_t deadline_ns);

/* Does not return. When power off hangs, because the kernel is stuck in what we did to it, a hard
 * reset follows. */
_Noreturn void guest_power_off(void);
