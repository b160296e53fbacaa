// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The scripted root: a model of CPU hotplug small enough to be trusted, with templates for the
 * files and deviations as data. It does not imitate timing, tasks or interrupts: witnesses that
 * need those are tried in guests. What a write does is scripted_kernel.c's.
 */
#include "scripted.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/text.h"
#include "scripted_kernel.h"

static void add_file(struct model *m, const char *path, const char *text, enum when when)
{
	if (m->n_files < FILES_MAX)
		m->files[m->n_files++] = (struct entry){ strdup(path), strdup(text), when };
}

static int load(struct model *m, const char *name, struct error *err);

static int directive(struct model *m, char *line, struct error *err)
{
	char *cursor = line, *word = text_next_word(&cursor);
	int r = 0;

	if (strcmp(word, "like") == 0)
		return load(m, text_strip(cursor), err);
	if (strcmp(word, "cpus") == 0) {
		r = cpulist_parse(cursor, &m->present);
		m->online = m->present;
	} else if (strcmp(word, "hotpluggable") == 0) {
		r = cpulist_parse(cursor, &m->hotpluggable);
	} else if (strcmp(word, "online-state") == 0) {
		r = text_to_int(text_strip(cursor), &m->online_state);
		m->state_on = m->online_state;
	} else if (strcmp(word, "state-when-off") == 0) {
		r = text_to_int(text_strip(cursor), &m->state_off);
	} else if (strcmp(word, "state-when-on") == 0) {
		r = text_to_int(text_strip(cursor), &m->state_on);
	} else if (text_starts(word, "on-") && m->n_deviations < 16) {
		struct deviation *d = &m->deviations[m->n_deviations++];

		d->when = strdup(strcmp(word, "on-value") == 0 ? text_next_word(&cursor) : word);
		d->what = strdup(text_next_word(&cursor));
		d->arg = strdup(text_strip(cursor));
	} else {
		r = -EINVAL;
	}
	return r < 0 ? error_set(err, EINVAL, "bad directive \"%s\"", line) : 0;
}

static enum when parse_when(const char *word)
{
	if (word && strcmp(word, "while-off") == 0)
		return WHILE_OFF;
	if (word && strcmp(word, "after-return") == 0)
		return AFTER_RETURN;
	return ALWAYS;
}

/* `file PATH [when]` is followed by its text up to the next line that begins with a directive word
 * and no tab; text lines begin with '|'. */
static int load(struct model *m, const char *name, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/%s.root", TESTS_ROOTS, name), *all = NULL,
			    *body = NULL;
	char *cursor, *line;
	int r = file_read(AT_FDCWD, path, &all, NULL);

	if (r < 0)
		return error_set(err, -r, "cannot read the root \"%s\": %s", path, strerror(-r));
	cursor = all;
	line = text_next_line(&cursor);
	while (line && r == 0) {
		char *words = line, *word;

		if (!*line || *line == '#') {
			line = text_next_line(&cursor);
			continue;
		}
		if (!text_starts(line, "file ")) {
			r = directive(m, line, err);
			line = text_next_line(&cursor);
			continue;
		}
		text_next_word(&words);
		word = text_next_word(&words);
		free(body);
		body = strdup("");
		while ((line = text_next_line(&cursor)) && *line == '|') {
			char *longer = text_printf("%s%s\n", body, line + 1);

			free(body);
			body = longer;
		}
		add_file(m, word, body, parse_when(text_next_word(&words)));
	}
	return r;
}

/* The CPU in the place of {N} when path fits the pattern, -1 when it fits without one, -2 when it
 * does not fit. */
static int match_path(const char *pattern, const char *path)
{
	const char *hole = strstr(pattern, "{N}");
	size_t head;
	char *end;
	long n;

	if (!hole)
		return strcmp(pattern, path) == 0 ? -1 : -2;
	head = hole - pattern;
	if (strncmp(pattern, path, head) != 0 || !isdigit((unsigned char)path[head]))
		return -2;
	n = strtol(path + head, &end, 10);
	return strcmp(end, hole + 3) == 0 ? (int)n : -2;
}

