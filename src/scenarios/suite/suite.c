// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the suite in a process group of its own, and reads what it said in the end. */
#include "scenarios/suite/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "evidence/foreign.h"
#include "scenarios/suite/output.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/stage.h"

#define SUITE_NS (600 * NS_PER_S)
#define GROUP_NS (10 * NS_PER_S)

const struct claim suite_completes = {
	.id = "suite.completes",
	.summary = "The other suite comes to its own end, with the exit code that it gives",
	.explain =
		"A suite that is killed, that hangs, or that exits with an error although none of its tests failed has not "
		"said what it was asked for. What it printed is in `tools/suite`.",
	.refs = REFS("Documentation/dev-tools/kselftest.rst", "Documentation/dev-tools/ktap.rst"),
	.faults = FAULTS("unit:suite"),
};

static const struct claim leaves_cpus = {
	.id = "suite.leaves-cpus",
	.summary = "The other suite leaves the CPUs online that it found online",
	.explain =
		"Whatever runs after it meets another box otherwise. They are put back afterwards.",
	.refs = REFS("Documentation/dev-tools/kselftest.rst"),
	.faults = FAULTS("unit:suite"),
};

static struct {
	struct suite_setup setup;
	struct scenario scenario;
	char id[160];
} configured;

struct suite {
	struct stage *stage;
	struct suite_output output;
	bool is_left; /* a process of it cannot be ended */
	int n_passed, n_failed;
};

static int start(int out, struct process *ret, struct error *err)
{
	const struct suite_setup *s = &configured.setup;
	/* setsid: what it starts is ended with it. */
	const char *const argv[] = { "setsid", "/bin/sh", "-c", s->command, NULL };
	const char *const in_folder[] = { "setsid",  "/bin/sh",  "-c", "cd \"$0\" && eval \"$1\"",
					  s->folder, s->command, NULL };

	return process_start(s->folder ? in_folder : argv, -1, out, out, ret, err);
}

/* An expectation of a test whose name nobody knew before. */
static void tell_result(struct suite *x, const json_t *result)
{
	static const struct {
		const char *verdict, *result;
	} words[] = { { "pass", "met" },
		      { "fail", "unmet" },
		      { "skip", "unexercised" },
		      { "error", "error" } };
	const char *verdict = json_string_value(json_object_get(result, "verdict")),
		   *word = "error";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (verdict && strcmp(words[i].verdict, verdict) == 0)
			word = words[i].result;
	/* The suite itself expects it to fail. */
	if (json_object_get(result, "known"))
		word = "limit";
	x->n_passed += strcmp(word, "met") == 0;
	x->n_failed += strcmp(word, "unmet") == 0;
	journal_write(stage_journal(x->stage), "expect",
		      json_pack("{s:s, s:O, s:i, s:s, s:O, s:{}}", "witness", "suite", "claim",
				json_object_get(result, "claim"), "act", 0, "result", word, "text",
				json_object_get(result, "why"), "data"));
}

static const char *read_results(struct suite *x, const char *text, size_t len)
{
	const struct suite_setup *s = &configured.setup;
	struct foreign f = { .format = s->format, .suite = s->name, .text = text, .len = len };
	static char stopped[160];
	struct error err = {};
	json_t *doc = NULL, *one;
	size_t i;

	if (strcmp(s->format, "exit") == 0)
		return NULL;
	if (foreign_parse(&f, &doc, &err) < 0) {
		snprintf(stopped, sizeof(stopped), "%s", err.text);
		return stopped;
	}
	json_array_foreach(json_object_get(doc, "results"), i, one)
		tell_result(x, one);
	snprintf(stopped, sizeof(stopped), "%s",
		 json_string_value(json_object_get(doc, "stopped")) ?: "");
	json_decref(doc);
	return *stopped ? stopped : NULL;
}

/* What a suite exits with when there was nothing to test. Of a plain command no code means that. */
static bool is_skip(const char *format, int code)
{
	static const struct {
		const char *format;
		int code;
	} skips[] = {
		{ "ktap", 4 },      /* KSFT_SKIP */
		{ "ltp", 32 },      /* TCONF */
		{ "stress-ng", 3 }, /* no resources */
		{ "stress-ng", 4 }, /* not implemented here */
	};

	for (size_t i = 0; i < ARRAY_SIZE(skips); i++)
		if (skips[i].code == code && strcmp(skips[i].format, format) == 0)
			return true;
	return false;
}

