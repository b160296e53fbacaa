// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One CPU at a time: the slot of the one that was removed is where one is added again. QEMU takes a
 * CPU away only once its guest has let go of it, and says nothing on the command's return.
 */
#include "lab/plug.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "lab/vcpu.h"
#include "outside/plug.h"

#define PATIENCE_NS (3 * NS_PER_S)
/* The guest sees its CPU go before its firmware has told the platform. */
#define EJECT_NS (15 * NS_PER_S)

struct plug {
	const struct arch *arch;
	struct qmp *qmp;
	json_t *type, *props; /* of the slot */
	int n_added;
	char refused[256]; /* the last request; "": it was not */
};

int plug_new(const struct arch *arch, struct qmp *qmp, struct plug **ret)
{
	struct plug *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->arch = arch;
	p->qmp = qmp;
	*ret = p;
	return 0;
}

void plug_free(struct plug *p)
{
	if (!p)
		return;
	json_decref(p->type);
	json_decref(p->props);
	free(p);
}

/* "/machine/peripheral/added-cpu-1" is not above ".../added-cpu-10". */
static bool is_above(const char *path, const char *below)
{
	size_t len = strlen(path);

	return text_starts(below, path) && (below[len] == '/' || !below[len]);
}

/* The slot with these properties, or, without, with this CPU in it: *ret is a new reference, or
 * NULL where there is none. */
static int find_slot(struct plug *p, const json_t *props, const char *qom_path, json_t **ret,
		     struct error *err)
{
	json_t *slots = NULL, *slot, *found = NULL;
	size_t i;
	int r = qmp_command(p->qmp, "query-hotpluggable-cpus", NULL, wait_now_ns() + PATIENCE_NS,
			    &slots, err);

	if (r < 0)
		return r;
	json_array_foreach(slots, i, slot) {
		const char *path = json_string_value(json_object_get(slot, "qom-path"));

		if (props ? json_equal(json_object_get(slot, "props"), props)
			  : path && is_above(path, qom_path))
			found = json_incref(slot);
		if (found)
			break;
	}
	json_decref(slots);
	*ret = found;
	return 0;
}

/* 1, 0, or an error: QEMU did not say. */
static int has_it(struct plug *p, struct error *err)
{
	json_t *slot = NULL;
	int r = p->props ? find_slot(p, p->props, NULL, &slot, err) : 0;

	if (r == 0)
		r = json_object_get(slot, "qom-path") != NULL;
	json_decref(slot);
	return r;
}

static int take_out(struct plug *p, int64_t id, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	json_t *slot = NULL;
	int r = vcpus_path(p->arch, p->qmp, id, &path, err);

	if (r < 0)
		return r;
	r = find_slot(p, NULL, path, &slot, err);
	if (r < 0)
		return r;
	if (!slot)
		return error_set(err, ENODEV, "QEMU has no slot for \"%s\"", path);
	json_decref(p->type);
	json_decref(p->props);
	p->type = json_incref(json_object_get(slot, "type"));
	p->props = json_incref(json_object_get(slot, "props"));
	r = qmp_command(p->qmp, "device_del",
			json_pack("{s:O}", "id", json_object_get(slot, "qom-path")),
			wait_now_ns() + PATIENCE_NS, NULL, err);
	json_decref(slot);
	return r;
}

static int put_in(struct plug *p, struct error *err)
{
	json_t *args;
	char id[32];

	if (!p->props)
		return error_set(err, ENODEV, "no CPU was removed before");
	snprintf(id, sizeof(id), "added-cpu-%d", ++p->n_added);
	args = json_pack("{s:O, s:s}", "driver", p->type, "id", id);
	json_object_update(args, p->props);
	return qmp_command(p->qmp, "device_add", args, wait_now_ns() + PATIENCE_NS, NULL, err);
}

static bool is_out(void *arg)
{
	struct error err = {};

	return has_it(arg, &err) == 0;
}

static json_t *judge(struct plug *p, const json_t *line)
{
	const json_t *data = json_object_get(line, "data");
	struct plug_facts facts = { .refused = *p->refused ? p->refused : NULL };
	struct error err = {};
	int has;

	if (!facts.refused && json_is_true(json_object_get(data, "reached")) &&
	    json_is_string(json_object_get(data, "do")) &&
	    strcmp(json_string_value(json_object_get(data, "do")), "remove") == 0)
		(void)!wait_until(is_out, p, wait_now_ns() + wait_scaled(EJECT_NS));
	has = has_it(p, &err);
	facts.has_it = has == 1;
	facts.unknown = has < 0 ? err.text : NULL;
	return plug_judge(line, &facts);
}

json_t *plug_line(struct plug *p, const json_t *line)
{
	const json_t *data = json_object_get(line, "data");
	const char *what = json_string_value(json_object_get(line, "what"));
	const char *wanted = json_string_value(json_object_get(data, "do"));
	struct error err = {};
	int r;

	if (strcmp(what, "plug.seen") == 0)
		return judge(p, line);
	if (wanted && strcmp(wanted, "remove") == 0)
		r = take_out(p, json_integer_value(json_object_get(data, "id")), &err);
	else
		r = put_in(p, &err);
	snprintf(p->refused, sizeof(p->refused), "%s", r < 0 ? err.text : "");
	return json_array();
}
