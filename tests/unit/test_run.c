// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The run layer with toy scenarios and witnesses on a box in shared memory: crashes, hangs, taint,
 * traps, second tries, kills. What real witnesses see is tried elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/snapshot.h"
#include "evidence/verdict.h"
#include "run/run.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "support/shared_box.h"

static struct shared_box *box_model; /* for the toys; of the test that is on */

/* ---- toys */

static const struct claim toy_holds = { .id = "toy.holds", .summary = "It holds" };
static const struct claim toy_breaks = { .id = "toy.breaks", .summary = "It does not hold" };

static int holds_after(struct stage *s, void *state, const struct act *act)
{
	(void)state;
	expect(s, act, &toy_holds, true, NULL, "it holds");
	return 0;
}

static const struct witness good = { .id = "good",
				     .claims = CLAIMS(&toy_holds),
				     .after = holds_after };

static int breaks_after(struct stage *s, void *state, const struct act *act)
{
	(void)state;
	expect(s, act, &toy_breaks, false, json_pack("{s:i}", "cpu", act->cpu), "it does not hold");
	return 0;
}

static const struct witness bad = { .id = "bad",
				    .claims = CLAIMS(&toy_breaks),
				    .after = breaks_after };

static int hang_from; /* the first act before which the toy hangs */

static int hangs_before(struct stage *s, void *state, const struct act *act)
{
	while (act->id >= hang_from)
		wait_pause(NS_PER_S);
	return 0;
}

static const struct witness hanging = { .id = "hanging",
					.claims = CLAIMS(&toy_holds),
					.before = hangs_before };

static int play_cycle(struct stage *s)
{
	for (int cpu = 1; cpu < SHARED_BOX_CPUS; cpu++)
		if (act_offline(s, cpu) < 0 || act_online(s, cpu) < 0)
			return -EIO;
	return 0;
}

static const struct scenario cycle = { .id = "toy.cycle", .play = play_cycle };

/* Leaves much to be put back. */
static int play_mess(struct stage *s)
{
	if (act_offline(s, 2) < 0 || act_offline(s, 3) < 0)
		return -EIO;
	box_model->fail[1] = 99;
	strcpy(box_model->irq, "0");
	return 0;
}

static const struct scenario mess = { .id = "toy.mess", .play = play_mess };

static int play_crash(struct stage *s)
{
	int r = play_mess(s);

	kill(getpid(), SIGKILL);
	return r;
}

static const struct scenario crash = { .id = "toy.crash", .play = play_crash };

/* Something that no expectation tells of goes wrong half way. */
static int play_half(struct stage *s)
{
	int r = act_offline(s, 1);

	return r == 0 && act_online(s, 1) == 0 ? -ENODATA : -EIO;
}

static const struct scenario half = { .id = "toy.half", .play = play_half };

static int play_taint(struct stage *s)
{
	box_model->taint = 512;
	return act_offline(s, 1) < 0 ? -EIO : act_online(s, 1);
}

static const struct scenario taint = { .id = "toy.taint", .play = play_taint };

/* The CPU is away, and whoever wants to bring it back waits for ever. */
static int play_jam(struct stage *s)
{
	int r = act_offline(s, 2);

	box_model->hangs = 2;
	return r;
}

static const struct scenario jam = { .id = "toy.jam", .play = play_jam };

/* Gone, and away for ever: nobody but the guardian will bring it back. */
static int play_wait(struct stage *s)
{
	int r = play_mess(s);

	while (r == 0)
		wait_pause(NS_PER_S);
	return r;
}

static const struct scenario waiting = { .id = "toy.waiting", .play = play_wait };

/* ---- the fixture: a run directory, a box, a run on it */

struct fixture {
	char dir[64];
	char *state_path;
	struct shared_box *m;
	struct box *box;
	json_t *catalog;
	struct run_setup setup;
	struct run_outcome outcome;
	char *journal; /* after the run */
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/hotproof-run-XXXXXX");
	if (!mkdtemp(f->dir) || shared_box_open(&f->m, &f->box) < 0)
		return -1;
	box_model = f->m;
	f->state_path = text_printf("%s/state/snapshot.json", f->dir);
	f->catalog = json_object();
	f->setup = (struct run_setup){
		.box = f->box, .catalog = f->catalog, .state_path = f->state_path, .name = "toy"
	};
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *rm = text_printf("rm -r '%s'", f->dir);

