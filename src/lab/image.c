// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the image together. What is in it is decided here and nowhere else. */
#include "lab/image.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "lab/cpio.h"
#include "lab/modules.h"
#include "lab/suite.h"

#define MODULES_DIR "lib/hotproof/modules"
#define SPARE_DIR "lib/modules"

/* Those that a machine's devices need; a kernel that lacks an optional one is a fair kernel. */
static const struct {
	const char *name;
	bool is_optional;
} wanted[] = {
	{ "pvpanic-pci", true }, { "virtio_pci", true },  { "virtio_ccw", true },
	{ "i6300esb", true },    { "diag288_wdt", true }, { "virtio_console", false },
	{ "virtio_net", false }, { "virtio_blk", true },
};

/*
 * Not loaded, and where any box has its modules: races load and unload them themselves. They have
 * hotplug states or per-CPU queues of their own.
 */
static const char *const spare[] = { "msr",  "cpuid", "dummy",
				     "loop", "zram",  "lzo-rle" /* zram's own choice on 6.1 */ };

struct build {
	const struct image_spec *spec;
	struct cpio *cpio;
	struct modules *modules;
	FILE *list;       /* /etc/hotproof/modules */
	size_t n_written; /* of the resolved modules */
};

/* Adds the files of the resolved modules that are not in the image yet. */
static int add_resolved(struct build *b, struct error *err)
{
	for (; b->n_written < modules_count(b->modules); b->n_written++) {
		const char *file = modules_file(b->modules, b->n_written);
		_cleanup_free_ char *source = text_printf("%s/%s", b->spec->modules, file);
		_cleanup_free_ char *plain = modules_plain_name(file);
		_cleanup_free_ char *name = NULL, *data = NULL;
		size_t len;
		int r;

		name = plain ? text_printf(MODULES_DIR "/%s", plain) : NULL;
		if (!source || !name)
			return -ENOMEM;
		r = modules_read(source, &data, &len, err);
		if (r == 0)
			r = cpio_add_data(b->cpio, name, 0644, data, len);
		if (r < 0)
			return r;
		fprintf(b->list, "/%s\n", name);
	}
	return 0;
}

static int add_stock_modules(struct build *b, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int r = modules_want(b->modules, wanted[i].name, err);

		if (r < 0 && !(r == -ENOENT && wanted[i].is_optional))
			return r;
	}
	return add_resolved(b, err);
}

/* What a user's module says that it needs, as far as the kernel has it: the rest may be another
 * --insmod. */
static int add_needs_of(struct build *b, const char *data, size_t len, struct error *err)
{
	_cleanup_free_ char *needs = modules_depends(data, len);
	char *save = NULL;

	for (char *n = needs ? strtok_r(needs, ",", &save) : NULL; n;
	     n = strtok_r(NULL, ",", &save)) {
		int r = modules_want(b->modules, n, NULL);

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return add_resolved(b, err);
}

/* "FILE,param=value,param=value" */
static int add_user_module(struct build *b, const char *spec, size_t number, struct error *err)
{
	_cleanup_free_ char *path = strdup(spec), *data = NULL, *name = NULL, *plain = NULL;
	char *params = path ? strchr(path, ',') : NULL;
	const char *base;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	if (params)
		*params++ = '\0';
	r = modules_read(path, &data, &len, err);
	if (r == 0)
		r = add_needs_of(b, data, len, err);
	if (r < 0)
		return r;
	base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	plain = modules_plain_name(base);
	/* Numbered: two files may have one name. */
	name = plain ? text_printf(MODULES_DIR "/user-%zu/%s", number, plain) : NULL;
	if (!name)
		return -ENOMEM;
	fprintf(b->list, "/%s", name);
	for (char *p = params; p && *p; p++)
		if (*p == ',' && strchr(p, '=') && !strchr("0123456789", p[1]))
			*p = ' ';
	fprintf(b->list, "%s%s\n", params ? " " : "", params ? params : "");
	return cpio_add_data(b->cpio, name, 0644, data, len);
}

/* One with all that it needs, and its line of modules.dep. */
static int add_spare(struct build *b, const char *name, FILE *dep, struct error *err)
{
	const char *slash = strrchr(b->spec->modules, '/');
	const char *release = slash ? slash + 1 : b->spec->modules;
	_cleanup_(cleanup_modules) struct modules *one = NULL;
	int r = modules_open(b->spec->modules, &one, err);

	if (r == 0)
		r = modules_want(one, name, NULL);
	if (r <= 0)
		return r == -ENOENT ? 0 : r;
	r = 0;
	for (size_t n = modules_count(one); r == 0 && n > 0; n--) {
		const char *file = modules_file(one, n - 1);
		_cleanup_free_ char *source = text_printf("%s/%s", b->spec->modules, file);
		_cleanup_free_ char *plain = modules_plain_name(file), *to = NULL, *data = NULL;
		size_t len;

		to = plain ? text_printf(SPARE_DIR "/%s/%s", release, plain) : NULL;
		if (!source || !to)
			return -ENOMEM;
		fprintf(dep, n == modules_count(one) ? "%s:" : " %s", plain);
		r = modules_read(source, &data, &len, err);
		if (r == 0)
			r = cpio_add_data(b->cpio, to, 0644, data, len);
	}
	fputc('\n', dep);
	return r;
}

static int add_spares(struct build *b, struct error *err)
{
	const char *slash = strrchr(b->spec->modules, '/');
	_cleanup_free_ char *text = NULL, *name = NULL;
	size_t len = 0;
	FILE *dep = open_memstream(&text, &len);
	int r = 0;

	if (!dep)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(spare); i++)
		r = add_spare(b, spare[i], dep, err);
	if (fclose(dep) != 0 && r == 0)
		r = -ENOMEM;
	name = text_printf(SPARE_DIR "/%s/modules.dep", slash ? slash + 1 : b->spec->modules);
	if (r == 0 && !name)
		r = -ENOMEM;
	return r < 0 ? r : cpio_add_data(b->cpio, name, 0644, text, len);
}

