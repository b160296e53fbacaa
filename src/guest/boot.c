// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounts, modules and the plan: all that comes from the guest's own files. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/guest.h"

static const struct {
	const char *type, *where, *options;
	bool is_optional; /* not every kernel has it */
} mounts[] = {
	{ "proc", "/proc", NULL, false },
	{ "sysfs", "/sys", NULL, false },
	{ "devtmpfs", "/dev", "mode=0755", false },
	{ "devpts", "/dev/pts", "mode=0620,ptmxmode=0666", true },
	{ "tmpfs", "/dev/shm", "mode=1777", true },
	{ "tmpfs", "/tmp", "mode=1777", false },
	{ "tmpfs", "/run", "mode=0755", false },
	{ "tracefs", "/sys/kernel/tracing", NULL, true },
	{ "cgroup2", "/sys/fs/cgroup", NULL, true },
};

void guest_complain(const struct guest *g, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	g->complain(g->arg, text ? text : fmt);
}

/* A kernel that found no /dev/console in the image has given us no descriptors at all. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

void guest_mount(const struct guest *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		/* EBUSY: CONFIG_DEVTMPFS_MOUNT was quicker. */
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type,
			  MS_NOSUID | (i < 2 ? MS_NOEXEC : 0), mounts[i].options) < 0 &&
		    errno != EBUSY && !mounts[i].is_optional)
			guest_complain(g, "cannot mount %s on \"%s\": %s", mounts[i].type,
				       mounts[i].where, strerror(errno));
		if (strcmp(mounts[i].where, "/dev") == 0)
			open_console();
	}
}

static int load_module(const char *path, const char *params)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0) < 0)
		return -errno;
	return 0;
}

int guest_load_modules(const struct guest *g, const char *list_path)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = file_read(AT_FDCWD, list_path, &text, NULL), bad = 0;

	if (r < 0) {
		if (r != -ENOENT)
			guest_complain(g, "cannot read the list of modules \"%s\": %s", list_path,
				       strerror(-r));
		return 0;
	}
	cursor = text;
	while ((line = text_next_line(&cursor))) {
		char *path, *params;

		line = text_strip(line);
		if (*line == '\0' || *line == '#')
			continue;
		path = text_next_word(&line);
		params = line ? text_strip(line) : (char *)"";
		r = load_module(path, params);
		if (r == 0 || r == -EEXIST) /* built in, or listed twice */
			continue;
		bad++;
		guest_complain(g, "cannot load the module \"%s\"%s%s: %s%s", path,
			       *params ? " with " : "", params, strerror(-r),
			       r == -ENOEXEC  ? " (built for another kernel?)"
			       : r == -ENOENT ? " (a symbol or the file is missing)"
					      : "");
	}
	return bad;
}

int guest_read_plan(const char *path, json_t **ret_argv, int *ret_watchdog_s, struct error *err)
{
	json_error_t why;
	json_t *plan = json_load_file(path, 0, &why), *argv = json_object_get(plan, "argv"), *word;
	size_t i;

	if (!plan)
		return error_set(err, EBADMSG, "cannot read the plan \"%s\": %s (line %d)", path,
				 why.text, why.line);
	if (!json_is_array(argv)) {
		json_decref(plan);
		return error_set(err, EBADMSG, "the plan \"%s\" has no list \"argv\"", path);
	}
	json_array_foreach(argv, i, word) {
		if (json_is_string(word))
			continue;
		json_decref(plan);
		return error_set(err, EBADMSG, "the plan \"%s\": word %zu of \"argv\" is no string",
				 path, i);
	}
	*ret_argv = json_incref(argv);
	*ret_watchdog_s = (int)json_integer_value(json_object_get(plan, "watchdog_s"));
	json_decref(plan);
	return 0;
}
