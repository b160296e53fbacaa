// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel of a scripted root does when its CPU files are written to, and where the root
 * wants it to be wrong. */
#include "scripted_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

/* cpu:bringup and cpu:teardown of the roots: no callback between them may fail. */
#define BRINGUP 85
#define TEARDOWN 153

static void send_uevent(struct model *m, const char *action, int cpu)
{
	char buf[256];
	int n = snprintf(
		buf, sizeof(buf),
		"%s@/devices/system/cpu/cpu%d%cACTION=%s%cDEVPATH=/devices/system/cpu/cpu%d%cSUBSYSTEM=cpu%cSEQNUM=%u",
		action, cpu, 0, action, 0, cpu, 0, 0, ++m->seqnum);

	if (m->uevent_fd >= 0)
		send(m->uevent_fd, buf, n + 1, MSG_DONTWAIT);
}

static void send_kmsg(struct model *m, const char *text)
{
	_cleanup_free_ char *record =
		text_printf("4,%u,%u,-;%s\n", m->seqnum + 1000, m->seqnum, text);

	if (m->kmsg_fd >= 0)
		send(m->kmsg_fd, record, strlen(record), MSG_DONTWAIT);
}

/* Applies the root's deviations for one transition; returns a negative errno that the write shall
 * give, or 0. */
static int deviate(struct model *m, bool is_online, int cpu, bool *ret_uevent)
{
	int r = 0;

	for (size_t i = 0; i < m->n_deviations; i++) {
		const struct deviation *d = &m->deviations[i];

		if (strcmp(d->when, is_online ? "on-online" : "on-offline") != 0)
			continue;
		if (strcmp(d->what, "errno") == 0)
			r = -error_number(d->arg);
		else if (strcmp(d->what, "kmsg") == 0)
			send_kmsg(m, d->arg);
		else if (strcmp(d->what, "no-uevent") == 0)
			*ret_uevent = false;
		else if (strcmp(d->what, "uevent") == 0)
			send_uevent(m, d->arg, cpu);
	}
	return r;
}

static const struct deviation *find_deviation(const struct model *m, const char *when)
{
	for (size_t i = 0; i < m->n_deviations; i++)
		if (strcmp(m->deviations[i].when, when) == 0)
			return &m->deviations[i];
	return NULL;
}

/* A write that must change nothing: what it gives, after the harm that the root wants done. */
static int do_nothing(struct model *m, const char *when, int cpu, int otherwise)
{
	const struct deviation *d = find_deviation(m, when);

	if (!d)
		return otherwise;
	if (strcmp(d->what, "goes") == 0)
		cpulist_del(&m->online, cpu);
	else if (strcmp(d->what, "half") == 0)
		cpulist_add(&m->half, cpu);
	return *d->arg ? (strcmp(d->arg, "OK") == 0 ? 0 : -error_number(d->arg)) : otherwise;
}

/* The transition meets its trap, if there is one: all is as before, and the trap is gone. */
static int spring_trap(struct model *m, int cpu)
{
	if (m->trap[cpu] < 0)
		return 0;
	m->trap[cpu] = -1;
	return -EAGAIN;
}

static int set_online(struct model *m, int cpu, bool is_online)
{
	struct cpulist only = cpulist_of(cpu);
	bool uevent = true;
	int r;

	if (cpulist_has(&m->online, cpu) == is_online)
		return do_nothing(m, "on-again", cpu, 0);
	if (!is_online && cpulist_equal(&m->online, &only))
		return do_nothing(m, "on-last", cpu, -EBUSY);
	r = deviate(m, is_online, cpu, &uevent);
	if (r == 0)
		r = spring_trap(m, cpu);
	if (r < 0)
		return r;
	if (is_online) {
		cpulist_add(&m->online, cpu);
		cpulist_add(&m->returned, cpu);
	} else {
		cpulist_del(&m->online, cpu);
	}
	if (uevent)
		send_uevent(m, is_online ? "online" : "offline", cpu);
	return 0;
}

int scripted_kernel_online(struct model *m, int cpu, const char *text)
{
	if (!cpulist_has(&m->hotpluggable, cpu))
		return -ENOENT;
	/* kstrtobool(): the first character decides, and "on"/"off" by their second. */
	if (strchr("1yYtT", *text) && *text)
		return set_online(m, cpu, true);
	if (strchr("0nNfF", *text) && *text)
		return set_online(m, cpu, false);
	if (text_starts(text, "on"))
		return set_online(m, cpu, true);
	if (text_starts(text, "of"))
		return set_online(m, cpu, false);
	return do_nothing(m, text, cpu, -EINVAL);
}

int scripted_kernel_fail(struct model *m, int cpu, const char *text)
{
	int state;

	if (text_to_int(text, &state) < 0 || state < -1 || state > m->online_state ||
	    (state > BRINGUP && state < TEARDOWN))
		return do_nothing(m, text, cpu, -EINVAL);
	m->trap[cpu] = state;
	return 0;
}

/* A CPU without an online file shall not go by this one either, which no kernel looks at. */
int scripted_kernel_target(struct model *m, int cpu, const char *text)
{
	int target;

	if (text_to_int(text, &target) < 0 || (target != 0 && target != m->online_state))
		return do_nothing(m, text, cpu, -EINVAL);
	if ((target != 0) == cpulist_has(&m->online, cpu))
		return 0;
	if (!cpulist_has(&m->hotpluggable, cpu)) {
		int r = find_deviation(m, "on-fixed") ? spring_trap(m, cpu) : 0;

		return r < 0 ? r : do_nothing(m, "on-fixed", cpu, -EPERM);
	}
	return set_online(m, cpu, target != 0);
}
