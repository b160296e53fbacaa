// SPDX-License-Identifier: GPL-2.0-or-later
/* squeue, sbatch and scancel as programs: their words are stable, the library's are not. */
#include "lab/slurm_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"

#define COMMAND_NS (60 * NS_PER_S)
#define OPTIONS_MAX 64

/* Runs it; what it complained of is the error's text. */
static int command(const char *const argv[], char **ret_out, struct error *err)
{
	_cleanup_close_ int out = memfd_create("out", MFD_CLOEXEC),
			    complaint = memfd_create("err", MFD_CLOEXEC);
	_cleanup_process_ struct process p = PROCESS_NONE;
	_cleanup_free_ char *said = NULL, *text = NULL;
	char path[2][32];
	int status, r;

	if (out < 0 || complaint < 0)
		return -errno;
	r = process_start(argv, -1, out, complaint, &p, err);
	if (r < 0)
		return error_set(err, ENOENT,
				 "\"%s\" cannot be started: --on slurm needs Slurm's programs "
				 "(Debian: slurm-client) and a cluster",
				 argv[0]);
	r = process_wait(&p, wait_now_ns() + wait_scaled(COMMAND_NS), &status);
	if (r <= 0)
		return error_set(err, ETIMEDOUT, "\"%s\" does not answer", argv[0]);
	snprintf(path[0], sizeof(path[0]), "/proc/self/fd/%d", out);
	snprintf(path[1], sizeof(path[1]), "/proc/self/fd/%d", complaint);
	r = file_read(AT_FDCWD, path[0], &text, NULL);
	if (r == 0)
		r = file_read(AT_FDCWD, path[1], &said, NULL);
	if (r < 0)
		return r;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, EIO, "%s failed: %.300s", argv[0],
				 *text_strip(said) ? text_strip(said) : "it does not say why");
	*ret_out = take_ptr(text);
	return 0;
}

static bool is_one_of(const char *state, const char *const *states)
{
	for (; *states; states++)
		if (strcmp(state, *states) == 0)
			return true;
	return false;
}

/* Splits at '|', also empty fields. */
static bool split(char *line, char **fields, int n)
{
	for (int i = 0; i < n; i++) {
		char *bar = line ? strchr(line, '|') : NULL;

		if (!line || (!bar && i < n - 1))
			return false;
		if (bar)
			*bar = '\0';
		fields[i] = line;
		line = bar ? bar + 1 : NULL;
	}
	return true;
}

int slurm_queue_parse(char *text, struct slurm_queue *ret)
{
	static const char *const alive[] = { "PENDING",    "RUNNING",  "CONFIGURING",  "SUSPENDED",
					     "COMPLETING", "STOPPED",  "STAGE_OUT",    "SIGNALING",
					     "RESIZING",   "REQUEUED", "REQUEUE_HOLD", NULL };
	static const char *const running[] = { "RUNNING", "COMPLETING", "STAGE_OUT", NULL };
	struct slurm_queue q = {};
	char *line;

	while ((line = text_next_line(&text))) {
		struct slurm_task *bigger, *t;
		char *field[4];
		int index;

		if (!split(line, field, 4) || text_to_int(field[1], &index) < 0)
			continue;
		bigger = reallocarray(q.tasks, q.n + 1, sizeof(*bigger));
		if (!bigger) {
			slurm_queue_clear(&q);
			return -ENOMEM;
		}
		q.tasks = bigger;
		t = &q.tasks[q.n++];
		*t = (struct slurm_task){ .index = index };
		snprintf(t->job, sizeof(t->job), "%s", field[0]);
		snprintf(t->state, sizeof(t->state), "%s", field[2]);
		snprintf(t->node, sizeof(t->node), "%s", field[3]);
		t->is_alive = is_one_of(t->state, alive);
		t->is_running = is_one_of(t->state, running);
	}
	*ret = q;
	return 0;
}

void slurm_queue_clear(struct slurm_queue *q)
{
	free(q->tasks);
	*q = (struct slurm_queue){};
}

int slurm_queue_read(const char *name, struct slurm_queue *ret, struct error *err)
{
	/* Not by the job's id: one that Slurm has forgotten would be an error, and that is none. */
	const char *const argv[] = { "squeue", "-h", "-r", "-t",          "all", "--me",
				     "-n",     name, "-o", "%F|%K|%T|%N", NULL };
	_cleanup_free_ char *text = NULL;
	int r = command(argv, &text, err);

	return r < 0 ? r : slurm_queue_parse(text, ret);
}

int slurm_queue_submit(const struct slurm_submission *s, char **ret_job, struct error *err)
{
	_cleanup_free_ char *name = text_printf("--job-name=%s", s->name),
			    *array = text_printf("--array=%s", s->array),
			    *dir = text_printf("--chdir=%s", s->folder),
			    *output =
				    text_printf("--output=%s/.tries/slurm-%%A_%%a.out", s->folder),
			    *cpus = text_printf("--cpus-per-task=%d", s->cpus),
			    *mem = text_printf("--mem=%d", s->mem_mib),
			    *wrap = text_printf("--wrap=%s", s->command), *text = NULL;
	const char *argv[OPTIONS_MAX + 16];
	int n = 0, r;

	if (!name || !array || !dir || !output || !cpus || !mem || !wrap)
		return -ENOMEM;
	argv[n++] = "sbatch";
	argv[n++] = "--parsable";
	/* Whether a lost cell is played again is not Slurm's to decide: it would not know whether
	 * the first try still writes. */
	argv[n++] = "--no-requeue";
	argv[n++] = name;
	argv[n++] = array;
	argv[n++] = dir;
	argv[n++] = output;
	argv[n++] = cpus;
	argv[n++] = mem;
	for (size_t i = 0; s->options && s->options[i] && i < OPTIONS_MAX; i++)
		argv[n++] = s->options[i];
	argv[n++] = wrap;
	argv[n] = NULL;
	r = command(argv, &text, err);
	if (r < 0)
		return r;
	/* "12" or "12;cluster" */
	text[strcspn(text, ";\n")] = '\0';
	if (!*text || strspn(text, "0123456789") != strlen(text))
		return error_set(err, EBADMSG, "sbatch names no job: \"%.60s\"", text);
	*ret_job = take_ptr(text);
	return 0;
}

int slurm_queue_cancel(const char *name, struct error *err)
{
	_cleanup_free_ char *option = text_printf("--name=%s", name), *text = NULL;
	const char *const argv[] = { "scancel", "--quiet", "--me", option, NULL };

	return option ? command(argv, &text, err) : -ENOMEM;
}
