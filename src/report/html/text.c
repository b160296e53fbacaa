// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How text gets into the page. Kernel log lines, file names and sentences of witnesses are foreign
 * text: whoever prints with html_put cannot forget to escape them. It is no general printf.
 */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/wait.h"
#include "report/html/html.h"

/* Length of the valid UTF-8 sequence at s that XML may hold, or 0. */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0x80             ? 1
		   : (s[0] & 0xe0) == 0xc0 ? 2
		   : (s[0] & 0xf0) == 0xe0 ? 3
		   : (s[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;

	if (n == 0 || n > len)
		return 0;
	if (n == 1)
		return s[0] >= 0x20 || s[0] == '\n' || s[0] == '\t';
	c = s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c == 0xfffe ||
	    c == 0xffff)
		return 0;
	/* Marks that turn the direction of what follows: they would make a line read as another
	 * one. */
	if ((c >= 0x80 && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

static const char *entity(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void html_text(FILE *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = utf8_length((const unsigned char *)s + i, len - i);
		const char *e = entity(s[i]);

		if (n == 0) {
			fprintf(out, "\\x%02x", (unsigned char)s[i]);
			i++;
			continue;
		}
		if (e)
			fputs(e, out);
		else
			fwrite(s + i, 1, n, out);
		i += n;
	}
}

static void put_text(FILE *out, const char *s)
{
	if (!s)
		s = "";
	html_text(out, s, strlen(s));
}

void html_put(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (const char *s = fmt; *s; s++) {
		int precision = 6;

		if (*s != '%') {
			fputc(*s, out);
			continue;
		}
		s++;
		if (*s == '.') {
			precision = s[1] - '0';
			s += 2;
		}
		if (*s == 's')
			put_text(out, va_arg(ap, const char *));
		else if (*s == 'd')
			fprintf(out, "%d", va_arg(ap, int));
		else if (*s == 'c')
			fputc(va_arg(ap, int), out);
		else if (*s == 'f')
			fprintf(out, "%.*f", precision, va_arg(ap, double));
		else if (*s == 'l' && *++s == 'd')
			fprintf(out, "%ld", va_arg(ap, long));
		else if (*s == 'z' && *++s == 'u')
			fprintf(out, "%zu", va_arg(ap, size_t));
		else
			fputc(*s, out);
	}
	va_end(ap);
}

static void put_safe(FILE *out, const char *s)
{
	for (; s && *s; s++)
		fputc(isalnum((unsigned char)*s) || strchr(".-", *s) ? *s : '_', out);
}

void html_anchor(FILE *out, const char *prefix, const char *a, const char *b)
{
	fputs(prefix, out);
	put_safe(out, a);
	if (b) {
		fputs("--", out);
		put_safe(out, b);
	}
}

const char *html_ms(int64_t ns)
{
	static _Thread_local char buffers[8][32];
	static _Thread_local unsigned int next;
	char *buf = buffers[next++ % 8];
	double ms = (double)ns / (double)NS_PER_MS;

	if (ms >= 1000)
		snprintf(buf, sizeof(buffers[0]), "%.2f s", ms / 1000);
	else
		snprintf(buf, sizeof(buffers[0]), "%.*f ms", ms >= 100 ? 0 : ms >= 1 ? 1 : 2, ms);
	return buf;
}

const char *html_s(int n)
{
	return n == 1 ? "" : "s";
}
