// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes and puts back: traps, CPUs, interrupts; cpusets and tasks have files of their own. The
 * order matters: a trap would make the next online fail, and an affinity can only name a CPU that
 * is there. Decides no verdict.
 */
#include "box/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cpu.h"
#include "box/snapshot_internal.h"
#include "box/trace.h"

#define CPU_DIR "sys/devices/system/cpu"
#define SMT_CONTROL CPU_DIR "/smt/control"
#define BOOT_ID "proc/sys/kernel/random/boot_id"
#define BUSY_NS NS_PER_S /* how long EBUSY may be a passing guest: catalogue 2.1 */

void snapshot_add_item(json_t *items, const char *what, const char *was, const char *now, bool ok,
		       const char *why)
{
	json_t *item =
		json_pack("{s:s, s:s, s:s, s:b}", "what", what, "was", was, "now", now, "ok", ok);

	if (why)
		json_object_set_new(item, "why", json_string(why));
	json_array_append_new(items, item);
}

bool snapshot_clear_traps(struct box *box, json_t *items)
{
	struct cpu_masks masks;
	bool all_ok = true;

	if (cpu_masks_read(box, &masks) < 0)
		return true;
	cpulist_foreach(cpu, &masks.present) {
		_cleanup_free_ char *was = NULL, *now = NULL,
				    *path = text_printf(CPU_DIR "/cpu%d/hotplug/fail", cpu);
		bool ok;

		/* Reading first: a write takes the hotplug lock, and most boxes have no trap. */
		if (!path || box_readf(box, &was, "%s", path) < 0 || strcmp(was, "-1") == 0)
			continue;
		ok = box_write(box, path, "-1") == 0 && box_readf(box, &now, "%s", path) == 0 &&
		     strcmp(now, "-1") == 0;
		snapshot_add_item(items, path, "-1", now ? now : was, ok, "a trap was armed");
		all_ok = all_ok && ok;
	}
	return all_ok;
}

static json_t *take_cpus(struct box *box)
{
	json_t *cpus = json_object();
	struct cpulist can, online;

	if (cpu_hotpluggable_read(box, &can) < 0 || cpu_online_read(box, &online) < 0)
		return cpus;
	cpulist_foreach(cpu, &can) {
		_cleanup_free_ char *key = text_printf("%d", cpu);

		if (key)
			json_object_set_new(cpus, key, json_boolean(cpulist_has(&online, cpu)));
	}
	return cpus;
}

struct wanted {
	struct box *box;
	int cpu;
	bool on;
	int result;
};

static bool is_in_place(const struct wanted *w)
{
	struct cpulist online;
	int state, target;

	if (cpu_online_read(w->box, &online) < 0 || cpulist_has(&online, w->cpu) != w->on)
		return false;
	if (cpu_state_read(w->box, w->cpu, &state, &target) < 0)
		return true; /* no hotplug/ here: the mask must do */
	/* A sibling that nosmt left out has state 0, and on 6.12 target 85, as the boot left it. */
	return w->on ? cpu_is_fully_online(w->box, w->cpu) : state == CPU_STATE_OFFLINE;
}

static bool try_move(void *arg)
{
	struct wanted *w = arg;

	w->result = box_writef(w->box, w->on ? "1" : "0", CPU_DIR "/cpu%d/online", w->cpu);
	return w->result != -EBUSY;
}

static void move_cpu(struct wanted *w)
{
	struct cpulist online;

	/* Half way up counts as online for the `online` file: writing 1 would be a no-op. */
	if (w->on && cpu_online_read(w->box, &online) == 0 && cpulist_has(&online, w->cpu) &&
	    box_writef(w->box, "0", CPU_DIR "/cpu%d/online", w->cpu) < 0)
		return;
	if (wait_until(try_move, w, wait_now_ns() + wait_scaled(BUSY_NS)) < 0)
		return;
}

