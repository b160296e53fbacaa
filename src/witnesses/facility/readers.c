// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody who reads files with a part for each CPU while CPUs come and go: monitors do, all the
 * time. /proc/stat and /proc/interrupts have witnesses of their own for what they count; here it is
 * that they can be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/finding.h"
#include "witnesses/net/softnet.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define ROUNDS_MAX 8 /* around an act: then it is quiet, whatever the act takes */
#define PAUSE_NS (15 * NS_PER_MS)
#define SETTLE_NS (2 * NS_PER_S)

static const struct claim readers_survive = {
	.id = "proc.readers-survive",
	.summary = "Files with a part for each CPU can be read all through",
	.explain =
		"A thread reads `/proc/schedstat`, `/proc/timer_list`, `/proc/net/softnet_stat` and `/proc/interrupts` again and again while the CPU goes or comes: each read must end, without an "
		"error, with a text of the right form. After the act the first has a row for each online CPU and no other. A failure means that an iterator over CPUs "
		"stumbles when one goes.",
	.refs = REFS("Documentation/scheduler/sched-stats.rst"),
	.faults = FAULTS("kmod:timer-list-breaks"),
};

struct readers {
	struct finding_voice voice;
	struct box *box;
	struct worker worker;
	atomic_int now;                    /* which file is being read: for who hangs */
	_Atomic int64_t first_ns, last_ns; /* when the first round began, the last one ended */
	atomic_int rounds, bad, error;     /* bad: which file was not as it should be, -1: none */
	bool is_reading;
	bool is_stuck; /* told once */
};

/* "cpu12 0 0 ..." of schedstat: -1 for any other row, -EBADMSG for what is no row of it. */
static int schedstat_cpu(char *line)
{
	char *word = text_next_word(&line);
	int cpu, n = 0;

	if (!word || strcmp(word, "version") == 0 || strcmp(word, "timestamp") == 0 ||
	    text_starts(word, "domain"))
		return -1;
	if (!text_starts(word, "cpu") || text_to_int(word + strlen("cpu"), &cpu) < 0)
		return -EBADMSG;
	while (text_next_word(&line))
		n++;
	return n >= 9 ? cpu : -EBADMSG;
}

static int check_schedstat(char *text)
{
	struct cpulist cpus = {};
	char *line;

	if (!text_starts(text, "version "))
		return -EBADMSG;
	while ((line = text_next_line(&text))) {
		int cpu = *line ? schedstat_cpu(line) : -1;

		if (cpu < -1)
			return cpu;
		cpulist_add(&cpus, cpu);
	}
	return cpulist_count(&cpus) > 0 ? 0 : -EBADMSG;
}

static int check_timer_list(char *text)
{
	return text_starts(text, "Timer List Version") && strstr(text, "cpu: ") ? 0 : -EBADMSG;
}

static int check_softnet(char *text)
{
	struct softnet s;

	return softnet_parse(text, 0, &s);
}

static int check_interrupts(char *text)
{
	return strstr(text, "CPU") && strchr(text, ':') ? 0 : -EBADMSG;
}

static const struct {
	const char *path;
	int (*check)(char *text);
} files[] = {
	{ "proc/schedstat", check_schedstat },
	{ "proc/timer_list", check_timer_list },
	{ "proc/net/softnet_stat", check_softnet },
	{ "proc/interrupts", check_interrupts },
};

/* A file that this kernel lacks is no file that broke. */
static void read_all(struct readers *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = NULL;
		int r;

		atomic_store(&d->now, (int)i);
		r = box_read(d->box, files[i].path, &text);
		if (r == -ENOENT || r == -EACCES || r == -EPERM)
			continue;
		if (r == 0)
			r = files[i].check(text);
		if (r < 0) {
			atomic_store(&d->error, -r);
			atomic_store(&d->bad, (int)i);
		}
	}
}

static void run(struct worker *w)
{
	struct readers *d = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		for (int i = 0; i < ROUNDS_MAX && atomic_load(&w->is_spinning); i++) {
			read_all(d);
			atomic_store(&d->last_ns, wait_now_ns());
			atomic_fetch_add(&d->rounds, 1);
			wait_pause(PAUSE_NS);
		}
		worker_answer(w, asks);
	}
}

