// SPDX-License-Identifier: GPL-2.0-or-later
/* What the box under test is, as far as its own files tell: for the record only. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/text.h"
#include "box/cpu.h"
#include "run/internal.h"

static void set_file(json_t *meta, const char *key, struct box *box, const char *path)
{
	_cleanup_free_ char *text = NULL;

	json_object_set_new(meta, key,
			    box_readf(box, &text, "%s", path) == 0 ? json_string(text)
								   : json_null());
}

static void set_list(json_t *meta, const char *key, const struct cpulist *l)
{
	char text[CPULIST_TEXT];

	json_object_set_new(meta, key, json_string(cpulist_format(l, text, sizeof(text))));
}

static json_t *topology(struct box *box)
{
	json_t *all = json_object();
	struct cpu_masks masks;
	struct cpulist can;

	if (cpu_masks_read(box, &masks) < 0)
		return all;
	set_list(all, "possible", &masks.possible);
	set_list(all, "present", &masks.present);
	set_list(all, "online", &masks.online);
	if (cpu_hotpluggable_read(box, &can) == 0)
		set_list(all, "hotpluggable", &can);
	set_file(all, "isolated", box, "sys/devices/system/cpu/isolated");
	set_file(all, "nohz_full", box, "sys/devices/system/cpu/nohz_full");
	set_file(all, "smt", box, "sys/devices/system/cpu/smt/control");
	cpulist_foreach(cpu, &masks.online) {
		_cleanup_free_ char *package = NULL, *core = NULL, *key = text_printf("cpu%d", cpu);

		if (key &&
		    box_readf(box, &package,
			      "sys/devices/system/cpu/cpu%d/topology/physical_package_id",
			      cpu) == 0 &&
		    box_readf(box, &core, "sys/devices/system/cpu/cpu%d/topology/core_id", cpu) ==
			    0)
			json_object_set_new(all, key,
					    json_pack("{s:s, s:s}", "package", package, "core",
						      core));
	}
	return all;
}

json_t *run_meta(const struct run_setup *setup)
{
	json_t *meta = json_pack("{s:i, s:s}", "format", 1, "version", HOTPROOF_VERSION);
	struct box *box = setup->box;
	struct utsname uts;
	struct tm tm;
	time_t now = time(NULL);
	char stamp[32];

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(meta, "run", setup->name ? json_string(setup->name) : json_null());
	json_object_set_new(meta, "machine", json_string(setup->machine ? setup->machine : "host"));
	json_object_set_new(meta, "repeat",
			    json_string(setup->repeat ? setup->repeat : "hotproof run --go"));
	/* A lab outlives its guest, and tells how it died. */
	if (setup->has_lookout)
		json_object_set_new(meta, "recorder", json_string("lab"));
	json_object_set_new(meta, "arch", json_string(uname(&uts) == 0 ? uts.machine : ""));
	json_object_set_new(meta, "time", json_string(stamp));
	json_object_set_new(meta, "seed", json_integer((json_int_t)setup->seed));
	set_file(meta, "kernel", box, "proc/sys/kernel/osrelease");
	set_file(meta, "kernel_version", box, "proc/version");
	set_file(meta, "cmdline", box, "proc/cmdline");
	set_file(meta, "boot_id", box, "proc/sys/kernel/random/boot_id");
	set_file(meta, "taint", box, "proc/sys/kernel/tainted");
	set_file(meta, "clocksource", box,
		 "sys/devices/system/clocksource/clocksource0/current_clocksource");
	json_object_set_new(meta, "topology", topology(box));
	return meta;
}
