// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples the counts of one interrupt every 25 ms while it is told to; writes them later, from the
 * stage's thread. */
#include "witnesses/irq/arrivals.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "base/wait.h"
#include "box/cpu.h"

#define PERIOD_NS (25 * NS_PER_MS)
#define FOREVER_NS (3600 * NS_PER_S)
#define SAMPLES 256

struct sample {
	int64_t at_ns;
	struct irq_counts counts;
};

struct arrivals {
	struct box *box;
	struct cpulist possible;
	int wake;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	bool is_on, is_ending;
	int irq;
	char name[128];
	size_t n;
	struct sample samples[SAMPLES];
};

/* With the lock held. When the buffer is full the picture ends there. */
static void take_sample(struct arrivals *a)
{
	struct sample *sample = &a->samples[a->n];

	if (a->n == SAMPLES || irq_counts_read(a->box, a->irq, &a->possible, &sample->counts) < 0)
		return;
	sample->at_ns = wait_now_ns();
	a->n++;
}

static void *run(void *arg)
{
	struct arrivals *a = arg;
	bool is_ending = false;

	prctl(PR_SET_NAME, "hp-arrivals");
	while (!is_ending) {
		int64_t period = FOREVER_NS;
		uint64_t told;

		pthread_mutex_lock(&a->lock);
		is_ending = a->is_ending;
		if (a->is_on) {
			take_sample(a);
			period = PERIOD_NS;
		}
		pthread_mutex_unlock(&a->lock);
		if (!is_ending && wait_readable(a->wake, wait_now_ns() + period) > 0)
			(void)!read(a->wake, &told, sizeof(told));
	}
	return NULL;
}

int arrivals_new(struct box *box, struct arrivals **ret)
{
	struct arrivals *a = calloc(1, sizeof(*a));
	struct cpu_masks masks;
	int r;

	if (!a)
		return -ENOMEM;
	a->box = box;
	pthread_mutex_init(&a->lock, NULL);
	a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = a->wake < 0 ? -errno : cpu_masks_read(box, &masks);
	if (r == 0) {
		a->possible = masks.possible;
		r = -pthread_create(&a->thread, NULL, run, a);
	}
	if (r < 0) {
		cleanup_close(&a->wake);
		free(a);
		return r;
	}
	*ret = a;
	return 0;
}

static void forget(struct arrivals *a)
{
	for (size_t i = 0; i < a->n; i++)
		irq_counts_done(&a->samples[i].counts);
	a->n = 0;
}

static void tell(struct arrivals *a)
{
	(void)!write(a->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

void arrivals_free(struct arrivals *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->is_ending = true;
	pthread_mutex_unlock(&a->lock);
	tell(a);
	pthread_join(a->thread, NULL);
	forget(a);
	pthread_mutex_destroy(&a->lock);
	close(a->wake);
	free(a);
}

void arrivals_begin(struct arrivals *a, int irq, const char *name)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	forget(a);
	a->irq = irq;
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->is_on = true;
	pthread_mutex_unlock(&a->lock);
	tell(a);
}

static json_t *counted_between(const struct irq_counts *from, const struct irq_counts *to)
{
	json_t *counts = json_object();

	for (size_t cpu = 0; cpu < to->n_cpus; cpu++) {
		uint64_t was = irq_counts_on(from, (int)cpu);
		char key[16];

		if (to->on[cpu] <= was)
			continue;
		snprintf(key, sizeof(key), "%zu", cpu);
		json_object_set_new(counts, key, json_integer((json_int_t)(to->on[cpu] - was)));
	}
	return counts;
}

void arrivals_end(struct arrivals *a, struct stage *s, const struct act *act)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	if (a->is_on)
		take_sample(a);
	a->is_on = false;
	for (size_t i = 1; i < a->n; i++) {
		json_t *counts = counted_between(&a->samples[i - 1].counts, &a->samples[i].counts);

		if (json_object_size(counts) == 0) {
			json_decref(counts);
			continue;
		}
		observe(s, act, "irq.arrivals",
			json_pack("{s:i, s:s, s:I, s:I, s:o}", "irq", a->irq, "name", a->name,
				  "from", (json_int_t)a->samples[i - 1].at_ns, "to",
				  (json_int_t)a->samples[i].at_ns, "counts", counts));
	}
	forget(a);
	pthread_mutex_unlock(&a->lock);
}
