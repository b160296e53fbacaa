// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `hotproof lab shrink RUN`: looks for the smallest plan of a race that still fails as RUN did.
 * Each try is a `hotproof lab run` of its own, in a fresh guest, with the options that RUN had.
 * What is dropped in which order is lab/reduce.h's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "cmd/lab_shrink.h"
#include "lab/reduce.h"

#define TRY_NS (900 * NS_PER_S) /* one guest */
#define NO_GUEST_MAX 3          /* guests in a row that gave no verdict */

enum { OPT_TRIES = 1, OPT_BUDGET, OPT_SCENARIO, OPT_CONFIRM, OPT_QUIET };

static const struct cmd_option options[] = {
	{ OPT_TRIES, "tries", 0, "N",
	  "How often a smaller plan may pass before it is given up (3)" },
	{ OPT_CONFIRM, "confirm", 0, "N", "How often the smallest plan is played in the end (5)" },
	{ OPT_BUDGET, "time-budget", 0, "TIME",
	  "Stop looking after so long, as in 90s, 30m, 2h (1h)" },
	{ OPT_SCENARIO, "scenario", 's', "ID", "Which race, where more than one failed",
	  CMD_SCENARIO },
	{ OPT_QUIET, "quiet", 'q', NULL, "No progress, only the result" },
	{},
};

struct shrink {
	const char *run, *scenario;
	struct lab_shrink_source source;
	int tries, confirm, n_guests, n_no_verdict;
	bool is_quiet;
	int64_t budget_ns, give_up_ns;
	char work[64]; /* folder for the tries */
	char self[PATH_MAX];
};

static void say(const struct shrink *s, const json_t *plan, const char *what)
{
	if (s->is_quiet)
		return;
	fprintf(stderr, "%s%4d guests  without %s: %zu actors, %zu operations%s",
		isatty(STDERR_FILENO) ? "\r\033[K" : "", s->n_guests, what,
		reduce_count_actors(plan), reduce_count_ops(plan),
		isatty(STDERR_FILENO) ? "" : "\n");
	fflush(stderr);
}

static void trying(void *arg, const json_t *plan, const char *what)
{
	say(arg, plan, what);
}