static int add_modules(struct build *b, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r;

	b->list = open_memstream(&text, &len);
	if (!b->list)
		return -ENOMEM;
	r = add_stock_modules(b, err);
	for (size_t i = 0; r == 0 && b->spec->insmod && b->spec->insmod[i]; i++)
		r = add_user_module(b, b->spec->insmod[i], i + 1, err);
	if (fclose(b->list) != 0 && r == 0)
		r = -ENOMEM;
	return r < 0 ? r : cpio_add_data(b->cpio, "etc/hotproof/modules", 0644, text, len);
}

static int add_plan(struct build *b)
{
	json_t *argv = json_array(), *plan = json_object();
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; b->spec->plan_argv[i]; i++)
		json_array_append_new(argv, json_string(b->spec->plan_argv[i]));
	json_object_set_new(plan, "argv", argv);
	json_object_set_new(plan, "watchdog_s", json_integer(b->spec->watchdog_s));
	text = json_dumps(plan, JSON_COMPACT);
	json_decref(plan);
	if (!text)
		return -ENOMEM;
	return cpio_add_data(b->cpio, "etc/hotproof/plan.json", 0644, text, strlen(text));
}

static int add_skeleton(struct build *b)
{
	static const char *const dirs[] = { "dev", "proc", "sys", "run", "tmp", "etc", "usr/bin" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++)
		r = cpio_add_dir(b->cpio, dirs[i]);
	/* The kernel opens it for PID 1 before anything is mounted. */
	if (r == 0)
		r = cpio_add_node(b->cpio, "dev/console", S_IFCHR | 0600, 5, 1);
	if (r == 0)
		r = cpio_add_node(b->cpio, "dev/null", S_IFCHR | 0666, 1, 3);
	return r;
}

static int add_suite_dir(struct build *b, struct error *err)
{
	int r = cpio_add_dir(b->cpio, "opt");

	if (r == 0)
		r = cpio_add_dir(b->cpio, SUITE_FOLDER);
	return r < 0 ? r : cpio_add_tree(b->cpio, SUITE_FOLDER, b->spec->suite_dir, err);
}