	box_free(f->box);
	json_decref(f->catalog);
	free(f->state_path);
	free(f->journal);
	free(f);
	return system(rm);
}

static int play_into(struct fixture *f, const char *name)
{
	_cleanup_(cleanup_rundir) struct rundir *rd = NULL;
	_cleanup_free_ char *path = text_printf("%s/%s", f->dir, name), *journal = NULL;
	struct error err = {};
	int r = rundir_create(path, &rd, &err);

	f->setup.rundir = rd;
	if (r == 0)
		r = run_play(&f->setup, &f->outcome, &err);
	if (r < 0)
		print_message("run: %s\n", err.text);
	free(take_ptr(f->journal));
	journal = text_printf("%s/journal.jsonl", path);
	if (file_read(AT_FDCWD, journal, &f->journal, NULL) < 0)
		f->journal = strdup("");
	return r;
}

static int play(struct fixture *f, const struct scenario *const *scenarios,
		const struct witness *const *witnesses)
{
	f->setup.scenarios = scenarios;
	f->setup.witnesses = witnesses;
	return play_into(f, "run");
}

#define SCENARIOS(...) ((const struct scenario *const[]){ __VA_ARGS__, NULL })
#define WITNESSES(...) ((const struct witness *const[]){ __VA_ARGS__, NULL })

static bool says(const struct fixture *f, const char *text)
{
	return strstr(f->journal, text) != NULL;
}

static void assert_box_is_whole(const struct fixture *f)
{
	assert_int_equal(f->m->online, 0xf);
	for (int cpu = 0; cpu < SHARED_BOX_CPUS; cpu++)
		assert_int_equal(f->m->fail[cpu], -1);
	assert_string_equal(f->m->irq, "0-3");
	assert_int_equal(access(f->state_path, F_OK), -1);
}

/* The verdict of (scenario, claim) as the judge sees it, "?" when there is none. */
static void assert_verdict(struct fixture *f, const char *scenario, const char *claim,
			   const char *verdict)
{
	_cleanup_free_ char *dir = text_printf("%s/run", f->dir), *found = strdup("?");
	json_t *results, *one;
	struct error err = {};
	size_t i;

	if (verdict_judge(dir, &results, &err) < 0)
		fail_msg("%s", err.text);
	json_array_foreach(json_object_get(results, "results"), i, one) {
		if (strcmp(json_string_value(json_object_get(one, "scenario")), scenario) != 0 ||
		    strcmp(json_string_value(json_object_get(one, "claim")), claim) != 0)
			continue;
		free(found);
		found = strdup(json_string_value(json_object_get(one, "verdict")));
	}
	json_decref(results);
	assert_string_equal(found, verdict);
}

/* ---- the tests */

static void a_good_run_goes_through(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, SCENARIOS(&cycle, &mess), WITNESSES(&good)), 0);
	assert_false(f->outcome.is_stopped);
	assert_box_is_whole(f);
	assert_verdict(f, "toy.cycle", "toy.holds", "pass");
	assert_verdict(f, "toy.cycle", "box.restored", "pass");
	assert_verdict(f, "toy.mess", "box.restored", "pass");
	assert_true(says(f, "\"stopped\":null"));
	assert_false(says(f, "\"alone\""));
}

static void a_crash_stops_the_run_and_the_box_is_whole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, SCENARIOS(&crash, &cycle), WITNESSES(&good)), 0);
	assert_true(f->outcome.is_stopped);
	assert_box_is_whole(f);
	assert_true(says(f, "\"signal\":9"));
	assert_true(says(f, "\"not-run\""));
	assert_verdict(f, "toy.crash", "toy.holds", "crash");
	assert_verdict(f, "toy.crash", "box.restored", "crash");
}