/* `lab run` with the options of the failed run. 0 when it ended; its exit code says nothing yet. */
static int play(struct shrink *s, const char *plan, const char *out)
{
	size_t n = 0, n_words = 0;
	_cleanup_free_ const char **argv = NULL;
	_cleanup_process_ struct process p = PROCESS_NONE;
	const char *const own[] = { "--plan",  plan,          "--out",
				    out,       "--scenario",  s->source.scenario,
				    "--quiet", "--no-report", "--no-retry" };
	struct error err = {};
	int r;

	while (s->source.words[n_words])
		n_words++;
	argv = calloc(n_words + ARRAY_SIZE(own) + 3, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	argv[n++] = s->self;
	argv[n++] = "run";
	for (size_t i = 0; i < n_words; i++)
		argv[n++] = s->source.words[i];
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		argv[n++] = own[i];
	r = process_start(argv, -1, -1, -1, &p, &err);
	if (r == 0)
		r = process_wait(&p, wait_now_ns() + wait_scaled(TRY_NS), NULL);
	return r < 0 ? r : r == 0 ? -ETIMEDOUT : 0;
}

/* 1: it fails as the run did; 0: not; -errno: no verdict could be had. */
static int try_once(struct shrink *s, const json_t *plan)
{
	_cleanup_free_ char *file = text_printf("%s/plan.json", s->work),
			    *out = text_printf("%s/try-%d", s->work, s->n_guests),
			    *text = json_dumps(plan, JSON_COMPACT | JSON_PRESERVE_ORDER);
	int r;

	if (!file || !out || !text)
		return -ENOMEM;
	r = file_replace(AT_FDCWD, file, text, strlen(text));
	s->n_guests++;
	if (r == 0)
		r = play(s, file, out);
	if (r == 0)
		r = lab_shrink_source_fails(&s->source, out);
	lab_shrink_source_forget(out);
	return r;
}

/* A guest that gives no verdict says nothing about the plan: another one is asked. */
static int try_until_verdict(struct shrink *s, const json_t *plan)
{
	int r;

	do {
		r = try_once(s, plan);
		s->n_no_verdict = r < 0 ? s->n_no_verdict + 1 : 0;
	} while (r < 0 && r != -ENOMEM && s->n_no_verdict < NO_GUEST_MAX);
	return r;
}

static int fails(void *arg, const json_t *plan)
{
	struct shrink *s = arg;
	int r = 0;

	for (int i = 0; i < s->tries && r == 0; i++) {
		if (wait_now_ns() > s->give_up_ns)
			return -ETIME;
		r = try_until_verdict(s, plan);
	}
	return r;
}

static void print_plan(const struct shrink *s, const json_t *plan)
{
	json_t *actor;
	size_t i;

	printf("cat >plan.json <<'EOF'\n{\"format\": 1, \"scenario\": \"%s\", \"time_ms\": %lld, \"cpus\": \"%s\", \"actors\": [",
	       s->source.scenario, (long long)json_integer_value(json_object_get(plan, "time_ms")),
	       json_string_value(json_object_get(plan, "cpus")));
	json_array_foreach(json_object_get(plan, "actors"), i, actor) {
		_cleanup_free_ char *text = json_dumps(actor, JSON_PRESERVE_ORDER);

		printf("%s\n  %s", i ? "," : "", text ? text : "");
	}
	printf("]}\nEOF\nhotproof lab run");
	for (size_t w = 0; s->source.words[w]; w++)
		printf(strpbrk(s->source.words[w], " *?[]$\"\\;&|<>()") ? " '%s'" : " %s",
		       s->source.words[w]);
	printf(" --plan plan.json\n");
}

/* Where only togglers are left, a shell can do it too. */
static void print_shell(const json_t *plan)
{
	json_t *actor, *op;
	size_t i, k;

	json_array_foreach(json_object_get(plan, "actors"), i, actor)
		if (strcmp(json_string_value(json_object_get(actor, "kind")) ?: "", "toggle") != 0)
			return;
	printf("or, on a box that nobody needs:\n");
	json_array_foreach(json_object_get(plan, "actors"), i, actor) {
		printf("while :; do");
		json_array_foreach(json_object_get(actor, "ops"), k, op) {
			const char *text = json_string_value(op);
			int number = 0;

			if (sscanf(text, "wait %d", &number) == 1)
				printf(" sleep %d.%06d;", number / 1000000, number % 1000000);
			else if (sscanf(text, "%*s cpu%d", &number) == 1)
				printf(" echo %d >/sys/devices/system/cpu/cpu%d/online;",
				       text_starts(text, "on "), number);
		}
		printf(" done &\n");
	}
}

/* How often of how many the smallest plan fails: a race has no other answer. */
static void print_result(struct shrink *s, const json_t *plan, int r)
{
	int n_failed = 0, n = 0;

	for (; n < s->confirm; n++) {
		int one = try_until_verdict(s, plan);

		if (one < 0)
			break;
		n_failed += one;
	}
	if (!s->is_quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	printf("smallest plan: %zu actors, %zu operations (of %zu and %zu), after %d guests%s\n",
	       reduce_count_actors(plan), reduce_count_ops(plan),
	       reduce_count_actors(s->source.plan), reduce_count_ops(s->source.plan), s->n_guests,
	       r == -ETIME ? "; the time was over before it was minimal"
	       : r < 0     ? "; then no guest gave a verdict any more"
			   : "");
	printf("it fails %d of %d times: %s\n\n", n_failed, n, s->source.claims);
	print_plan(s, plan);
	print_shell(plan);
}

static int shrink(struct shrink *s)
{
	struct reduce reduce = { .fails = fails, .trying = trying, .arg = s };
	json_t *smallest = NULL;
	struct error err = {};
	ssize_t len = readlink("/proc/self/exe", s->self, sizeof(s->self) - 1);
	int r = lab_shrink_source_read(s->run, s->scenario, &s->source, &err);

	if (r < 0)
		return cmd_fail(&cmd_lab_shrink,
				r == -ENODATA ? VERDICT_EXIT_NOT_TRIED : VERDICT_EXIT_USAGE, "%s",
				err.text);
	snprintf(s->work, sizeof(s->work), "%s", "/tmp/hotproof-shrink-XXXXXX");
	if (len < 0 || !mkdtemp(s->work))
		return cmd_fail(&cmd_lab_shrink, VERDICT_EXIT_NOT_JUDGED,
				"cannot make a folder in /tmp: %s", strerror(errno));
	s->give_up_ns = wait_now_ns() + s->budget_ns;
	say(s, s->source.plan, "anything");
	r = fails(s, s->source.plan);
	if (r > 0) {
		r = reduce_plan(&reduce, s->source.plan, &smallest);
		if (smallest)
			print_result(s, smallest, r);
		r = r == -ETIME || r == 0 ? VERDICT_EXIT_PASSED : VERDICT_EXIT_NOT_JUDGED;
	} else {
		r = cmd_fail(
			&cmd_lab_shrink, VERDICT_EXIT_NOT_JUDGED,
			r == 0 ? "the plan of \"%s\" did not fail again in %d guests; try more with --tries"
			       : "no guest gave a verdict on the plan of \"%s\" (%d guests)",
			s->run, s->n_guests);
	}
	json_decref(smallest);
	lab_shrink_source_forget(s->work);
	return r;
}

static int take_count(const char *name, const char *value, int *ret)
{
	if (text_to_int(value, ret) == 0 && *ret >= 1 && *ret <= 1000)
		return 0;
	return cmd_usage_error(&cmd_lab_shrink, "--%s=\"%s\" is not a number from 1 to 1000", name,
			       value);
}

static int take_budget(struct shrink *s, const char *value)
{
	char unit = 's', rest = 0;
	int n = 0, got = sscanf(value, "%d%c%c", &n, &unit, &rest);
	int64_t factor = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;

	if (got < 1 || got > 2 || n < 1 || n > 100000 || !factor)
		return cmd_usage_error(&cmd_lab_shrink,
				       "--time-budget=\"%s\" is not a time, as in 90s, 30m, 2h",
				       value);
	s->budget_ns = n * factor * NS_PER_S;
	return 0;
}

static int take(struct shrink *s, int option, const char *value)
{
	switch (option) {
	case OPT_TRIES: return take_count("tries", value, &s->tries);
	case OPT_CONFIRM: return take_count("confirm", value, &s->confirm);
	case OPT_BUDGET: return take_budget(s, value);
	case OPT_SCENARIO: s->scenario = value; return 0;
	case OPT_QUIET: s->is_quiet = true; return 0;
	case CMD_OPERAND:
		if (s->run)
			return cmd_usage_error(&cmd_lab_shrink,
					       "one run at a time, but was given \"%s\" and \"%s\"",
					       s->run, value);
		s->run = value;
		return 0;
	default: return VERDICT_EXIT_USAGE;
	}
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_shrink, argc, argv);
	struct shrink s = { .tries = 3, .confirm = 5, .budget_ns = 3600 * NS_PER_S };
	const char *value;
	int o, r = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END)
		r = o == -1 ? VERDICT_EXIT_USAGE : take(&s, o, value);
	if (r == 0 && !s.run)
		r = cmd_usage_error(&cmd_lab_shrink, "which run? name its directory");
	if (r == 0)
		r = shrink(&s);
	lab_shrink_source_clear(&s.source);
	return r;
}

const struct cmd cmd_lab_shrink = {
	.name = "shrink",
	.summary = "Find the smallest plan with which a race still fails",
	.usage = "[OPTION]... RUN",
	.explain =
		"RUN is the run directory of a `hotproof lab run` in which a race failed. Its plan is made smaller again and again: actors, "
		"pauses, CPUs and operations are dropped, and each smaller plan is played in fresh guests with the options that "
		"the run had, until nothing more can be dropped or the time is over. What is printed can be pasted into a shell, "
		"and says how often it fails: a race does not fail every time.",
	.options = options,
	.operands = CMD_DIR,
	.run = run,
};
