// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log of the run (kmsg.txt), on the box's clock. It says which lines stand out; whether
 * they are a defect is the log witness's word.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "report/html/html.h"

#define REACH_NS NS_PER_S

static int by_time(const void *a, const void *b)
{
	int64_t x = ((const struct html_log *)a)->t, y = ((const struct html_log *)b)->t;

	return x < y ? -1 : x > y;
}

/* Turns the log's own "\x0a" back into what it stands for. */
static void unescape(char *s)
{
	char *to = s;
	unsigned int c;

	while (*s) {
		if (s[0] == '\\' && s[1] == 'x' && sscanf(s + 2, "%2x", &c) == 1 && c) {
			*to++ = (char)c;
			s += 4;
			continue;
		}
		*to++ = *s++;
	}
	*to = '\0';
}

/* "priority,number,microseconds,flags[,...];text", as Documentation/ABI/testing/dev-kmsg has it. */
static bool parse_log(char *line, struct html_log *ret)
{
	char *text = strchr(line, ';');
	long priority, number, us;

	if (!text || sscanf(line, "%ld,%ld,%ld,", &priority, &number, &us) != 3)
		return false;
	ret->level = (int)(priority & 7);
	ret->t = us * NS_PER_US;
	unescape(text + 1);
	ret->text = strdup(text + 1);
	return ret->text != NULL;
}

/* Is it a line that the kernel prints while it moves this CPU to this state? Of x86 and arm64;
 * others stay unaligned. */
static bool is_said_of(const char *text, const struct record_act *act)
{
	static const char *const off[] = { "CPU %d is now offline", "CPU%d killed" },
				 *const on[] = { "Processor %d APIC", "CPU%d: Booted" };
	const char *const *forms = strcmp(act->verb, "offline") ? on : off;
	char said[48];

	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		snprintf(said, sizeof(said), i == 0 ? forms[0] : forms[1], act->cpu);
		if (strstr(text, said))
			return true;
	}
	return false;
}

/*
 * The log has a clock of its own, some ten ms off the box's. What it says of a CPU it says during
 * the write that moves the CPU: that bounds the difference from both sides.
 */
static void align(struct html_page *p)
{
	int64_t low = -REACH_NS, high = REACH_NS;
	bool is_bound = false;

	for (size_t i = 0; i < p->n_logs; i++) {
		for (size_t k = 0; k < p->rec->n_acts; k++) {
			const struct record_act *act = &p->rec->acts[k];
			int64_t t = p->logs[i].t;

			if (!act->done || act->is_noop || t < act->began - REACH_NS ||
			    t > act->ended + REACH_NS || !is_said_of(p->logs[i].text, act))
				continue;
			is_bound = true;
			low = t - act->ended > low ? t - act->ended : low;
			high = t - act->began < high ? t - act->began : high;
		}
	}
	if (!is_bound || low > high || (low <= 0 && high >= 0))
		return;
	p->log_ahead_ns = (low + high) / 2;
	p->log_doubt_ns = (high - low) / 2;
	for (size_t i = 0; i < p->n_logs; i++)
		p->logs[i].t -= p->log_ahead_ns;
}

/* What any reader of a log would stop at. */
static bool is_trouble(const struct html_log *log)
{
	static const char *const words[] = { "WARNING:",  "BUG:", "INFO: task",  "INFO: rcu",
					     "rcu: INFO", "Oops", "Kernel panic" };

	if (log->level <= 3)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_starts(log->text, words[i]))
			return true;
	return false;
}

/* And what the log's own claim stopped at: it quotes the line. */
static void mark_trouble(struct html_page *p)
{
	for (size_t i = 0; i < p->n_logs; i++)
		p->logs[i].is_bad = is_trouble(&p->logs[i]);
	record_foreach(line, &p->expects, .type = "expect", .claim = "log.no-warning",
		       .tries = RECORD_ANY_TRY) {
		if (strcmp(record_str(line, "result"), "unmet"))
			continue;
		for (size_t i = 0; i < p->n_logs; i++)
			if (*p->logs[i].text && strstr(record_str(line, "text"), p->logs[i].text))
				p->logs[i].is_bad = true;
	}
}

int html_logs_load(struct html_page *p)
{
	_cleanup_free_ char *path = text_printf("%s/kmsg.txt", p->rec->dir), *text = NULL;
	char *cursor, *line;
	size_t n = 1;

	if (!path)
		return -ENOMEM;
	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return 0;
	for (const char *s = text; *s; s++)
		n += *s == '\n';
	p->logs = calloc(n, sizeof(*p->logs));
	if (!p->logs)
		return -ENOMEM;
	cursor = text;
	while ((line = text_next_line(&cursor)) && p->n_logs < n)
		if (*line != ' ' && parse_log(line, &p->logs[p->n_logs]))
			p->n_logs++;
	qsort(p->logs, p->n_logs, sizeof(*p->logs), by_time);
	align(p);
	mark_trouble(p);
	return 0;
}