static void put_rows(FILE *out, const struct model *m, const struct cpulist *cpus, const char *row)
{
	(void)m;
	cpulist_foreach(cpu, cpus) {
		for (const char *p = row; *p; p++) {
			if (p[0] == '%' && p[1] == 'd') {
				fprintf(out, "%d", cpu);
				p++;
			} else if (p[0] == '\\' && p[1] == 'n') {
				fputc('\n', out);
				p++;
			} else {
				fputc(*p, out);
			}
		}
	}
}

static void put_name(FILE *out, struct model *m, const char *name, int cpu)
{
	struct cpulist off = cpulist_minus(&m->present, &m->online);

	if (strcmp(name, "online") == 0)
		fputs(cpulist_str(&m->online), out);
	else if (strcmp(name, "offline") == 0)
		fputs(cpulist_str(&off), out);
	else if (strcmp(name, "online-map") == 0)
		fprintf(out, "%" PRIx64, m->online.bits[0]);
	else if (strcmp(name, "cpu") == 0)
		fprintf(out, "%d", cpu);
	else if (strcmp(name, "possible") == 0)
		fputs(cpulist_str(&m->present), out);
	else if (strcmp(name, "state") == 0)
		fprintf(out, "%d",
			cpulist_has(&m->half, cpu) ? m->online_state - 1
			: cpulist_has(&m->online, cpu)
				? (cpulist_has(&m->returned, cpu) ? m->state_on : m->online_state)
				: m->state_off);
	else if (strcmp(name, "target") == 0)
		fprintf(out, "%d", cpulist_has(&m->online, cpu) ? m->online_state : 0);
	else if (strcmp(name, "trap") == 0)
		fprintf(out, "%d", m->trap[cpu]);
	else if (strcmp(name, "is-online") == 0)
		fprintf(out, "%d", cpulist_has(&m->online, cpu));
	else if (strcmp(name, "reads") == 0)
		fprintf(out, "%u", ++m->reads);
	else if (text_starts(name, "rows:"))
		put_rows(out, m, &m->online, name + 5);
	else if (text_starts(name, "all-rows:"))
		put_rows(out, m, &m->present, name + 9);
	else
		fprintf(out, "{%s}", name);
}

static char *render(struct model *m, const char *template, int cpu)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	for (const char *p = template; out && *p;) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;

		if (end) {
			_cleanup_free_ char *name = strndup(p + 1, end - p - 1);

			put_name(out, m, name, cpu);
			p = end + 1;
		} else {
			fputc(*p++, out);
		}
	}
	if (out)
		fclose(out);
	return text;
}

static bool applies(const struct model *m, const struct entry *e)
{
	if (e->when == WHILE_OFF)
		return !cpulist_equal(&m->online, &m->present);
	if (e->when == AFTER_RETURN)
		return cpulist_equal(&m->online, &m->present) && cpulist_count(&m->returned) > 0;
	return true;
}

/* The last entry that fits wins: a faulty root overrides the good one that it is like. */
static const struct entry *find(const struct model *m, const char *path, int *ret_cpu)
{
	for (size_t i = m->n_files; i > 0; i--) {
		const struct entry *e = &m->files[i - 1];
		int cpu = match_path(e->path, path);

		if (cpu == -2 || !applies(m, e) || (cpu >= 0 && !cpulist_has(&m->present, cpu)))
			continue;
		if (cpu >= 0 && text_ends(path, "/online") && !cpulist_has(&m->hotpluggable, cpu))
			return NULL;
		*ret_cpu = cpu;
		return e;
	}
	return NULL;
}

static int op_read(void *ctx, const char *path, char **ret_text)
{
	struct model *m = ctx;
	int cpu = -1;
	const struct entry *e = find(m, path, &cpu);

	if (!e)
		return -ENOENT;
	*ret_text = render(m, e->text, cpu);
	return *ret_text ? 0 : -ENOMEM;
}

