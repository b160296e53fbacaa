// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes, reads and removes the instance, by the text files of tracefs. Not by libtracefs:
 * ARCHITECTURE.md says why. How a line is taken apart is trace_line.c's.
 */
#include "box/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"

#define PREFIX "hotproof-"
#define INSTANCES TRACE_DIR "/instances"

struct trace {
	struct box *box;
	char *dir; /* INSTANCES "/hotproof-PID" */
	bool is_of_run;
	int pipe_fd;
};

static bool is_mounted(struct box *box)
{
	return box_has(box, INSTANCES);
}

int trace_is_there(struct box *box, char **ret_why)
{
	_cleanup_free_ char *filesystems = NULL, *lockdown = NULL;

	if (!box_is_real(box)) {
		*ret_why = text_printf("the root is scripted: it has no tracefs");
		return 0;
	}
	if (box_read(box, "sys/kernel/security/lockdown", &lockdown) == 0 &&
	    strstr(lockdown, "[confidentiality]")) {
		*ret_why = text_printf("the kernel is locked down for confidentiality, which "
				       "closes tracefs");
		return 0;
	}
	if (is_mounted(box))
		return 1;
	if (box_read(box, "proc/filesystems", &filesystems) == 0 &&
	    strstr(filesystems, "\ttracefs\n"))
		return 1;
	*ret_why = text_printf("the kernel has no tracefs (CONFIG_TRACING)");
	return 0;
}

static int mount_tracefs(struct box *box, struct error *err)
{
	if (is_mounted(box))
		return 0;
	if (mount("tracefs", "/" TRACE_DIR, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return error_set(err, errno, "cannot mount tracefs on \"/%s\": %s", TRACE_DIR,
				 strerror(errno));
	return 0;
}

int trace_write(struct trace *t, const char *text, const char *file_fmt, ...)
{
	_cleanup_free_ char *file = NULL;
	va_list ap;
	int r;

	va_start(ap, file_fmt);
	r = vasprintf(&file, file_fmt, ap);
	va_end(ap);
	if (r < 0) {
		file = NULL;
		return -ENOMEM;
	}
	return box_writef(t->box, text, "%s/%s", t->dir, file);
}

static int make(struct trace *t, struct error *err)
{
	int r = box_make_dir(t->box, t->dir);

	if (r < 0)
		return error_set(err, -r, "cannot make the tracefs instance \"/%s\": %s", t->dir,
				 strerror(-r));
	r = trace_stop(t);
	if (r == 0)
		r = trace_write(t, "boot", "trace_clock");
	if (r < 0)
		return error_set(err, -r, "cannot set up the tracefs instance \"/%s\": %s", t->dir,
				 strerror(-r));
	return 0;
}

/* `dir` is taken, also on failure. */
static int alloc(struct box *box, char *dir, struct trace **ret, struct error *err)
{
	struct trace *t = calloc(1, sizeof(*t));
	int r = t && dir ? mount_tracefs(box, err) : -ENOMEM;

	if (r < 0) {
		free(t);
		free(dir);
		return r;
	}
	*t = (struct trace){ .box = box, .dir = dir, .pipe_fd = -1 };
	*ret = t;
	return 0;
}

int trace_new(struct box *box, const char *suffix, struct trace **ret, struct error *err)
{
	_cleanup_(cleanup_trace) struct trace *t = NULL;
	int r = alloc(box, text_printf(INSTANCES "/" PREFIX "%d-%s", (int)getpid(), suffix), &t,
		      err);

	if (r == 0)
		r = make(t, err);
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}

static int begin(struct trace *t, const char *const *events, struct error *err)
{
	int r = make(t, err);

	for (; r == 0 && *events; events++) {
		r = trace_enable(t, *events);
		if (r < 0)
			error_set(err, -r, "cannot switch on the event \"%s\": %s", *events,
				  strerror(-r));
	}
	return r == 0 ? trace_start(t) : r;
}

int trace_of_run(struct box *box, const char *suffix, const char *const *events, struct trace **ret,
		 struct error *err)
{
	_cleanup_(cleanup_trace) struct trace *t = NULL;
	int is_on = 0, r;

	r = alloc(box,
		  text_printf(INSTANCES "/" PREFIX "%d%s%s", (int)getppid(), suffix ? "-" : "",
			      suffix ? suffix : ""),
		  &t, err);
	if (r < 0)
		return r;
	/* It is switched on last: one that is on is complete. */
	t->is_of_run = box_read_int(box, &is_on, "%s/tracing_on", t->dir) == 0 && is_on;
	if (!t->is_of_run)
		r = begin(t, events, err);
	if (r < 0)
		return r;
	t->is_of_run = true;
	*ret = take_ptr(t);
	return 0;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	cleanup_close(&t->pipe_fd);
	/* Should it be in use for a moment, the restore after the scenario removes it. */
	if (!t->is_of_run && box_remove_dir(t->box, t->dir) < 0)
		errno = 0;
	free(t->dir);
	free(t);
}

const char *trace_path(const struct trace *t)
{
	return t->dir;
}

int trace_enable(struct trace *t, const char *event)
{
	return trace_write(t, "1", "events/%s/enable", event);
}

int trace_start(struct trace *t)
{
	return trace_write(t, "1", "tracing_on");
}

int trace_stop(struct trace *t)
{
	return trace_write(t, "0", "tracing_on");
}

static bool has_lost(const char *text)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (trace_says_lost(line))
			return true;
	}
	return false;
}

