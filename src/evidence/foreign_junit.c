// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JUnit's XML, as far as results go: <testcase classname name> with <failure>, <error> or <skipped>
 * in it. No entity but the five of XML itself, no DTD, nothing is loaded, one pass over the text.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "evidence/foreign_internal.h"

/* The text behind '&', in place of it; what is no known entity stays. */
static void unescape(char *s)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = { { "&lt;", '<' },
			 { "&gt;", '>' },
			 { "&amp;", '&' },
			 { "&quot;", '"' },
			 { "&apos;", '\'' } };
	char *to = s;

	while (*s) {
		size_t i = 0;

		while (i < ARRAY_SIZE(entities) && !text_starts(s, entities[i].entity))
			i++;
		if (i < ARRAY_SIZE(entities)) {
			*to++ = entities[i].c;
			s += strlen(entities[i].entity);
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The end of the tag that begins at '<': quotes may hold '>'. NULL: it has none. */
static char *end_of_tag(char *tag)
{
	char quote = 0;

	for (char *c = tag; *c; c++) {
		if (quote)
			quote = *c == quote ? 0 : quote;
		else if (*c == '"' || *c == '\'')
			quote = *c;
		else if (*c == '>')
			return c;
	}
	return NULL;
}

/* The value of an attribute of a tag that ends in NUL, into buf; "" when it has none. */
static void attribute(const char *tag, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);

	buf[0] = '\0';
	for (const char *at = strstr(tag, name); at; at = strstr(at + 1, name)) {
		const char *value = at + len, *end;

		if (at == tag || !isspace((unsigned char)at[-1]))
			continue;
		while (isspace((unsigned char)*value))
			value++;
		if (*value++ != '=')
			continue;
		while (isspace((unsigned char)*value))
			value++;
		if (*value != '"' && *value != '\'')
			continue;
		end = strchr(value + 1, *value);
		if (!end)
			return;
		snprintf(buf, size, "%.*s", (int)(end - value - 1 < 4000 ? end - value - 1 : 4000),
			 value + 1);
		unescape(buf);
		return;
	}
}

struct junit {
	struct foreign_list *list;
	char name[FOREIGN_NAME + 1], why[FOREIGN_WHY];
	enum foreign_verdict verdict;
	bool is_open;
};

static void close_case(struct junit *j)
{
	if (j->is_open)
		foreign_add(j->list, j->name, j->verdict, j->why[0] ? j->why : "no more is said");
	j->is_open = false;
}

static void open_case(struct junit *j, const char *tag)
{
	char name[FOREIGN_NAME + 1], class[FOREIGN_NAME + 1];

	close_case(j);
	attribute(tag, "name", name, sizeof(name));
	attribute(tag, "classname", class, sizeof(class));
	snprintf(j->name, sizeof(j->name), "%s%s%s", class, *class ? "/" : "",
		 *name ? name : "unnamed");
	j->verdict = FOREIGN_PASS;
	j->why[0] = '\0';
	j->is_open = true;
}

static bool is_tag(const char *tag, const char *name)
{
	size_t len = strlen(name);

	return strncmp(tag, name, len) == 0 && !isalnum((unsigned char)tag[len]);
}

static void read_tag(struct junit *j, const char *tag)
{
	static const struct {
		const char *name;
		enum foreign_verdict verdict;
	} outcomes[] = { { "failure", FOREIGN_FAIL },
			 { "error", FOREIGN_ERROR },
			 { "skipped", FOREIGN_SKIP } };

	if (is_tag(tag, "testcase"))
		open_case(j, tag);
	if (is_tag(tag, "/testcase") || (is_tag(tag, "testcase") && tag[strlen(tag) - 1] == '/'))
		close_case(j);
	for (size_t i = 0; j->is_open && i < ARRAY_SIZE(outcomes); i++)
		if (is_tag(tag, outcomes[i].name)) {
			j->verdict = outcomes[i].verdict;
			attribute(tag, "message", j->why, sizeof(j->why));
		}
}

void foreign_junit(struct foreign_list *l, char *text)
{
	struct junit j = { .list = l };
	char *at = text, *end;

	while ((at = strchr(at, '<'))) {
		if (text_starts(at, "<!--"))
			end = strstr(at, "-->");
		else if (text_starts(at, "<![CDATA["))
			end = strstr(at, "]]>");
		else
			end = end_of_tag(at);
		if (!end)
			break;
		if (at[1] != '!' && at[1] != '?') {
			*end = '\0';
			read_tag(&j, at + 1);
		}
		at = end + 1;
	}
	if (j.is_open)
		l->stopped = "its text breaks off";
	close_case(&j);
}