static int plant(struct stage *s, void **ret_state)
{
	struct readers *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->voice.witness = &witness_readers;
	d->box = stage_box(s);
	r = worker_start(&d->worker, "hp-readers", run, d);
	if (r < 0) {
		if (worker_stop(&d->worker) == 0)
			free(d);
		return r;
	}
	*ret_state = d;
	return 0;
}

static int before(struct stage *s, void *state, const struct act *act)
{
	struct readers *d = state;

	(void)s;
	d->is_reading = act->verb != ACT_WRITE && !act->is_noop && worker_is_idle(&d->worker);
	if (!d->is_reading)
		return 0;
	atomic_store(&d->bad, -1);
	atomic_store(&d->error, 0);
	atomic_store(&d->rounds, 0);
	atomic_store(&d->last_ns, 0);
	atomic_store(&d->first_ns, wait_now_ns());
	atomic_store(&d->worker.is_spinning, true);
	worker_ask(&d->worker);
	return 0;
}

struct rows_look {
	struct box *box;
	const struct cpulist *online;
	struct cpulist rows;
	int r;
};

static bool rows_agree(void *arg)
{
	struct rows_look *l = arg;
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	l->rows = (struct cpulist){};
	l->r = box_read(l->box, "proc/schedstat", &text);
	for (cursor = text; l->r == 0 && (line = text_next_line(&cursor));) {
		int cpu = *line ? schedstat_cpu(line) : -1;

		if (cpu < -1)
			l->r = cpu;
		cpulist_add(&l->rows, cpu);
	}
	return l->r < 0 || cpulist_equal(&l->rows, l->online);
}

static void judge_reads(struct readers *d, const struct act *act, struct findings *ret)
{
	int bad = atomic_load(&d->bad), rounds = atomic_load(&d->rounds);
	int64_t last_ns = atomic_load(&d->last_ns);
	json_t *data = json_pack("{s:i, s:i, s:s}", "rounds", rounds, "cpu", act->cpu, "error",
				 error_name(atomic_load(&d->error)));

	if (!worker_is_idle(&d->worker)) {
		d->is_stuck = true;
		finding_add(ret, &readers_survive, FINDING_UNMET, data,
			    "a read of \"%s\" begun around the act on cpu%d did not end",
			    files[atomic_load(&d->now)].path, act->cpu);
	} else if (bad >= 0) {
		finding_add(
			ret, &readers_survive, FINDING_UNMET, data,
			"around the act on cpu%d \"%s\" could not be read, or was not what it should be: %s",
			act->cpu, files[bad].path, error_name(atomic_load(&d->error)));
	} else if (rounds == 0 || last_ns < act->began_ns) {
		finding_add(ret, &readers_survive, FINDING_UNEXERCISED, data,
			    "the thread that reads did not run while cpu%d came or went", act->cpu);
	} else {
		finding_add(ret, &readers_survive, FINDING_MET, data,
			    "%zu files were read %d times around the act on cpu%d",
			    ARRAY_SIZE(files), rounds, act->cpu);
	}
}

static int after(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct rows_look rows = { .box = stage_box(s), .online = &act->online };
	struct readers *d = state;

	if (!d->is_reading || d->is_stuck)
		return 0;
	atomic_store(&d->worker.is_spinning, false);
	(void)!worker_await(&d->worker, worker_deadline(WORKER_LIMIT_NS));
	judge_reads(d, act, &f);
	if (act->is_done && box_has(stage_box(s), "proc/schedstat")) {
		bool agree = wait_until(rows_agree, &rows, worker_deadline(SETTLE_NS)) > 0;

		finding_add(&f, &readers_survive,
			    agree && rows.r == 0 ? FINDING_MET : FINDING_UNMET,
			    json_pack("{s:s, s:s}", "rows", cpulist_str(&rows.rows), "online",
				      cpulist_str(&act->online)),
			    "/proc/schedstat has rows of CPUs %s (%s); %s are online",
			    cpulist_str(&rows.rows), error_name(rows.r), cpulist_str(&act->online));
	}
	finding_tell(&d->voice, s, act, &f);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct readers *d = state;

	finding_tell_silent(&d->voice, s, "no CPU came or went in this scenario");
	if (worker_stop(&d->worker) < 0)
		return -ETIMEDOUT;
	free(d);
	return 0;
}

const struct witness witness_readers = {
	.id = "readers",
	.summary = "a reader of /proc files with a part for each CPU",
	.explain = "Reads four files up to eight times around each act.",
	.claims = CLAIMS(&readers_survive),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
