// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths in the cache; the layout is that of tools/fetch-kernel and tools/fetch-userland. */
#include "lab/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

char *cache_path(const char *sub)
{
	const char *own = getenv("HOTPROOF_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (own && *own)
		return text_printf("%s/%s", own, sub);
	if (xdg && *xdg)
		return text_printf("%s/hotproof/%s", xdg, sub);
	return text_printf("%s/.cache/hotproof/%s", home && *home ? home : "/root", sub);
}

/* "kernels" or "kernels-arm64": amd64 was there first and has no suffix. */
static char *folder_of(const char *what, const struct arch *arch)
{
	bool has_suffix = strcmp(arch->name, "amd64") != 0;

	return text_printf("%s%s%s", what, has_suffix ? "-" : "", has_suffix ? arch->name : "");
}

/* "debian:sid/generic" lies in "sid-generic". */
static char *kernel_folder(const struct arch *arch, const char *name)
{
	_cleanup_free_ char *top = folder_of("kernels", arch), *sub = NULL;

	if (text_starts(name, "debian:"))
		name += strlen("debian:");
	sub = top ? text_printf("%s/%s", top, name) : NULL;
	if (!sub)
		return NULL;
	for (char *p = sub + strlen(top) + 1; *p; p++)
		if (*p == '/')
			*p = '-';
	return cache_path(sub);
}

int cache_kernel(const struct arch *arch, const char *name, char **ret_kernel, char **ret_modules,
		 struct error *err)
{
	_cleanup_free_ char *folder = kernel_folder(arch, name);
	_cleanup_free_ char *release_file = NULL, *release = NULL, *kernel = NULL, *modules = NULL;

	if (!folder)
		return -ENOMEM;
	release_file = text_printf("%s/release", folder);
	kernel = text_printf("%s/vmlinuz", folder);
	if (!release_file || !kernel)
		return -ENOMEM;
	if (access(kernel, R_OK) < 0 || file_read(AT_FDCWD, release_file, &release, NULL) < 0)
		return error_set(
			err, ENOENT,
			"there is no kernel \"%s\" for %s in \"%s\"; get it with: tools/fetch-kernel --arch %s %s",
			name, arch->name, folder, arch->name, name);
	modules = text_printf("%s/modules/%s", folder, text_strip(release));
	if (!modules)
		return -ENOMEM;
	*ret_kernel = take_ptr(kernel);
	*ret_modules = take_ptr(modules);
	return 0;
}

int cache_userland(const struct arch *arch, char **ret_folder, struct error *err)
{
	_cleanup_free_ char *top_folder = folder_of("userland", arch);
	_cleanup_free_ char *sub = top_folder ? text_printf("%s/root", top_folder) : NULL;
	_cleanup_free_ char *folder = sub ? cache_path(sub) : NULL;
	_cleanup_free_ char *top = folder ? text_printf("%s/usr/bin/top", folder) : NULL;

	if (!top)
		return -ENOMEM;
	if (access(top, X_OK) < 0)
		return error_set(
			err, ENOENT,
			"there is no guest userland (top, sar) for %s in \"%s\"; get it with: tools/fetch-userland --arch %s",
			arch->name, folder, arch->name);
	*ret_folder = take_ptr(folder);
	return 0;
}
