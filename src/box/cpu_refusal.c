// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Legal causes of a refusal, each shown with its proof (catalogue 2.1). A refusal without one is a
 * failure: what merely could be a cause is not here, unless the kernel itself lets nobody see more.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"

#define CPU_DIR "sys/devices/system/cpu"
#define POLICY_DEADLINE 6

/* Each returns 1 with the proof, or 0. */
struct refusal {
	struct box *box;
	int cpu;
	const char *kmsg; /* never NULL */
};

static int last_online(const struct refusal *r, char **ret_proof)
{
	struct cpulist online, only = cpulist_of(r->cpu);

	if (cpu_online_read(r->box, &online) < 0 || !cpulist_equal(&online, &only))
		return 0;
	*ret_proof = text_printf("cpu%d is the last online CPU (online mask \"%s\")", r->cpu,
				 cpulist_str(&online));
	return 1;
}

static bool list_read(struct box *box, const char *name, struct cpulist *ret)
{
	_cleanup_free_ char *text = NULL;

	/* "(null)" is what nohz_full says where it is not in use. */
	return box_readf(box, &text, CPU_DIR "/%s", name) == 0 && cpulist_parse(text, ret) == 0 &&
	       cpulist_count(ret) > 0;
}

/* Since 6.1.64 and 6.5.13: somebody must be left who may do housekeeping. */
static int last_housekeeping(const struct refusal *r, char **ret_proof)
{
	struct cpulist online, isolated, only = cpulist_of(r->cpu), housekeeping;

	if (cpu_online_read(r->box, &online) < 0 || !list_read(r->box, "isolated", &isolated))
		return 0;
	housekeeping = cpulist_minus(&online, &isolated);
	if (!cpulist_equal(&housekeeping, &only))
		return 0;
	*ret_proof = text_printf(
		"cpu%d is the last online CPU that is not isolated (online \"%s\", isolated \"%s\")",
		r->cpu, cpulist_str(&online), cpulist_str(&isolated));
	return 1;
}

bool cpu_is_only_isolated(struct box *box, int cpu)
{
	struct cpulist online, isolated, only = cpulist_of(cpu), both;

	if (cpu_online_read(box, &online) < 0 || !list_read(box, "isolated", &isolated))
		return false;
	both = cpulist_and(&online, &isolated);
	return cpulist_equal(&both, &only);
}

/* Which CPU keeps the time is in no file; that it is none of the nohz_full ones is all that can be
 * known. */
static int timekeeper(const struct refusal *r, char **ret_proof)
{
	struct cpulist full;

	if (!list_read(r->box, "nohz_full", &full) || cpulist_has(&full, r->cpu))
		return 0;
	*ret_proof = text_printf(
		"nohz_full is \"%s\" and cpu%d is not in it: a CPU that keeps the time for those may not leave",
		cpulist_str(&full), r->cpu);
	return 1;
}

/* Field 41 of /proc/PID/task/TID/stat. */
static bool is_deadline_task(struct box *box, const char *dir)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *word = NULL;

	if (box_readf(box, &text, "%s/stat", dir) < 0 || !(cursor = strrchr(text, ')')))
		return false;
	cursor++;
	for (int field = 3; field <= 41 && (word = text_next_word(&cursor)); field++)
		;
	return word && atoi(word) == POLICY_DEADLINE;
}

static int deadline_bandwidth(const struct refusal *r, char **ret_proof)
{
	_cleanup_names_ char **pids = NULL;
	_cleanup_free_ char *first = NULL;
	int n = 0;

	if (box_list(r->box, "proc", &pids) < 0)
		return 0;
	for (char **pid = pids; *pid; pid++) {
		_cleanup_free_ char *task = text_printf("proc/%s/task", *pid);
		_cleanup_names_ char **tids = NULL;

		if (!isdigit((unsigned char)**pid) || !task || box_list(r->box, task, &tids) < 0)
			continue;
		for (char **tid = tids; *tid; tid++) {
			_cleanup_free_ char *dir = text_printf("%s/%s", task, *tid);

			if (dir && is_deadline_task(r->box, dir) && n++ == 0)
				first = strdup(*tid);
		}
	}
	if (n == 0)
		return 0;
	*ret_proof = text_printf(
		"%d threads are SCHED_DEADLINE (one is %s): their bandwidth may need this CPU", n,
		first ? first : "?");
	return 1;
}

