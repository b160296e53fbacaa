// SPDX-License-Identifier: GPL-2.0-or-later
/* The system's ssh, with what the user's configuration says of the host: keys, jumps, ports. */
#include "lab/remote_ssh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"

#define COPY_NS (300 * NS_PER_S)
#define WORDS_MAX 64

int remote_ssh_open(const char *url, const char *const *options, struct remote_ssh *ret)
{
	const char *rest = text_starts(url, "ssh://") ? url + strlen("ssh://") : NULL, *at, *colon;
	struct remote_ssh s = { .options = options };
	int port = 22;

	/* What begins with '-' would be an option of ssh. */
	if (!rest || !*rest || *rest == '-' || strpbrk(rest, "/ \t\n'\""))
		return -EINVAL;
	at = strrchr(rest, '@');
	at = at ? at + 1 : rest;
	colon = strrchr(at, ':');
	if (!*at || *at == '-' || at == colon ||
	    (colon && (text_to_int(colon + 1, &port) < 0 || port < 1 || port > 65535)))
		return -EINVAL;
	s.host = strndup(at, colon ? (size_t)(colon - at) : strlen(at));
	s.target = strndup(rest, colon ? (size_t)(colon - rest) : strlen(rest));
	s.port = text_printf("%d", port);
	if (!s.host || !s.target || !s.port) {
		remote_ssh_close(&s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

void remote_ssh_close(struct remote_ssh *s)
{
	free(s->target);
	free(s->host);
	free(s->port);
	*s = (struct remote_ssh){};
}

/* argv with ssh's own words; `command` last. */
static int words(const struct remote_ssh *s, const char *command, const char **argv)
{
	static const char *const own[] = { "ssh", "-T",
					   "-o",  "BatchMode=yes",
					   "-o",  "ServerAliveInterval=5",
					   "-o",  "ServerAliveCountMax=3",
					   "-o",  "ConnectTimeout=15",
					   "-p" };
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		argv[n++] = own[i];
	argv[n++] = s->port;
	for (size_t i = 0; s->options && s->options[i]; i++) {
		if (n > WORDS_MAX - 8)
			return -E2BIG;
		argv[n++] = s->options[i];
	}
	argv[n++] = s->target;
	argv[n++] = command;
	argv[n] = NULL;
	return 0;
}

static char *read_all(int fd)
{
	char path[32], *text = NULL;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read(AT_FDCWD, path, &text, NULL) == 0 ? text : NULL;
}

/* Runs a command there; its output is owned by the caller. */
static int ask(const struct remote_ssh *s, const char *command, int in, int64_t deadline,
	       char **ret, struct error *err)
{
	_cleanup_close_ int out = memfd_create("out", MFD_CLOEXEC),
			    complaint = memfd_create("complaint", MFD_CLOEXEC);
	_cleanup_process_ struct process p = PROCESS_NONE;
	_cleanup_free_ char *text = NULL, *said = NULL;
	const char *argv[WORDS_MAX];
	int status, r = words(s, command, argv);

	if (r == 0 && (out < 0 || complaint < 0))
		r = -errno;
	if (r == 0)
		r = process_start(argv, in, out, complaint, &p, err);
	if (r < 0)
		return r;
	r = process_wait(&p, deadline, &status);
	if (r <= 0)
		return error_set(err, ETIMEDOUT, "\"%s\" does not answer by ssh", s->target);
	text = read_all(out);
	said = read_all(complaint);
	if (!text || !said)
		return -ENOMEM;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, EIO, "ssh to \"%s\" failed: %.300s", s->target,
				 *text_strip(said) ? text_strip(said) : "it does not say why");
	*ret = take_ptr(text);
	return 0;
}

static void take_fact(char **cursor, char *to, size_t size)
{
	char *line = text_next_line(cursor);

	snprintf(to, size, "%s", line ? text_strip(line) : "");
}

int remote_ssh_ask(const struct remote_ssh *s, bool with_folder, int64_t deadline_ns,
		   struct remote_facts *ret, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct remote_facts f = {};
	char *cursor, uid[16];
	int r = ask(
		s,
		with_folder
			? "uname -m; uname -r; cat /proc/sys/kernel/random/boot_id "
			  "/sys/devices/system/cpu/online; id -u; mktemp -d /tmp/hotproof-XXXXXX"
			: "uname -m; uname -r; cat /proc/sys/kernel/random/boot_id "
			  "/sys/devices/system/cpu/online; id -u; echo",
		-1, deadline_ns, &text, err);

	if (r < 0)
		return r;
	cursor = text;
	take_fact(&cursor, f.uname, sizeof(f.uname));
	take_fact(&cursor, f.kernel, sizeof(f.kernel));
	take_fact(&cursor, f.boot_id, sizeof(f.boot_id));
	take_fact(&cursor, f.online, sizeof(f.online));
	take_fact(&cursor, uid, sizeof(uid));
	take_fact(&cursor, f.folder, sizeof(f.folder));
	/* It goes into commands. */
	if (text_to_int(uid, &f.uid) < 0 || !*f.boot_id ||
	    (with_folder &&
	     (!text_starts(f.folder, "/tmp/hotproof-") || strpbrk(f.folder, " '\"$\\`;&|<>*?"))))
		return error_set(err, EBADMSG, "\"%s\" answers by ssh, but not as a Linux box does",
				 s->target);
	*ret = f;
	return 0;
}

int remote_ssh_copy(const struct remote_ssh *s, const char *program, const char *folder,
		    struct error *err)
{
	_cleanup_close_ int fd = open(program, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *command = text_printf("cat >%s/hotproof && chmod 700 %s/hotproof",
						   folder, folder),
			    *text = NULL;

	if (fd < 0)
		return error_set(err, errno, "cannot read \"%s\": %s", program, strerror(errno));
	return command ? ask(s, command, fd, wait_now_ns() + wait_scaled(COPY_NS), &text, err)
		       : -ENOMEM;
}

void remote_ssh_remove(const struct remote_ssh *s, const char *folder)
{
	_cleanup_free_ char *command = text_printf("rm -rf %s", folder), *text = NULL;

	/* It lies in /tmp of a box that may be gone. */
	if (command)
		(void)!ask(s, command, -1, wait_now_ns() + 20 * NS_PER_S, &text, NULL);
}

int remote_ssh_start(const struct remote_ssh *s, const char *const *argv, int complaint_fd,
		     struct process *ret, int *ret_fd, struct error *err)
{
	_cleanup_free_ char *quoted = text_quoted_words(argv),
			    *command = quoted ? text_printf("exec %s", quoted) : NULL;
	const char *all[WORDS_MAX];
	int fds[2], r = command ? words(s, command, all) : -ENOMEM;

	if (r == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		r = -errno;
	if (r < 0)
		return r;
	r = process_start(all, fds[1], fds[1], complaint_fd, ret, err);
	close(fds[1]);
	if (r < 0)
		close(fds[0]);
	else
		*ret_fd = fds[0];
	return r;
}

char *remote_ssh_address(const struct remote_ssh *s)
{
	const char *const argv[] = { "getent", "ahostsv4", s->host, NULL };
	_cleanup_free_ char *text = NULL;
	struct in_addr address;
	int status;

	if (inet_pton(AF_INET, s->host, &address) == 1)
		return strdup(s->host);
	if (process_capture(argv, wait_now_ns() + 10 * NS_PER_S, &text, &status, NULL) < 0)
		return NULL;
	text[strcspn(text, " \t\n")] = '\0';
	return inet_pton(AF_INET, text, &address) == 1 ? take_ptr(text) : NULL;
}
