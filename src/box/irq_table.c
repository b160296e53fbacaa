// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses /proc/interrupts. Its columns are those of the online CPUs at the moment of reading, and
 * its right side is laid out by each interrupt chip as it likes: what cannot be told apart stays in
 * `chip`.
 */
#include "box/irq.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TORN_RETRIES 5

static int parse_header(char *line, struct irq_table *t, struct error *err)
{
	int last = -1;
	char *word;

	while ((word = text_next_word(&line))) {
		int cpu;

		if (!text_starts(word, "CPU") || text_to_int(word + 3, &cpu) < 0 ||
		    cpu >= CPULIST_MAX || cpu <= last)
			return error_set(err, EBADMSG,
					 "/proc/interrupts, line 1: \"%s\" is no column of a CPU",
					 word);
		cpulist_add(&t->cpus, cpu);
		t->n_cpus++;
		last = cpu;
	}
	if (t->n_cpus == 0)
		return error_set(err, EBADMSG, "/proc/interrupts, line 1: no column of any CPU");
	return 0;
}

/* The next decimal number of the line, or false and the cursor stays. */
static bool take_count(char **cursor, uint64_t *ret)
{
	char *s = *cursor;
	uint64_t v = 0;

	while (*s == ' ' || *s == '\t')
		s++;
	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (*s && !isspace((unsigned char)*s))
		return false;
	*cursor = s;
	*ret = v;
	return true;
}

static void append_word(char *buf, size_t size, const char *word)
{
	size_t n = strlen(buf);

	snprintf(buf + n, size - n, "%s%s", n ? " " : "", word);
}

/* "  PCI-MSIX-0000:00:03.0   1-edge      virtio0-input.0": a chip's name may hold spaces, a hwirq
 * begins with a digit. */
static void parse_tail(char *tail, struct irq_row *row)
{
	char *word;

	while ((word = text_next_word(&tail))) {
		if (row->chip[0] && isdigit((unsigned char)word[0])) {
			snprintf(row->hwirq, sizeof(row->hwirq), "%s", word);
			break;
		}
		append_word(row->chip, sizeof(row->chip), word);
	}
	tail = tail ? text_strip(tail) : NULL;
	if (!row->hwirq[0] || !tail)
		return;
	if (text_starts(tail, "Edge") || text_starts(tail, "Level"))
		text_next_word(&tail);
	snprintf(row->actions, sizeof(row->actions), "%s", text_strip(tail));
}

static int parse_row(char *line, size_t lineno, struct irq_table *t, struct irq_row *row,
		     struct error *err)
{
	char *colon = strchr(line, ':');
	size_t n = 0;

	if (!colon)
		return error_set(err, EBADMSG, "/proc/interrupts, line %zu: no colon", lineno);
	*colon = '\0';
	snprintf(row->label, sizeof(row->label), "%s", text_strip(line));
	if (row->label[0] == '\0')
		return error_set(err, EBADMSG,
				 "/proc/interrupts, line %zu: no name before the colon", lineno);
	line = colon + 1;
	while (n < t->n_cpus && take_count(&line, &row->counts[n]))
		n++;
	if (text_to_int(row->label, &row->irq) < 0 || row->irq < 0) {
		row->irq = IRQ_ARCH; /* ERR and MIS have one number for the whole box */
		snprintf(row->chip, sizeof(row->chip), "%s", text_strip(line));
		return 0;
	}
	if (n != t->n_cpus)
		return error_set(err, EBADMSG,
				 "/proc/interrupts, line %zu: %zu counts for %zu CPUs", lineno, n,
				 t->n_cpus);
	parse_tail(line, row);
	return 0;
}

int irq_table_parse(const char *text, struct irq_table **ret, struct error *err)
{
	_cleanup_(cleanup_irq_table) struct irq_table *t = calloc(1, sizeof(*t));
	_cleanup_free_ char *copy = strdup(text);
	char *cursor = copy, *line;
	size_t lines = 0, lineno = 1;
	int r;

	if (!t || !copy)
		return -ENOMEM;
	for (const char *s = text; (s = strchr(s, '\n')); s++)
		lines++;
	line = text_next_line(&cursor);
	if (!line)
		return error_set(err, EBADMSG, "/proc/interrupts is empty");
	r = parse_header(line, t, err);
	if (r < 0)
		return r;
	t->rows = calloc(lines + 1, sizeof(*t->rows));
	t->pool = calloc((lines + 1) * t->n_cpus, sizeof(*t->pool));
	if (!t->rows || !t->pool)
		return -ENOMEM;
	while ((line = text_next_line(&cursor))) {
		struct irq_row *row = &t->rows[t->n_rows];

		lineno++;
		if (*text_strip(line) == '\0')
			continue;
		row->counts = t->pool + t->n_rows * t->n_cpus;
		r = parse_row(line, lineno, t, row, err);
		if (r < 0)
			return r;
		t->n_rows++;
	}
	*ret = take_ptr(t);
	return 0;
}

int irq_table_read(struct box *box, struct irq_table **ret)
{
	int r = -EBADMSG;

	for (int i = 0; r == -EBADMSG && i < TORN_RETRIES; i++) {
		_cleanup_free_ char *text = NULL;

		r = box_read(box, "proc/interrupts", &text);
		if (r == 0)
			r = irq_table_parse(text, ret, NULL);
	}
	return r;
}

void irq_table_free(struct irq_table *t)
{
	if (!t)
		return;
	free(t->rows);
	free(t->pool);
	free(t);
}

const struct irq_row *irq_table_find(const struct irq_table *t, int irq)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (t->rows[i].irq == irq && irq != IRQ_ARCH)
			return &t->rows[i];
	return NULL;
}

uint64_t irq_row_on(const struct irq_table *t, const struct irq_row *row, int cpu)
{
	size_t column = 0;

	cpulist_foreach(c, &t->cpus) {
		if (c == cpu)
			return row->counts[column];
		column++;
	}
	return 0;
}

uint64_t irq_row_sum(const struct irq_table *t, const struct irq_row *row)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n_cpus; i++)
		sum += row->counts[i];
	return sum;
}