/* The line of the kernel log that holds `needle`, owned by the caller, or NULL. */
static char *find_line(const char *kmsg, const char *needle)
{
	const char *at = strstr(kmsg, needle), *start = at;

	if (!at)
		return NULL;
	while (start > kmsg && start[-1] != '\n')
		start--;
	return strndup(start, strcspn(start, "\n"));
}

/* Hotplug is switched off while the system suspends, and while a PCI driver probes its device: the
 * log of that very moment says so. */
static int switched_off(const struct refusal *r, char **ret_proof)
{
	static const char *const signs[] = {
		"PM: suspend entry",
		"PM: hibernation",
		"Freezing user space",
		"enabling device (",
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		_cleanup_free_ char *line = find_line(r->kmsg, signs[i]);

		if (!line)
			continue;
		*ret_proof = text_printf(
			"hotplug was switched off for a moment; the kernel logged \"%s\"", line);
		return 1;
	}
	return 0;
}

static int no_vectors(const struct refusal *r, char **ret_proof)
{
	_cleanup_free_ char *mine = text_printf("CPU %d has ", r->cpu),
			    *line = mine ? find_line(r->kmsg, mine) : NULL;

	if (!line || !strstr(line, "Cannot disable CPU"))
		return 0;
	*ret_proof = text_printf(
		"the other CPUs have no free interrupt vectors; the kernel logged \"%s\"", line);
	return 1;
}

static int smt_off(const struct refusal *r, char **ret_proof)
{
	_cleanup_free_ char *control = NULL;

	if (box_readf(r->box, &control, CPU_DIR "/smt/control") < 0 ||
	    (strcmp(control, "off") != 0 && strcmp(control, "forceoff") != 0))
		return 0;
	*ret_proof = text_printf("smt/control is \"%s\": sibling threads stay off", control);
	return 1;
}

static int trusted_os(const struct refusal *r, char **ret_proof)
{
	_cleanup_free_ char *line = find_line(r->kmsg, "Trusted OS");

	if (!line)
		return 0;
	*ret_proof = text_printf("the trusted OS lives on cpu%d; the kernel logged \"%s\"", r->cpu,
				 line);
	return 1;
}

static int not_on_this_platform(const struct refusal *r, char **ret_proof)
{
	*ret_proof = text_printf(
		"EOPNOTSUPP is the kernel's word for a platform that cannot take cpu%d off (a confidential guest)",
		r->cpu);
	return 1;
}

static const struct {
	int err;
	int (*show)(const struct refusal *r, char **ret_proof);
} causes[] = {
	{ EBUSY, last_online },
	{ EBUSY, last_housekeeping },
	{ EBUSY, switched_off },
	{ EBUSY, deadline_bandwidth },
	{ EBUSY, timekeeper },
	{ ENOSPC, no_vectors },
	{ EPERM, smt_off },
	{ EPERM, trusted_os },
	{ EOPNOTSUPP, not_on_this_platform },
};

int cpu_explain_refusal(struct box *box, int cpu, int err, const char *kmsg, char **ret_proof)
{
	struct refusal r = { .box = box, .cpu = cpu, .kmsg = kmsg ? kmsg : "" };

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		char *proof = NULL;

		if (causes[i].err != err || causes[i].show(&r, &proof) == 0)
			continue;
		if (!proof)
			return -ENOMEM;
		*ret_proof = proof;
		return 1;
	}
	return 0;
}
