// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The irq witness on a box whose interrupts live: they come whenever somebody looks, move at their
 * next occurrence, and are moved when their CPU goes; or wrongly so, in one place at a time.
 * Managed ones need a real disk: their rules are in test_irq.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "base/wait.h"
#include "scenarios/scenarios.h"
#include "support/scripted.h"
#include "witnesses/witnesses.h"

#define CPUS 4
#define IRQS 3

enum defect {
	HEALTHY,
	EFFECTIVE_STALE, /* effective_affinity names the dead CPU, though it moved */
	ORPHAN,          /* another interrupt than the one that was led is left behind */
	SILENT,          /* it comes nowhere while the CPU is off */
	MASK_KEPT,       /* its affinity still names the dead CPU alone */
	COUNTED_ON_DEAD, /* it is counted where it was */
	COLUMN_RESET,    /* the column begins anew when the CPU returns */
	NEVER_MOVES,     /* no defect: it does not follow its affinity, nothing can be proven */
	NONE_COMES,      /* no defect: there is no traffic */
	NOT_STEERABLE,   /* no defect: all are fixed */
};

struct irq_model {
	const char *name;
	bool is_busy;
	unsigned int mask, effective, home; /* home: the CPU that went and had it */
	uint64_t on[CPUS];
};

struct model {
	enum defect defect;
	unsigned int online;
	struct irq_model irqs[IRQS];
};

static void come(struct model *m, struct irq_model *irq)
{
	bool is_away = irq->home < CPUS && !(m->online >> irq->home & 1);

	if (!irq->is_busy || m->defect == NONE_COMES || (m->defect == SILENT && is_away))
		return;
	if (m->defect != NEVER_MOVES && (irq->mask & m->online) &&
	    !(irq->mask & 1U << irq->effective))
		irq->effective = (unsigned int)__builtin_ctz(irq->mask & m->online);
	irq->on[m->defect == COUNTED_ON_DEAD && is_away ? irq->home : irq->effective]++;
}

static void take_off(struct model *m, unsigned int cpu)
{
	m->online &= ~(1U << cpu);
	for (int i = 0; i < IRQS; i++) {
		struct irq_model *irq = &m->irqs[i];

		if (irq->effective != cpu)
			continue;
		irq->home = cpu;
		if (m->defect == ORPHAN && i == 2)
			continue;
		if (!(irq->mask & m->online) && m->defect != MASK_KEPT)
			irq->mask = m->online;
		irq->effective = (unsigned int)__builtin_ctz(m->online);
	}
}

static void bring_back(struct model *m, unsigned int cpu)
{
	m->online |= 1U << cpu;
	for (int i = 0; i < IRQS; i++) {
		if (m->irqs[i].home == cpu)
			m->irqs[i].home = CPUS;
		if (m->defect == COLUMN_RESET)
			m->irqs[i].on[cpu] = 0;
		/* One that was busy elsewhere tells that it was not freed. */
		m->irqs[i].on[0] += m->irqs[i].on[0] == 0;
	}
}

static char *mask_text(unsigned int mask)
{
	struct cpulist l = {};

	for (int cpu = 0; cpu < CPUS; cpu++)
		if (mask >> cpu & 1)
			cpulist_add(&l, cpu);
	return text_printf("%s\n", cpulist_str(&l));
}

static char *table(struct model *m)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (int cpu = 0; cpu < CPUS; cpu++)
		if (m->online >> cpu & 1)
			fprintf(f, "  CPU%d", cpu);
	for (int i = 0; i < IRQS; i++) {
		come(m, &m->irqs[i]);
		fprintf(f, "\n %d:", 20 + i);
		for (int cpu = 0; cpu < CPUS; cpu++)
			if (m->online >> cpu & 1)
				fprintf(f, " %llu", (unsigned long long)m->irqs[i].on[cpu]);
		fprintf(f, "  PCI-MSI %d-edge  %s", i, m->irqs[i].name);
	}
	fprintf(f, "\nLOC: 1 2 3 4 Local timer interrupts\n");
	fclose(f);
	return text;
}

static char *irq_file(struct model *m, struct irq_model *irq, const char *name)
{
	bool is_stale = m->defect == EFFECTIVE_STALE && irq->home < CPUS &&
			!(m->online >> irq->home & 1);

	if (strcmp(name, "smp_affinity_list") == 0)
		return mask_text(irq->mask);
	if (strcmp(name, "effective_affinity_list") == 0)
		return mask_text(1U << (is_stale ? irq->home : irq->effective));
	if (strcmp(name, "per_cpu_count") != 0)
		return NULL;
	come(m, irq);
	return text_printf("%llu,%llu,%llu,%llu\n", (unsigned long long)irq->on[0],
			   (unsigned long long)irq->on[1], (unsigned long long)irq->on[2],
			   (unsigned long long)irq->on[3]);
}

static char *cpu_file(const struct model *m, const char *name)
{
	char what[32];
	int cpu;

	if (strcmp(name, "possible") == 0 || strcmp(name, "present") == 0)
		return mask_text(0xf);
	if (strcmp(name, "online") == 0)
		return mask_text(m->online);
	if (strcmp(name, "offline") == 0)
		return mask_text(~m->online & 0xf);
	if (strcmp(name, "hotplug/states") == 0)
		return strdup("  0: offline\n200: online\n");
	if (sscanf(name, "cpu%d/%31s", &cpu, what) != 2 || cpu < 1 || cpu >= CPUS)
		return NULL;
	if (strcmp(what, "online") == 0)
		return strdup(m->online >> cpu & 1 ? "1\n" : "0\n");
	if (strcmp(what, "hotplug/state") == 0 || strcmp(what, "hotplug/target") == 0)
		return strdup(m->online >> cpu & 1 ? "200\n" : "0\n");
	return NULL;
}

