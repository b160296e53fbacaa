// SPDX-License-Identifier: GPL-2.0-or-later
/* Moves the files of a run, each by its name: whatever else lies in the folder is not ours. */
#include "cmd/lab_lost.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int lab_lost_put_aside(const char *out, int n, struct error *err)
{
	static const char *const files[] = { "meta.json",     "catalog.json", "journal.jsonl",
					     "outside.jsonl", "kmsg.txt",     "console.txt",
					     "lab.json",      "stray.txt",    "plan.json",
					     "tools",         "vmcore.kdump" };
	_cleanup_close_ int from = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to = -1;
	char name[24];
	int r = from < 0 ? -errno : 0;

	snprintf(name, sizeof(name), "lost-%d", n);
	if (r == 0 && mkdirat(from, name, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		to = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && to < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++)
		if (renameat(from, files[i], to, files[i]) < 0 && errno != ENOENT)
			r = -errno;
	return r < 0 ? error_set(err, -r, "cannot put what the lost guest left into \"%s/%s\": %s",
				 out, name, strerror(-r))
		     : 0;
}