static bool restore_cpus(struct box *box, const json_t *saved, json_t *items)
{
	bool all_ok = true;
	const char *key;
	json_t *on;

	json_object_foreach((json_t *)saved, key, on) {
		struct wanted w = { .box = box, .on = json_is_true(on) };
		_cleanup_free_ char *what = text_printf("cpu%s", key);
		bool ok;

		if (!what || text_to_int(key, &w.cpu) < 0 || is_in_place(&w))
			continue;
		if (!box_has(box, CPU_DIR "/cpu%d/online", w.cpu)) {
			snapshot_add_item(items, what, w.on ? "online" : "offline", "gone", true,
					  "the CPU was removed from the box");
			continue;
		}
		move_cpu(&w);
		ok = is_in_place(&w);
		snapshot_add_item(items, what, w.on ? "online" : "offline",
				  ok == w.on ? "online" : "offline", ok,
				  w.result < 0 ? error_name(w.result) : NULL);
		all_ok = all_ok && ok;
	}
	return all_ok;
}

/* A sibling thread cannot come online while SMT is off: this goes before the CPUs. */
static bool restore_smt(struct box *box, const char *was, json_t *items)
{
	_cleanup_free_ char *now = NULL, *after = NULL;
	bool ok;
	int r;

	if (!was || strcmp(was, "on") != 0 || box_readf(box, &now, SMT_CONTROL) < 0 ||
	    strcmp(now, was) == 0)
		return true;
	r = box_write(box, SMT_CONTROL, was);
	ok = r == 0 && box_readf(box, &after, SMT_CONTROL) == 0 && strcmp(after, was) == 0;
	snapshot_add_item(items, SMT_CONTROL, was, after ? after : now, ok,
			  r < 0 ? error_name(r) : NULL);
	return ok;
}

static json_t *take_irqs(struct box *box)
{
	_cleanup_names_ char **names = NULL;
	json_t *irqs = json_object();

	if (box_list(box, "proc/irq", &names) < 0)
		return irqs;
	for (char **n = names; *n; n++) {
		_cleanup_free_ char *mask = NULL;

		if (box_readf(box, &mask, "proc/irq/%s/smp_affinity_list", *n) == 0)
			json_object_set_new(irqs, *n, json_string(mask));
	}
	return irqs;
}

/* Whose each one is: a driver that gives its interrupts back and takes new ones may get others. */
static json_t *take_irq_owners(struct box *box, json_t *irqs)
{
	json_t *owners = json_object(), *mask;
	const char *irq;

	json_object_foreach(irqs, irq, mask) {
		_cleanup_free_ char *owner = NULL;

		if (box_readf(box, &owner, "sys/kernel/irq/%s/actions", irq) == 0)
			json_object_set_new(owners, irq, json_string(owner));
	}
	return owners;
}

static bool is_anothers(struct box *box, const json_t *owners, const char *irq)
{
	const char *was = json_string_value(json_object_get(owners, irq));
	_cleanup_free_ char *now = NULL;

	return was && box_readf(box, &now, "sys/kernel/irq/%s/actions", irq) == 0 &&
	       strcmp(now, was) != 0;
}

static bool has_online_cpu(struct box *box, const char *list)
{
	struct cpulist mask, online;

	return cpulist_parse(list, &mask) == 0 && cpu_online_read(box, &online) == 0 &&
	       cpulist_intersects(&mask, &online);
}

static bool restore_irq(struct box *box, const char *irq, const char *was, json_t *items)
{
	_cleanup_free_ char *now = NULL, *after = NULL,
			    *what = text_printf("proc/irq/%s/smp_affinity_list", irq);
	bool ok;
	int r;

	/* Gone: its device is. */
	if (!what || box_readf(box, &now, "%s", what) < 0 || strcmp(now, was) == 0)
		return true;
	r = box_write(box, what, was);
	/* The kernel refuses to take the mask of one it manages itself (EIO, or EPERM), but then it
	 * does not change it either: one that changed must take it. */
	if (r == -EINVAL && !has_online_cpu(box, was)) {
		snapshot_add_item(items, what, was, now, true, "none of its CPUs is online");
		return true;
	}
	ok = r == 0 && box_readf(box, &after, "%s", what) == 0 && strcmp(after, was) == 0;
	snapshot_add_item(items, what, was, after ? after : now, ok, r < 0 ? error_name(r) : NULL);
	return ok;
}

