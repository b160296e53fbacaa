// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The newc format: a header of hexadecimal text, the name, the content, each padded to 4 bytes
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Sizes must be known when the header
 * is written, so a file that changes while it is copied is an error, not a broken archive.
 */
#include "lab/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define TREE_DEPTH_MAX 40

struct cpio {
	int fd;
	unsigned int next_ino;
	uint64_t written;
	char *buffer;
	size_t used;
	char **dirs; /* folders that are in the archive */
	size_t n_dirs;
};

int cpio_new(int fd, struct cpio **ret)
{
	_cleanup_(cleanup_cpio) struct cpio *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fd = fd;
	c->next_ino = 1;
	c->buffer = malloc(BUFFER_SIZE);
	if (!c->buffer)
		return -ENOMEM;
	*ret = take_ptr(c);
	return 0;
}

void cpio_free(struct cpio *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_dirs; i++)
		free(c->dirs[i]);
	free(c->dirs);
	free(c->buffer);
	free(c);
}

static int flush(struct cpio *c)
{
	int r = file_write_all(c->fd, c->buffer, c->used);

	c->used = 0;
	return r;
}

static int put(struct cpio *c, const void *data, size_t len)
{
	int r = 0;

	c->written += len;
	if (c->used + len > BUFFER_SIZE)
		r = flush(c);
	if (r == 0 && len > BUFFER_SIZE)
		return file_write_all(c->fd, data, len);
	if (r == 0) {
		memcpy(c->buffer + c->used, data, len);
		c->used += len;
	}
	return r;
}

static int pad(struct cpio *c)
{
	static const char zeros[4];

	return put(c, zeros, (4 - c->written % 4) % 4);
}

static int put_header(struct cpio *c, const char *name, unsigned int mode, size_t size,
		      unsigned int major, unsigned int minor)
{
	char head[111];
	int r;

	if (size > UINT32_MAX)
		return -EFBIG;
	snprintf(head, sizeof(head), "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
		 c->next_ino++, mode, 0, 0, S_ISDIR(mode) ? 2 : 1, 0, size, 0, 0, major, minor,
		 strlen(name) + 1, 0);
	r = put(c, head, sizeof(head) - 1);
	if (r == 0)
		r = put(c, name, strlen(name) + 1);
	return r == 0 ? pad(c) : r;
}

static bool has_dir(const struct cpio *c, const char *name)
{
	for (size_t i = 0; i < c->n_dirs; i++)
		if (strcmp(c->dirs[i], name) == 0)
			return true;
	return false;
}

