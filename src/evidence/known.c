// SPDX-License-Identifier: GPL-2.0-or-later
/* Which known defect explains a failure. Excuses nothing: that is for whoever passes --known-ok. */
#include "evidence/known.h"

#include <stdio.h>
#include <string.h>

#include "evidence/record.h"

/* Made by the build of known-defects.json. */
extern const char known_defects_text[];
extern const size_t known_defects_text_size;

json_t *known_defects(void)
{
	return json_loadb(known_defects_text, known_defects_text_size, 0, NULL);
}

/* The leading numbers; what a distribution adds is its own business and not compared. */
static long long release_number(const char *release)
{
	unsigned int part[3] = {};

	if (sscanf(release, "%5u.%5u.%5u", &part[0], &part[1], &part[2]) < 1)
		return -1;
	return ((long long)part[0] * 100000 + part[1]) * 100000 + part[2];
}

bool known_is_in_range(const char *release, const char *from, const char *before)
{
	long long number = release_number(release);

	if (number < 0)
		return false;
	if (from && *from && number < release_number(from))
		return false;
	return !before || !*before || number < release_number(before);
}

/* True when data holds all of shows, and shows is not empty. */
static bool is_shown(const json_t *shows, const json_t *data)
{
	const char *key;
	json_t *value;

	if (json_object_size(shows) == 0)
		return false;
	json_object_foreach((json_t *)shows, key, value)
		if (!json_equal(value, json_object_get(data, key)))
			return false;
	return true;
}

static bool is_of(const json_t *defect, const char *kernel, const char *arch)
{
	const json_t *kernels = json_object_get(defect, "kernels");
	const char *its_arch = record_get_str(defect, "arch");

	return (!*its_arch || strcmp(its_arch, arch) == 0) &&
	       known_is_in_range(kernel, record_get_str(kernels, "from"),
				 record_get_str(kernels, "before"));
}

json_t *known_find(const struct known_scope *scope, const char *claim, const json_t *data)
{
	json_t *defect;
	size_t i;

	json_array_foreach(scope->defects, i, defect) {
		if (strcmp(record_get_str(defect, "claim"), claim) == 0 &&
		    is_of(defect, scope->kernel, scope->arch) &&
		    is_shown(json_object_get(defect, "shows"), data))
			return defect;
	}
	return NULL;
}