/* All that was tried went well, and half was not tried: that must not look like a good run. */
static void a_scenario_that_stops_early_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, SCENARIOS(&half, &cycle), WITNESSES(&good)), 0);
	assert_verdict(f, "toy.half", "act.as-expected", "error");
	assert_verdict(f, "toy.half", "toy.holds", "pass");
	assert_verdict(f, "toy.cycle", "act.as-expected", "pass");
}

static void a_write_that_hangs_is_a_timeout(void **state)
{
	struct fixture *f = *state;

	f->m->hangs = 3;
	f->setup.limits = (struct run_limits){ .act_soft_ns = 50 * NS_PER_MS,
					       .act_hard_ns = 300 * NS_PER_MS,
					       .restore_ns = NS_PER_S };
	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&good)), 0);
	assert_true(f->outcome.is_stopped);
	assert_true(says(f, "\"what\":\"act.slow\""));
	assert_true(says(f, "\"type\":\"timeout\",\"scenario\":\"toy.cycle\",\"act\":5"));
	assert_verdict(f, "toy.cycle", "toy.holds", "timeout");
	/* The writes of the restore did not hang: the state was as before. */
	assert_int_equal(f->m->online, 0xf);
}

/* The kernel does not answer to the one who puts back either: the run must come to its end all the
 * same. */
static void a_restore_that_hangs_is_given_up(void **state)
{
	struct fixture *f = *state;

	f->setup.limits = (struct run_limits){ .restore_ns = 300 * NS_PER_MS };
	assert_int_equal(play(f, SCENARIOS(&jam, &cycle), WITNESSES(&good)), 0);
	assert_true(f->outcome.is_stopped);
	assert_true(says(f, "the kernel does not answer"));
	assert_verdict(f, "toy.jam", "box.restored", "fail");
	assert_verdict(f, "toy.jam", "toy.holds", "pass");
}

static void a_witness_that_hangs_is_a_timeout(void **state)
{
	struct fixture *f = *state;

	f->setup.limits = (struct run_limits){ .idle_ns = 300 * NS_PER_MS };
	hang_from = 2;
	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&good, &hanging)), 0);
	assert_true(f->outcome.is_stopped);
	assert_verdict(f, "toy.cycle", "toy.holds", "timeout");
	assert_box_is_whole(f);
}

/* Nothing had been done to the box: no act of ours can be to blame. */
static void a_hang_before_any_act_is_an_error(void **state)
{
	struct fixture *f = *state;

	f->setup.limits = (struct run_limits){ .idle_ns = 300 * NS_PER_MS };
	hang_from = 1;
	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&good, &hanging)), 0);
	assert_true(f->outcome.is_stopped);
	assert_verdict(f, "toy.cycle", "toy.holds", "error");
	assert_box_is_whole(f);
}

static void new_taint_stops_the_run(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, SCENARIOS(&taint, &cycle), WITNESSES(&good)), 0);
	assert_true(says(f, "new taint: 512 was 0"));
	assert_verdict(f, "toy.taint", "toy.holds", "pass");
	assert_verdict(f, "toy.cycle", "toy.holds", "?");
}

/* The fault unit:run-cpu-stays-off. */
static void a_cpu_that_stays_off_fails_the_restore(void **state)
{
	struct fixture *f = *state;

	f->m->stays_off = 2;
	assert_int_equal(play(f, SCENARIOS(&mess, &cycle), WITNESSES(&good)), 0);
	assert_true(f->outcome.is_stopped);
	assert_verdict(f, "toy.mess", "box.restored", "fail");
	assert_verdict(f, "toy.mess", "toy.holds", "pass");
	assert_int_equal(f->m->online, 0xb);
	/* What is to be done is kept for the next start. */
	assert_int_equal(access(f->state_path, F_OK), 0);
}

static void what_failed_is_tried_again_alone(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&good, &bad)), 0);
	assert_true(says(f, "\"alone\":{\"witness\":\"bad\",\"claims\":[\"toy.breaks\"]}"));
	assert_false(says(f, "\"alone\":{\"witness\":\"good\""));
	assert_verdict(f, "toy.cycle", "toy.breaks", "fail");
	assert_verdict(f, "toy.cycle", "toy.holds", "pass");
}

