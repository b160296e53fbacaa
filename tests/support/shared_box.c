// SPDX-License-Identifier: GPL-2.0-or-later
/* The model behind shared_box.h: answers by path, reacts to writes, hangs when it is told to. */
#include "shared_box.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "base/wait.h"

#define CPU_DIR "sys/devices/system/cpu/"
#define ALL ((1u << SHARED_BOX_CPUS) - 1)
#define GROUP "sys/fs/cgroup/work/"

static char *list_text(unsigned int bits)
{
	struct cpulist l = { .bits = { bits } };

	return text_printf("%s\n", cpulist_str(&l));
}

static char *read_cpu(struct shared_box *m, const char *rest)
{
	char name[32] = "";
	int cpu;

	if (sscanf(rest, "cpu%d/%31s", &cpu, name) != 2 || cpu < 0 || cpu >= SHARED_BOX_CPUS)
		return NULL;
	if (strcmp(name, "online") == 0)
		return cpu == 0 ? NULL : text_printf("%d\n", m->online >> cpu & 1);
	if (strcmp(name, "hotplug/state") == 0 || strcmp(name, "hotplug/target") == 0)
		return text_printf("%d\n", m->online >> cpu & 1 ? SHARED_BOX_ONLINE : 0);
	if (strcmp(name, "hotplug/fail") == 0)
		return text_printf("%d\n", m->fail[cpu]);
	return NULL;
}

static char *read_path(struct shared_box *m, const char *path)
{
	const char *rest = path + strlen(CPU_DIR);

	if (text_starts(path, CPU_DIR)) {
		if (strcmp(rest, "possible") == 0 || strcmp(rest, "present") == 0)
			return list_text(ALL);
		if (strcmp(rest, "online") == 0)
			return list_text(m->online);
		if (strcmp(rest, "offline") == 0)
			return list_text(ALL & ~m->online);
		if (strcmp(rest, "hotplug/states") == 0)
			return text_printf("  0: offline\n%d: online\n", SHARED_BOX_ONLINE);
		return read_cpu(m, rest);
	}
	if (strcmp(path, "proc/sys/kernel/tainted") == 0)
		return text_printf("%lu\n", m->taint);
	if (strcmp(path, "proc/irq/24/smp_affinity_list") == 0)
		return text_printf("%s\n", m->irq);
	if (strcmp(path, "proc/irq/default_smp_affinity") == 0)
		return text_printf("%s\n", m->irq_default);
	if (strcmp(path, "sys/fs/cgroup/cgroup.controllers") == 0 ||
	    strcmp(path, GROUP "cgroup.procs") == 0)
		return strdup("cpuset\n");
	if (strcmp(path, GROUP "cpuset.cpus") == 0)
		return text_printf("%s\n", m->cpuset);
	if (strcmp(path, GROUP "cpuset.cpus.partition") == 0)
		return text_printf("%s\n", m->partition);
	return NULL;
}

static int op_read(void *ctx, const char *path, char **ret_text)
{
	char *text = read_path(ctx, path);

	if (!text)
		return -ENOENT;
	*ret_text = text;
	return 0;
}

static int write_online(struct shared_box *m, int cpu, bool on)
{
	m->writes++;
	if (m->hangs == cpu)
		for (;;)
			wait_pause(NS_PER_S);
	if (m->busy > 0) {
		m->busy--;
		return -EBUSY;
	}
	if (on && m->stays_off == cpu)
		return -EIO;
	if (on)
		atomic_fetch_or(&m->online, 1u << cpu);
	else
		atomic_fetch_and(&m->online, ~(1u << cpu));
	return 0;
}

static int op_write(void *ctx, const char *path, const char *text)
{
	struct shared_box *m = ctx;
	char name[32] = "";
	int cpu, value;

	if (sscanf(path, CPU_DIR "cpu%d/%31s", &cpu, name) == 2 && cpu >= 0 &&
	    cpu < SHARED_BOX_CPUS) {
		if (strcmp(name, "online") == 0 && cpu > 0)
			return write_online(m, cpu, *text == '1');
		if (strcmp(name, "hotplug/fail") == 0 && text_to_int(text, &value) == 0) {
			m->fail[cpu] = value;
			return 0;
		}
	}
	if (strcmp(path, "proc/irq/24/smp_affinity_list") == 0) {
		if (!m->irq_is_deaf)
			snprintf(m->irq, sizeof(m->irq), "%s", text);
		return 0;
	}
	if (strcmp(path, "proc/irq/default_smp_affinity") == 0)
		return snprintf(m->irq_default, sizeof(m->irq_default), "%s", text) < 0;
	if (strcmp(path, GROUP "cpuset.cpus") == 0)
		return snprintf(m->cpuset, sizeof(m->cpuset), "%s", *text == '\n' ? "" : text) < 0;
	if (strcmp(path, GROUP "cpuset.cpus.partition") == 0)
		return snprintf(m->partition, sizeof(m->partition), "%s", text) < 0;
	return -ENOENT;
}

static int op_list(void *ctx, const char *path, char ***ret_names)
{
	const char *name = strcmp(path, "proc/irq") == 0        ? "24"
			   : strcmp(path, "sys/fs/cgroup") == 0 ? "work"
								: NULL;
	char **names;

	(void)ctx;
	if (!name)
		return -ENOENT;
	names = calloc(2, sizeof(*names));
	names[0] = strdup(name);
	*ret_names = names;
	return 0;
}

static void op_free(void *ctx)
{
	munmap(ctx, sizeof(struct shared_box));
}

int shared_box_open(struct shared_box **ret_model, struct box **ret)
{
	static const struct box_ops ops = {
		.read = op_read,
		.write = op_write,
		.list = op_list,
		.free = op_free,
	};
	struct shared_box *m =
		mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		return -ENOMEM;
	m->online = ALL;
	m->stays_off = m->hangs = -1;
	for (int i = 0; i < SHARED_BOX_CPUS; i++)
		m->fail[i] = -1;
	snprintf(m->irq, sizeof(m->irq), "0-3");
	snprintf(m->irq_default, sizeof(m->irq_default), "f");
	snprintf(m->cpuset, sizeof(m->cpuset), "1-2");
	snprintf(m->partition, sizeof(m->partition), "member");
	*ret_model = m;
	return box_open_scripted(&ops, m, ret);
}
