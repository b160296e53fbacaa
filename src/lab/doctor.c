// SPDX-License-Identifier: GPL-2.0-or-later
/* One function for each thing that a lab guest needs. */
#include "lab/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/cache.h"
#include "lab/kvm.h"
#include "lab/machine.h"
#include "lab/qemu.h"

#define SPACE_MIB 200

#define SAY(f, ...) snprintf((f)->text, sizeof((f)->text), __VA_ARGS__)
#define REMEDY(f, ...) snprintf((f)->remedy, sizeof((f)->remedy), __VA_ARGS__)

static bool is_bookworm(void)
{
	FILE *f = fopen("/etc/os-release", "re");
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= text_starts(line, "VERSION_CODENAME=bookworm");
	if (f)
		fclose(f);
	return found;
}

static void look_for_qemu(struct doctor_finding *f)
{
	_cleanup_free_ char *version = NULL;
	struct error err = {};

	f->what = "QEMU";
	f->is_needed = true;
	REMEDY(f, "apt-get install %sqemu-system-x86",
	       is_bookworm() ? "-t bookworm-backports " : "");
	if (qemu_version(arch_table[0].qemu, &version, &err) < 0) {
		SAY(f, "%s", err.text);
		return;
	}
	f->is_ok = atoi(version) >= QEMU_VERSION_MIN;
	SAY(f, "version %s%s", version,
	    f->is_ok ? "" : " is too old: before 10 it corrupts its memory when CPUs leave");
}

static void look_for_program(struct doctor_finding *f, const char *program, const char *package)
{
	const char *const argv[] = { program, "--version", NULL };
	_cleanup_free_ char *out = NULL;
	int status;

	f->what = program;
	f->is_ok = process_capture(argv, wait_now_ns() + 20 * NS_PER_S, &out, &status, NULL) == 0 &&
		   status == 0;
	SAY(f, "%s",
	    f->is_ok ? "is there" : "is missing: modules of newer kernels are packed with it");
	REMEDY(f, "apt-get install %s", package);
}

static void look_for_kernel(struct doctor_finding *f, const char *flavour, bool is_needed)
{
	_cleanup_free_ char *kernel = NULL, *modules = NULL;
	struct error err = {};

	f->what = flavour;
	f->is_needed = is_needed;
	f->is_ok = cache_kernel(&arch_table[0], flavour, &kernel, &modules, &err) == 0;
	SAY(f, "%s", f->is_ok ? strrchr(modules, '/') + 1 : "this kernel is not in the cache");
	REMEDY(f, "tools/fetch-kernel %s", flavour);
}

static void look_for_userland(struct doctor_finding *f)
{
	_cleanup_free_ char *folder = NULL;

	f->what = "userland";
	f->is_ok = cache_userland(&arch_table[0], &folder, NULL) == 0;
	SAY(f, "%s",
	    f->is_ok ? folder
		     : "top, sar and mpstat are not in the cache: their claims would be skipped");
	REMEDY(f, "tools/fetch-userland");
}

static void look_for_hotproof(struct doctor_finding *f, const char *hotproof)
{
	f->what = "hotproof";
	f->is_needed = true;
	f->is_ok = hotproof && access(hotproof, X_OK) == 0;
	SAY(f, "the guest's program, \"%s\"%s", hotproof ? hotproof : "hotproof",
	    f->is_ok ? "" : ", is missing");
	REMEDY(f, "./dev build");
}

static void look_for_kvm(struct doctor_finding *f, bool may_probe)
{
	_cleanup_free_ char *kernel = NULL, *modules = NULL, *why = NULL;
	struct error err = {};
	int r;

	f->what = "KVM";
	r = cache_kernel(&arch_table[0], "6.1", &kernel, &modules, NULL);
	r = kvm_probe(r == 0 && may_probe ? kernel : NULL, &why, &err);
	f->is_ok = r > 0;
	if (r > 0)
		SAY(f, "works: %s", why);
	else if (r == 0)
		SAY(f, "not used, TCG instead (slower): %s", why);
	else
		SAY(f, "not known yet: %s",
		    r == -EAGAIN ? "no kernel here to try it with" : err.text);
}

static void look_for_space(struct doctor_finding *f)
{
	struct statvfs fs;

	f->what = "disk space";
	f->is_needed = true;
	if (statvfs(".", &fs) < 0) {
		SAY(f, "cannot be found out here: %s", strerror(errno));
		return;
	}
	f->is_ok = (fs.f_bavail * fs.f_frsize >> 20) >= SPACE_MIB;
	SAY(f, "%llu MiB free in this folder",
	    (unsigned long long)(fs.f_bavail * fs.f_frsize >> 20));
	REMEDY(f, "change to a folder with %d MiB free, or name one with --out", SPACE_MIB);
}

int doctor_look(const char *hotproof, bool may_probe, struct doctor_finding *ret)
{
	int n = 0;

	memset(ret, 0, DOCTOR_FINDINGS_MAX * sizeof(*ret));
	look_for_qemu(&ret[n++]);
	look_for_hotproof(&ret[n++], hotproof);
	look_for_kernel(&ret[n++], "6.1", true);
	look_for_kernel(&ret[n++], "6.12", false);
	look_for_userland(&ret[n++]);
	look_for_program(&ret[n++], "xz", "xz-utils");
	look_for_kvm(&ret[n++], may_probe);
	look_for_space(&ret[n++]);
	return n;
}
