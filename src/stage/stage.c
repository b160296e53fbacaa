// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plants the witnesses, lets the scenario play, uproots them. Acts are in act.c, expectations in
 * expect.c. Does not fork, time out or restore: run/ does.
 */
#include "stage/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "stage/expect.h"
#include "stage/internal.h"
#include "stage/needs.h"

static bool is_wanted(const struct stage_setup *setup, const struct claim *claim)
{
	if (!setup->claim_globs)
		return true;
	for (const char *const *g = setup->claim_globs; *g; g++)
		if (text_glob(*g, claim->id))
			return true;
	return false;
}

/* Two lists may name the same claim (act.as-expected): it is listed once. */
static void add_claims(struct stage *s, const struct claim *const *claims)
{
	for (; claims && *claims; claims++) {
		if (!is_wanted(&s->setup, *claims) || stage_claim_index(s, *claims) >= 0)
			continue;
		if (s->n_claims < STAGE_CLAIMS_MAX)
			s->claims[s->n_claims++] = *claims;
	}
}

int stage_new(const struct stage_setup *setup, struct stage **ret)
{
	_cleanup_(cleanup_stage) struct stage *s = calloc(1, sizeof(*s));
	size_t n = 0;

	if (!s)
		return -ENOMEM;
	s->setup = *setup;
	s->speaker = "stage";
	while (setup->witnesses && setup->witnesses[n])
		n++;
	s->planted = calloc(n + 1, sizeof(*s->planted));
	s->claims = calloc(STAGE_CLAIMS_MAX + 1, sizeof(*s->claims));
	s->spoke = calloc(STAGE_CLAIMS_MAX, 1);
	if (!s->planted || !s->claims || !s->spoke)
		return -ENOMEM;
	s->n_planted = n;
	add_claims(s, CLAIMS(&act_as_expected));
	add_claims(s, setup->scenario->claims);
	for (size_t i = 0; i < n; i++) {
		s->planted[i].witness = setup->witnesses[i];
		add_claims(s, setup->witnesses[i]->claims);
	}
	*ret = take_ptr(s);
	return 0;
}

void stage_free(struct stage *s)
{
	if (!s)
		return;
	free(s->planted);
	free(s->claims);
	free(s->spoke);
	free(s);
}

const struct claim *const *stage_claims(const struct stage *s)
{
	return s->claims;
}

int stage_claim_index(const struct stage *s, const struct claim *claim)
{
	for (size_t i = 0; i < s->n_claims; i++)
		if (s->claims[i] == claim)
			return (int)i;
	return -1;
}

struct box *stage_box(const struct stage *s)
{
	return s->setup.box;
}

struct journal *stage_journal(const struct stage *s)
{
	return s->setup.journal;
}

int stage_prober_port(const struct stage *s)
{
	return s->setup.prober_port;
}

int stage_can_leave(const struct stage *s, struct cpulist *ret)
{
	struct cpulist can;
	int r = cpu_hotpluggable_read(s->setup.box, &can);

	if (r < 0)
		return r;
	can = cpulist_and(&can, &s->online);
	*ret = cpulist_count(&s->setup.cpus) > 0 ? cpulist_and(&can, &s->setup.cpus) : can;
	return 0;
}

uint64_t stage_seed(const struct stage *s)
{
	return s->setup.seed;
}

int64_t stage_time_ns(const struct stage *s)
{
	return s->setup.time_ns;
}

const json_t *stage_plan(const struct stage *s)
{
	return s->setup.plan;
}

const json_t *stage_baseline(const struct stage *s)
{
	return s->setup.baseline;
}

void stage_is_alive(struct stage *s)
{
	atomic_store(&s->setup.shared->progress_ns, wait_now_ns());
}

int stage_keep(struct stage *s, const char *stream, const char *line)
{
	return rundir_append(journal_rundir(s->setup.journal), stream, line);
}

const struct cpulist *stage_online(const struct stage *s)
{
	return &s->online;
}

void stage_set_dead(struct stage *s, int cpu, bool is_dead)
{
	uint64_t bit = (uint64_t)1 << (cpu % 64);

	if (cpu < 0 || cpu >= CPULIST_MAX)
		return;
	if (is_dead)
		atomic_fetch_or(&s->setup.shared->dead[cpu / 64], bit);
	else
		atomic_fetch_and(&s->setup.shared->dead[cpu / 64], ~bit);
}

bool stage_cpu_is_dead(const struct stage *s, int cpu)
{
	return cpu >= 0 && cpu < CPULIST_MAX &&
	       (atomic_load(&s->setup.shared->dead[cpu / 64]) >> (cpu % 64)) & 1;
}

bool stage_window_is_intact(const struct stage *s, int cpu)
{
	return !cpulist_has(&s->broken_windows, cpu);
}

static int play_briskly(struct stage *s)
{
	int r;

	stage_plant_all(s, true);
	s->is_brisk = true;
	r = s->setup.scenario->brisk(s);
	s->is_brisk = false;
	return r;
}

/*
 * What was met before would pass, and nobody would see that the rest was never tried: an error,
 * unless a failure says already that something went wrong.
 */
static void say_stopped(struct stage *s, int r)
{
	unsigned int unmet = 0;

	for (size_t i = 0; i < s->n_claims; i++)
		unmet += atomic_load(&s->setup.shared->unmet[i]);
	expect_note(s, "scenario.stopped", NULL, "the scenario stopped early: %s", strerror(-r));
	if (unmet == 0)
		expect_error(s, NULL, &act_as_expected, NULL, "the scenario stopped early: %s",
			     strerror(-r));
}

int stage_play(struct stage *s)
{
	const struct scenario *sc = s->setup.scenario;
	int r;

	journal_write(s->setup.journal, "begin",
		      json_pack("{s:s, s:o, s:o}", "of", "scenario", "claims",
				stage_claim_ids(s, s->claims), "witnesses", stage_witness_ids(s)));
	r = cpu_online_read(s->setup.box, &s->online);
	if (r == 0 && !stage_probe_needs(s, "scenario", sc->id, sc->needs, s->claims))
		r = -EOPNOTSUPP;
	s->speaker = "stage";
	if (r == 0 && sc->prelude)
		r = sc->prelude(s);
	if (r == 0) {
		if (sc->brisk)
			r = play_briskly(s);
		stage_plant_all(s, false);
		if (r == 0)
			r = sc->play(s);
		/* A witness that waited for what did not come any more is not at fault. */
		s->is_act_in_vain |= r < 0;
		stage_uproot_all(s);
	}
	if (r < 0 && r != -EOPNOTSUPP)
		say_stopped(s, r);
	journal_write(s->setup.journal, "end", json_pack("{s:s}", "of", "scenario"));
	return journal_error(s->setup.journal) < 0 ? journal_error(s->setup.journal) : r;
}
