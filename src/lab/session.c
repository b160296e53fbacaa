// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop of a session: waits for the guest's port, QMP, QEMU's end and the caller's signal, and
 * keeps account of where the run is. What an end means is session_end.c's matter, what is written
 * down about it session_record.c's.
 */
#include "lab/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/text.h"
#include "base/wait.h"
#include "lab/console.h"
#include "lab/session_internal.h"

/* QEMU may die of itself, or lose a timer, this often before that is the answer. */
#define BOOTS_MAX 3
#define TICK_NS (NS_PER_S / 4)

enum source { SOURCE_PORT, SOURCE_QMP, SOURCE_QEMU, SOURCE_SIGNAL, SOURCES };

static void tell(struct session *s, enum session_event what, const json_t *line, const char *text)
{
	if (s->setup->watch)
		s->setup->watch(s->setup->watch_ctx, what, line, text);
}

static void on_begin_or_end(struct session *s, const json_t *line, bool is_begin)
{
	if (session_is_text(line, "of", "run")) {
		s->has_begun |= is_begin;
		s->has_ended |= !is_begin;
		return;
	}
	free(s->scenario);
	json_decref(s->alone);
	json_decref(s->act);
	s->scenario = NULL;
	s->alone = s->act = NULL;
	s->is_in_flight = false;
	if (is_begin) {
		const char *id = json_string_value(json_object_get(line, "scenario"));

		s->scenario = id ? strdup(id) : NULL;
		s->alone = json_incref(json_object_get(line, "alone"));
	}
}

void session_on_line(void *ctx, const json_t *line)
{
	struct session *s = ctx;

	json_decref(s->last);
	s->last = json_incref((json_t *)line);
	if (session_is_text(line, "type", "begin") || session_is_text(line, "type", "end")) {
		on_begin_or_end(s, line, session_is_text(line, "type", "begin"));
	} else if (session_is_text(line, "type", "act")) {
		json_decref(s->act);
		s->act = json_incref((json_t *)line);
		s->is_in_flight = true;
		if (!s->outcome->first_act_ns)
			s->outcome->first_act_ns = wait_now_ns() - s->began_ns;
	} else if (session_is_text(line, "type", "done")) {
		s->is_in_flight = false;
	} else if (session_is_text(line, "what", "packet.window")) {
		json_array_append(s->windows, (json_t *)line);
	} else if (session_is_text(line, "what", "firmware.look")) {
		/* A failed write shows again at the next line, which is written by whoever can tell
		 * of it. */
		(void)!session_record_look(s, line);
	} else if (session_is_text(line, "what", "plug.ask") ||
		   session_is_text(line, "what", "plug.seen")) {
		(void)!session_record_plug(s, line);
	}
	if (session_is_text(line, "type", "exit")) {
		json_t *signal = json_object_get(line, "signal");

		s->has_exited = true;
		s->exit_status = signal ? -(int)json_integer_value(signal)
					: (int)json_integer_value(json_object_get(line, "status"));
		return;
	}
	tell(s, SESSION_LINE, line, NULL);
}

/* The first line: from now on the echo may be there too. */
static int on_booted(struct session *s, struct error *err)
{
	s->booted_ns = wait_now_ns();
	s->outcome->boot_ns = s->booted_ns - s->started_ns;
	tell(s, SESSION_BOOTED, NULL, NULL);
	if (!s->qemu->udp_port)
		return 0;
	return prober_start(s->qemu->udp_port, &s->prober, err);
}

static int on_port(struct session *s, struct error *err)
{
	long before = channel_counts(s->channel)->lines;
	int r = channel_read(s->channel, err);

	if (channel_counts(s->channel)->lines > before) {
		s->heard_ns = wait_now_ns();
		if (!s->booted_ns && r >= 0) {
			int started = on_booted(s, err);

			r = started < 0 ? started : r;
		}
	}
	return r;
}

static void on_qmp(struct session *s)
{
	json_t *event;

	while (qmp_event(s->qemu->qmp, &event) == 1) {
		json_t *data = json_object_get(event, "data");
		const char *reason = json_string_value(json_object_get(data, "reason"));

		if (session_is_text(event, "event", "GUEST_PANICKED") ||
		    session_is_text(data, "reason", "guest-panic"))
			s->has_panicked = true;
		if (session_is_text(event, "event", "RESET") ||
		    session_is_text(data, "reason", "guest-reset"))
			s->has_reset = true;
		if (session_is_text(event, "event", "SHUTDOWN"))
			snprintf(s->shutdown, sizeof(s->shutdown), "%s", reason ? reason : "");
		s->has_bitten |= session_is_text(event, "event", "WATCHDOG");
		json_decref(event);
	}
}

static int watch_all(struct session *s, int ep)
{
	const int fds[SOURCES] = { s->qemu->port_fd, qmp_fd(s->qemu->qmp), s->qemu->process.pidfd,
				   s->setup->signal_fd };

	for (int i = 0; i < SOURCES; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };

		if (fds[i] >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev) < 0)
			return -errno;
	}
	return 0;
}

