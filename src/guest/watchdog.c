// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's watchdog device, served by its first process: when not even that gets to run, QEMU
 * tells the lab. A guest without one has none to serve, and that is no error.
 */
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guest/guest.h"

int guest_watchdog_open(int seconds)
{
	_cleanup_close_ int fd = -1;

	if (seconds <= 0)
		return -1;
	fd = open("/dev/watchdog", O_WRONLY | O_CLOEXEC);
	/* With any other time than the one asked for, nobody could say what its bite means. */
	if (fd >= 0 && ioctl(fd, WDIOC_SETTIMEOUT, &seconds) < 0) {
		guest_watchdog_close(take_fd(&fd));
		return -1;
	}
	return take_fd(&fd);
}

void guest_watchdog_serve(int fd)
{
	if (fd >= 0)
		ioctl(fd, WDIOC_KEEPALIVE, 0);
}

void guest_watchdog_close(int fd)
{
	if (fd < 0)
		return;
	/* The magic that stops it. */
	(void)!write(fd, "V", 1);
	close(fd);
}