static void judge(struct suite *x, int status, bool is_late, const char *stopped)
{
	bool has_exited = WIFEXITED(status);
	int code = has_exited ? WEXITSTATUS(status) : WTERMSIG(status);
	json_t *data = json_pack("{s:i, s:b, s:i, s:i}", "status", code, "signalled", !has_exited,
				 "passed", x->n_passed, "failed", x->n_failed);

	if (is_late)
		expect(x->stage, NULL, &suite_completes, false, data,
		       "it did not end within its time and was killed");
	else if (!has_exited)
		expect(x->stage, NULL, &suite_completes, false, data, "signal %d ended it", code);
	else if (is_skip(configured.setup.format, code) && x->n_passed + x->n_failed == 0)
		expect_unexercised(x->stage, NULL, &suite_completes, data,
				   "it says that it cannot be tried here: exit code %d", code);
	else if (stopped)
		expect_error(x->stage, NULL, &suite_completes, data, "exit code %d, and %s", code,
			     stopped);
	else
		expect(x->stage, NULL, &suite_completes, code == 0 || x->n_failed > 0, data,
		       "exit code %d, %d of its tests passed, %d failed", code, x->n_passed,
		       x->n_failed);
}

/* Its orphans are ours meanwhile. */
static bool is_group_gone(void *arg)
{
	pid_t *group = arg, pid;

	while ((pid = waitpid(-*group, NULL, WNOHANG)) > 0)
		;
	return pid < 0 && errno == ECHILD;
}

/* Whoever still writes CPU files would make what is read of them next untrue. */
static void end_group(struct suite *x, struct process *p, pid_t group)
{
	kill(-group, SIGKILL);
	process_end(p, 0);
	x->is_left = wait_until(is_group_gone, &group, wait_now_ns() + wait_scaled(GROUP_NS)) != 1;
}

static int listen_and_judge(struct suite *x, struct process *p, int fd)
{
	const struct suite_setup *s = &configured.setup;
	int64_t deadline = wait_now_ns() + wait_scaled(s->time_ns ? s->time_ns : SUITE_NS);
	pid_t group = p->pid;
	int status = 0, r = suite_output_listen(&x->output, fd, deadline);
	_cleanup_free_ char *text = NULL;
	bool is_late = r == 0;
	size_t len;

	/* Whoever still holds the output is not waited for. */
	if (r >= 0)
		r = process_wait(p, wait_now_ns() + (is_late ? 0 : 10 * NS_PER_S), &status);
	is_late |= r == 0;
	end_group(x, p, group);
	if (r < 0)
		return r;
	text = suite_output_text(&x->output, &len);
	if (!text)
		return -ENOMEM;
	judge(x, status, is_late,
	      x->output.is_cut ? "it printed more than is read" : read_results(x, text, len));
	return 0;
}

static void compare_cpus(struct stage *s, const struct cpulist *before, bool is_left)
{
	char text[2][CPULIST_TEXT];
	struct cpulist now;
	int r = cpu_online_read(stage_box(s), &now);

	if (is_left) {
		expect_error(s, NULL, &leaves_cpus, NULL,
			     "a process of the suite cannot be ended: what is online may change");
		return;
	}
	if (r < 0) {
		expect_error(s, NULL, &leaves_cpus, NULL, "cannot read the online CPUs: %s",
			     strerror(-r));
		return;
	}
	expect(s, NULL, &leaves_cpus, cpulist_equal(before, &now), NULL,
	       "online were %s and are %s", cpulist_format(before, text[0], sizeof(text[0])),
	       cpulist_format(&now, text[1], sizeof(text[1])));
}

static int play(struct stage *s)
{
	_cleanup_process_ struct process p = PROCESS_NONE;
	struct suite x = { .stage = s };
	struct cpulist before;
	struct error err = {};
	int fds[2], r = cpu_online_read(stage_box(s), &before);

	if (r == 0)
		r = suite_output_open(s, &x.output);
	if (r < 0)
		return r;
	expect_unexercised(s, NULL, &act_as_expected, NULL,
			   "what the suite writes are no acts of this run");
	if (pipe2(fds, O_CLOEXEC) < 0) {
		r = -errno;
		suite_output_close(&x.output);
		return r;
	}
	observe(s, NULL, "suite.command",
		json_pack("{s:s, s:s, s:s}", "suite", configured.setup.name, "format",
			  configured.setup.format, "command", configured.setup.command));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r = start(fds[1], &p, &err);
	close(fds[1]);
	if (r < 0)
		expect_error(s, NULL, &suite_completes, NULL, "%s", err.text);
	else
		r = listen_and_judge(&x, &p, fds[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	compare_cpus(s, &before, x.is_left);
	close(fds[0]);
	suite_output_close(&x.output);
	return r;
}

const struct scenario *suite_scenario(const struct suite_setup *setup)
{
	static const struct claim *const claims[] = { &suite_completes, &leaves_cpus, NULL };
	static const char *const witnesses[] = { "kernel-log", NULL };

	configured.setup = *setup;
	snprintf(configured.id, sizeof(configured.id), "suite.%s", setup->name);
	configured.scenario = (struct scenario){
		.id = configured.id,
		.summary = "Another suite's tests, as it tells of them",
		.explain = "Runs the command of `--suite` and writes down what it says.",
		.claims = claims,
		.witnesses = witnesses,
		.play = play,
	};
	return &configured.scenario;
}
