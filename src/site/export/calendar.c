// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 5545: lines end with CRLF and are folded before 76 bytes, never within a character; a few
 * characters are escaped. Every event is a whole day. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "site/export/export.h"
#include "site/web/out.h"
#include "store/cells/filter.h"
#include "store/cells/machine.h"

#define FOLD 75
#define DAY_S 86400

/* A byte or character more, on the next line when this one is full. */
static void put(struct out *to, const char *bytes, size_t len, size_t *column)
{
	if (*column + len > FOLD) {
		out_raw(to, "\r\n ");
		*column = 1;
	}
	out_bytes(to, bytes, len);
	*column += len;
}

void export_calendar_line(struct out *to, const char *name, const char *value)
{
	size_t column = strlen(name) + 1;

	out_bytes(to, name, strlen(name));
	out_raw(to, ":");
	while (*value) {
		size_t len = out_utf8_length(value);

		if (len == 0) { /* no UTF-8 */
			put(to, "\xef\xbf\xbd", 3, &column);
			len = 1;
		} else if (strchr("\\;,", *value)) {
			put(to, (char[]){ '\\', *value }, 2, &column);
		} else if (*value == '\n') {
			put(to, "\\n", 2, &column);
		} else if ((unsigned char)*value >= 32 && *value != 127) {
			put(to, value, len, &column);
		}
		value += len;
	}
	out_raw(to, "\r\n");
}

static void put_day(struct out *to, const char *name, int64_t at)
{
	time_t t = (time_t)at;
	char text[16] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y%m%d", &tm);
	export_calendar_line(to, name, text);
}

struct event {
	const char *kind, *machine, *summary, *description;
	int64_t machine_id, day, stamp;
};

static void put_event(struct out *to, const struct event *e)
{
	time_t t = (time_t)e->stamp;
	char uid[80], stamp[32] = "";
	struct tm tm;

	/* The same event has the same one for ever: a lending that is prolonged moves. */
	snprintf(uid, sizeof(uid), "%s-%" PRId64 "@hotproof", e->kind, e->machine_id);
	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	out_raw(to, "BEGIN:VEVENT\r\n");
	export_calendar_line(to, "UID", uid);
	export_calendar_line(to, "DTSTAMP", stamp);
	put_day(to, "DTSTART;VALUE=DATE", e->day);
	put_day(to, "DTEND;VALUE=DATE", e->day + DAY_S);
	export_calendar_line(to, "SUMMARY", e->summary);
	if (*e->description)
		export_calendar_line(to, "DESCRIPTION", e->description);
	out_raw(to, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
}

static int put_machine(struct out *to, const struct rows *m, int64_t now, struct error *err)
{
	const char *name = rows_text(m, MACHINE_NAME), *lent_to = rows_text(m, MACHINE_LENT_TO);
	_cleanup_free_ char *lent =
		text_printf("%s: its lending%s%s ends", name, *lent_to ? " to " : "", lent_to);
	_cleanup_free_ char *due = text_printf("%s: a run of it is due", name);
	int64_t day = 0, every = rows_int(m, MACHINE_EVERY_DAYS),
		last = rows_int(m, MACHINE_LAST_AT);
	struct event e = { .machine_id = rows_int(m, MACHINE_ID),
			   .machine = name,
			   .stamp = now / 3600 * 3600 };

	if (!lent || !due)
		return error_set(err, ENOMEM, "out of memory for a calendar");
	e.description = rows_text(m, MACHINE_HEALTH_WHY);
	if (machine_date(rows_text(m, MACHINE_LENT_UNTIL), &day) == 0) {
		e.kind = "lent";
		e.summary = lent;
		e.day = day;
		put_event(to, &e);
	}
	if (every > 0 && last > 0 && strcmp(rows_text(m, MACHINE_HEALTH), "retired") != 0) {
		e.kind = "due";
		e.summary = due;
		e.day = last / DAY_S * DAY_S + every * DAY_S;
		put_event(to, &e);
	}
	return 0;
}

int export_calendar(struct db *db, const struct filter *filter, int64_t now, struct out *to,
		    struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = machine_list(db, filter, &rows, err);

	out_raw(to, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//hotproof//tracker//EN\r\n"
		    "X-WR-CALNAME:hotproof\r\n");
	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		r = put_machine(to, &rows, now, err);
	out_raw(to, "END:VCALENDAR\r\n");
	return r;
}
