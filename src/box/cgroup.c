// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes and removes groups of cgroup v2. What is written into their files is the caller's. */
#include "box/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"

#define OURS "hotproof-"
#define EMPTIES_NS (2 * NS_PER_S)

static bool has_word(char *words, const char *wanted)
{
	char *word;

	while ((word = text_next_word(&words)))
		if (strcmp(word, wanted) == 0)
			return true;
	return false;
}

static bool lists(struct box *box, const char *file, const char *controller)
{
	_cleanup_free_ char *text = NULL;

	return box_readf(box, &text, CGROUP_TOP "/%s", file) == 0 && has_word(text, controller);
}

/* A group that is not ours, owned by the caller, or NULL. Files of a group have a dot in their
 * names, groups made by people may have too. */
static char *find_other(struct box *box)
{
	_cleanup_names_ char **names = NULL;

	if (box_list(box, CGROUP_TOP, &names) < 0)
		return strdup("?");
	for (char **n = names; *n; n++)
		if (!text_starts(*n, OURS) && !text_starts(*n, "cgroup.") &&
		    box_has(box, CGROUP_TOP "/%s/cgroup.procs", *n))
			return strdup(*n);
	return NULL;
}

int cgroup_probe(struct box *box, const char *controller, char **ret_why)
{
	_cleanup_free_ char *other = NULL;

	if (!box_is_real(box) || !box_has(box, CGROUP_TOP "/cgroup.controllers")) {
		*ret_why = text_printf("cgroup v2 is not mounted on /%s", CGROUP_TOP);
		return 0;
	}
	if (access("/" CGROUP_TOP "/cgroup.subtree_control", W_OK) < 0) {
		*ret_why = text_printf("/%s cannot be written: %s; run it as root", CGROUP_TOP,
				       strerror(errno));
		return 0;
	}
	if (!controller || lists(box, "cgroup.subtree_control", controller))
		return 1;
	if (!lists(box, "cgroup.controllers", controller)) {
		*ret_why = text_printf("cgroup v2 has no controller \"%s\" here", controller);
		return 0;
	}
	other = find_other(box);
	if (!other)
		return 1;
	*ret_why = text_printf(
		"the controller \"%s\" is off, and turning it on would change the rules for other groups (\"%s\"): "
		"echo +%s >/%s/cgroup.subtree_control, if that is right for this box",
		controller, other, controller, CGROUP_TOP);
	return 0;
}

int cgroup_turn_on(struct box *box, const char *controller)
{
	char word[64];
	int r;

	if (lists(box, "cgroup.subtree_control", controller))
		return 0;
	snprintf(word, sizeof(word), "+%s", controller);
	r = box_write(box, CGROUP_TOP "/cgroup.subtree_control", word);
	return r < 0 ? r : 1;
}

void cgroup_turn_off(struct box *box, const char *controller)
{
	char word[64];

	snprintf(word, sizeof(word), "-%s", controller);
	(void)!box_write(box, CGROUP_TOP "/cgroup.subtree_control", word);
}

int cgroup_make(const char *name, char **ret_dir)
{
	_cleanup_free_ char *path =
		text_printf("/%s/" OURS "%s-%d", CGROUP_TOP, name, (int)getpid());

	if (!path)
		return -ENOMEM;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	*ret_dir = strdup(path + 1);
	return *ret_dir ? 0 : -ENOMEM;
}

static bool is_removed(void *arg)
{
	const char *path = arg;

	return rmdir(path) == 0 || errno != EBUSY;
}

void cgroup_remove(const char *dir)
{
	_cleanup_free_ char *path = dir ? text_printf("/%s", dir) : NULL;

	/* A killed process is in its group until it is gone altogether. */
	if (path)
		(void)!wait_until(is_removed, path, wait_now_ns() + wait_scaled(EMPTIES_NS));
}

int cgroup_open(const char *dir)
{
	_cleanup_free_ char *path = text_printf("/%s", dir);
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd < 0 ? -errno : fd;
}
