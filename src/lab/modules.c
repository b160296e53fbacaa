// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads modules.dep and modules.builtin; unpacking is left to xz, zstd and gzip. */
#include "lab/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"

#define UNPACK_TIMEOUT_NS (60 * NS_PER_S)
#define MODULE_LIMIT ((off_t)256 << 20)

struct modules {
	char *folder;
	char *dep, *builtin; /* the two files' text */
	char **files;
	size_t n_files;
};

int modules_open(const char *folder, struct modules **ret, struct error *err)
{
	_cleanup_(cleanup_modules) struct modules *m = calloc(1, sizeof(*m));
	_cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (!m)
		return -ENOMEM;
	if (fd < 0)
		return error_set(err, errno, "cannot open the modules folder \"%s\": %s", folder,
				 strerror(errno));
	m->folder = strdup(folder);
	r = file_read(fd, "modules.dep", &m->dep, NULL);
	if (r < 0)
		return error_set(
			err, -r,
			"the modules folder \"%s\" has no modules.dep (%s): name the folder lib/modules/RELEASE itself, "
			"or make it with: depmod -b BASE RELEASE",
			folder, strerror(-r));
	if (file_read(fd, "modules.builtin", &m->builtin, NULL) < 0)
		m->builtin = strdup("");
	if (!m->folder || !m->builtin)
		return -ENOMEM;
	*ret = take_ptr(m);
	return 0;
}

void modules_free(struct modules *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_files; i++)
		free(m->files[i]);
	free(m->files);
	free(m->builtin);
	free(m->dep);
	free(m->folder);
	free(m);
}

/* "kernel/drivers/net/virtio_net.ko.xz" is the file of "virtio-net". */
static bool is_file_of(const char *file, size_t len, const char *name)
{
	const char *end = file + len, *base = memrchr(file, '/', len);
	size_t n = strlen(name);

	base = base ? base + 1 : file;
	if ((size_t)(end - base) < n + 3 || strncmp(base + n, ".ko", 3) != 0)
		return false;
	if ((size_t)(end - base) > n + 3 && base[n + 3] != '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((base[i] == '-' ? '_' : base[i]) != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}

static int add_file(struct modules *m, const char *file, size_t len)
{
	char **bigger;

	for (size_t i = 0; i < m->n_files; i++)
		if (strlen(m->files[i]) == len && strncmp(m->files[i], file, len) == 0)
			return 0;
	bigger = reallocarray(m->files, m->n_files + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	m->files = bigger;
	m->files[m->n_files] = strndup(file, len);
	if (!m->files[m->n_files])
		return -ENOMEM;
	m->n_files++;
	return 0;
}

/* A line is "file: need1 need2 ..."; what is needed first of all comes last. */
static int add_line(struct modules *m, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end = line + len;
	int r = 0;

	while (r == 0 && end > colon + 1) {
		const char *word = end;

		while (word > colon + 1 && word[-1] != ' ')
			word--;
		if (word < end)
			r = add_file(m, word, end - word);
		end = word - 1;
	}
	return r < 0 ? r : add_file(m, line, colon - line);
}

int modules_want(struct modules *m, const char *name, struct error *err)
{
	int r;

	for (const char *line = m->dep; *line;) {
		size_t len = strcspn(line, "\n");
		const char *colon = memchr(line, ':', len);

		if (colon && is_file_of(line, colon - line, name)) {
			r = add_line(m, line, len);
			return r < 0 ? r : 1;
		}
		line += len + (line[len] == '\n');
	}
	for (const char *line = m->builtin; *line;) {
		size_t len = strcspn(line, "\n");

		if (is_file_of(line, len, name))
			return 0;
		line += len + (line[len] == '\n');
	}
	return error_set(err, ENOENT, "the kernel of \"%s\" has no module \"%s\"", m->folder, name);
}

size_t modules_count(const struct modules *m)
{
	return m->n_files;
}

const char *modules_file(const struct modules *m, size_t i)
{
	return m->files[i];
}

static const struct {
	const char *suffix, *program;
} packers[] = { { ".ko.xz", "xz" }, { ".ko.zst", "zstd" }, { ".ko.gz", "gzip" } };

static const char *packer_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++)
		if (text_ends(path, packers[i].suffix))
			return packers[i].program;
	return NULL;
}

char *modules_plain_name(const char *file)
{
	const char *dot = packer_of(file) ? strrchr(file, '.') : NULL;

	return dot ? strndup(file, dot - file) : strdup(file);
}

/* By way of a nameless file, since the content holds NULs and may be large. */
static int unpack(const char *program, const char *path, int *ret_fd, struct error *err)
{
	const char *const argv[] = { program, "-dc", "--", path, NULL };
	_cleanup_process_ struct process p = PROCESS_NONE;
	_cleanup_close_ int fd = memfd_create("module", MFD_CLOEXEC);
	int status, r;

	if (fd < 0)
		return -errno;
	r = process_start(argv, -1, fd, -1, &p, err);
	if (r < 0)
		return r;
	r = process_wait(&p, wait_now_ns() + wait_scaled(UNPACK_TIMEOUT_NS), &status);
	if (r <= 0)
		return error_set(err, ETIMEDOUT, "\"%s\" did not unpack \"%s\" in time", program,
				 path);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, EBADMSG, "\"%s\" cannot unpack \"%s\": is the file damaged?",
				 program, path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int modules_read(const char *path, char **ret_data, size_t *ret_len, struct error *err)
{
	const char *program = packer_of(path);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *data = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return error_set(err, errno, "cannot read the module \"%s\": %s", path,
				 strerror(errno));
	if (program) {
		cleanup_close(&fd);
		fd = -1;
		r = unpack(program, path, &fd, err);
		if (r < 0)
			return r;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MODULE_LIMIT)
		return error_set(err, EINVAL, "\"%s\" is no module file", path);
	data = malloc(st.st_size + 1);
	if (!data)
		return -ENOMEM;
	if (pread(fd, data, st.st_size, 0) != st.st_size)
		return error_set(err, EIO, "cannot read all of the module \"%s\"", path);
	if (st.st_size < 4 || memcmp(data, "\177ELF", 4) != 0)
		return error_set(err, ENOEXEC, "\"%s\" is no kernel module (no ELF file)", path);
	*ret_data = take_ptr(data);
	*ret_len = st.st_size;
	return 0;
}

char *modules_depends(const char *data, size_t len)
{
	static const char key[] = "depends=";
	const char *end = data + len, *at = data;

	/* .modinfo is a row of NUL-ended "key=value": no need to parse the ELF around it. */
	while ((at = memmem(at, end - at, key, sizeof(key) - 1))) {
		const char *value = at + sizeof(key) - 1;
		size_t n = strnlen(value, end - value);

		if ((at == data || at[-1] == '\0') && value + n < end)
			return n > 0 ? strndup(value, n) : NULL;
		at = value;
	}
	return NULL;
}
