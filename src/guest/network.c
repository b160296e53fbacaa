// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest's static addresses, by ioctl: there is no ip program in the image. The numbers are
 * those of QEMU's user network. */
#include <arpa/inet.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/guest.h"

#define ADDRESS "10.0.2.15"
#define NETMASK "255.255.255.0"
#define GATEWAY "10.0.2.2"

static struct sockaddr inet(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr any;

	inet_pton(AF_INET, address, &in.sin_addr);
	memcpy(&any, &in, sizeof(any));
	return any;
}

static int set_up(int s, const char *name)
{
	struct ifreq req = {};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (ioctl(s, SIOCGIFFLAGS, &req) < 0)
		return -errno;
	req.ifr_flags |= IFF_UP;
	return ioctl(s, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

static int set_address(int s, const char *name)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct ifreq req = {};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	req.ifr_addr = inet(ADDRESS);
	if (ioctl(s, SIOCSIFADDR, &req) < 0)
		return -errno;
	req.ifr_netmask = inet(NETMASK);
	if (ioctl(s, SIOCSIFNETMASK, &req) < 0)
		return -errno;
	if (set_up(s, name) < 0)
		return -errno;
	route.rt_dst = inet("0.0.0.0");
	route.rt_genmask = inet("0.0.0.0");
	route.rt_gateway = inet(GATEWAY);
	return ioctl(s, SIOCADDRT, &route) < 0 ? -errno : 0;
}

/* Real hardware has a "device" link; bridges, tunnels and lo have none. */
static bool is_ethernet(const char *name)
{
	_cleanup_free_ char *type_path = text_printf("/sys/class/net/%s/type", name);
	_cleanup_free_ char *device = text_printf("/sys/class/net/%s/device", name);
	_cleanup_free_ char *text = NULL;

	return type_path && device && file_read(AT_FDCWD, type_path, &text, NULL) == 0 &&
	       atoi(text) == ARPHRD_ETHER && access(device, F_OK) == 0;
}

void guest_network(const struct guest *g)
{
	_cleanup_close_ int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct dirent **names;
	bool is_done = false;
	int n, r;

	if (s < 0) {
		guest_complain(g, "no network: %s", strerror(errno));
		return;
	}
	r = set_up(s, "lo");
	if (r < 0)
		guest_complain(g, "cannot bring \"lo\" up: %s", strerror(-r));
	n = scandir("/sys/class/net", &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (!is_done && is_ethernet(names[i]->d_name)) {
			r = set_address(s, names[i]->d_name);
			if (r < 0)
				guest_complain(g, "cannot bring \"%s\" up as " ADDRESS ": %s",
					       names[i]->d_name, strerror(-r));
			is_done = true;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}
