// SPDX-License-Identifier: GPL-2.0-or-later
/* Unpacking what strangers send, and the folders for it. Packing is bundle_pack.c's. */
#include "store/take/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "store/limits.h"

static void cleanup_reader(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

struct unpacking {
	struct archive *from;
	int dirfd;
	size_t bytes;
	int files;
	char top[LIMITS_NAME + 1]; /* the folder around it all */
};

/* "journal.jsonl", no path: letters, digits and a few signs; no leading dot. */
static bool is_plain(const char *name, size_t len)
{
	if (len == 0 || len > LIMITS_NAME || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._:-+", name[i]))
			return false;
	return true;
}

/* What is left of the path below the run directory; NULL when no run directory has such a path. */
static const char *inner_path(struct unpacking *u, const char *path)
{
	const char *slash;

	while (text_starts(path, "./"))
		path += 2;
	slash = strchr(path, '/');
	if (slash && !text_starts(path, "tools/")) {
		size_t len = (size_t)(slash - path);

		if (!is_plain(path, len))
			return NULL;
		if (!u->top[0])
			memcpy(u->top, path, len);
		if (strncmp(u->top, path, len) != 0 || u->top[len])
			return NULL;
		path = slash + 1;
	}
	if (text_starts(path, "tools/"))
		return !path[6] || is_plain(path + 6, strlen(path + 6)) ? path : NULL;
	return !*path || is_plain(path, strlen(path)) ? path : NULL;
}

static int copy_out(struct unpacking *u, const char *path, struct error *err)
{
	_cleanup_close_ int fd =
		openat(u->dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const void *block;
	size_t len;
	la_int64_t at;
	int r;

	if (fd < 0)
		return error_set(err, errno == EEXIST ? EBADMSG : errno,
				 "cannot unpack \"%s\" of the archive: %s", path,
				 errno == EEXIST ? "it is there twice" : strerror(errno));
	while ((r = archive_read_data_block(u->from, &block, &len, &at)) == ARCHIVE_OK) {
		u->bytes += len;
		if (u->bytes > LIMITS_UNPACKED_MAX || (size_t)at > LIMITS_UNPACKED_MAX)
			return error_set(err, EFBIG, "the archive holds more than %zu MiB",
					 LIMITS_UNPACKED_MAX >> 20);
		if (pwrite(fd, block, len, at) != (ssize_t)len)
			return error_set(err, errno, "cannot unpack \"%s\" of the archive: %s",
					 path, strerror(errno));
	}
	return r == ARCHIVE_EOF ? 0
				: error_set(err, EBADMSG, "the archive is damaged in \"%s\": %s",
					    path, archive_error_string(u->from));
}

static int unpack_entry(struct unpacking *u, struct archive_entry *entry, struct error *err)
{
	const char *full = archive_entry_pathname(entry), *path;
	unsigned int type = archive_entry_filetype(entry);

	path = full ? inner_path(u, full) : NULL;
	if (!path || (type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(entry))
		return error_set(err, EBADMSG,
				 "the archive holds \"%.80s\", which no run directory does",
				 full ? full : "a name that is no text");
	if (++u->files > LIMITS_UNPACKED_FILES)
		return error_set(err, EFBIG, "the archive holds more than %d files",
				 LIMITS_UNPACKED_FILES);
	if (type == AE_IFDIR || !*path)
		return 0;
	if (text_starts(path, "tools/") && mkdirat(u->dirfd, "tools", 0700) < 0 && errno != EEXIST)
		return error_set(err, errno, "cannot unpack the archive: %s", strerror(errno));
	return copy_out(u, path, err);
}

static struct archive *new_reader(void)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	/* No other format or filter: each is a parser of foreign bytes. */
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_xz(a);
	archive_read_support_format_tar(a);
	return a;
}

static int unpack(struct archive *a, int opened, const char *dir, struct error *err)
{
	_cleanup_close_ int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct unpacking u = { .from = a, .dirfd = dirfd };
	struct archive_entry *entry;
	int r;

	if (dirfd < 0)
		return error_set(err, errno, "cannot open \"%s\": %s", dir, strerror(errno));
	if (opened != ARCHIVE_OK)
		return error_set(err, EBADMSG,
				 "this is no tar archive (plain, gzip, zstd or xz): %s",
				 archive_error_string(a));
	while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		r = unpack_entry(&u, entry, err);
		if (r < 0)
			return r;
	}
	if (r != ARCHIVE_EOF)
		return error_set(err, EBADMSG, "the archive is damaged: %s",
				 archive_error_string(a));
	return u.files > 0 ? 0 : error_set(err, EBADMSG, "the archive is empty");
}

int bundle_unpack(int fd, const char *dir, struct error *err)
{
	struct archive *a _cleanup_(cleanup_reader) = new_reader();

	if (!a || lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ENOMEM, "out of memory for an archive");
	return unpack(a, archive_read_open_fd(a, fd, 1 << 16), dir, err);
}

int bundle_unpack_memory(const void *data, size_t len, const char *dir, struct error *err)
{
	struct archive *a _cleanup_(cleanup_reader) = new_reader();

	if (!a)
		return error_set(err, ENOMEM, "out of memory for an archive");
	return unpack(a, archive_read_open_memory(a, data, len), dir, err);
}

int bundle_make_dir(char *path, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	_cleanup_free_ char *made = text_printf("%s/hotproof-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!made || strlen(made) >= BUNDLE_PATH)
		return error_set(err, ENAMETOOLONG, "TMPDIR is too long");
	if (!mkdtemp(made))
		return error_set(err, errno, "cannot make a folder \"%s\": %s", made,
				 strerror(errno));
	strcpy(path, made);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

void bundle_remove(const char *path)
{
	/* What cannot be removed stays behind in the folder for temporary files. */
	(void)!nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
