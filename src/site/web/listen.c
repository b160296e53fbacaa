// SPDX-License-Identifier: GPL-2.0-or-later
/* What the server listens on: a port of an address, or a unix socket that a proxy comes by. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "site/web/internal.h"

static int listen_on_socket(struct site *s, int *ret, struct error *err)
{
	const char *path = s->setup.socket;
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (strlen(path) >= sizeof(sa.sun_path))
		return error_set(err, ENAMETOOLONG, "\"%s\" is too long for a unix socket", path);
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	/* One that nobody listens on is left from a server that was killed. */
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The group of the folder's choice, and nobody else: whoever may write there is believed.
	 */
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(path, 0660) < 0 ||
	    listen(fd, 256) < 0)
		return error_set(err, errno, "cannot listen on \"%s\": %s", path, strerror(errno));
	*ret = take_fd(&fd);
	return 0;
}

static int listen_on_port(struct site *s, int *ret, struct error *err)
{
	struct sockaddr_in six_not = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)s->setup.port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)s->setup.port) };
	bool is_six = strchr(s->setup.address, ':') != NULL;
	const struct sockaddr *sa = is_six ? (void *)&six : (void *)&six_not;
	socklen_t len = is_six ? sizeof(six) : sizeof(six_not);
	_cleanup_close_ int fd = -1;

	if (inet_pton(is_six ? AF_INET6 : AF_INET, s->setup.address,
		      is_six ? (void *)&six.sin6_addr : (void *)&six_not.sin_addr) != 1)
		return error_set(err, EINVAL, "\"%s\" is no address to listen on",
				 s->setup.address);
	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) < 0 ||
	    bind(fd, sa, len) < 0 || listen(fd, 256) < 0 ||
	    getsockname(fd, (struct sockaddr *)sa, &len) < 0)
		return error_set(err, errno, "cannot listen on %s port %d: %s", s->setup.address,
				 s->setup.port, strerror(errno));
	s->port = ntohs(is_six ? six.sin6_port : six_not.sin_port);
	*ret = take_fd(&fd);
	return 0;
}

int listen_open(struct site *s, int *ret, struct error *err)
{
	return s->setup.socket ? listen_on_socket(s, ret, err) : listen_on_port(s, ret, err);
}

void listen_close(struct site *s)
{
	if (s->setup.socket)
		unlink(s->setup.socket);
}
