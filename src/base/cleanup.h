// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one idiom for cleanup: every owned thing is declared with a `_cleanup_*` attribute and handed
 * over with take_ptr()/take_fd(). Every x_free(NULL) is a no-op.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

/* Defines cleanup_NAME() for a type with a free function, to be used as _cleanup_(cleanup_NAME). */
#define CLEANUP_DEFINE(type, name, free_fn)         \
	static inline void cleanup_##name(type **p) \
	{                                           \
		if (*p)                             \
			free_fn(*p);                \
	}

/* Gives the value to the caller and leaves NULL behind, so that the cleanup does nothing. */
#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
