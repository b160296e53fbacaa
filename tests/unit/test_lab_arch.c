// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/arch and what hangs on it: programs of other architectures, places in the cache. No guest is
 * started. */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/cache.h"
#include "lab/image.h"
#include "lab/machine.h"

static char dir[64];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test-lab-arch-XXXXXX");
	return mkdtemp(dir) && setenv("HOTPROOF_CACHE", dir, 1) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	const char *const argv[] = { "rm", "-rf", dir, NULL };
	_cleanup_free_ char *out = NULL;
	int status;

	(void)state;
	return process_capture(argv, wait_now_ns() + 20 * NS_PER_S, &out, &status, NULL);
}

static void put(const char *name, const void *data, size_t len)
{
	_cleanup_free_ char *path = text_printf("%s/%s", dir, name);
	char *slash = strrchr(path, '/');

	*slash = '\0';
	assert_int_equal(file_mkdirs(path, 0755), 0);
	*slash = '/';
	assert_int_equal(file_replace(AT_FDCWD, path, data, len), 0);
}

static void every_architecture_has_a_machine(void **state)
{
	_cleanup_free_ char *names = arch_names();

	(void)state;
	assert_string_equal(names, "amd64 i386 arm64 ppc64el s390x riscv64");
	for (const struct arch *a = arch_table; a->name; a++) {
		_cleanup_(cleanup_machine) struct machine *m = NULL;

		assert_ptr_equal(arch_find(a->name), a);
		assert_int_equal(machine_load(a->machine, &m, NULL), 0);
		assert_ptr_equal(m->isa, a);
	}
	assert_null(arch_find("vax"));
}

/* The devices of a machine are on the bus that its architecture has. */
static void devices_fit_the_bus(void **state)
{
	(void)state;
	for (const struct embedded_text *t = machine_texts; t->name; t++) {
		_cleanup_(cleanup_machine) struct machine *m = NULL;

		assert_int_equal(machine_load(t->name, &m, NULL), 0);
		if (m->nic && !text_ends(m->nic, m->isa->virtio_bus))
			fail_msg("%s: %s on %s", m->name, m->nic, m->isa->virtio_bus);
		if (m->disk && !text_ends(m->disk, m->isa->virtio_bus))
			fail_msg("%s: %s on %s", m->name, m->disk, m->isa->virtio_bus);
	}
}

#define LE16(big, v) ((big) ? htobe16(v) : htole16(v))
#define LE32(big, v) ((big) ? htobe32(v) : htole32(v))
#define LE64(big, v) ((big) ? htobe64(v) : htole64(v))

/* A program of one header, as its architecture would have it. */
static void put_program(const char *name, const struct arch *a, uint32_t kind)
{
	bool big = a->is_big_endian;
	struct {
		union {
			Elf64_Ehdr wide;
			Elf32_Ehdr narrow;
		};
		uint32_t type;
		char rest[60];
	} file = {};

	memcpy(file.wide.e_ident, ELFMAG, SELFMAG);
	file.wide.e_ident[EI_CLASS] = a->is_64 ? ELFCLASS64 : ELFCLASS32;
	file.wide.e_ident[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	file.wide.e_machine = LE16(big, a->elf_machine);
	if (a->is_64) {
		file.wide.e_phoff = LE64(big, offsetof(typeof(file), type));
		file.wide.e_phnum = LE16(big, 1);
	} else {
		file.narrow.e_phoff = LE32(big, offsetof(typeof(file), type));
		file.narrow.e_phnum = LE16(big, 1);
	}
	file.type = LE32(big, kind);
	put(name, &file, sizeof(file));
}

static void guest_programs_are_checked(void **state)
{
	_cleanup_free_ char *path = text_printf("%s/prog", dir);

	(void)state;
	for (const struct arch *a = arch_table; a->name; a++) {
		struct error err = {};

		put_program("prog", a, PT_LOAD);
		for (const struct arch *b = arch_table; b->name; b++)
			assert_int_equal(image_check_program(path, b, &err), a == b ? 0 : -ENOEXEC);
		put_program("prog", a, PT_INTERP);
		assert_int_equal(image_check_program(path, a, &err), -ENOEXEC);
		assert_non_null(strstr(err.text, "not linked statically"));
	}
}

static void kernels_have_their_places(void **state)
{
	_cleanup_free_ char *kernel = NULL, *modules = NULL, *want = NULL, *folder = NULL;
	struct error err = {};

	(void)state;
	assert_int_equal(cache_kernel(arch_find("arm64"), "6.1", &kernel, &modules, &err), -ENOENT);
	assert_non_null(strstr(err.text, "tools/fetch-kernel --arch arm64 6.1"));
	put("kernels-riscv64/sid-generic/vmlinuz", "k", 1);
	put("kernels-riscv64/sid-generic/release", "7.2\n", 4);
	assert_int_equal(cache_kernel(arch_find("riscv64"), "debian:sid/generic", &kernel, &modules,
				      &err),
			 0);
	want = text_printf("%s/kernels-riscv64/sid-generic/modules/7.2", dir);
	assert_string_equal(modules, want);
	assert_int_equal(cache_userland(arch_find("s390x"), &folder, &err), -ENOENT);
	assert_non_null(strstr(err.text, "tools/fetch-userland --arch s390x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_architecture_has_a_machine),
		cmocka_unit_test(devices_fit_the_bus),
		cmocka_unit_test(guest_programs_are_checked),
		cmocka_unit_test(kernels_have_their_places),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
