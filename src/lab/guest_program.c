// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths of guest programs, from our own path. */
#include "lab/guest_program.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

char *guest_program_own(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return text_printf("%s/hotproof", self);
}

char *guest_program_find(const struct arch *arch)
{
	_cleanup_free_ char *own = guest_program_own(), *beside = NULL;

	if (!own || strcmp(arch->name, "amd64") == 0)
		return own ? take_ptr(own) : NULL;
	beside = text_printf("%s-%s", own, arch->name);
	if (!beside || access(beside, R_OK) == 0)
		return take_ptr(beside);
	*strrchr(own, '/') = '\0';
	return text_printf("%s/../build-%s/hotproof", own, arch->name);
}