static bool restore_irqs(struct box *box, const json_t *saved, const json_t *owners, json_t *items)
{
	bool all_ok = true;
	const char *irq;
	json_t *was;

	json_object_foreach((json_t *)saved, irq, was) {
		bool ok = is_anothers(box, owners, irq) ||
			  restore_irq(box, irq, json_string_value(was), items);

		all_ok = all_ok && ok;
	}
	return all_ok;
}

static bool restore_default_irq(struct box *box, const char *was, json_t *items)
{
	_cleanup_free_ char *now = NULL, *after = NULL;
	const char *path = "proc/irq/default_smp_affinity";
	bool ok;

	if (!was || box_readf(box, &now, "%s", path) < 0 || strcmp(now, was) == 0)
		return true;
	ok = box_write(box, path, was) == 0 && box_readf(box, &after, "%s", path) == 0 &&
	     strcmp(after, was) == 0;
	snapshot_add_item(items, path, was, after ? after : now, ok, NULL);
	return ok;
}

int snapshot_take(struct box *box, json_t **ret)
{
	_cleanup_free_ char *boot = NULL, *irq_default = NULL, *smt = NULL;
	json_t *s = json_pack("{s:i}", "format", 1);
	int r = s ? box_readf(box, &boot, BOOT_ID) : -ENOMEM;

	if (r < 0 && r != -ENOENT) {
		json_decref(s);
		return r;
	}
	json_object_set_new(s, "boot_id", json_string(boot ? boot : ""));
	json_object_set_new(s, "cpus", take_cpus(box));
	json_object_set_new(s, "cpusets", snapshot_take_cpusets(box));
	json_object_set_new(s, "irqs", take_irqs(box));
	json_object_set_new(s, "irq_owners", take_irq_owners(box, json_object_get(s, "irqs")));
	if (box_readf(box, &smt, SMT_CONTROL) == 0)
		json_object_set_new(s, "smt", json_string(smt));
	if (box_readf(box, &irq_default, "proc/irq/default_smp_affinity") == 0)
		json_object_set_new(s, "irq_default", json_string(irq_default));
	json_object_set_new(s, "tasks", snapshot_take_tasks(box));
	*ret = s;
	return 0;
}

int snapshot_restore(struct box *box, const json_t *snapshot, json_t **ret_items)
{
	json_t *items = json_array();
	bool ok;

	if (!items)
		return -ENOMEM;
	ok = snapshot_clear_traps(box, items);
	ok &= trace_clean(box, 0, items);
	ok &= restore_smt(box, json_string_value(json_object_get(snapshot, "smt")), items);
	ok &= restore_cpus(box, json_object_get(snapshot, "cpus"), items);
	/* A cpuset gives its tasks their masks: it goes before them. */
	ok &= snapshot_restore_cpusets(box, json_object_get(snapshot, "cpusets"), items);
	ok &= restore_default_irq(box, json_string_value(json_object_get(snapshot, "irq_default")),
				  items);
	ok &= restore_irqs(box, json_object_get(snapshot, "irqs"),
			   json_object_get(snapshot, "irq_owners"), items);
	ok &= snapshot_restore_tasks(box, json_object_get(snapshot, "tasks"), items);
	*ret_items = items;
	return ok;
}

int snapshot_save(const json_t *snapshot, const char *path)
{
	_cleanup_free_ char *text = json_dumps(snapshot, JSON_INDENT(1)), *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	int r = 0;

	if (!text || !dir)
		return -ENOMEM;
	if (slash && slash != dir) {
		*slash = '\0';
		r = file_mkdirs(dir, 0755);
	}
	return r < 0 ? r : file_replace(AT_FDCWD, path, text, strlen(text));
}

int snapshot_load(struct box *box, const char *path, json_t **ret)
{
	_cleanup_free_ char *text = NULL, *boot = NULL;
	json_t *s;
	int r = file_read(AT_FDCWD, path, &text, NULL);

	if (r < 0)
		return r;
	s = json_loads(text, 0, NULL);
	r = box_readf(box, &boot, BOOT_ID);
	if (!s || json_integer_value(json_object_get(s, "format")) != 1 ||
	    (r == 0 && strcmp(boot, json_string_value(json_object_get(s, "boot_id")) ?: "") != 0)) {
		json_decref(s);
		return -ESTALE;
	}
	*ret = s;
	return 0;
}
