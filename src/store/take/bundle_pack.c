// SPDX-License-Identifier: GPL-2.0-or-later
/* Packing a run directory, the same bytes for the same files. Unpacking is bundle.c's. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "store/take/bundle.h"
#include "store/limits.h"

struct packing {
	struct archive *to;
	crypto_generichash_state hash;
	int dirfd, files;
	char *data; /* grows; libarchive's own memory writer does not */
	size_t len, size;
};

static void cleanup_packing(struct packing *p)
{
	if (p->to)
		archive_write_free(p->to);
	if (p->dirfd >= 0)
		close(p->dirfd);
	free(p->data);
}

static la_ssize_t on_write(struct archive *a, void *arg, const void *block, size_t len)
{
	struct packing *p = arg;

	if (p->len + len > p->size) {
		size_t size = (p->len + len) * 2;
		char *more = realloc(p->data, size);

		if (!more) {
			archive_set_error(a, ENOMEM, "out of memory");
			return -1;
		}
		p->data = more, p->size = size;
	}
	memcpy(p->data + p->len, block, len);
	p->len += len;
	return (la_ssize_t)len;
}

/* Made from the others, or for the reader's eye: not what a verdict rests on. */
static bool is_derived(const char *name)
{
	return strcmp(name, "results.json") == 0 || text_starts(name, "report.") || name[0] == '.';
}

static int add_file(struct packing *p, const char *path, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct archive_entry *entry;
	size_t len = 0;
	uint64_t length;
	int r = file_read(p->dirfd, path, &text, &len);

	if (r < 0)
		return error_set(err, -r, "cannot read \"%s\" of the run: %s", path, strerror(-r));
	if (++p->files > LIMITS_UNPACKED_FILES)
		return error_set(err, EFBIG, "the run directory holds more than %d files",
				 LIMITS_UNPACKED_FILES);
	length = len;
	crypto_generichash_update(&p->hash, (const unsigned char *)path, strlen(path) + 1);
	crypto_generichash_update(&p->hash, (const unsigned char *)&length, sizeof(length));
	crypto_generichash_update(&p->hash, (const unsigned char *)text, len);
	entry = archive_entry_new();
	if (!entry)
		return error_set(err, ENOMEM, "out of memory for an archive");
	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (la_int64_t)len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	r = archive_write_header(p->to, entry) == ARCHIVE_OK &&
			    archive_write_data(p->to, text, len) == (la_ssize_t)len
		    ? 0
		    : error_set(err, EIO, "cannot pack \"%s\": %s", path,
				archive_error_string(p->to));
	archive_entry_free(entry);
	return r;
}

static int is_wanted(const struct dirent *d)
{
	return !is_derived(d->d_name);
}

/* In the order of their names; folders other than tools/ are no part of a run. */
static int add_dir(struct packing *p, const char *folder, struct error *err)
{
	struct dirent **list = NULL;
	int r = 0, n = scandirat(p->dirfd, *folder ? folder : ".", &list, is_wanted, alphasort);

	if (n < 0)
		return errno == ENOENT && *folder
			       ? 0
			       : error_set(err, errno, "cannot list the run: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path =
			text_printf("%s%s%s", folder, *folder ? "/" : "", list[i]->d_name);
		struct stat st;

		if (r >= 0 && path && fstatat(p->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			r = add_file(p, path, err);
		free(list[i]);
	}
	free(list);
	return r;
}

static int set_up(struct packing *p, const char *dir, struct error *err)
{
	p->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dirfd < 0)
		return error_set(err, errno, "cannot open the run directory \"%s\": %s", dir,
				 strerror(errno));
	p->to = archive_write_new();
	crypto_generichash_init(&p->hash, NULL, 0, BUNDLE_DIGEST);
	if (!p->to || archive_write_add_filter_zstd(p->to) != ARCHIVE_OK ||
	    archive_write_set_format_ustar(p->to) != ARCHIVE_OK ||
	    /* Zeros after the last frame are no zstd. */
	    archive_write_set_bytes_in_last_block(p->to, 1) != ARCHIVE_OK ||
	    archive_write_open(p->to, p, NULL, on_write, NULL) != ARCHIVE_OK)
		return error_set(err, ENOMEM, "cannot begin an archive");
	return 0;
}

int bundle_pack(const char *dir, struct bundle_packed *ret, struct error *err)
{
	struct packing p _cleanup_(cleanup_packing) = { .dirfd = -1 };
	int r = set_up(&p, dir, err);

	if (r >= 0)
		r = add_dir(&p, "", err);
	if (r >= 0)
		r = add_dir(&p, "tools", err);
	if (r < 0)
		return r;
	if (archive_write_close(p.to) != ARCHIVE_OK)
		return error_set(err, EIO, "cannot pack the run: %s", archive_error_string(p.to));
	crypto_generichash_final(&p.hash, ret->digest, BUNDLE_DIGEST);
	ret->data = take_ptr(p.data);
	ret->len = p.len;
	return 0;
}
