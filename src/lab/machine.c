// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads machine files, and is strict about them: a misspelt key would silently test another
 * machine. */
#include "lab/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static const struct {
	const char *key;
	size_t offset;
	bool is_number, is_optional;
} fields[] = {
	{ "summary", offsetof(struct machine, summary), .is_optional = true },
	{ "arch", offsetof(struct machine, arch) },
	{ "cpu_model", offsetof(struct machine, cpu_model) },
	{ "kernel", offsetof(struct machine, kernel) },
	{ "append", offsetof(struct machine, append), .is_optional = true },
	{ "nic", offsetof(struct machine, nic), .is_optional = true },
	{ "disk", offsetof(struct machine, disk), .is_optional = true },
	{ "firmware", offsetof(struct machine, firmware), .is_optional = true },
	{ "cpus", offsetof(struct machine, cpus), .is_number = true },
	{ "max_cpus", offsetof(struct machine, max_cpus), .is_number = true, .is_optional = true },
	{ "sockets", offsetof(struct machine, sockets), .is_number = true },
	{ "cores", offsetof(struct machine, cores), .is_number = true },
	{ "threads", offsetof(struct machine, threads), .is_number = true },
	{ "mem_mib", offsetof(struct machine, mem_mib), .is_number = true },
};

void machine_free(struct machine *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!fields[i].is_number)
			free(*(char **)((char *)m + fields[i].offset));
	for (size_t i = 0; m->provides && m->provides[i]; i++)
		free(m->provides[i]);
	free(m->provides);
	free(m->name);
	free(m);
}

static int take_field(struct machine *m, size_t i, const json_t *value, struct error *err)
{
	void *to = (char *)m + fields[i].offset;

	if (!value || json_is_null(value)) {
		if (fields[i].is_optional)
			return 0;
		return error_set(err, EINVAL, "machine \"%s\" has no \"%s\"", m->name,
				 fields[i].key);
	}
	if (fields[i].is_number) {
		if (!json_is_integer(value) || json_integer_value(value) < 1 ||
		    json_integer_value(value) > 1 << 24)
			return error_set(err, EINVAL, "machine \"%s\": \"%s\" is no number above 0",
					 m->name, fields[i].key);
		*(int *)to = (int)json_integer_value(value);
		return 0;
	}
	if (!json_is_string(value))
		return error_set(err, EINVAL, "machine \"%s\": \"%s\" is no text", m->name,
				 fields[i].key);
	*(char **)to = strdup(json_string_value(value));
	return *(char **)to ? 0 : -ENOMEM;
}

static int check(const struct machine *m, struct error *err)
{
	int slots = m->max_cpus ? m->max_cpus : m->cpus;

	if (!m->isa) {
		_cleanup_free_ char *known = arch_names();

		return error_set(err, EINVAL,
				 "machine \"%s\": the architecture \"%s\" is none of: %s", m->name,
				 m->arch, known ? known : "");
	}
	if (slots > MACHINE_CPUS_MAX || m->cpus > slots ||
	    m->sockets * m->cores * m->threads != slots)
		return error_set(
			err, EINVAL,
			"machine \"%s\": cpus (or max_cpus) is %d, but sockets * cores * threads is %d (at most %d)",
			m->name, slots, m->sockets * m->cores * m->threads, MACHINE_CPUS_MAX);
	if (m->mem_mib < MACHINE_MEM_MIN)
		return error_set(err, EINVAL,
				 "machine \"%s\": %d MiB of memory are too few, %d are needed",
				 m->name, m->mem_mib, MACHINE_MEM_MIN);
	return 0;
}

static bool is_known(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].key, key) == 0)
			return true;
	return strcmp(key, "provides") == 0;
}

static int take_provides(struct machine *m, const json_t *list, struct error *err)
{
	json_t *one;
	size_t i;

	if (!list || json_is_null(list))
		return 0;
	m->provides = calloc(json_array_size(list) + 1, sizeof(*m->provides));
	if (!m->provides)
		return -ENOMEM;
	json_array_foreach(list, i, one) {
		if (!json_is_string(one))
			break;
		m->provides[i] = strdup(json_string_value(one));
		if (!m->provides[i])
			return -ENOMEM;
	}
	if (!json_is_array(list) || i < json_array_size(list))
		return error_set(err, EINVAL, "machine \"%s\": \"provides\" is no list of needs",
				 m->name);
	return 0;
}

static int fill(struct machine *m, json_t *doc, struct error *err)
{
	const char *key;
	json_t *value;
	int r;

	json_object_foreach(doc, key, value)
		if (!is_known(key))
			return error_set(err, EINVAL, "machine \"%s\": the key \"%s\" is not known",
					 m->name, key);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		r = take_field(m, i, json_object_get(doc, fields[i].key), err);
		if (r < 0)
			return r;
	}
	m->isa = arch_find(m->arch);
	r = take_provides(m, json_object_get(doc, "provides"), err);
	return r < 0 ? r : check(m, err);
}

int machine_parse(const char *name, const char *text, struct machine **ret, struct error *err)
{
	_cleanup_(cleanup_machine) struct machine *m = calloc(1, sizeof(*m));
	json_error_t where;
	json_t *doc;
	int r;

	if (!m)
		return -ENOMEM;
	m->name = strdup(name);
	if (!m->name)
		return -ENOMEM;
	doc = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(doc)) {
		json_decref(doc);
		return error_set(err, EINVAL, "machine \"%s\", line %d: no JSON object: %s", name,
				 where.line, where.text);
	}
	r = fill(m, doc, err);
	json_decref(doc);
	if (r < 0)
		return r;
	*ret = take_ptr(m);
	return 0;
}

static int load_file(const char *path, struct machine **ret, struct error *err)
{
	_cleanup_free_ char *text = NULL, *name = NULL;
	const char *slash = strrchr(path, '/');
	int r = file_read(AT_FDCWD, path, &text, NULL);

	if (r < 0)
		return error_set(err, -r, "cannot read the machine file \"%s\": %s", path,
				 strerror(-r));
	name = strdup(slash ? slash + 1 : path);
	if (!name)
		return -ENOMEM;
	if (text_ends(name, ".json"))
		name[strlen(name) - 5] = '\0';
	return machine_parse(name, text, ret, err);
}

int machine_load(const char *name, struct machine **ret, struct error *err)
{
	if (strchr(name, '/') || text_ends(name, ".json"))
		return load_file(name, ret, err);
	for (const struct embedded_text *t = machine_texts; t->name; t++)
		if (strcmp(t->name, name) == 0)
			return machine_parse(name, t->text, ret, err);
	return error_set(err, ENOENT,
			 "there is no machine \"%s\"; 'hotproof lab machines' lists them", name);
}

void machine_set_cpus(struct machine *m, int cpus)
{
	m->max_cpus = 0;
	m->cpus = m->cores = cpus;
	m->sockets = m->threads = 1;
}
