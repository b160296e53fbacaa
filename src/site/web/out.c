// SPDX-License-Identifier: GPL-2.0-or-later
/* The buffer and the escapes. What a page looks like is known elsewhere. */
#include "site/web/out.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void out_free(struct out *out)
{
	free(out->text);
	*out = (struct out){ 0 };
}

void out_bytes(struct out *out, const char *bytes, size_t len)
{
	if (out->is_short)
		return;
	if (out->len + len + 1 > out->size) {
		size_t size = (out->len + len + 1) * 2 < 4096 ? 4096 : (out->len + len + 1) * 2;
		char *more = realloc(out->text, size);

		if (!more) {
			out->is_short = true;
			return;
		}
		out->text = more;
		out->size = size;
	}
	memcpy(out->text + out->len, bytes, len);
	out->len += len;
	out->text[out->len] = '\0';
}

void out_raw(struct out *out, const char *markup)
{
	out_bytes(out, markup, strlen(markup));
}

size_t out_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0 && (s[1] & 0xc0) == 0x80)
		return 2;
	if ((s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80)
		return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ? 0 : 3;
	if (s[0] >= 0xf0 && s[0] < 0xf5 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
	    (s[3] & 0xc0) == 0x80)
		return (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ? 0 : 4;
	return 0;
}

void out_text(struct out *out, const char *text, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *escape = NULL;

		switch (text[i]) {
		case '<': escape = "&lt;"; break;
		case '>': escape = "&gt;"; break;
		case '&': escape = "&amp;"; break;
		case '"': escape = "&quot;"; break;
		case '\'': escape = "&#39;"; break;
		default:
			/* Names come from strangers, and are cut somewhere. */
			if ((unsigned char)text[i] >= 0x80) {
				size_t n = i + 1 < len ? out_utf8_length(text + i) : 0;

				if (n > 0 && i + n <= len) {
					i += n - 1;
					break;
				}
				escape = "\xef\xbf\xbd";
				break;
			}
			/* Control characters have no place in HTML, not even escaped. */
			if ((unsigned char)text[i] < 32 && !strchr("\t\n\r", text[i]))
				escape = " ";
		}
		if (!escape)
			continue;
		out_bytes(out, text + from, i - from);
		out_raw(out, escape);
		from = i + 1;
	}
	out_bytes(out, text + from, len - from);
}

static void put_number(struct out *out, const char **fmt, va_list *ap)
{
	char text[32];
	int n;

	if (**fmt == 'z') {
		n = snprintf(text, sizeof(text), "%zu", va_arg(*ap, size_t));
		*fmt += 1;
	} else if (strncmp(*fmt, "ll", 2) == 0) {
		n = snprintf(text, sizeof(text), "%lld", va_arg(*ap, long long));
		*fmt += 2;
	} else if (**fmt == 'l') {
		n = snprintf(text, sizeof(text), "%ld", va_arg(*ap, long));
		*fmt += 1;
	} else {
		n = snprintf(text, sizeof(text), "%d", va_arg(*ap, int));
	}
	out_bytes(out, text, (size_t)n);
}

void out_put(struct out *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");

		out_bytes(out, fmt, plain);
		fmt += plain;
		if (!*fmt++)
			break;
		if (*fmt == 's') {
			const char *s = va_arg(ap, const char *);

			out_text(out, s, strlen(s));
		} else if (*fmt == 'c') {
			char c = (char)va_arg(ap, int);

			out_text(out, &c, 1);
		} else if (*fmt == '%') {
			out_bytes(out, "%", 1);
		} else {
			put_number(out, &fmt, &ap);
		}
		fmt++;
	}
	va_end(ap);
}

void out_url(struct out *out, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((isalnum(c) && c < 128) || strchr("-._~", c))
			out_bytes(out, text, 1);
		else
			out_bytes(out, (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
	}
}

void out_json(struct out *out, const char *text)
{
	out_raw(out, "\"");
	while (*text) {
		size_t len = out_utf8_length(text);
		char escaped[8];

		if (len == 0) {
			out_raw(out, "\\ufffd");
			len = 1;
		} else if (len == 1 &&
			   ((unsigned char)*text < 32 || strchr("\"\\<>&\x7f", *text))) {
			snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned int)*text);
			out_raw(out, escaped);
		} else {
			out_bytes(out, text, len);
		}
		text += len;
	}
	out_raw(out, "\"");
}

void out_time(struct out *out, int64_t s)
{
	time_t t = (time_t)s;
	char machine[32], human[32];
	struct tm tm;

	if (s <= 0 || !gmtime_r(&t, &tm)) {
		out_raw(out, "never");
		return;
	}
	strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strftime(human, sizeof(human), "%Y-%m-%d %H:%M", &tm);
	out_put(out, "<time datetime=\"%s\">%s</time>", machine, human);
}
