// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths in the cache; the layout is that of tools/fetch-kernel and tools/fetch-userland. */
#include "lab/cache.h"

#include <dirent.h>
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

int cache_kernel(const char *flavour, char **ret_kernel, char **ret_modules, struct error *err)
{
	_cleanup_free_ char *sub = text_printf("kernels/%s", flavour);
	_cleanup_free_ char *folder = sub ? cache_path(sub) : NULL;
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
			"there is no kernel \"%s\" in \"%s\"; get it with: tools/fetch-kernel %s",
			flavour, folder, flavour);
	modules = text_printf("%s/modules/%s", folder, text_strip(release));
	if (!modules)
		return -ENOMEM;
	*ret_kernel = take_ptr(kernel);
	*ret_modules = take_ptr(modules);
	return 0;
}

int cache_userland(char **ret_folder, struct error *err)
{
	_cleanup_free_ char *folder = cache_path("userland/root");
	_cleanup_free_ char *top = folder ? text_printf("%s/usr/bin/top", folder) : NULL;

	if (!top)
		return -ENOMEM;
	if (access(top, X_OK) < 0)
		return error_set(
			err, ENOENT,
			"there is no guest userland (top, sar) in \"%s\"; get it with: tools/fetch-userland",
			folder);
	*ret_folder = take_ptr(folder);
	return 0;
}

static int is_flavour(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int cache_flavours(char ***ret)
{
	_cleanup_free_ char *folder = cache_path("kernels");
	struct dirent **names = NULL;
	char **list;
	int n;

	if (!folder)
		return -ENOMEM;
	n = scandir(folder, &names, is_flavour, versionsort);
	if (n < 0)
		n = 0;
	list = calloc(n + 1, sizeof(*list));
	for (int i = 0; i < n; i++) {
		if (list)
			list[i] = strdup(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (!list)
		return -ENOMEM;
	*ret = list;
	return 0;
}