/* Everything that was sent before the end is read before the end is believed. */
static int drain_and_end(struct session *s, struct error *err)
{
	int r = channel_finish(s->channel, err);

	on_qmp(s);
	return r < 0 ? r : session_end_gone(s);
}

/* 1: go on, 0: the session has ended, -errno. */
static int turn(struct session *s, int ep, struct error *err)
{
	struct epoll_event events[SOURCES];
	int n, r = wait_readable(ep, wait_now_ns() + TICK_NS);
	bool is_gone = false;

	if (r < 0)
		return r;
	n = r == 0 ? 0 : epoll_wait(ep, events, SOURCES, 0);
	for (int i = 0; i < n; i++) {
		switch (events[i].data.u32) {
		case SOURCE_PORT:
			r = on_port(s, err);
			if (r < 0)
				return r;
			is_gone |= r == 0;
			break;
		case SOURCE_QMP: on_qmp(s); break;
		case SOURCE_QEMU: is_gone = true; break;
		default: return session_end_stopped(s);
		}
	}
	/*
	 * After its last word a guest only powers off: nothing is left to be seen, unless its run
	 * failed and said why on the console, which is slow.
	 */
	if (is_gone || s->has_panicked || s->has_bitten || (s->has_exited && s->has_ended))
		return drain_and_end(s, err);
	if (n == 0)
		tell(s, SESSION_TICK, NULL, NULL);
	return session_end_overdue(s);
}

static int loop(struct session *s, struct error *err)
{
	_cleanup_close_ int ep = epoll_create1(EPOLL_CLOEXEC);
	int r = ep < 0 ? -errno : watch_all(s, ep);

	while (r >= 0) {
		r = turn(s, ep, err);
		if (r == 0)
			break;
	}
	return r;
}

static void say_started(struct session *s)
{
	_cleanup_free_ char *how = text_printf("%s (%s)", s->use_kvm ? "KVM" : "TCG", s->kvm_why);

	tell(s, SESSION_STARTED, NULL, how ? how : "");
}

void session_forget(struct session *s)
{
	rundir_free(s->rd);
	json_decref(s->windows);
	json_decref(s->alone);
	json_decref(s->act);
	json_decref(s->last);
	free(s->scenario);
	free(s->console);
}

static void clear(struct session *s)
{
	session_unboot(s);
	session_forget(s);
	cleanup_close(&s->image_fd);
	free(s->kvm_why);
}

/* It is the emulator that failed, by its own races on a loaded host, and not the kernel. */
static bool is_emulator_to_blame(const struct session *s)
{
	return qemu_has_died(s->qemu) || (!s->use_kvm && console_has_lost_timer(s->console));
}

/*
 * One guest, from power on to its end. 1: the emulator failed before the guest had said anything:
 * nothing has happened yet, so it may be tried again.
 */
static int play_once(struct session *s, struct error *err)
{
	int r = session_boot(s, err);

	if (r < 0)
		return r;
	r = loop(s, err);
	if (r == 0 && s->outcome->end == SESSION_NOT_BOOTED && is_emulator_to_blame(s))
		return 1;
	/* First the guest, then the prober: what was still on its way back has come by then. */
	process_end(&s->qemu->process, 0);
	prober_stop(s->prober);
	return r;
}

static int run(struct session *s, struct error *err)
{
	int r = session_prepare(s, err);

	if (r == 0)
		say_started(s);
	while (r >= 0) {
		r = play_once(s, err);
		if (r != 1 || ++s->n_failed_boots == BOOTS_MAX)
			break;
		tell(s, SESSION_BOOT_FAILED, NULL, s->outcome->text);
		s->outcome->text[0] = '\0'; /* it is told, and says nothing of the next one */
		session_unboot(s);
	}
	if (r >= 0 && s->booted_ns)
		r = session_record_outside(s);
	if (r >= 0 && s->booted_ns)
		r = session_record_lab(s);
	return r < 0 ? r : 0;
}

/* QEMU did not even start: then there is no evidence, and nothing shall lie about. */
static void discard_rundir(const char *path)
{
	static const char *const files[] = { "console.txt", "lab.json" };
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(fd, files[i], 0);
	unlinkat(fd, "tools", AT_REMOVEDIR);
	/* Fails when somebody else has put something there: then it stays. */
	rmdir(path);
}

int session_run(const struct session_setup *setup, struct session_outcome *ret, struct error *err)
{
	struct session_outcome outcome = {};
	struct error own = {};
	struct session s = {
		.setup = setup,
		.windows = json_array(),
		.image_fd = -1,
		.began_ns = wait_now_ns(),
		.outcome = &outcome,
	};
	int r = run(&s, &own);

	if (r < 0 && own.code == 0)
		error_set(&own, -r, "cannot write to the run directory \"%s\": %s", setup->out,
			  strerror(-r));
	if (r < 0 && outcome.has_rundir && !s.channel) {
		discard_rundir(setup->out);
		outcome.has_rundir = false;
	}
	clear(&s);
	if (r < 0 && !outcome.has_rundir)
		return error_set(err, own.code, "%s", own.text);
	if (r < 0) {
		outcome.end = SESSION_ERROR;
		snprintf(outcome.text, sizeof(outcome.text), "%s", own.text);
	}
	*ret = outcome;
	return 0;
}
