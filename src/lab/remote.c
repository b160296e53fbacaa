// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop of a run on a box: its lines, the signs of life that keep it going, the prober, the end
 * of the connection and what that means. */
#include "lab/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/remote_ssh.h"
#include "lab/session_internal.h"

#define ASK_NS (60 * NS_PER_S)
#define ALIVE_NS (3 * NS_PER_S)
#define ALIVE "alive\n"
/* Between an end of the connection and a box that has put itself back. */
#define RETURN_NS (120 * NS_PER_S)
#define RETRY_NS (3 * NS_PER_S)
/* The relay ends the run when we are told to end; it says so before it goes. */
#define GOODBYE_NS (30 * NS_PER_S)
#define WORDS_MAX 256

struct remote {
	const struct remote_setup *setup;
	struct session_setup session_setup;
	struct session session;
	struct remote_ssh ssh;
	struct remote_facts facts;
	struct process process;
	char *address;
	int fd, complaint_fd;
	bool is_stopping;
	int64_t alive_ns;
};

static int prepare(struct remote *x, struct error *err)
{
	_cleanup_free_ char *program = NULL;
	int r = remote_ssh_ask(&x->ssh, true, wait_now_ns() + wait_scaled(ASK_NS), &x->facts, err);

	if (r < 0)
		return r;
	if (x->facts.uid != 0)
		return error_set(err, EPERM,
				 "\"%s\" is not root there (uid %d): only root can take CPUs off",
				 x->ssh.target, x->facts.uid);
	program = x->setup->program(x->facts.uname);
	if (!program)
		return error_set(
			err, ENOENT,
			"there is no hotproof for a box of %s; build it with: ./dev build ARCH",
			x->facts.uname);
	return remote_ssh_copy(&x->ssh, program, x->facts.folder, err);
}

static int start(struct remote *x, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/hotproof", x->facts.folder);
	const char *argv[WORDS_MAX + 8];
	int n = 0, r;

	if (!path)
		return -ENOMEM;
	argv[n++] = path;
	argv[n++] = "relay";
	argv[n++] = x->facts.folder;
	for (size_t i = 0; x->setup->plan_argv[i] && n < WORDS_MAX; i++)
		argv[n++] = x->setup->plan_argv[i];
	argv[n] = NULL;
	x->complaint_fd = memfd_create("complaint", MFD_CLOEXEC);
	if (x->complaint_fd < 0)
		return -errno;
	r = remote_ssh_start(&x->ssh, argv, x->complaint_fd, &x->process, &x->fd, err);
	if (r == 0)
		r = rundir_create(x->setup->out, &x->session.rd, err);
	if (r == 0) {
		x->session.outcome->has_rundir = true;
		x->session.started_ns = x->session.heard_ns = wait_now_ns();
		r = channel_new(x->fd, x->session.rd, session_on_line, &x->session,
				&x->session.channel);
	}
	return r;
}

static void tell(struct remote *x, enum session_event what, const char *text)
{
	if (x->setup->watch)
		x->setup->watch(x->setup->watch_ctx, what, NULL, text);
}

static int on_lines(struct remote *x, struct error *err)
{
	struct session *s = &x->session;
	long before = channel_counts(s->channel)->lines;
	int r = channel_read(s->channel, err);

	if (channel_counts(s->channel)->lines == before || s->booted_ns || r < 0)
		return r;
	s->booted_ns = wait_now_ns();
	s->outcome->boot_ns = s->booted_ns - s->started_ns;
	tell(x, SESSION_BOOTED, NULL);
	if (x->setup->prober_port && x->address) {
		int started = prober_start_at(x->address, x->setup->prober_port, &s->prober, err);

		r = started < 0 ? started : r;
	}
	return r;
}

/* 1: go on, 0: the other end is gone. */
static int turn(struct remote *x, struct error *err)
{
	struct pollfd p[] = { { .fd = x->fd, .events = POLLIN },
			      { .fd = x->is_stopping ? -1 : x->setup->signal_fd,
				.events = POLLIN } };
	int64_t now;

	if (poll(p, 2, 250) < 0 && errno != EINTR)
		return -errno;
	now = wait_now_ns();
	/* A relay that hears nothing any more ends the run; so does one whose input is closed. */
	if (p[1].revents) {
		x->is_stopping = true;
		x->alive_ns = now;
		kill(x->process.pid, SIGTERM);
	}
	if (x->is_stopping && now - x->alive_ns > GOODBYE_NS)
		return 0;
	if (!x->is_stopping && now - x->alive_ns > ALIVE_NS) {
		x->alive_ns = now;
		/* One that cannot be written to shows itself in what comes. */
		if (file_write_all(x->fd, ALIVE, strlen(ALIVE)) < 0)
			return 0;
	}
	if (!p[0].revents) {
		tell(x, SESSION_TICK, NULL);
		return 1;
	}
	return on_lines(x, err);
}

static char *complaint_of(const struct remote *x)
{
	char path[32], *text = NULL;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", x->complaint_fd);
	return file_read(AT_FDCWD, path, &text, NULL) == 0 ? text : NULL;
}

