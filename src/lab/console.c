// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest's console says of how it died or why it does not boot. It is read again each time:
 * QEMU goes on writing it. */
#include "lab/console.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

char *console_tail(const char *path, size_t n_lines)
{
	_cleanup_free_ char *text = NULL;
	char *start;

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return strdup("");
	start = text + strlen(text);
	while (start > text && (start[-1] != '\n' || n_lines-- > 0))
		start--;
	return strdup(start);
}

char *console_panic(const char *path)
{
	_cleanup_free_ char *text = NULL;
	char *at;

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	at = strstr(text, "Kernel panic - not syncing");
	return at ? strndup(at, strcspn(at, "\r\n")) : NULL;
}

char *console_complaint(const char *path)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line, *last = NULL;

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	for (cursor = text; (line = text_next_line(&cursor));)
		if (text_starts(line, "hotproof"))
			last = text_strip(line);
	return last ? strdup(last) : NULL;
}

bool console_has_lost_timer(const char *path)
{
	_cleanup_free_ char *text = NULL;

	return file_read(AT_FDCWD, path, &text, NULL) >= 0 &&
	       strstr(text, "kthread timer wakeup didn't happen");
}