static int model_read(void *ctx, const char *path, char **ret)
{
	struct model *m = ctx;
	char name[64], *text = NULL;
	int irq;

	if (strcmp(path, "proc/interrupts") == 0)
		text = table(m);
	else if ((sscanf(path, "proc/irq/%d/%63s", &irq, name) == 2 ||
		  sscanf(path, "sys/kernel/irq/%d/%63s", &irq, name) == 2) &&
		 irq >= 20 && irq < 20 + IRQS)
		text = irq_file(m, &m->irqs[irq - 20], name);
	else if (text_starts(path, "sys/devices/system/cpu/"))
		text = cpu_file(m, path + strlen("sys/devices/system/cpu/"));
	if (!text)
		return -ENOENT;
	*ret = text;
	return 0;
}

static int model_write(void *ctx, const char *path, const char *text)
{
	struct model *m = ctx;
	struct cpulist l;
	int n;

	if (sscanf(path, "sys/devices/system/cpu/cpu%d/online", &n) == 1) {
		if (strcmp(text, "0") == 0)
			take_off(m, (unsigned int)n);
		else
			bring_back(m, (unsigned int)n);
		return 0;
	}
	if (sscanf(path, "proc/irq/%d/smp_affinity_list", &n) != 1)
		return -ENOENT;
	if (m->defect == NOT_STEERABLE)
		return -EPERM;
	if (cpulist_parse(text, &l) < 0)
		return -EINVAL;
	m->irqs[n - 20].mask = (unsigned int)l.bits[0];
	return 0;
}

static int model_list(void *ctx, const char *path, char ***ret)
{
	char **names;

	(void)ctx;
	if (strcmp(path, "sys/devices/system/cpu") != 0)
		return -ENOENT;
	names = calloc(CPUS + 1, sizeof(*names));
	for (int cpu = 0; cpu < CPUS; cpu++)
		names[cpu] = text_printf("cpu%d", cpu);
	*ret = names;
	return 0;
}

static const struct box_ops ops = { .read = model_read, .write = model_write, .list = model_list };

static json_t *play(enum defect defect)
{
	static const struct witness *const witnesses[] = { &witness_irq, NULL };
	struct model m = {
		.defect = defect,
		.online = 0xf,
		.irqs = { { .name = "eth0-rx-0", .is_busy = true, .mask = 0xf, .home = CPUS },
			  { .name = "acpi", .mask = 0xf, .effective = 1, .home = CPUS },
			  { .name = "rtc0",
			    .mask = 0xf,
			    .effective = 2,
			    .home = CPUS,
			    .on = { 3 } } }
	};
	_cleanup_(cleanup_box) struct box *box = NULL;
	json_t *played;

	assert_int_equal(box_open_scripted(&ops, &m, &box), 0);
	played = scripted_play_on(box, &scenario_cpu_cycle, witnesses);
	assert_non_null(played);
	/* Whatever was led is back. */
	assert_int_equal(m.irqs[0].mask, 0xf);
	return played;
}

static const char *const claims[] = { "irq.rerouted", "irq.column-frozen", "irq.none-on-dead-cpu" };

static const struct {
	enum defect defect;
	const char *failing;
} defects[] = {
	{ EFFECTIVE_STALE, "irq.rerouted irq.none-on-dead-cpu" },
	{ ORPHAN, "irq.none-on-dead-cpu" },
	{ SILENT, "irq.rerouted" },
	{ MASK_KEPT, "irq.rerouted" },
	{ COUNTED_ON_DEAD, "irq.column-frozen irq.rerouted" },
	{ COLUMN_RESET, "irq.column-frozen" },
};

static void healthy_box_passes(void **state)
{
	json_t *played = play(HEALTHY);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		print_message("%s\n", claims[i]);
		assert_true(scripted_count(played, claims[i], "met") >= 3);
		assert_int_equal(scripted_count(played, claims[i], "unmet"), 0);
		assert_int_equal(scripted_count(played, claims[i], "error"), 0);
	}
	/* There is no disk. */
	assert_int_equal(scripted_count(played, "irq.managed-shuts-down", "unexercised"), 3);
	json_decref(played);
}

static void each_defect_fails_its_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(defects); i++) {
		json_t *played = play(defects[i].defect);

		for (size_t c = 0; c < ARRAY_SIZE(claims); c++) {
			bool should = strstr(defects[i].failing, claims[c]) != NULL;

			print_message("defect %d: %s should %s\n", defects[i].defect, claims[c],
				      should ? "fail" : "hold");
			assert_int_equal(scripted_count(played, claims[c], "unmet") > 0, should);
			assert_int_equal(scripted_count(played, claims[c], "error"), 0);
		}
		json_decref(played);
	}
}

static void nothing_passes_that_was_not_exercised(void **state)
{
	static const enum defect dull[] = { NEVER_MOVES, NONE_COMES, NOT_STEERABLE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dull); i++) {
		json_t *played = play(dull[i]);

		assert_int_equal(scripted_count(played, "irq.rerouted", "met"), 0);
		assert_int_equal(scripted_count(played, "irq.rerouted", "unexercised"), 3);
		for (size_t c = 0; c < ARRAY_SIZE(claims); c++)
			assert_int_equal(scripted_count(played, claims[c], "unmet"), 0);
		json_decref(played);
	}
}

int main(void)
{
	/* What never comes need not be waited for in full where nothing takes time. */
	wait_set_scale(0.05);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_box_passes),
		cmocka_unit_test(each_defect_fails_its_claims),
		cmocka_unit_test(nothing_passes_that_was_not_exercised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
