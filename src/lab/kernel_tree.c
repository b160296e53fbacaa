// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the architectures leave their images, and a folder of links for depmod. */
#include "lab/kernel_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/fleet.h"

#define DEPMOD_NS (120 * NS_PER_S)

/* What QEMU boots, best first. */
static const struct {
	const char *arch, *path;
} images[] = {
	{ "amd64", "arch/x86/boot/bzImage" },
	{ "i386", "arch/x86/boot/bzImage" },
	{ "arm64", "arch/arm64/boot/Image" },
	{ "arm64", "arch/arm64/boot/Image.gz" },
	{ "ppc64el", "vmlinux" },
	{ "s390x", "arch/s390/boot/bzImage" },
	{ "riscv64", "arch/riscv/boot/Image" },
};

void kernel_tree_free(struct kernel_tree *t)
{
	if (!t)
		return;
	if (t->stage)
		fleet_forget(t->stage);
	free(t->image);
	free(t->modules);
	free(t->release);
	free(t->stage);
	free(t);
}

static int find_image(const char *dir, const struct arch *arch, char **ret, struct error *err)
{
	const char *wanted = "";

	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		_cleanup_free_ char *path = NULL;

		if (strcmp(images[i].arch, arch->name) != 0)
			continue;
		path = text_printf("%s/%s", dir, images[i].path);
		if (!path)
			return -ENOMEM;
		if (access(path, R_OK) == 0) {
			*ret = take_ptr(path);
			return 0;
		}
		wanted = images[i].path;
	}
	return error_set(err, ENOENT,
			 "\"%s\" has no built kernel for %s (%s); build it with: make -C %s", dir,
			 arch->name, wanted, dir);
}

static int read_release(const char *dir, char **ret, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/include/config/kernel.release", dir),
			    *text = NULL;
	int r = path ? file_read(AT_FDCWD, path, &text, NULL) : -ENOMEM;

	if (r < 0)
		return error_set(err, -r, "cannot read \"%s\": %s; is \"%s\" a built kernel tree?",
				 path ? path : "", strerror(-r), dir);
	/* It becomes a path. */
	text_strip(text);
	text[strcspn(text, "\n")] = '\0';
	if (!*text || *text == '.' || strchr(text, '/'))
		return error_set(err, EBADMSG, "\"%s\" holds no kernel's release", path);
	*ret = take_ptr(text);
	return 0;
}

/* A line of modules.order: "kernel/drivers/x.ko" of old, "drivers/x.o" of newer kernels. */
static int link_module(const struct kernel_tree *t, const char *dir, char *line)
{
	const char *name = text_starts(line, "kernel/") ? line + strlen("kernel/") : line;
	size_t len = strlen(name);
	_cleanup_free_ char *from = NULL, *to = NULL, *folder = NULL;
	bool is_object = text_ends(name, ".o") && !text_ends(name, ".ko");

	if (len < 3 || strstr(name, "..") || *name == '/')
		return 0;
	from = text_printf("%s/%.*s%s", dir, (int)(is_object ? len - 2 : len), name,
			   is_object ? ".ko" : "");
	to = text_printf("%s/kernel/%.*s%s", t->modules, (int)(is_object ? len - 2 : len), name,
			 is_object ? ".ko" : "");
	folder = to ? strdup(to) : NULL;
	if (!from || !folder)
		return -ENOMEM;
	*strrchr(folder, '/') = '\0';
	if (access(from, R_OK) < 0)
		return 0;
	if (file_mkdirs(folder, 0755) < 0 || symlink(from, to) < 0)
		return -errno;
	return 0;
}

static int copy_list(const struct kernel_tree *t, const char *dir, const char *name)
{
	_cleanup_free_ char *from = text_printf("%s/%s", dir, name),
			    *to = text_printf("%s/%s", t->modules, name), *text = NULL;
	size_t len;
	int r;

	if (!from || !to)
		return -ENOMEM;
	r = file_read(AT_FDCWD, from, &text, &len);
	return r < 0 ? (r == -ENOENT ? 0 : r) : file_replace(AT_FDCWD, to, text, len);
}

static int run_depmod(const struct kernel_tree *t, struct error *err)
{
	const char *const argv[] = { "depmod", "-b", t->stage, t->release, NULL };
	_cleanup_free_ char *path = NULL, *out = NULL;
	const char *old = getenv("PATH");
	int status, r;

	/* It lies where only root's PATH leads. */
	path = text_printf("%s:/usr/sbin:/sbin", old ? old : "/usr/bin:/bin");
	if (!path || setenv("PATH", path, 1) < 0)
		return -ENOMEM;
	r = process_capture(argv, wait_now_ns() + wait_scaled(DEPMOD_NS), &out, &status, err);
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		r = error_set(err, EIO, "depmod cannot list the modules of %s", t->release);
	return r;
}

static int stage_modules(struct kernel_tree *t, const char *dir, struct error *err)
{
	_cleanup_free_ char *order = text_printf("%s/modules.order", dir), *text = NULL;
	const char *tmp = getenv("TMPDIR");
	char *cursor, *line;
	int r = order ? file_read(AT_FDCWD, order, &text, NULL) : -ENOMEM;

	if (r < 0)
		return error_set(err, -r,
				 "\"%s\" has no built modules; build them with: make -C %s modules",
				 dir, dir);
	t->stage = text_printf("%s/hotproof-tree-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!t->stage)
		return -ENOMEM;
	if (!mkdtemp(t->stage)) {
		r = -errno;
		free(take_ptr(t->stage));
		return r;
	}
	t->modules = text_printf("%s/lib/modules/%s", t->stage, t->release);
	r = t->modules ? file_mkdirs(t->modules, 0755) : -ENOMEM;
	for (cursor = text; r == 0 && (line = text_next_line(&cursor));)
		r = link_module(t, dir, line);
	if (r == 0)
		r = copy_list(t, dir, "modules.builtin");
	if (r == 0)
		r = copy_list(t, dir, "modules.order");
	return r < 0 ? r : run_depmod(t, err);
}

int kernel_tree_open(const char *dir, const struct arch *arch, struct kernel_tree **ret,
		     struct error *err)
{
	_cleanup_(cleanup_kernel_tree) struct kernel_tree *t = calloc(1, sizeof(*t));
	_cleanup_free_ char *real = realpath(dir, NULL), *dep = NULL;
	int r;

	if (!real)
		return error_set(err, errno, "cannot read the kernel tree \"%s\": %s", dir,
				 strerror(errno));
	if (!t)
		return -ENOMEM;
	r = find_image(real, arch, &t->image, err);
	if (r == 0)
		r = read_release(real, &t->release, err);
	if (r < 0)
		return r;
	t->modules = text_printf("%s/lib/modules/%s", real, t->release);
	dep = t->modules ? text_printf("%s/modules.dep", t->modules) : NULL;
	if (!dep)
		return -ENOMEM;
	if (access(dep, R_OK) < 0) {
		free(take_ptr(t->modules));
		r = stage_modules(t, real, err);
	}
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}