/* What of the pattern is below the folder, NULL when it is elsewhere; {N} is any number in the
 * folder's path. */
static const char *below(const char *pattern, const char *folder)
{
	while (*folder && *pattern) {
		if (text_starts(pattern, "{N}") && isdigit((unsigned char)*folder)) {
			while (isdigit((unsigned char)*folder))
				folder++;
			pattern += 3;
		} else if (*pattern++ != *folder++) {
			return NULL;
		}
	}
	return !*folder && *pattern == '/' ? pattern + 1 : NULL;
}

static int op_list(void *ctx, const char *path, char ***ret_names)
{
	struct model *m = ctx;
	char **names = calloc(FILES_MAX + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < m->n_files; i++) {
		const char *rest = below(m->files[i].path, path);
		_cleanup_free_ char *name = NULL;
		bool known = false;

		if (!rest || *rest == '{' || !applies(m, &m->files[i]))
			continue;
		name = strndup(rest, strcspn(rest, "/"));
		for (size_t k = 0; k < n; k++)
			known = known || strcmp(names[k], name) == 0;
		if (!known)
			names[n++] = take_ptr(name);
	}
	if (n == 0) {
		free(names);
		return -ENOENT;
	}
	*ret_names = names;
	return 0;
}

static int op_write(void *ctx, const char *path, const char *text)
{
	static const struct {
		const char *path;
		int (*write)(struct model *m, int cpu, const char *text);
	} doors[] = {
		{ "sys/devices/system/cpu/cpu{N}/online", scripted_kernel_online },
		{ "sys/devices/system/cpu/cpu{N}/hotplug/fail", scripted_kernel_fail },
		{ "sys/devices/system/cpu/cpu{N}/hotplug/target", scripted_kernel_target },
	};
	struct model *m = ctx;
	struct entry *e;
	int cpu;

	for (size_t i = 0; i < ARRAY_SIZE(doors); i++) {
		cpu = match_path(doors[i].path, path);
		if (cpu >= 0)
			return cpulist_has(&m->present, cpu) ? doors[i].write(m, cpu, text)
							     : -ENOENT;
	}
	e = (struct entry *)find(m, path, &cpu);
	if (!e)
		return -ENOENT;
	/* It takes commands, and does not show them. */
	if (strcmp(path, "sys/kernel/debug/kmemleak") == 0)
		return 0;
	free(e->text);
	e->text = strdup(text);
	return 0;
}

static int op_stream(void *ctx, const char *name)
{
	struct model *m = ctx;
	int *ours = strcmp(name, "kmsg") == 0 ? &m->kmsg_fd : &m->uevent_fd, fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	if (*ours >= 0)
		close(*ours);
	*ours = fds[0];
	return fds[1];
}

static void op_free(void *ctx)
{
	struct model *m = ctx;

	for (size_t i = 0; i < m->n_files; i++) {
		free(m->files[i].path);
		free(m->files[i].text);
	}
	for (size_t i = 0; i < m->n_deviations; i++) {
		free(m->deviations[i].when);
		free(m->deviations[i].what);
		free(m->deviations[i].arg);
	}
	cleanup_close(&m->kmsg_fd);
	cleanup_close(&m->uevent_fd);
	free(m);
}

int scripted_open(const char *name, struct box **ret, struct error *err)
{
	static const struct box_ops ops = {
		.read = op_read,
		.write = op_write,
		.list = op_list,
		.open_stream = op_stream,
		.free = op_free,
	};
	struct model *m = calloc(1, sizeof(*m));
	int r;

	m->kmsg_fd = m->uevent_fd = -1;
	for (int i = 0; i < CPULIST_MAX; i++)
		m->trap[i] = -1;
	r = load(m, name, err);
	if (r < 0) {
		op_free(m);
		return r;
	}
	return box_open_scripted(&ops, m, ret);
}
