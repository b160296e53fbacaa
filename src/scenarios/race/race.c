// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays a race: plan, record it, start the actors, watch that each operation returns, look at the
 * box afterwards. The plan, safe outside before the start, is the record of all that will be
 * written: the actors' writes are no acts of the journal.
 */
#include "scenarios/race/race.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "scenarios/race/engine.h"
#include "stage/act.h"
#include "stage/expect.h"

#define HARD_NS (60 * NS_PER_S) /* one operation; and the time to stop after the last one */
#define DIES_NS (5 * NS_PER_S)  /* after SIGKILL */
#define TICK_MS 50

static void collect_may(struct race *race)
{
	size_t n = 0;

	for (size_t i = 0; i < race->plan->n_parts; i++)
		if (race->plan->parts[i].kind->togglers_may)
			race->may[n++] = race->plan->parts[i].kind->togglers_may;
	race->may[n] = NULL;
}

static int start_one(struct race *race, size_t i, int start_fd, int other_end)
{
	struct race_actor actor = {
		.part = &race->plan->parts[i],
		.slot = &race->shared->slots[i],
		.shared = race->shared,
		.box = stage_box(race->stage),
		.cpus = race->plan->cpus,
		.may = race->may,
		.scenario = race->plan->scenario,
		.mark_fd = race->mark_fd,
	};
	struct race_runner *run = &race->runners[i];

	run->pid = fork();
	if (run->pid == 0) {
		close(other_end);
		race_actor_live(&actor, start_fd);
	}
	if (run->pid < 0)
		return -errno;
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	return run->pidfd < 0 ? -errno : 0;
}

/* Lives, or has not been reaped yet. */
static bool is_alive(struct race_runner *run)
{
	if (run->pid <= 0 || run->has_ended)
		return false;
	if (waitpid(run->pid, &run->status, WNOHANG) == run->pid)
		run->has_ended = true;
	return !run->has_ended;
}

static size_t count_alive(struct race *race)
{
	size_t n = 0;

	for (size_t i = 0; i < race->plan->n_parts; i++)
		n += is_alive(&race->runners[i]);
	return n;
}

/* Until somebody ends or a tick has passed. */
static void watch(struct race *race)
{
	struct pollfd fds[RACE_ACTORS_MAX];
	int n = 0;

	for (size_t i = 0; i < race->plan->n_parts; i++)
		if (is_alive(&race->runners[i]))
			fds[n++] =
				(struct pollfd){ .fd = race->runners[i].pidfd, .events = POLLIN };
	if (poll(fds, n, TICK_MS) < 0)
		errno = 0;
	stage_is_alive(race->stage);
}

/* The actor whose operation has been in flight for too long, or -1. */
static int find_late(struct race *race)
{
	int64_t now = wait_now_ns();

	for (size_t i = 0; i < race->plan->n_parts; i++) {
		int64_t since = atomic_load(&race->shared->slots[i].since_ns);

		if (since && now - since > wait_scaled(HARD_NS) && is_alive(&race->runners[i]))
			return (int)i;
	}
	return -1;
}

static bool are_ready(struct race *race)
{
	for (size_t i = 0; i < race->plan->n_parts; i++) {
		const struct race_slot *slot = &race->shared->slots[i];

		if (!atomic_load(&slot->has_begun) && is_alive(&race->runners[i]))
			return false;
	}
	return true;
}

/* Forks all, lets them get ready, and opens the gate. */
static int start(struct race *race)
{
	int64_t give_up = wait_now_ns() + wait_scaled(HARD_NS);
	int gate[2], r = 0;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	for (size_t i = 0; i < race->plan->n_parts && r == 0; i++)
		r = start_one(race, i, gate[0], gate[1]);
	while (r == 0 && !are_ready(race) && wait_now_ns() < give_up)
		watch(race);
	race->began_ns = wait_now_ns();
	close(gate[1]);
	close(gate[0]);
	return r;
}

/* Until the time is over and all have ended, or one does not return. */
static void run(struct race *race)
{
	int64_t over = race->began_ns + race->plan->time_ns;
	int64_t give_up = over + wait_scaled(HARD_NS) * 2;

	race->late = -1;
	while (race->late < 0 && count_alive(race) > 0) {
		watch(race);
		if (wait_now_ns() >= over)
			atomic_store(&race->shared->is_over, true);
		race->late = find_late(race);
		/* Neither in an operation nor at an end: undoing what it did takes for ever. */
		for (size_t i = 0; wait_now_ns() > give_up && i < race->plan->n_parts; i++)
			if (is_alive(&race->runners[i]))
				race->late = (int)i;
	}
	race->ended_ns = wait_now_ns();
}

static void end_all(struct race *race)
{
	int64_t give_up = wait_now_ns() + wait_scaled(DIES_NS);

	atomic_store(&race->shared->is_over, true);
	for (size_t i = 0; i < race->plan->n_parts; i++)
		if (is_alive(&race->runners[i]))
			kill(race->runners[i].pid, SIGKILL);
	while (count_alive(race) > 0 && wait_now_ns() < give_up)
		watch(race);
	for (size_t i = 0; i < race->plan->n_parts; i++)
		if (race->runners[i].pidfd > 0)
			close(race->runners[i].pidfd);
}

static int race_all(struct race *race)
{
	struct stage *s = race->stage;
	struct race_plan *plan = race->plan;
	int r;

	race_drop_absent(s, plan);
	if (plan->n_parts == 0)
		return -EOPNOTSUPP;
	r = race_record_plan(s, plan);
	if (r < 0)
		return r;
	collect_may(race);
	race_checks_begin(race);
	r = start(race);
	if (r == 0) {
		run(race);
		race_tell_stuck(race);
	}
	end_all(race);
	if (r < 0)
		return r;
	race_tell(race);
	race_keep_ops(race);
	/* Who does not even die holds the lock that every CPU needs: nothing more can be tried. */
	if (count_alive(race) > 0) {
		expect_unexercised(s, NULL, &race_ends_whole, NULL,
				   "an actor is stuck in the kernel");
		expect_unexercised(s, NULL, &act_as_expected, NULL,
				   "an actor is stuck in the kernel");
		return -ETIMEDOUT;
	}
	return race_verify(race);
}

int race_play(struct stage *s, const struct race_recipe *recipe)
{
	_cleanup_free_ struct race_plan *plan = calloc(1, sizeof(*plan));
	const json_t *given = race_plan_find(stage_plan(s), recipe->scenario);
	struct race race = { .stage = s, .plan = plan, .mark_fd = -1, .late = -1 };
	int r;

	if (!plan)
		return -ENOMEM;
	r = given ? race_take_plan(s, given, plan) : race_draw_plan(s, recipe, plan);
	if (r < 0)
		return r;
	race.shared = mmap(NULL, sizeof(*race.shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (race.shared == MAP_FAILED)
		return -ENOMEM;
	race.mark_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	r = race_all(&race);
	cleanup_close(&race.mark_fd);
	munmap(race.shared, sizeof(*race.shared));
	return r;
}