static int add_one_dir(struct cpio *c, const char *name)
{
	char **bigger;

	if (!*name || has_dir(c, name))
		return 0;
	bigger = reallocarray(c->dirs, c->n_dirs + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	c->dirs = bigger;
	c->dirs[c->n_dirs] = strdup(name);
	if (!c->dirs[c->n_dirs])
		return -ENOMEM;
	c->n_dirs++;
	return put_header(c, name, S_IFDIR | 0755, 0, 0, 0);
}

/* The kernel makes no folders by itself. */
static int add_parents(struct cpio *c, const char *name)
{
	_cleanup_free_ char *path = strdup(name);
	int r = 0;

	if (!path)
		return -ENOMEM;
	if (!*name || *name == '/' || strstr(name, ".."))
		return -EINVAL;
	for (char *s = strchr(path, '/'); s && r == 0; s = strchr(s + 1, '/')) {
		*s = '\0';
		r = add_one_dir(c, path);
		*s = '/';
	}
	return r;
}

int cpio_add_dir(struct cpio *c, const char *name)
{
	int r = add_parents(c, name);

	return r < 0 ? r : add_one_dir(c, name);
}

int cpio_add_data(struct cpio *c, const char *name, unsigned int mode, const void *data, size_t len)
{
	int r = add_parents(c, name);

	if (r == 0)
		r = put_header(c, name, S_IFREG | (mode & 07777), len, 0, 0);
	if (r == 0)
		r = put(c, data, len);
	return r == 0 ? pad(c) : r;
}

int cpio_add_node(struct cpio *c, const char *name, unsigned int mode, unsigned int major,
		  unsigned int minor)
{
	int r = add_parents(c, name);

	return r < 0 ? r : put_header(c, name, mode, 0, major, minor);
}

static int add_link(struct cpio *c, const char *name, const char *source)
{
	char target[4096];
	ssize_t n = readlink(source, target, sizeof(target));
	int r;

	if (n < 0)
		return -errno;
	r = put_header(c, name, S_IFLNK | 0777, n, 0, 0);
	if (r == 0)
		r = put(c, target, n);
	return r == 0 ? pad(c) : r;
}

static int copy_content(struct cpio *c, int fd, uint64_t size)
{
	_cleanup_free_ char *block = malloc(BUFFER_SIZE);
	uint64_t left = size;
	int r;

	if (!block)
		return -ENOMEM;
	while (left > 0) {
		ssize_t n = read(fd, block, left < BUFFER_SIZE ? left : BUFFER_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ESTALE; /* it has become shorter than its header says */
		r = put(c, block, n);
		if (r < 0)
			return r;
		left -= n;
	}
	return pad(c);
}

static int add_source(struct cpio *c, const char *name, const char *source)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (lstat(source, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return add_link(c, name, source);
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = open(source, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = put_header(c, name, S_IFREG | (st.st_mode & 07777), st.st_size, 0, 0);
	return r < 0 ? r : copy_content(c, fd, st.st_size);
}

int cpio_add_file(struct cpio *c, const char *name, const char *source, struct error *err)
{
	int r = add_parents(c, name);

	if (r == 0)
		r = add_source(c, name, source);
	if (r < 0)
		return error_set(err, -r, "cannot put \"%s\" into the guest: %s", source,
				 strerror(-r));
	return 0;
}

static int add_tree_at(struct cpio *c, const char *prefix, const char *folder, int depth,
		       struct error *err);

static int add_entry(struct cpio *c, const char *prefix, const char *folder, const char *entry,
		     int depth, struct error *err)
{
	_cleanup_free_ char *name = text_printf("%s%s%s", prefix, *prefix ? "/" : "", entry);
	_cleanup_free_ char *source = text_printf("%s/%s", folder, entry);
	struct stat st;
	int r;

	if (!name || !source)
		return -ENOMEM;
	if (lstat(source, &st) < 0)
		return error_set(err, errno, "cannot put \"%s\" into the guest: %s", source,
				 strerror(errno));
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return cpio_add_file(c, name, source, err);
	if (!S_ISDIR(st.st_mode))
		return 0;
	r = cpio_add_dir(c, name);
	return r < 0 ? r : add_tree_at(c, name, source, depth + 1, err);
}

static int add_tree_at(struct cpio *c, const char *prefix, const char *folder, int depth,
		       struct error *err)
{
	struct dirent **names = NULL;
	int n, r = 0;

	if (depth > TREE_DEPTH_MAX)
		return error_set(err, ELOOP, "\"%s\" is nested too deeply for the guest", folder);
	/* Sorted, so that the same files give the same image. */
	n = scandir(folder, &names, NULL, alphasort);
	if (n < 0)
		return error_set(err, errno, "cannot read the folder \"%s\": %s", folder,
				 strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *entry = names[i]->d_name;

		if (r == 0 && strcmp(entry, ".") != 0 && strcmp(entry, "..") != 0)
			r = add_entry(c, prefix, folder, entry, depth, err);
		free(names[i]);
	}
	free(names);
	return r;
}

int cpio_add_tree(struct cpio *c, const char *prefix, const char *folder, struct error *err)
{
	return add_tree_at(c, prefix, folder, 0, err);
}

int cpio_finish(struct cpio *c)
{
	int r = put_header(c, "TRAILER!!!", 0, 0, 0, 0);

	return r < 0 ? r : flush(c);
}
