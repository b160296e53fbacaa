// SPDX-License-Identifier: GPL-2.0-or-later
/* The lab's port, found by its name, and the guest's last words on it. What is said in between is
 * evidence/rundir.h's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "guest/guest.h"

#define PORTS "/sys/class/virtio-ports"
#define POWER_OFF_NS (10 * NS_PER_S)

struct search {
	const char *name;
	int fd;
};

static bool is_named(const char *port, const char *name)
{
	_cleanup_free_ char *path = text_printf(PORTS "/%s/name", port), *text = NULL;

	return path && file_read(AT_FDCWD, path, &text, NULL) == 0 &&
	       strcmp(text_strip(text), name) == 0;
}

/* The name comes by a control message some time after the device; hence the search is repeated. */
static bool try_open(void *arg)
{
	struct search *s = arg;
	_cleanup_closedir_ DIR *dir = opendir(PORTS);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		_cleanup_free_ char *path = NULL;

		if (d->d_name[0] == '.' || !is_named(d->d_name, s->name))
			continue;
		path = text_printf("/dev/%s", d->d_name);
		/* No O_CLOEXEC: the run is to inherit it; a port can be opened only once. */
		s->fd = path ? open(path, O_RDWR) : -1;
		if (s->fd >= 0)
			return true;
	}
	return false;
}

int guest_open_port(const char *name, int64_t deadline_ns)
{
	struct search s = { .name = name, .fd = -1 };
	int r = wait_until(try_open, &s, deadline_ns);

	return r < 0 ? r : r == 0 ? -ENODEV : s.fd;
}

static bool has_ack(const char *text)
{
	return text_starts(text, "ack 0\n") || strstr(text, "\nack 0\n");
}

void guest_say_exit(int port_fd, int status, int64_t deadline_ns)
{
	_cleanup_free_ char *line = NULL;
	char answers[256] = "";
	size_t len = 0;

	if (WIFSIGNALED(status))
		line = text_printf("guest! {\"seq\":0,\"type\":\"exit\",\"signal\":%d}\n",
				   WTERMSIG(status));
	else
		line = text_printf("guest! {\"seq\":0,\"type\":\"exit\",\"status\":%d}\n",
				   WEXITSTATUS(status));
	if (!line || file_write_all(port_fd, line, strlen(line)) < 0)
		return;
	/* Answers to lines of a run that was killed may come first. */
	while (!has_ack(answers) && wait_readable(port_fd, deadline_ns) == 1) {
		ssize_t n;

		if (len > sizeof(answers) / 2) {
			memmove(answers, answers + len / 2, len - len / 2 + 1);
			len -= len / 2;
		}
		n = read(port_fd, answers + len, sizeof(answers) - len - 1);
		if (n <= 0)
			return;
		len += n;
		answers[len] = '\0';
	}
}

/* reboot(2) takes the hotplug lock: with a writer stuck in the kernel it would wait for ever, so a
 * child asks first. */
_Noreturn void guest_power_off(void)
{
	struct process p = PROCESS_NONE;
	pid_t pid;

	sync();
	pid = fork();
	if (pid == 0) {
		reboot(LINUX_REBOOT_CMD_POWER_OFF);
		_exit(1);
	}
	if (pid > 0) {
		p.pid = pid;
		p.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (process_wait(&p, wait_now_ns() + wait_scaled(POWER_OFF_NS), NULL) < 0)
			wait_pause(NS_PER_S);
	}
	if (file_write(AT_FDCWD, "/proc/sysrq-trigger", "o") < 0)
		reboot(LINUX_REBOOT_CMD_RESTART);
	wait_pause(2 * NS_PER_S);
	if (file_write(AT_FDCWD, "/proc/sysrq-trigger", "b") < 0)
		reboot(LINUX_REBOOT_CMD_RESTART);
	for (;;)
		wait_pause(60 * NS_PER_S);
}
