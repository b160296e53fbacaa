// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.boot-options: are there as many CPUs as the kernel's command line asks for? Each option has a
 * bound of its own, and says what must not be there; what maxcpus= left out is brought by
 * cpu.bring-late.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "box/kmsg.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define CPUS "sys/devices/system/cpu"

static const struct claim cpus_as_asked = {
	.id = "boot.cpus-as-asked",
	.summary = "nr_cpus=, possible_cpus= and maxcpus= are kept at boot",
	.explain =
		"`nr_cpus=N`: no more than N CPUs are possible. `possible_cpus=N` (x86): no more than N either, and those that are possible and not present have no directory. "
		"`maxcpus=N`: the kernel log says that no more than N were brought up. More of them means that memory and interrupts were set up for CPUs that were to be left out, "
		"or that CPUs run that somebody meant to keep off.",
	.refs = REFS(
		"Documentation/admin-guide/kernel-parameters.txt: maxcpus=, nr_cpus=, possible_cpus=",
		"Documentation/core-api/cpu_hotplug.rst: Command Line Switches"),
	.faults = FAULTS("root:nr-cpus-ignored", "root:ghost-has-directory"),
};

static const struct claim nosmt_keeps_siblings = {
	.id = "boot.nosmt-keeps-siblings",
	.summary = "With nosmt the sibling threads are off, and refuse to come with EPERM",
	.explain =
		"The command line says `nosmt`, and `smt/control` says off: then `smt/active` is 0, and writing 1 to the `online` file of a thread that was left out must give EPERM. "
		"A sibling that comes all the same runs beside what was to be kept alone, which is what `nosmt` is there against.",
	.refs = REFS("Documentation/admin-guide/kernel-parameters.txt: nosmt",
		     "Documentation/admin-guide/hw-vuln/l1tf.rst"),
	.faults = FAULTS("kmod:nosmt-wrong-errno"),
};

/* 1 with the number; 0: the option is not there; its last place counts, as it does for the kernel.
 */
static int find_option(const char *cmdline, const char *name, int *ret)
{
	_cleanup_free_ char *copy = strdup(cmdline);
	size_t len = strlen(name);
	char *cursor = copy, *word;
	int found = 0;

	while (copy && (word = text_next_word(&cursor)))
		if (strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '=')) {
			*ret = word[len] ? atoi(word + len + 1) : 0;
			found = 1;
		}
	return found;
}

static int probe_options(struct box *box, char **ret_why)
{
	static const char *const names[] = { "nr_cpus", "possible_cpus", "maxcpus", "nosmt" };
	_cleanup_free_ char *cmdline = NULL;
	int n;

	for (size_t i = 0; box_readf(box, &cmdline, "proc/cmdline") == 0 && i < ARRAY_SIZE(names);
	     i++) {
		if (find_option(cmdline, names[i], &n))
			return 1;
		free(take_ptr(cmdline));
	}
	*ret_why = text_printf(
		"the command line has no maxcpus=, nr_cpus=, possible_cpus= and no nosmt (the machine amd64-4-few has)");
	return 0;
}

static const struct need need_options = {
	.id = "box.cpu-boot-options",
	.summary = "a command line with maxcpus=, nr_cpus=, possible_cpus= or nosmt",
	.probe = probe_options,
};

/* "smp: Brought up 1 node, 2 CPUs"; 0: the log does not have the line (any more). */
static int count_brought_up(struct box *box)
{
	_cleanup_close_ int fd = box_open_stream(box, "dev/kmsg");
	struct kmsg_record record;
	int r;

	while (fd >= 0 && ((r = kmsg_next(fd, &record)) == 1 || r == -EPIPE)) {
		const char *line = r == 1 ? strstr(record.text, "Brought up ") : NULL;
		const char *comma = line ? strchr(line, ',') : NULL;

		if (comma)
			return atoi(comma + 1);
	}
	return 0;
}

static void tell(struct stage *s, const char *option, int asked, const char *what, int is)
{
	expect(s, NULL, &cpus_as_asked, is <= asked,
	       json_pack("{s:s, s:i, s:i}", "option", option, "asked", asked, "is", is),
	       "%s=%d on the command line, and %d CPUs %s", option, asked, is, what);
}

static void judge_ghosts(struct stage *s, const struct cpu_masks *masks)
{
	struct cpulist ghosts = cpulist_minus(&masks->possible, &masks->present), seen = {};

	cpulist_foreach(cpu, &ghosts)
		if (box_has(stage_box(s), CPUS "/cpu%d", cpu))
			cpulist_add(&seen, cpu);
	expect(s, NULL, &cpus_as_asked, cpulist_count(&seen) == 0,
	       json_pack("{s:s, s:s}", "ghosts", cpulist_str(&ghosts), "directories",
			 cpulist_str(&seen)),
	       "CPUs \"%s\" are possible and not present; of them \"%s\" have a directory",
	       cpulist_str(&ghosts), cpulist_str(&seen));
}