/* When told so, and where a known defect explains each failure of the claim. */
static void second_tries_can_be_left_out(void **state)
{
	struct fixture *f = *state;
	json_t *defects = json_array();

	for (int cpu = 1; cpu < SHARED_BOX_CPUS; cpu++)
		json_array_append_new(defects, json_pack("{s:s, s:{s:i}}", "claim", "toy.breaks",
							 "shows", "cpu", cpu));
	f->setup.known = (struct known_scope){ defects, "6.12.95", "x86_64" };
	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&bad)), 0);
	assert_false(says(f, "\"alone\""));
	json_array_remove(defects, 0);
	assert_int_equal(play_into(f, "again"), 0);
	assert_true(says(f, "\"alone\":{\"witness\":\"bad\""));
	json_decref(defects);
	f->setup.known.defects = NULL;
	f->setup.has_no_retry = true;
	assert_int_equal(play_into(f, "told-so"), 0);
	assert_false(says(f, "\"alone\""));
}

static void globs_choose(void **state)
{
	struct fixture *f = *state;

	f->setup.scenario_globs = (const char *const[]){ "toy.c*", NULL };
	f->setup.claim_globs = (const char *const[]){ "toy.holds", NULL };
	assert_int_equal(play(f, SCENARIOS(&cycle, &mess), WITNESSES(&good, &bad)), 0);
	assert_false(says(f, "toy.mess"));
	assert_false(says(f, "toy.breaks"));
	assert_false(says(f, "act.as-expected"));
	f->setup.scenario_globs = (const char *const[]){ "toy.cycel", NULL };
	assert_int_equal(play_into(f, "none"), -ENOENT);
	f->setup.scenario_globs = NULL;
	f->setup.claim_globs = (const char *const[]){ "toy.hold", NULL };
	assert_int_equal(play_into(f, "none-either"), -ENOENT);
}

static void what_does_not_fit_is_named(void **state)
{
	static const struct scenario dear = {
		.id = "toy.dear", .cost = { 3600000, 0 }, .rank = 1, .play = play_cycle
	};
	struct fixture *f = *state;

	/* The dear one is worth more and does not fit; the other does. */
	f->setup.budget_ns = 600 * NS_PER_S;
	assert_int_equal(play(f, SCENARIOS(&cycle, &dear), WITNESSES(&good)), 0);
	assert_true(says(f, "\"scenarios\":[\"toy.dear\"]"));
	assert_verdict(f, "toy.cycle", "toy.holds", "pass");
	assert_verdict(f, "toy.dear", "toy.holds", "?");
	assert_false(f->outcome.is_stopped);
}

static void a_trap_left_behind_is_cleared_and_told(void **state)
{
	struct fixture *f = *state;

	f->m->fail[3] = 42;
	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&good)), 0);
	assert_true(says(f, "\"by\":\"start\",\"ok\":true"));
	assert_box_is_whole(f);
}

static void what_an_earlier_run_left_is_put_back_first(void **state)
{
	struct fixture *f = *state;
	json_t *snapshot;

	assert_int_equal(snapshot_take(f->box, &snapshot), 0);
	assert_int_equal(snapshot_save(snapshot, f->state_path), 0);
	json_decref(snapshot);
	f->m->online = 0x3;
	strcpy(f->m->irq, "1");
	assert_int_equal(play(f, SCENARIOS(&cycle), WITNESSES(&good)), 0);
	assert_true(says(f, "\"by\":\"start\",\"ok\":true"));
	assert_verdict(f, "toy.cycle", "act.as-expected", "pass");
	assert_box_is_whole(f);
}

