// SPDX-License-Identifier: GPL-2.0-or-later
/* GMime makes what is sent; it reads nothing that strangers wrote as a message. */
#include "site/tell/message.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "store/tell/address.h"

void message_init(void)
{
	g_mime_init();
}

/* One line, whatever came in: a line feed in a header would begin another. Owned by the caller. */
static char *one_line(const char *text)
{
	char *line = g_utf8_make_valid(text, -1);

	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			*c = ' ';
	return line;
}

static void set_header(GMimeMessage *message, const char *name, const char *value)
{
	char *line = one_line(value);

	g_mime_object_set_header(GMIME_OBJECT(message), name, line, "utf-8");
	g_free(line);
}

static void set_list(GMimeMessage *message, const struct message *m)
{
	_cleanup_free_ char *link = text_printf("<%s>", m->unsubscribe);
	_cleanup_free_ char *list = text_printf("<%s>", m->list);

	set_header(message, "List-Unsubscribe", link ? link : "");
	set_header(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
	set_header(message, "List-Id", list ? list : "");
	set_header(message, "Precedence", "bulk");
}

static void set_addresses(GMimeMessage *message, const struct message *m)
{
	InternetAddress *from = internet_address_mailbox_new("hotproof", m->from);
	InternetAddress *to = internet_address_mailbox_new(NULL, m->to);

	internet_address_list_add(g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_FROM),
				  from);
	internet_address_list_add(g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_TO), to);
	g_object_unref(from);
	g_object_unref(to);
}

static GMimeMessage *fill(const struct message *m)
{
	GMimeMessage *message = g_mime_message_new(TRUE);
	GMimeTextPart *part = g_mime_text_part_new_with_subtype("plain");
	GDateTime *date = g_date_time_new_from_unix_utc(m->date);
	char *subject = one_line(m->subject), *body = g_utf8_make_valid(m->body, -1);
	char *id = one_line(m->id);

	set_addresses(message, m);
	g_mime_message_set_subject(message, subject, "utf-8");
	g_mime_message_set_date(message, date);
	id[strcspn(id, ">")] = '\0';
	g_mime_message_set_message_id(message, id + (*id == '<'));
	set_header(message, "Auto-Submitted", "auto-generated");
	if (m->unsubscribe)
		set_list(message, m);
	g_mime_text_part_set_charset(part, "utf-8");
	g_mime_text_part_set_text(part, body);
	g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_message_set_mime_part(message, GMIME_OBJECT(part));
	g_object_unref(part);
	g_date_time_unref(date);
	g_free(subject);
	g_free(body);
	g_free(id);
	return message;
}

int message_make(const struct message *m, char **ret, size_t *ret_len, struct error *err)
{
	char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
	struct message clean = *m;
	GMimeMessage *message;
	GMimeStream *stream;
	GByteArray *bytes;
	char *text;

	if (address_clean(m->from, from) < 0 || address_clean(m->to, to) < 0)
		return error_set(err, EINVAL, "\"%.80s\" is no e-mail address",
				 address_clean(m->from, from) < 0 ? m->from : m->to);
	clean.from = from;
	clean.to = to;
	message = fill(&clean);
	stream = g_mime_stream_mem_new();
	g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	text = malloc(bytes->len + 1);
	if (text) {
		memcpy(text, bytes->data, bytes->len);
		text[bytes->len] = '\0';
		*ret_len = bytes->len;
		*ret = text;
	}
	g_object_unref(stream);
	g_object_unref(message);
	return text ? 0 : error_set(err, ENOMEM, "out of memory for a message");
}