static int add_all(struct build *b, struct error *err)
{
	int r = add_skeleton(b);

	if (r == 0 && b->spec->userland)
		r = cpio_add_tree(b->cpio, "", b->spec->userland, err);
	if (r == 0)
		r = cpio_add_file(b->cpio, "init", b->spec->hotproof, err);
	if (r == 0)
		r = add_modules(b, err);
	if (r == 0)
		r = add_spares(b, err);
	if (r == 0)
		r = add_plan(b);
	if (r == 0 && b->spec->baseline)
		r = cpio_add_data(b->cpio, IMAGE_BASELINE, 0644, b->spec->baseline,
				  strlen(b->spec->baseline));
	if (r == 0 && b->spec->race_plan)
		r = cpio_add_file(b->cpio, IMAGE_RACE_PLAN, b->spec->race_plan, err);
	for (size_t i = 0; r == 0 && b->spec->suite && b->spec->suite[i]; i++)
		r = cpio_add_tree(b->cpio, "", b->spec->suite[i], err);
	if (r == 0 && b->spec->suite_dir)
		r = add_suite_dir(b, err);
	/* Last, so that a user may replace anything. */
	for (size_t i = 0; r == 0 && b->spec->add && b->spec->add[i]; i++)
		r = cpio_add_tree(b->cpio, "", b->spec->add[i], err);
	return r < 0 ? r : cpio_finish(b->cpio);
}

/* The two sizes of ELF differ in where the fields are, and the bytes in their order. */
static uint16_t elf16(const struct arch *arch, uint16_t v)
{
	return arch->is_big_endian ? be16toh(v) : le16toh(v);
}

static uint32_t elf32(const struct arch *arch, uint32_t v)
{
	return arch->is_big_endian ? be32toh(v) : le32toh(v);
}

static uint64_t elf64(const struct arch *arch, uint64_t v)
{
	return arch->is_big_endian ? be64toh(v) : le64toh(v);
}

/* A program header begins with its type in both sizes. */
static bool has_interpreter(int fd, const struct arch *arch, const Elf64_Ehdr *head)
{
	const Elf32_Ehdr *small = (const Elf32_Ehdr *)head;
	off_t at = arch->is_64 ? (off_t)elf64(arch, head->e_phoff)
			       : (off_t)elf32(arch, small->e_phoff);
	int n = elf16(arch, arch->is_64 ? head->e_phnum : small->e_phnum);
	size_t size = arch->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	for (int i = 0; i < n; i++) {
		uint32_t type;

		if (pread(fd, &type, sizeof(type), at + (off_t)(i * size)) == sizeof(type) &&
		    elf32(arch, type) == PT_INTERP)
			return true;
	}
	return false;
}

static bool is_of(const struct arch *arch, const Elf64_Ehdr *head)
{
	return head->e_ident[EI_CLASS] == (arch->is_64 ? ELFCLASS64 : ELFCLASS32) &&
	       head->e_ident[EI_DATA] == (arch->is_big_endian ? ELFDATA2MSB : ELFDATA2LSB) &&
	       elf16(arch, head->e_machine) == arch->elf_machine;
}

int image_check_program(const char *path, const struct arch *arch, struct error *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head = {};

	if (fd < 0)
		return error_set(
			err, errno,
			"the guest needs the program \"%s\": %s; build it with: ./dev build%s%s",
			path, strerror(errno), strcmp(arch->name, "amd64") ? " " : "",
			strcmp(arch->name, "amd64") ? arch->name : "");
	if (pread(fd, &head, sizeof(head), 0) < (ssize_t)sizeof(Elf32_Ehdr) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return error_set(err, ENOEXEC, "\"%s\" is no program for a guest (no ELF file)",
				 path);
	if (!is_of(arch, &head))
		return error_set(err, ENOEXEC, "\"%s\" is no program for a guest of %s", path,
				 arch->name);
	if (has_interpreter(fd, arch, &head))
		return error_set(
			err, ENOEXEC,
			"\"%s\" is not linked statically, and a guest has no libraries for it; "
			"use the lab of build-static/ (./dev build makes it)",
			path);
	return 0;
}

int image_build(const struct image_spec *spec, int *ret_fd, size_t *ret_size, struct error *err)
{
	_cleanup_(cleanup_modules) struct modules *modules = NULL;
	_cleanup_(cleanup_cpio) struct cpio *cpio = NULL;
	_cleanup_close_ int fd = memfd_create("initramfs", MFD_CLOEXEC);
	struct build b = { .spec = spec };
	struct error own = {};
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	r = modules_open(spec->modules, &modules, &own);
	if (r == 0)
		r = cpio_new(fd, &cpio);
	b.modules = modules;
	b.cpio = cpio;
	if (r == 0)
		r = add_all(&b, &own);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, -r, "%s", own.code == -r ? own.text : strerror(-r));
	*ret_fd = take_fd(&fd);
	*ret_size = st.st_size;
	return 0;
}
