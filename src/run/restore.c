// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts the box back after each scenario, and at the start what an earlier run left behind. Done by
 * a helper process: where a writer is stuck in the kernel, the next write to a CPU hangs too, and
 * then it is the helper that hangs. How things are put back is box/snapshot.h's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/snapshot.h"
#include "box/trace.h"
#include "run/internal.h"
#include "stage/expect.h"

struct result {
	int ok; /* 1, 0 or -errno */
	json_t *items;
};

static void put_back(struct box *box, const json_t *snapshot, int out)
{
	json_t *items = NULL, *doc;
	int r;

	if (snapshot) {
		r = snapshot_restore(box, snapshot, &items);
	} else {
		items = json_array();
		r = snapshot_clear_traps(box, items);
		r = trace_clean(box, getppid(), items) && r;
	}
	doc = json_pack("{s:i, s:o}", "ok", r, "items", items ? items : json_array());
	if (doc)
		r = json_dumpfd(doc, out, JSON_COMPACT);
	json_decref(doc);
}

static struct result failed(const char *what, const char *why)
{
	json_t *item =
		json_pack("{s:s, s:s, s:s, s:b}", "what", what, "was", "", "now", why, "ok", 0);

	return (struct result){ 0, json_pack("[o]", item) };
}

/* Reads until the helper closes its end; the answer may be larger than a pipe holds. */
static json_t *read_answer(int fd, int64_t deadline)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0, size = 0;
	FILE *out = open_memstream(&text, &size);
	char buf[4096];
	json_t *doc = NULL;
	ssize_t n = -1;

	if (!out)
		return NULL;
	while (wait_readable(fd, deadline) == 1 && (n = read(fd, buf, sizeof(buf))) > 0)
		len += fwrite(buf, 1, n, out);
	fclose(out);
	if (n == 0)
		doc = json_loadb(text, len, 0, NULL);
	return doc;
}

static struct result by_helper(struct run *run, const json_t *snapshot)
{
	/* Who is stuck holds the lock that every CPU needs: a try is due, patience is not. */
	int64_t patience = run->is_stuck ? run->limits.restore_ns / 6 : run->limits.restore_ns;
	int64_t deadline = wait_now_ns() + patience;
	_cleanup_close_ int in = -1;
	struct process helper = PROCESS_NONE;
	struct result result;
	json_t *answer;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return failed("restore", strerror(errno));
	in = fds[0];
	helper.pid = fork();
	if (helper.pid == 0) {
		put_back(run->setup->box, snapshot, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (helper.pid < 0)
		return failed("restore", strerror(errno));
	helper.pidfd = (int)syscall(SYS_pidfd_open, helper.pid, 0);
	answer = read_answer(in, deadline);
	process_end(&helper, 0);
	if (!answer)
		return failed("restore",
			      "the kernel does not answer: putting the box back hangs or died");
	result.ok = (int)json_integer_value(json_object_get(answer, "ok"));
	result.items = json_incref(json_object_get(answer, "items"));
	json_decref(answer);
	return result;
}

int run_restore_by(struct run *run, const char *by, const json_t *snapshot, bool has_line_always)
{
	struct result result = by_helper(run, snapshot);

	if (has_line_always || result.ok != 1 || json_array_size(result.items) > 0)
		journal_write(run->journal, "restore",
			      json_pack("{s:s, s:b, s:O}", "by", by, "ok", result.ok == 1, "items",
					result.items));
	json_decref(result.items);
	return result.ok;
}

void run_restore_at_end(struct run *run)
{
	/* Where the kernel hangs, this would too. */
	if (!run->is_stuck && trace_is_of(run->setup->box, getpid()))
		run_restore_by(run, "end", NULL, false);
}

int run_snapshot(struct run *run)
{
	int r;

	json_decref(run->snapshot);
	run->snapshot = NULL;
	r = snapshot_take(run->setup->box, &run->snapshot);
	if (r == 0 && run->setup->state_path)
		r = snapshot_save(run->snapshot, run->setup->state_path);
	return r;
}

int run_restore(struct run *run)
{
	int ok;

	if (!run->snapshot)
		return 1;
	ok = run_restore_by(run, "parent", run->snapshot, true);
	/* A file that stays says to the next start, and to the guardian, that there is work left.
	 */
	if (ok == 1 && run->setup->state_path)
		unlink(run->setup->state_path);
	return ok;
}

static int take_lock(struct run *run, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s.lock", run->setup->state_path),
			    *dir = strdup(run->setup->state_path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	int r;

	if (!path || !slash)
		return error_set(err, ENOMEM, "memory is short");
	*slash = '\0';
	r = file_mkdirs(dir, 0755);
	if (r == 0) {
		run->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		r = run->lock_fd < 0 ? -errno : 0;
	}
	if (r < 0)
		return error_set(err, -r, "cannot keep the state of the box in \"%s\": %s", dir,
				 strerror(-r));
	if (flock(run->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(
			err, EBUSY,
			"another hotproof run, or the guardian of one, is at work on this box (\"%s\" is locked); wait for it",
			path);
	return 0;
}

int run_recover(struct run *run, struct error *err)
{
	const char *path = run->setup->state_path;
	json_t *stale = NULL;
	int r = path ? take_lock(run, err) : 0;

	if (r < 0)
		return r;
	r = path ? snapshot_load(run->setup->box, path, &stale) : -ENOENT;
	if (r == -ESTALE)
		unlink(path);
	/* Without one there may still be a trap: whoever armed it, the first online would fail by
	 * it. */
	r = run_restore_by(run, "start", stale, stale != NULL);
	if (stale && r == 1)
		unlink(path);
	json_decref(stale);
	return r == 1 ? 0
		      : error_set(
				err, EIO,
				"what an earlier run left behind cannot be put back; see the restore line of the journal");
}
