// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples virtual CPUs. The box says by which number its hardware knows a CPU (APIC id, MPIDR,
 * hart, CPU address), since kernels number CPUs as they please; QEMU says which of its CPUs has it.
 */
#include "lab/vcpu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/machine.h"

#define PATIENCE_NS (3 * NS_PER_S)

struct vcpu {
	int index, tid;
	int64_t id;  /* the hardware's */
	char *state; /* of s390x */
	char *path;  /* in QEMU's tree of objects */
};

struct last {
	bool is_there;
	struct firmware_sample sample;
};

struct vcpus {
	const struct arch *arch;
	bool is_kvm;
	struct qmp *qmp;
	pid_t pid;
	struct last last[MACHINE_CPUS_MAX + 1]; /* by the box's number */
};

int vcpus_new(const struct arch *arch, bool is_kvm, struct qmp *qmp, pid_t pid, struct vcpus **ret)
{
	struct vcpus *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	*v = (struct vcpus){ .arch = arch, .is_kvm = is_kvm, .qmp = qmp, .pid = pid };
	*ret = v;
	return 0;
}

void vcpus_free(struct vcpus *v)
{
	free(v);
}

/* The number by which the guest's hardware description calls it. */
static int64_t hardware_id(const struct arch *arch, struct qmp *qmp, const json_t *cpu,
			   int64_t deadline_ns)
{
	const char *name = arch->vcpu_id, *path;
	json_t *value = NULL;
	struct error err;
	int64_t id;

	if (!name)
		return json_integer_value(json_object_get(cpu, "cpu-index"));
	if (text_starts(name, "props:"))
		return json_integer_value(
			json_object_get(json_object_get(cpu, "props"), name + strlen("props:")));
	path = json_string_value(json_object_get(cpu, "qom-path"));
	if (qmp_command(qmp, "qom-get",
			json_pack("{s:s, s:s}", "path", path ? path : "", "property", name),
			deadline_ns, &value, &err) < 0)
		return -1;
	id = json_is_integer(value) ? json_integer_value(value) : -1;
	json_decref(value);
	return id;
}

/* 0: *ret is the one with this hardware id. */
static int find(const struct arch *arch, struct qmp *qmp, int64_t id, int64_t deadline_ns,
		struct vcpu *ret, struct error *err)
{
	json_t *list = NULL, *cpu;
	int r = qmp_command(qmp, "query-cpus-fast", NULL, deadline_ns, &list, err);
	size_t i;

	if (r < 0)
		return r;
	r = -ENODEV;
	json_array_foreach(list, i, cpu) {
		const char *state = json_string_value(json_object_get(cpu, "cpu-state"));
		const char *path = json_string_value(json_object_get(cpu, "qom-path"));

		if (hardware_id(arch, qmp, cpu, deadline_ns) != id)
			continue;
		*ret = (struct vcpu){
			.index = (int)json_integer_value(json_object_get(cpu, "cpu-index")),
			.tid = (int)json_integer_value(json_object_get(cpu, "thread-id")),
			.id = id,
			.state = state ? strdup(state) : NULL,
			.path = path ? strdup(path) : NULL,
		};
		r = 0;
		break;
	}
	json_decref(list);
	return r < 0 ? error_set(err, -r, "QEMU has no CPU whose hardware number is %" PRId64, id)
		     : 0;
}

static int read_registers(struct vcpus *v, const struct vcpu *cpu, int64_t deadline_ns,
			  struct firmware_sample *s, struct error *err)
{
	json_t *value = NULL;
	int r;

	if (cpu->state) {
		firmware_read(v->arch->name, cpu->state, s);
		return 0;
	}
	r = qmp_command(v->qmp, "human-monitor-command",
			json_pack("{s:s, s:i}", "command-line", "info registers", "cpu-index",
				  cpu->index),
			deadline_ns, &value, err);
	if (r < 0)
		return r;
	firmware_read(v->arch->name, json_is_string(value) ? json_string_value(value) : "", s);
	json_decref(value);
	return 0;
}

/* "run wait slices" in ns; a host whose kernel keeps no such account has zeros there, or no file.
 */
static void read_times(const struct vcpus *v, const struct vcpu *cpu, struct firmware_sample *s)
{
	_cleanup_free_ char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)v->pid, cpu->tid);
	s->at_ns = wait_now_ns();
	s->thread = cpu->tid;
	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return;
	s->has_times = sscanf(text, "%" SCNd64 " %" SCNd64, &s->run_ns, &s->wait_ns) == 2 &&
		       s->run_ns > 0;
}

static void sample(struct vcpus *v, int64_t id, struct firmware_sample *s)
{
	int64_t deadline = wait_now_ns() + PATIENCE_NS;
	struct vcpu cpu = {};
	struct error err = {};
	int r = find(v->arch, v->qmp, id, deadline, &cpu, &err);

	*s = (struct firmware_sample){ .is_kvm = v->is_kvm };
	/* Times first: looking makes some emulators run the CPU for a moment. */
	if (r == 0)
		read_times(v, &cpu, s);
	if (r == 0)
		r = read_registers(v, &cpu, deadline, s, &err);
	if (r < 0)
		snprintf(s->shows, sizeof(s->shows), "%.*s", (int)sizeof(s->shows) - 1, err.text);
	free(cpu.state);
	free(cpu.path);
}

int vcpus_path(const struct arch *arch, struct qmp *qmp, int64_t id, char **ret, struct error *err)
{
	struct vcpu cpu = {};
	int r = find(arch, qmp, id, wait_now_ns() + PATIENCE_NS, &cpu, err);

	free(cpu.state);
	if (r == 0 && !cpu.path)
		r = error_set(err, ENOMEM, "memory is short");
	if (r == 0)
		*ret = cpu.path;
	return r;
}

json_t *vcpus_look(struct vcpus *v, const json_t *look)
{
	const json_t *data = json_object_get(look, "data");
	json_int_t cpu = json_integer_value(json_object_get(data, "cpu"));
	struct firmware_sample now;
	json_t *lines;

	if (cpu < 0 || cpu > MACHINE_CPUS_MAX)
		return json_array();
	sample(v, json_integer_value(json_object_get(data, "id")), &now);
	lines = firmware_judge(look, v->last[cpu].is_there ? &v->last[cpu].sample : NULL, &now);
	v->last[cpu] = (struct last){ true, now };
	return lines;
}