static void judge_counts(struct stage *s, const char *cmdline, const struct cpu_masks *masks)
{
	int asked, up = 0;
	bool is_bound = false;

	if (find_option(cmdline, "nr_cpus", &asked)) {
		is_bound = true;
		tell(s, "nr_cpus", asked, "are possible", cpulist_count(&masks->possible));
	}
	if (find_option(cmdline, "possible_cpus", &asked)) {
		is_bound = true;
		tell(s, "possible_cpus", asked, "are possible", cpulist_count(&masks->possible));
		judge_ghosts(s, masks);
	}
	if (find_option(cmdline, "maxcpus", &asked))
		up = count_brought_up(stage_box(s));
	if (up > 0)
		tell(s, "maxcpus", asked ? asked : 1, "were brought up at boot", up);
	else if (!is_bound)
		expect_unexercised(
			s, NULL, &cpus_as_asked, NULL,
			"the command line bounds no number, or the kernel log does not say any more how many were brought up");
}

/* Any sibling that was left out; -1: none. */
static int find_sibling(struct box *box)
{
	struct cpu_masks masks;
	struct cpulist can;

	if (cpu_masks_read(box, &masks) < 0 || cpu_hotpluggable_read(box, &can) < 0)
		return -1;
	can = cpulist_and(&can, &masks.offline);
	return cpulist_next(&can, 0);
}

/* The sibling to ask; -1: there is none, or nobody keeps it off. */
static int choose_sibling(struct stage *s, const char *cmdline)
{
	_cleanup_free_ char *control = NULL;
	struct box *box = stage_box(s);
	int n, active, sibling = find_sibling(box);

	/* With maxcpus= a CPU that is off need not be a sibling, and may come. */
	if (!find_option(cmdline, "nosmt", &n) || find_option(cmdline, "maxcpus", &n) ||
	    box_readf(box, &control, CPUS "/smt/control") < 0 ||
	    !(text_starts(control, "off") || text_starts(control, "forceoff")) || sibling < 0) {
		expect_unexercised(
			s, NULL, &nosmt_keeps_siblings, NULL,
			"no nosmt on the command line, maxcpus= beside it, or no threads to keep off: smt/control is \"%s\"",
			control ? control : "not there");
		return -1;
	}
	if (box_read_int(box, &active, CPUS "/smt/active") == 0 && active != 0)
		expect(s, NULL, &nosmt_keeps_siblings, false, NULL,
		       "smt/control is \"%s\", and smt/active is %d", control, active);
	return sibling;
}

static int ask_sibling(struct stage *s, int sibling)
{
	struct act act = {};
	int r;

	if (sibling < 0)
		return 0;
	r = act_play(s,
		     &(struct act_spec){ .verb = ACT_ONLINE,
					 .cpu = sibling,
					 .allow = ACT_ALLOW(EPERM),
					 .claim = &nosmt_keeps_siblings },
		     &act);
	/* That it came, or was refused otherwise, is told: only what cannot be mended stops. */
	return act.is_done ? act_offline(s, sibling) : act.result ? 0 : r;
}

static int play(struct stage *s)
{
	_cleanup_free_ char *cmdline = NULL;
	struct cpu_masks masks;
	struct cpulist can;
	int r = box_readf(stage_box(s), &cmdline, "proc/cmdline"), sibling;

	if (r == 0)
		r = cpu_masks_read(stage_box(s), &masks);
	if (r == 0)
		r = stage_can_leave(s, &can);
	if (r < 0)
		return r;
	judge_counts(s, cmdline, &masks);
	sibling = choose_sibling(s, cmdline);
	r = ask_sibling(s, sibling);
	for (int cpu = cpulist_next(&can, 0); r == 0 && cpu >= 0;
	     cpu = cpulist_next(&can, cpu + 1)) {
		if (act_offline(s, cpu) < 0 && cpu_is_fully_online(stage_box(s), cpu))
			continue;
		r = ask_sibling(s, sibling);
		if (r == 0)
			r = act_online(s, cpu);
	}
	return r;
}

const struct scenario scenario_cpu_boot_options = {
	.id = "cpu.boot-options",
	.summary = "As many CPUs as the command line asks for, which go and come",
	.explain =
		"What `maxcpus=`, `nr_cpus=`, `possible_cpus=` and `nosmt` promise is looked at; with `nosmt` a sibling thread is asked to come, and must be refused. Then each CPU that "
		"can leave goes and comes once, and the sibling is asked again meanwhile. Needs a box that was booted so: `hotproof lab run amd64-4-few`.",
	.claims = CLAIMS(&cpus_as_asked, &nosmt_keeps_siblings),
	/* Elsewhere a CPU that is off may be one that its owner took off, and may come. */
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_options, &need_expendable),
	.cost = { 100, 100 },
	.rank = 38,
	.witnesses = GLOBS("kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
