// SPDX-License-Identifier: GPL-2.0-or-later
/* The table. A new architecture is a row here, a cross file in packaging/cross/ and a machine. */
#include "lab/arch.h"

#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

const struct arch arch_table[] = {
	{ .name = "amd64",
	  .machine = "amd64-4",
	  .uname = "x86_64",
	  .qemu = "qemu-system-x86_64",
	  .qemu_package = "qemu-system-x86",
	  .board = "q35",
	  .console = "ttyS0",
	  .virtio_bus = "pci",
	  .panic_device = "pvpanic-pci",
	  .vcpu_id = "apic-id",
	  .watchdog = "i6300esb",
	  .elf_machine = EM_X86_64,
	  .is_64 = true,
	  .has_vmcoreinfo = true },
	/* The program of 64 bits runs 32-bit guests too, and is the one that is installed. */
	{ .name = "i386",
	  .machine = "i386-4",
	  .uname = "i686",
	  .qemu = "qemu-system-x86_64",
	  .qemu_package = "qemu-system-x86",
	  .board = "q35",
	  .console = "ttyS0",
	  .virtio_bus = "pci",
	  .panic_device = "pvpanic-pci",
	  .vcpu_id = "apic-id",
	  .watchdog = "i6300esb",
	  .elf_machine = EM_386,
	  .has_vmcoreinfo = true },
	{ .name = "arm64",
	  .machine = "arm64-4",
	  .uname = "aarch64",
	  .qemu = "qemu-system-aarch64",
	  .qemu_package = "qemu-system-arm",
	  .board = "virt,gic-version=3",
	  .console = "ttyAMA0",
	  .virtio_bus = "pci",
	  .panic_device = "pvpanic-pci",
	  .vcpu_id = "mp-affinity",
	  .elf_machine = EM_AARCH64,
	  .is_64 = true,
	  .has_vmcoreinfo = true },
	/* x-vof: QEMU's own small firmware; SLOF takes seven seconds more. */
	{ .name = "ppc64el",
	  .machine = "ppc64el-4",
	  .uname = "ppc64le",
	  .qemu = "qemu-system-ppc64",
	  .qemu_package = "qemu-system-ppc",
	  .board = "pseries,x-vof=on",
	  .console = "hvc0",
	  .virtio_bus = "pci",
	  .vcpu_id = "props:core-id",
	  .elf_machine = EM_PPC64,
	  .is_64 = true },
	{ .name = "s390x",
	  .machine = "s390x-4",
	  .uname = "s390x",
	  .qemu = "qemu-system-s390x",
	  .qemu_package = "qemu-system-s390x",
	  .board = "s390-ccw-virtio",
	  .console = "ttysclp0",
	  .virtio_bus = "ccw",
	  .vcpu_id = "props:core-id",
	  .watchdog = "diag288",
	  .elf_machine = EM_S390,
	  .is_64 = true,
	  .is_big_endian = true },
	{ .name = "riscv64",
	  .machine = "riscv64-4",
	  .uname = "riscv64",
	  .qemu = "qemu-system-riscv64",
	  .qemu_package = "qemu-system-riscv",
	  .board = "virt",
	  .console = "ttyS0",
	  .virtio_bus = "pci",
	  .panic_device = "pvpanic-pci",
	  .elf_machine = EM_RISCV,
	  .is_64 = true },
	{}
};

const struct arch *arch_find(const char *name)
{
	for (const struct arch *a = arch_table; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

char *arch_names(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (const struct arch *a = arch_table; a->name; a++)
		fprintf(f, "%s%s", a == arch_table ? "" : " ", a->name);
	fclose(f);
	return text;
}

bool arch_is_native(const struct arch *a)
{
	struct utsname host;

	if (uname(&host) < 0)
		return false;
	return strcmp(a->uname, host.machine) == 0 ||
	       (a->elf_machine == EM_386 && strcmp(host.machine, "x86_64") == 0);
}