static void a_full_disk_is_told(void **state)
{
	_cleanup_(cleanup_rundir) struct rundir *rd = NULL;
	struct fixture *f = *state;
	struct error err = {};

	assert_int_equal(rundir_on_port(open("/dev/full", O_RDWR | O_CLOEXEC), &rd), 0);
	f->setup.rundir = rd;
	f->setup.scenarios = SCENARIOS(&cycle);
	f->setup.witnesses = WITNESSES(&good);
	assert_int_equal(run_play(&f->setup, &f->outcome, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(f->m->writes, 0); /* no act without a record of it */
}

/* ---- kills: the run is in a process of its own */

static bool is_away(void *arg)
{
	struct fixture *f = arg;

	return f->m->online == 0x3 && strcmp(f->m->irq, "0") == 0;
}

static bool is_back(void *arg)
{
	struct fixture *f = arg;

	return f->m->online == 0xf && access(f->state_path, F_OK) < 0;
}

static struct process start_waiting_run(struct fixture *f)
{
	struct process p = { .pid = fork() };

	if (p.pid == 0)
		_exit(play(f, SCENARIOS(&waiting), WITNESSES(&good)) < 0);
	p.pidfd = (int)syscall(SYS_pidfd_open, p.pid, 0);
	assert_int_equal(wait_until(is_away, f, wait_now_ns() + 20 * NS_PER_S), 1);
	return p;
}

static void read_journal(struct fixture *f)
{
	_cleanup_free_ char *path = text_printf("%s/run/journal.jsonl", f->dir);

	free(take_ptr(f->journal));
	assert_int_equal(file_read(AT_FDCWD, path, &f->journal, NULL), 0);
}

/* The file is removed after the box is back; the line was written before that. */
static void the_guardian_puts_back_when_the_parent_is_killed(void **state)
{
	struct fixture *f = *state;
	struct process p = start_waiting_run(f);
	int status;

	kill(p.pid, SIGKILL);
	assert_int_equal(process_wait(&p, wait_now_ns() + 10 * NS_PER_S, &status), 1);
	assert_int_equal(wait_until(is_back, f, wait_now_ns() + 20 * NS_PER_S), 1);
	assert_box_is_whole(f);
	read_journal(f);
	assert_true(says(f, "\"by\":\"guardian\",\"ok\":true"));
	assert_verdict(f, "toy.waiting", "toy.holds", "crash");
}

static void a_signal_ends_the_run_in_good_order(void **state)
{
	struct fixture *f = *state;
	struct process p = start_waiting_run(f);
	int status;

	kill(p.pid, SIGTERM);
	assert_int_equal(process_wait(&p, wait_now_ns() + 20 * NS_PER_S, &status), 1);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_box_is_whole(f);
	read_journal(f);
	assert_true(says(f, "\"what\":\"interrupted\""));
	assert_true(says(f, "\"stopped\":\"interrupted\""));
}

/* The lock is there for this: two runs would judge each other's acts. */
static void a_second_run_is_refused(void **state)
{
	struct fixture *f = *state;
	struct process p = start_waiting_run(f);
	int status;

	f->setup.scenarios = SCENARIOS(&cycle);
	f->setup.witnesses = WITNESSES(&good);
	assert_int_equal(play_into(f, "second"), -EBUSY);
	assert_true(is_away(f));
	kill(p.pid, SIGTERM);
	assert_int_equal(process_wait(&p, wait_now_ns() + 20 * NS_PER_S, &status), 1);
	assert_box_is_whole(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_run_goes_through),
		TEST(a_crash_stops_the_run_and_the_box_is_whole),
		TEST(a_scenario_that_stops_early_is_an_error),
		TEST(a_write_that_hangs_is_a_timeout),
		TEST(a_restore_that_hangs_is_given_up),
		TEST(a_witness_that_hangs_is_a_timeout),
		TEST(a_hang_before_any_act_is_an_error),
		TEST(new_taint_stops_the_run),
		TEST(a_cpu_that_stays_off_fails_the_restore),
		TEST(what_failed_is_tried_again_alone),
		TEST(second_tries_can_be_left_out),
		TEST(globs_choose),
		TEST(what_does_not_fit_is_named),
		TEST(a_trap_left_behind_is_cleared_and_told),
		TEST(what_an_earlier_run_left_is_put_back_first),
		TEST(a_full_disk_is_told),
		TEST(the_guardian_puts_back_when_the_parent_is_killed),
		TEST(a_signal_ends_the_run_in_good_order),
		TEST(a_second_run_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
