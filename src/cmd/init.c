// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hotproof as the first process of a lab guest: does the chores, lets the planned command run on
 * the lab's port, powers off. Only here do guest/ and the subcommands meet. Not for a box that has
 * another init.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/cmds.h"
#include "guest/guest.h"

#define PORT_NS (20 * NS_PER_S)
#define ORPHANS_NS (60 * NS_PER_S)
#define EXIT_NS (5 * NS_PER_S)
#define WORDS_MAX 256

struct words {
	char *list[WORDS_MAX + 1];
	int n;
};

static void add_word(struct words *w, char *word)
{
	if (word && w->n < WORDS_MAX)
		w->list[w->n++] = word;
}

/* Every complaint goes to the console, and with the run's notes into the journal. */
static void complain(void *arg, const char *text)
{
	printf("hotproof: %s\n", text);
	fflush(stdout);
	add_word(arg, text_printf("--note=%s", text));
}

/* A plan may name a program of the guest instead, by its path: the tests do. Then that gets the
 * port, and nothing else is added. */
static void add_plan(struct words *w, const json_t *argv, int port, const struct words *notes)
{
	const char *first = json_string_value(json_array_get(argv, 0));
	bool is_program = first && first[0] == '/';
	json_t *word;
	size_t i;

	if (!is_program) {
		add_word(w, strdup("hotproof"));
		add_word(w, strdup("run"));
	}
	json_array_foreach(argv, i, word)
		add_word(w, strdup(json_string_value(word)));
	add_word(w, text_printf("--port-fd=%d", port));
	for (int n = 0; n < notes->n && !is_program; n++)
		add_word(w, strdup(notes->list[n]));
}

/* Reaps all, the guardian of a run that was killed too; the run's own status is what is told. */
static int reap(pid_t run, int watchdog)
{
	int status = 0, run_status = 0;
	int64_t give_up = INT64_MAX;
	sigset_t chld;
	pid_t pid = -1;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		struct timespec ts = { 1, 0 };

		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid != run)
				continue;
			run_status = status;
			/* A run that ended by itself left only those who cannot end. */
			give_up = wait_now_ns() +
				  wait_scaled(WIFEXITED(status) ? NS_PER_S : ORPHANS_NS);
		}
		if (pid < 0 || wait_now_ns() > give_up)
			return run_status;
		guest_watchdog_serve(watchdog);
		sigtimedwait(&chld, NULL, &ts);
	}
}

static int start(const struct cmd_program *program, struct words *w, pid_t *ret_pid)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		setsid();
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (w->list[0][0] == '/') {
			execv(w->list[0], w->list);
			_exit(VERDICT_EXIT_NOT_JUDGED);
		}
		_exit(cmd_main(program, w->n, w->list));
	}
	*ret_pid = pid;
	return 0;
}

static void free_words(struct words *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->list[i]);
	w->n = 0;
}

int cmd_init_main(const struct cmd_program *program)
{
	struct words words = {}, notes = {};
	struct guest guest = { .complain = complain, .arg = &notes };
	struct error err = {};
	json_t *argv = NULL;
	sigset_t all;
	int port, status, watchdog = -1, watchdog_s = 0, r;
	pid_t pid = -1;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0);
	guest_mount(&guest);
	guest_load_modules(&guest, GUEST_MODULES);
	guest_network(&guest);
	port = guest_open_port(GUEST_PORT, wait_now_ns() + PORT_NS);
	if (port < 0)
		guest_complain(
			&guest,
			"no virtio-serial port \"%s\": %s; is virtio_console among the modules?",
			GUEST_PORT, strerror(-port));
	r = guest_read_plan(GUEST_PLAN, &argv, &watchdog_s, &err);
	if (r < 0)
		guest_complain(&guest, "%s", err.text);
	status = VERDICT_EXIT_NOT_JUDGED << 8;
	if (port >= 0 && r == 0) {
		watchdog = guest_watchdog_open(watchdog_s);
		add_plan(&words, argv, port, &notes);
		r = start(program, &words, &pid);
		if (r < 0)
			guest_complain(&guest, "cannot start the run: %s", strerror(-r));
		else
			status = reap(pid, watchdog);
	}
	guest_watchdog_close(watchdog);
	if (port >= 0)
		guest_say_exit(port, status, wait_now_ns() + EXIT_NS);
	json_decref(argv);
	free_words(&words);
	free_words(&notes);
	guest_power_off();
}
