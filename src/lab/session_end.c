// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the end of a guest means: it did not boot, it panicked, reset, hung, or was lost, which says
 * nothing of its kernel. Who is asked: QMP, the console, QEMU's own end, the guest's last words.
 */
#include "lab/session_internal.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "base/wait.h"
#include "lab/console.h"

#define BOOT_NS (60 * NS_PER_S)
/* The run in the guest has its own 60 s for a transition; this is for a guest that cannot even say
 * so. */
#define SILENCE_NS (150 * NS_PER_S)
#define POWER_OFF_NS (15 * NS_PER_S)

bool session_is_text(const json_t *line, const char *key, const char *want)
{
	const char *have = json_string_value(json_object_get(line, key));

	return have && strcmp(have, want) == 0;
}

static int finish(struct session *s, enum session_end end)
{
	s->outcome->end = end;
	return 0;
}

static void say_not_booted(struct session *s, const char *what)
{
	_cleanup_free_ char *complaint = qemu_complaint(s->qemu), *panic = NULL, *tail = NULL;
	const char *last;

	session_hear_out(s);
	panic = console_panic(s->console);
	tail = console_tail(s->console, 1);
	last = panic ? panic : tail && *text_strip(tail) ? text_strip(tail) : NULL;
	snprintf(s->outcome->text, sizeof(s->outcome->text),
		 "the guest did not boot: %s; %s\"%s\"; the console is in \"%s\"", what,
		 complaint && !panic ? "QEMU said " : "the console's last words are ",
		 complaint && !panic ? complaint
		 : last              ? last
				     : "",
		 s->console);
}

/*
 * Why the guest is gone by no deed of its own, owned by the caller; NULL: it was its own deed. A
 * guest can end QEMU only in ways that QEMU tells as the guest's.
 */
static char *why_lost(struct session *s)
{
	_cleanup_free_ char *complaint = NULL;
	bool has_died = qemu_has_died(s->qemu);
	int status = s->qemu->status;

	if (s->qemu->process.pid > 0 || s->has_exited)
		return NULL;
	complaint = qemu_complaint(s->qemu);
	if (has_died)
		return text_printf("QEMU was ended by signal %d (%s)%s%s", WTERMSIG(status),
				   strsignal(WTERMSIG(status)), complaint ? ": " : "",
				   complaint ? complaint : "");
	if (text_starts(s->shutdown, "host-"))
		return text_printf("QEMU was told to end (%s)", s->shutdown);
	if (WEXITSTATUS(status) != 0)
		return text_printf("QEMU ended with status %d%s%s", WEXITSTATUS(status),
				   complaint ? ": " : "", complaint ? complaint : "");
	return NULL;
}

static int end_lost(struct session *s, const char *why)
{
	int r = session_record_lost(s, why);

	return r < 0 ? r : finish(s, SESSION_LOST);
}

static int end_not_begun(struct session *s)
{
	_cleanup_free_ char *tail = console_complaint(s->console);

	snprintf(s->outcome->text, sizeof(s->outcome->text),
		 "the guest booted, but no run began in it: %s",
		 tail ? tail : "it does not say why; see console.txt");
	s->outcome->guest_status = s->exit_status;
	return finish(s, SESSION_NOT_BEGUN);
}

static int end_crashed(struct session *s, const char *how, const char *what)
{
	int r = session_record_crash(s, how, what);

	return r < 0 ? r : finish(s, SESSION_CRASHED);
}

int session_end_gone(struct session *s)
{
	_cleanup_free_ char *panic = console_panic(s->console), *lost = NULL;

	if (s->has_ended)
		return finish(s, SESSION_DONE);
	if (!s->booted_ns) {
		say_not_booted(s, "it ended without a word on its port");
		return finish(s, SESSION_NOT_BOOTED);
	}
	if (panic || s->has_panicked)
		return end_crashed(s, "panic", "panicked");
	if (s->has_bitten)
		return session_end_hung(s, "its watchdog was served by nobody");
	lost = why_lost(s);
	if (lost)
		return end_lost(s, lost);
	if (!s->has_begun)
		return end_not_begun(s);
	if (s->has_exited)
		return end_crashed(s, "vanished", "lost its run");
	if (s->has_reset)
		return end_crashed(s, "reset", "reset itself");
	if (strcmp(s->shutdown, "guest-shutdown") == 0)
		return end_crashed(s, "off", "powered itself off");
	return end_crashed(s, "vanished", "vanished");
}

int session_end_stopped(struct session *s)
{
	int r = s->booted_ns ? session_record_interrupted(s) : 0;

	if (!s->booted_ns)
		snprintf(s->outcome->text, sizeof(s->outcome->text),
			 "ended by the user while the guest booted");
	return r < 0 ? r : finish(s, SESSION_STOPPED);
}

int session_end_hung(struct session *s, const char *what)
{
	int r = session_record_hang(s, what, wait_now_ns() - s->heard_ns);

	return r < 0 ? r : finish(s, SESSION_SILENT);
}

int session_end_overdue(struct session *s)
{
	int64_t now = wait_now_ns(), silent = now - s->heard_ns;
	_cleanup_free_ char *what = NULL;

	if (!s->booted_ns && now - s->started_ns > wait_scaled(BOOT_NS)) {
		what = text_printf("nothing came from it within %lld s",
				   (long long)(wait_scaled(BOOT_NS) / NS_PER_S));
		say_not_booted(s, what ? what : "");
		return finish(s, SESSION_NOT_BOOTED);
	}
	if (s->has_ended || s->has_exited)
		return silent > wait_scaled(POWER_OFF_NS) ? session_end_gone(s) : 1;
	if (silent > wait_scaled(SILENCE_NS)) {
		what = text_printf("it said nothing for %lld s", (long long)(silent / NS_PER_S));
		return session_end_hung(s, what ? what : "it said nothing");
	}
	return 1;
}
