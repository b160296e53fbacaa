// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads modules.dep of the running kernel and hands the files to it. */
#include "box/module.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

#define COMPRESSED 4 /* MODULE_INIT_COMPRESSED_FILE: kernels since 5.17 unpack by themselves */

static bool is_file_of(const char *file, size_t len, const char *name)
{
	const char *slash = memrchr(file, '/', len), *base = slash ? slash + 1 : file;
	size_t n = strlen(name), rest = len - (size_t)(base - file);

	if (rest < n + 3 || strncmp(base + n, ".ko", 3) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((base[i] == '-' ? '_' : base[i]) != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}

/* The line of modules.dep: "file: need1 need2 ...", owned by the caller. */
static int find_line(struct box *box, const char *name, char **ret)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	struct utsname uts;
	char *cursor, *line;
	int r;

	if (!box_is_real(box) || uname(&uts) < 0)
		return -ENOENT;
	path = text_printf("lib/modules/%s/modules.dep", uts.release);
	r = path ? box_read(box, path, &text) : -ENOMEM;
	if (r < 0)
		return r;
	cursor = text;
	while ((line = text_next_line(&cursor))) {
		size_t len = strcspn(line, ":");

		if (line[len] == ':' && is_file_of(line, len, name)) {
			*ret = strdup(line);
			return *ret ? 0 : -ENOMEM;
		}
	}
	return -ENOENT;
}

bool module_is_there(struct box *box, const char *name)
{
	_cleanup_free_ char *line = NULL;

	return box_has(box, "sys/module/%s", name) || find_line(box, name, &line) == 0;
}

static int load_file(const char *file, const char *params)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct utsname uts;

	if (uname(&uts) < 0)
		return -errno;
	path = text_printf("/lib/modules/%s/%s", uts.release, file);
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return path ? -errno : -ENOMEM;
	if (syscall(SYS_finit_module, fd, params, text_ends(file, ".ko") ? 0 : COMPRESSED) < 0)
		return errno == EEXIST ? 0 : -errno;
	return 0;
}

int module_load(struct box *box, const char *name, const char *params)
{
	_cleanup_free_ char *line = NULL;
	int r = find_line(box, name, &line);
	char *needs, *word;

	if (r < 0)
		return r;
	needs = strchr(line, ':');
	*needs++ = '\0';
	/* What is needed first of all comes last. */
	while (r == 0 && (word = strrchr(needs, ' '))) {
		*word++ = '\0';
		if (*word)
			r = load_file(word, "");
	}
	return r < 0 ? r : load_file(line, params);
}

int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) < 0 ? -errno : 0;
}