/* Asks the box, until it has its CPUs back or time is over: what became of it. */
static char *ask_again(struct remote *x, bool *ret_has_rebooted)
{
	int64_t deadline = wait_now_ns() + wait_scaled(RETURN_NS);
	struct remote_facts now = {};
	bool has_answered = false;

	*ret_has_rebooted = false;
	while (wait_now_ns() < deadline) {
		if (remote_ssh_ask(&x->ssh, false, wait_now_ns() + 20 * NS_PER_S, &now, NULL) ==
		    0) {
			has_answered = true;
			*ret_has_rebooted = strcmp(now.boot_id, x->facts.boot_id) != 0;
			if (*ret_has_rebooted || strcmp(now.online, x->facts.online) == 0)
				break;
		}
		wait_pause(RETRY_NS);
	}
	if (!has_answered)
		return strdup("the connection ended, and the box does not answer since");
	if (*ret_has_rebooted)
		return strdup("it has booted anew");
	return text_printf("the connection ended; the box is up, and of its CPUs %s are online, %s",
			   now.online,
			   strcmp(now.online, x->facts.online) ? "which were more before"
							       : "as before the run");
}

static int on_gone(struct remote *x)
{
	struct session *s = &x->session;
	_cleanup_free_ char *complaint = NULL, *why = NULL;
	bool has_rebooted;

	if (s->has_ended && s->has_exited) {
		s->outcome->end = SESSION_DONE;
		return 0;
	}
	if (!s->booted_ns || (s->has_exited && !s->has_begun)) {
		complaint = complaint_of(x);
		s->outcome->end = SESSION_NOT_BEGUN;
		s->outcome->guest_status = s->exit_status;
		snprintf(s->outcome->text, sizeof(s->outcome->text),
			 "no run began on \"%s\": %.300s", x->ssh.target,
			 complaint && *text_strip(complaint) ? text_strip(complaint)
							     : "it does not say why");
		return 0;
	}
	if (x->is_stopping) {
		s->outcome->end = SESSION_STOPPED;
		return session_record_interrupted(s);
	}
	why = ask_again(x, &has_rebooted);
	if (!why)
		return -ENOMEM;
	if (has_rebooted) {
		s->outcome->end = SESSION_CRASHED;
		return session_record_crash(s, "reset", "rebooted");
	}
	s->outcome->end = SESSION_LOST;
	return session_record_lost(s, why);
}

static int record_lab(const struct remote *x)
{
	_cleanup_free_ char *path = text_printf("%s/lab.json", x->setup->out), *text = NULL;
	json_t *doc = json_pack("{s:s, s:s, s:s, s:i}", "box", x->setup->url, "kernel",
				x->facts.kernel, "prober", x->address ? x->address : "",
				"prober_port", x->setup->prober_port);

	text = doc ? json_dumps(doc, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
	json_decref(doc);
	return path && text ? file_replace(AT_FDCWD, path, text, strlen(text)) : -ENOMEM;
}

static int play(struct remote *x, struct error *err)
{
	_cleanup_free_ char *how = text_printf("ssh, on %s", x->ssh.target);
	struct session *s = &x->session;
	int r;

	tell(x, SESSION_STARTED, how ? how : "");
	r = prepare(x, err);
	if (r < 0 && *x->facts.folder)
		remote_ssh_remove(&x->ssh, x->facts.folder);
	if (r == 0)
		r = start(x, err);
	if (r < 0)
		return r;
	s->console = text_printf("%s/console.txt", x->setup->out);
	x->alive_ns = wait_now_ns();
	do
		r = turn(x, err);
	while (r == 1 && !(s->has_ended && s->has_exited));
	if (r >= 0)
		r = channel_finish(s->channel, err);
	prober_stop(s->prober);
	if (r >= 0)
		r = on_gone(x);
	if (r >= 0 && s->booted_ns)
		r = session_record_outside(s);
	return r >= 0 ? record_lab(x) : r;
}

static void clear(struct remote *x)
{
	struct session *s = &x->session;

	process_end(&x->process, NS_PER_S);
	cleanup_close(&x->fd);
	cleanup_close(&x->complaint_fd);
	prober_free(s->prober);
	channel_free(s->channel);
	session_forget(s);
	free(x->address);
	remote_ssh_close(&x->ssh);
}

int remote_run(const struct remote_setup *setup, struct session_outcome *ret, struct error *err)
{
	struct session_outcome outcome = {};
	struct error own = {};
	struct remote x = { .setup = setup,
			    .process = PROCESS_NONE,
			    .fd = -1,
			    .complaint_fd = -1,
			    .session_setup = { .out = setup->out,
					       .watch = setup->watch,
					       .watch_ctx = setup->watch_ctx } };
	int r = remote_ssh_open(setup->url, setup->ssh_options, &x.ssh);

	if (r < 0)
		return error_set(err, -r, "\"%s\" is no box: ssh://[USER@]HOST[:PORT]", setup->url);
	x.session = (struct session){ .setup = &x.session_setup,
				      .windows = json_array(),
				      .image_fd = -1,
				      .began_ns = wait_now_ns(),
				      .outcome = &outcome };
	x.address = remote_ssh_address(&x.ssh);
	r = play(&x, &own);
	clear(&x);
	if (r < 0 && !outcome.has_rundir)
		return error_set(err, own.code ? own.code : -r, "%s",
				 own.code ? own.text : strerror(-r));
	if (r < 0) {
		outcome.end = SESSION_ERROR;
		snprintf(outcome.text, sizeof(outcome.text), "%s",
			 own.code ? own.text : strerror(-r));
	}
	*ret = outcome;
	return 0;
}
