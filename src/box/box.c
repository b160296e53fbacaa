// SPDX-License-Identifier: GPL-2.0-or-later
/* The door itself: one root, real or scripted. What the files mean is the business of the other
 * files of this folder. */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

#define UEVENT_RCVBUF (8 << 20) /* a cycle sends a few hundred bytes a CPU; never ENOBUFS */

struct box {
	const struct box_ops *ops;
	void *ctx;
	int rootfd;
	bool is_real;
	struct box_memo memo;
};

int box_open(const char *root, struct box **ret, struct error *err)
{
	struct box *box = calloc(1, sizeof(*box));

	if (!box)
		return -ENOMEM;
	box->rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (box->rootfd < 0) {
		int r = error_set(err, errno, "cannot open the root \"%s\": %s", root,
				  strerror(errno));

		free(box);
		return r;
	}
	box->is_real = strcmp(root, "/") == 0;
	*ret = box;
	return 0;
}

int box_open_scripted(const struct box_ops *ops, void *ctx, struct box **ret)
{
	struct box *box = calloc(1, sizeof(*box));

	if (!box)
		return -ENOMEM;
	*box = (struct box){ .ops = ops, .ctx = ctx, .rootfd = -1 };
	*ret = box;
	return 0;
}

void box_free(struct box *box)
{
	if (!box)
		return;
	if (box->ops && box->ops->free)
		box->ops->free(box->ctx);
	cleanup_close(&box->rootfd);
	free(box);
}

bool box_is_real(const struct box *box)
{
	return box->is_real;
}

struct box_memo *box_memo(struct box *box)
{
	return &box->memo;
}

int box_read(struct box *box, const char *path, char **ret_text)
{
	if (box->ops)
		return box->ops->read(box->ctx, path, ret_text);
	return file_read(box->rootfd, path, ret_text, NULL);
}

int box_write(struct box *box, const char *path, const char *text)
{
	if (box->ops)
		return box->ops->write(box->ctx, path, text);
	return file_write(box->rootfd, path, text);
}

static char *path_vprintf(const char *fmt, va_list ap)
{
	char *path = NULL;

	if (vasprintf(&path, fmt, ap) < 0)
		return NULL;
	return path;
}

int box_readf(struct box *box, char **ret_text, const char *path_fmt, ...)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	va_list ap;
	int r;

	va_start(ap, path_fmt);
	path = path_vprintf(path_fmt, ap);
	va_end(ap);
	if (!path)
		return -ENOMEM;
	r = box_read(box, path, &text);
	if (r < 0)
		return r;
	for (size_t n = strlen(text); n > 0 && strchr(" \t\n", text[n - 1]); n--)
		text[n - 1] = '\0';
	*ret_text = take_ptr(text);
	return 0;
}

int box_read_int(struct box *box, int *ret, const char *path_fmt, ...)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	va_list ap;
	int r;

	va_start(ap, path_fmt);
	path = path_vprintf(path_fmt, ap);
	va_end(ap);
	if (!path)
		return -ENOMEM;
	r = box_read(box, path, &text);
	if (r < 0)
		return r;
	return text_to_int(text_strip(text), ret);
}

int box_writef(struct box *box, const char *text, const char *path_fmt, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, path_fmt);
	path = path_vprintf(path_fmt, ap);
	va_end(ap);
	return path ? box_write(box, path, text) : -ENOMEM;
}

bool box_has(struct box *box, const char *path_fmt, ...)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_names_ char **names = NULL;
	va_list ap;

	va_start(ap, path_fmt);
	path = path_vprintf(path_fmt, ap);
	va_end(ap);
	if (!path)
		return false;
	if (!box->ops)
		return faccessat(box->rootfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	return box->ops->read(box->ctx, path, &text) == 0 ||
	       box->ops->list(box->ctx, path, &names) == 0;
}

void box_free_names(char **names)
{
	if (!names)
		return;
	for (char **n = names; *n; n++)
		free(*n);
	free(names);
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* A scripted root has no links, and a folder is what can be listed. */
static int mark_kinds(struct box *box, const char *path, char **names)
{
	for (char **n = names; *n; n++) {
		_cleanup_free_ char *below = NULL, *marked = NULL;
		_cleanup_names_ char **inner = NULL;

		if (asprintf(&below, "%s/%s", path, *n) < 0)
			return -ENOMEM;
		if (box->ops->list(box->ctx, below, &inner) < 0)
			continue;
		if (asprintf(&marked, "%s/", *n) < 0)
			return -ENOMEM;
		free(*n);
		*n = take_ptr(marked);
	}
	return 0;
}

static char *entry_name(const struct dirent *d, bool with_kind)
{
	const char *mark = !with_kind            ? ""
			   : d->d_type == DT_DIR ? "/"
			   : d->d_type == DT_LNK ? "@"
						 : "";
	char *name = NULL;

	return asprintf(&name, "%s%s", d->d_name, mark) < 0 ? NULL : name;
}

static int list(struct box *box, const char *path, bool with_kind, char ***ret_names)
{
	struct dirent **entries;
	char **names;
	int n;

	if (box->ops) {
		n = box->ops->list(box->ctx, path, ret_names);
		return n < 0 || !with_kind ? n : mark_kinds(box, path, *ret_names);
	}
	n = scandirat(box->rootfd, path, &entries, not_hidden, versionsort);
	if (n < 0)
		return -errno;
	names = calloc(n + 1, sizeof(*names));
	for (int i = 0; i < n; i++) {
		if (names)
			names[i] = entry_name(entries[i], with_kind);
		free(entries[i]);
	}
	free(entries);
	if (!names)
		return -ENOMEM;
	*ret_names = names;
	return 0;
}

int box_list(struct box *box, const char *path, char ***ret_names)
{
	return list(box, path, false, ret_names);
}

int box_list_kinds(struct box *box, const char *path, char ***ret_names)
{
	return list(box, path, true, ret_names);
}

static int open_uevents(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
					NETLINK_KOBJECT_UEVENT);
	int size = UEVENT_RCVBUF;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return take_fd(&fd);
}

int box_make_dir(struct box *box, const char *path)
{
	if (!box->is_real)
		return -EOPNOTSUPP;
	return mkdirat(box->rootfd, path, 0755) < 0 ? -errno : 0;
}

int box_remove_dir(struct box *box, const char *path)
{
	if (!box->is_real)
		return -EOPNOTSUPP;
	return unlinkat(box->rootfd, path, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int box_open_stream(struct box *box, const char *name)
{
	bool is_log;
	int fd;

	if (box->ops)
		return box->ops->open_stream ? box->ops->open_stream(box->ctx, name) : -EOPNOTSUPP;
	if (!box->is_real)
		return -EOPNOTSUPP;
	if (strcmp(name, "uevent") == 0)
		return open_uevents();
	is_log = strcmp(name, "kmsg") == 0;
	fd = openat(box->rootfd, is_log ? "dev/kmsg" : name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (is_log)
		lseek(fd, 0, SEEK_END);
	return fd;
}