/* Not before it is needed: as long as it is open the kernel refuses another tracer. */
static int open_pipe(struct trace *t)
{
	_cleanup_free_ char *pipe = text_printf("%s/trace_pipe", t->dir);

	if (t->pipe_fd < 0)
		t->pipe_fd = pipe ? box_open_stream(t->box, pipe) : -ENOMEM;
	return t->pipe_fd < 0 ? t->pipe_fd : 0;
}

int trace_take(struct trace *t, char **ret_text, bool *ret_lost)
{
	_cleanup_free_ char *text = NULL;
	char buf[16384];
	size_t size = 0;
	int failed = open_pipe(t);
	FILE *out = failed < 0 ? NULL : open_memstream(&text, &size);
	ssize_t n;

	if (!out)
		return failed < 0 ? failed : -ENOMEM;
	while ((n = read(t->pipe_fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			fwrite(buf, 1, n, out);
	if (n < 0 && errno != EAGAIN) {
		int r = -errno;

		fclose(out);
		return r;
	}
	if (fclose(out) != 0)
		return -ENOMEM;
	*ret_lost = has_lost(text);
	*ret_text = take_ptr(text);
	return 0;
}

static int64_t lost_on(struct trace *t, const char *cpu)
{
	static const char *const what[] = { "overrun: ", "dropped events: " };
	_cleanup_free_ char *text = NULL;
	int64_t lost = 0;
	int r = box_readf(t->box, &text, "%s/per_cpu/%s/stats", t->dir, cpu);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(what); i++) {
		const char *found = strstr(text, what[i]);

		if (found)
			lost += strtoll(found + strlen(what[i]), NULL, 10);
	}
	return lost;
}

int64_t trace_lost(struct trace *t)
{
	_cleanup_free_ char *dir = text_printf("%s/per_cpu", t->dir);
	_cleanup_names_ char **names = NULL;
	int64_t all = 0;
	int r = dir ? box_list(t->box, dir, &names) : -ENOMEM;

	if (r < 0)
		return r;
	for (char **n = names; *n; n++) {
		int64_t lost = lost_on(t, *n);

		if (lost < 0)
			return lost;
		all += lost;
	}
	return all;
}

/* A process that was killed may still be there for its parent to see. */
static bool is_alive(struct box *box, int pid)
{
	_cleanup_free_ char *text = NULL;
	const char *comm_end;

	if (box_readf(box, &text, "proc/%d/stat", pid) < 0)
		return false;
	comm_end = strrchr(text, ')');
	return comm_end && comm_end[1] && !strchr("ZX", comm_end[2]);
}

/* 0 when it is none of ours. */
static int owner(const char *name)
{
	return text_starts(name, PREFIX) ? atoi(name + strlen(PREFIX)) : 0;
}

bool trace_is_of(struct box *box, int own)
{
	_cleanup_names_ char **names = NULL;

	if (!box_is_real(box) || box_list(box, INSTANCES, &names) < 0)
		return false;
	for (char **n = names; *n; n++)
		if (owner(*n) == own)
			return true;
	return false;
}

bool trace_clean(struct box *box, int own, json_t *items)
{
	_cleanup_names_ char **names = NULL;
	bool all_ok = true;

	if (!box_is_real(box) || box_list(box, INSTANCES, &names) < 0)
		return true;
	for (char **n = names; *n; n++) {
		_cleanup_free_ char *dir = text_printf(INSTANCES "/%s", *n);
		int pid = owner(*n), r;

		if (!dir || pid == 0 || (pid != own && is_alive(box, pid)))
			continue;
		r = box_remove_dir(box, dir);
		if (r == 0 && pid == own)
			continue;
		json_array_append_new(
			items, json_pack("{s:s, s:s, s:s, s:b, s:s}", "what", dir, "was", "", "now",
					 r == 0 ? "" : "there", "ok", r == 0, "why",
					 r == 0 ? "an earlier run left its tracefs instance behind"
						: error_name(r)));
		all_ok = all_ok && r == 0;
	}
	return all_ok;
}
