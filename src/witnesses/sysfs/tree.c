// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads and compares directories of sysfs; the list of what changes by itself is here. */
#include "witnesses/sysfs/tree.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define DEPTH_MAX 5

/*
 * Values that belong to the CPU and not to a moment. All others are compared by name only: state
 * and counters, limits that an administrator or a driver may change at any time, registers, and
 * sets of CPUs, which follow the online mask and have a claim of their own
 * (sysfs.topology-follows).
 */
static const char *const lasting[] = {
	"crash_notes*", "topology/*_id",         "cache/*/id", "cache/*/level", "cache/*/size",
	"cache/*/type", "regs/identification/*",
};

/* What drivers may add and take away while a CPU is online: limits, statistics, idle states. */
static const char *const changing[] = { "cpufreq/*", "cpuidle/*", "acpi_cppc/*" };

static bool is_one_of(const char *const *globs, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (text_glob(globs[i], path))
			return true;
	return false;
}

static int add_folder(json_t *tree, struct box *box, const char *top, const char *path, int depth);

/* A value that cannot be read has its errno for a value: that does not change either. */
static int add(json_t *tree, struct box *box, const char *top, const char *path, int depth)
{
	_cleanup_free_ char *text = NULL;
	json_t *value = json_null();
	bool is_folder = text_ends(path, "/");
	int r;

	if (is_one_of(changing, ARRAY_SIZE(changing), path))
		return 0;
	if (!is_folder && is_one_of(lasting, ARRAY_SIZE(lasting), path)) {
		r = box_readf(box, &text, "%s/%s", top, path);
		value = json_string(r < 0 ? error_name(r) : text);
	}
	if (json_object_set_new(tree, path, value) < 0)
		return -ENOMEM;
	if (!is_folder || depth >= DEPTH_MAX)
		return 0;
	r = add_folder(tree, box, top, path, depth + 1);
	return r == -ENOENT ? 0 : r; /* it went while we looked */
}

static int add_folder(json_t *tree, struct box *box, const char *top, const char *path, int depth)
{
	_cleanup_free_ char *full = text_printf("%s/%s", top, path);
	_cleanup_names_ char **names = NULL;
	int r;

	if (!full)
		return -ENOMEM;
	full[strlen(full) - 1] = '\0'; /* no root wants a slash there */
	r = box_list_kinds(box, full, &names);
	for (char **n = names; r == 0 && *n; n++) {
		_cleanup_free_ char *below = text_printf("%s%s", path, *n);

		r = below ? add(tree, box, top, below, depth) : -ENOMEM;
	}
	return r;
}

int tree_read(struct box *box, const char *path, json_t **ret)
{
	json_t *tree = json_object();
	int r = tree ? add_folder(tree, box, path, "", 0) : -ENOMEM;

	if (r < 0) {
		json_decref(tree);
		return r;
	}
	*ret = tree;
	return 0;
}

int tree_read_names(struct box *box, const char *path, json_t **ret)
{
	_cleanup_names_ char **names = NULL;
	int r = box_list(box, path, &names);
	json_t *tree;

	if (r < 0)
		return r;
	tree = json_object();
	for (char **n = names; *n; n++)
		if (!text_glob("memory[0-9]*", *n))
			json_object_set_new(tree, *n, json_null());
	*ret = tree;
	return tree ? 0 : -ENOMEM;
}

static json_t *value_of(const json_t *tree, const char *path)
{
	json_t *v = json_object_get(tree, path);

	return !v ? json_null() : json_is_null(v) ? json_string("there") : json_incref(v);
}

static void add_difference(json_t *list, const json_t *was, const json_t *now, const char *path)
{
	json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "path", path, "was",
					      value_of(was, path), "now", value_of(now, path)));
}

json_t *tree_compare(const json_t *was, const json_t *now, size_t max)
{
	json_t *list = json_array(), *value;
	const char *path;

	json_object_foreach((json_t *)was, path, value) {
		const json_t *other = json_object_get(now, path);

		if (json_array_size(list) < max && (!other || !json_equal(value, other)))
			add_difference(list, was, now, path);
	}
	json_object_foreach((json_t *)now, path, value) {
		if (json_array_size(list) < max && !json_object_get(was, path))
			add_difference(list, was, now, path);
	}
	return list;
}
