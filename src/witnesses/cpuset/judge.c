// SPDX-License-Identifier: GPL-2.0-or-later
/* Compares a cpuset and its process with what they must be after an act. Reads nothing. */
#include "witnesses/cpuset/cpuset.h"

#include "base/wait.h"
#include "witnesses/cpuset/internal.h"

const struct claim cpuset_effective_follows = {
	.id = "cpuset.effective-follows",
	.summary = "A cpuset's effective CPUs follow those online, its own list stays",
	.explain =
		"In cgroup v2, `cpuset.cpus` is what was asked for and never changes by itself; `cpuset.cpus.effective` is what there is: the "
		"CPUs of it that are online, or the parent's if none is, and all of it again on their return. The kernel may be "
		"a little late (it is done by a work item before 6.10), 10 s (scaled) at most. A failure means that containers lose CPUs for good, or "
		"are told that they own CPUs that are not there.",
	.refs = REFS("Documentation/admin-guide/cgroup-v2.rst",
		     "commit: cgroup/cpuset: Make cpuset hotplug processing synchronous"),
	.faults = FAULTS("kmod:cpuset-effective-stale", "unit:cpuset-effective-stale",
			 "unit:cpuset-list-changed"),
};

const struct claim cpuset_tasks_follow = {
	.id = "cpuset.tasks-follow",
	.summary = "The tasks of a cpuset get its effective CPUs, also those that sleep",
	.explain =
		"Unlike in the root cpuset, the affinity of a task in a cpuset follows the cpuset: also of one that sleeps, and back to "
		"what it was on the CPU's return. The process is asleep while its affinity is read, then woken, and must run on one of these "
		"CPUs. A failure means that a container's tasks are left on a mask of dead CPUs, or crowd on the "
		"others for good. Not exercised where the effective CPUs themselves are wrong.",
	.refs = REFS("Documentation/admin-guide/cgroup-v2.rst",
		     "commit: cpuset: fix race between hotplug work and later CPU offline"),
	.faults = FAULTS("kmod:cpuset-tasks-stale", "unit:cpuset-mask-stale",
			 "unit:cpuset-task-elsewhere"),
};

struct cpulist cpuset_expected(const struct cpulist *wanted, const struct cpulist *online)
{
	struct cpulist both = cpulist_and(wanted, online);

	return cpulist_count(&both) > 0 ? both : *online;
}

static void judge_tasks(const struct cpuset_seen *seen, const struct cpulist *expected,
			json_t *data, struct findings *ret)
{
	if (!seen->is_asleep)
		finding_add(ret, &cpuset_tasks_follow, FINDING_UNEXERCISED, data,
			    "the process did not sleep before it was looked at");
	else if (!cpulist_equal(&seen->affinity, expected))
		finding_add(
			ret, &cpuset_tasks_follow, FINDING_UNMET, data,
			"cpu%d is %s: a task that sleeps in a cpuset with effective CPUs \"%s\" still has affinity \"%s\" after %.0f ms",
			seen->cpu, seen->is_back ? "back" : "off", cpulist_str(&seen->effective),
			cpulist_str(&seen->affinity), (double)seen->waited_ns / NS_PER_MS);
	else if (!seen->has_run)
		finding_add(
			ret, &cpuset_tasks_follow, FINDING_UNMET, data,
			"cpu%d is %s: a task in a cpuset with effective CPUs \"%s\" was woken and did not run",
			seen->cpu, seen->is_back ? "back" : "off", cpulist_str(&seen->effective));
	else
		finding_add(
			ret, &cpuset_tasks_follow,
			cpulist_has(expected, seen->ran_on) ? FINDING_MET : FINDING_UNMET, data,
			"cpu%d is %s: a task in a cpuset with effective CPUs \"%s\" has affinity \"%s\" and ran on cpu%d",
			seen->cpu, seen->is_back ? "back" : "off", cpulist_str(&seen->effective),
			cpulist_str(&seen->affinity), seen->ran_on);
}

static void say_both(struct findings *ret, enum finding_result result, json_t *data,
		     const char *text)
{
	finding_add(ret, &cpuset_effective_follows, result, json_incref(data), "%s", text);
	finding_add(ret, &cpuset_tasks_follow, result, data, "%s", text);
}

void cpuset_judge(const struct cpuset_seen *seen, struct findings *ret)
{
	struct cpulist expected = cpuset_expected(&seen->wanted, &seen->online);
	json_t *data = json_pack("{s:i, s:b, s:s, s:s, s:s, s:s, s:i, s:f}", "cpu", seen->cpu,
				 "back", seen->is_back, "cpus", cpulist_str(&seen->cpus),
				 "effective", cpulist_str(&seen->effective), "expected",
				 cpulist_str(&expected), "affinity", cpulist_str(&seen->affinity),
				 "ran_on", seen->has_run ? seen->ran_on : -1, "waited_ms",
				 (double)seen->waited_ns / NS_PER_MS);
	bool is_right = cpulist_equal(&seen->cpus, &seen->wanted) &&
			cpulist_equal(&seen->effective, &expected);

	if (!seen->is_window_closed) {
		say_both(ret, FINDING_UNEXERCISED, data,
			 "the CPU did not stay as it was while the cpuset was watched");
		return;
	}
	if (seen->read_error) {
		say_both(ret, FINDING_ERROR, data, error_name(seen->read_error));
		return;
	}
	finding_add(
		ret, &cpuset_effective_follows, is_right ? FINDING_MET : FINDING_UNMET,
		json_incref(data),
		"cpu%d is %s: a cpuset made with \"%s\" says cpus \"%s\" and effective \"%s\" (expected \"%s\") after %.0f ms",
		seen->cpu, seen->is_back ? "back" : "off", cpulist_str(&seen->wanted),
		cpulist_str(&seen->cpus), cpulist_str(&seen->effective), cpulist_str(&expected),
		(double)seen->waited_ns / NS_PER_MS);
	if (is_right)
		judge_tasks(seen, &expected, data, ret);
	else
		finding_add(ret, &cpuset_tasks_follow, FINDING_UNEXERCISED, data,
			    "the effective CPUs themselves are wrong");
}
