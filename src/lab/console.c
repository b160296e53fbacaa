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

/* Past "[   12.255195] ". */
static const char *past_stamp(const char *line)
{
	const char *end = *line == '[' ? strstr(line, "] ") : NULL;

	return end ? end + strlen("] ") : line;
}

/* "Oops: divide error: 0000 [#1] PREEMPT SMP" (6.12), without the first word before that: "divide
 * error". */
static char *oops_name(const char *line)
{
	line = past_stamp(line);
	if (text_starts(line, "Oops: ") || text_starts(line, "BUG: "))
		line = strchr(line, ' ') + 1;
	return strndup(line, strcspn(line, ":\r\n"));
}

/* "RIP: 0010:name+0x124/0x500" of x86, "pc : name+0x124/0x500" of arm64. */
static char *oops_function(const char *line)
{
	const char *name;

	line = past_stamp(line);
	if (text_starts(line, "RIP: "))
		name = strchr(line + strlen("RIP: "), ':');
	else
		name = text_starts(line, "pc : ") ? line + strlen("pc :") : NULL;
	name = name ? name + 1 : NULL;
	return name && strstr(name, "+0x") ? strndup(name, strcspn(name, "+ \r\n")) : NULL;
}

bool console_oops(const char *path, char **ret_what, char **ret_function)
{
	_cleanup_free_ char *text = NULL, *what = NULL, *function = NULL;
	char *cursor, *line;

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return false;
	for (cursor = text; !function && (line = text_next_line(&cursor));) {
		if (!what && strstr(line, "[#1]"))
			what = oops_name(line);
		else if (what)
			function = oops_function(line);
	}
	if (!function)
		return false;
	*ret_what = take_ptr(what);
	*ret_function = take_ptr(function);
	return true;
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
